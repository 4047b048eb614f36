# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: qscloud
short_description: The tenants of a Qlik Cloud organization
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Lists the tenants of an organization, in all subscriptions and regions, with Qlik's Organization API.
  - Active tenants are in the group C(tenants), which the playbook C(tenantops.qlik.provision) uses. All others, such as
    disabled, deactivated or deleted ones, are in the group C(tenants_inactive).
  - Each tenant has the variable C(qscloud_tenant), a dictionary with what the API says about it. Its names are those of
    the API in snake case, such as C(id), C(name), C(status), C(region_code), C(country_code), C(subscription_id) and
    C(created_at). C(hostnames) is in lower case, and C(aliases) is C(hostnames) without the first one.
  - The name of the configuration file must end in C(.yml) or C(.yaml).
notes:
  - The API is not available in Qlik's government clouds.
  - The OAuth client of the organization only lists the tenants. To register keys in them, set the credentials of each
    tenant as variables of its host or group.
  - If an inventory cannot be read, Ansible only warns and continues without it. Set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to make it fail instead.
  - What the API says is never evaluated as a template.
options:
  plugin:
    description: The name of this plugin, V(tenantops.qlik.qscloud).
    type: str
    required: true
    choices: [tenantops.qlik.qscloud]
  client_id:
    description:
      - The ID of an OAuth client of the organization. The OAuth clients of a region or tenant cannot list tenants.
      - In the file, the value can be a template.
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_ID
  client_secret:
    description:
      - The secret of the OAuth client.
      - In the file, the value can be encrypted with Ansible Vault, or be a template, such as a lookup in a secrets
        manager.
      - The client needs either a secret or a private key, which is in one of O(client_private_key_path),
        O(client_private_key_content) and O(client_private_key_uri). If the file has one of these, or its passphrase or key
        id, those in the environment are ignored.
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_SECRET
  client_private_key_path:
    description:
      - Path to a private key of the OAuth client, which proves itself with a signed client assertion instead of a secret.
        A relative path starts from the current folder.
      - Qlik documents this for the OAuth clients of a tenant. It is not known whether the clients of an organization can
        have keys.
      - Requires cryptography and PyJWT.
    type: path
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_PRIVATE_KEY_PATH
  client_private_key_content:
    description: The content of the private key of the OAuth client. In the file, the value can be as in O(client_secret).
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_PRIVATE_KEY_CONTENT
  client_private_key_uri:
    description:
      - The URI of the private key of the OAuth client in a key store, which signs there. It has the form of
        O(tenantops.qlik.qscloud_jwt#module:private_key_uri).
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_PRIVATE_KEY_URI
  client_private_key_passphrase:
    description:
      - The passphrase of the private key of the OAuth client, if it is encrypted. In the file, the value can be as in
        O(client_secret).
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_PRIVATE_KEY_PASSPHRASE
  client_key_id:
    description:
      - The key id that the public key has in the OAuth client. The default is the RFC 7638 thumbprint of the public key.
    type: str
    env:
      - name: QSCLOUD_ORGANIZATION_CLIENT_KEY_ID
  filters:
    description:
      - Which tenants to include. A tenant must match each of these filters.
      - Each filter is a pattern or a list of patterns, of which one must match. In a pattern, V(*) stands for any
        characters and V(?) for one. Upper and lower case are the same.
    type: dict
    default: {}
    suboptions:
      region:
        description: The region code, such as V(eu-west-1) or V(eu-*).
        type: list
        elements: str
      subscription:
        description: The ID of the subscription. Put it in quotes.
        type: list
        elements: str
      status:
        description: The status.
        type: list
        elements: str
        choices: [active, disabled, deleted, deactivated]
      name:
        description: The display name.
        type: list
        elements: str
  hostnames:
    description:
      - How to name a host, as Jinja expressions that can use C(qscloud_tenant). The first one that results in a valid
        host name is used.
      - If there is none, the host has the tenant's first host name, which never changes. Aliases can change at any time.
      - With O(strict=true), an expression that fails is an error.
    type: list
    elements: str
    default: []
  ca_path:
    description:
      - Path to a file in PEM format with the CA certificates to trust, instead of the system's.
      - A relative path starts from the current folder.
    type: path
  timeout:
    description: How many seconds to wait for each response.
    type: int
    default: 30
  url:
    description: The address of the API. Only tests need another one.
    type: str
    default: https://console.qlikcloud.com
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - tenantops.qlik.key_store.stores
seealso:
  - name: The Organization API
    description: How to create an OAuth client of the organization, and what the API says about a tenant.
    link: https://qlik.dev/apis/org-rest/
"""

EXAMPLES = r"""
# All tenants, with the OAuth client in QSCLOUD_ORGANIZATION_CLIENT_ID and QSCLOUD_ORGANIZATION_CLIENT_SECRET.
# ansible-playbook tenantops.qlik.provision -i tenants.qscloud.yml
---
plugin: tenantops.qlik.qscloud

# The tenants of one subscription in Europe, with the OAuth client in the file, and a list that is kept for one hour.
---
plugin: tenantops.qlik.qscloud
client_id: 0123456789abcdef0123456789abcdef
client_secret: "{{ lookup('ansible.builtin.file', '/run/secrets/organization') }}"
filters:
  region: eu-*
  subscription: "9876543210987654"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/qscloud
cache_timeout: 3600

# A group for each region, such as region_eu_west_1, and one for tests, whose certificates are valid for three months.
---
plugin: tenantops.qlik.qscloud
keyed_groups:
  - key: qscloud_tenant.region_code
    prefix: region
groups:
  tests: qscloud_tenant.name.startswith('Test ')
compose:
  tenant_jwt_certificate_days: 90 if qscloud_tenant.name.startswith('Test ') else 365

# Hosts that are named by their first alias, if they have one. Keys and issuer keep the name that never changes.
---
plugin: tenantops.qlik.qscloud
hostnames:
  - qscloud_tenant.aliases[0]
compose:
  tenant_jwt_tenant: qscloud_tenant.hostnames[0]
"""

import difflib
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils import _argument_specs, _module
from ..module_utils._errors import QlikError, printable, replace_options
from ..module_utils._keys.signers.opened import OPENED
from ..module_utils._tenant import credentials, organization
from ..module_utils._tenant.api import Tenant
from ..module_utils._text import host_name, is_host_name
from ..plugin_utils._vault import decrypting

if t.TYPE_CHECKING:
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader

VARIABLE = "qscloud_tenant"
GROUP = "tenants"
INACTIVE = "tenants_inactive"
NAMES = {"tenant_url": "url"}
"""What the library calls an option, and what it is called here."""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The tenants of an organization."""

    NAME = "tenantops.qlik.qscloud"

    def verify_file(self, path: str) -> bool:
        """Whether it can be a configuration file: its content then names the plugin."""
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Add the tenants to the inventory.

        :raises AnsibleParserError: if options are invalid, or the tenants cannot be listed.
        """
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        try:
            self._check_names(config)
            filters = organization.check_filters(self.get_option("filters"))
            tenants = self._tenants(config, path, cache)
        except QlikError as error:
            raise AnsibleParserError(replace_options(error.message, NAMES)) from None
        matching = [tenant for tenant in tenants if organization.matches(tenant, filters)]
        if not tenants:
            self.display.warning("The organization of this OAuth client has no tenants, so this inventory is empty.")
        elif not matching:
            self.display.warning(f"None of {len(tenants)} tenants matches the filters, so this inventory is empty.")
        self._add(matching)

    def _check_names(self, config: t.Mapping[str, t.Any]) -> None:
        # Ansible itself ignores unknown options of an inventory plugin.
        for name in sorted(map(str, set(config) - set(self._options))):
            nearest = difflib.get_close_matches(name, self._options, 1)
            hint = (
                f"perhaps {nearest[0]} is meant" if nearest else "see 'ansible-doc -t inventory tenantops.qlik.qscloud'"
            )
            raise QlikError(f"This inventory has no option {name}: {hint}.")

    def _tenants(self, config: dict[str, t.Any], path: str, cache: bool) -> list[dict[str, t.Any]]:
        """The tenants from the cache or the API. What is cached has no credentials."""
        options = {name: self.get_option(name) for name in ("url", "ca_path", "timeout")}
        for name in (*_argument_specs.OAUTH_CLIENT, *_argument_specs.KEY_STORES):
            # get_option does not evaluate templates.
            value = self.templar.template(self.get_option(name))
            options[name] = value if value is None else str(value)
        # Of what proves the client, the environment is not mixed with the file.
        proofs = [name for name in _argument_specs.OAUTH_CLIENT if name != "client_id"]
        if any(config.get(name) is not None for name in proofs):
            options |= dict.fromkeys(name for name in proofs if config.get(name) is None)
        if credentials.have_key(options, {}):
            for library in _module.MISSING:
                raise AnsibleParserError(missing_required_lib(library))
        with decrypting(self.loader), OPENED:
            return self._tenants_of(organization.connection(options), path, cache)

    def _tenants_of(self, connection: credentials.Connection, path: str, cache: bool) -> list[dict[str, t.Any]]:
        for warning in connection.warnings:
            self.display.warning(replace_options(warning, NAMES))
        # Another organization has a list of its own.
        key = self.get_cache_key(f"{path} {connection.url} {connection.credentials.client_id}")
        if self.get_option("cache") and cache:
            try:
                return self._cache[key]
            except KeyError:
                pass
        tenants = organization.tenants(Tenant(connection))
        if self.get_option("cache"):
            self._cache[key] = tenants
        return tenants

    def _add(self, tenants: list[dict[str, t.Any]]) -> None:
        for group in (GROUP, INACTIVE):
            self.inventory.add_group(group)
        added: dict[str, str] = {}
        # If a deleted tenant has left its name to another one, the name is that of the active one.
        for tenant in sorted(tenants, key=lambda tenant: (not _is_active(tenant), organization.host_names(tenant))):
            id_ = printable(str(tenant.get("id")))
            host_names = organization.host_names(tenant)
            if not host_names:
                self.display.warning(f"The tenant with the ID {id_} has no valid host name, and is left out.")
                continue
            variables = {VARIABLE: wrap_var(_describe(tenant, host_names))}
            name = self._name(variables) or host_names[0]
            if name in added:
                self.display.warning(
                    f"The tenants with the IDs {added[name]} and {id_} would both be named {name}: the second one is"
                    " left out, unless hostnames names it otherwise."
                )
                continue
            added[name] = id_
            self.inventory.add_host(name, group=GROUP if _is_active(tenant) else INACTIVE)
            self.inventory.set_variable(name, VARIABLE, variables[VARIABLE])
            self._construct(name, variables)

    def _name(self, variables: dict[str, t.Any]) -> str | None:
        """The result of the first expression that is a host name."""
        for expression in self.get_option("hostnames"):
            try:
                name = self._compose(expression, variables)
            except AnsibleError as error:
                if self.get_option("strict"):
                    raise AnsibleParserError(f"Cannot evaluate '{expression}' in hostnames: {error}") from None
                continue
            if isinstance(name, str) and is_host_name(name):
                # Ansible would list a name that is marked as unsafe in a form that other programs do not expect.
                return host_name("".join(name))
        return None

    def _construct(self, name: str, variables: dict[str, t.Any]) -> None:
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), {}, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), {}, name, strict)


def _is_active(tenant: t.Mapping[str, t.Any]) -> bool:
    return tenant.get("status") == organization.ACTIVE


def _describe(tenant: dict[str, t.Any], host_names: list[str]) -> dict[str, t.Any]:
    """The variable of a host. Links into the API are left out, because only its clients can follow them."""
    described = camel_dict_to_snake_dict({name: value for name, value in tenant.items() if name != "links"})
    return {**described, "hostnames": host_names, "aliases": host_names[1:]}
