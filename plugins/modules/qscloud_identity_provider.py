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
  - Creates, updates or deletes the JWT identity provider of a Qlik Cloud tenant for one issuer and key id, so that
    users can log in with the tokens that M(tenantops.qlik.qscloud_jwt) signs.
  - The module adopts an identity provider that was created by hand if it has the same issuer, key id and public key.
  - Qlik Cloud only allows the description of a JWT identity provider to be changed. For any other change, the module
    creates a new identity provider before it deletes the old one, so that users can log in throughout.
  - The module never touches identity providers of other kinds (OIDC, SAML).
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
      - If the key does not exist yet, its file may be missing, and options for it may be null. The task then predicts
        the identity provider that the key would get.
  diff_mode:
    support: full
    details: Shows the thumbprint of the key and the fingerprint of the certificate instead of the PEM.
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: This action does not write files.
options:
  issuer:
    description:
      - The issuer. It must equal the C(iss) claim of the tokens.
      - Blanks, line breaks and invisible characters at the ends of this option and of O(key_id) are rejected.
    type: str
    required: true
  key_id:
    description:
      - The key id. It must equal C(kid) in the header of the tokens. M(tenantops.qlik.qscloud_keypair) returns one.
      - If not set, the RFC 7638 thumbprint of the public key is used. Set this option to delete an identity provider
        whose key you do not have.
    type: str
  certificate_path:
    description:
      - Path to the certificate file in PEM or DER format. Of a chain, the first certificate is used.
      - With O(state=present), exactly one of O(certificate_path), O(certificate_content), O(public_key_path) and
        O(public_key_content) must be specified. Qlik's examples all use the certificate.
    type: path
  certificate_content:
    description: The content of the certificate in PEM format.
    type: str
  public_key_path:
    description: Path to the public key file in PEM or DER format.
    type: path
  public_key_content:
    description: The content of the public key in PEM format.
    type: str
  description:
    description:
      - The description of the identity provider. Only this option can be changed without replacing the identity
        provider.
      - If not set, an existing identity provider keeps its description.
    type: str
  clock_tolerance:
    description:
      - How many seconds the tenant's clock may differ from the clock of the machine that signs the tokens.
      - If not set, an existing identity provider keeps its tolerance, and a new one gets Qlik Cloud's default.
    type: int
  tenant_ids:
    description:
      - The IDs of the tenants that the identity provider applies to.
      - If not set, an existing identity provider keeps its tenants, and a new one is created without this list, which
        Qlik documents as optional.
    type: list
    elements: str
  compare:
    description:
      - What to compare to decide whether an existing identity provider can stay.
      - With V(public_key), a renewed certificate for the same key changes nothing in the tenant. With V(certificate),
        it causes the identity provider to be replaced.
    type: str
    choices: [public_key, certificate]
    default: public_key
  allow_gap:
    description:
      - What to do if the tenant rejects the new identity provider while the old one exists.
      - With V(false), the task fails and the old one stays. With V(true), the old one is deleted first, so users
        cannot log in for a moment. If the tenant still rejects the new one, the old one is created again.
    type: bool
    default: false
  state:
    description: Whether the identity provider should exist.
    type: str
    choices: [present, absent]
    default: present
notes:
  - The issuer and the key id identify an identity provider. If several in the tenant have the same issuer and key id,
    the task fails and lists them.
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

- name: Register the certificate in the tenant
  tenantops.qlik.qscloud_identity_provider:
    tenant_url: https://acme.eu.qlikcloud.com
    api_key: "{{ lookup('ansible.builtin.env', 'QSCLOUD_API_KEY') }}"
    issuer: acme.eu.qlikcloud.com
    key_id: "{{ keypair.key_id }}"
    certificate_path: "{{ keypair.certificate_path }}"
    description: Portal of Acme

- name: Run several tasks for one tenant with an OAuth client
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

    - name: Let users receive the groups in their tokens
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
  description: The ID of the identity provider. Null in check mode if it would be created.
  returned: O(state=present)
  type: str
  sample: 6566e0f5d3c5f6b6c8a3b7a1
identity_provider:
  description: The resulting identity provider.
  returned: O(state=present)
  type: dict
  contains:
    id:
      description: The ID of the identity provider.
      type: str
    issuer:
      description: The issuer.
      type: str
    key_id:
      description: The key id.
      type: str
    key_thumbprint:
      description: The RFC 7638 thumbprint of the public key. Null if the key cannot be read.
      type: str
    fingerprint_sha256:
      description: The SHA-256 fingerprint of the certificate. Null if the identity provider holds only a public key.
      type: str
    not_after:
      description: When the certificate expires, in UTC. Null if the identity provider holds only a public key.
      type: str
    pem:
      description: The certificate or public key, as the tenant returns it.
      type: str
    active:
      description: Whether the identity provider is active.
      type: bool
    description:
      description: The description of the identity provider.
      type: str
    clock_tolerance:
      description: The clock tolerance in seconds. Null if the tenant does not return it.
      type: int
    tenant_ids:
      description: The IDs of the tenants that it applies to. Null if the tenant does not return them.
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
  description: The IDs of the identity providers that were replaced by a new one.
  returned: O(state=present)
  type: list
  elements: str
  sample: []
actions:
  description: What was created, changed or deleted, and why. In check mode, what would be, as in C(would replace ...).
  returned: success
  type: list
  elements: str
  sample: ["replaced identity provider 6566e0f5d3c5f6b6c8a3b7a1: it was inactive"]
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
from ..module_utils._keys import given
from ..module_utils._tenant import identity_providers


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the identity provider into the requested state."""
    wanted = read_options(module.params, module.check_mode)
    _module.warn(module, [wanted.key and wanted.key.repairs])
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
        "changed": bool(outcome.steps),
        "actions": [step.text for step in outcome.steps],
        "diff": _module.diff(identity_providers.title(tenant, wanted), outcome.before, outcome.after),
        **facts,
        **_tenant_module.waited(tenant),
    }


def read_options(options: dict[str, t.Any], check_mode: bool) -> identity_providers.Wanted:
    """Validate the options and convert them for the library."""
    present = options["state"] == "present"
    may_be_missing = check_mode and present
    _text.check_options(options, ("issuer", "key_id"))
    tolerance = options["clock_tolerance"]
    if tolerance is not None and tolerance < 0:
        raise OptionError(f"O(clock_tolerance) is {tolerance}: it must be 0 or more seconds.")
    key = given.from_options(options, may_be_missing)
    if present and not key and not may_be_missing:
        raise OptionError(
            "O(certificate_path) is missing: specify the certificate in it or in O(certificate_content), or the public"
            " key in O(public_key_path) or O(public_key_content)."
        )
    if options["compare"] == "certificate" and key and not key.fingerprint:
        raise OptionError("O(compare) is certificate, but only a public key is specified: specify the certificate.")
    if options["key_id"] is None and not key and not may_be_missing:
        raise OptionError("O(key_id) is missing: set it, or specify the certificate that it belongs to.")
    return identity_providers.Wanted(
        issuer=options["issuer"],
        key_id=options["key_id"] if options["key_id"] is not None else key and key.thumbprint,
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
            **_argument_specs.PUBLIC_KEY,
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
        mutually_exclusive=[tuple(_argument_specs.PUBLIC_KEY)],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], ensure)


if __name__ == "__main__":
    main()
