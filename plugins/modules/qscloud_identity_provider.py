#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_identity_provider
short_description: Register a certificate in a Qlik Cloud tenant as a JWT identity provider
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Creates, changes or deletes the JWT identity provider of a Qlik Cloud tenant for one issuer and key id, so that users
    can log in with the tokens that M(tenantops.qlik.qscloud_jwt) signs.
  - An identity provider that somebody has made by hand is adopted, if issuer, key id and public key are the same.
  - Of a JWT identity provider, Qlik Cloud lets only the description be changed. For all else it is replaced by a new one,
    which is created before the old one is deleted, so that users can always log in.
  - Other kinds of identity providers (OIDC, SAML) are never touched.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.tenant
  - tenantops.qlik.tenant.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: It writes no files.
  action:
    support: full
    details: With a local connection the module runs inside Ansible's own process, which is much faster.
  async:
    support: full
options:
  issuer:
    description: The issuer, which is the claim C(iss) of the tokens.
    type: str
    required: true
  key_id:
    description:
      - The key id, which is C(kid) in the header of the tokens. M(tenantops.qlik.qscloud_keypair) returns one.
      - If it is not given, it is the thumbprint of the public key (RFC 7638). It must be given to delete one without
        having its key.
    type: str
  certificate_path:
    description:
      - The file of the certificate, in PEM form.
      - With O(state=present), exactly one of O(certificate_path), O(certificate_content), O(public_key_path) and
        O(public_key_content) must be given. Qlik's examples all use the certificate.
    type: path
  certificate_content:
    description: The certificate itself, in PEM form.
    type: str
  public_key_path:
    description: The file of the public key, in PEM form.
    type: path
  public_key_content:
    description: The public key itself, in PEM form.
    type: str
  description:
    description:
      - A description. It is the only thing that is changed without a replacement.
      - If it is not given, that of an existing identity provider stays.
    type: str
  clock_tolerance:
    description:
      - By how many seconds the tenant's clock may differ from that of whoever signs the tokens.
      - If it is not given, that of an existing identity provider stays, and a new one gets Qlik Cloud's default.
    type: int
  tenant_ids:
    description:
      - The IDs of the tenants that the identity provider is for.
      - If it is not given, those of an existing identity provider stay, and a new one is for this tenant.
    type: list
    elements: str
  compare:
    description:
      - What must be the same for an existing identity provider to stay.
      - With V(public_key), a certificate that was issued anew for the same key changes nothing in the tenant. With
        V(certificate), the identity provider is replaced then.
    type: str
    choices: [public_key, certificate]
    default: public_key
  allow_gap:
    description:
      - What to do if the tenant refuses the new identity provider as long as the old one is there.
      - With V(false) the task fails, and the old one stays. With V(true) the old one is deleted first, so that for a moment
        nobody can log in; if the new one is refused even then, the old one is created again.
    type: bool
    default: false
  state:
    description: Whether the identity provider is to exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Issuer and key id name an identity provider. If the tenant has several with the same, the task fails and names them.
seealso:
  - module: tenantops.qlik.qscloud_identity_provider_info
  - module: tenantops.qlik.qscloud_keypair
  - module: tenantops.qlik.qscloud_session
  - name: Identity providers
    description: Qlik Cloud's REST API.
    link: https://qlik.dev/apis/rest/identity-providers/
"""

EXAMPLES = r"""
- name: Create the key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Register its certificate in the tenant
  tenantops.qlik.qscloud_identity_provider:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    issuer: acme.eu.qlikcloud.com
    key_id: "{{ keypair.key_id }}"
    certificate_path: "{{ keypair.certificate_path }}"
    description: Portal of Acme

- name: Several tasks for one tenant, with an OAuth client
  module_defaults:
    group/tenantops.qlik.qscloud:
      tenant_url: https://acme.eu.qlikcloud.com
      client_id: "{{ lookup('ansible.builtin.env', 'QSCLOUD_CLIENT_ID') }}"
      client_secret: "{{ lookup('ansible.builtin.env', 'QSCLOUD_CLIENT_SECRET') }}"
  block:
    - name: Register the certificate
      tenantops.qlik.qscloud_identity_provider:
        issuer: acme.eu.qlikcloud.com
        certificate_content: "{{ keypair.certificate }}"

    - name: Let the groups of tokens reach the users
      tenantops.qlik.qscloud_group_settings:
        auto_create_groups: true

- name: Delete the identity provider of an old key
  tenantops.qlik.qscloud_identity_provider:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    issuer: acme.eu.qlikcloud.com
    key_id: last-year
    state: absent
"""

RETURN = r"""
id:
  description: The ID of the identity provider. Null in check mode if it would be new.
  returned: O(state=present)
  type: str
  sample: 6566e0f5d3c5f6b6c8a3b7a1
