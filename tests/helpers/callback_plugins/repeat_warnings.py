# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: repeat_warnings
type: aggregate
short_description: Print a warning for each task that gives it
description:
  - Ansible prints a warning only once. This makes it print the warning again for the next task, so that tests that share
    a run see what they would see in a run of their own.
"""

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Forgets at the start of each task which warnings have been printed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "repeat_warnings"

    def v2_playbook_on_task_start(self, task, is_conditional):
        """Be there before the task's worker."""
        self._display._warns.clear()
        self._display._deprecations.clear()
