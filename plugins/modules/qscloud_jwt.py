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
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
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
options:
  path:
    description:
      - Path to a file in which to store the token, with mode V(0600). Its folder must exist and must not be writable by
        others, and the path to it must not contain a symbolic link that belongs to another user.
      - The token in the file is reused if the key verifies its signature, if its header, claims and validity are those
        that the task requests, and if it remains valid for more than O(renew_before).
      - If the file contains anything other than a JWT, the task fails.
    type: path
  renew_before:
    description:
      - How long before it expires the token in O(path) is replaced, in the notation of O(expires_in). It must be
        shorter than O(expires_in).
      - If not set, the default is V(5m), or a third of the remaining validity of a new token if that is shorter.
    type: str
  force:
    description: Whether to sign a new token even if the one in O(path) can be reused.
    type: bool
    default: false
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

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module
from ..module_utils._tokens import keep


def issue(module: AnsibleModule) -> dict[str, t.Any]:
    """Sign the requested token, or reuse the stored one."""
    outcome = keep.issue(
        module.params,
        int(time.time()),
        module.check_mode,
        accept=lambda facts: _module.refuse_masked(module, facts),
    )
    _module.warn(module, outcome.warnings)
    return {
        "changed": outcome.changed,
        "reused": outcome.reused,
        "diff": _module.diff(module.params["path"], outcome.before, outcome.after),
        **outcome.facts,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **_argument_specs.SIGNING,
            **_argument_specs.KEY_STORE,
            "path": {"type": "path"},
            "renew_before": {"type": "str"},
            "force": {"type": "bool", "default": False},
        },
        mutually_exclusive=[_argument_specs.SIGNING_KEYS],
        required_one_of=[_argument_specs.SIGNING_KEYS],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography", "PyJWT"], issue)


if __name__ == "__main__":
    main()
