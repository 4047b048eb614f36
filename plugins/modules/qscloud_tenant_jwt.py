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
    remain.
  - All options are checked before the first step. If a step fails or is interrupted, everything that worked before
    continues to work, and the next run completes the remaining steps.
  - Each step that changes something is printed below the name of the task, and all steps at C(-v), with the name of the
    tenant if the play has several hosts. In check mode, they are the steps that the task would take.
  - The role P(tenantops.qlik.tenant_jwt#role) runs this module with variables of the host, and sets facts.
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
      - The action plugin reads O(variables), prints the steps, and, with a local connection, runs the module in Ansible's
        worker process, which is much faster.
  async:
    support: full
    details:
      - Ansible writes the result, including the tokens, to the async job file, which remains until it is cleaned up. Its
        output is hidden, also if the task fails.
options:
  state:
    description:
      - Whether the keys should exist.
      - V(absent) deletes all O(keys). With O(register_idp), it first deletes their identity providers. A backup of each
        private key remains.
    type: str
    choices: [present, absent]
    default: present
  tenant:
    description:
      - The host name of the tenant, without the scheme. The default is the name of the inventory host.
      - In lower case and without a final dot, it is the default for O(issuer), and names the folder in
        O(key_directory) and the host in O(url). A tenant's first host name never changes. Use this one, not an alias.
    type: str
  issuer:
    description:
      - The issuer of the tokens and of the identity provider. The default is the host name of the tenant, in lower case.
      - Use a different issuer for each tenant, because no claim of a token names the tenant.
    type: str
  users:
    description:
      - The users and services to sign tokens for, as a list.
      - The list can also be given as YAML or JSON text, as surveys in AWX and C(-e) do.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The key of the user's token in the results. The default is the email, or else the name.
        type: str
      name:
        description: The display name.
        type: str
        aliases: [username]
      email:
        description: The e-mail address.
        type: str
        aliases: [useremail]
      email_verified:
        description: Whether you vouch for the address. Required together with an email.
        type: bool
        aliases: [useremail_verified]
      groups:
        description: A list of group names, each a string.
        type: raw
      subject:
        description:
          - The subject, which identifies the user in the tenant. The default is derived from the issuer and the email.
            Required without an email.
        type: str
      claims:
        description: Additional claims. Those that have an option of their own, or a fixed value, are rejected here.
        type: dict
      expires_in:
        description: Lifetime of the token. The default is O(expires_in).
        type: str
        aliases: [expires]
  expires_in:
    description: Lifetime of the tokens, such as V(30m) or V(90s). Qlik Cloud accepts at most one hour.
    type: str
    default: 30m
  not_before:
    description: When tokens become valid, relative to now.
    type: str
    default: '-10s'
  audience:
    description: The audience of the tokens. Qlik Cloud requires the default.
    type: str
    default: qlik.api/login/jwt-session
  strict:
    description:
      - Whether to fail instead of warning if a token would violate a rule of Qlik Cloud. Nothing is changed then.
    type: bool
    default: false
  sign_tokens:
    description:
      - Whether to sign a token for each of O(users). If V(false), the users are only checked, and the result contains
        nothing to hide.
    type: bool
    default: true
  key_directory:
    description:
      - The folder for the keys. The default is a folder named after the tenant in C(keys) next to the playbook, or in the
        current directory for a playbook of a collection.
    type: path
  keys:
    description: The key pairs of the tenant. To rotate keys, change this list.
    type: list
    elements: dict
    default:
      - prefix: ''
        state: current
    suboptions:
      prefix:
        description: Prefix of the key's file names.
        type: str
        default: ''
      state:
        description:
          - The state of the key.
          - V(current) signs the tokens. Exactly one key must have this state. It is created if it does not exist.
          - V(retiring) no longer signs tokens here, but users can still log in with tokens that are signed with it
            elsewhere. It is maintained if it exists.
          - V(absent) is removed. With O(register_idp), its identity provider is deleted first. A backup of the private key
            remains.
        type: str
        choices: [current, retiring, absent]
        default: current
  key_size:
    description: The size of a new key in bits.
    type: int
    choices: [2048, 3072, 4096]
    default: 4096
  certificate_days:
    description: Validity of the certificate in days.
    type: int
    default: 365
  renew_before_days:
    description:
      - How many days before it expires the certificate is renewed, with the same key.
      - The default is 30, or a third of O(certificate_days) if O(certificate_days) is 30 or less.
    type: int
  common_name:
    description: The common name of the certificate.
    type: str
    default: qs-jwt
  private_key_path:
    description: Path to an existing private key to sign with. If set, no key pair is created.
    type: path
  private_key_content:
    description: The content of an existing private key to sign with. If set, no key pair is created.
    type: str
  private_key_passphrase:
    description: The passphrase of the private key, whether new or existing.
    type: str
  private_key_old_passphrase:
    description:
      - The previous passphrase of keys created here. It is replaced by O(private_key_passphrase). The keys themselves do
        not change. Set it to an empty text (V("")) for keys that may still be unencrypted.
    type: str
  key_id:
    description: The key id of the identity provider. The default is the RFC 7638 thumbprint of the public key.
    type: str
  allow_shared_key:
    description:
      - Whether tenants of the same run may share a folder for keys, or an issuer together with a key. No claim of a token
        names the tenant, so a token for one of them would also be valid in the other.
    type: bool
    default: false
  show_idp:
    description:
      - When to print the values for the identity provider.
      - V(changed) means when the certificate is new and has to be entered by hand, because O(register_idp) is V(false). The
        values for an existing private key are only printed with V(always).
    type: str
    choices: [changed, always, never]
    default: changed
  register_idp:
    description: Whether to register the keys in the tenant as identity providers.
    type: bool
    default: false
  url:
    description: The URL of the tenant. The default is C(https://) followed by O(tenant).
    type: str
  api_key:
    description:
      - An API key of a tenant admin. The default is E(QSCLOUD_API_KEY) in the environment.
      - Credentials in the environment are only used if none of O(api_key), O(client_id) and O(client_secret) is set, and
        only for the tenant in E(QSCLOUD_TENANT_URL).
    type: str
  client_id:
    description:
      - The ID of an OAuth client that may administer the tenant, as an alternative to an API key. The default is
        E(QSCLOUD_CLIENT_ID) in the environment.
    type: str
  client_secret:
    description: The secret of the OAuth client. The default is E(QSCLOUD_CLIENT_SECRET) in the environment.
    type: str
  ca_path:
    description: Path to a file in PEM format with the CA certificates to trust. The default is the system's.
    type: path
  timeout:
    description: How many seconds to wait for each response of the tenant.
    type: int
    default: 30
  auto_create_groups:
    description:
      - Whether the tenant should create the groups that it finds in tokens. If it does not, it drops them. This only has an
        effect with O(register_idp).
      - The default is the tenant's current setting. In this case, the task warns if the tenant drops groups of O(users).
    type: bool
  verify_login:
    description:
      - When to prove, with a separate token, that the first of O(users) can log in. This only has an effect with
        O(register_idp).
      - V(changed) means after an identity provider has been registered, and before one is deleted. The login may create
        the user, and consume a licence that is assigned automatically.
      - After an identity provider has changed, the login is retried for half a minute, because Qlik does not document how
        soon a new identity provider can be used.
    type: str
    choices: [never, changed, always]
    default: never
  variables:
    description:
      - A prefix of variables of the host. An option that the task does not set is read from the variable whose name is
        this prefix and the option, if it exists. The role uses V(tenant_jwt_).
    type: str
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
key_pairs:
  description:
    - The key pairs that now exist, with the current one first. Each has its C(prefix) and C(state), and of the return
      values of M(tenantops.qlik.qscloud_keypair), C(key_id), C(private_key_path), C(certificate_path) and C(not_after).
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

from ..module_utils import _argument_specs, _module
from ..module_utils._chain import options as chain_options
from ..module_utils._chain import run as chain
from ..module_utils._chain.report import Report
from ..module_utils._tenant import credentials

SIGNING = _argument_specs.SIGNING
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "tenant": {"type": "str"},
    "issuer": {"type": "str"},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str"},
            **{name: SIGNING[name] for name in ("name", "email", "email_verified", "groups", "subject", "claims")},
            "expires_in": {"type": "str", "aliases": ["expires"]},
        },
        "default": [],
    },
    **{name: {"type": "str", "default": SIGNING[name]["default"]} for name in ("expires_in", "not_before", "audience")},
    "strict": SIGNING["strict"],
    "sign_tokens": {"type": "bool", "default": True},
    "key_directory": {"type": "path"},
    "keys": {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {
            "prefix": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["current", "retiring", "absent"], "default": "current"},
        },
        "default": [{"prefix": "", "state": "current"}],
    },
    "key_size": {"type": "int", "choices": [2048, 3072, 4096], "default": 4096},
    "certificate_days": {"type": "int", "default": 365},
    "renew_before_days": {"type": "int"},
    "common_name": {"type": "str", "default": "qs-jwt"},
    "private_key_path": {"type": "path"},
    "private_key_content": {"type": "str", "no_log": True},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "private_key_old_passphrase": {"type": "str", "no_log": True},
    "key_id": {"type": "str", "no_log": False},
    "allow_shared_key": {"type": "bool", "default": False, "no_log": False},
    "show_idp": {"type": "str", "choices": ["changed", "always", "never"], "default": "changed"},
    "register_idp": {"type": "bool", "default": False},
    "url": {"type": "str"},
    **{name: _argument_specs.TENANT[name] for name in ("api_key", "client_id", "client_secret", "ca_path", "timeout")},
    "auto_create_groups": {"type": "bool"},
    "verify_login": {"type": "str", "choices": ["never", "changed", "always"], "default": "never"},
    "variables": {"type": "str"},
}

