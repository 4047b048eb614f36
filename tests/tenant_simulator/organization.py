# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``/api/core/tenants`` of an organization: https://qlik.dev/apis/org-rest/core/tenants/."""

from __future__ import annotations

import dataclasses
import typing as t

import bodies
import control
import errors
import scim
from aiohttp import web
from authorisation import authorise
from paging import page
from tenant import Region, Tenant, new_id

PATH = "/api/core/tenants"
STATUSES = ("active", "disabled", "deleted", "deactivated")


@dataclasses.dataclass
class Listed:
    """A tenant of the list.

    :param number: it grows from tenant to tenant, and orders the list.
    """

    document: dict[str, t.Any]
    number: int


class Console(Tenant):
    """What an organization remembers. It has the clock, the switches, the faults and the limits of a tenant.

    :param host_names: those of the tenants that it has from the beginning, and again after :meth:`reset`.
    """

    def __init__(self, address: str, first_switches: dict[str, str], host_names: t.Sequence[str]) -> None:
        self._host_names = host_names
        super().__init__(address, first_switches)

    def reset(self) -> None:
        """Forget everything, as if the organization were new."""
        super().reset()
        self.set_tenants([{"hostnames": [name]} for name in self._host_names])

    def set_tenants(self, changes: t.Sequence[dict[str, t.Any]]) -> None:
        """Have these tenants: in each, what differs from an ordinary one."""
        self.listed = [Listed({**self._ordinary(number), **one}, number) for number, one in enumerate(changes, 1)]

    def _ordinary(self, number: int) -> dict[str, t.Any]:
        id_, now = f"{new_id()}{number:08}", self.timestamp()
        return {
            "id": id_,
            "name": f"Tenant {number}",
            "hostnames": [f"tenant-{number}.us.qlikcloud.com"],
            "status": "active",
            "regionCode": "us-east-1",
            "countryCode": "US",
            "subscriptionId": "9876543210987654",
            "licenseNumber": "1234567890123456",
            "createdAt": now,
            "updatedAt": now,
            "links": {"self": {"href": f"https://console.qlikcloud.com{PATH}/{id_}"}},
        }


class Organization(Region):
    """An organization, whose only host is its console."""

    scope = "cloud-console.tenants:read"

    def __init__(self, address: str, first_switches: dict[str, str], host_names: t.Sequence[str]) -> None:
        super().__init__([], first_switches)
        self.tenants = {address: Console(address, first_switches, host_names)}


def routes() -> list[web.RouteDef]:
    """The calls, and the one with which a test says which tenants there are."""
    return [web.get(PATH, _list), web.get(PATH + "/{id}", _read), web.put(control.PATH + "/tenants", _set)]


async def _list(request: web.Request) -> web.Response:
    authorise(request, 1, cookies=False)
    console: Console = request["tenant"]
    items = console.listed
    if "filter" in request.query:
        needs_subscription = console.switches.filter_needs_subscription
        required = "subscriptionId" if needs_subscription else None
        matches = scim.parse(request.query["filter"], scim.OF_TENANTS, required)
        items = [item for item in items if matches(item.document)]
    shown, links = page(request, items, console.switches.page_parameter)
    documents = [item.document for item in shown]
    if console.switches.list_moves and shown and items.index(shown[0]) > 0:
        # The last one of the page before has been renamed, and comes after those that it was before.
        documents.insert(0, {**items[items.index(shown[0]) - 1].document, "name": "Renamed"})
    return web.json_response({"data": documents, "links": links})


async def _read(request: web.Request) -> web.Response:
    authorise(request, 1, cookies=False)
    for item in request["tenant"].listed:
        if item.document["id"] == request.match_info["id"]:
            return web.json_response(item.document)
    raise errors.simulated(404, "ID", "There is no tenant of this id.")


async def _set(request: web.Request) -> web.Response:
    """Have the tenants of the body, a list, in place of those there were; answer with all that is known of them."""
    console: Console = request["tenant"]
    console.set_tenants(await bodies.read_json(request))
    return web.json_response([item.document for item in console.listed])
