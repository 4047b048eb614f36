# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of a list, and the links between them: https://qlik.dev/apis/rest/, "pagination"."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import typing as t

import errors
from aiohttp import web

_DEFAULT = 20
_MAXIMUM = 100


class Numbered(t.Protocol):
    """What a list is made of; the numbers grow."""

    number: int


Item = t.TypeVar("Item", bound=Numbered)


def page(request: web.Request, items: list[Item], forward: str = "next") -> tuple[list[Item], dict[str, t.Any]]:
    """The page that a request asks for with ``limit`` and ``next`` or ``prev``, and its links.

    :param forward: what stands for ``next`` in the query.
    :raises errors.Refusal: if there is no such page.
    """
    limit = _limit(request.query.get("limit", str(_DEFAULT)))
    if forward in request.query:
        after = _number(request.query[forward])
        start = sum(item.number <= after for item in items)
    elif "prev" in request.query:
        before = _number(request.query["prev"])
        start = max(0, sum(item.number < before for item in items) - limit)
    else:
        start = 0
    shown = items[start : start + limit]
    links = {"self": {"href": str(request.url)}}
    if start + limit < len(items):
        links["next"] = {"href": url_after(request, shown[-1].number, forward)}
    if start > 0 and shown:
        links["prev"] = {"href": _url(request, "prev", shown[0].number)}
    return shown, links


def url_after(request: web.Request, number: int, forward: str = "next") -> str:
    """The absolute URL of the page after the item of this number: each time another one."""
    return _url(request, forward, number)


def _url(request: web.Request, direction: str, number: int) -> str:
    cursor = base64.urlsafe_b64encode(f"{number}:{secrets.token_hex(6)}".encode()).decode().rstrip("=")
    query = {name: value for name, value in request.query.items() if name not in ("next", "offset", "prev")}
    return str(request.url.with_query({**query, direction: cursor}))


def _number(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).partition(b":")[0])
    except (binascii.Error, ValueError) as error:
        raise errors.simulated(400, "CURSOR", "next and prev must be taken from the links of a page.") from error


def _limit(text: str) -> int:
    # Qlik's Python SDK declares it as a number with a fraction.
    if not re.fullmatch(r"[0-9]{1,3}(\.0+)?", text) or not 1 <= float(text) <= _MAXIMUM:
        raise errors.simulated(400, "LIMIT", f"limit must be from 1 to {_MAXIMUM}.")
    return int(float(text))
