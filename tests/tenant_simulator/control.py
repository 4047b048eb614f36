# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/simulator``: what a test asks and tells a tenant. It needs no credential, and is not counted, delayed or recorded."""

from __future__ import annotations

import dataclasses
import functools
import re
import secrets
import typing as t

import bodies
import errors
import oauth_clients
import pem
from aiohttp import web
from authorisation import REGION
from certificates import one_line_certificate
from faults import Fault
from tenant import Session, Tenant

PATH = "/simulator"


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [
        web.get(PATH, _state),
        web.get(PATH + "/secrets", _secrets),
        web.patch(PATH + "/switches", _set_switches),
        web.put(PATH + "/faults", _set_faults),
        web.delete(PATH + "/requests", _forget_requests),
        web.post(PATH + "/reset", _reset),
        web.post(PATH + "/providers", _add_providers),
        web.post(PATH + "/clients", _add_clients),
    ]


async def _state(request: web.Request) -> web.Response:
    """All that the tenant knows, but no secret."""
    tenant: Tenant = request["tenant"]
    state = {
        "tenant_id": tenant.id,
        "switches": dataclasses.asdict(tenant.switches),
        "faults": [dataclasses.asdict(fault) for fault in tenant.faults],
        "providers": [provider.document for provider in tenant.providers],
        "clients": [client.document for client in tenant.clients],
        "users": [dataclasses.asdict(user) for user in tenant.users],
        "groups": tenant.groups,
        "group_settings": tenant.group_settings,
        "sessions": len(tenant.sessions),
        "requests": tenant.requests,
    }
    return web.json_response(state)


async def _secrets(request: web.Request) -> web.Response:
    """What nobody but a client must see: access tokens, secrets, assertions, cookies, tokens against forgery."""
    tenant: Tenant = request["tenant"]
    sessions: dict[str, Session] = tenant.sessions
    handed_out = [*request.app[REGION].access_tokens, *tenant.access_tokens, *sessions, *tenant.assertions]
    handed_out += [client.secret for client in tenant.clients if client.secret is not None]
    for session in sessions.values():
        handed_out += [session.signature, session.csrf_token, session.csrf_signature]
    return web.json_response(handed_out)


async def _set_switches(request: web.Request) -> web.Response:
    """Turn the switches that the body, an object, names."""
    try:
        for name, value in (await bodies.read_json(request)).items():
            request["tenant"].switches.set(name, value)
    except ValueError as error:
        raise errors.simulated(400, "SWITCH", str(error)) from error
    return web.Response(status=204)


async def _set_faults(request: web.Request) -> web.Response:
    """Have the faults of the body, a list, in place of those there were."""
    try:
        request["tenant"].faults = [Fault(**fault) for fault in await bodies.read_json(request)]
    except (TypeError, ValueError, re.error) as error:
        raise errors.simulated(400, "FAULT", str(error)) from error
    return web.Response(status=204)


async def _forget_requests(request: web.Request) -> web.Response:
    request["tenant"].requests.clear()
    return web.Response(status=204)


async def _reset(request: web.Request) -> web.Response:
    """Make the tenant as it was at the start."""
    request["tenant"].reset()
    return web.Response(status=204)


async def _add_providers(request: web.Request) -> web.Response:
    """Add ``count`` JWT providers of somebody else's, with the properties of the body, if any; answer with their ids.

    Nothing is checked: a tenant may have what it would not take.
    """
    ids, changes = [], await bodies.read_json(request) if request.can_read_body else {}
    for dummy in range(int(request.query["count"])):
        document, key = _another_provider()
        provider = request["tenant"].add_provider({**document, **changes}, key)
        provider.born = float("-inf")
        ids.append(provider.id)
    return web.json_response({"ids": ids}, status=201)


async def _add_clients(request: web.Request) -> web.Response:
    """Add the OAuth clients of the body, a list of what differs from an ordinary one; answer as if they were created.

    Nothing is checked: a tenant may have what it would not take.
    """
    added = []
    for changes in await bodies.read_json(request):
        document = {**_another_client(), **changes}
        added.append(oauth_clients.add(request["tenant"], document, float("-inf")))
    return web.json_response([{**client.document, "clientSecret": client.secret} for client in added], status=201)


def _another_client() -> dict[str, t.Any]:
    return {
        "clientName": "Another client",
        "appType": "web",
        "allowedScopes": ["admin_classic", "user_default"],
        "allowedGrantTypes": list(oauth_clients.GRANT_TYPES),
        "allowedAuthMethods": ["client_secret"],
        "connectionConfig": {"consentMethod": "required"},
    }


def _another_provider() -> tuple[dict[str, t.Any], pem.Key]:
    text, key = _shared_key()
    kid = secrets.token_urlsafe(12)
    options = {
        "jwtLoginEnabled": True,
        "issuer": f"https://{secrets.token_hex(4)}.example.com",
        "staticKeys": [{"kid": kid, "pem": text}],
    }
    document = {
        "provider": "external",
        "protocol": "jwtAuth",
        "interactive": False,
        "active": True,
        "description": "Another provider",
        "clockToleranceSec": 5,
        "options": options,
    }
    return document, key


@functools.cache
def _shared_key() -> tuple[str, pem.Key]:
    text = one_line_certificate()
    return text, pem.read(text, line_breaks=False, public_key=False)
