# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import urllib.error

from ansible.module_utils.urls import open_url
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Sends a request, to look at a simulated tenant between two tasks of the collection."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        try:
            answer = open_url(**self._task.args, use_proxy=False, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        return {"changed": False, "status": answer.code, "json": json.loads(answer.read() or "null")}
