# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: qscloud_jwt
short_description: A fresh JWT that logs a user in to a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Signs a token as M(tenantops.qlik.qscloud_jwt) does, wherever an expression can stand.
  - Each time the expression is evaluated it is another token, also if it stands in a variable that is used twice. This suits
    Qlik Cloud, where a token is good for one login.
  - What would be a warning of the module is one here too, and what Qlik Cloud would refuse is an error with O(strict=true).
  - Relative paths start from the folder of the playbook.
notes:
  - "Lookups run on the controller, and so the private key has to be there."
  - "What a task does with the token is up to the task: set C(no_log: true) on those that would print it."
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.signing
seealso:
  - module: tenantops.qlik.qscloud_jwt
"""

EXAMPLES = r"""
- name: Log in to the tenant, and see who it is
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
  description: The token.
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
from ..module_utils._errors import QlikError, in_words_of_the_user
from ..module_utils._tokens import sign


class LookupModule(LookupBase):
    """Signs a token."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Sign a token with these options.

        :raises AnsibleLookupError: if they are wrong, or the key is.
        """
        if terms:
            raise AnsibleLookupError("There are options with names alone, such as issuer='acme', and no terms.")
        for library, reason in _module.MISSING.items():
            raise AnsibleLookupError(f"{missing_required_lib(library)} {reason}")
        options = self._validated(kwargs)
        written = _argument_specs.as_written(_argument_specs.SIGNING, options)
        try:
            outcome = sign.issue(options, int(time.time()))
        except QlikError as error:
            # Ansible would add what it was raised from, which has the names of options that the user has not written.
            raise AnsibleLookupError(in_words_of_the_user(error.message, written)) from None
        for sentence in outcome.warnings:
            Display().warning(in_words_of_the_user(sentence, written))
        return [outcome.facts["token"]]

    def _validated(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        # Ansible itself ignores options that a lookup does not know.
        validator = ArgumentSpecValidator(
            _argument_specs.SIGNING,
            mutually_exclusive=[_argument_specs.SIGNING_KEYS],
            required_one_of=[_argument_specs.SIGNING_KEYS],
        )
        validation = validator.validate(given)
        if validation.error_messages:
            raise AnsibleLookupError(validation.errors.msg)
        options = validation.validated_parameters
        if options["private_key_path"]:
            options["private_key_path"] = os.path.join(self._loader.get_basedir(), options["private_key_path"])
        return options
