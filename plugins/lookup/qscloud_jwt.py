# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: qscloud_jwt
short_description: Sign a JWT that logs a user in to a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Signs a token like M(tenantops.qlik.qscloud_jwt), but inside an expression.
  - Each evaluation of the expression returns a new token, even if the expression is in a variable that is used twice.
    This suits Qlik Cloud, where a token is valid for one login.
  - The lookup issues the same warnings as the module. With O(strict=true), it fails if the token violates a
    rule of Qlik Cloud.
  - Relative paths are relative to the folder of the playbook.
notes:
  - Lookups run on the controller, so the private key or its store must be available there.
  - 'The lookup cannot hide the token from the output of the task that uses it. Set C(no_log: true) on tasks that would
    print it.'
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.signing
  - tenantops.qlik.private_key
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
seealso:
  - module: tenantops.qlik.qscloud_jwt
"""

EXAMPLES = r"""
- name: Log in to the tenant
  ansible.builtin.uri:
    url: https://acme.eu.qlikcloud.com/login/jwt-session
    method: POST
    headers:
      Authorization: "Bearer {{ lookup('tenantops.qlik.qscloud_jwt', **anna) }}"
      qlik-web-integration-id: my-web-integration
  vars:
    anna:
      private_key_path: keys/acme.eu.qlikcloud.com/privatekey.pem
      issuer: acme.eu.qlikcloud.com
      name: Anna Anderson
      email: anna@grusgrus.com
      email_verified: true
      groups: [group1, group 2]
  no_log: true
"""

RETURN = r"""
_raw:
  description: The signed token.
  type: list
  elements: str
"""

from ..module_utils import _argument_specs
from ..module_utils._tokens.claims import QLIK_CLOUD
from ..plugin_utils._token_lookup import SigningLookup


class LookupModule(SigningLookup):
    """Signs a token for Qlik Cloud."""

    OPTIONS = {**_argument_specs.SIGNING, **_argument_specs.PRIVATE_KEY, **_argument_specs.KEY_STORE}
    PROFILE = QLIK_CLOUD
