# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run several modules of this collection within one task, and combine their results."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import types

    RunModule = t.Callable[[types.ModuleType, dict[str, t.Any]], dict[str, t.Any]]


class LinkFailedError(Exception):
    """A module failed, or the options contradict each other. ``result`` has the same form as a module's result."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result["msg"])
        self.result = {**result, "failed": True}


class Links:
    """Runs modules, and collects their actions, diffs of changes, and warnings."""

    def __init__(self, run_module: RunModule) -> None:
        self._run_module = run_module
        self.changed = False
        self.actions: list[str] = []
        self.diffs: list[dict[str, t.Any]] = []
        self.warnings: list[str] = []

    def run(self, module: types.ModuleType, **options: t.Any) -> dict[str, t.Any]:
        """Run a module and return its result. Options that are None are omitted.

        :raises LinkFailedError: if it fails.
        """
        result = self._run_module(module, {name: value for name, value in options.items() if value is not None})
        self.warnings += result.pop("warnings", [])
        if result.get("failed"):
            raise LinkFailedError(result)
        self.changed |= result["changed"]
        self.actions += result.get("actions", [])
        result.pop("invocation", None)
        diff = result.pop("diff", None)
        if diff and diff["before"] != diff["after"]:
            self.diffs.append(diff)
        return result
