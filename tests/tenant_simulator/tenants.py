# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/v1/tenants``: https://qlik.dev/apis/rest/tenants/."""

from __future__ import annotations

import errors
from aiohttp import web
from authorisation import authorise
from tenant import Tenant

PATH = "/api/v1/tenants"


def routes() -> list[web.RouteDef]:
    """The calls."""
    return [web.get(PATH + "/me", _me), web.get(PATH + "/{id}", _read)]


async def _me(request: web.Request) -> web.Response:
    authorise(request, 1)
    return web.Response(status=302, headers={"Location": f"{PATH}/{request['tenant'].id}"})


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1)
    tenant: Tenant = request["tenant"]
    if request.match_info["id"] != tenant.id:
        raise errors.simulated(404, "ID", "There is no tenant of this id.")
    document = {
        "id": tenant.id,
        "name": tenant.address,
        "hostnames": [tenant.address],
        "status": "active",
        "region": "eu",
        "datacenter": "eu-west-1",
        "links": {"self": {"href": str(request.url)}},
    }
    return web.json_response(document)
