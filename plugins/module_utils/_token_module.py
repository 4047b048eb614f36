# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code shared by the modules that sign a token, which differ in their options and in what the token is for."""

from __future__ import annotations

import functools
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from . import _module
from ._argument_specs import SIGNING_KEYS
from ._tokens import keep

if t.TYPE_CHECKING:
    from ._tokens.claims import Profile


def run(argument_spec: dict[str, dict[str, t.Any]], profile: Profile) -> t.NoReturn:
    """Run a module that signs a token, or reuses the one in a file.

    :param argument_spec: with the options of the profile, and those for the private key and the file.
    """
    module = AnsibleModule(
        argument_spec=argument_spec,
        mutually_exclusive=[SIGNING_KEYS],
        required_one_of=[SIGNING_KEYS],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography", "PyJWT"], functools.partial(_issue, profile))


def _issue(profile: Profile, module: AnsibleModule) -> dict[str, t.Any]:
    outcome = keep.issue(
        module.params,
        int(time.time()),
        module.check_mode,
        accept=lambda facts: _module.refuse_masked(module, facts),
        profile=profile,
    )
    _module.warn(module, outcome.warnings)
    return {
        "changed": outcome.changed,
        "reused": outcome.reused,
        "diff": _module.diff(module.params["path"], outcome.before, outcome.after),
        **outcome.facts,
    }
