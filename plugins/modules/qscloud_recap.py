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
  - Prints what changed in each tenant, what must be entered by hand, which certificates expire soon, what is not as
    declared, and which tenants failed and why. Tenants that have not changed are only counted.
  - The text fits 80 columns. Tenants for which the same is true share a line, which names the first 3 of them. Below each
    heading, there are at most 10 lines, and the number of the tenants that are left out. The return values are complete.
  - The task does not fail if a tenant failed. Fail these tenants in a play of their own, as in the example, so that
    Ansible reports them as failed, and no others.
  - The playbook C(tenantops.qlik.provision) does all of this. The module does not modify state.
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
    description:
      - The name of the variable in which each host of the play has the result of M(tenantops.qlik.qscloud_tenant_jwt). The
        task may have set C(failed_when) to V(false), or C(ignore_errors) and C(ignore_unreachable) to V(true).
      - Hosts without it count as failed.
    type: str
    required: true
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
      failed_when: false
      ignore_errors: true
      ignore_unreachable: true

- name: Summarize the results
  hosts: tenants
  connection: local
  gather_facts: false
  tasks:
    - name: Recap
      tenantops.qlik.qscloud_recap:
        result: provision_result
      register: provision_recap
      run_once: true

- name: Fail the tenants that failed
  hosts: >-
    {{ groups.all | map('extract', hostvars, 'provision_recap') | select('defined') | map(attribute='limit')
    | first | default([], true) }}
  connection: local
  gather_facts: false
  tasks:
    - name: Fail the tenant
      ansible.builtin.fail:
        msg: "{{ provision_recap.tenants[inventory_hostname].msg }}"
"""

RETURN = r"""
tenants:
  description: What happened to each tenant, by the name of its host.
  returned: always
  type: dict
  contains:
    status:
      description: One of V(changed), V(unchanged), V(failed), V(unreachable) and V(skipped). In check mode, V(changed)
        means that the tenant would change.
      type: str
    msg:
      description: Why the tenant failed or could not be reached, or else null.
      type: str
    steps:
      description: The C(steps) of M(tenantops.qlik.qscloud_tenant_jwt) that changed something, and a login that proved it.
        If the tenant failed, these are the steps before the failure.
      type: list
      elements: dict
    findings:
      description: The C(findings) of M(tenantops.qlik.qscloud_tenant_jwt).
      type: list
      elements: dict
  sample:
    acme.eu.qlikcloud.com:
      status: changed
      msg: null
      steps:
        - object: certificate
          action: write
          reason: it was missing
          id: keys/acme.eu.qlikcloud.com/publickey.cer
          changed: true
          text: "wrote publickey.cer: it was missing"
      findings: []
    other.us.qlikcloud.com:
      status: failed
      msg: >-
        keys/other.us.qlikcloud.com/privatekey.pem is damaged: it cannot be read as a private key.
        Restore it from a backup.
      steps: []
      findings: []
failed_tenants:
  description: The names of the tenants that failed or could not be reached, in the order of the inventory.
  returned: always
  type: list
  elements: str
  sample: [other.us.qlikcloud.com]
limit:
  description: The same names as a pattern for C(--limit) or for the C(hosts) of a play. Empty if none failed.
  returned: always
  type: str
  sample: other.us.qlikcloud.com
"""
