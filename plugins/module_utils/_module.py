# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share: from the library's errors to ``fail_json``, and results that masking leaves whole."""

from __future__ import annotations

import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ._argument_specs import as_written
from ._errors import OptionError, QlikError, in_words_of_the_user
from ._files.options import is_content

MISSING: dict[str, str] = {}
"""The libraries that are not there, by the name that users install them by, and why."""

try:
    import cryptography as _cryptography  # noqa: F401 pylint: disable=unused-import
except ImportError:
    MISSING["cryptography"] = traceback.format_exc()
try:
    import jwt as _jwt  # noqa: F401 pylint: disable=unused-import
except ImportError:
    MISSING["PyJWT"] = traceback.format_exc()

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(
    module: AnsibleModule, libraries: t.Sequence[str], task: t.Callable[[AnsibleModule], dict[str, t.Any]]
) -> t.NoReturn:
    """Do the task of a module, and end the module with its result or its error.

    :param libraries: the libraries that the task needs.
    """
    for library in libraries:
        if library in MISSING:
            module.fail_json(msg=missing_required_lib(library), exception=MISSING[library])
    # A private key or token that is given where it does not belong is secret all the same.
    module.no_log_values |= {
        value
        for name, value in module.params.items()
        if isinstance(value, str) and is_content(value) and (name.endswith("path") or "PRIVATE KEY" in value)
    }
    result, mistake = {}, ""
    try:
        result = task(module)
    except QlikError as error:
        mistake = told(module, error.message)
    if mistake:
        # Outside the handler, so that no traceback is attached to a message that is meant for the user. The library
        # puts no secret into a message. One can only be there as a part of another option, such as a path; so masking
        # is left to secrets that are long enough not to cut the message to pieces.
        invocation = {"module_args": remove_values(module.params, module.no_log_values)}
        module.no_log_values = {
            secret
            for secret in module.no_log_values
            if len(secret) >= 8 and not any(secret in option for option in module.argument_spec)
        }
        module.fail_json(msg=mistake, invocation=invocation)
    module.exit_json(**result)


def told(module: AnsibleModule, message: str) -> str:
    """A message or warning of the library, in which an option has the name that the task gives it."""
    return in_words_of_the_user(message, as_written(module.argument_spec, module.params))


def refuse_masked(module: AnsibleModule, result: t.Mapping[str, t.Any]) -> None:
    """Refuse a result in which Ansible's masking of secret options would cut out something that is no secret.

    :raises OptionError: if a secret option is part of a returned value; asterisks in a token would make it useless.
    """
    for option, definition in module.argument_spec.items():
        secret = module.params[option] if definition.get("no_log") else None
        damaged = [name for name, value in result.items() if secret and remove_values(value, {secret}) != value]
        if damaged:
            raise OptionError(
                f"The value of O({option}) is part of {' and '.join(damaged)}, where Ansible would replace it by"
                " asterisks: choose another value."
            )
