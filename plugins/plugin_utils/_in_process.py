# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""Run a module inside the controller's worker process instead of starting a Python for it.

Starting an interpreter, unpacking the module and importing cryptography takes twenty times as long as what our modules
do. With a local connection all of that is there already: the worker is a fork of a process that has imported them.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import json
import os
import sys
import typing as t

from ansible import constants as C
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase

try:
    from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
except ImportError:
    Direction = None

_PROFILE = "legacy"
"""How ansible-core writes the options and results of modules that say nothing else."""

_DISCOVERY = ("auto", "auto_legacy", "auto_silent", "auto_legacy_silent")
"""Values of interpreter_python that leave the choice to Ansible."""


def _missing_internal() -> str | None:
    """What this ansible-core lacks; looked for, not guessed from its version."""
    if Direction is None:
        return "ansible.module_utils.common.json.get_module_encoder"
    for owner, name in (
        (basic, "_ANSIBLE_ARGS"),
        (basic, "_ANSIBLE_PROFILE"),
        (basic, "_PARSED_MODULE_ARGS"),
        (ActionBase, "_update_module_args"),
    ):
        if not hasattr(owner, name):
            return f"{owner.__name__}.{name}"
    return None


class InProcessAction(ActionBase):
    """The action of a module: its own code in this process if that gives the same result, else the ordinary way."""

    _supports_check_mode = True
    _supports_async = True

    MODULE: t.ClassVar[t.Any]
    """The imported module."""

    SECRETS: t.ClassVar[tuple[str, ...]] = ()
    """Returned values that nobody else may see: with one of them, a result hides itself."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        obstacle = self._obstacle(task_vars or {})
        if obstacle:
            self._display.v(f"{self._task.action} runs as an ordinary module: {obstacle}")
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        else:
            result.update(self._run_here(task_vars or {}))
        if not result.get("failed") and any(result.get(name) for name in self.SECRETS):
            self._hide(result)
        return result

    def _obstacle(self, task_vars: dict[str, t.Any]) -> str | None:
        """Why the module cannot run here with the same result."""
        if missing := _missing_internal():
            return f"this ansible-core has no {missing}"
        if self._connection.transport not in ("local", "ansible.builtin.local"):
            return f"the connection is {self._connection.transport}"
        if self._connection.become:
            return "become is set"
        if self._task.async_val:
            return "async is set"
        if any(self._task.environment):
            return "environment is set"
        interpreter = self._interpreter(task_vars)
        if interpreter not in _DISCOVERY and not _is_this_python(interpreter):
            return f"the interpreter is {interpreter}, not {sys.executable}"
        return None

    def _interpreter(self, task_vars: dict[str, t.Any]) -> str:
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        name = "ansible_python_interpreter"
        variables = {name: self._templar.template(task_vars[name])} if name in task_vars else {}
        return str(C.config.get_config_value("INTERPRETER_PYTHON", variables=variables))

    def _run_here(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        # Options and result go through JSON as on the way to another machine, so that the module sees the same types.
        options = dict(self._task.args)
        self._update_module_args(self._task.action, options, task_vars)
        encoder = get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
        decoder = get_module_decoder(_PROFILE, Direction.MODULE_TO_CONTROLLER)
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}, cls=encoder).encode()
        output = io.StringIO()
        with (
            _arguments(arguments),
            _working_directory(self._loader.get_basedir()),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.suppress(SystemExit),
        ):
            self.MODULE.main()
        return json.loads(output.getvalue(), cls=decoder)

    def _hide(self, result: dict[str, t.Any]) -> None:
        result["_ansible_no_log"] = True
        # A hidden result hides its diff too; what is in it was chosen so that everybody may see it.
        if self._task.diff and result.get("diff"):
            self._display.display(_diff_text(result["diff"]))
        # ansible-core before 2.19, where warnings are plain text, hides them too.
        for warning in result.get("warnings", []):
            if isinstance(warning, str):
                self._display.warning(warning)


def _is_this_python(interpreter: str) -> bool:
    # python and python3 of one virtual environment are the same. Those of two are not, though both may be links to the
    # same file: so the folder is compared as it is written.
    same_folder = os.path.dirname(os.path.abspath(interpreter)) == os.path.dirname(os.path.abspath(sys.executable))
    return same_folder and os.path.realpath(interpreter) == os.path.realpath(sys.executable)


@contextlib.contextmanager
def _arguments(arguments: bytes) -> t.Iterator[None]:
    """Let the next AnsibleModule find these arguments, and none of them later."""
    names = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS")
    saved = {name: getattr(basic, name) for name in names}
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = arguments, _PROFILE
    try:
        yield
    finally:
        for name, value in saved.items():
            setattr(basic, name, value)


@contextlib.contextmanager
def _working_directory(path: str) -> t.Iterator[None]:
    """Relative paths mean the same as in an ordinary module on a local connection."""
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def _diff_text(diff: dict[str, t.Any]) -> str:
    before, after = (json.dumps(diff[side], indent=4, sort_keys=True).splitlines() for side in ("before", "after"))
    return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm=""))
