# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application: from a request to its tenant, its fault if it has one, and its answer."""

from __future__ import annotations

import asyncio
import email.utils
import time
import typing as t

import control
import errors
import groups
import identity_providers
import login
import oauth
import oauth_clients
import organization
import tenants
import users
from aiohttp import web
from authorisation import REGION, kind
from tenant import Region, Tenant

Handler = t.Callable[[web.Request], t.Awaitable[web.Response]]


def application(region: Region) -> web.Application:
    """The application that is all tenants of a region, or the console of an organization."""
    app = web.Application(middlewares=[_serve])
    app[REGION] = region
    of_tenants = (groups, identity_providers, login, oauth_clients, tenants, users)
    of_the_kind = (organization,) if isinstance(region, organization.Organization) else of_tenants
    for subject in (control, oauth, *of_the_kind):
        app.add_routes(subject.routes())
    return app


@web.middleware
async def _serve(request: web.Request, handler: Handler) -> web.StreamResponse:
    tenant = request.app[REGION].tenant(request.host)
    if tenant is None:
        if request.path == login.PATH:
            return errors.unknown_tenant().response()
        return errors.simulated(404, "HOST", "There is no tenant of this host name.").response()
    request["tenant"] = tenant
    if request.path.startswith(control.PATH):
        return await _answer(request, handler)
    return await _serve_recorded(request, handler, tenant)


async def _serve_recorded(request: web.Request, handler: Handler, tenant: Tenant) -> web.StreamResponse:
    record = {
        "time": time.monotonic(),
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "status": None,
        "fault": None,
        "user_agent": request.headers.get("User-Agent"),
        "authorization": kind(request),
    }
    tenant.requests.append(record)
    request["record"] = record
    await asyncio.sleep(tenant.switches.latency_ms / 1000)
    fault = next((fault for fault in tenant.faults if fault.befalls(request)), None)
    if fault is None:
        response = await _answer(request, handler)
    else:
        record["fault"] = fault.kind
        response = await fault.befall(request, lambda: _answer(request, handler))
    if response is None:
        # The connection is gone, and aiohttp drops whatever it is given.
        return web.Response()
    record["status"] = response.status
    return response


async def _answer(request: web.Request, handler: Handler) -> web.Response:
    """The answer of the tenant, with its clock (RFC 9110, section 6.6.1)."""
    response = await _handle(request, handler)
    response.headers["Date"] = email.utils.formatdate(request["tenant"].now(), usegmt=True)
    return response


async def _handle(request: web.Request, handler: Handler) -> web.Response:
    try:
        return await handler(request)
    except errors.Refusal as refusal:
        return refusal.response()
    except web.HTTPException as error:
        # No such path, or no such method of it.
        return errors.simulated(error.status, "CALL", error.reason).response()
