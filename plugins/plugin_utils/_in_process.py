# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module inside Ansible's worker process instead of starting a Python interpreter for it.

Starting an interpreter, unpacking the module and importing cryptography takes twenty times as long as the work of our
modules. With a local connection, none of this is needed: the worker is a fork of a process that has imported them.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import traceback
import types
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.module_utils import basic
from ansible.module_utils.common import json as core_json
from ansible.module_utils.common import warnings as core_warnings
from ansible.plugins.action import ActionBase

from ..module_utils._keys.warm_up import warm_up
from ..module_utils._module import MISSING
from ..module_utils._text import host_name
from . import _variables, _vault
from ._terminal import say_diffs

COLLECTION = "tenantops.qlik"

TENANTS = ".qlikcloud.com"
"""The end of the host names of tenants, as in Qlik's examples."""

_PROFILE = "legacy"
"""The serialization profile that ansible-core 2.19 and newer use for modules that do not declare one."""

_HAS_PROFILES = hasattr(core_json, "get_module_encoder")

_ARGUMENT_NAMES = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS") if _HAS_PROFILES else ("_ANSIBLE_ARGS",)
"""The globals of ansible.module_utils.basic from which AnsibleModule reads its options."""

_WARNING_STORES = ("_global_warnings", "_global_deprecations")
"""The globals of ansible.module_utils.common.warnings that collect a module's warnings until it returns."""

_DISCOVERY = ("auto", "auto_legacy", "auto_silent", "auto_legacy_silent")
"""Values of interpreter_python that let Ansible choose the interpreter."""


_TO_MODULE, _FROM_MODULE = "CONTROLLER_TO_MODULE", "MODULE_TO_CONTROLLER"


def _codec(make: str, direction: str) -> type:
    """The class that ansible-core 2.19 and newer encode or decode with, in this direction."""
    return getattr(core_json, make)(_PROFILE, core_json.Direction[direction])


def _missing_internal() -> str | None:
    """The first internal that this ansible-core lacks. Internals are probed, not inferred from the version."""
    serializers = ("Direction", "get_module_decoder") if _HAS_PROFILES else ("AnsibleJSONEncoder",)
    for owner, names in (
        (core_json, serializers),
        (basic, _ARGUMENT_NAMES),
        (core_warnings, _WARNING_STORES),
        (ActionBase, ("_update_module_args",)),
    ):
        for name in names:
            if not hasattr(owner, name):
                return f"{owner.__name__}.{name}"
    return None


