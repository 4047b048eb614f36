# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups that return a token share: named options alone, and one sentence for each error."""

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
    """Returns a token that named options specify."""

    OPTIONS: t.ClassVar[dict[str, dict[str, t.Any]]]
    """The argument specification."""
    RULES: t.ClassVar[dict[str, t.Any]]
    """Those between the options, by their names in an argument specification."""
    PATHS: t.ClassVar[tuple[str, ...]]
    """The options that are paths, which may be relative to the playbook."""
    EXAMPLE: t.ClassVar[str]
    """An option as it is written in an expression."""

    def needs_libraries(self, options: t.Mapping[str, t.Any]) -> bool:
        """Whether cryptography and PyJWT must be installed."""
        raise NotImplementedError

    def issue(self, options: dict[str, t.Any]) -> tuple[str, t.Iterable[str]]:
        """The token, and warnings.

        :raises QlikError: if that fails.
        """
        raise NotImplementedError

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """Return a token with the given options.

        :raises AnsibleLookupError: if the options are invalid, or there is no token.
        """
        if terms:
            raise AnsibleLookupError(
                f"This lookup takes no positional terms: use named options such as {self.EXAMPLE}."
            )
        options = self._validated(kwargs)
        if self.needs_libraries(options):
            for library, reason in _module.MISSING.items():
                raise AnsibleLookupError(f"{missing_required_lib(library)} {reason}")
        written = _argument_specs.as_written(self.OPTIONS, options)
        try:
            check_options(options)
            with decrypting(self._loader), OPENED:
                token, warnings = self.issue(options)
        except QlikError as error:
            # Ansible would append the message of the cause, which has option names that the user did not write.
            raise AnsibleLookupError(replace_options(error.message, written)) from None
        for sentence in warnings:
            Display().warning(replace_options(sentence, written))
        return [token]

    def _validated(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        # Ansible itself ignores unknown options of a lookup.
        validation = ArgumentSpecValidator(self.OPTIONS, **self.RULES).validate(given)
        if validation.error_messages:
            raise AnsibleLookupError(validation.errors.msg)
        options = validation.validated_parameters
        for option in self.PATHS:
            if options[option]:
                options[option] = os.path.join(self._loader.get_basedir(), options[option])
        return options


class SigningLookup(TokenLookup):
    """Signs the token. These lookups differ in their options, and in what the token is for."""

    RULES = {
        "mutually_exclusive": [_argument_specs.SIGNING_KEYS],
        "required_one_of": [_argument_specs.SIGNING_KEYS],
    }
    PATHS = ("private_key_path", "vault_ca_path")
    EXAMPLE = "expires_in='5m'"
    PROFILE: t.ClassVar[Profile]
    """What the token is for."""

    def needs_libraries(self, options: t.Mapping[str, t.Any]) -> bool:
        """Always."""
        return True

    def issue(self, options: dict[str, t.Any]) -> tuple[str, t.Iterable[str]]:
        """Sign a token."""
        sign.check_key(options)
        outcome = sign.issue(options, sign.draft(options, int(time.time()), self.PROFILE))
        return outcome.facts["token"], outcome.warnings
