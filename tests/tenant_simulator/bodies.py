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


async def read_form_or_json(request: web.Request, accepted: str) -> dict[str, t.Any]:
    """The fields of a request for a token.

    :param accepted: ``both``, ``form`` or ``json``.
    :raises errors.Refusal: if the body is something else, or has a field twice.
    """
    if request.content_type == "application/x-www-form-urlencoded" and accepted != "json":
        form = await request.post()
        if len(set(form)) != len(form):
            raise errors.simulated(400, "TWICE", "A field must not be in the body twice.")
        return dict(form)
    if accepted == "form":
        raise errors.simulated(400, "CONTENT-TYPE", "The content type must be application/x-www-form-urlencoded.")
    body = await read_json(request)
    if not isinstance(body, dict):
        raise errors.simulated(400, "OBJECT", "An object is expected.")
    return body


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


async def read_operations(
    request: web.Request, names: t.Sequence[str], document: dict[str, t.Any]
) -> list[tuple[str, t.Any]]:
    """A JSON patch (RFC 6902) that adds, replaces and removes.

    :param names: those of the members that it can be about.
    :param document: what it is about.
    :returns: names and their new values, or None to remove them.
    :raises errors.Refusal: if anything in it is something else: then nothing of it may happen.
    """
    patch = await read_json(request)
    if not isinstance(patch, list) or not patch:
        raise errors.simulated(400, "PATCH", "The body must be a list of patches.")
    changes: dict[str, t.Any] = {}
    for item in patch:
        if not isinstance(item, dict) or item.get("op") not in ("add", "remove", "replace"):
            raise errors.simulated(400, "PATCH-OP", "The op of a patch must be add, remove or replace.")
        path = item.get("path")
        if not isinstance(path, str) or path[:1] != "/" or path[1:] not in names:
            raise errors.simulated(400, "PATCH-PATH", f"The path cannot be patched: {path}")
        name = path[1:]
        # RFC 6902, sections 4.2 and 4.3: what is removed or replaced must exist.
        if item["op"] != "add" and changes.get(name, document.get(name)) is None:
            raise errors.simulated(400, "PATCH-TARGET", f"There is nothing to {item['op']} at {path}.")
        if item["op"] != "remove" and item.get("value") is None:
            raise errors.simulated(400, "PATCH-VALUE", f"The patch of {path} has no value.")
        changes[name] = None if item["op"] == "remove" else item["value"]
    return list(changes.items())
