# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals, in the form of Qlik's error bodies: https://qlik.dev/apis/rest/, "errors".

Where no source gives the words that Qlik uses, the body is marked with ``"meta": {"simulated": true}``, and its detail
names the rule that was broken.
"""

from __future__ import annotations

import http
import secrets

from aiohttp import web


class Refusal(Exception):
    """An answer that refuses the request.

    :param status: of HTTP.
    :param simulated: whether the words are ours.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str | None = None,
        *,
        simulated: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.headers = headers
        self.error = {"code": code, "title": title, "status": str(status)}
        if detail is not None:
            self.error["detail"] = detail
        if simulated:
            self.error["meta"] = {"simulated": True}

    def response(self) -> web.Response:
        """The answer, with a trace id of its own."""
        body = {"errors": [self.error], "traceId": secrets.token_hex(16)}
        return web.json_response(body, status=self.status, headers=self.headers)


def simulated(status: int, rule: str, detail: str) -> Refusal:
    """A refusal whose words are ours.

    :param rule: a short name of what was broken, for the code.
    """
    return Refusal(status, f"SIMULATED-{rule}", http.HTTPStatus(status).phrase, detail, simulated=True)


def missing_claim(name: str) -> Refusal:
    """A token without a claim that is required."""
    detail = f"JWT_LOGIN_VALIDATIONS Missing required claim: {name}"
    return Refusal(400, "INTERNAL-TOKEN-1", "Invalid token request", detail)


def unknown_tenant() -> Refusal:
    """A login at a host name that belongs to no tenant."""
    return Refusal(401, "LOGIN-2", "No authentication configured for this hostname")


def not_a_member() -> Refusal:
    """A login of a user who is not a member of the tenant."""
    return Refusal(403, "AUTH-5", "Forbidden", "User is not a member of tenant")


def several_users() -> Refusal:
    """A login with an e-mail address that several active users have."""
    return Refusal(400, "LOGIN-12", "Multiple active users detected with the same e-mail")


def invitation_expired() -> Refusal:
    """A login of a user whose invitation has expired; only its status and code are known."""
    return Refusal(403, "USER_INVITE_EXPIRED", "Forbidden", "The invitation of the user has expired.", simulated=True)


def rate_limit_reached(retry_after: int) -> Refusal:
    """Too many requests.

    :param retry_after: seconds.
    """
    headers = {"Retry-After": str(retry_after)}
    detail = "API rate limit reached for this user in this tenant."
    return Refusal(429, "HTTP-429", "API rate limit reached.", detail, headers=headers)


def csrf_token() -> Refusal:
    """A changing request with cookies and without the right ``qlik-csrf-token``; only its code is known."""
    detail = "The header qlik-csrf-token is missing or is not the one of the session."
    return Refusal(403, "CSRF-TOKEN-2", "Forbidden", detail, simulated=True)
