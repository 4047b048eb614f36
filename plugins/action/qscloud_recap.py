# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible import constants as C
from ansible.plugins.action import ActionBase

from ..plugin_utils import _recap
from ..plugin_utils._terminal import say


class ActionModule(ActionBase):
    """Prints a summary of a run over many tenants."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(argument_spec={"result": {"type": "str", "required": True}})
        hostvars = task_vars["hostvars"]
        results = {host: hostvars[host].get(options["result"]) for host in task_vars["ansible_play_hosts_all"]}
        tenants = {name: _recap.outcome(one) for name, one in results.items()}
        # Print the text directly: callbacks that show only changes and failures would hide it in the result.
        say(self._display, _recap.text(tenants, self._task.check_mode, C.RETRY_FILES_ENABLED))
        failed = _recap.failed(tenants)
        return {
            **result,
            "changed": False,
            "tenants": tenants,
            "failed_tenants": failed,
            "limit": _recap.limit(failed),
        }
