#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_group_settings
short_description: Manage whether a Qlik Cloud tenant creates groups from tokens
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Sets whether a Qlik Cloud tenant creates the groups that it finds in tokens. If it does not, the tenant drops them
    and users do not receive the groups in their tokens.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.tenant.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: This action does not write files.
options:
  auto_create_groups:
    description:
      - Whether the tenant should create the groups that it finds in tokens.
      - If not set, the module returns the current setting without changing it, and warns if the tenant drops groups.
    type: bool
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - name: Groups
    description: Qlik Cloud's REST API.
    link: https://qlik.dev/apis/rest/groups/
"""

EXAMPLES = r"""
- name: Let users receive the groups in their tokens
  tenantops.qlik.qscloud_group_settings:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    auto_create_groups: true
"""

RETURN = r"""
auto_create_groups:
  description: Whether the tenant creates the groups that it finds in tokens. In check mode, whether it would.
  returned: success
  type: bool
  sample: true
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module
from ..module_utils._tenant import groups


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the setting into the requested state."""
    tenant = _tenant_module.tenant(module)
    wanted = module.params["auto_create_groups"]
    outcome = groups.ensure_auto_create(tenant, wanted, module.check_mode)
    _module.warn(module, [outcome.warning])
    return {
        "changed": outcome.before != outcome.after,
        "auto_create_groups": outcome.after,
        "diff": _module.diff(
            f"group settings of {tenant.url}",
            {"auto_create_groups": outcome.before},
            {"auto_create_groups": outcome.after},
        ),
        **_tenant_module.waited(tenant),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"auto_create_groups": {"type": "bool"}, **_argument_specs.TENANT}, supports_check_mode=True
    )
    _module.run(module, [], ensure)


if __name__ == "__main__":
    main()
