# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: killer
type: aggregate
short_description: Kill ansible-playbook when a task begins
description:
  - Kill ansible-playbook, as nobody can prepare for, when the task begins whose number E(KILLED_AT_TASK) is.
"""

import os
import signal

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Counts tasks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    tasks = 0

    def v2_playbook_on_task_start(self, task, is_conditional):
        """A task begins."""
        self.tasks += 1
        if self.tasks == int(os.environ["KILLED_AT_TASK"]):
            os.kill(os.getpid(), signal.SIGKILL)
