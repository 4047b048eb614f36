# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/v1/groups/settings``: https://qlik.dev/apis/rest/groups/."""

from __future__ import annotations

import bodies
from aiohttp import web
from authorisation import authorise
from tenant import Tenant

PATH = "/api/v1/groups/settings"


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [web.get(PATH, _read), web.patch(PATH, _patch)]


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1, administrator=True)
    tenant: Tenant = request["tenant"]
    links = {"self": {"href": str(request.url)}}
    return web.json_response({**tenant.group_settings, "tenantId": tenant.id, "links": links})


async def _patch(request: web.Request) -> web.Response:
    authorise(request, 2, administrator=True)
    values = await bodies.read_patch(request, {"autoCreateGroups": bool, "syncIdpGroups": bool})
    request["tenant"].group_settings.update(values)
    return web.Response(status=204)
