# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: killer
type: aggregate
short_description: Kill ansible-playbook while modules of the chain begin
description:
  - Stop the worker of each tenant when the module begins whose number the tenant's variable C(killed_at_link) is. When
    the last one has stopped, kill them all and ansible-playbook, as nobody can prepare for.
  - E(KILLER_FOLDER) is an empty folder, and E(KILLER_TENANTS) the number of tenants.
"""

import contextlib
import itertools
import os
import pathlib
import signal
import time

from ansible.plugins.callback import CallbackBase

from ansible_collections.tenantops.qlik.plugins.plugin_utils._in_process import InProcessBase

PATIENCE = 60
"""Seconds after which to kill them in any case, if a tenant does not reach its module."""


class CallbackModule(CallbackBase):
    """Counts the modules that the chain of one task runs."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_start(self, playbook):
        """Be there before the workers, which are forks of this process."""
        bare_run_module, controller, numbers = InProcessBase.run_module, os.getpid(), itertools.count(1)

        def run_module(action, module, options, task_vars, in_process):
            if next(numbers) == task_vars["killed_at_link"]:
                _stop_and_kill(controller, task_vars["inventory_hostname"])
            return bare_run_module(action, module, options, task_vars, in_process)

        InProcessBase.run_module = run_module


def _stop_and_kill(controller, tenant):
    folder, count = pathlib.Path(os.environ["KILLER_FOLDER"]), int(os.environ["KILLER_TENANTS"])
    # Under another name until it is complete.
    (folder / f".{tenant}").write_text(str(os.getpid()))
    (folder / f".{tenant}").rename(folder / tenant)
    end = time.monotonic() + PATIENCE
    while len(stopped := [path for path in folder.iterdir() if path.name[0] != "."]) < count:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    os.kill(controller, signal.SIGKILL)
    for path in stopped:
        if path.name != tenant:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
