#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_tenant_jwt_info
short_description: Examine the JWT authentication of a Qlik Cloud tenant
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Returns the keys on this side, the identity providers in the tenant, what does not fit, and the steps that
    M(tenantops.qlik.qscloud_tenant_jwt) would take with the same options. Nothing is changed, and nobody logs in.
  - The tenant is examined if there are credentials for it, with two requests.
  - The task fails if M(tenantops.qlik.qscloud_tenant_jwt) would, for example because a private key cannot be read.
  - The playbook C(tenantops.qlik.status) runs this module for all tenants of an inventory.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.chain
  - tenantops.qlik.chain.keys
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.attributes.info
attributes:
  action:
    details:
      - The action plugin reads O(variables), and, with a local connection, runs the module in Ansible's worker process, which
        is much faster.
options: {}
seealso:
  - module: tenantops.qlik.qscloud_tenant_jwt
  - module: tenantops.qlik.qscloud_identity_provider_info
  - module: tenantops.qlik.qscloud_keypair_info
"""

EXAMPLES = r"""
- name: Examine a tenant with the variables of the host, such as tenant_jwt_users
  tenantops.qlik.qscloud_tenant_jwt_info:
    variables: tenant_jwt_
  register: acme

- name: Show what does not fit
  ansible.builtin.debug:
    msg: "{{ acme.findings | map(attribute='text') }}"

- name: Show what a run would change
  ansible.builtin.debug:
    msg: "{{ acme.pending | map(attribute='text') }}"
"""

RETURN = r"""
tenant:
  description: The host name of the tenant.
  returned: success
  type: str
  sample: acme.eu.qlikcloud.com
issuer:
  description: The issuer of the tokens and of the identity provider.
  returned: success
  type: str
  sample: acme.eu.qlikcloud.com
key_directory:
  description: The folder for the keys.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com
examined:
  description: Whether the tenant was examined, for which there must be credentials.
  returned: success
  type: bool
  sample: true
key_pairs:
  description:
    - The key pairs in O(keys) that exist, as they are, with C(private_key_uri) if the private key is in a key store.
    - C(provider) is the identity provider of the key in the tenant, as M(tenantops.qlik.qscloud_tenant_jwt) returns it. Null if
      there is none, or if the tenant was not examined.
  returned: success
  type: list
  elements: dict
  sample:
    - prefix: qsjwt_
      state: current
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      key_size: 4096
      private_key_path: keys/acme.eu.qlikcloud.com/qsjwt_privatekey.pem
      certificate_path: keys/acme.eu.qlikcloud.com/qsjwt_publickey.cer
      not_after: "2027-11-23T21:42:26Z"
      provider:
        id: 6566e0f5d3c5f6b6c8a3b7a1
        active: true
        ours: true
        certificate_not_after: "2027-11-23T21:42:26Z"
        same_certificate: true
providers:
  description:
    - The identity providers of the tenant with O(issuer). C(ours) is whether this collection created it, and C(prefix) belongs
      to the key pair that owns it, or is null.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 6566e0f5d3c5f6b6c8a3b7a1
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      issuer: acme.eu.qlikcloud.com
      description: Managed by Ansible (tenantops.qlik)
      active: true
      ours: true
      certificate_not_after: "2027-11-23T21:42:26Z"
      prefix: qsjwt_
groups:
  description: Whether the tenant creates the groups that it finds in tokens. Null if the tenant was not examined.
  returned: success
  type: bool
  sample: true
findings:
  description: What does not fit, as M(tenantops.qlik.qscloud_tenant_jwt) returns it.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: expiring
      text: The certificate keys/acme.eu.qlikcloud.com/publickey.cer ends at 2026-12-01T12:00:00Z.
      ends: "2026-12-01T12:00:00Z"
pending:
  description:
    - The steps of M(tenantops.qlik.qscloud_tenant_jwt) that would change something, as that module returns them in check mode.
  returned: success
  type: list
  elements: dict
  sample:
    - object: certificate
      action: write
      text: "would write publickey.cer: it expires on 2026-12-01"
      reason: it expires on 2026-12-01
      id: keys/acme.eu.qlikcloud.com/publickey.cer
      changed: true
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module
from ..module_utils._chain import options as chain_options
from ..module_utils._chain import status
from ..module_utils._tenant import credentials

ARGUMENT_SPEC = _argument_specs.CHAIN
MUTUALLY_EXCLUSIVE = [_argument_specs.SIGNING_KEYS]


def examine(module: AnsibleModule, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Examine the tenant."""
    # Ansible knows which options are secret, but does not know the secrets in the environment.
    module.no_log_values |= credentials.secrets(chain_options.connection(module.params), os.environ)
    found, report = status.examine(module.params, os.environ)
    for sentence in report.warnings:
        module.warn(_module.replace_options(sentence, names))
    findings = [{**one._asdict(), "text": _module.replace_options(one.text, names)} for one in found.findings]
    return {"changed": False, **found._asdict(), "findings": findings}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True)
    names = chain_options.names(ARGUMENT_SPEC, module.params["variables"] or "")
    _module.run(module, ["cryptography", "PyJWT"], lambda module: examine(module, names), names)


if __name__ == "__main__":
    main()
