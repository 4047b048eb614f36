#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_access_token
short_description: Request an OAuth access token from a Qlik Cloud tenant
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Requests an access token for an OAuth client, either for the client itself or for a user whom it impersonates. The
    client proves itself with a private key or with its secret.
  - Applications send the token in the C(Authorization) header of their requests to the tenant. Unlike a token signed by
    M(tenantops.qlik.qscloud_jwt), it is valid for many requests, until it expires.
  - 'The result contains the token. It is hidden from all output, as with C(no_log: true), unless the task fails.
    C(register) works as usual.'
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.access_token
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.tenant.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - If the private key does not exist yet, the module warns and returns null values.
      - Otherwise, the module requests an access token in check mode, too.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each run requests a new token, and reports no change, because nothing in the tenant is configured.
  safe_file_operations:
    support: full
    details: This action does not write files.
  async:
    details:
      - Ansible writes the result, including the token, to the async job file, which remains until it is cleaned up.
        Its output is hidden, also if the task fails.
options:
  api_key:
    description: Not accepted by this module, because an access token is for an OAuth client.
    type: str
  verify:
    description:
      - Whether to ask the tenant whose token it is, and return the user. The task fails if the token is not for the
        user in O(user_subject) or O(user_id).
      - The scopes of the token may have to allow that.
    type: bool
    default: false
seealso:
  - plugin: tenantops.qlik.qscloud_access_token
    plugin_type: lookup
  - module: tenantops.qlik.qscloud_jwt
  - name: Authenticate with Private Key JWT
    description: How a client proves itself with a private key.
    link: https://qlik.dev/authenticate/oauth/oauth-private-key-jwt/
  - name: Retrieve and use OAuth impersonation tokens
    description: When to impersonate users, and how.
    link: https://qlik.dev/authenticate/oauth/implement-oauth-impersonation/
"""

EXAMPLES = r"""
- name: Request an access token for the client itself, and check who that is
  tenantops.qlik.qscloud_access_token:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: 0f8fad5bd9cb469fa16570867728950e
    client_private_key_path: privatekey.pem
    verify: true
  register: machine

- name: Use the token
  ansible.builtin.uri:
    url: https://acme.eu.qlikcloud.com/api/v1/users/me
    headers:
      Authorization: "Bearer {{ machine.access_token }}"
  no_log: true

- name: Request an access token for a user, with no more scopes than an embedded app needs
  tenantops.qlik.qscloud_access_token:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: 0f8fad5bd9cb469fa16570867728950e
    client_private_key_path: privatekey.pem
    user_subject: auth0|anna
    scope: [user_default]
  register: anna

- name: Request an access token for a client with a secret
  tenantops.qlik.qscloud_access_token:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: "{{ lookup('ansible.builtin.env', 'QSCLOUD_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'QSCLOUD_CLIENT_SECRET') }}"
  register: other
"""

RETURN = r"""
access_token:
  description:
    - The access token. Null in check mode if the private key does not exist yet, like the other values.
  returned: success
  type: str
  sample: eyJhbGciOiJFUzM4NCIsImtpZCI6IjZmYTQ...
expires_in:
  description: How many seconds the token is valid for. Null if the tenant does not say.
  returned: success
  type: int
  sample: 21600
expires_at:
  description: When the token expires, in UTC, according to the clock of this machine. Null if the tenant does not say.
  returned: success
  type: str
  sample: "2026-11-23T22:12:16Z"
scope:
  description: The scopes of the token. Null if the tenant does not say.
  returned: success
  type: list
  elements: str
  sample: [user_default]
user:
  description: The user whose token it is. A client that is not impersonating a user has a user of its own.
  returned: O(verify=true)
  type: dict
  contains:
    id:
      description: The ID of the user.
      type: str
    name:
      description: The display name.
      type: str
    email:
      description: The e-mail address.
      type: str
    subject:
      description: The subject.
      type: str
    status:
      description: The status of the user, such as V(active).
      type: str
    tenant_id:
      description: The ID of the tenant.
      type: str
    groups:
      description: The names of the groups that the user is assigned to.
      type: list
      elements: str
  sample:
    id: 605a18af2ab08cae80a3a7f1
    name: Anna Anderson
    email: anna@grusgrus.com
    subject: auth0|anna
    status: active
    tenant_id: qIHIoXwr2ZpJ5JAkJb2SrkvqUYoHZcyN
    groups: [group1, group 2]
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module
from ..module_utils._tenant import client_keys, grants


def request(module: AnsibleModule) -> dict[str, t.Any]:
    """Request an access token."""
    wanted = grants.wanted(module.params)
    if module.check_mode and (missing := client_keys.missing(module.params)):
        module.warn(f"{missing} does not exist yet, so no access token was requested.")
        return {"changed": False, **dict.fromkeys(grants.FACTS)}
    tenant = _tenant_module.tenant(module)
    facts = grants.issue(tenant, wanted, module.params["verify"])
    return {"changed": False, **facts, **_tenant_module.waited(tenant)}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **_argument_specs.TENANT,
            **_argument_specs.ACCESS_TOKEN,
            "verify": {"type": "bool", "default": False},
        },
        mutually_exclusive=[_argument_specs.ACCESS_TOKEN_USERS],
        supports_check_mode=True,
    )
    _module.run(module, [], request)


if __name__ == "__main__":
    main()
