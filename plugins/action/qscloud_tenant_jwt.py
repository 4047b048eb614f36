# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ..modules import qscloud_tenant_jwt
from ..plugin_utils._instructions import instructions
from ..plugin_utils._tenant_action import TenantAction
from ..plugin_utils._terminal import say


class ActionModule(TenantAction):
    """Reads the options from variables, runs M(tenantops.qlik.qscloud_tenant_jwt), and prints its steps."""

    MODULE = qscloud_tenant_jwt
    SECRETS = ("token",)

    def say(self, result: dict[str, t.Any], head: str) -> None:
        """Print the steps, and what has to be entered by hand."""
        super().say(result, head)
        if self._shows_idp(result):
            say(self._display, self._instructions(result))

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options of the task, unless they would harm another tenant of the play."""
        options = super().options(task_vars)
        self.refuse_sharing(options, task_vars)
        self.refuse_absent_tenants(options, task_vars)
        if boolean(options.get("register_idp"), strict=False):
            self.warn_of_shared_api_key(options)
        return options

    def _shows_idp(self, result: dict[str, t.Any]) -> bool:
        wanted = self._options.get("show_idp", "changed")
        if result.get("failed") or not result.get("idp") or wanted == "never":
            return False
        is_registered = boolean(self._options.get("register_idp"), strict=False)
        path = result["key_pairs"] and result["key_pairs"][0]["certificate_path"]
        is_new = any(step["action"] == "write" and step["id"] == path for step in result["steps"])
        return wanted == "always" or is_new and not is_registered and bool(result["idp"]["certificate"])

    def _instructions(self, result: dict[str, t.Any]) -> str:
        path = result["key_pairs"][0]["certificate_path"] if result["key_pairs"] else None
        again = f"To print this again, set {self._names['show_idp']} to always."
        return instructions(**result["idp"], tenant=self._options["tenant"], path=path, again=again)
