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

import os
import time
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
from ..module_utils._tokens import sign
from ..plugin_utils._vault import decrypting

OPTIONS = {**_argument_specs.SIGNING, **_argument_specs.KEY_STORE}


class LookupModule(LookupBase):
    """Sign a token."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Sign a token with the given options.

        :raises AnsibleLookupError: if the options or the key are invalid.
        """
        if terms:
            raise AnsibleLookupError("This lookup takes no positional terms: use named options such as issuer='acme'.")
        for library, reason in _module.MISSING.items():
            raise AnsibleLookupError(f"{missing_required_lib(library)} {reason}")
        options = self._validated(kwargs)
        written = _argument_specs.as_written(OPTIONS, options)
        try:
            check_options(options)
            with decrypting(self._loader), OPENED:
                sign.check_key(options)
                outcome = sign.issue(options, sign.draft(options, int(time.time())))
        except QlikError as error:
            # Ansible would append the message of the cause, which has option names that the user did not write.
            raise AnsibleLookupError(replace_options(error.message, written)) from None
        for sentence in outcome.warnings:
            Display().warning(replace_options(sentence, written))
        return [outcome.facts["token"]]

    def _validated(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        # Ansible itself ignores unknown options of a lookup.
        validator = ArgumentSpecValidator(
            OPTIONS,
            mutually_exclusive=[_argument_specs.SIGNING_KEYS],
            required_one_of=[_argument_specs.SIGNING_KEYS],
        )
        validation = validator.validate(given)
        if validation.error_messages:
            raise AnsibleLookupError(validation.errors.msg)
        options = validation.validated_parameters
        for option in ("private_key_path", "vault_ca_path"):
            if options[option]:
                options[option] = os.path.join(self._loader.get_basedir(), options[option])
        return options
