# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ..plugin_utils._instructions import instructions
from ..plugin_utils._terminal import say


class ActionModule(ActionBase):
    """Prints plain text, which only an action plugin can do: Ansible prints a module's result as JSON."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "issuer": {"type": "str", "required": True},
                "key_id": {"type": "str"},
                "certificate": {"type": "str"},
                "public_key": {"type": "str"},
            }
        )
        text = instructions(**options)
        say(self._display, text)
        return {**result, "changed": False, "instructions": text}
