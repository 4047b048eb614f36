# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who sends a request, and whether that user may."""

from __future__ import annotations

import hmac

import errors
from aiohttp import web
from tenant import ADMINISTRATOR, Region, Session, Tenant, User

REGION = web.AppKey("region", Region)

_READING = ("GET", "HEAD", "OPTIONS")


def bearer(request: web.Request) -> str | None:
    """The bearer token of a request."""
    scheme, dummy, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else None


def kind(request: web.Request) -> str:
    """What a request shows, without the secret: bearer, basic, another scheme, cookie or none."""
    if "Authorization" in request.headers:
        return request.headers["Authorization"].partition(" ")[0].lower()
    return "cookie" if "eas.sid" in request.cookies else "none"


def count(request: web.Request, tier: int, user: str) -> None:
    """Count a request against the limit of a tier.

    :raises errors.Refusal: if it is one too many.
    """
    tenant: Tenant = request["tenant"]
    if tenant.switches.rate_limits:
        tenant.counters.count(tier, user, tenant.switches.rate_window_s)


def authorise(request: web.Request, tier: int, *, administrator: bool = False, cookies: bool = True) -> User:
    """Find out who sends a request.

    :param tier: of its rate limit.
    :param administrator: whether only an administrator of the tenant may.
    :param cookies: whether those of a session do.
    :raises errors.Refusal: if it is nobody who may.
    """
    credential = bearer(request)
    if credential is not None:
        user = _user_of_credential(request, credential)
    else:
        user = _user_of_session(request) if cookies else None
    if user is None:
        raise errors.simulated(401, "CREDENTIAL", "The request has no valid credential.")
    count(request, tier, user.id)
    if administrator and ADMINISTRATOR not in user.roles:
        raise errors.simulated(403, "ROLE", f"The user does not have the role {ADMINISTRATOR}.")
    return user


def session_of(request: web.Request) -> Session | None:
    """The session whose cookies a request has."""
    session = request["tenant"].sessions.get(request.cookies.get("eas.sid"))
    if session and hmac.compare_digest(session.signature, request.cookies.get("eas.sid.sig", "")):
        return session
    return None


def _user_of_credential(request: web.Request, credential: str) -> User | None:
    region = request.app[REGION]
    tenant: Tenant = request["tenant"]
    if credential == region.api_key:
        return tenant.administrator
    if credential == region.user_api_key:
        return tenant.ordinary_user
    if region.access_tokens.get(credential, 0) > tenant.now():
        return tenant.client_user
    token = tenant.access_tokens.get(credential)
    return token.user if token and token.expires > tenant.now() else None


def _user_of_session(request: web.Request) -> User | None:
    session = session_of(request)
    if session is None:
        return None
    if request.method not in _READING and request.headers.get("qlik-csrf-token") != session.csrf_token:
        raise errors.csrf_token()
    return session.user
