# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The setting that controls how a tenant handles groups in tokens: https://qlik.dev/apis/rest/groups/."""

from __future__ import annotations

import typing as t

from .._errors import TenantError

if t.TYPE_CHECKING:
    from .api import Tenant

PATH = "/api/v1/groups/settings"


class Outcome(t.NamedTuple):
    """The previous and the new setting (in check mode, the predicted one), and a warning about it, if any."""

    before: bool
    after: bool
    warning: str | None


def read(tenant: Tenant) -> bool:
    """Whether the tenant creates the groups that it finds in tokens.

    :raises TenantError: if the setting cannot be read.
    """
    setting = tenant.get(PATH).get("autoCreateGroups")
    if not isinstance(setting, bool):
        raise TenantError(f"{tenant.url} did not return the setting autoCreateGroups.", "Check O(tenant_url).")
    return setting


def ensure_auto_create(tenant: Tenant, wanted: bool | None, check_mode: bool) -> Outcome:
    """Set whether the tenant creates the groups that it finds in tokens.

    :param wanted: the desired setting; None to keep the current one.
    :raises TenantError: if the setting cannot be read or changed.
    """
    before = read(tenant)
    if wanted in (None, before):
        warning = (
            f"{tenant.url} drops the groups in tokens, so users do not receive them: set O(auto_create_groups) to true if"
            " they should."
        )
        return Outcome(before, before, warning if wanted is None and not before else None)
    if not check_mode:
        tenant.replace(PATH, "/autoCreateGroups", wanted)
    return Outcome(before, wanted, None)
