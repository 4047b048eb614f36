# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import sys
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ..module_utils._errors import QlikError, replace_options
from ..plugin_utils import _recap, _variables
from ..plugin_utils._report import data, files, terminal
from ..plugin_utils._terminal import say, say_warning

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "result": {"type": "str"},
    "html": {"type": "path"},
    "csv": {"type": "path"},
    "prometheus": {"type": "path"},
    "fail_on": {"type": "list", "elements": "str", "default": ["failed"]},
    "check_only": {"type": "bool", "default": False},
    "variables": {"type": "str"},
}

MUTUALLY_EXCLUSIVE: list[list[str]] = []
"""None are. What gives the options the names of variables asks for this."""

WRITTEN_ONLY = ("check_only", "result")
"""Options that are never read from a variable: the name that ``result`` gives may well begin with the prefix."""

OF_THE_PLAYBOOK = ("batch", "group")
"""What the playbook C(tenantops.qlik.status) reads after the prefix of its variables."""


class ActionModule(ActionBase):
    """Prints and writes the status of all tenants of the play, or checks beforehand whether it could."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = {**super().run(tmp, task_vars), "changed": False}
        names, options = self._options(task_vars)
        problem = ""
        try:
            files.check_words(options["fail_on"])
            if options["check_only"]:
                files.paths(options, self._loader.get_basedir())
                self._warn_of_misspelt(task_vars, names)
            else:
                result |= self._report(task_vars, options)
        except QlikError as error:
            problem = replace_options(error.message, names.by_option)
        if problem:
            # Not an exception: Ansible before 2.19 would say that one occurred.
            return {**result, "failed": True, "msg": problem}
        if result.get("reasons"):
            failure = _failure(result, options["fail_on"], len(task_vars["ansible_play_hosts_all"]))
            result |= {"failed": True, "msg": f"{names['fail_on']} applies to {failure}: see the status above."}
        return result

    def _options(self, task_vars: dict[str, t.Any]) -> tuple[_variables.Names, dict[str, t.Any]]:
        written = self._task.args
        names = _variables.Names(
            {**dict.fromkeys(WRITTEN_ONLY), **written}, written.get("variables"), sys.modules[__name__]
        )
        options = {**_variables.read(self._templar, task_vars, names), **written}
        validated = ArgumentSpecValidator(ARGUMENT_SPEC).validate(options)
        if validated.error_messages:
            raise AnsibleActionFail(names.in_message(validated.error_messages[0], options))
        options = validated.validated_parameters
        options["fail_on"] = [word.strip() for word in options["fail_on"]]
        if not options["check_only"] and options["result"] is None:
            raise AnsibleActionFail("result is missing: set it to the name of the variable with the results.")
        return names, options

    def _warn_of_misspelt(self, task_vars: t.Iterable[str], names: _variables.Names) -> None:
        known = {f"{names.prefix}{name}" for name in OF_THE_PLAYBOOK}
        for warning in _variables.misspelt([name for name in task_vars if name not in known], names):
            say_warning(self._display, warning)

    def _report(self, task_vars: dict[str, t.Any], options: dict[str, t.Any]) -> dict[str, t.Any]:
        hostvars = task_vars["hostvars"]
        results = {host: hostvars[host].get(options["result"]) for host in task_vars["ansible_play_hosts_all"]}
        tenants = data.read(results)
        # Print the text directly: callbacks that show only changes and failures would hide it in the result.
        # And do so first, because a file may have become one that cannot be written.
        say(self._display, terminal.text(tenants))
        wanted = files.paths(options, self._loader.get_basedir())
        if not self._task.check_mode:
            files.write(wanted, tenants, datetime.datetime.now(datetime.timezone.utc))
        by_word = {word: [one.host for one in tenants if word in one.words] for word in data.WORDS}
        matching = {one.host: [word for word in one.words if word in options["fail_on"]] for one in tenants}
        reasons = {host: ", ".join(words) for host, words in matching.items() if words}
        return {
            "counts": data.count(tenants),
            "tenants": {word: hosts for word, hosts in by_word.items() if hosts},
            "reasons": reasons,
            "limit": _recap.limit(reasons),
        }


def _failure(report: t.Mapping[str, t.Any], fail_on: t.Container[str], number: int) -> str:
    """To how many tenants the words apply on which the task fails."""
    counts = ", ".join(f"{len(hosts)} {word}" for word, hosts in report["tenants"].items() if word in fail_on)
    return f"{len(report['reasons'])} of {'1 tenant' if number == 1 else f'{number} tenants'} ({counts})"
