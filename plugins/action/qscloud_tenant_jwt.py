# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._files import places
from ..module_utils._text import host_name
from ..modules import qscloud_tenant_jwt
from ..plugin_utils import _sharing, _variables
from ..plugin_utils._in_process import InProcessAction
from ..plugin_utils._instructions import instructions
from ..plugin_utils._terminal import say, say_steps


class ActionModule(InProcessAction):
    """Reads the options from variables, runs M(tenantops.qlik.qscloud_tenant_jwt), and prints its steps."""

    MODULE = qscloud_tenant_jwt
    SECRETS = ("token",)

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        if result.get("failed"):
            result["msg"] = self._names.in_message(result.get("msg", ""), self._options)
        if "steps" in result:  # not if the task is asynchronous
            is_alone = len((task_vars or {}).get("ansible_play_hosts_all", ())) < 2
            say_steps(self._display, result["steps"], "" if is_alone else f"{self._options['tenant']}: ")
        if self._shows_idp(result):
            say(self._display, self._instructions(result))
        return result

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options of the task, those from variables, and the defaults that only the controller knows."""
        written = self._task.args
        self._names = _variables.Names(written, written.get("variables"), qscloud_tenant_jwt)
        for warning in _variables.misspelt(task_vars, self._names):
            self._display.warning(warning)
        options = {**_variables.read(self._templar, task_vars, self._names), **written}
        if "users" in options:
            options["users"] = _variables.user_list(options["users"], self._names["users"])
        options.setdefault("tenant", task_vars.get("inventory_hostname"))
        self._choose_folder(options)
        self._options = options
        is_local = self._connection.transport in ("local", "ansible.builtin.local")
        machine = "" if is_local else self._task.delegate_to or task_vars["inventory_hostname"]
        _sharing.refuse(options, self._names, task_vars, self._loader.get_basedir(), machine)
        return options

    def _choose_folder(self, options: dict[str, t.Any]) -> None:
        playbook_folder = self._loader.get_basedir()
        if "key_directory" not in options:
            options["key_directory"] = places.default_keys(playbook_folder, host_name(str(options["tenant"])))
        elif places.is_in_collection(playbook_folder) and places.is_relative(options["key_directory"]):
            raise AnsibleActionFail(
                f"{self._names['key_directory']} is relative, but the playbook is part of a collection, which an upgrade"
                " replaces together with the keys: start it with /, ~ or the variable inventory_dir."
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
