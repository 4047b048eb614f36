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
  - Signs a JSON Web Token (RFC 7519) for a user or a service, with the claims that Qlik Cloud wants, and returns it.
  - Without O(path) nothing on the host changes, so that the task reports no change and returns a fresh token each time.
    With O(path) the token is kept in a file, and stays there for as long as it is good.
  - A token is good for one login. Qlik Cloud remembers its C(jti) and refuses it a second time. So a token that is kept
    in a file may have been spent already. Prefer a fresh one, and keep a token only for something that logs in once.
  - 'The result holds the token, so it is hidden from all output, as if C(no_log: true) were set, unless the task fails.
    C(register) works as usual.'
  - The options that have a counterpart in C(qs-jwt create-qscloud) have its name as an alias.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.signing
attributes:
  check_mode:
    support: full
    details:
      - If the file of the private key does not exist yet, there is a warning, and the returned values are null.
      - Otherwise a token is signed and returned, but not written to O(path).
  diff_mode:
    support: full
    details: Shows mode, header and claims of the token in O(path), but no signature.
  idempotent:
    support: partial
    details: With O(path) and O(force=true), every run signs a new token.
  safe_file_operations:
    support: full
  action:
    support: full
    details: With a local connection the module runs inside Ansible's own process, which is much faster.
  async:
    support: full
    details: Ansible writes the result, and so the token, to a file of the job, which stays until the job is cleaned up.
options:
  path:
    description:
      - A file to keep the token in, with mode V(0600). Its folder must exist, and must not be writable by others, nor be
        found through a link of another user.
      - The token in it stays if its signature fits the key, its header, claims and window are those that the task
        asks for, and more than O(renew_before) is left of it.
      - A file that holds something else than a JWT is an error.
    type: path
  renew_before:
    description:
      - How long before its end the token in O(path) is replaced, in the notation of O(expires_in). It must be shorter
        than O(expires_in).
      - If it is not given, it is V(5m), or a third of what a new token has left if that is shorter.
    type: str
  force:
    description: Whether to sign a new token even if the one in O(path) is good.
    type: bool
    default: false
seealso:
  - plugin: tenantops.qlik.qscloud_jwt
    plugin_type: lookup
  - module: tenantops.qlik.qscloud_keypair
  - name: Create Signed Tokens for JWT Authorization
    description: What Qlik Cloud wants in a token.
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

- name: The same with the options of qs-jwt, and a lifetime that Qlik Cloud warns about
  tenantops.qlik.qscloud_jwt:
    cert_privatekey_file: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    keyid: my-key-id
    username: Anna Anderson
    useremail: anna@grusgrus.com
    useremail_verified: true
    groups: [group1, group 2]
    expires: 365d

- name: Sign with a private key from an environment variable, for a service whose subject is given
  tenantops.qlik.qscloud_jwt:
    private_key_content: "{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY') }}"
    issuer: acme.eu.qlikcloud.com
    subject: nightly-reload
    name: Nightly reload
    email: reload@grusgrus.com
    email_verified: true
  when: lookup('ansible.builtin.env', 'QSJWTPRIVKEY') is truthy

- name: Keep a token in a file, and sign a new one ten minutes before its end
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
  description: The token. Null in check mode if the private key does not exist yet, as are the other values.
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
  description: The claim C(sub), given or derived.
  returned: success
  type: str
  sample: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
key_id:
  description: The C(kid) in the header, given or derived.
  returned: success
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
public_key:
  description: The public key that verifies the token, in PEM form.
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
issued_at:
  description: When the token was signed, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
not_before:
  description: From when on the token is valid, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T21:42:16Z"
expires_at:
  description: Until when the token is valid, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T22:12:16Z"
lifetime:
  description: For how long the token is valid, from C(nbf) to C(exp), in seconds.
  returned: success
  type: int
  sample: 1800
reused:
  description: Whether the token is the one that was in O(path).
  returned: success
  type: bool
  sample: false
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module
from ..module_utils._tokens import keep, sign


def issue(module: AnsibleModule) -> dict[str, t.Any]:
    """Sign the token that the options ask for, or keep the one that is there."""
    issue_it = sign.issue if module.params["path"] is None else keep.issue
    outcome = issue_it(
        module.params,
        int(time.time()),
        module.check_mode,
        accept=lambda facts: _module.refuse_masked(module, facts),
    )
    for sentence in outcome.warnings:
        module.warn(_module.told(module, sentence))
    return {
        "changed": outcome.changed,
        "reused": outcome.reused,
        "diff": {"before": outcome.before, "after": outcome.after},
        **outcome.facts,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **_argument_specs.SIGNING,
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
