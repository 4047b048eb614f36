# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public keys: how they are loaded, written and identified, judged by openssl and by the RFC's own example."""

from __future__ import annotations

import base64
import typing as t

import joserfc.jwt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import KeySet, RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PemError, PublicKeyError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys as _private_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import public_keys


def load(data: bytes, passphrase: str | None = None) -> rsa.RSAPrivateKey:
    """Load a private key."""
    return _private_keys.load(data, passphrase, "THE_FILE", "the_passphrase").key


def test_the_public_key_is_what_openssl_writes(
    openssl: t.Callable[..., bytes], rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes
) -> None:
    assert public_keys.to_pem(rsa_key.public_key()) == openssl("pkey", "-pubout", data=rsa_pem)


def test_the_thumbprint_of_the_rfcs_own_key() -> None:
    # RFC 7638, section 3.1
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
        "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
        "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF"
        "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    n = int.from_bytes(base64.urlsafe_b64decode(modulus + "=="), "big")
    key = rsa.RSAPublicNumbers(65537, n).public_key()
    assert public_keys.thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("key_id", [None, "2026 ä"])
def test_the_jwk_is_what_joserfc_makes_of_the_key(
    rsa_key: rsa.RSAPrivateKey, private_keys: dict[str, bytes], key_id: str | None
) -> None:
    theirs = RSAKey.import_key(private_keys["public"], {"use": "sig", "alg": "RS256"})
    key_id = key_id or theirs.thumbprint()
    assert public_keys.jwk(rsa_key.public_key(), key_id) == {**theirs.as_dict(private=False), "kid": key_id}


def test_other_libraries_verify_with_the_jwk(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    its = public_keys.describe(rsa_key.public_key())
    token = joserfc.jwt.encode({"alg": "RS256", "kid": its["key_id"]}, {"sub": "x"}, RSAKey.import_key(rsa_pem))
    keys = KeySet.import_key_set({"keys": [its["jwk"]]})
    assert joserfc.jwt.decode(token, keys, algorithms=["RS256"]).claims == {"sub": "x"}
    assert jwt.decode(token, jwt.PyJWK(its["jwk"]).key, algorithms=["RS256"]) == {"sub": "x"}


def test_the_thumbprint_is_the_same_in_every_form(private_keys: dict[str, bytes], passphrase: str) -> None:
    forms = {"PKCS#8": None, "PKCS#1": None, "encrypted PKCS#8": passphrase}
    thumbprints = {
        public_keys.thumbprint(load(private_keys[form], secret).public_key()) for form, secret in forms.items()
    }
    assert len(thumbprints) == 1


def test_a_public_key_is_loaded(private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey) -> None:
    key = public_keys.load(private_keys["public"], "THE_FILE").key
    assert key.public_numbers() == rsa_key.public_key().public_numbers()


def test_a_public_key_in_the_form_of_pkcs1_is_loaded(openssl: t.Callable[..., bytes], rsa_pem: bytes) -> None:
    traditional = openssl("rsa", "-RSAPublicKey_out", data=rsa_pem)
    assert public_keys.to_pem(public_keys.load(traditional, "THE_FILE").key) == openssl("pkey", "-pubout", data=rsa_pem)


@pytest.mark.parametrize("kind", ["EC", "Ed25519"])
def test_a_public_key_of_another_kind_is_refused(
    openssl: t.Callable[..., bytes], private_keys: dict[str, bytes], kind: str
) -> None:
    other = openssl("pkey", "-pubout", data=private_keys[kind])
    with pytest.raises(PublicKeyError, match="^THE_FILE .*RSA"):
        public_keys.load(other, "THE_FILE")


def test_what_is_no_public_key_is_refused(rsa_pem: bytes, private_keys: dict[str, bytes]) -> None:
    with pytest.raises(PemError, match="^THE_FILE contains a private key, not a public key"):
        public_keys.load(rsa_pem, "THE_FILE")
    lines = private_keys["public"].splitlines(keepends=True)
    with pytest.raises(PemError, match="^THE_FILE cannot be read: it is incomplete"):
        public_keys.load(b"".join(lines[:2] + lines[3:]), "THE_FILE")


@pytest.mark.parametrize(
    ("changes", "readable"),
    [
        ({}, True),
        ({"alg": "RS512", "kid": "any"}, True),
        ({"kty": "EC"}, False),
        ({"n": None}, False),
        ({"n": "?"}, False),
        ({"n": 5}, False),
        ({"n": "\u00e4"}, False),
        ({"e": ""}, False),
        ({"e": "Ag"}, False),  # 2
    ],
)
def test_a_jwk_is_read(private_keys: dict[str, bytes], changes: dict[str, t.Any], readable: bool) -> None:
    theirs = RSAKey.import_key(private_keys["public"])
    key = public_keys.from_jwk({**theirs.as_dict(private=False), **changes})
    assert (public_keys.thumbprint(key) if key else None) == (theirs.thumbprint() if readable else None)
