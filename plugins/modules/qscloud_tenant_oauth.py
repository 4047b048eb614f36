#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_tenant_oauth
short_description: Manage an OAuth client of a Qlik Cloud tenant that has keys instead of a secret
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Brings one OAuth client of a tenant into the desired state, in these steps.
  - 1. Keys. Creates, renews or repairs the key pair of each of O(keys), as M(tenantops.qlik.qscloud_keypair) does.
  - 2. Client. Creates the OAuth client, or changes it, and adds the public keys to it. Its id, which is not secret, is kept in
    a file beside the keys, such as C(acme.eu.qlikcloud.com.client_id).
  - 3. Proof. Requests an access token with the current key, for the client itself or for a user (O(user_subject),
    O(user_id)), and asks the tenant whose it is, depending on O(verify).
  - 4. Removal. Removes the public keys that are V(absent) from the client, and then their files. Backups of the files
    remain. O(purge) also removes what no key in O(keys) owns.
  - The first run needs a credential of a tenant admin, such as O(api_key). From the second run on, the client authenticates
    with its own key, so the credential is no longer needed. If the tenant does not accept any of the client's keys, and a
    credential is set, the task uses the credential and warns of it.
  - All options are checked before the first step. If a step fails or is interrupted, everything that worked before
    continues to work, and the next run completes the remaining steps.
  - Each step that changes something is printed below the name of the task, and all steps at C(-v), with the name of the
    tenant if the play has several hosts. In check mode, they are the steps that the task would take.
  - The role P(tenantops.qlik.tenant_oauth#role) runs this module with variables of the host, and sets facts.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.chain.keys
  - tenantops.qlik.access_token
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: Keys and a client that do not exist yet, and the access token, are null in the result.
  diff_mode:
    support: full
    details: Shows names, dates and key ids, and never secrets.
  idempotent:
    support: full
    details: The task requests a new access token each time, which does not count as a change.
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
      - Ansible writes the result, including the access token, to the async job file, which remains until it is cleaned up.
        Its output is hidden, also if the task fails.
options:
  state:
    description:
      - Whether the OAuth client and its keys should exist.
      - V(absent) deletes the client, and then all key pairs in O(key_directory), whether they are in O(keys) or not. A backup
        of each private key remains.
      - If the play has V(absent) for several hosts, it needs O(allow_absent).
    type: str
    choices: [present, absent]
    default: present
  tenant:
    description:
      - The host name of the tenant, without the scheme. The default is the name of the inventory host.
      - In lower case and without a final dot, it names the folder in O(key_directory) and the host in O(url). A tenant's
        first host name never changes. Use this one, not an alias.
    type: str
  key_directory:
    description:
      - The folder for the keys and the id of the client. The default is a folder named after the tenant in C(keys/oauth) next
        to the inventory (the file, or the folder if this is one), apart from the keys of the role tenant_jwt.
        It is next to the playbook if the host does not come from a file, or from one in a collection.
      - Another OAuth client of the same tenant needs another folder.
    type: path
  keys:
    description: The key pairs of the client. To rotate keys, change this list.
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
          - V(current) requests the access tokens. Exactly one key must have this state. It is created if it does not exist.
          - V(retiring) no longer requests tokens here, but the client still has it, for applications that use it elsewhere. It
            is maintained if it exists.
          - V(absent) is removed from the client, and then its files. A backup of the private key remains.
        type: str
        choices: [current, retiring, absent]
        default: current
      uri:
        description: The URI of this key in a key store, as in O(private_key_uri), which it replaces for this key.
        type: str
  allow_shared_key:
    description:
      - Whether tenants of the same run may share a folder for keys, or a private key in a key store.
      - If V(true), O(key_directory) may have key pairs of other tenants, so those that are not in O(keys) are neither
        reported nor removed.
    type: bool
    default: false
  allow_new_key:
    description:
      - Whether to create a key although O(key_directory) has none, and the tenant has an OAuth client named O(client_name)
        that this collection created, so that there must have been a key. If V(false), this is an error.
      - A key in a key store is found there, so it may have lost its files. If the client does not have the version that
        signs, this option also decides whether to add it.
    type: bool
    default: false
  client_name:
    description:
      - The name of the OAuth client. The first run finds a client by this name, so it can adopt one that was created by hand.
        Later runs find it by its id, and change its name if this option does.
    type: str
    default: Ansible (tenantops.qlik)
  app_type:
    description: The type of a new client. Qlik Cloud does not change the type of an existing one.
    type: str
    choices: [web, native, spa, anonymous-embed]
    default: web
  scopes:
    description:
      - The scopes of the client. The default is V(admin_classic) and V(user_default) for a new client. An existing client keeps
        the scopes that it has.
      - To authenticate with its own key in later runs, the client needs the right to manage OAuth clients.
    type: list
    elements: str
  grant_types:
    description:
      - How the client may request access tokens. The default is V(client_credentials) for a new client, and
        V(urn:qlik:oauth:user-impersonation), too, if the access token is for a user. An existing client keeps those that it
        has.
      - Without V(client_credentials), the client cannot authenticate with its own key in later runs, so each run needs another
        credential.
    type: list
    elements: str
    choices: [client_credentials, 'urn:qlik:oauth:user-impersonation']
  auth_methods:
    description:
      - How the client may prove itself. The default is V(private_key_jwt) for a new client. An existing client also keeps the
        methods that it has, such as its secret.
      - V(private_key_jwt) alone ends the secret of a client that was created by hand, as soon as a token has been requested
        with the current key.
    type: list
    elements: str
    choices: [private_key_jwt, client_secret]
  redirect_uris:
    description: The redirect URIs of the client. The default is those that it has.
    type: list
    elements: str
  allowed_origins:
    description: The origins from which browsers may use the client. The default is those that it has.
    type: list
    elements: str
  consent_method:
    description:
      - Whether users have to consent to the client. The default is V(trusted) for a new client if the access
        token is for a user, and otherwise what the tenant has.
    type: str
    choices: [required, trusted]
  verify:
    description:
      - When to ask the tenant whose the access token is, with C(users/me).
      - V(changed) means after the client has changed, and before a key is removed from it. The token itself is requested in
        each run, and always before a key is removed.
      - After the client has changed, the request for a token is repeated for half a minute, because Qlik does not document
        how soon a new key can be used.
    type: str
    choices: [never, changed, always]
    default: changed
  purge:
    description:
      - Whether to remove what no key in O(keys) owns, after an access token has been requested with the current key. These are
        public keys of the client, and key pairs in O(key_directory). If V(false), the task warns of them.
      - A backup of each private key remains. Do not set this if somebody else adds keys to the client.
    type: bool
    default: false
  api_key:
    description:
      - An API key of a tenant admin, which the first run needs unless O(client_id) is set. The default is E(QSCLOUD_API_KEY) in
        the environment.
      - Credentials in the environment are only used if neither O(api_key) nor O(client_id) is set, and only for the tenant in
        E(QSCLOUD_TENANT_URL).
    type: str
  client_id:
    description:
      - The ID of an OAuth client that may administer the tenant, as an alternative to an API key. The default is
        E(QSCLOUD_CLIENT_ID) in the environment.
      - It may be the client that the task manages, if that was created by hand. If the files of the keys are lost after each
        run, for example with the container of a job, set this and O(client_private_key_uri) to the client's own id and key.
    type: str
  variables:
    description:
      - A prefix of variables of the host. An option that the task does not set is read from the variable whose name is
        this prefix and the option, if it exists. The role uses V(tenant_oauth_).
    type: str
seealso:
  - module: tenantops.qlik.qscloud_keypair
  - module: tenantops.qlik.qscloud_tenant_jwt
"""

EXAMPLES = r"""
- name: Create an OAuth client with a key, and request an access token
  tenantops.qlik.qscloud_tenant_oauth:
    tenant: acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}" # only for the first run
  register: acme

