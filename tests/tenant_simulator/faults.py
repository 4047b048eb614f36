# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between a client and its tenant, switched on by a test."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import socket
import struct
import typing as t

import errors
from aiohttp import web
from paging import url_after

Action = t.Callable[[], t.Awaitable[web.Response]]
"""What the tenant would do without the fault."""

_ARRIVAL = 0.05  # seconds in which what has been written reaches the client, before the connection is reset
_PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>Access denied</h1></body></html>"


@dataclasses.dataclass
class Fault:
    """A fault and the requests that it befalls.

    :param kind: one of :data:`KINDS`.
    :param value: what its kind says.
    :param method: of the requests, or all.
    :param path: a regular expression for the whole path.
    :param times: how often, or None for always.
    :param skip: how many requests come through before.
    :param retry_after: of kind status, the seconds in the header Retry-After.
    :param body: of kind status, what to answer instead of an error of ours.
    """

    kind: str
    value: t.Any = None
    method: str | None = None
    path: str = ".*"
    times: int | None = 1
    skip: int = 0
    retry_after: int | None = None
    body: t.Any = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no kind {self.kind}, but {', '.join(KINDS)}.")
        re.compile(self.path)

    def befalls(self, request: web.Request) -> bool:
        """Whether it happens to this request, which counts."""
        if self.method not in (None, request.method) or not re.fullmatch(self.path, request.path) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def befall(self, request: web.Request, action: Action) -> web.StreamResponse | None:
        """Let it happen.

        :returns: the answer, or None if the connection is gone.
        """
        return await KINDS[self.kind](self, request, action)


async def _slow(fault: Fault, dummy: web.Request, action: Action) -> web.Response:
    """Answer after ``value`` seconds."""
    await asyncio.sleep(fault.value)
    return await action()


async def _status(fault: Fault, dummy: web.Request, dummy_action: Action) -> web.Response:
    """Answer with the status ``value``, and do nothing."""
    headers = None if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body is not None:
        return web.json_response(fault.body, status=fault.value, headers=headers)
    if fault.value == 429:
        return errors.rate_limit_reached(fault.retry_after or 1).response()
    response = errors.simulated(fault.value, "FAULT", f"A fault with status {fault.value}.").response()
    response.headers.update(headers or {})
    return response


async def _reset(dummy: Fault, request: web.Request, dummy_action: Action) -> None:
    """Reset the connection, and do nothing."""
    await _abort(request)


async def _lost_answer(dummy: Fault, request: web.Request, action: Action) -> None:
    """Do it, and reset the connection."""
    await action()
    await _abort(request)


async def _reset_in_body(dummy: Fault, request: web.Request, action: Action) -> None:
    """Do it, answer half of it, and reset the connection."""
    response = await action()
    body = _body(response)
    await _announced(request, response, len(body), body[: len(body) // 2])
    await asyncio.sleep(_ARRIVAL)
    await _abort(request)


async def _wrong_content_length(dummy: Fault, request: web.Request, action: Action) -> web.StreamResponse:
    """Do it, announce more than there is, and close the connection in order."""
    response = await action()
    body = _body(response)
    partial = await _announced(request, response, len(body) + 100, body)
    partial.force_close()
    return partial


async def _truncated_json(dummy: Fault, dummy_request: web.Request, action: Action) -> web.Response:
    """Do it, and answer with half of the JSON and its right length."""
    response = await action()
    body = _body(response)
    return _copy(response, web.Response(status=response.status, body=body[: len(body) // 2]))


async def _html(fault: Fault, dummy_request: web.Request, dummy_action: Action) -> web.Response:
    """Answer with a web page, the status ``value`` (200) and the clock of this machine, as a proxy does; do nothing."""
    return web.Response(status=fault.value or 200, text=_PAGE, content_type="text/html")


async def _paging_loop(fault: Fault, request: web.Request, action: Action) -> web.Response:
    """Let each page have a next one: itself, or with ``value`` endless, the first one under ever new names."""
    response = await action()
    body = json.loads(response.body)
    body["links"]["next"] = {"href": url_after(request, 0) if fault.value == "endless" else str(request.url)}
    return web.json_response(body)


async def _redirect(fault: Fault, dummy_request: web.Request, dummy_action: Action) -> web.Response:
    """Answer with a redirect to the URL ``value``, and do nothing."""
    return web.Response(status=302, headers={"Location": fault.value})


KINDS: dict[str, t.Callable[[Fault, web.Request, Action], t.Awaitable[web.StreamResponse | None]]] = {
    "slow": _slow,
    "status": _status,
    "reset": _reset,
    "lost_answer": _lost_answer,
    "reset_in_body": _reset_in_body,
    "wrong_content_length": _wrong_content_length,
    "truncated_json": _truncated_json,
    "html": _html,
    "paging_loop": _paging_loop,
    "redirect": _redirect,
}


async def _abort(request: web.Request) -> None:
    # Else the reset might meet a client that is still sending, and would be another error there.
    await request.read()
    # Without lingering, the kernel sends a reset and no orderly end.
    linger = struct.pack("ii", 1, 0)
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    request.transport.abort()


def _body(response: web.Response) -> bytes:
    # A 204 has none.
    return response.body or b""


async def _announced(request: web.Request, response: web.Response, length: int, sent: bytes) -> web.StreamResponse:
    """Send a part of an answer, which is said to be of this length."""
    partial = _copy(response, web.StreamResponse(status=response.status))
    partial.content_length = length
    await partial.prepare(request)
    await partial.write(sent)
    return partial


def _copy(response: web.Response, changed: web.StreamResponse) -> web.StreamResponse:
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    changed.headers.update(headers)
    changed.cookies.update(response.cookies)
    return changed
