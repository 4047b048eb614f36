#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_oauth_client_info
short_description: List the OAuth clients of a Qlik Cloud tenant
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Returns the OAuth clients of a Qlik Cloud tenant with their settings and public keys, either all of them or those
    of one name or ID. Secrets are not returned.
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
  name:
    description: Only return clients with this name.
    type: str
  id:
    description: Only return the client with this ID. The client that the task authenticates with is O(client_id).
    type: str
seealso:
  - module: tenantops.qlik.qscloud_oauth_client
"""

EXAMPLES = r"""
- name: List the OAuth clients of a tenant
  tenantops.qlik.qscloud_oauth_client_info:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
  register: tenant

- name: Show the clients that may still authenticate with a secret
  ansible.builtin.debug:
    msg: "{{ item.name }} ({{ item.id }})"
  loop: "{{ tenant.oauth_clients }}"
  loop_control:
    label: "{{ item.id }}"
  when: "'client_secret' in item.auth_methods"
"""

RETURN = r"""
oauth_clients:
  description: The OAuth clients that match.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the client, which is the C(client_id) to authenticate with.
      type: str
    name:
      description: The name of the client.
      type: str
    app_type:
      description: The type of the application.
      type: str
    description:
      description: The description of the client.
      type: str
    scopes:
      description: The scopes that the client may request.
      type: list
      elements: str
    grant_types:
      description: How the client may request access tokens.
      type: list
      elements: str
    allowed_origins:
      description: The origins from which browsers may use the client.
      type: list
      elements: str
    redirect_uris:
      description: The URIs to which users may be redirected after a login.
      type: list
      elements: str
    auth_methods:
      description: How the client may authenticate.
      type: list
      elements: str
    consent_method:
      description: Whether users have to consent to the client. Null if the tenant does not return it.
      type: str
    keys:
      description: The public keys of the client.
      type: list
      elements: dict
      contains:
        key_id:
          description: The key id (C(kid)). Null in check mode if the key does not exist yet.
          type: str
        key_thumbprint:
          description: The RFC 7638 thumbprint of the public key. Null if it is not an RSA key that can be read.
          type: str
  sample:
    - id: b3ee66d6f21d1611efa89a425f656f6f
      name: Provisioning
      app_type: web
      description: Managed by Ansible (tenantops.qlik)
      scopes: [admin_classic, user_default]
      grant_types: [client_credentials]
      allowed_origins: []
      redirect_uris: []
      auth_methods: [private_key_jwt]
      consent_method: required
      keys:
        - key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
          key_thumbprint: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module, _text
from ..module_utils._tenant import oauth_clients


def list_clients(module: AnsibleModule) -> dict[str, t.Any]:
    """List the OAuth clients that match the options."""
    name, client_id = module.params["name"], module.params["id"]
    _text.check_options(module.params, ("name", "id"))
    tenant = _tenant_module.tenant(module)
    if client_id is None:
        found = oauth_clients.find_all(tenant)
    else:
        found = filter(None, [oauth_clients.find_by_id(tenant, client_id)])
    return {
        "changed": False,
        "oauth_clients": [oauth_clients.describe(one) for one in found if name in (None, one.get("clientName"))],
        **_tenant_module.waited(tenant),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"name": {"type": "str"}, "id": {"type": "str"}, **_argument_specs.TENANT},
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], list_clients)


if __name__ == "__main__":
    main()
