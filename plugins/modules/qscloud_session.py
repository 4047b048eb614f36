#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_session
short_description: Log in to a Qlik Cloud tenant with a JWT and return the user
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Exchanges a token signed by M(tenantops.qlik.qscloud_jwt) for a session in a Qlik Cloud tenant, and returns the
    user that the tenant associates with it. A successful login proves that the identity provider, the key and the
    claims match.
  - The login uses up the token; Qlik Cloud rejects it the next time. The login can create the user, and assign a
    licence to the user.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.tenant.actiongroup
attributes:
  check_mode:
    support: partial
    details: In check mode, the task is skipped and the tenant is not contacted.
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Each run needs a new token and opens a new session. The module still reports no change, because it is meant for
        checking.
  safe_file_operations:
    support: full
    details: This action does not write files.
  async:
    details:
      - With O(return_cookies=true), Ansible writes the cookies to the async job file, which remains until it is
        cleaned up.
options:
  token:
    description: The signed JWT. Quotes around it and the prefix C(Bearer) are ignored.
    type: str
    required: true
  return_cookies:
    description:
      - Whether to return the session cookies and the CSRF token. Anyone who has them can act as the user.
      - If V(true), the result is hidden from all output, as with C(no_log=true), unless the task fails.
    type: bool
    default: false
  api_key:
    description: Not used by this module, which authenticates only with the token.
    type: str
  client_id:
    description: Not used by this module, which authenticates only with the token.
    type: str
  client_secret:
    description: Not used by this module, which authenticates only with the token.
    type: str
  client_private_key_path:
    description: Not used by this module, which authenticates only with the token.
    type: path
    version_added: 0.2.0
  client_private_key_content:
    description: Not used by this module, which authenticates only with the token.
    type: str
    version_added: 0.2.0
  client_private_key_uri:
    description: Not used by this module, which authenticates only with the token.
    type: str
    version_added: 0.2.0
  client_private_key_passphrase:
    description: Not used by this module, which authenticates only with the token.
    type: str
    version_added: 0.2.0
  client_key_id:
    description: Not used by this module, which authenticates only with the token.
    type: str
    version_added: 0.2.0
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - module: tenantops.qlik.qscloud_identity_provider
"""

EXAMPLES = r"""
- name: Create the key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Prepare the tenant
  module_defaults:
    group/tenantops.qlik.qscloud:
      tenant_url: https://acme.eu.qlikcloud.com
      api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
  block:
    - name: Register the certificate
      tenantops.qlik.qscloud_identity_provider:
        issuer: acme.eu.qlikcloud.com
        certificate_path: "{{ keypair.certificate_path }}"

    - name: Let users receive the groups in their tokens
      tenantops.qlik.qscloud_group_settings:
        auto_create_groups: true

- name: Sign a token
  tenantops.qlik.qscloud_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
    groups: [group1, group 2]
  register: anna

- name: Log in with the token, without any other credentials
  tenantops.qlik.qscloud_session:
    tenant_url: https://acme.eu.qlikcloud.com
    token: "{{ anna.token }}"
  register: session

- name: Check that the user has received the groups
  ansible.builtin.assert:
    that: "'group1' in session.user.groups"
"""

RETURN = r"""
user:
  description: The user that the token has logged in.
  returned: success
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
      description: The subject, which is the C(sub) claim of the token.
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
    subject: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
    status: active
    tenant_id: qIHIoXwr2ZpJ5JAkJb2SrkvqUYoHZcyN
    groups: [group1, group 2]
cookies:
  description: The session cookies, by name.
  returned: O(return_cookies=true)
  type: dict
  sample: {"eas.sid": "...", "eas.sid.sig": "...", "_csrfToken": "...", "_csrfToken.sig": "..."}
csrf_token:
  description: The value to send in the C(qlik-csrf-token) header of requests that change something.
  returned: O(return_cookies=true)
  type: str
  sample: "..."
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module
from ..module_utils._tenant import session
from ..module_utils._tokens import compact


def log_in(module: AnsibleModule) -> dict[str, t.Any]:
    """Log in with the token."""
    if module.check_mode:
        return {"changed": False, "skipped": True}
    tenant = _tenant_module.tenant(module, needs_credentials=False)
    token = compact.unwrap(module.params["token"])
    # Ansible only knows the whole text of the option as a secret.
    module.no_log_values |= {token} - {""}
    opened = session.log_in(tenant, token)
    facts = {"user": opened.user}
    if module.params["return_cookies"]:
        facts.update(cookies=opened.cookies, csrf_token=opened.csrf_token)
    return {"changed": False, **facts, **_tenant_module.waited(tenant)}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "token": {"type": "str", "required": True, "no_log": True},
            "return_cookies": {"type": "bool", "default": False},
            **_argument_specs.TENANT,
        },
        supports_check_mode=True,
    )
    _module.run(module, ["PyJWT"], log_in)


if __name__ == "__main__":
    main()
