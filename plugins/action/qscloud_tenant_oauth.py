# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..module_utils._chain.oauth.options import FOLDER
from ..modules import qscloud_tenant_oauth
from ..plugin_utils._tenant_action import TenantAction


class ActionModule(TenantAction):
    """Reads the options from variables, runs M(tenantops.qlik.qscloud_tenant_oauth), and prints its steps."""

    MODULE = qscloud_tenant_oauth
    SECRETS = ("access_token",)
    KIND = FOLDER

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options of the task, unless they would harm another tenant of the play."""
        options = super().options(task_vars)
        self.refuse_sharing(options, task_vars)
        self.refuse_absent_tenants(options, task_vars)
        self.warn_of_shared_api_key(options)
        return options
