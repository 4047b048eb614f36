# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code shared by all modules: report library errors with ``fail_json``, and protect results from Ansible's masking."""

from __future__ import annotations

import importlib
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ._argument_specs import as_written
from ._errors import OptionError, QlikError, replace_options
from ._files import vault
from ._files.options import is_content
from ._keys import pem
from ._keys.signers.opened import OPENED

MISSING: dict[str, str] = {}
"""The traceback of the failed import of each missing library, by the name under which it is installed."""

for _library, _package in {"cryptography": "cryptography", "PyJWT": "jwt"}.items():
    try:
        importlib.import_module(_package)
    except ImportError:
        MISSING[_library] = traceback.format_exc()

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(
    module: AnsibleModule,
    libraries: t.Sequence[str],
    task: t.Callable[[AnsibleModule], dict[str, t.Any]],
    names: t.Mapping[str, str] | None = None,
    so_far: t.Callable[[], dict[str, t.Any]] = dict,
) -> t.NoReturn:
    """Run the task of a module, and exit with its result or error.

    :param libraries: the libraries that the task needs.
    :param names: what to call options in messages, if that is more than an alias.
    :param so_far: returns what to add to an error, such as what was done before it.
    """
    require(module, libraries)
    # A private key or token in the wrong option is still a secret, and so is the PIN in a URI.
    options = [*module.params.items()]
    for key in module.params.get("keys") or ():
        options += key.items()
    module.no_log_values |= {
        value
        for name, value in options
        if isinstance(value, str)
        and (
            (is_content(value) and (name.endswith("path") or pem.holds_private_key(value)))
            or "pin-value=" in value.lower()
        )
    }
    result, message = {}, ""
    try:
        vault.check_options(module.params)
        with OPENED:
            result = task(module)
    except QlikError as error:
        message = replace_options(error.message, names or as_written(module.argument_spec, module.params))
    if message:
        # Fail outside the exception handler, so that Ansible does not attach a traceback to the user's message. The
        # library never puts a secret into a message, but another option in it, such as a path, can contain one. Only
        # mask secrets that are long enough not to garble the message.
        invocation = {"module_args": remove_values(module.params, module.no_log_values)}
        module.no_log_values = {
            secret
            for secret in module.no_log_values
            if len(secret) >= 8 and not any(secret in option for option in module.argument_spec)
        }
        module.fail_json(msg=message, invocation=invocation, **so_far())
    module.exit_json(**result)


def require(module: AnsibleModule, libraries: t.Iterable[str]) -> None:
    """Fail if one of the libraries that the task needs is missing."""
    for library in libraries:
        if library in MISSING:
            module.fail_json(msg=missing_required_lib(library), exception=MISSING[library])


def user_message(module: AnsibleModule, message: str) -> str:
    """A message or warning of the library, with the option names that the task uses."""
    return replace_options(message, as_written(module.argument_spec, module.params))


def warn(module: AnsibleModule, sentences: t.Iterable[str | None]) -> None:
    """Issue warnings of the library, except those that are None."""
    for sentence in filter(None, sentences):
        module.warn(user_message(module, sentence))


def diff(what: str | None, before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The return value for diff mode.

    :param what: the file or object, which Ansible prints above its differences.
    """
    return {"before_header": what, "after_header": what, "before": before, "after": after}


def refuse_masked(module: AnsibleModule, result: t.Mapping[str, t.Any]) -> None:
    """Reject a result that Ansible's masking of secret options would damage.

    :raises OptionError: if the value of a secret option is part of a return value, in which Ansible would mask it.
    """
    for option, definition in module.argument_spec.items():
        secret = module.params[option] if definition.get("no_log") else None
        damaged = [name for name, value in result.items() if secret and remove_values(value, {secret}) != value]
        if damaged:
            raise OptionError(
                f"The value of O({option}) is part of {' and '.join(damaged)}, where Ansible would mask it with"
                " asterisks: choose another value."
            )
