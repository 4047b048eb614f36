# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of requests."""

from __future__ import annotations

import json
import typing as t

import errors
from aiohttp import web


async def read_json(request: web.Request) -> t.Any:
    """The body of a request.

    :raises errors.Refusal: if it is not JSON, or does not say so.
    """
    if request.content_type != "application/json":
        raise errors.simulated(400, "CONTENT-TYPE", "The content type must be application/json.")
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise errors.simulated(400, "JSON", f"The body is no JSON: {error}") from error


async def read_patch(request: web.Request, kinds: dict[str, type]) -> dict[str, t.Any]:
    """A JSON patch (RFC 6902) of the one operation that Qlik knows for these documents.

    :param kinds: for each path, without its slash, the type of its value.
    :returns: the new values.
    :raises errors.Refusal: if anything in it is something else: then nothing of it may happen.
    """
    patch = await read_json(request)
    if not isinstance(patch, list) or not patch:
        raise errors.simulated(400, "PATCH", "The body must be a list of patches.")
    values = {}
    for item in patch:
        if not isinstance(item, dict) or item.get("op") != "replace":
            raise errors.simulated(400, "PATCH-OP", "The op of a patch must be replace.")
        path = item.get("path")
        name = path[1:] if isinstance(path, str) and path.startswith("/") else None
        if name not in kinds:
            raise errors.simulated(400, "PATCH-PATH", f"The path cannot be patched: {path}")
        if not isinstance(item.get("value"), kinds[name]):
            raise errors.simulated(400, "PATCH-VALUE", f"The value must be a {kinds[name].__name__}.")
        values[name] = item["value"]
    return values
