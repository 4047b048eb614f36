# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JWTs in compact serialization (RFC 7519, RFC 7515): sign, verify, parse. The only file that uses PyJWT."""

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
    """A token with its header and claims, none of which are verified."""

    text: str
    header: dict[str, t.Any]
    claims: dict[str, t.Any]


def header(key_id: str | None, algorithm: str = ALGORITHM) -> dict[str, str]:
    """The header that Qlik requires: only the algorithm, the type and, for Qlik Cloud, the key id."""
    return {"alg": algorithm, "typ": "JWT", **({"kid": key_id} if key_id is not None else {})}


def sign(claims: dict[str, t.Any], key: rsa.RSAPrivateKey, key_id: str | None, algorithm: str = ALGORITHM) -> Token:
    """Sign a token, and verify the signature: a faulty signature could reveal the key.

    :raises PrivateKeyError: if the signature does not verify.
    """
    head = header(key_id, algorithm)
    token = Token(jwt.encode(claims, key, algorithm, headers=head), head, claims)
    if not is_signed_by(token, key.public_key(), [algorithm]):
        raise PrivateKeyError(
            "The private key produced a signature that does not verify: restore the key from a backup."
        )
    return token


def is_signed_by(token: Token, key: rsa.RSAPublicKey, algorithms: t.Sequence[str] = (ALGORITHM,)) -> bool:
    """Whether the key verifies the signature. Claims are not checked here; their rules are in ``claims``.

    Keys that the header refers to or contains (jku, jwk, x5u, x5c) are ignored, and only the given algorithms are
    accepted. A header with critical extensions (crit) is rejected, as none are supported: RFC 7515, section 4.1.11.
    A header with b64 (RFC 7797) is rejected, because only some implementations take it into account.
    """
    if "crit" in token.header or "b64" in token.header:
        return False
    try:
        jwt.api_jws.decode(token.text, key, algorithms=list(algorithms))
    except jwt.exceptions.InvalidTokenError:
        return False
    return True


def unwrap(text: str) -> str:
    """A token without what is often copied along with it: quotes, and the prefix ``Bearer`` of the HTTP header.

    Neither quotes nor spaces occur in a token, so the result cannot be another token than the one that is meant.
    """
    text = _unquoted(text)
    return _unquoted(text[7:]) if text[:7].lower() == "bearer " else text


def parse(text: bytes, source: str, advice: str) -> Token:
    """Parse a token. Anything that two implementations could interpret differently is rejected.

    :param source: the file or option, for messages.
    :param advice: the end of the message.
    :raises TokenError: if it is not a JWT.
    """
    refusal = TokenError(f"{source} is not a JWT{advice}")
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


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if is_quoted else text


def _object(part: str) -> dict[str, t.Any]:
    value = _json.parse_object(_decoded(part))
    # Reject lone surrogates and infinite numbers, which other implementations interpret differently or reject.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _decoded(part: str) -> bytes:
    """Decode canonical base64url (RFC 7515, section 2). Python ignores invalid characters, so a token could vary."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part.encode():
        raise ValueError("not canonical base64url")
    return data
