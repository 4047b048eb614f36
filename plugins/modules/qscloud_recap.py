#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_recap
short_description: Print a summary of a run over many Qlik Cloud tenants
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Prints which tenants changed, which ones failed and why, which new certificates must be entered by hand, and which
    certificates expire soon. The task fails if a tenant failed, so that the run ends with a non-zero exit code.
  - The playbook C(tenantops.qlik.provision) ends with this module. The module does not modify state.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: This action does not write files.
  action:
    support: full
  async:
    support: none
options:
  result:
    description: The name of the variable in which each host of the play has the result of
      M(tenantops.qlik.qscloud_tenant_jwt). Hosts without it count as failed.
    type: str
    required: true
  expiring_days:
    description: List certificates that expire within this number of days.
    type: int
    default: 30
seealso:
  - module: tenantops.qlik.qscloud_tenant_jwt
"""

EXAMPLES = r"""
- name: Provision each tenant
  hosts: tenants
  connection: local
  gather_facts: false
  tasks:
    - name: Provision the tenant
      tenantops.qlik.qscloud_tenant_jwt:
        variables: tenant_jwt_
        sign_tokens: false
      register: provision_result
      ignore_errors: true

- name: Summarize the results
  hosts: tenants
  connection: local
  gather_facts: false
  tasks:
    - name: Recap
      tenantops.qlik.qscloud_recap:
        result: provision_result
      run_once: true
"""

RETURN = r"""
changed_tenants:
  description: The tenants that changed, each with the steps that changed something.
  returned: always
  type: list
  elements: str
  sample: ["acme.eu.qlikcloud.com: wrote publickey.cer: it expires on 2026-12-01"]
certificates_to_enter:
  description: The new certificates that must be entered by hand.
  returned: always
  type: list
  elements: str
  sample: ["acme.eu.qlikcloud.com: key id rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc, keys/acme/publickey.cer"]
certificates_expiring_soon:
  description: The certificates that expire soon.
  returned: always
  type: list
  elements: str
  sample: ["acme.eu.qlikcloud.com: keys/acme/publickey.cer, 2026-12-01T08:00:00Z"]
failed_tenants:
  description: The tenants that failed, each with the reason.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      acme.eu.qlikcloud.com: keys/acme/privatekey.pem is damaged:
      it cannot be read as a private key. Restore it from a backup.
"""
