# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RSA public keys: load, write, identify."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

from .._errors import PublicKeyError
from . import pem

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError:
    pass  # Modules report it: see _module.run.

FACTS = ("key_id", "key_size", "public_key", "jwk")
"""The names of what :func:`describe` returns."""


class Loaded(t.NamedTuple):
    """A public key. ``repairs`` is a warning about what is wrong with its text, or None."""

    key: rsa.RSAPublicKey
    repairs: str | None


def load(data: bytes, source: str) -> Loaded:
    """Load a public key (SubjectPublicKeyInfo or PKCS#1, PEM or DER).

    :param source: the file or option, for messages.
    :raises PemError: if the data is not a public key.
    :raises PublicKeyError: if it cannot be read, or is not an RSA key.
    """
    block = pem.find(data, "PUBLIC KEY", source)
    try:
        key = serialization.load_pem_public_key(block.text.encode())
    except (UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise PublicKeyError(f"{source} is damaged: it cannot be read as a public key. Copy the whole text.") from error
    if not is_rsa(key):
        raise PublicKeyError(f"{source} is not an RSA key, but Qlik Cloud requires RSA: use an RSA key.")
    return Loaded(key, pem.warning(block, source))


def is_rsa(key: object) -> bool:
    """Whether this is a valid RSA public key (RFC 8017, section 3.1). Old cryptography releases accept invalid ones."""
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    numbers = key.public_numbers()
    return numbers.n % 2 == 1 and numbers.e % 2 == 1 and 3 <= numbers.e < numbers.n


def to_pem(key: rsa.RSAPublicKey) -> bytes:
    """The public key as SubjectPublicKeyInfo PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def describe(key: rsa.RSAPublicKey) -> dict[str, t.Any]:
    """The facts about a public key that modules return."""
    key_id = thumbprint(key)
    return {"key_id": key_id, "key_size": key.key_size, "public_key": to_pem(key).decode(), "jwk": jwk(key, key_id)}


def jwk(key: rsa.RSAPublicKey, key_id: str) -> dict[str, str]:
    """The public key as a JSON Web Key for signatures with RS256 (RFC 7517, section 4; RFC 7518, section 6.3.1).

    Qlik Cloud takes such keys for OAuth clients: qlik.dev, "Authenticate with Private Key JWT".
    """
    return {**_required_members(key), "kid": key_id, "use": "sig", "alg": "RS256"}


def from_jwk(members: t.Mapping[str, t.Any]) -> rsa.RSAPublicKey | None:
    """The RSA public key in a JSON Web Key; None if there is none that can be read."""
    if members.get("kty") != "RSA":
        return None
    try:
        n, e = (int.from_bytes(_from_base64url(members[name]), "big") for name in ("n", "e"))
        key = rsa.RSAPublicNumbers(e, n).public_key()
    except (KeyError, TypeError, ValueError):
        return None
    return key if is_rsa(key) else None


def thumbprint(key: rsa.RSAPublicKey) -> str:
    """The base64url SHA-256 thumbprint of the key (RFC 7638, section 3). As a key id, it changes only with the key."""
    canonical = json.dumps(_required_members(key), separators=(",", ":"), sort_keys=True).encode()
    return _base64url(hashlib.sha256(canonical).digest())


def _required_members(key: rsa.RSAPublicKey) -> dict[str, str]:
    """The members of a JWK without which there is no RSA public key, and of which the thumbprint is made."""
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _base64url_uint(numbers.n), "e": _base64url_uint(numbers.e)}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _base64url_uint(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
