# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JWTs in compact form (RFC 7519, RFC 7515): sign, verify, take apart. The only place that uses PyJWT."""

from __future__ import annotations

import base64
import json
import typing as t

from .. import _json
from .._errors import PrivateKeyError, TokenError
from .claims import ALGORITHM

try:
    import jwt
except ImportError:
    pass  # Modules report it: see _module.run.

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa


class Token(t.NamedTuple):
    """A token and what it says; nothing of it is verified."""

    text: str
    header: dict[str, t.Any]
    claims: dict[str, t.Any]


def header(key_id: str) -> dict[str, str]:
    """The header that Qlik Cloud wants: nothing but the algorithm, the type and the key id."""
    return {"alg": ALGORITHM, "typ": "JWT", "kid": key_id}


def sign(claims: dict[str, t.Any], key: rsa.RSAPrivateKey, key_id: str) -> Token:
    """Sign a token, and verify the signature: a fault while computing it could give the key away.

    :raises PrivateKeyError: if the signature does not verify.
    """
    token = Token(jwt.encode(claims, key, ALGORITHM, headers=header(key_id)), header(key_id), claims)
    if not is_signed_by(token, key.public_key()):
        raise PrivateKeyError("The private key made a signature that does not verify: restore the key from a backup.")
    return token


def is_signed_by(token: Token, key: rsa.RSAPublicKey, algorithms: t.Sequence[str] = (ALGORITHM,)) -> bool:
    """Whether this key verifies the signature. Claims are not looked at: the rules about them are in ``claims``.

    Keys that the header names or holds (jku, jwk, x5u, x5c) mean nothing, and neither does its algorithm if it is none of
    these. A header with extensions that must be understood (crit) is refused, since none are: RFC 7515, section 4.1.11.
    So is one that says in which form the payload was signed (b64: RFC 7797), which only those who know it look at.
    """
    if "crit" in token.header or "b64" in token.header:
        return False
    try:
        jwt.api_jws.decode(token.text, key, algorithms=list(algorithms))
    except jwt.exceptions.InvalidTokenError:
        return False
    return True


def parse(text: bytes, source: str, advice: str) -> Token:
    """Take a token apart. What two readers could understand differently is refused, wherever a token comes from.

    :param source: the file or option, for messages.
    :param advice: the end of the message.
    :raises TokenError: if it is not a JWT.
    """
    refusal = TokenError(f"{source} holds something else than a JWT{advice}")
    try:
        token = text.decode("ascii").strip()
        header_part, claims_part, signature_part = token.split(".")
        _decoded(signature_part)
        head, claims = _object(header_part), _object(claims_part)
    except ValueError as error:
        raise refusal from error
    if "crit" in head or not isinstance(head.get("kid", ""), str):
        raise refusal
    return Token(token, head, claims)


def _object(part: str) -> dict[str, t.Any]:
    value = _json.parse_object(_decoded(part))
    # Half of a character (a lone surrogate), or an infinite number: other readers take it for something else, or not.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _decoded(part: str) -> bytes:
    """RFC 7515, section 2. Python skips what does not belong there, so that one token could be written in many ways."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part.encode():
        raise ValueError("not base64url, or not the only way to write it")
    return data
