# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decode a token, verify its signature, and list which of Qlik Cloud's rules it violates."""

from __future__ import annotations

import typing as t

from .. import _json
from .._errors import TokenError
from . import compact
from .claims import broken_header_rules, broken_rules, iso8601, time_problems

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa


class Expected(t.NamedTuple):
    """The expected properties of the token. None accepts anything."""

    key: rsa.RSAPublicKey | None
    algorithms: t.Sequence[str]
    issuer: str | None
    audience: str


def inspect(text: bytes, source: str, expected: Expected, now: int) -> dict[str, t.Any]:
    """Decode and check a token. Anything wrong with it is returned as a problem, never raised as an error.

    Without problems, ``valid`` is True if the signature was verified, and None if it was not checked.

    :param source: the file or option, for messages.
    :param now: seconds since 1970.
    """
    try:
        token = compact.parse(
            text,
            source,
            ": it must have three base64url parts separated by periods, and the first two must be JSON objects without"
            f" duplicate names and with at most {_json.MAXIMUM_DEPTH} levels of nesting.",
        )
    except TokenError as error:
        return {**_describe(None, now), "valid": False, "problems": [error.message]}
    facts = _describe(token, now)
    claims = token.claims
    problems = [
        *broken_header_rules(token.header),
        *broken_rules(claims, expected.audience),
        *time_problems(claims, now),
    ]
    if expected.issuer is not None and claims.get("iss") != expected.issuer:
        problems.append("iss is not the expected issuer.")
    if expected.key:
        facts["signature_verified"] = compact.is_signed_by(token, expected.key, expected.algorithms)
        if not facts["signature_verified"]:
            problems.append(
                f"This key does not verify the signature with {' or '.join(expected.algorithms)}: the token was"
                " changed, or signed with another key or algorithm."
            )
    return {**facts, "valid": False if problems else facts["signature_verified"], "problems": problems}


def _describe(token: compact.Token | None, now: int) -> dict[str, t.Any]:
    """The return values for a token, in addition to its problems; None for anything that is unknown."""
    header, claims = (token.header, token.claims) if token else ({}, {})
    not_before, expires_at = iso8601(claims.get("nbf")), iso8601(claims.get("exp"))
    return {
        "header": token and header,
        "claims": token and claims,
        "subject": claims.get("sub"),
        "key_id": header.get("kid"),
        "issued_at": iso8601(claims.get("iat")),
        "not_before": not_before,
        "expires_at": expires_at,
        "lifetime": int(claims["exp"] - claims["nbf"]) if not_before and expires_at else None,
        "expired": claims["exp"] <= now if expires_at else None,
        "not_yet_valid": claims["nbf"] > now if not_before else None,
        "signature_verified": None,
    }
