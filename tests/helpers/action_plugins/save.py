# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Writes a value to a file for the tests: what ``register`` gave, which no output shows if it holds a token."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        pathlib.Path(self._task.args["path"]).write_text(json.dumps(self._task.args["value"], default=str))
        return {"changed": False, "_ansible_no_log": True}
