# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to the access token of an OAuth client or a user, and to the user whose token it is."""

from __future__ import annotations

import re
import time
import typing as t

from .. import _text
from .._errors import OptionError, TenantError
from .._tokens.claims import iso8601
from . import access_tokens, refusals, session

if t.TYPE_CHECKING:
    from .api import Tenant

FACTS = ("access_token", "expires_in", "expires_at", "scope")
"""The return values about an access token."""

UNPROVEN = (
    "The tenant issued the access token, but does not let it read its own user: the scopes of the token may not allow"
    " that, so add one to O(scope), or set O(verify) to false."
)

_FIELDS = {"user_subject": access_tokens.SUBJECT, "user_id": access_tokens.USER_ID}
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, section 3.3


class Wanted(t.NamedTuple):
    """What to request: the user to impersonate, or None for the client itself; scopes, or None for the default."""

    user: access_tokens.User | None
    scope: str | None


def wanted(options: t.Mapping[str, t.Any]) -> Wanted:
    """What the options ask for.

    :param options: ``user_subject``, ``user_id`` and ``scope``; None if they are not set.
    :raises OptionError: if they are invalid.
    """
    _text.check_options(options, _FIELDS)
    users = [access_tokens.User(_FIELDS[name], options[name]) for name in _FIELDS if options[name] is not None]
    scopes = options["scope"]
    if scopes is not None:
        if not scopes:
            raise OptionError("O(scope) is an empty list: list the scopes, or leave the option out.")
        if not all(_SCOPE.fullmatch(scope) for scope in scopes):
            # Without the item, which may be a secret in the wrong option.
            raise OptionError(
                "An item of O(scope) is not a scope, because it is empty, or contains a blank or another character that"
                " no scope has: make each scope an item of the list."
            )
    return Wanted(users[0] if users else None, " ".join(scopes) if scopes else None)


def issue(tenant: Tenant, request: Wanted, verify: bool) -> dict[str, t.Any]:
    """Request an access token, and return :data:`FACTS`; with ``verify`` also the ``user`` whose token it is.

    :raises QlikError: if the tenant refuses, or the token is another user's.
    """
    now = int(time.time())
    token = tenant.request_access_token(request.user, request.scope)
    facts = {
        "access_token": token.text,
        "expires_in": token.expires_in,
        "expires_at": None if token.expires_in is None else iso8601(now + token.expires_in),
        "scope": token.scopes,
    }
    return {**facts, "user": _user(tenant, token, request.user)} if verify else facts


def _user(tenant: Tenant, token: access_tokens.AccessToken, asked: access_tokens.User | None) -> dict[str, t.Any]:
    try:
        user = session.describe(tenant.get_user(token.text))
    except TenantError as error:
        if not refusals.is_about_credentials(error):
            raise
        raise TenantError(error.answer, UNPROVEN, error.status, error.code) from error
    if asked and asked.value != user["subject" if asked.field == access_tokens.SUBJECT else "id"]:
        option = next(name for name, field in _FIELDS.items() if field == asked.field)
        raise TenantError(
            f"The tenant issued an access token for another user than the one in O({option}): its subject is"
            f" {user['subject']}, and its id {user['id']}.",
            f"Check O({option}).",
        )
    return user
