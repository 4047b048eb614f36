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

ALGORITHMS = ("RS256", "RS384", "RS512")
"""The algorithms of RFC 7518, section 3.3. Qlik Cloud requires the first; client-managed Qlik Sense takes all."""

FACTS = (
    "header",
    "claims",
    "subject",
    "key_id",
    "issued_at",
    "not_before",
    "expires_at",
    "lifetime",
    "expired",
    "not_yet_valid",
    "signature_verified",
)
"""Return values for a token, in addition to its problems; None for anything that is unknown."""


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
    facts: dict[str, t.Any] = dict.fromkeys(FACTS)
    try:
        token = compact.parse(
            text,
            source,
            ": it must have three base64url parts separated by periods, and the first two must be JSON objects without"
            f" duplicate names and with at most {_json.MAXIMUM_DEPTH} levels of nesting.",
        )
    except TokenError as error:
        return {**facts, "valid": False, "problems": [error.message]}
    claims = token.claims
    facts.update(
        header=token.header,
        claims=claims,
        subject=claims.get("sub"),
        key_id=token.header.get("kid"),
        issued_at=iso8601(claims.get("iat")),
        not_before=iso8601(claims.get("nbf")),
        expires_at=iso8601(claims.get("exp")),
    )
    if facts["not_before"] and facts["expires_at"]:
        facts["lifetime"] = int(claims["exp"] - claims["nbf"])
    if facts["expires_at"]:
        facts["expired"] = claims["exp"] <= now
    if facts["not_before"]:
        facts["not_yet_valid"] = claims["nbf"] > now
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
