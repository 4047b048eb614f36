# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of this collection, run one after the other within one task, and what they have done together."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    import types

    RunModule = t.Callable[[types.ModuleType, dict[str, t.Any]], dict[str, t.Any]]


class LinkFailedError(Exception):
    """A module has failed, or what is asked for contradicts itself: ``result`` says why, as modules do."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result["msg"])
        self.result = {**result, "failed": True}


class Links:
    """What the modules that have run so far have changed, and have to say."""

    def __init__(self, run_module: RunModule) -> None:
        self._run_module = run_module
        self.changed = False
        self.actions: list[str] = []
        self.diffs: list[dict[str, t.Any]] = []
        self.warnings: list[str] = []

    def run(self, module: types.ModuleType, **options: t.Any) -> dict[str, t.Any]:
        """Run a module and return its result; options that are None are left out.

        :raises LinkFailedError: if it fails.
        """
        result = self._run_module(module, {name: value for name, value in options.items() if value is not None})
        self.warnings += result.pop("warnings", [])
        if result.get("failed"):
            raise LinkFailedError(result)
        self.changed |= result["changed"]
        self.actions += result.get("actions", [])
        result.pop("invocation", None)
        if diff := result.pop("diff", None):
            self.diffs.append(diff)
        return result