identity_provider:
  description: The identity provider, as it is now.
  returned: O(state=present)
  type: dict
  contains:
    id:
      description: Its ID.
      type: str
    issuer:
      description: The issuer.
      type: str
    key_id:
      description: The key id.
      type: str
    key_thumbprint:
      description: The thumbprint of the public key (RFC 7638). Null if the key cannot be read.
      type: str
    fingerprint_sha256:
      description: The fingerprint of the certificate. Null if it has only a public key.
      type: str
    not_after:
      description: Until when the certificate is valid, in UTC. Null if it has only a public key.
      type: str
    pem:
      description: The certificate or public key, as the tenant shows it.
      type: str
    active:
      description: Whether it is active.
      type: bool
    description:
      description: The description.
      type: str
    clock_tolerance:
      description: The tolerance in seconds. Null if the tenant does not say.
      type: int
    tenant_ids:
      description: The IDs of its tenants. Null if the tenant does not say.
      type: list
      elements: str
  sample:
    id: 6566e0f5d3c5f6b6c8a3b7a1
    issuer: acme.eu.qlikcloud.com
    key_id: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
    key_thumbprint: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
    fingerprint_sha256: "ED:FF:82:81:0D:67:BF:DA:B8:C5:34:7F:B6:B1:89:6A:CA:0D:0F:B0:33:5C:92:E3:B4:55:C1:4C:13:DB:26:D4"
    not_after: "2027-11-23T21:42:26Z"
    pem: "-----BEGIN CERTIFICATE-----MIIE2TCCAsGgAwIBAgIUf...-----END CERTIFICATE-----"
    active: true
    description: Portal of Acme
    clock_tolerance: 5
    tenant_ids: [qIHIoXwr2ZpJ5JAkJb2SrkvqUYoHZcyN]
replaced:
  description: The IDs of the identity providers that a new one has taken the place of.
  returned: O(state=present)
  type: list
  elements: str
  sample: []
actions:
  description: What was created, changed or deleted, and why; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["replaced 6566e0f5d3c5f6b6c8a3b7a1: it was inactive"]
rate_limit_wait:
  description: For how many seconds the task has waited since the tenant's rate limit was reached.
  returned: if it has waited
  type: int
  sample: 12
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _tenant_module
from ..module_utils._errors import OptionError
from ..module_utils._keys import given
from ..module_utils._tenant import identity_providers


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the identity provider into the state that the options ask for."""
    wanted = read_options(module.params)
    tenant = _tenant_module.tenant(module)
    if module.params["state"] == "present":
        outcome = identity_providers.ensure_present(tenant, wanted, module.check_mode)
        facts = {
            "id": outcome.provider["id"],
            "identity_provider": outcome.provider,
            "replaced": outcome.replaced,
        }
    else:
        outcome = identity_providers.ensure_absent(tenant, wanted, module.check_mode)
        facts = {}
    return {
        "changed": bool(outcome.actions),
        "actions": outcome.actions,
        "diff": {"before": outcome.before, "after": outcome.after},
        **facts,
        **_tenant_module.waited(tenant),
    }


def read_options(options: dict[str, t.Any]) -> identity_providers.Wanted:
    """Check the options and turn them into what the library works with."""
    for option in ("issuer", "key_id"):
        if options[option] is not None and not options[option].strip():
            raise OptionError(f"O({option}) is empty: give the value that the tokens have.")
    tolerance = options["clock_tolerance"]
    if tolerance is not None and tolerance < 0:
        raise OptionError(f"O(clock_tolerance) is {tolerance}: give a number of seconds from 0 on.")
    key = given.from_options(options)
    if options["compare"] == "certificate" and key and not key.fingerprint:
        raise OptionError("O(compare) is certificate, but only a public key is given: give the certificate.")
    if options["key_id"] is None and not key:
        raise OptionError("O(key_id) is missing: give it, or the certificate that it belongs to.")
    return identity_providers.Wanted(
        issuer=options["issuer"],
        key_id=options["key_id"] if options["key_id"] is not None else key.thumbprint,
        key=key,
        description=options["description"],
        clock_tolerance=tolerance,
        tenant_ids=options["tenant_ids"],
        compare=options["compare"],
        allow_gap=options["allow_gap"],
    )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "issuer": {"type": "str", "required": True},
            "key_id": {"type": "str", "no_log": False},
            "certificate_path": {"type": "path"},
            "certificate_content": {"type": "str"},
            "public_key_path": {"type": "path"},
            "public_key_content": {"type": "str"},
            "description": {"type": "str"},
            "clock_tolerance": {"type": "int"},
            "tenant_ids": {"type": "list", "elements": "str"},
            "compare": {
                "type": "str",
                "choices": ["public_key", "certificate"],
                "default": "public_key",
                "no_log": False,
            },
            "allow_gap": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            **_argument_specs.TENANT,
        },
        mutually_exclusive=[tuple(given.OPTIONS)],
        required_if=[("state", "present", tuple(given.OPTIONS), True)],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], ensure)


if __name__ == "__main__":
    main()
