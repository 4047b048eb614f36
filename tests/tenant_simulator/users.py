# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/v1/users`` and ``/api/v1/csrf-token``: https://qlik.dev/apis/rest/users/, https://qlik.dev/apis/rest/csrf-token/."""

from __future__ import annotations

import typing as t

import errors
from aiohttp import web
from authorisation import authorise, session_of
from tenant import Tenant, User


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [
        web.get("/api/v1/users/me", _me),
        web.get("/api/v1/users/{id}", _read),
        web.get("/api/v1/csrf-token", _csrf_token),
    ]


async def _me(request: web.Request) -> web.Response:
    user = authorise(request, 1)
    if request["tenant"].switches.redirect_users_me:
        location = request.rel_url.with_path(f"/api/v1/users/{user.id}", keep_query=True)
        return web.Response(status=302, headers={"Location": str(location)})
    return _answer(request, user)


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1)
    user = request["tenant"].user_by("id", request.match_info["id"])
    if user is None:
        raise errors.simulated(404, "ID", "There is no user of this id.")
    return _answer(request, user)


async def _csrf_token(request: web.Request) -> web.Response:
    authorise(request, 1)
    session = session_of(request)
    headers = {"qlik-csrf-token": session.csrf_token} if session else None
    return web.Response(status=204, headers=headers)


def _answer(request: web.Request, user: User) -> web.Response:
    tenant: Tenant = request["tenant"]
    document: dict[str, t.Any] = {
        "id": user.id,
        "tenantId": tenant.id,
        "status": "active",
        "subject": user.subject,
        "name": user.name,
        "email": user.email,
        "createdAt": user.created,
        "assignedRoles": [{"name": role, "type": "default"} for role in user.roles],
        "assignedGroups": [{"id": tenant.groups[name], "name": name, "providerType": "idp"} for name in user.groups],
        "links": {"self": {"href": str(request.url.with_path(f"/api/v1/users/{user.id}"))}},
    }
    if "fields" in request.query:
        fields = request.query["fields"].split(",")
        document["groups"] = list(user.groups)
        document = {name: value for name, value in document.items() if name in fields}
    return web.json_response(document)