MUTUALLY_EXCLUSIVE = [_argument_specs.SIGNING_KEYS]


def provide(module: AnsibleModule, report: Report, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Bring the tenant into the desired state."""
    # Ansible knows which options are secret, but does not know the secrets in the environment.
    module.no_log_values |= credentials.secrets(chain_options.connection(module.params), os.environ)
    outcome = chain.run(module.params, os.environ, lambda facts: _module.refuse_masked(module, facts), report)
    result = {
        **so_far(module, report, names),
        "key_pairs": [key.facts() for key in outcome.keys if key.prefix is not None],
        "idp": outcome.keys[0].values_to_enter(outcome.issuer) if outcome.keys else None,
        "token": next(iter(outcome.tokens.values()), None),
        "tokens": outcome.tokens,
    }
    _module.refuse_masked(module, {"tokens": list(outcome.tokens.values())})
    return result


def so_far(module: AnsibleModule, report: Report, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The return values about what was done, which are also those of a failure."""
    for sentence in report.warnings:
        module.warn(_module.replace_options(sentence, names))
    return {
        "changed": report.changed,
        "steps": [step._asdict() for step in report.steps],
        "diff": [_module.diff(*difference) for difference in report.differences],
    }


def option_names(prefix: str) -> dict[str, str]:
    """What to call options in messages: those of this module, and those of the modules whose work it does."""
    own = {option: f"{prefix}{option}" for option in ARGUMENT_SPEC}
    return own | {option: phrase.format_map(own) for option, phrase in chain_options.NAMES.items()}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True)
    report = Report(module.check_mode)
    names = option_names(module.params["variables"] or "")
    _module.run(
        module,
        ["cryptography", "PyJWT"],
        lambda module: provide(module, report, names),
        names,
        lambda: so_far(module, report, names),
    )


if __name__ == "__main__":
    main()
