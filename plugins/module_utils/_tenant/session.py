# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange a token for a session: https://qlik.dev/authenticate/jwt/implement-jwt-authorization/."""

from __future__ import annotations

import time
import typing as t

from .._errors import NoAnswerError, TenantError
from .._tokens import compact
from . import refusals

if t.TYPE_CHECKING:
    from .api import Tenant

CSRF_COOKIE = "_csrfToken"
PERHAPS_USED_UP = "The token may be used up and is not sent again: sign a new token and run again."
USED_UP = "The token was accepted and is used up, but the session is not usable: sign a new token and run again."
NOT_A_TOKEN = ": specify a token returned by the module qscloud_jwt."


class Session(t.NamedTuple):
    """The user who logged in, and the credentials of the session."""

    user: dict[str, t.Any]
    cookies: dict[str, str]
    csrf_token: str | None


def log_in(tenant: Tenant, token: str) -> Session:
    """Log in with a token, which uses it up.

    :raises TokenError: if it is not a JWT.
    :raises TenantError: if the tenant rejects it.
    """
    parsed = compact.parse(token.encode(errors="replace"), "O(token)", NOT_A_TOKEN)
    try:
        tenant.log_in(token)
    except NoAnswerError as error:
        raise TenantError(error.answer, f"{error.advice} {PERHAPS_USED_UP}", error.status) from error
    except TenantError as error:
        advice = refusals.login_advice(error, parsed, int(time.time()))
        raise TenantError(error.answer, advice, error.status, error.code) from error
    try:
        user = tenant.get_user()
    except TenantError as error:
        advice = "" if refusals.is_about_credentials(error) else f"{error.advice} "
        raise TenantError(error.answer, f"{advice}{USED_UP}", error.status, error.code) from error
    cookies = {cookie.name: cookie.value or "" for cookie in tenant.cookies}
    return Session(describe(user), cookies, cookies.get(CSRF_COOKIE))


def describe(user: dict[str, t.Any]) -> dict[str, t.Any]:
    """The return value about a user, as the tenant describes it."""
    groups = user.get("assignedGroups")
    groups = groups if isinstance(groups, list) else []
    return {
        **{name: user.get(name) for name in ("id", "name", "email", "subject", "status")},
        "tenant_id": user.get("tenantId"),
        "groups": [group["name"] for group in groups if isinstance(group, dict) and "name" in group],
    }