class InProcessAction(ActionBase):
    """Base class of the action plugin of a module: runs it in this process if the result is the same."""

    _supports_check_mode = True
    _supports_async = True

    MODULE: t.ClassVar[types.ModuleType]
    """The imported module, which has the same name as the action."""

    SECRETS: t.ClassVar[tuple[str, ...]] = ()
    """Return values that are secret. A result that contains one of them is hidden."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task.

        :raises AnsibleActionFail: if it would run in the tenant.
        """
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        self._refuse_tenant()
        obstacle = self._obstacle(task_vars)
        if obstacle:
            self._display.v(f"{self._task.action} runs as an ordinary module: {obstacle}")
        run = self._run_as_ordinary_module if obstacle else self._run_in_process
        name = f"{COLLECTION}.{self.MODULE.__name__.rpartition('.')[2]}"
        result.update(run(name, dict(self.options(task_vars)), task_vars))
        if not result.get("failed") and any(result.get(name) for name in self.SECRETS):
            self._hide(result)
        elif self._task.async_val and self.SECRETS:
            # Ansible itself polls for the result.
            self._task.no_log = True
        return result

    def options(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The options to run the module with.

        :raises AnsibleActionFail: if they cannot be determined.
        """
        return self._task.args

    def _run_as_ordinary_module(
        self, name: str, options: dict[str, t.Any], task_vars: dict[str, t.Any]
    ) -> dict[str, t.Any]:
        is_async = self._task.async_val
        result = self._execute_module(name, options, task_vars=task_vars, wrap_async=is_async)
        if not is_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _run_in_process(self, name: str, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        # Serialize options and result as for a remote machine, so that the module sees the same types.
        self._update_module_args(name, options, task_vars)
        arguments = {"_ANSIBLE_ARGS": _write(options), "_ANSIBLE_PROFILE": _PROFILE, "_PARSED_MODULE_ARGS": None}
        output = io.StringIO()
        with (
            _globals_replaced(basic, {name: arguments[name] for name in _ARGUMENT_NAMES}),
            _globals_replaced(core_warnings, {name: type(getattr(core_warnings, name))() for name in _WARNING_STORES}),
            _working_directory(self._loader.get_basedir()),
            _vault.decrypting(self._loader),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            try:
                self.MODULE.main()
            except SystemExit:
                pass
            except Exception as error:
                # As with an ordinary module, this ends the current iteration of a loop, not the task.
                message = f"Module failed: {type(error).__name__}: {error}"
                return {"failed": True, "msg": message, "exception": traceback.format_exc()}
        return _read(output.getvalue())

    def _hide(self, result: dict[str, t.Any]) -> None:
        """Hide the result except its diff and warnings."""
        result["_ansible_no_log"] = True
        # ansible-core before 2.19 hides the combined result of a loop only if the task sets no_log.
        self._task.no_log = True
        if self._task.diff and "diff" in result:
            say_diffs(self._display, result["diff"])
        # ansible-core before 2.19, where warnings are plain strings, would hide them too.
        for warning in result.get("warnings", []):
            if isinstance(warning, str):
                self._display.warning(warning)

    def _refuse_tenant(self) -> None:
        # Each host of an inventory is a tenant, but it is not a machine of the user's. Without this, the task would end
        # with a failed SSH connection, which does not say that a keyword is missing.
        if self._connection.transport != "ssh":
            return
        host = self._connection.get_option("host") or ""
        if host_name(host).endswith(TENANTS):
            raise AnsibleActionFail(
                f"The task would connect over SSH to {host}, the name of a Qlik Cloud tenant: set 'connection: local'"
                " for the play, so that it runs on the controller."
            )

    def _obstacle(self, task_vars: dict[str, t.Any]) -> str | None:
        """The reason why modules cannot run in this process with the same result."""
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
        variables = {name: _variables.value_of(self._templar, task_vars, name)} if name in task_vars else {}
        return str(C.config.get_config_value("INTERPRETER_PYTHON", variables=variables))


def _is_this_python(interpreter: str) -> bool:
    # python and python3 of one virtual environment are the same interpreter. Those of two environments differ, although
    # both may link to the same file. Therefore, compare the folders without resolving links.
    same_folder = os.path.dirname(os.path.abspath(interpreter)) == os.path.dirname(os.path.abspath(sys.executable))
    return same_folder and os.path.realpath(interpreter) == os.path.realpath(sys.executable)


def _write(options: dict[str, t.Any]) -> bytes:
    """Serialize options as Ansible does for a module."""
    sent = {"ANSIBLE_MODULE_ARGS": options}
    if _HAS_PROFILES:
        return json.dumps(sent, cls=_codec("get_module_encoder", _TO_MODULE)).encode()
    return json.dumps(sent, cls=core_json.AnsibleJSONEncoder, vault_to_text=True).encode()


def _read(output: str) -> dict[str, t.Any]:
    """Parse the result that a module printed."""
    if not output.strip():
        return {"failed": True, "msg": "Module failed: it ended without a result."}
    if _HAS_PROFILES:
        return json.loads(output, cls=_codec("get_module_decoder", _FROM_MODULE))
    return json.loads(output)


@contextlib.contextmanager
def _globals_replaced(owner: types.ModuleType, values: dict[str, t.Any]) -> t.Iterator[None]:
    """Temporarily replace module globals, so that no state leaks into the next module."""
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
    """Change the working directory, so that relative paths resolve as in an ordinary module on a local connection."""
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


# What is set up here, before Ansible forks a worker for each host, need not be set up in each worker.
_variables.warm_up()
importlib.import_module("ansible.module_utils.urls")  # see _http
if not MISSING:
    warm_up()
if _HAS_PROFILES and not _missing_internal():
    for _direction in (_TO_MODULE, _FROM_MODULE):
        _codec("get_module_encoder", _direction)
        _codec("get_module_decoder", _direction)
