# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenants of an organization: https://qlik.dev/apis/org-rest/core/tenants/. No HTTP of its own."""

from __future__ import annotations

import fnmatch
import typing as t

from .._errors import OptionError, TenantError
from .._text import host_name, is_host_name
from . import credentials, refusals

if t.TYPE_CHECKING:
    from .api import Tenant

URL = "https://console.qlikcloud.com"
"""The address of the API, which is the same for all organizations."""

PATH = "/api/core/tenants"
ACTIVE = "active"
STATUSES = (ACTIVE, "disabled", "deleted", "deactivated")

FILTERS = {"region": "regionCode", "subscription": "subscriptionId", "status": "status", "name": "name"}
"""The member of a tenant that each filter is about."""

_URL_ADVICE = f"Leave O(url) out: the tenants of all organizations are listed at {URL}."
_CLIENT_ADVICE = (
    "O(client_id) and O(client_secret) must be the ID and the current secret of an OAuth client of the organization,"
    f" which the service account owner creates at {URL}/admin/oauth. Qlik's government clouds have no such list."
)
# Qlik documents client assertions for the clients of a tenant.
_KEY_ADVICE = (
    f"The client must be one of the organization, which the service account owner creates at {URL}/admin/oauth. If it cannot"
    " have a key there, set O(client_secret) instead of the key."
)
_ADVICE_BY_STATUS = {
    400: _CLIENT_ADVICE,
    401: _CLIENT_ADVICE,
    403: f"{_CLIENT_ADVICE} Or the list of tenants may not be enabled for the organization.",
    404: _URL_ADVICE,
    429: "The list would take more than five minutes of waiting: run again later, or set O(cache).",
}
"""Other than for a tenant, Qlik documents the causes: https://qlik.dev/apis/org-rest/get-started/."""


def connection(options: t.Mapping[str, t.Any]) -> credentials.Connection:
    """How to connect to the API of an organization.

    :param options: those for the client and for key stores, ``url``, ``ca_path`` and ``timeout``; None if they are not set.
    :raises QlikError: if options are missing or invalid, or the private key of the client cannot be used.
    """
    if all(options[name] is None for name in credentials.CREDENTIAL_VARIABLES if name != "api_key"):
        raise OptionError(
            "O(client_id) and O(client_secret) are missing: set them to the ID and secret of an OAuth client of the"
            " organization, or set QSCLOUD_ORGANIZATION_CLIENT_ID and QSCLOUD_ORGANIZATION_CLIENT_SECRET in the"
            " environment."
        )
    try:
        url = credentials.tenant_url(options["url"], "O(url)")
    except OptionError:
        raise OptionError(f"O(url) is not https:// and a host name. {_URL_ADVICE}") from None
    return credentials.from_options({**options, "tenant_url": url, "api_key": None, "validate_certs": True}, {})


def tenants(api: Tenant) -> list[dict[str, t.Any]]:
    """All tenants that the organization has, whatever their status, as the API describes them.

    The list is read without a filter, which is valid in both readings of the documentation: it calls the subscription
    required in a filter, and shows a filter without it. Also, all inventories can share a cached list.

    :raises TenantError: if the list cannot be read.
    """
    try:
        return list(api.pages(PATH))
    except TenantError as error:
        # Only tenants have IP policies.
        advice = error.advice.removesuffix(f" {refusals.IP_POLICY}")
        if advice == refusals.REDIRECTED:
            advice = _URL_ADVICE
        elif api.has_client_key and refusals.is_about_credentials(error):
            advice = f"{advice} {_KEY_ADVICE}"
        else:
            advice = _ADVICE_BY_STATUS.get(error.status, advice)
        raise TenantError(error.answer, advice, error.status, error.code) from error


def host_names(tenant: t.Mapping[str, t.Any]) -> list[str]:
    """The host names of a tenant in their only spelling: the first one never changes, and the others are aliases.

    Empty if the first one is none.
    """
    names = tenant.get("hostnames")
    names = [name if isinstance(name, str) else "" for name in names] if isinstance(names, list) else []
    return [host_name(name) for name in names if is_host_name(name)] if is_host_name(next(iter(names), "")) else []


def check_filters(filters: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
    """The patterns of each filter.

    :param filters: for each name in :data:`FILTERS`, a pattern or a list of them.
    :raises OptionError: if a name or value is none.
    """
    checked = {}
    for name, given in filters.items():
        values = given if isinstance(given, list) else [given]
        if name not in FILTERS:
            raise OptionError(f"O(filters) contains '{name}', which is not a filter: use {_listed(FILTERS)}.")
        for value in values or [None]:
            if value in (None, ""):
                raise OptionError(f"O(filters) contains {name} without a value: specify one, or leave {name} out.")
            if not isinstance(value, str):
                raise OptionError(f"O(filters) contains {value} for {name}, which is not text: put it in quotes.")
            if name == "status" and value not in STATUSES:
                raise OptionError(f"O(filters) contains the status '{value}': use {_listed(STATUSES)}.")
        checked[name] = values
    return checked


def matches(tenant: t.Mapping[str, t.Any], filters: t.Mapping[str, list[str]]) -> bool:
    """Whether a tenant matches one pattern of each filter.

    :param filters: as :func:`check_filters` returns them.
    """
    return all(
        any(_is_like(str(tenant.get(FILTERS[name])), pattern) for pattern in patterns)
        for name, patterns in filters.items()
    )


def _is_like(text: str, pattern: str) -> bool:
    """Whether they are the same in lower case: ``*`` stands for any characters and ``?`` for one."""
    return fnmatch.fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def _listed(words: t.Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"
