# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: killer
type: aggregate
short_description: Kill ansible-playbook when a module of the chain begins
description:
  - Kill ansible-playbook and its worker, as nobody can prepare for, when the module begins whose number E(KILLED_AT_LINK) is.
"""

import itertools
import os
import signal

from ansible.plugins.callback import CallbackBase

from ansible_collections.tenantops.qlik.plugins.plugin_utils import _links


class CallbackModule(CallbackBase):
    """Counts the modules that the chain of one task runs."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_start(self, playbook):
        """Be there before the workers, which are forks of this process."""
        bare_run, controller, numbers = _links.Links.run, os.getpid(), itertools.count(1)

        def run(links, module, **options):
            if str(next(numbers)) == os.environ.get("KILLED_AT_LINK"):
                os.kill(controller, signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
            return bare_run(links, module, **options)

        _links.Links.run = run
