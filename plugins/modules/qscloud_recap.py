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
  tenants:
    description: The tenants and their results.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the tenant.
        type: str
        required: true
      failure:
        description: Why the tenant failed. Leave this out if it did not fail.
        type: str
      changed:
        description: Whether anything changed, on the host or in the tenant.
        type: bool
        default: false
      registered:
        description: Whether the run registers the tenant's certificates, so that they need not be entered by hand.
        type: bool
        default: false
      key_pairs:
        description: What M(tenantops.qlik.qscloud_keypair) returned for each of the tenant's key pairs.
        type: list
        elements: dict
        default: []
  expiring_days:
    description: List certificates that expire within this number of days.
    type: int
    default: 30
seealso:
  - module: tenantops.qlik.qscloud_tenant_jwt
"""

EXAMPLES = r"""
- name: Summarize a tenant after the role tenantops.qlik.tenant_jwt
  tenantops.qlik.qscloud_recap:
    tenants:
      - name: acme.eu.qlikcloud.com
        changed: "{{ tenant_jwt_changed | default(false) }}"
        key_pairs: "{{ tenant_jwt_key_pairs | default([]) }}"
"""

RETURN = r"""
changed_tenants:
  description: The tenants that changed, each with the actions taken.
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
      acme.eu.qlikcloud.com: Provide keys, certificates, identity providers and tokens: keys/acme/privatekey.pem is damaged:
      it cannot be read as a private key. Restore it from a backup.
"""
