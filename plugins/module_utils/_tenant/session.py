# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange a token for a session: https://qlik.dev/authenticate/jwt/implement-jwt-authorization/."""

from __future__ import annotations

import typing as t

from .._errors import NoAnswerError, TenantError
from .._tokens import compact
from .._tokens.claims import broken_rules, time_problems
from .api import UNKNOWN_HOST_CODE

if t.TYPE_CHECKING:
    from .api import Tenant

CSRF_COOKIE = "_csrfToken"
NOT_A_TOKEN = ": specify a token returned by the module qscloud_jwt."


class Session(t.NamedTuple):
    """The user who logged in, and the credentials of the session."""

    user: dict[str, t.Any]
    cookies: dict[str, str]
    csrf_token: str | None


def log_in(tenant: Tenant, token: str, now: int) -> Session:
    """Log in with a token, which uses it up.

    :param now: seconds since 1970.
    :raises TokenError: if it is not a JWT.
    :raises TenantError: if the tenant rejects it.
    """
    claims = compact.parse(token.encode(errors="replace"), "O(token)", NOT_A_TOKEN).claims
    try:
        user = tenant.log_in(token)
    except NoAnswerError as error:
        raise TenantError(
            error.answer,
            "The token may be used up and is not sent again: sign a new token and run again.",
            error.status,
        ) from error
    except TenantError as error:
        if error.status not in (400, 401, 403):
            raise
        raise TenantError(error.answer, _advice(claims, now, error), error.status, error.code) from error
    cookies = {cookie.name: cookie.value or "" for cookie in tenant.cookies}
    return Session(_describe(user), cookies, cookies.get(CSRF_COOKIE))


def _advice(claims: dict[str, t.Any], now: int, error: TenantError) -> str:
    """What to do, based on the claims. The response is not used, because Qlik does not document it."""
    if error.code == UNKNOWN_HOST_CODE:
        return error.advice
    mistakes = [*broken_rules(claims), *time_problems(claims, now)]
    return " ".join(mistakes) or (
        "The claims of the token are valid. It may have been used before, because each token is valid for one login:"
        " sign a new one. Or the tenant has no active identity provider with the issuer, key id and public key of this"
        " token, or created it only a moment ago."
    )


def _describe(user: dict[str, t.Any]) -> dict[str, t.Any]:
    groups = user.get("assignedGroups")
    groups = groups if isinstance(groups, list) else []
    return {
        **{name: user.get(name) for name in ("id", "name", "email", "subject", "status")},
        "tenant_id": user.get("tenantId"),
        "groups": [group["name"] for group in groups if isinstance(group, dict) and "name" in group],
    }
