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

from ansible.errors import AnsibleLookupError
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils import _argument_specs, _module
from ..module_utils._errors import QlikError, replace_options
from ..module_utils._files.vault import check_options
from ..module_utils._keys.signers.opened import OPENED
from ..module_utils._tenant import credentials, grants
from ..module_utils._tenant.api import Tenant
from ..plugin_utils._vault import decrypting

OPTIONS = {**_argument_specs.TENANT, **_argument_specs.ACCESS_TOKEN}
PATHS = ("client_private_key_path", "ca_path", "vault_ca_path")


class LookupModule(LookupBase):
    """Request an access token."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Request an access token with the given options.

        :raises AnsibleLookupError: if the options are invalid, or the tenant refuses.
        """
        if terms:
            raise AnsibleLookupError(
                "This lookup takes no positional terms: use named options such as client_id='0f8fad5b'."
            )
        options = self._validated(kwargs)
        if credentials.have_key(options, os.environ):
            for library, reason in _module.MISSING.items():
                raise AnsibleLookupError(f"{missing_required_lib(library)} {reason}")
        try:
            check_options(options)
            wanted = grants.wanted(options)
            with decrypting(self._loader), OPENED:
                connection = credentials.from_options(options, os.environ)
                facts = grants.issue(Tenant(connection), wanted, verify=False)
        except QlikError as error:
            # Ansible would append the message of the cause.
            raise AnsibleLookupError(str(error)) from None
        for sentence in connection.warnings:
            Display().warning(replace_options(sentence, {}))
        return [facts["access_token"]]

    def _validated(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        # Ansible itself ignores unknown options of a lookup.
        validator = ArgumentSpecValidator(OPTIONS, mutually_exclusive=[_argument_specs.ACCESS_TOKEN_USERS])
        validation = validator.validate(given)
        if validation.error_messages:
            raise AnsibleLookupError(validation.errors.msg)
        options = validation.validated_parameters
        for option in PATHS:
            if options[option]:
                options[option] = os.path.join(self._loader.get_basedir(), options[option])
        return options
