# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Returns the result that a file of JSON has for this host; none of its tasks really runs."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        results = json.loads(pathlib.Path(self._task.args["path"]).read_text(encoding="utf-8"))
        return results[task_vars["inventory_hostname"]]
