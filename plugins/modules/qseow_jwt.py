#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qseow_jwt
short_description: Sign a JWT for a virtual proxy of client-managed Qlik Sense
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Signs a JSON Web Token (RFC 7519) for a user of client-managed Qlik Sense (Qlik Sense Enterprise on Windows), and
    returns it. It has the claims that C(qs-jwt create-qseow) writes.
  - The virtual proxy must have the authentication method JWT and the certificate of the private key, and its settings
    must name the claims of the token.
  - Without O(path), the task changes nothing on the host. It returns a new token each time and reports no change. With
    O(path), the module stores the token in a file and reuses it as long as it is valid.
  - 'The result contains the token. It is hidden from all output, as with C(no_log: true), unless the task fails.
    C(register) works as usual.'
  - Options that correspond to an option of C(qs-jwt create-qseow) accept its name as an alias.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.virtual_proxy
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
  - plugin: tenantops.qlik.qseow_jwt
    plugin_type: lookup
  - module: tenantops.qlik.qscloud_keypair
  - module: tenantops.qlik.qscloud_jwt
  - name: "Qlik Sense: How to set up JWT authentication"
    description: How to configure the virtual proxy.
    link: https://community.qlik.com/t5/Official-Support-Articles/Qlik-Sense-How-to-set-up-JWT-authentication/ta-p/1716226
"""

EXAMPLES = r"""
- name: Create the key pair, whose certificate the virtual proxy gets
  tenantops.qlik.qscloud_keypair:
    directory: keys/qlik.grusgrus.com
  register: keypair

- name: Sign a token for Anna
  tenantops.qlik.qseow_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    user_directory: GRUSGRUS
    user_id: anna
    name: Anna Anderson
    email: anna@grusgrus.com
    groups: [group1, group 2]
    audience: hdJh34wkK
  register: anna

- name: Use the token
  ansible.builtin.set_fact:
    login_headers:
      Authorization: "Bearer {{ anna.token }}"
  no_log: true

- name: Sign a token with the option names of qs-jwt
  tenantops.qlik.qseow_jwt:
    cert_privatekey_file: "{{ keypair.private_key_path }}"
    userdir: GRUSGRUS
    userid: anna
    username: Anna Anderson
    useremail: anna@grusgrus.com
    groups: [group1, group 2]
    audience: hdJh34wkK
    expires: 365d

- name: Store a token for a service in a file, and replace it a week before it expires
  tenantops.qlik.qseow_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    user_directory: GRUSGRUS
    user_id: nightly-reload
    groups: [services]
    groups_claim: roles
    algorithm: RS512
    expires_in: 90d
    renew_before: 7d
    path: keys/qlik.grusgrus.com/nightly-reload.jwt
"""

RETURN = r"""
token:
  description: The signed token. Null in check mode if the private key does not exist yet, like the other values.
  returned: success
  type: str
  sample: eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...
header:
  description: The header of the token.
  returned: success
  type: dict
  sample: {"alg": "RS256", "typ": "JWT"}
claims:
  description: The claims of the token.
  returned: success
  type: dict
  sample:
    userId: anna
    userDirectory: GRUSGRUS
    name: Anna Anderson
    email: anna@grusgrus.com
    group: [group1, group 2]
    aud: hdJh34wkK
    iat: 1795470146
    exp: 1795471946
public_key:
  description: The public key that verifies the token, in PEM format.
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
issued_at:
  description: When the token was issued, in UTC. It is valid from then on.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
expires_at:
  description: When the token expires, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T22:12:26Z"
lifetime:
  description: Lifetime of the token from C(iat) to C(exp), in seconds.
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
from ..module_utils._tokens.claims import CLIENT_MANAGED


def main() -> None:
    """Run the module."""
    _token_module.run(
        {
            **_argument_specs.VIRTUAL_PROXY,
            **_argument_specs.PRIVATE_KEY,
            **_argument_specs.KEY_STORE,
            **_argument_specs.TOKEN_FILE,
        },
        CLIENT_MANAGED,
    )


if __name__ == "__main__":
    main()
