# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``POST /oauth/token``, for machines: https://qlik.dev/apis/rest/oauth/.

The client of a region, or of an organization, has a secret, and reaches all of its tenants. The clients of a tenant are
in ``oauth_clients.py``.
"""

from __future__ import annotations

import hmac
import json
import secrets
import typing as t

import assertions
import bodies
import errors
from aiohttp import BasicAuth, web
from authorisation import REGION, count
from oauth_clients import GRANT_TYPES
from tenant import AccessToken, OAuthClient, Tenant, User

LIFETIME = 21600
"""Seconds for which an access token is good."""

_MACHINE, _IMPERSONATION = GRANT_TYPES
_ATTRIBUTES = {"subject": "subject", "userId": "id"}
"""The fields of a user_lookup, and what they are of a user here."""

_ERRORS = {
    "SIMULATED-SCOPE": "invalid_scope",
    "SIMULATED-USER": "invalid_grant",
    "SIMULATED-GRANT-TYPE": "unauthorized_client",
}
"""Those of RFC 6749, by our codes; the others are about the request or the client."""


def routes() -> list[web.RouteDef]:
    """The call."""
    return [web.post("/oauth/token", _token)]


async def _token(request: web.Request) -> web.Response:
    try:
        return await _granted(request)
    except errors.Refusal as refusal:
        if request["tenant"].switches.token_refusal_form == "qlik" or refusal.status == 429:
            raise
        # RFC 6749, section 5.2.
        error = _ERRORS.get(refusal.error["code"], "invalid_request" if refusal.status == 400 else "invalid_client")
        return web.json_response({"error": error, "error_description": str(refusal)}, status=refusal.status)


async def _granted(request: web.Request) -> web.Response:
    tenant: Tenant = request["tenant"]
    body = await bodies.read_form_or_json(request, tenant.switches.token_body)
    record = request["record"]
    record["grant_type"] = body.get("grant_type")
    record["content_type"] = request.content_type
    if body.get("grant_type") not in GRANT_TYPES:
        raise errors.simulated(400, "GRANT-TYPE", f"The grant_type must be one of {', '.join(GRANT_TYPES)}.")
    client = _client(request, body)
    if client is None:
        return _regional(request, body)
    record["client_id"] = client.id
    count(request, 2, client.id)
    if body["grant_type"] not in client.document.get("allowedGrantTypes", []):
        raise assertions.refusal(tenant, "GRANT-TYPE", "The client does not have this grant in its allowedGrantTypes.")
    scopes = _scopes(client, body.get("scope"))
    user = tenant.bot(client) if body["grant_type"] == _MACHINE else _looked_up(tenant, body.get("user_lookup"))
    token = secrets.token_urlsafe(48)
    tenant.access_tokens[token] = AccessToken(user, scopes, tenant.now() + LIFETIME)
    return _answer(token, " ".join(scopes))


def _client(request: web.Request, body: dict[str, t.Any]) -> OAuthClient | None:
    """The client that asks, or None if it is that of the region."""
    record, region, tenant = request["record"], request.app[REGION], request["tenant"]
    # RFC 6749, section 2.3: a client must not use more than one method.
    methods = [name for name in ("client_assertion", "client_secret") if name in body]
    methods += ["basic"] if "Authorization" in request.headers else []
    if len(methods) > 1:
        raise errors.simulated(400, "METHODS", f"The client authenticates in more than one way: {', '.join(methods)}.")
    record["client_authentication"] = methods[0] if methods else None
    if methods == ["client_assertion"]:
        return assertions.client(request, body)
    # Qlik's Python SDK sends the credential in the header, its typed client in the body.
    given = body.get("client_id"), body.get("client_secret")
    if methods == ["basic"]:
        given = _basic(request.headers["Authorization"])
    if given == (region.client_id, region.client_secret):
        return None
    client = tenant.client_by_id(given[0])
    if (
        client is None
        or client.secret is None
        or "client_secret" not in client.document.get("allowedAuthMethods", [])
        or not hmac.compare_digest(client.secret, str(given[1]))
    ):
        raise assertions.refusal(tenant, "CLIENT", "The client id or secret is wrong.")
    return client


def _regional(request: web.Request, body: dict[str, t.Any]) -> web.Response:
    region = request.app[REGION]
    if body["grant_type"] != _MACHINE:
        raise errors.simulated(400, "GRANT-TYPE", f"The grant_type must be {_MACHINE}.")
    token = secrets.token_urlsafe(48)
    region.access_tokens[token] = request["tenant"].now() + LIFETIME
    return _answer(token, region.scope)


def _answer(token: str, scope: str | None) -> web.Response:
    answer = {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME}
    return web.json_response(answer | ({"scope": scope} if scope else {}))


def _scopes(client: OAuthClient, asked: t.Any) -> tuple[str, ...]:
    """The scopes of a token: those that were asked for, or all that the client may have."""
    allowed = client.document.get("allowedScopes", [])
    if asked is None:
        return tuple(allowed)
    if not isinstance(asked, str):
        raise errors.simulated(400, "SCOPE", "The scope must be a text.")
    for scope in asked.split():
        if scope not in allowed:
            raise errors.simulated(400, "SCOPE", f"The client does not have {scope} in its allowedScopes.")
    return tuple(asked.split())


def _looked_up(tenant: Tenant, lookup: t.Any) -> User:
    """The user who is impersonated."""
    # A field of a form is a text.
    if isinstance(lookup, str):
        try:
            lookup = json.loads(lookup)
        except ValueError as error:
            raise errors.simulated(400, "USER-LOOKUP", "The user_lookup is no JSON.") from error
    if (
        not isinstance(lookup, dict)
        or lookup.get("field") not in _ATTRIBUTES
        or not isinstance(lookup.get("value"), str)
    ):
        raise errors.simulated(400, "USER-LOOKUP", "user_lookup must have the field subject or userId, and its value.")
    user = tenant.user_by(_ATTRIBUTES[lookup["field"]], lookup["value"])
    if user is None:
        raise assertions.refusal(tenant, "USER", "There is no user of the user_lookup.")
    return user


def _basic(header: str) -> tuple[str | None, str | None]:
    try:
        return BasicAuth.decode(header)[:2]
    except ValueError:
        return None, None
