#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_recap
short_description: Print what came of a run over many Qlik Cloud tenants
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Prints which tenants have changed, which have failed and why, which certificates are new and have to be entered by hand,
    and which expire soon. It fails if a tenant has failed, so that the run has an exit code that is not zero.
  - The playbook C(tenantops.qlik.provision) ends with it. It changes nothing.
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
    details: Touches no file.
  action:
    support: full
  async:
    support: none
options:
  tenants:
    description: The tenants, and what came of them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the tenant is called.
        type: str
        required: true
      failure:
        description: Why it failed. If this is not given, it did not.
        type: str
      changed:
        description: Whether something has changed, here or in the tenant.
        type: bool
        default: false
      registered:
        description: Whether its certificates are registered by the run, so that nobody has to enter them.
        type: bool
        default: false
      key_pairs:
        description: What M(tenantops.qlik.qscloud_keypair) has returned about its key pairs.
        type: list
        elements: dict
        default: []
  expiring_days:
    description: A certificate that expires within so many days is listed.
    type: int
    default: 30
seealso:
  - module: tenantops.qlik.qscloud_tenant_jwt
"""

EXAMPLES = r"""
- name: Say what came of a tenant, after the role tenantops.qlik.tenant_jwt
  tenantops.qlik.qscloud_recap:
    tenants:
      - name: acme.eu.qlikcloud.com
        changed: "{{ tenant_jwt_changed | default(false) }}"
        key_pairs: "{{ tenant_jwt_key_pairs | default([]) }}"
"""

RETURN = r"""
changed_tenants:
  description: The tenants that have changed, each with what was done.
  returned: always
  type: list
  elements: str
  sample: ["acme.eu.qlikcloud.com: wrote publickey.cer: it expires on 2026-12-01"]
certificates_to_enter:
  description: The new certificates that have to be entered by hand.
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
  description: The tenants that have failed, each with the reason.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      acme.eu.qlikcloud.com: Provide keys, certificates, identity providers and tokens: keys/acme/privatekey.pem is damaged:
      it cannot be read as a private key. Restore it from a backup.
"""
