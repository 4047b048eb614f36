# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: qseow_jwt
short_description: Sign a JWT for a virtual proxy of client-managed Qlik Sense
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Signs a token like M(tenantops.qlik.qseow_jwt), but inside an expression.
  - Each evaluation of the expression returns a new token, even if the expression is in a variable that is used twice.
  - Relative paths are relative to the folder of the playbook.
notes:
  - Lookups run on the controller, so the private key or its store must be available there.
  - 'The lookup cannot hide the token from the output of the task that uses it. Set C(no_log: true) on tasks that would
    print it.'
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.virtual_proxy
  - tenantops.qlik.private_key
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
seealso:
  - module: tenantops.qlik.qseow_jwt
"""

EXAMPLES = r"""
- name: Ask a server for its version, as Anna
  ansible.builtin.uri:
    url: https://qlik.grusgrus.com/jwt/qrs/about?Xrfkey=abcdefghij123456
    headers:
      Authorization: "Bearer {{ lookup('tenantops.qlik.qseow_jwt', **anna) }}"
      X-Qlik-Xrfkey: abcdefghij123456
  vars:
    anna:
      private_key_path: keys/qlik.grusgrus.com/privatekey.pem
      user_directory: GRUSGRUS
      user_id: anna
      audience: hdJh34wkK
  no_log: true
"""

RETURN = r"""
_raw:
  description: The signed token.
  type: list
  elements: str
"""

from ..module_utils import _argument_specs
from ..module_utils._tokens.claims import CLIENT_MANAGED
from ..plugin_utils._token_lookup import SigningLookup


class LookupModule(SigningLookup):
    """Signs a token for client-managed Qlik Sense."""

    OPTIONS = {**_argument_specs.VIRTUAL_PROXY, **_argument_specs.PRIVATE_KEY, **_argument_specs.KEY_STORE}
    PROFILE = CLIENT_MANAGED
