# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ..modules import qscloud_tenant_jwt
from ..plugin_utils._instructions import instructions
from ..plugin_utils._tenant_action import TenantAction
from ..plugin_utils._terminal import say, say_steps


class ActionModule(TenantAction):
    """Reads the options from variables, runs M(tenantops.qlik.qscloud_tenant_jwt), and prints its steps."""

    MODULE = qscloud_tenant_jwt
    SECRETS = ("token",)

    def say(self, result: dict[str, t.Any], head: str) -> None:
        """Print the steps, and what has to be entered by hand."""
        if "steps" in result:  # not if the task is asynchronous
            say_steps(self._display, result["steps"], head)
        if self._shows_idp(result):
            say(self._display, self._instructions(result))

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options of the task, unless they would harm another tenant of the play."""
        options = super().options(task_vars)
        self.refuse_sharing(options, task_vars)
        self._refuse_absent_tenants(options, task_vars)
        if boolean(options.get("register_idp"), strict=False):
            self.warn_of_shared_api_key(options)
        return options

    def _refuse_absent_tenants(self, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        if options.get("state") != "absent" or boolean(options.get("allow_absent", False), strict=False):
            return
        name, own = self._names["state"], task_vars["inventory_hostname"]

        def is_absent(host: str) -> bool:
            with contextlib.suppress(Exception):  # whatever an expression raises; the task of that host says so
                return task_vars["hostvars"][host].get(name) == "absent"
            return False

        # What is set elsewhere than in the variables of hosts, such as those of the play or the role, is set for all of them.
        is_for_all = name == "state" or not is_absent(own)
        others = (host for host in task_vars["ansible_play_hosts_all"] if host != own)
        other = next((host for host in others if is_for_all or is_absent(host)), None)
        if other:
            raise AnsibleActionFail(
                f"{name} is absent for several hosts of the play, such as {other}: to delete the keys of all of them, set"
                f" {self._names['allow_absent']} to true."
            )

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
