# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client assertions: what an OAuth client signs instead of sending a secret (RFC 7523, section 3).

Qlik Cloud's rules are those of qlik.dev, "Authenticate with Private Key JWT".
"""

from __future__ import annotations

import typing as t
import uuid

from . import compact

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The client_assertion_type of such a token (RFC 7523, section 2.2)."""

LIFETIME = 120
"""Seconds. Qlik Cloud accepts at most 300, but is asked immediately. What is left allows for a clock that is slow."""


def sign(client_id: str, audience: str, key: rsa.RSAPrivateKey, key_id: str, now: int) -> compact.Token:
    """Sign a client assertion. It is good for one request, because its ``jti`` is new.

    :param audience: the URL of the token endpoint, without a slash at the end.
    :param now: seconds since 1970.
    :raises QlikError: if the key does not sign, or its signature does not verify.
    """
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + LIFETIME,
    }
    return compact.sign(claims, key, key_id)
