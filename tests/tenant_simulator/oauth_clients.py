# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/v1/oauth-clients``: https://qlik.dev/apis/rest/oauth-clients/, and the declarations of Qlik's typed client."""

from __future__ import annotations

import json
import secrets
import time
import typing as t

import bodies
import errors
import jwks
import paging
import scim
from aiohttp import web
from authorisation import authorise
from tenant import OAuthClient, Tenant

PATH = "/api/v1/oauth-clients"
GRANT_TYPES = ("client_credentials", "urn:qlik:oauth:user-impersonation")
AUTH_METHODS = ("client_secret", "private_key_jwt")

_APP_TYPES = ("web", "native", "spa", "anonymous-embed")
_SCOPES = (
    "user_default",
    "admin_classic",
    "offline_access",
    "apps",
    "apps:read",
    "automations",
    "spaces:read",
    "identity.name:read",
    "admin.apps",
    "admin.apps:read",
    "admin.automations",
)
"""Some of those at https://qlik.dev/authenticate/oauth/scopes/."""

_TEXTS = ("clientName", "clientUri", "description", "logoUri", "jwksUri")
_LISTS = ("allowedGrantTypes", "allowedOrigins", "allowedScopes", "allowedAuthMethods", "redirectUris")
_PATCHED = (*_TEXTS, *_LISTS, "publicKeys")
_SORTED_BY = ("clientId", "clientName", "appType", "tenantId", "createdAt", "updatedAt")


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [
        web.get(PATH, _list),
        web.post(PATH, _create),
        web.get(PATH + "/{id}", _read),
        web.patch(PATH + "/{id}", _patch),
        web.delete(PATH + "/{id}", _delete),
        web.get(PATH + "/{id}/connection-configs/me", _read_connection),
        web.patch(PATH + "/{id}/connection-configs/me", _patch_connection),
        web.post(PATH + "/{id}/actions/publish", _publish),
    ]


def add(tenant: Tenant, document: dict[str, t.Any], born: float) -> OAuthClient:
    """Add a client, with a secret if it is one that has one.

    :param born: seconds of the monotonic clock.
    """
    # Only a web application is confidential (RFC 6749, section 2.1).
    has_secret = document["appType"] == "web" and (
        "client_secret" in _auth_methods(document) or tenant.switches.unused_secret == "returned"
    )
    return tenant.add_client(document, secrets.token_hex(32) if has_secret else None, born)


async def _list(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True, cookies=False)
    tenant: Tenant = request["tenant"]
    shown = [one for one in tenant.clients if time.monotonic() >= one.born + tenant.switches.list_delay_s]
    if "filter" in request.query:
        matches = scim.parse(request.query["filter"], scim.OF_CLIENTS)
        shown = [one for one in shown if matches({**one.document, "tenantId": tenant.id})]
    if "sort" in request.query:
        shown = _sorted(tenant, shown, request.query["sort"])
    page, links = paging.page(request, shown)
    answer: dict[str, t.Any] = {"data": [one.document for one in page], "links": links}
    if request.query.get("totalResults") == "true":
        answer["totalResults"] = len(shown)
    return web.json_response(answer)


def _sorted(tenant: Tenant, clients: list[OAuthClient], order: str) -> list[OAuthClient]:
    # A plus in a URL that nobody has encoded is a blank.
    sign, attribute = order[:1], order[1:]
    if sign not in ("+", " ", "-") or attribute not in _SORTED_BY:
        raise errors.simulated(400, "SORT", "sort must be a plus or a minus, and an attribute of a client.")
    key = {**dict.fromkeys(_SORTED_BY), "tenantId": tenant.id}
    clients = sorted(clients, key=lambda one: {**key, **one.document}[attribute], reverse=sign == "-")
    # The numbers of a page grow.
    return [OAuthClient(one.document, number) for number, one in enumerate(clients)]


async def _create(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    tenant: Tenant = request["tenant"]
    body = await bodies.read_json(request)
    if not isinstance(body, dict):
        raise errors.simulated(400, "OBJECT", "An object is expected.")
    for name in body:
        if name not in (*_PATCHED, "appType", "connectionConfig"):
            raise errors.simulated(400, "UNKNOWN", f"{name} is unknown.")
    if body.get("connectionConfig", {}) not in ({}, {"consentMethod": "trusted"}):
        raise errors.simulated(400, "CONSENT", "The consentMethod of a new client can only be trusted.")
    _check(tenant, body)
    document = {**body, "connectionConfig": {"consentMethod": "required", **body.get("connectionConfig", {})}}
    if body["appType"] == "web":
        document["allowedAuthMethods"] = _auth_methods(body)
    client = add(tenant, document, time.monotonic())
    answer = dict(client.document)
    if client.secret is not None:
        answer["clientSecret"] = client.secret
    return web.json_response(answer, status=201)


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True, cookies=False)
    return web.json_response(_find(request).document)


