# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import sys
import time
import types
import warnings

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.tenantops.qlik.plugins.plugin_utils._in_process import InProcessAction


def main():
    """A module that does what modules had better not do."""
    module = AnsibleModule(argument_spec={"how": {"required": True}}, supports_check_mode=True)
    how = module.params["how"]
    if how == "exception":
        raise RuntimeError("it broke")
    if how == "exit":
        sys.exit(3)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hangs":
        time.sleep(60)
    if how == "stderr":
        warnings.warn("a library complains", stacklevel=1)
        print("a library complains", file=sys.stderr)
    if how == "warns":
        module.warn("a warning of the module")
        module.deprecate("an option goes away", version="9.0.0", collection_name="tenantops.qlik")
    if how == "no result":
        return
    module.exit_json(how=how, seen=json.loads(json.dumps(module.params)))


class ActionModule(InProcessAction):
    """Runs it as a module of the collection."""

    MODULE = types.SimpleNamespace(__name__="misbehave", main=main)