- name: Use the token
  ansible.builtin.set_fact:
    api_headers:
      Authorization: "Bearer {{ acme.access_token }}"
  no_log: true

- name: Introduce a second key
  tenantops.qlik.qscloud_tenant_oauth:
    tenant: acme.eu.qlikcloud.com
    keys:
      - {prefix: new_, state: current}
      - {prefix: '', state: retiring}

- name: Retire the first one, as soon as nothing uses it any longer
  tenantops.qlik.qscloud_tenant_oauth:
    tenant: acme.eu.qlikcloud.com
    keys:
      - {prefix: new_, state: current}
      - {prefix: '', state: absent}

- name: Request an access token for Anna
  tenantops.qlik.qscloud_tenant_oauth:
    tenant: acme.eu.qlikcloud.com
    client_name: Portal
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    key_directory: "{{ playbook_dir }}/keys/portal"
    user_subject: auth0|anna
    scope: [user_default]

- name: Delete the OAuth client and all of its keys
  tenantops.qlik.qscloud_tenant_oauth:
    tenant: acme.eu.qlikcloud.com
    state: absent

- name: Take all other options from the variables of the host, such as tenant_oauth_client_name
  tenantops.qlik.qscloud_tenant_oauth:
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    variables: tenant_oauth_
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
          V(oauth_client), V(oauth_client_key), V(client_id) and V(access_token).
      type: str
      sample: oauth_client
    action:
      description:
        - The verb. One of V(write), V(add), V(change), V(replace), V(remove), V(create), V(delete), V(request) and V(keep).
      type: str
      sample: create
    reason:
      description: Why, or null if there is nothing to add.
      type: str
      sample: it was missing
    id:
      description: The path of a file, or the id of the client.
      type: str
      sample: 0123456789abcdef0123456789abcdef
    changed:
      description: Whether the step changed anything.
      type: bool
      sample: true
    text:
      description: The step as a sentence.
      type: str
      sample: "wrote publickey.pem: it was missing"
