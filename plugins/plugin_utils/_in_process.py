# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

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
import traceback
import types
import typing as t

from ansible import constants as C
from ansible.module_utils import basic
from ansible.module_utils.common import json as core_json
from ansible.module_utils.common import warnings as core_warnings
from ansible.plugins.action import ActionBase

COLLECTION = "tenantops.qlik"

_PROFILE = "legacy"
"""How ansible-core 2.19 and newer write the options and results of modules that say nothing else."""

_HAS_PROFILES = hasattr(core_json, "get_module_encoder")

_ARGUMENTS = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS") if _HAS_PROFILES else ("_ANSIBLE_ARGS",)
"""Where AnsibleModule finds its options, in ansible.module_utils.basic."""

_COLLECTED = ("_global_warnings", "_global_deprecations")
"""Where a module's warnings wait for its result, in ansible.module_utils.common.warnings."""

_DISCOVERY = ("auto", "auto_legacy", "auto_silent", "auto_legacy_silent")
"""Values of interpreter_python that leave the choice to Ansible."""


def _missing_internal() -> str | None:
    """What this ansible-core lacks; looked for, not guessed from its version."""
    writes = ("Direction", "get_module_decoder") if _HAS_PROFILES else ("AnsibleJSONEncoder",)
    for owner, names in (
        (core_json, writes),
        (basic, _ARGUMENTS),
        (core_warnings, _COLLECTED),
        (ActionBase, ("_update_module_args",)),
    ):
        for name in names:
            if not hasattr(owner, name):
                return f"{owner.__name__}.{name}"
    return None


class InProcessBase(ActionBase):
    """What runs modules of this collection: their own code in this process if that gives the same, else as usual."""

    _supports_check_mode = True

    def in_process(self, task_vars: dict[str, t.Any]) -> bool:
        """Whether modules can run here with the same result; if not, say why."""
        if obstacle := self._obstacle(task_vars):
            self._display.v(f"{self._task.action} runs as an ordinary module: {obstacle}")
        return not obstacle

    def run_module(
        self, module: types.ModuleType, options: t.Mapping[str, t.Any], task_vars: dict[str, t.Any], in_process: bool
    ) -> dict[str, t.Any]:
        """Run a module with these options and return its result, as ``_execute_module`` does.

        :param module: the imported module.
        :param in_process: what :meth:`in_process` has said.
        """
        name = f"{COLLECTION}.{module.__name__.rpartition('.')[2]}"
        if not in_process:
            is_async = self._task.async_val
            result = self._execute_module(name, dict(options), task_vars=task_vars, wrap_async=is_async)
            if not is_async:
                self._remove_tmp_path(self._connection._shell.tmpdir)
            return result
        # Options and result go through JSON as on the way to another machine, so that the module sees the same types.
        arguments = dict(options)
        self._update_module_args(name, arguments, task_vars)
        written = _write(arguments)
        output = io.StringIO()
        with (
            _replaced(basic, dict.fromkeys(_ARGUMENTS) | _found_by_module(written)),
            _replaced(core_warnings, {name: type(getattr(core_warnings, name))() for name in _COLLECTED}),
            _working_directory(self._loader.get_basedir()),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            try:
                module.main()
            except SystemExit:
                pass
            except Exception as error:
                # As with an ordinary module, it ends this round of a loop, not the task.
                message = f"Module failed: {type(error).__name__}: {error}"
                return {"failed": True, "msg": message, "exception": traceback.format_exc()}
        return _read(output.getvalue())

    def hide(self, result: dict[str, t.Any]) -> None:
        """Let nobody see a result, but for what was chosen so that everybody may see it."""
        result["_ansible_no_log"] = True
        # ansible-core before 2.19 hides the results of a loop as a whole only if the task says so.
        self._task.no_log = True
        for diff in _listed(result.get("diff")) if self._task.diff else ():
            self._display.display(_diff_text(diff))
        # ansible-core before 2.19, where warnings are plain text, hides them too.
        for warning in result.get("warnings", []):
            if isinstance(warning, str):
                self._display.warning(warning)

    def _obstacle(self, task_vars: dict[str, t.Any]) -> str | None:
        """Why modules cannot run here with the same result."""
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


class InProcessAction(InProcessBase):
    """The action of a module, which has its name."""

    _supports_async = True

    MODULE: t.ClassVar[types.ModuleType]
    """The imported module."""

    SECRETS: t.ClassVar[tuple[str, ...]] = ()
    """Returned values that nobody else may see: with one of them, a result hides itself."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        result.update(self.run_module(self.MODULE, self._task.args, task_vars, self.in_process(task_vars)))
        if not result.get("failed") and any(result.get(name) for name in self.SECRETS):
            self.hide(result)
        return result


def _is_this_python(interpreter: str) -> bool:
    # python and python3 of one virtual environment are the same. Those of two are not, though both may be links to the
    # same file: so the folder is compared as it is written.
    same_folder = os.path.dirname(os.path.abspath(interpreter)) == os.path.dirname(os.path.abspath(sys.executable))
    return same_folder and os.path.realpath(interpreter) == os.path.realpath(sys.executable)


def _write(options: dict[str, t.Any]) -> bytes:
    """The options as a module is sent them."""
    sent = {"ANSIBLE_MODULE_ARGS": options}
    if _HAS_PROFILES:
        encoder = core_json.get_module_encoder(_PROFILE, core_json.Direction.CONTROLLER_TO_MODULE)
        return json.dumps(sent, cls=encoder).encode()
    return json.dumps(sent, cls=core_json.AnsibleJSONEncoder, vault_to_text=True).encode()


def _read(output: str) -> dict[str, t.Any]:
    """The result that a module has printed."""
    if not output.strip():
        return {"failed": True, "msg": "Module failed: it ended without a result."}
    if _HAS_PROFILES:
        return json.loads(output, cls=core_json.get_module_decoder(_PROFILE, core_json.Direction.MODULE_TO_CONTROLLER))
    return json.loads(output)


def _found_by_module(arguments: bytes) -> dict[str, t.Any]:
    return {"_ANSIBLE_ARGS": arguments, **({"_ANSIBLE_PROFILE": _PROFILE} if _HAS_PROFILES else {})}


@contextlib.contextmanager
def _replaced(owner: types.ModuleType, values: dict[str, t.Any]) -> t.Iterator[None]:
    """Let the module have these, and none of what it makes of them be seen by the next one."""
    saved = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in saved.items():
            setattr(owner, name, value)


@contextlib.contextmanager
def _working_directory(path: str) -> t.Iterator[None]:
    """Relative paths mean the same as in an ordinary module on a local connection."""
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def _listed(diff: dict[str, t.Any] | list[dict[str, t.Any]] | None) -> list[dict[str, t.Any]]:
    return diff if isinstance(diff, list) else [diff] if diff else []


def _diff_text(diff: dict[str, t.Any]) -> str:
    before, after = (json.dumps(diff[side], indent=4, sort_keys=True).splitlines() for side in ("before", "after"))
    return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm=""))
