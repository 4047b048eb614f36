# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``POST /login/jwt-session``: what a token must be, and the session that it is traded for.

https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/, https://qlik.dev/apis/rest/login/
"""

from __future__ import annotations

import json
import secrets
import time
import typing as t

import errors
from aiohttp import web
from authorisation import bearer, count
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from tenant import Provider, Session, Tenant, User

PATH = "/login/jwt-session"
AUDIENCE = "qlik.api/login/jwt-session"
MAXIMUM_LIFETIME = 3600
"""Seconds between nbf and exp."""

REQUIRED = ("iss", "aud", "sub", "subType", "name", "email", "email_verified", "jti", "iat", "nbf", "exp")

_TEXTS = ("sub", "name", "email")
_TIMES = ("iat", "nbf", "exp")


_SOURCED = {
    "AUTH-5": errors.not_a_member,
    "LOGIN-12": errors.several_users,
    "USER_INVITE_EXPIRED": errors.invitation_expired,
}


def routes() -> list[web.RouteDef]:
    """The call."""
    return [web.post(PATH, _login)]


async def _login(request: web.Request) -> web.Response:
    tenant: Tenant = request["tenant"]
    # Nobody is known yet: the tenant's limit is the one of all who are nobody.
    count(request, 2, "nobody")
    claims, provider = _verified(tenant, bearer(request))
    _check_claims(tenant, claims)
    _check_times(tenant, claims, provider)
    if claims["jti"] in tenant.spent_token_ids:
        raise _refusal(tenant, "JTI", "The token has been used: its jti is known.")
    if refuse := _SOURCED.get(tenant.switches.sourced_refusal):
        raise refuse()
    user = _user(tenant, claims)
    tenant.spent_token_ids.add(claims["jti"])
    _assign_groups(tenant, user, claims)
    session = Session(user, provider, *(secrets.token_urlsafe(24) for dummy in range(3)))
    session_id = secrets.token_urlsafe(24)
    tenant.sessions[session_id] = session
    response = web.json_response({})
    for name, value in {
        "eas.sid": session_id,
        "eas.sid.sig": session.signature,
        "_csrfToken": session.csrf_token,
        "_csrfToken.sig": session.csrf_signature,
    }.items():
        response.set_cookie(name, value, secure=True, samesite="None", httponly=name.startswith("eas"))
    return response


def _refusal(tenant: Tenant, rule: str, detail: str) -> errors.Refusal:
    return errors.simulated(int(tenant.switches.refusal_status), rule, detail)


def _verified(tenant: Tenant, token: str | None) -> tuple[dict[str, t.Any], Provider]:
    if token is None:
        raise _refusal(tenant, "BEARER", "The header Authorization has no bearer token.")
    try:
        parts = jws.extract_compact(token.encode())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError) as error:
        raise _refusal(tenant, "FORMAT", "The bearer token is no JWT.") from error
    header = parts.headers()
    if not isinstance(claims, dict):
        raise _refusal(tenant, "FORMAT", "The bearer token is no JWT.")
    for name, value in {"alg": "RS256", "typ": "JWT"}.items():
        if header.get(name) != value:
            raise _refusal(tenant, name.upper(), f"The header of the token must have {name} {value}.")
    if "iss" not in claims:
        raise errors.missing_claim("iss")
    for provider in _providers(tenant, claims["iss"], header.get("kid")):
        try:
            jws.deserialize_compact(token, RSAKey.import_key(provider.key.public_pem), algorithms=["RS256"])
        except JoseError:
            continue
        return claims, provider
    raise _refusal(tenant, "SIGNATURE", "The token is not signed by the key of the identity provider.")


def _providers(tenant: Tenant, issuer: t.Any, key_id: t.Any) -> list[Provider]:
    """The providers that a token may be from; several only where duplicates are allowed."""
    if not isinstance(key_id, str):
        raise _refusal(tenant, "KID", "The header of the token must have a kid.")
    found = [one for one in tenant.providers if one.is_jwt and (one.issuer, one.key_id) == (issuer, key_id)]
    usable = [one for one in found if one.document["active"] and one.document["options"].get("jwtLoginEnabled")]
    ready = [one for one in usable if time.monotonic() >= one.born + tenant.switches.provider_delay_s]
    now = tenant.now()
    valid = [
        one
        for one in ready
        if tenant.switches.expired_certificate == "allow" or one.key.not_before <= now <= one.key.not_after
    ]
    for rule, left, why in (
        ("PROVIDER", found, "There is no JWT identity provider with the iss and kid of the token."),
        ("INACTIVE", usable, "The identity provider is not active, or JWT login is not enabled."),
        ("NOT-READY", ready, "The identity provider is not ready yet."),
        ("CERTIFICATE", valid, "The certificate of the identity provider is not valid now."),
    ):
        if not left:
            raise _refusal(tenant, rule, why)
    return valid


def _check_claims(tenant: Tenant, claims: dict[str, t.Any]) -> None:
    for name in REQUIRED:
        if name not in claims:
            raise errors.missing_claim(name)
    for name, value in {"aud": AUDIENCE, "subType": "user"}.items():
        if claims[name] != value:
            raise _refusal(tenant, name.upper(), f"The claim {name} must be {value}.")
    for name in _TEXTS:
        if not isinstance(claims[name], str) or not claims[name]:
            raise _refusal(tenant, "TEXT", f"The claim {name} must be a text.")
    # Qlik's article on the format of a token shows a number.
    if isinstance(claims["jti"], bool) or not isinstance(claims["jti"], (str, int, float)) or claims["jti"] == "":
        raise _refusal(tenant, "TEXT", "The claim jti must be a text or a number.")
    if not isinstance(claims["email_verified"], bool):
        raise _refusal(tenant, "EMAIL-VERIFIED", "The claim email_verified must be a boolean.")
    groups = claims.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) and group for group in groups):
        raise _refusal(tenant, "GROUPS", "The claim groups must be a list of texts.")


def _check_times(tenant: Tenant, claims: dict[str, t.Any], provider: Provider) -> None:
    for name in _TIMES:
        if not isinstance(claims[name], (int, float)) or isinstance(claims[name], bool):
            raise _refusal(tenant, "TIME", f"The claim {name} must be a number.")
    if claims["exp"] - claims["nbf"] > MAXIMUM_LIFETIME:
        raise _refusal(tenant, "LIFETIME", f"There must be at most {MAXIMUM_LIFETIME} seconds from nbf to exp.")
    tolerance = provider.document.get("clockToleranceSec", 0)
    if tenant.now() + tolerance < claims["nbf"]:
        raise _refusal(tenant, "NBF", "The token is not valid yet.")
    if tenant.now() - tolerance >= claims["exp"]:
        raise _refusal(tenant, "EXP", "The token has expired.")


def _user(tenant: Tenant, claims: dict[str, t.Any]) -> User:
    user = tenant.user_by("subject", claims["sub"])
    owner = tenant.user_by("email", claims["email"])
    if user is None and owner is not None:
        if tenant.switches.existing_email == "refuse":
            raise errors.simulated(403, "EMAIL", "Another user has the e-mail address of the token.")
        if tenant.switches.existing_email == "reassign" and claims["email_verified"]:
            user = owner
    if user is None:
        user = User("", "", "", created=tenant.timestamp())
        tenant.users.append(user)
    user.subject, user.name, user.email = claims["sub"], claims["name"], claims["email"]
    return user


def _assign_groups(tenant: Tenant, user: User, claims: dict[str, t.Any]) -> None:
    if tenant.group_settings["autoCreateGroups"] and "groups" in claims:
        user.groups = list(dict.fromkeys(claims["groups"]))
        for name in user.groups:
            tenant.groups.setdefault(name, secrets.token_hex(12))
