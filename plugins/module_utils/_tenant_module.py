# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that speak to a tenant share: the tenant that their options name, and what they say about waiting."""

from __future__ import annotations

import os
import typing as t

from ._tenant import credentials
from ._tenant.api import Tenant

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def tenant(module: AnsibleModule, needs_credentials: bool = True) -> Tenant:
    """The tenant that the options and the environment name.

    :raises OptionError: if they do not.
    """
    # Ansible knows the secrets among the options, but not those of the environment.
    module.no_log_values |= credentials.secrets(module.params, os.environ)
    return Tenant(credentials.from_options(module.params, os.environ, needs_credentials))


def waited(speaking_to: Tenant) -> dict[str, int]:
    """What modules return about waiting: nothing, if there was none."""
    return {"rate_limit_wait": round(speaking_to.waited)} if speaking_to.waited else {}
