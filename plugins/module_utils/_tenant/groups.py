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


def ensure_auto_create(tenant: Tenant, wanted: bool | None, check_mode: bool) -> tuple[bool, bool]:
    """Set whether the tenant creates the groups that it finds in tokens.

    :param wanted: the desired setting; None to keep the current one.
    :return: the previous and the new setting. In check mode, the predicted one.
    :raises TenantError: if the setting cannot be read or changed.
    """
    before = tenant.get(PATH).get("autoCreateGroups")
    if not isinstance(before, bool):
        raise TenantError(f"{tenant.url} did not return the setting autoCreateGroups.", "Check O(tenant_url).")
    if wanted in (None, before):
        return before, before
    if not check_mode:
        tenant.replace(PATH, "/autoCreateGroups", wanted)
    return before, wanted
