#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_oauth_client
short_description: Manage an OAuth client of a Qlik Cloud tenant and its list of public keys
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Creates, changes or deletes an OAuth client of a Qlik Cloud tenant, by its name or ID.
  - The client can authenticate with a private key instead of a secret (C(private_key_jwt)). It has a list of public
    keys, so a rotation is a change of O(keys).
  - The module adopts a client that was created by hand. Whatever an option does not specify stays as it is.
  - All changes to the settings and keys of a client are made in one request. No key is removed before a new one is
    added.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
  - tenantops.qlik.tenant.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - If a key in O(keys) does not exist yet, its file may be missing, and options for it may be null. The task then
        predicts that it would be added.
      - Only the tenant knows whether it accepts a scope, or another public key.
  diff_mode:
    support: full
    details: Shows the settings, and the ids and thumbprints of the public keys.
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: This action does not write files.
  async:
    details:
      - With O(return_secret=true), Ansible writes the secret to the async job file, which remains until it is cleaned
        up.
options:
  name:
    description:
      - The name of the client. It is required to create one.
      - Names are compared character by character. If several clients have the name, the task fails and lists their IDs.
      - With O(id), an existing client is renamed if it has another name.
    type: str
  id:
    description:
      - The ID of an existing client to manage, instead of looking it up by O(name).
      - The client that the task authenticates with is O(client_id).
    type: str
  state:
    description: Whether the client should exist.
    type: str
    choices: [present, absent]
    default: present
  app_type:
    description:
      - The type of the application. Qlik Cloud cannot change it, so the task fails if an existing client has another
        type.
      - If not set, a new client is of type V(web), which can authenticate without a user.
    type: str
    choices: [web, native, spa, anonymous-embed]
  description:
    description: The description of the client. If not set, a new client gets one that names this collection.
    type: str
  scopes:
    description: The scopes that the client may request, listed at U(https://qlik.dev/authenticate/oauth/scopes/).
    type: list
    elements: str
  grant_types:
    description:
      - How the client may request access tokens.
      - V(client_credentials) is for machine to machine, and V(urn:qlik:oauth:user-impersonation) for acting as a user.
        Qlik documents both only for O(app_type=web).
    type: list
    elements: str
    choices: [client_credentials, 'urn:qlik:oauth:user-impersonation']
  allowed_origins:
    description: The origins from which browsers may use the client. Qlik documents them only for O(app_type=spa).
    type: list
    elements: str
  redirect_uris:
    description: The URIs to which users may be redirected after a login.
    type: list
    elements: str
  auth_methods:
    description:
      - How the client may authenticate. V(private_key_jwt) requires a public key.
      - If not set, a new client that gets O(keys) is only allowed V(private_key_jwt), so that it has no secret that
        could leak. An existing client that gets O(keys) is allowed V(private_key_jwt), too, and keeps the methods that
        it has.
      - To take the secret away from a client that no longer needs it, set this option to V(private_key_jwt) alone.
    type: list
    elements: str
    choices: [private_key_jwt, client_secret]
  consent_method:
    description:
      - Whether users have to consent to the client (V(required)), or the tenant trusts it without asking them
        (V(trusted)).
    type: str
    choices: [required, trusted]
  keys:
    description:
      - The public keys of the client. If not set, the client keeps those that it has.
      - To rotate keys, list the new key as V(current) and the old one as V(retiring). When everyone uses the new key,
        set the old one to V(absent).
      - If the list would leave a client without a key that has no other way to authenticate, the task fails.
    type: list
    elements: dict
    suboptions:
      public_key_path:
        description:
          - Path to the public key file in PEM or DER format.
          - Exactly one of this option, O(keys[].public_key_content), O(keys[].certificate_path) and
            O(keys[].certificate_content) must be specified, unless O(keys[].state=absent) and O(keys[].key_id) is set.
          - Qlik Cloud requires at least 2048 bits.
        type: path
      public_key_content:
        description: The content of the public key in PEM format.
        type: str
      certificate_path:
        description:
          - Path to a certificate file in PEM or DER format. Qlik Cloud only gets its public key.
        type: path
      certificate_content:
        description: The content of a certificate in PEM format.
        type: str
      key_id:
        description:
          - The key id (C(kid)), which is also in the header of the client assertions that are signed with the key.
          - If not set, the RFC 7638 thumbprint of the public key is used. M(tenantops.qlik.qscloud_keypair) returns it.
        type: str
      state:
        description:
          - Whether the client has the key.
          - V(current) and V(retiring) add the key if it is missing, and V(absent) removes it. V(retiring) says that
            it is to be removed later.
        type: str
        choices: [current, retiring, absent]
        default: current
  purge:
    description:
      - Whether to remove the public keys of the client that are not in O(keys). If V(false), they are kept, and the
        task warns about them.
    type: bool
    default: false
  return_secret:
    description:
      - Whether to return the secret that Qlik Cloud generates for a client that may authenticate with a secret.
        Qlik Cloud returns it only once.
      - If V(true), a result with a secret is hidden from all output, as with C(no_log=true), unless the task fails.
    type: bool
    default: false
seealso:
  - module: tenantops.qlik.qscloud_oauth_client_info
  - module: tenantops.qlik.qscloud_keypair
  - name: OAuth clients
    description: Qlik Cloud's REST API.
    link: https://qlik.dev/apis/rest/oauth-clients/
"""

EXAMPLES = r"""
- name: Create the key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/provisioning
  register: keypair

- name: Create a machine-to-machine client without a secret
  tenantops.qlik.qscloud_oauth_client:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    name: Provisioning
    scopes: [admin_classic, user_default]
    grant_types: [client_credentials]
    keys:
      - public_key_content: "{{ keypair.public_key }}"
  register: oauth

- name: Use it
  tenantops.qlik.qscloud_group_settings:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: "{{ oauth.id }}"
    client_private_key_path: "{{ keypair.private_key_path }}"

- name: Create its next key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/provisioning-2027

- name: Rotate its key, and let both be used for a while
  tenantops.qlik.qscloud_oauth_client:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: "{{ oauth.id }}"
    client_private_key_path: keys/provisioning/privatekey.pem
    name: Provisioning
    keys:
      - public_key_path: keys/provisioning-2027/publickey.pem
      - public_key_path: keys/provisioning/publickey.pem
        state: retiring

- name: Remove the old key
  tenantops.qlik.qscloud_oauth_client:
    tenant_url: https://acme.eu.qlikcloud.com
    client_id: "{{ oauth.id }}"
    client_private_key_path: keys/provisioning-2027/privatekey.pem
    name: Provisioning
    keys:
      - public_key_path: keys/provisioning-2027/publickey.pem
      - public_key_path: keys/provisioning/publickey.pem
        state: absent
"""

RETURN = r"""
id:
  description: The ID of the client. Null in check mode if it would be created.
  returned: O(state=present)
  type: str
  sample: b3ee66d6f21d1611efa89a425f656f6f
oauth_client:
  description: The resulting client.
  returned: O(state=present)
  type: dict
  contains:
    id:
      description: The ID of the client, which is the C(client_id) to authenticate with.
      type: str
    name:
      description: The name of the client.
      type: str
    app_type:
      description: The type of the application.
      type: str
    description:
      description: The description of the client.
      type: str
    scopes:
      description: The scopes that the client may request.
      type: list
      elements: str
    grant_types:
      description: How the client may request access tokens.
      type: list
      elements: str
    allowed_origins:
      description: The origins from which browsers may use the client.
      type: list
      elements: str
    redirect_uris:
      description: The URIs to which users may be redirected after a login.
      type: list
      elements: str
    auth_methods:
      description: How the client may authenticate.
      type: list
      elements: str
    consent_method:
      description: Whether users have to consent to the client. Null if the tenant does not return it.
      type: str
    keys:
      description: The public keys of the client.
      type: list
      elements: dict
      contains:
        key_id:
          description: The key id (C(kid)). Null in check mode if the key does not exist yet.
          type: str
        key_thumbprint:
          description: The RFC 7638 thumbprint of the public key. Null if it is not an RSA key that can be read.
          type: str
  sample:
    id: b3ee66d6f21d1611efa89a425f656f6f
    name: Provisioning
    app_type: web
    description: Managed by Ansible (tenantops.qlik)
    scopes: [admin_classic, user_default]
    grant_types: [client_credentials]
    allowed_origins: []
    redirect_uris: []
    auth_methods: [private_key_jwt]
    consent_method: required
    keys:
      - key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
        key_thumbprint: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
client_secret:
  description: The secret that Qlik Cloud has generated for the client.
  returned: if Qlik Cloud has generated one and O(return_secret=true)
  type: str
  sample: a-secret-that-is-returned-once
actions:
  description: What was created, changed or deleted, and why. In check mode, what would be, as in C(would create ...).
  returned: success
  type: list
  elements: str
  sample: ["added key 2027 to OAuth client b3ee66d6f21d1611efa89a425f656f6f"]
rate_limit_wait:
  description: How many seconds the task waited because the tenant's rate limit was reached.
  returned: when the task waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module, _text
from ..module_utils._errors import OptionError
from ..module_utils._tenant import oauth_clients, oauth_keys


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the OAuth client into the requested state."""
    options, check_mode = module.params, module.check_mode
    wanted, warnings = read_options(options, check_mode)
    _module.warn(module, warnings)
    tenant = _tenant_module.tenant(module)
    client_id, facts = options["id"], {}
    if client_id is None:
        found = oauth_clients.find(tenant, options["name"])
    else:
        found = oauth_clients.find_by_id(tenant, client_id)
    if options["state"] == "present":
        if client_id is not None and not found:
            raise OptionError(
                f"O(id) is {client_id}, but {tenant.url} has no such OAuth client: correct it, or leave it out to"
                " create one."
            )
        outcome = oauth_clients.ensure_present(tenant, wanted, check_mode, found)
        facts = {"id": outcome.client.get("clientId"), "oauth_client": oauth_clients.describe(outcome.client)}
        if outcome.secret and options["return_secret"]:
            facts["client_secret"] = outcome.secret
        _module.warn(module, [*_about_keys(wanted, outcome), _about_secret(options, outcome, bool(found))])
    elif found:
        outcome = oauth_clients.remove(tenant, found, check_mode)
    else:
        outcome = oauth_clients.Outcome([], None, {}, {})
    title = f"OAuth client {options['name'] if client_id is None else client_id} in {tenant.url}"
    return {
        "changed": bool(outcome.steps),
        "actions": [step.text for step in outcome.steps],
        "diff": _module.diff(title, outcome.before, outcome.after),
        **facts,
        **_tenant_module.waited(tenant),
    }


def read_options(options: dict[str, t.Any], check_mode: bool) -> tuple[oauth_clients.Wanted, list[str]]:
    """Validate the options and convert them for the library; with warnings about them."""
    _text.check_options(options, ("name", "id"))
    if options["purge"] and options["keys"] is None:
        raise OptionError("O(purge) is true, but O(keys) is missing: list the keys to keep.")
    keys, warnings = None, []
    if options["keys"] is not None:
        keys, warnings = oauth_keys.from_options(options["keys"], check_mode)
    names = set(oauth_clients.Wanted._fields) - {"keys"}
    return oauth_clients.Wanted(keys=keys, **{name: options[name] for name in names}), warnings


def _about_keys(wanted: oauth_clients.Wanted, outcome: oauth_clients.Outcome) -> list[str]:
    """A warning about the public keys that nobody has listed, if there are any."""
    if wanted.keys is None:
        return []
    listed = {key.key_id for key in wanted.keys}
    others = [key_id for key_id in oauth_clients.key_ids(outcome.client) if key_id not in listed]
    return others and [
        f"OAuth client {outcome.client['clientId']} has public keys that are not in O(keys) (key ids:"
        f" {', '.join(others)}): add them, or set O(purge) to true to remove them."
    ]


def _about_secret(options: dict[str, t.Any], outcome: oauth_clients.Outcome, existed: bool) -> str | None:
    """A warning about a secret that nobody gets, but may need."""
    if oauth_clients.SECRET_METHOD not in oauth_clients.auth_methods(outcome.client):
        return None
    which = f"of OAuth client {outcome.client.get('clientId')}"
    if outcome.secret and not options["return_secret"]:
        return (
            f"The secret {which} was not returned, because O(return_secret) is false: if it is needed, generate another"
            " one in the tenant."
        )
    if options["return_secret"] and not outcome.secret and not existed and "clientId" in outcome.client:
        return (
            f"The tenant did not return the secret {which}, or its answer was lost: if it is needed, generate another"
            " one in the tenant."
        )
    return None


def main() -> None:
    """Run the module."""
    texts = {"type": "list", "elements": "str"}
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str"},
            "id": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "app_type": {"type": "str", "choices": ["web", "native", "spa", "anonymous-embed"]},
            "description": {"type": "str"},
            "scopes": texts,
            "grant_types": {**texts, "choices": ["client_credentials", "urn:qlik:oauth:user-impersonation"]},
            "allowed_origins": texts,
            "redirect_uris": texts,
            "auth_methods": {**texts, "choices": ["private_key_jwt", "client_secret"]},
            "consent_method": {"type": "str", "choices": ["required", "trusted"]},
            "keys": {
                "type": "list",
                "elements": "dict",
                "no_log": False,
                "options": {
                    **_argument_specs.PUBLIC_KEY,
                    "key_id": {"type": "str", "no_log": False},
                    "state": {"type": "str", "choices": ["current", "retiring", "absent"], "default": "current"},
                },
                "mutually_exclusive": [tuple(_argument_specs.PUBLIC_KEY)],
            },
            "purge": {"type": "bool", "default": False},
            "return_secret": {"type": "bool", "default": False, "no_log": False},
            **_argument_specs.TENANT,
        },
        required_one_of=[("name", "id")],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], ensure)


if __name__ == "__main__":
    main()
