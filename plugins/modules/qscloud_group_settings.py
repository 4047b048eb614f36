#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_group_settings
short_description: Let the groups of tokens reach the users of a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Sets whether a Qlik Cloud tenant creates groups that it meets in tokens. If it does not, it drops the groups of a token.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.tenant
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
    details: It writes no files.
  action:
    support: full
    details: With a local connection the module runs inside Ansible's own process, which is much faster.
  async:
    support: full
options:
  auto_create_groups:
    description:
      - Whether the tenant is to create the groups that it meets in tokens.
      - If it is not given, nothing is changed, and the present setting is returned, with a warning if groups are
        dropped.
    type: bool
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - name: Groups
    description: Qlik Cloud's REST API.
    link: https://qlik.dev/apis/rest/groups/
"""

EXAMPLES = r"""
- name: Let the groups of tokens reach the users
  tenantops.qlik.qscloud_group_settings:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    auto_create_groups: true
"""

RETURN = r"""
auto_create_groups:
  description: Whether the tenant creates the groups that it meets in tokens; in check mode, whether it would.
  returned: success
  type: bool
  sample: true
rate_limit_wait:
  description: For how many seconds the task has waited since the tenant's rate limit was reached.
  returned: if it has waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module
from ..module_utils._tenant import groups


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the setting into the state that the option asks for."""
    tenant = _tenant_module.tenant(module)
    wanted = module.params["auto_create_groups"]
    before, after = groups.ensure_auto_create(tenant, wanted, module.check_mode)
    if wanted is None and not after:
        module.warn(
            f"{tenant.url} drops the groups of tokens, so that they do not reach the users: set auto_create_groups to"
            " true if they should."
        )
    return {
        "changed": before != after,
        "auto_create_groups": after,
        "diff": {"before": {"auto_create_groups": before}, "after": {"auto_create_groups": after}},
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