findings:
  description: What the task did not change, but somebody should know. Also returned if the task fails.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(stray) means that a public key of the client or a key pair belongs to no key in O(keys), of which the task warns.
        - V(manual) means that something has to be done by hand in the tenant.
      type: str
      sample: stray
    text:
      description: The finding as a sentence. It may contain text from the tenant.
      type: str
      sample: "keys/oauth/acme.eu.qlikcloud.com has the key pair with the prefix 'old_', which is not in keys: add it, or set
        purge to true to remove it."
    ends:
      description: Always null here.
      type: str
      sample: null
client:
  description: The OAuth client, with its C(id) and C(name). Null with O(state=absent).
  returned: success
  type: dict
  sample:
    id: 0123456789abcdef0123456789abcdef
    name: Ansible (tenantops.qlik)
key_pairs:
  description:
    - The key pairs that now exist, with the current one first. Each has its C(prefix) and C(state), and of the return
      values of M(tenantops.qlik.qscloud_keypair), C(key_id), C(private_key_path), C(certificate_path) and C(not_after),
      and C(private_key_uri) if the private key is in a key store.
  returned: success
  type: list
  elements: dict
  sample:
    - prefix: ''
      state: current
      key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
      private_key_path: keys/oauth/acme.eu.qlikcloud.com/privatekey.pem
      certificate_path: keys/oauth/acme.eu.qlikcloud.com/publickey.cer
      not_after: "2027-11-23T21:42:26Z"
access_token:
  description:
    - The access token. Null in check mode, and with O(state=absent).
    - A result that contains it is hidden from all output.
  returned: success
  type: str
  sample: eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9...
"""

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _chain_module, _module
from ..module_utils._chain import options as chain_options
from ..module_utils._chain.oauth import run as chain
from ..module_utils._chain.report import Report
from ..module_utils._tenant import credentials


def _same(*names: str) -> dict[str, dict[str, t.Any]]:
    return {name: _argument_specs.CHAIN[name] for name in names}


_LIST = {"type": "list", "elements": "str"}

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    **_same("state", "allow_absent", "tenant"),
    "client_name": {"type": "str", "default": "Ansible (tenantops.qlik)"},
    "app_type": {"type": "str", "choices": ["web", "native", "spa", "anonymous-embed"], "default": "web"},
    "scopes": _LIST,
    "grant_types": {**_LIST, "choices": ["client_credentials", "urn:qlik:oauth:user-impersonation"]},
    "auth_methods": {**_LIST, "choices": ["private_key_jwt", "client_secret"]},
    **dict.fromkeys(("redirect_uris", "allowed_origins"), _LIST),
    "consent_method": {"type": "str", "choices": ["required", "trusted"]},
    **_argument_specs.ACCESS_TOKEN,
    **_same("key_directory", "keys", "key_size", "certificate_days", "renew_before_days", "common_name"),
    **_argument_specs.KEY_STORE,
    **_same("private_key_passphrase", "private_key_old_passphrase", "allow_shared_key", "allow_new_key", "purge"),
    "verify": {"type": "str", "choices": ["never", "changed", "always"], "default": "changed"},
    **_same("url", "api_key", *_argument_specs.OAUTH_CLIENT, "ca_path", "timeout", "variables"),
}

MUTUALLY_EXCLUSIVE = [_argument_specs.ACCESS_TOKEN_USERS]


def provide(module: AnsibleModule, report: Report, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Bring the client into the desired state."""
    # Ansible knows which options are secret, but does not know the secrets in the environment.
    module.no_log_values |= credentials.secrets(chain_options.connection(module.params), os.environ)
    outcome = chain.run(module.params, os.environ, lambda facts: _module.refuse_masked(module, facts), report)
    result = {
        **_chain_module.so_far(module, report, names),
        "client": outcome.client,
        "key_pairs": [key.facts() for key in outcome.keys],
        "access_token": outcome.access_token,
    }
    _module.refuse_masked(module, {"access_token": outcome.access_token, "client": outcome.client})
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
