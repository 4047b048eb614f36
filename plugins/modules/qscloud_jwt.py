#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_jwt
short_description: Sign a JWT that logs a user in to a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Signs a JSON Web Token (RFC 7519) for a user or a service, with the claims that Qlik Cloud requires, and returns it.
  - Without O(path), the task changes nothing on the host. It returns a new token each time and reports no change. With
    O(path), the module stores the token in a file and reuses it as long as it is valid.
  - Each token is valid for one login, because its C(jti) prevents reuse. A token stored in a file may
    therefore be used up already. Prefer a new token for each login, and store one only for something that logs in
    once.
  - 'The result contains the token. It is hidden from all output, as with C(no_log: true), unless the task fails.
    C(register) works as usual.'
  - Options that correspond to an option of C(qs-jwt create-qscloud) accept its name as an alias.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.signing
  - tenantops.qlik.private_key
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.token_file
attributes:
  check_mode:
    support: full
    details:
      - If the private key does not exist yet, the module warns and returns null values.
      - Otherwise, the module signs and returns a token, but does not write it to O(path).
  diff_mode:
    support: full
    details: Shows the mode of the file in O(path), and the header and claims of its token, but not the signature.
  idempotent:
    support: partial
    details: With O(path) and O(force=true), every run signs a new token.
  safe_file_operations:
    support: full
  async:
    details:
      - Ansible writes the result, including the token, to the async job file, which remains until it is cleaned up.
        Its output is hidden, also if the task fails.
seealso:
  - plugin: tenantops.qlik.qscloud_jwt
    plugin_type: lookup
  - module: tenantops.qlik.qscloud_keypair
  - name: Create Signed Tokens for JWT Authorization
    description: What Qlik Cloud requires in a token.
    link: https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/
"""

EXAMPLES = r"""
- name: Create the key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Sign a token for Anna
  tenantops.qlik.qscloud_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
    groups: [group1, group 2]
  register: anna

- name: Use the token, for one login
  ansible.builtin.set_fact:
    login_headers:
      Authorization: "Bearer {{ anna.token }}"
  no_log: true

- name: Sign a token with the option names of qs-jwt, and a lifetime that causes a warning
  tenantops.qlik.qscloud_jwt:
    cert_privatekey_file: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    keyid: my-key-id
    username: Anna Anderson
    useremail: anna@grusgrus.com
    useremail_verified: true
    groups: [group1, group 2]
    expires: 365d

- name: Sign a token for a service, with an explicit subject and a private key from the environment
  tenantops.qlik.qscloud_jwt:
    private_key_content: "{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY') }}"
    issuer: acme.eu.qlikcloud.com
    subject: nightly-reload
    name: Nightly reload
    email: reload@grusgrus.com
    email_verified: true
  when: lookup('ansible.builtin.env', 'QSJWTPRIVKEY') is truthy

- name: Sign a token with a key in Vault or OpenBao, which VAULT_ADDR and VAULT_TOKEN in the environment give access to
  tenantops.qlik.qscloud_jwt:
    private_key_uri: hashivault://acme
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
  when: lookup('ansible.builtin.env', 'VAULT_TOKEN') is truthy

- name: Sign a token with a key in AWS KMS, with the credentials of one of several accounts
  tenantops.qlik.qscloud_jwt:
    private_key_uri: awskms:///alias/qlik/acme
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
  environment:
    AWS_PROFILE: acme
  when: lookup('ansible.builtin.env', 'AWS_PROFILE') is truthy

- name: Store a token in a file, and replace it ten minutes before it expires
  tenantops.qlik.qscloud_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
    expires_in: 60m
    renew_before: 10m
    path: keys/acme.eu.qlikcloud.com/anna.jwt
"""

RETURN = r"""
token:
  description: The signed token. Null in check mode if the private key does not exist yet, like the other values.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsImtpZCI6InJNUUI5M...
header:
  description: The header of the token.
  returned: success
  type: dict
  sample: {"alg": "RS256", "typ": "JWT", "kid": "rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc"}
claims:
  description: The claims of the token.
  returned: success
  type: dict
  sample:
    iss: acme.eu.qlikcloud.com
    aud: qlik.api/login/jwt-session
    sub: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
    subType: user
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
    groups: [group1, group 2]
    jti: c120649c-de36-4b3b-966c-07fe9b1706e9
    iat: 1795470146
    nbf: 1795470136
    exp: 1795471936
subject:
  description: The C(sub) claim, either specified or derived.
  returned: success
  type: str
  sample: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
key_id:
  description: The C(kid) in the header, either specified or derived.
  returned: success
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
public_key:
  description: The public key that verifies the token, in PEM format.
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
issued_at:
  description: When the token was issued, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
not_before:
  description: Start of the validity of the token, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T21:42:16Z"
expires_at:
  description: When the token expires, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T22:12:16Z"
lifetime:
  description: Lifetime of the token from C(nbf) to C(exp), in seconds.
  returned: success
  type: int
  sample: 1800
reused:
  description: Whether the token was reused from O(path).
  returned: success
  type: bool
  sample: false
"""

from ..module_utils import _argument_specs, _token_module
from ..module_utils._tokens.claims import QLIK_CLOUD


def main() -> None:
    """Run the module."""
    _token_module.run(
        {
            **_argument_specs.SIGNING,
            **_argument_specs.PRIVATE_KEY,
            **_argument_specs.KEY_STORE,
            **_argument_specs.TOKEN_FILE,
        },
        QLIK_CLOUD,
    )


if __name__ == "__main__":
    main()
