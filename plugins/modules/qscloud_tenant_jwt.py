#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_tenant_jwt
short_description: Manage the JWT authentication of a Qlik Cloud tenant in one task
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Runs M(tenantops.qlik.qscloud_keypair) for each key of a tenant and M(tenantops.qlik.qscloud_jwt) for each of its
    users. With O(registration), it also runs M(tenantops.qlik.qscloud_identity_provider) for each key,
    M(tenantops.qlik.qscloud_group_settings), and M(tenantops.qlik.qscloud_session) to prove that a user can log in.
  - Finally, it deletes the identity providers of keys whose state is V(absent), and then the files of these keys. If it
    fails or is interrupted at any step, everything that worked before continues to work, and the next run completes the
    remaining steps.
  - The role P(tenantops.qlik.tenant_jwt#role) runs this module. Most users should use the role.
  - Starting a task takes longer than running one of these modules. A single task for all of them makes playbooks for
    many tenants several times faster. With only a few tenants, tasks that use the individual modules show each step
    more clearly.
  - Options without a default use the default of the module that they are passed to.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: Keys that do not exist yet, and the tokens that they would sign, are null in the result.
  diff_mode:
    support: full
    details: Shows names, dates and fingerprints, and never secrets.
  idempotent:
    support: full
    details: The task signs new tokens each time, which does not count as a change.
  safe_file_operations:
    support: full
  action:
    support: full
    details:
      - With a local connection, the action plugin runs the modules in Ansible's worker process, which is much faster.
  async:
    support: none
options:
  state:
    description:
      - V(absent) treats the state of all O(keys) as V(absent), and signs no tokens.
    type: str
    choices: [present, absent]
    default: present
  tenant:
    description: The host name of the tenant, without the scheme.
    type: str
    required: true
  issuer:
    description: The issuer of the tokens and of the identity provider.
    type: str
    required: true
  directory:
    description: The folder for the keys.
    type: path
    required: true
  keys:
    description: The key pairs of the tenant.
    type: list
    elements: dict
    default:
      - prefix: ""
        state: current
    suboptions:
      prefix:
        description: Prefix of the key's file names.
        type: str
        default: ""
      state:
        description:
          - V(current) signs the tokens. Exactly one key must have this state. It is created if it does not exist.
          - V(retiring) is maintained if it exists, but signs no tokens.
          - V(absent) is removed. With O(registration), its identity provider is deleted first. A backup of the private
            key remains.
        type: str
        choices: [current, retiring, absent]
        default: current
  size:
    description: The size of a new key in bits.
    type: int
  common_name:
    description: The common name of the certificate.
    type: str
  valid_days:
    description: Validity of the certificate in days.
    type: int
  renew_before_days:
    description: How many days before it expires the certificate is renewed.
    type: int
  private_key_path:
    description: Path to an existing private key to sign with. If set, the module does not manage O(keys).
    type: path
  private_key_content:
    description: The content of an existing private key to sign with. If set, the module does not manage O(keys).
    type: str
  private_key_passphrase:
    description: The passphrase of the private key, whether new or existing.
    type: str
  private_key_old_passphrase:
    description:
      - The previous passphrase of the private keys in O(directory). It is replaced by O(private_key_passphrase), as
        with O(tenantops.qlik.qscloud_keypair#module:old_passphrase).
    type: str
  key_id:
    description: The key id in the header of the tokens. The default is the RFC 7638 thumbprint of the public key.
    type: str
  users:
    description:
      - The users and services to sign tokens for.
      - The list can also be given as YAML or JSON text, as surveys in AWX do.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The key of the user's token in RV(tokens). The default is the email, or else the name.
        type: str
      subject:
        description: The subject. The default is derived from the issuer and the email.
        type: str
      name:
        description: The display name.
        type: str
      email:
        description: The e-mail address.
        type: str
      email_verified:
        description: Whether you vouch for the address. Required together with an email.
        type: bool
      groups:
        description: A list of group names, each a string.
        type: raw
      expires_in:
        description: Lifetime of the token. The default is O(expires_in).
        type: str
  registration:
    description:
      - How to connect to the tenant and what to configure there. If not set, the tenant is not contacted.
      - The suboptions have the same defaults and environment variables as in
        M(tenantops.qlik.qscloud_identity_provider).
    type: dict
    suboptions:
      tenant_url:
        description: The URL of the tenant, such as V(https://acme.eu.qlikcloud.com).
        type: str
      api_key:
        description: An API key of a tenant admin.
        type: str
      client_id:
        description: The ID of an OAuth client that may administer the tenant, as an alternative to an API key.
        type: str
      client_secret:
        description: The secret of the OAuth client.
        type: str
      ca_path:
        description: Path to a file with the CA certificates to trust, instead of the system's.
        type: path
      auto_create_groups:
        description:
          - Whether the tenant should create the groups that it finds in tokens, so that users receive them. If not
            set, the setting does not change, and the task warns if the tenant drops groups of O(users).
        type: bool
      verify_login:
        description:
          - When to prove, with a separate token, that the first of the O(users) can log in. V(changed) means if an
            identity provider has changed or is about to be deleted.
          - After an identity provider has changed, the login is retried for half a minute, because Qlik does not
            document how soon a new identity provider can be used.
        type: str
        choices: [never, changed, always]
        default: never
  not_before:
    description: When tokens become valid, relative to now.
    type: str
  expires_in:
    description: Lifetime of the tokens.
    type: str
  show_idp:
    description:
      - Whether to print the values for the identity provider, as M(tenantops.qlik.qscloud_idp_instructions) does.
    type: bool
    default: false
seealso:
  - module: tenantops.qlik.qscloud_group_settings
  - module: tenantops.qlik.qscloud_identity_provider
  - module: tenantops.qlik.qscloud_keypair
  - module: tenantops.qlik.qscloud_keypair_info
  - module: tenantops.qlik.qscloud_jwt
  - module: tenantops.qlik.qscloud_idp_instructions
  - module: tenantops.qlik.qscloud_session
"""

EXAMPLES = r"""
- name: Create keys, a certificate and a token for Anna
  tenantops.qlik.qscloud_tenant_jwt:
    tenant: acme.eu.qlikcloud.com
    issuer: acme.eu.qlikcloud.com
    directory: keys/acme.eu.qlikcloud.com
    users:
      - name: Anna Anderson
        email: anna@grusgrus.com
        email_verified: true
  register: acme

- name: Use her token, for one login
  ansible.builtin.set_fact:
    login_headers:
      Authorization: "Bearer {{ acme.tokens['anna@grusgrus.com'] }}"
  no_log: true

- name: Also register the identity provider in the tenant, and prove that Anna can log in
  tenantops.qlik.qscloud_tenant_jwt:
    tenant: acme.eu.qlikcloud.com
    issuer: acme.eu.qlikcloud.com
    directory: keys/acme.eu.qlikcloud.com
    users:
      - name: Anna Anderson
        email: anna@grusgrus.com
        email_verified: true
    registration:
      tenant_url: https://acme.eu.qlikcloud.com
      api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
      auto_create_groups: true
      verify_login: changed
"""

RETURN = r"""
key_pairs:
  description:
    - The key pairs that now exist, with the current one first. Each has its C(prefix) and C(state), and of the return
      values of M(tenantops.qlik.qscloud_keypair), C(key_id), C(private_key_path), C(certificate_path), C(not_after)
      and C(actions), which include those for its identity provider.
    - Empty if O(private_key_path) or O(private_key_content) is set.
  returned: success
  type: list
  elements: dict
  sample:
    - prefix: qsjwt_
      state: current
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      not_after: "2027-11-23T21:42:26Z"
      actions: ["wrote publickey.cer: it expires on 2027-11-23"]
actions:
  description:
    - What was done to keys, certificates and identity providers, and why. In check mode, what would be done, as in
      C(would write ...).
  returned: success
  type: list
  elements: str
  sample: ["wrote publickey.cer: it expires on 2026-12-01"]
idp:
  description: The values for the tenant's identity provider. Null with O(state=absent).
  returned: success
  type: dict
  sample:
    issuer: acme.eu.qlikcloud.com
    key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
    certificate: "-----BEGIN CERTIFICATE-----\nMIIE7zCCAtegAwIBAgIU...\n-----END CERTIFICATE-----\n"
    public_key: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
token:
  description: The token of the first user. Null if there are no users.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsImtpZCI6InJNUUI5M2lkUmdmdVVEMllVU0o3Nmo...
tokens:
  description:
    - The tokens, by the C(id) of the user, or else the C(email), or else the C(name). Each token is valid for one
      login.
    - A result that contains tokens is hidden from all output.
  returned: success
  type: dict
  sample:
    anna@grusgrus.com: eyJhbGciOiJSUzI1NiIsImtpZCI6InJNUUI5M2lkUmdmdVVEMllVU0o3Nmo...
user:
  description: The user whose token could not be signed.
  returned: when signing fails for a user
  type: str
  sample: anna@grusgrus.com
"""
