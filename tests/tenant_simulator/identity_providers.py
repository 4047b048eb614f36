# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/v1/identity-providers``: https://qlik.dev/apis/rest/identity-providers/.

Where Qlik's pages and its typed client leave a doubt, the stricter answer is given: properties that stand nowhere are
refused, and ``jwtLoginEnabled`` must be asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import typing as t

import bodies
import errors
import paging
import pem
from aiohttp import web
from authorisation import authorise
from tenant import Provider, Tenant

PATH = "/api/v1/identity-providers"

_HASH = "QLIK-IDP-POPTS"
_KINDS: dict[str, type | tuple[type, ...]] = {
    "tenantIds": list,
    "provider": str,
    "protocol": str,
    "interactive": bool,
    "active": bool,
    "description": str,
    "clockToleranceSec": (int, float),
    "options": dict,
}
_OPTION_KINDS = {"jwtLoginEnabled": bool, "issuer": str, "staticKeys": list}
_KEY_KINDS = {"kid": str, "pem": str}
_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+")


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [
        web.get(PATH, _list),
        web.post(PATH, _create),
        web.get(PATH + "/{id}", _read),
        web.patch(PATH + "/{id}", _patch),
        web.delete(PATH + "/{id}", _delete),
    ]


def create(tenant: Tenant, body: t.Any) -> Provider:
    """Create a JWT provider.

    :raises errors.Refusal: if the tenant does not accept it.
    """
    _check_kinds(body, _KINDS, required=("provider", "protocol", "options"))
    if (body["protocol"], body["provider"]) != ("jwtAuth", "external"):
        raise errors.simulated(400, "PROTOCOL", "The simulator creates only the provider external of protocol jwtAuth.")
    if body.get("interactive"):
        raise errors.simulated(400, "INTERACTIVE", "A jwtAuth provider is not interactive.")
    if body.get("clockToleranceSec", 0) < 0:
        raise errors.simulated(400, "CLOCK-TOLERANCE", "clockToleranceSec must not be negative.")
    options = body["options"]
    _check_kinds(options, _OPTION_KINDS, required=("issuer", "staticKeys"))
    if len(options["staticKeys"]) != 1:
        raise errors.simulated(400, "ONE-KEY", "staticKeys must have exactly one key.")
    (static_key,) = options["staticKeys"]
    _check_kinds(static_key, _KEY_KINDS, required=("kid", "pem"))
    if not options["issuer"] or not static_key["kid"]:
        raise errors.simulated(400, "EMPTY", "issuer and kid must not be empty.")
    if tenant.switches.kid_characters == "url_safe" and not _URL_SAFE.fullmatch(static_key["kid"]):
        raise errors.simulated(400, "KID-CHARACTERS", "The kid must have only letters, digits, '-', '.', '_' and '~'.")
    switches = tenant.switches
    key = pem.read(static_key["pem"], switches.pem_line_breaks == "allow", switches.public_key == "allow")
    if body.get("tenantIds", [tenant.id]) != [tenant.id]:
        raise errors.simulated(403, "TENANT-IDS", "tenantIds must be the id of the tenant.")
    _check_others(tenant, options["issuer"], static_key["kid"])
    return tenant.add_provider({"active": True, "interactive": False, "description": "", **body}, key)


async def _list(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True, cookies=False)
    tenant: Tenant = request["tenant"]
    shown = [provider for provider in tenant.providers if _is_listed(tenant, provider)]
    if "active" in request.query:
        active = request.query["active"].lower()
        if active not in ("true", "false"):
            raise errors.simulated(400, "ACTIVE", "active must be true or false.")
        shown = [provider for provider in shown if provider.document["active"] == (active == "true")]
    page, links = paging.page(request, shown)
    return web.json_response({"data": [_document(tenant, provider) for provider in page], "links": links})


async def _create(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    provider = create(request["tenant"], await bodies.read_json(request))
    return _answer(request["tenant"], provider, 201)


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True, cookies=False)
    return _answer(request["tenant"], _find(request), 200)


async def _patch(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    provider = _find(request)
    values = await bodies.read_patch(request, {"description": str})
    if request.headers.get(_HASH + "-MATCH", _hash(provider)) != _hash(provider):
        raise errors.simulated(412, "POPTS", f"{_HASH}-MATCH is not the {_HASH} of the provider.")
    provider.document.update(values, lastUpdated=request["tenant"].timestamp())
    return web.Response(status=204)


async def _delete(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True, cookies=False)
    tenant: Tenant = request["tenant"]
    provider = _find(request)
    tenant.providers.remove(provider)
    if tenant.switches.delete_ends_sessions:
        tenant.sessions = {name: one for name, one in tenant.sessions.items() if one.provider is not provider}
    return web.Response(status=204)


def _is_listed(tenant: Tenant, provider: Provider) -> bool:
    return time.monotonic() >= provider.born + tenant.switches.list_delay_s or not provider.is_jwt


def _find(request: web.Request) -> Provider:
    for provider in request["tenant"].providers:
        if provider.id == request.match_info["id"]:
            return provider
    raise errors.simulated(404, "ID", "There is no identity provider of this id.")


def _document(tenant: Tenant, provider: Provider) -> dict[str, t.Any]:
    if not provider.is_jwt or tenant.switches.pem_read_back == "as_sent":
        return provider.document
    options = provider.document["options"]
    keys = [{**key, "pem": pem.with_line_breaks(key["pem"])} for key in options["staticKeys"]]
    return {**provider.document, "options": {**options, "staticKeys": keys}}


def _hash(provider: Provider) -> str:
    return hashlib.sha256(json.dumps(provider.document, sort_keys=True).encode()).hexdigest()


def _answer(tenant: Tenant, provider: Provider, status: int) -> web.Response:
    return web.json_response(_document(tenant, provider), status=status, headers={_HASH: _hash(provider)})


def _check_kinds(body: t.Any, kinds: dict[str, t.Any], required: t.Sequence[str]) -> None:
    if not isinstance(body, dict):
        raise errors.simulated(400, "OBJECT", "An object is expected.")
    for name in required:
        if name not in body:
            raise errors.simulated(400, "REQUIRED", f"{name} is missing.")
    for name, value in body.items():
        if name not in kinds:
            raise errors.simulated(400, "UNKNOWN", f"{name} is unknown.")
        if not isinstance(value, kinds[name]) or isinstance(value, bool) and kinds[name] is not bool:
            raise errors.simulated(400, "TYPE", f"{name} is of the wrong type.")


def _check_others(tenant: Tenant, issuer: str, key_id: str) -> None:
    key_ids = [one.key_id for one in tenant.providers if one.is_jwt and one.issuer == issuer]
    if tenant.switches.duplicate == "refuse" and key_id in key_ids:
        raise errors.simulated(400, "DUPLICATE", "There is a provider with this issuer and kid.")
    if tenant.switches.shared_issuer == "refuse" and any(other != key_id for other in key_ids):
        raise errors.simulated(400, "SHARED-ISSUER", "There is a provider with this issuer.")
