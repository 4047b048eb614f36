#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_identity_provider_info
short_description: List the JWT identity providers of a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Returns the JWT identity providers of a Qlik Cloud tenant, either all of them or those of one issuer or key id.
  - Identity providers of other kinds (OIDC, SAML) are not returned.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.attributes.info
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.tenant.actiongroup
options:
  issuer:
    description: Only return identity providers with this issuer.
    type: str
  key_id:
    description: Only return identity providers with this key id.
    type: str
seealso:
  - module: tenantops.qlik.qscloud_identity_provider
"""

EXAMPLES = r"""
- name: List the JWT identity providers of a tenant
  tenantops.qlik.qscloud_identity_provider_info:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
  register: tenant

- name: Show the identity providers whose certificates expire within 30 days
  ansible.builtin.debug:
    msg: "{{ item.issuer }} {{ item.key_id }}: {{ item.not_after }}"
  loop: "{{ tenant.identity_providers | rejectattr('not_after', 'none') }}"
  loop_control:
    label: "{{ item.id }}"
  when: (item.not_after | to_datetime('%Y-%m-%dT%H:%M:%SZ') - now(utc=true)).days < 30
"""

RETURN = r"""
identity_providers:
  description: The JWT identity providers that match.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the identity provider.
      type: str
    issuer:
      description: The issuer.
      type: str
    key_id:
      description: The key id.
      type: str
    key_thumbprint:
      description: The RFC 7638 thumbprint of the public key. Null if the key cannot be read.
      type: str
    fingerprint_sha256:
      description: The SHA-256 fingerprint of the certificate. Null if the identity provider holds only a public key.
      type: str
    not_after:
      description: When the certificate expires, in UTC. Null if the identity provider holds only a public key.
      type: str
    pem:
      description: The certificate or public key, as the tenant returns it.
      type: str
    active:
      description: Whether the identity provider is active.
      type: bool
    description:
      description: The description of the identity provider.
      type: str
    clock_tolerance:
      description: The clock tolerance in seconds. Null if the tenant does not return it.
      type: int
    tenant_ids:
      description: The IDs of the tenants that it applies to. Null if the tenant does not return them.
      type: list
      elements: str
  sample:
    - id: 6566e0f5d3c5f6b6c8a3b7a1
      issuer: acme.eu.qlikcloud.com
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      key_thumbprint: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      fingerprint_sha256: null
      not_after: null
      pem: "-----BEGIN PUBLIC KEY-----MIICIjANBgkqhkiG9w0BA...-----END PUBLIC KEY-----"
      active: true
      description: Portal of Acme
      clock_tolerance: 5
      tenant_ids: [qIHIoXwr2ZpJ5JAkJb2SrkvqUYoHZcyN]
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module, _text
from ..module_utils._tenant import identity_providers


def list_providers(module: AnsibleModule) -> dict[str, t.Any]:
    """List the identity providers that match the options."""
    _text.check_options(module.params, ("issuer", "key_id"))
    tenant = _tenant_module.tenant(module)
    found = identity_providers.find(tenant, module.params["issuer"], module.params["key_id"])
    return {
        "changed": False,
        "identity_providers": [identity_providers.describe(provider) for provider in found],
        **_tenant_module.waited(tenant),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "issuer": {"type": "str"},
            "key_id": {"type": "str", "no_log": False},
            **_argument_specs.TENANT,
        },
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], list_providers)


if __name__ == "__main__":
    main()
