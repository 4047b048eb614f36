#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_tenant_jwt
short_description: Manage the JWT authentication of a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Brings one tenant into the desired state, in these steps.
  - 1. Keys. Creates, renews or repairs the key pair and the certificate of each of O(keys), as
    M(tenantops.qlik.qscloud_keypair) does.
  - 2. Tokens. Signs a token for each of O(users) with the current key, as M(tenantops.qlik.qscloud_jwt) does.
  - 3. Registration, with O(register_idp). Registers each key as an identity provider of the tenant, as
    M(tenantops.qlik.qscloud_identity_provider) does, and applies O(auto_create_groups).
  - 4. Proof, with O(register_idp) and O(verify_login). Logs in to the tenant as the first user, with the current key.
  - 5. Removal. Deletes the identity providers of keys that are V(absent), and then their files. Backups of the files
    remain. O(purge) also deletes what no key in O(keys) owns.
  - All options are checked before the first step. If a step fails or is interrupted, everything that worked before
    continues to work, and the next run completes the remaining steps.
  - Each step that changes something is printed below the name of the task, and all steps at C(-v), with the name of the
    tenant if the play has several hosts. In check mode, they are the steps that the task would take.
  - The role P(tenantops.qlik.tenant_jwt#role) runs this module with variables of the host, and sets facts.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.chain
  - tenantops.qlik.chain.keys
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
      - The action plugin reads O(variables), prints the steps, and, with a local connection, runs the module in Ansible's
        worker process, which is much faster.
  async:
    support: full
    details:
      - Ansible writes the result, including the tokens, to the async job file, which remains until it is cleaned up. Its
        output is hidden, also if the task fails.
options:
  sign_tokens:
    description:
      - Whether to sign a token for each of O(users). If V(false), the users are only checked, and the result contains
        nothing to hide.
    type: bool
    default: true
  show_idp:
    description:
      - When to print the values for the identity provider.
      - V(changed) means when the certificate is new and has to be entered by hand, because O(register_idp) is V(false). The
        values for an existing private key are only printed with V(always).
    type: str
    choices: [changed, always, never]
    default: changed
seealso:
  - module: tenantops.qlik.qscloud_group_settings
  - module: tenantops.qlik.qscloud_identity_provider
  - module: tenantops.qlik.qscloud_keypair
  - module: tenantops.qlik.qscloud_jwt
  - module: tenantops.qlik.qscloud_idp_instructions
  - module: tenantops.qlik.qscloud_session
"""

EXAMPLES = r"""
- name: Create keys, a certificate and a token for Anna
  tenantops.qlik.qscloud_tenant_jwt:
    tenant: acme.eu.qlikcloud.com
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
    users:
      - name: Anna Anderson
        email: anna@grusgrus.com
        email_verified: true
    register_idp: true
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    auto_create_groups: true
    verify_login: changed

- name: Delete what no key in the list of keys owns, after a login with the current key
  tenantops.qlik.qscloud_tenant_jwt:
    tenant: acme.eu.qlikcloud.com
    users:
      - name: Anna Anderson
        email: anna@grusgrus.com
        email_verified: true
    register_idp: true
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    purge: true

- name: Delete all keys of the tenant, and the identity providers that this collection created for its issuer
  tenantops.qlik.qscloud_tenant_jwt:
    tenant: acme.eu.qlikcloud.com
    state: absent
    register_idp: true
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"

- name: Take all options from the variables of the host, such as tenant_jwt_users
  tenantops.qlik.qscloud_tenant_jwt:
    variables: tenant_jwt_
"""

RETURN = r"""
steps:
  description:
    - What was done, in this order, and what was found as it should be. In check mode, what would be done.
    - Also returned if the task fails, for the steps before the failure.
  returned: always
  type: list
  elements: dict
  contains:
    object:
      description:
        - The kind of object. One of V(private_key), V(public_key), V(certificate), V(temporary_file), V(key_pair),
          V(token), V(identity_provider), V(group_settings) and V(session).
      type: str
      sample: certificate
    action:
      description:
        - The verb. One of V(write), V(change), V(remove), V(create), V(replace), V(delete), V(turn on), V(turn off),
          V(log in), V(sign) and V(keep).
      type: str
      sample: write
    reason:
      description: Why, or null if there is nothing to add.
      type: str
      sample: it was missing
    id:
      description: The path of a file, the id of an object in the tenant, or the id of a user.
      type: str
      sample: keys/acme.eu.qlikcloud.com/publickey.cer
    changed:
      description: Whether the step changed anything.
      type: bool
      sample: true
    text:
      description: The step as a sentence.
      type: str
      sample: "wrote publickey.cer: it was missing"
findings:
  description: What the task did not change, but somebody should know. Also returned if the task fails.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(expiring) means that a certificate ends soon, V(drift) that the tenant has something else than is declared, and
          V(stray) that an identity provider or a key pair belongs to no key in O(keys). The task warns of these.
        - V(manual) means that something has to be done by hand in the tenant, and V(unchecked) that something was not
          examined.
      type: str
      sample: stray
    text:
      description: The finding as a sentence. It may contain text from the tenant.
      type: str
      sample: "keys/acme.eu.qlikcloud.com has the key pair with the prefix 'old_', which is not in keys: add it, or set purge to
        true to remove it."
    ends:
      description: When the certificate ends, in UTC, for the kind V(expiring). Null for the others.
      type: str
      sample: null
key_pairs:
  description:
    - The key pairs that now exist, with the current one first. Each has its C(prefix) and C(state), and of the return
      values of M(tenantops.qlik.qscloud_keypair), C(key_id), C(private_key_path), C(certificate_path) and C(not_after),
      and C(private_key_uri) if the private key is in a key store.
    - C(provider) is its identity provider, with C(id), C(active), C(ours) (whether this collection created it),
      C(certificate_not_after), and C(same_certificate) (whether it has the certificate of the key pair). The last two are null
      if it has no certificate. C(provider) is null without O(register_idp).
    - Empty if O(private_key_path) or O(private_key_content) is set.
  returned: success
  type: list
  elements: dict
  sample:
    - prefix: qsjwt_
      state: current
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      private_key_path: keys/acme.eu.qlikcloud.com/qsjwt_privatekey.pem
      certificate_path: keys/acme.eu.qlikcloud.com/qsjwt_publickey.cer
      not_after: "2027-11-23T21:42:26Z"
      provider:
        id: 6566e0f5d3c5f6b6c8a3b7a1
        active: true
        ours: true
        certificate_not_after: "2027-11-23T21:42:26Z"
        same_certificate: true
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
  description: The token of the first user. Null if no token was signed.
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
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _chain_module, _module
from ..module_utils._chain import options as chain_options
from ..module_utils._chain import run as chain
from ..module_utils._chain.report import Report
from ..module_utils._tenant import credentials

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    **_argument_specs.CHAIN,
    "sign_tokens": {"type": "bool", "default": True},
    "show_idp": {"type": "str", "choices": ["changed", "always", "never"], "default": "changed"},
}

MUTUALLY_EXCLUSIVE = [_argument_specs.SIGNING_KEYS]


def provide(module: AnsibleModule, report: Report, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Bring the tenant into the desired state."""
    # Ansible knows which options are secret, but does not know the secrets in the environment.
    module.no_log_values |= credentials.secrets(chain_options.connection(module.params), os.environ)
    outcome = chain.run(module.params, os.environ, lambda facts: _module.refuse_masked(module, facts), report)
    result = {
        **_chain_module.so_far(module, report, names),
        "key_pairs": [chain.key_facts(outcome, key) for key in outcome.keys if key.prefix is not None],
        "idp": outcome.keys[0].values_to_enter(outcome.issuer) if outcome.keys else None,
        "token": next(iter(outcome.tokens.values()), None),
        "tokens": outcome.tokens,
    }
    _module.refuse_masked(module, {"tokens": list(outcome.tokens.values())})
    return result


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True)
    report = Report(module.check_mode)
    names = chain_options.names(ARGUMENT_SPEC, module.params["variables"] or "")
    _module.run(
        module,
        ["cryptography", "PyJWT"],
        lambda module: provide(module, report, names),
        names,
        lambda: _chain_module.so_far(module, report, names),
    )


if __name__ == "__main__":
    main()
