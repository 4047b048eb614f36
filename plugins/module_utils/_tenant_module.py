# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""What the modules that speak to a tenant share: their options, and the tenant that these name."""

from __future__ import annotations

import os
import typing as t

from ._tenant import api as _tenant
from ._tenant import credentials as _connection

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

OPTIONS: dict[str, dict[str, t.Any]] = {
    "tenant_url": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
}
"""Those of the documentation fragment ``tenant``."""


def tenant(module: AnsibleModule, needs_credentials: bool = True) -> _tenant.Tenant:
    """The tenant that the options and the environment name.

    :raises OptionError: if they do not.
    """
    # Ansible knows the secrets among the options, but not those of the environment.
    module.no_log_values |= _connection.secrets(module.params, os.environ)
    return _tenant.Tenant(_connection.read(module.params, os.environ, needs_credentials))


def waited(speaking_to: _tenant.Tenant) -> dict[str, int]:
    """What modules return about waiting: nothing, if there was none."""
    return {"rate_limit_wait": round(speaking_to.waited)} if speaking_to.waited else {}
