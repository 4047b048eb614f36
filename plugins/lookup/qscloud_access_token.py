# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: qscloud_access_token
short_description: Request an OAuth access token from a Qlik Cloud tenant
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Requests an access token like M(tenantops.qlik.qscloud_access_token), but inside an expression.
  - Each evaluation of the expression requests a new token, even if the expression is in a variable that is used twice.
    To use one token in several tasks, use the module.
  - Relative paths are relative to the folder of the playbook.
notes:
  - Lookups run on the controller, so the private key or its store must be available there, and the tenant must be
    reachable from there.
  - 'The lookup cannot hide the token from the output of the task that uses it. Set C(no_log: true) on tasks that would
    print it.'
extends_documentation_fragment:
  - tenantops.qlik.access_token
  - tenantops.qlik.tenant
  - tenantops.qlik.key_store.stores
options:
  api_key:
    description: Not accepted by this lookup, because an access token is for an OAuth client.
    type: str
seealso:
  - module: tenantops.qlik.qscloud_access_token
"""

EXAMPLES = r"""
- name: List the spaces that Anna sees
  ansible.builtin.uri:
    url: https://acme.eu.qlikcloud.com/api/v1/spaces
    headers:
      Authorization: "Bearer {{ lookup('tenantops.qlik.qscloud_access_token', **anna) }}"
  vars:
    anna:
      tenant_url: https://acme.eu.qlikcloud.com
      client_id: 0f8fad5bd9cb469fa16570867728950e
      client_private_key_path: keys/acme.eu.qlikcloud.com/privatekey.pem
      user_subject: auth0|anna
      scope: [user_default]
  no_log: true
"""

RETURN = r"""
_raw:
  description: The access token.
  type: list
  elements: str
"""

import os
import typing as t

from ..module_utils import _argument_specs
from ..module_utils._tenant import credentials, grants
from ..module_utils._tenant.api import Tenant
from ..plugin_utils._token_lookup import TokenLookup


class LookupModule(TokenLookup):
    """Requests an access token."""

    OPTIONS = {**_argument_specs.TENANT, **_argument_specs.ACCESS_TOKEN}
    RULES = {"mutually_exclusive": [_argument_specs.ACCESS_TOKEN_USERS]}
    PATHS = ("client_private_key_path", "ca_path", "vault_ca_path")
    EXAMPLE = "client_id='0f8fad5b'"

    def needs_libraries(self, options: t.Mapping[str, t.Any]) -> bool:
        """Only to sign with a private key."""
        return credentials.have_key(options, os.environ)

    def issue(self, options: dict[str, t.Any]) -> tuple[str, t.Iterable[str]]:
        """Request an access token."""
        wanted = grants.wanted(options)
        connection = credentials.from_options(options, os.environ)
        return grants.issue(Tenant(connection), wanted, verify=False)["access_token"], connection.warnings
