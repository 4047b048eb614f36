# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Base class of the action plugins that read the options of a tenant from variables."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._files import places
from . import _sharing, _variables
from ._in_process import InProcessAction
from ._terminal import say_failure, say_steps, say_warning


class TenantAction(InProcessAction):
    """Reads the options from variables, adds the defaults that only the controller knows, and runs the module."""

    ALSO_KNOWN: t.ClassVar[tuple[str, ...]] = ()
    """Names after the prefix of variables that have no effect here, but are not misspelt."""

    KIND: t.ClassVar[str] = ""
    """See :func:`_sharing.default_folder`."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        self._options: dict[str, t.Any] = {}
        task_vars = task_vars or {}
        try:
            result = super().run(tmp, task_vars)
            if result.get("failed"):
                result["msg"] = self._names.in_message(result.get("msg", ""), self._options)
        except AnsibleActionFail as error:
            # Ansible asks no condition of the task about an exception.
            result = {"failed": True, "msg": error.message}
        is_alone = len(task_vars.get("ansible_play_hosts_all", ())) < 2
        head = "" if is_alone else f"{self._options.get('tenant', task_vars.get('inventory_hostname'))}: "
        self.say(result, head)
        if result.get("failed") and self._task.failed_when and not self._task.no_log:
            # Ansible shows no failure that this condition does not confirm.
            say_failure(self._display, f"{head}failed: {result['msg']}")
        return result

    def say(self, result: dict[str, t.Any], head: str) -> None:
        """Print what the module did.

        :param head: what to print before each line, so that it can be told from those of other tenants.
        """
        if "steps" in result:  # not if the task is asynchronous
            say_steps(self._display, result["steps"], head)

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options of the task, those from variables, and the defaults."""
        written = self._task.args
        self._names = _variables.Names(written, written.get("variables"), self.MODULE)
        for warning in _variables.misspelt(task_vars, self._names, self.ALSO_KNOWN):
            self._display.warning(warning)
        options = {**_variables.read(self._templar, task_vars, self._names), **written}
        if "users" in options:
            options["users"] = _variables.user_list(options["users"], self._names["users"])
        options.setdefault("tenant", task_vars.get("inventory_hostname"))
        self._choose_folder(options, task_vars)
        self._options = options
        return options

    def refuse_sharing(self, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        """Reject a tenant that shares a key with another one of the play.

        :raises AnsibleActionFail: if it does.
        """
        machine = "" if self._is_local() else self._task.delegate_to or task_vars["inventory_hostname"]
        _sharing.refuse(options, self._names, task_vars, self._loader.get_basedir(), machine, self.KIND)

    def refuse_absent_tenants(self, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        """Reject ``state: absent`` for several hosts of a play, unless it is allowed.

        :raises AnsibleActionFail: if it is not.
        """
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

    def warn_of_shared_api_key(self, options: dict[str, t.Any]) -> None:
        """Warn about an API key that another tenant of the run gets, too."""
        if warning := _sharing.shared_api_key(options, self._names):
            say_warning(self._display, warning)

    def _is_local(self) -> bool:
        return self._connection.transport in ("local", "ansible.builtin.local")

    def _choose_folder(self, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        playbook_folder = self._loader.get_basedir()
        if "key_directory" not in options:
            options["key_directory"] = _sharing.default_folder(
                options, task_vars, playbook_folder, self._is_local(), self.KIND
            )
        elif places.is_in_collection(playbook_folder) and places.is_relative(options["key_directory"]):
            raise AnsibleActionFail(
                f"{self._names['key_directory']} is relative, but the playbook is part of a collection, which an upgrade"
                " replaces together with the keys: start it with /, ~ or the variable inventory_dir."
            )
