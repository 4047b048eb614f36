# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``POST /oauth/token``, for machines: https://qlik.dev/authenticate/oauth/create/create-oauth-client/."""

from __future__ import annotations

import secrets

import bodies
import errors
from aiohttp import BasicAuth, web
from authorisation import REGION

LIFETIME = 21600
"""Seconds for which an access token is good."""


def routes() -> list[web.RouteDef]:
    """The call."""
    return [web.post("/oauth/token", _token)]


async def _token(request: web.Request) -> web.Response:
    region = request.app[REGION]
    body = await bodies.read_json(request)
    if not isinstance(body, dict) or body.get("grant_type") != "client_credentials":
        raise errors.simulated(400, "GRANT-TYPE", "The grant_type must be client_credentials.")
    # Qlik's Python SDK sends the credential in the header, its typed client in the body.
    given = body.get("client_id"), body.get("client_secret")
    if "Authorization" in request.headers:
        given = _basic(request.headers["Authorization"])
    if given != (region.client_id, region.client_secret):
        raise errors.simulated(401, "CLIENT", "The client id or secret is wrong.")
    token = secrets.token_urlsafe(48)
    region.access_tokens[token] = request["tenant"].now() + LIFETIME
    answer = {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME}
    return web.json_response(answer | ({"scope": region.scope} if region.scope else {}))


def _basic(header: str) -> tuple[str, str] | None:
    try:
        return BasicAuth.decode(header)[:2]
    except ValueError:
        return None
