# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client assertions, judged by joserfc and PyJWT."""

from __future__ import annotations

import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import assertion

AUDIENCE = "https://acme.eu.qlikcloud.com/oauth/token"
NOW = 1_800_000_000


def test_what_it_says_is_what_qlik_requires(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    signed = assertion.sign("the-client", AUDIENCE, rsa_key, "the key", NOW)
    verified = joserfc_jwt.decode(signed.text, RSAKey.import_key(rsa_pem), algorithms=["RS256"])
    assert verified.header == {"alg": "RS256", "typ": "JWT", "kid": "the key"}
    claims = verified.claims
    assert set(claims) == {"iss", "sub", "aud", "jti", "iat", "exp"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("the-client", "the-client", AUDIENCE)
    assert claims["iat"] == NOW and NOW < claims["exp"] <= NOW + 300
    assert str(uuid.UUID(claims["jti"])) == claims["jti"]


def test_another_library_accepts_it(rsa_key: rsa.RSAPrivateKey) -> None:
    signed = assertion.sign("the-client", AUDIENCE, rsa_key, "k", int(time.time()))
    required = {"require": ["iss", "sub", "aud", "jti", "iat", "exp"]}
    checks = {"algorithms": ["RS256"], "audience": AUDIENCE, "issuer": "the-client", "options": required}
    assert jwt.decode(signed.text, rsa_key.public_key(), **checks)["sub"] == "the-client"


def test_no_two_are_the_same(rsa_key: rsa.RSAPrivateKey) -> None:
    ids = {assertion.sign("c", AUDIENCE, rsa_key, "k", NOW).claims["jti"] for dummy in range(5)}
    assert len(ids) == 5
