# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code shared by the modules that connect to a tenant: options to tenant, and the reported waiting time."""

from __future__ import annotations

import os
import typing as t

from . import _module
from ._tenant import credentials
from ._tenant.api import Tenant

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def tenant(module: AnsibleModule, needs_credentials: bool = True) -> Tenant:
    """The tenant that the options and the environment specify.

    :raises OptionError: if they do not specify one, or are invalid.
    """
    # Ansible knows which options are secret, but does not know the secrets in the environment.
    module.no_log_values |= credentials.secrets(module.params, os.environ)
    if needs_credentials and credentials.have_key(module.params, os.environ):
        _module.require(module, ["cryptography", "PyJWT"])
    connection = credentials.from_options(module.params, os.environ, needs_credentials)
    _module.warn(module, connection.warnings)
    return Tenant(connection)


def waited(connected: Tenant) -> dict[str, int]:
    """The return value about waiting for the rate limit; empty if the module did not wait."""
    return {"rate_limit_wait": round(connected.waited)} if connected.waited else {}
