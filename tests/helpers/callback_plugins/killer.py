# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: killer
type: aggregate
short_description: Kill ansible-playbook while steps of the chain begin
description:
  - Stop the worker of each tenant when the step begins whose number the tenant's variable C(killed_at_step) is. When the
    last one has stopped, kill them all and ansible-playbook, as nobody can prepare for.
  - E(KILLER_FOLDER) is an empty folder, and E(KILLER_TENANTS) the number of tenants.
"""

import contextlib
import functools
import itertools
import os
import pathlib
import signal
import time

from ansible.plugins.callback import CallbackBase

from ansible_collections.tenantops.qlik.plugins.module_utils._chain import run, tokens
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pair, removal
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import groups, identity_providers, session
from ansible_collections.tenantops.qlik.plugins.plugin_utils._in_process import InProcessAction

STEPS = (
    (pair, "ensure_present"),
    (tokens, "sign_all"),
    (identity_providers, "ensure_present"),
    (groups, "ensure_auto_create"),
    (session, "log_in"),
    (identity_providers, "ensure_absent"),
    (removal, "ensure_absent"),
    (run, "Outcome"),
)
"""What the chain calls for its steps, in their order. It calls some for each key, and the last one when all is done."""

PATIENCE = 60
"""Seconds after which to kill them in any case, if a tenant does not reach its step."""


class CallbackModule(CallbackBase):
    """Counts the steps that the chain of one tenant takes."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_start(self, playbook):
        """Be there before the workers, which are forks of this process."""
        controller, bare_run = os.getpid(), InProcessAction.run
        numbers, variables = itertools.count(1), {}

        def run_action(action, tmp=None, task_vars=None):
            variables.update(task_vars)
            return bare_run(action, tmp, task_vars)

        def counted(bare, *arguments, **keywords):
            if next(numbers) == variables["killed_at_step"]:
                _stop_and_kill(controller, variables["inventory_hostname"])
            return bare(*arguments, **keywords)

        InProcessAction.run = run_action
        for owner, name in STEPS:
            setattr(owner, name, functools.partial(counted, getattr(owner, name)))


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
