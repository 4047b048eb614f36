# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups that sign a token share: they differ in their options, and in what the token is for."""

from __future__ import annotations

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
from ._vault import decrypting

if t.TYPE_CHECKING:
    from ..module_utils._tokens.claims import Profile


class TokenLookup(LookupBase):
    """Signs a token from named options."""

    OPTIONS: t.ClassVar[dict[str, dict[str, t.Any]]]
    """The argument specification: the options for the product, and those for the private key."""
    PROFILE: t.ClassVar[Profile]
    """What the token is for."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Sign a token with the given options.

        :raises AnsibleLookupError: if the options or the key are invalid.
        """
        if terms:
            raise AnsibleLookupError(
                "This lookup takes no positional terms: use named options such as expires_in='5m'."
            )
        for library, reason in _module.MISSING.items():
            raise AnsibleLookupError(f"{missing_required_lib(library)} {reason}")
        options = self._validated(kwargs)
        written = _argument_specs.as_written(self.OPTIONS, options)
        try:
            check_options(options)
            with decrypting(self._loader), OPENED:
                sign.check_key(options)
                outcome = sign.issue(options, sign.draft(options, int(time.time()), self.PROFILE))
        except QlikError as error:
            # Ansible would append the message of the cause, which has option names that the user did not write.
            raise AnsibleLookupError(replace_options(error.message, written)) from None
        for sentence in outcome.warnings:
            Display().warning(replace_options(sentence, written))
        return [outcome.facts["token"]]

    def _validated(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        # Ansible itself ignores unknown options of a lookup.
        validator = ArgumentSpecValidator(
            self.OPTIONS,
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
