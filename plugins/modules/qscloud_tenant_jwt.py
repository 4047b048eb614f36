#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_tenant_jwt
short_description: The JWT authentication of a Qlik Cloud tenant in one task
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Runs M(tenantops.qlik.qscloud_keypair) for each key of a tenant and M(tenantops.qlik.qscloud_jwt) for each of its users.
    With O(registration), it also runs M(tenantops.qlik.qscloud_identity_provider) for each key,
    M(tenantops.qlik.qscloud_group_settings), and M(tenantops.qlik.qscloud_session) to prove that a user can log in.
  - Then it deletes the identity providers of the keys that are to be absent, and after them their files. If it fails or is
    interrupted at any step, what worked before works as before, and the next run finishes the job.
  - This is what the role P(tenantops.qlik.tenant_jwt#role) consists of, which most people will use.
  - A task takes longer than these modules do, so that one task for all of them makes playbooks for many tenants several
    times faster. Where tasks are few, the modules themselves show better what is done.
  - Options without a default have that of the module that they are for.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: Keys that do not exist yet have nulls in the result, and so have the tokens that they would sign.
  diff_mode:
    support: full
    details: Shows names, dates and fingerprints, and no secret.
  idempotent:
    support: full
    details: Tokens are fresh each time, which is no change.
  safe_file_operations:
    support: full
  action:
    support: full
    details: With a local connection the modules run inside Ansible's own process, which is much faster.
  async:
    support: none
options:
  state:
    description:
      - V(absent) treats all keys as if each were to be absent, and signs nothing.
    type: str
    choices: [present, absent]
    default: present
  tenant:
    description: The host name of the tenant, without a scheme.
    type: str
    required: true
  issuer:
    description: The issuer of the tokens.
    type: str
    required: true
  directory:
    description: The folder of the keys.
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
        description: What the names of its files begin with.
        type: str
        default: ""
      state:
        description:
          - V(current) signs. Exactly one key must be so. It is made if it does not exist.
          - V(retiring) is looked after if it exists, but signs nothing.
          - V(absent) is removed, after its identity provider has been deleted if there is a O(registration). A backup of the
            private key stays.
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
    description: For how many days the certificate is valid.
    type: int
  renew_before_days:
    description: How many days before its end the certificate is issued anew.
    type: int
  private_key_path:
    description: A private key that exists already, to sign with, as a file. Then O(keys) are left as they are.
    type: path
  private_key_content:
    description: A private key that exists already, to sign with, as text. Then O(keys) are left as they are.
    type: str
  private_key_passphrase:
    description: The passphrase of the private key, new or existing.
    type: str
  private_key_old_passphrase:
    description:
      - The passphrase that the private keys in O(directory) may still have. O(private_key_passphrase) takes its place, as
        with O(tenantops.qlik.qscloud_keypair#module:old_passphrase).
    type: str
  key_id:
    description: The key id in the header of the tokens. The default is the thumbprint of the public key.
    type: str
  users:
    description: The users and services to sign a token for.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: What the token is found by in RV(tokens). The default is the email, else the name.
        type: str
      subject:
        description: The subject. The default is derived from issuer and email.
        type: str
      name:
        description: The name to show.
        type: str
      email:
        description: The e-mail address.
        type: str
      email_verified:
        description: Whether you vouch for the address. It must be given with an email.
        type: bool
      groups:
        description: A list of names of groups, each a text.
        type: raw
      expires_in:
        description: For how long the token is valid. The default is O(expires_in).
        type: str
  registration:
    description:
      - How to speak to the tenant, and what is asked of it. Without this, nobody speaks to it.
      - Its options have the defaults, and the environment variables, of M(tenantops.qlik.qscloud_identity_provider).
    type: dict
    suboptions:
      tenant_url:
        description: The address of the tenant, such as V(https://acme.eu.qlikcloud.com).
        type: str
      api_key:
        description: An API key of a user who is a tenant admin.
        type: str
      client_id:
        description: The ID of an OAuth client that may administrate the tenant, instead of an API key.
        type: str
      client_secret:
        description: The secret of the OAuth client.
        type: str
      ca_path:
        description: A file with the certificates of the CAs to trust, instead of those that the system knows.
        type: path
      auto_create_groups:
        description:
          - Whether the groups of tokens reach the users of the tenant. If it is not given, it stays as it is, and there is a
            warning if O(users) have groups that do not reach them.
        type: bool
      verify_login:
        description:
          - When to prove that the first of the O(users) can log in, with a token of its own. V(changed) is if an identity
            provider has changed, or is going to be deleted.
          - With an identity provider that has changed, it is tried for half a minute, since nobody knows how soon it can be
            used.
        type: str
        choices: [never, changed, always]
        default: never
  not_before:
    description: When tokens start to be valid, relative to now.
    type: str
  expires_in:
    description: For how long tokens are valid.
    type: str
  show_idp:
    description: Whether to print what the identity provider has to be given, as M(tenantops.qlik.qscloud_idp_instructions) does.
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
- name: Keys, a certificate and a token for Anna
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

- name: The same, with the identity provider in the tenant, and a login that proves it
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
    - For each key that is there now, the current one first, its C(prefix) and C(state), and of what
      M(tenantops.qlik.qscloud_keypair) returns, C(key_id), C(private_key_path), C(certificate_path), C(not_after) and
      C(actions).
    - It is empty if a private key that exists already was given.
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
  description: What was done to keys, certificates and identity providers, and why; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["wrote publickey.cer: it expires on 2026-12-01"]
idp:
  description: What the identity provider of the tenant has to be given; null with O(state=absent).
  returned: success
  type: dict
  sample:
    issuer: acme.eu.qlikcloud.com
    key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
    certificate: "-----BEGIN CERTIFICATE-----\nMIIE7zCCAtegAwIBAgIU...\n-----END CERTIFICATE-----\n"
    public_key: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
token:
  description: The token of the first user; null without users.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsImtpZCI6InJNUUI5M2lkUmdmdVVEMllVU0o3Nmo...
tokens:
  description:
    - The tokens, by the C(id) of the user, else the C(email), else the C(name). Each is good for one login.
    - A result with tokens hides itself.
  returned: success
  type: dict
  sample:
    anna@grusgrus.com: eyJhbGciOiJSUzI1NiIsImtpZCI6InJNUUI5M2lkUmdmdVVEMllVU0o3Nmo...
user:
  description: The user whose token could not be signed.
  returned: if it fails for a user
  type: str
  sample: anna@grusgrus.com
"""
