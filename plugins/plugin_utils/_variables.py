# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the options of a task from variables of its host.

An expression in the arguments of a task is compiled again for each host, also if it only names a variable. Here, only a
variable that contains an expression itself is templated.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import types
import typing as t

import yaml
from ansible import errors as core_errors
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import is_trusted_as_template as _is_trusted
    from ansible.template import trust_as_template as _trusted
except ImportError:  # before ansible-core 2.19

    def _is_trusted(value: str) -> bool:
        return not hasattr(value, "__UNSAFE__")

    _trusted = str

FACTS = ("token", "tokens", "idp", "key_pairs", "changed", "access_token", "client")
"""What the roles set after the prefix of their variables."""

OMITTED = getattr(core_errors, "AnsibleValueOmittedError", ())
"""What ansible-core 2.19 and newer raise for the variable ``omit``. Older releases return a text."""


_ONE_NAME = re.compile(r"\{\{ *([a-z_]+) *\}\}")


class Names:
    """What the user calls the options of a task: variables, except for the options that the task itself sets."""

    def __init__(self, written: t.Mapping[str, t.Any], prefix: str | None, module: types.ModuleType) -> None:
        """:param written: the options that the task sets.

        :param module: has the argument specification.
        """
        self.prefix = prefix or ""
        self.by_option = {
            option: option if option in written else f"{self.prefix}{option}"
            for option in module.ARGUMENT_SPEC
            if option != "variables"
        }
        self._module = module

    def __getitem__(self, option: str) -> str:
        return self.by_option[option]

    def __contains__(self, option: str) -> bool:
        return option in self.by_option

    def in_message(self, message: str, options: t.Mapping[str, t.Any]) -> str:
        """The message of a failed module with these names, also if Ansible itself rejects the options."""
        if not self.prefix:
            return message
        spec = {self[option]: definition for option, definition in self._module.ARGUMENT_SPEC.items() if option in self}
        exclusive = [[self[option] for option in group] for group in self._module.MUTUALLY_EXCLUSIVE]
        given = {
            self.by_option.get(option, option): value for option, value in options.items() if option != "variables"
        }
        if errors := [*ArgumentSpecValidator(spec, mutually_exclusive=exclusive).validate(given).errors]:
            error = next((one for one in errors if self.prefix in str(one)), errors[0])
            message = f"{'Unsupported options: ' if isinstance(error, UnsupportedError) else ''}{error}"
            # A secret may also be in an option that is none. Short ones would garble the message.
            secrets = {
                str(given[name]) for name, definition in spec.items() if definition.get("no_log") and name in given
            }
            return remove_values(message, {secret for secret in secrets if len(secret) >= 8})
        for option, name in self.by_option.items():
            # The module does not know which options come from variables.
            if option == name:
                message = re.sub(rf"\b{re.escape(self.prefix + option)}\b", option, message)
        return message


def read(templar: Templar, variables: t.Mapping[str, t.Any], names: Names) -> dict[str, t.Any]:
    """The values of options from variables, without those that are omitted.

    :param variables: those of the host, as an action plugin gets them.
    :raises AnsibleActionFail: if the value of one cannot be determined, or is null.
    """
    found = {}
    for option, name in names.by_option.items() if names.prefix else ():
        if option == name or name not in variables:
            continue
        value, problem = None, ""
        try:
            value = value_of(templar, variables, name)
        except OMITTED:
            continue
        except Exception as error:
            # Before ansible-core 2.19, this is whatever the expression itself raises.
            problem = str(error.message if isinstance(error, AnsibleError) else error)
        if problem:
            # Outside the exception handler, so that no traceback is attached to the message.
            raise AnsibleActionFail(f"The value of {name} cannot be determined: {problem}")
        if "omit" in variables:
            value = _without(variables["omit"], [value])
            if not value:
                continue
            (value,) = value
        if value is None:
            # A secret that is missing must not silently lead to a new key, or to no secret.
            raise AnsibleActionFail(f"{name} is null: give it a value, or do not set it.")
        found[option] = value
    return found


def value_of(templar: Templar, variables: t.Mapping[str, t.Any], name: str) -> t.Any:
    """The value of a variable, templated if necessary.

    :raises AnsibleError: if it cannot be templated.
    """
    value = variables[name]
    if _is_plain(value):
        return value
    # An expression that only names a variable needs no compiler.
    named = _ONE_NAME.fullmatch(value) if isinstance(value, str) and _is_trusted(value) else None
    if named and named[1] != "omit" and _is_plain(variables.get(named[1], "{")):
        return variables[named[1]]
    return templar.template(value)


def warm_up() -> None:
    """Let Jinja build its lexer, which each worker would otherwise build for itself."""
    Templar(DataLoader(), variables={"x": {"y": ""}}).template(_trusted("{{ x.y }}"))


def misspelt(variables: t.Iterable[str], names: Names, also_known: t.Iterable[str] = ()) -> list[str]:
    """A warning for each variable with the prefix that nothing reads.

    :param also_known: what other tasks read, without the prefix.
    """
    if not names.prefix:
        return []
    known = {*names.by_option, *FACTS, *also_known}
    # Without the prefix, which they all have in common.
    options = (name[len(names.prefix) :] for name in variables if name.startswith(names.prefix))
    warnings = []
    for option in sorted(option for option in options if option not in known):
        nearest = difflib.get_close_matches(option, known, 1)
        hint = f": perhaps {names.prefix}{nearest[0]} is meant" if nearest else ""
        warnings.append(
            f"The variable {names.prefix}{option} has no effect, because there is no option of this name{hint}."
        )
    return warnings


def user_list(users: t.Any, name: str) -> list[dict[str, t.Any]]:
    """The option ``users``, which is text if it comes from a survey of AWX or from ``-e users=...``.

    :param name: what the user calls the option.
    :raises AnsibleActionFail: if it is not a list of users.
    """
    if isinstance(users, str):
        with contextlib.suppress(yaml.YAMLError):
            users = yaml.safe_load(users)
    if isinstance(users, list) and all(isinstance(user, dict) for user in users):
        return users
    raise AnsibleActionFail(
        f"{name} must be a list of users, or the same list as YAML or JSON text: write it as [{{name: Anna Anderson, email:"
        " anna@grusgrus.com, email_verified: true}]."
    )


def _without(omit: t.Any, value: t.Any) -> t.Any:
    """A value without what is omitted inside it, which ansible-core before 2.19 only removes from arguments of tasks."""
    if isinstance(value, dict):
        return {name: _without(omit, its) for name, its in value.items() if its != omit}
    if isinstance(value, list):
        return [_without(omit, its) for its in value if its != omit]
    return value


def _is_plain(value: t.Any) -> bool:
    """Whether a value contains no expression, and nothing that only Ansible can read, such as an encrypted variable."""
    if isinstance(value, str):
        return "{" not in value
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float))
