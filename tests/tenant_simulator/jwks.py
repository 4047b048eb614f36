# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public keys as JWKs (RFC 7517): https://qlik.dev/authenticate/oauth/oauth-private-key-jwt-reference/."""

from __future__ import annotations

import typing as t

import errors
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = {"RS256": "RSA", "RS512": "RSA", "ES384": "EC"}
"""Those that Qlik takes, and their type of key."""

MINIMUM_BITS = 2048

_MEMBERS = {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}}


def check(key: t.Any) -> None:
    """Check a public key.

    :raises errors.Refusal: if it is something else, or one that Qlik does not take.
    """
    if not isinstance(key, dict) or not all(isinstance(value, str) for value in key.values()):
        raise errors.simulated(400, "JWK", "A public key must be a JWK, whose members are texts.")
    if key.get("alg") not in ALGORITHMS or key.get("kty") != ALGORITHMS[key["alg"]]:
        raise errors.simulated(400, "JWK-ALG", f"The alg must be one of {', '.join(ALGORITHMS)}, and the kty its type.")
    if not key.get("kid") or key.get("use") != "sig":
        raise errors.simulated(400, "JWK-REQUIRED", "A public key must have a kid, and use sig.")
    if set(key) != {"alg", "kid", "kty", "use"} | _MEMBERS[key["kty"]]:
        raise errors.simulated(400, "JWK-MEMBERS", "A public key must have the members of one, and no others.")
    imported = read(key)
    if isinstance(imported, RSAKey) and imported.public_key.key_size < MINIMUM_BITS:
        raise errors.simulated(400, "JWK-SIZE", f"An RSA key must have at least {MINIMUM_BITS} bits.")
    if isinstance(imported, ECKey) and imported.curve_name != "P-384":
        raise errors.simulated(400, "JWK-CURVE", "The curve must be P-384.")


def read(key: dict[str, t.Any]) -> RSAKey | ECKey:
    """The key, to verify with.

    :raises errors.Refusal: if it is none.
    """
    try:
        return (RSAKey if key["kty"] == "RSA" else ECKey).import_key(key)
    except (JoseError, ValueError) as error:
        raise errors.simulated(400, "JWK", f"A public key cannot be read: {error}") from error