async def _patch(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    tenant: Tenant = request["tenant"]
    client = _find(request)
    document = dict(client.document)
    for name, value in await bodies.read_operations(request, _PATCHED, document):
        if value is None:
            del document[name]
        else:
            document[name] = _public_keys(tenant, value) if name == "publicKeys" else value
    _check(tenant, document)
    document["updatedAt"] = tenant.timestamp()
    needs_secret = client.secret is None and "client_secret" in document.get("allowedAuthMethods", [])
    if needs_secret:
        client.secret = secrets.token_hex(32)
        document["clientSecrets"] = [{"hint": client.secret[:5], "createdAt": tenant.timestamp()}]
    client.set(document, time.monotonic())
    if needs_secret:
        return web.json_response({"clientSecret": client.secret}, status=202)
    return web.Response(status=204)


async def _delete(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    request["tenant"].clients.remove(_find(request))
    return web.Response(status=204)


async def _read_connection(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True, cookies=False)
    return web.json_response(_find(request).document["connectionConfig"])


async def _patch_connection(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    client = _find(request)
    values = await bodies.read_patch(request, {"consentMethod": str})
    if values["consentMethod"] not in ("required", "trusted"):
        raise errors.simulated(400, "CONSENT", "The consentMethod must be required or trusted.")
    client.document["connectionConfig"] = values
    return web.Response(status=204)


async def _publish(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    client = _find(request)
    client.document["publishedAt"] = request["tenant"].timestamp()
    return web.json_response({"publishedAt": client.document["publishedAt"]}, status=201)


def _find(request: web.Request) -> OAuthClient:
    client = request["tenant"].client_by_id(request.match_info["id"])
    if client is None:
        raise errors.simulated(404, "ID", "There is no OAuth client of this id.")
    return client


def _auth_methods(document: dict[str, t.Any]) -> list[str]:
    return document.get("allowedAuthMethods", ["client_secret"])


def _public_keys(tenant: Tenant, value: t.Any) -> t.Any:
    """The public keys of a patch, in whatever form the tenant wants them."""
    form = tenant.switches.public_keys_value
    try:
        if form == "text":
            return json.loads(value)
        if form == "texts":
            return [json.loads(one) for one in value]
    except (TypeError, ValueError) as error:
        raise errors.simulated(400, "PUBLIC-KEYS-VALUE", f"publicKeys must be a {form} of JSON.") from error
    return value


def _check(tenant: Tenant, document: dict[str, t.Any]) -> None:
    """Check a client as it is to be."""
    if not document.get("clientName") or document.get("appType") not in _APP_TYPES:
        raise errors.simulated(400, "REQUIRED", f"clientName and appType, one of {', '.join(_APP_TYPES)}, are needed.")
    for name in _TEXTS:
        if not isinstance(document.get(name, ""), str):
            raise errors.simulated(400, "TYPE", f"{name} must be a text.")
    for name in _LISTS:
        items = document.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise errors.simulated(400, "TYPE", f"{name} must be a list of texts.")
    _check_members(document, "allowedGrantTypes", GRANT_TYPES)
    _check_members(document, "allowedAuthMethods", AUTH_METHODS)
    if tenant.switches.unknown_scope == "refuse":
        _check_members(document, "allowedScopes", _SCOPES)
    if document.get("allowedGrantTypes") and document["appType"] != "web":
        raise errors.simulated(400, "GRANT-TYPES", "Only a client of appType web can have allowedGrantTypes.")
    if document.get("allowedOrigins") and document["appType"] not in ("spa", "anonymous-embed"):
        raise errors.simulated(400, "ORIGINS", f"A client of appType {document['appType']} cannot have allowedOrigins.")
    _check_keys(tenant, document)


def _check_members(document: dict[str, t.Any], name: str, known: t.Sequence[str]) -> None:
    for item in document.get(name, []):
        if item not in known:
            raise errors.simulated(400, name.upper(), f"{name} cannot have {item}.")


def _check_keys(tenant: Tenant, document: dict[str, t.Any]) -> None:
    keys = document.get("publicKeys", [])
    if not isinstance(keys, list):
        raise errors.simulated(400, "TYPE", "publicKeys must be a list.")
    for key in keys:
        jwks.check(key)
    if len({key["kid"] for key in keys}) != len(keys):
        raise errors.simulated(400, "KID-TWICE", "Two publicKeys have one kid.")
    if "private_key_jwt" in document.get("allowedAuthMethods", []) and not keys and "jwksUri" not in document:
        raise errors.simulated(400, "PUBLIC-KEYS", "publicKeys are required with private_key_jwt.")
    limit = tenant.switches.public_keys_limit
    if limit != "none" and len(keys) > int(limit):
        raise errors.simulated(400, "PUBLIC-KEYS-LIMIT", f"A client can have at most {limit} publicKeys.")
