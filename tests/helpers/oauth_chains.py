# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the chain of an OAuth client for one tenant without Ansible."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth import run
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED
from ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_oauth import ARGUMENT_SPEC

TENANT = "acme.eu.qlikcloud.com"
ID_FILE = f"{TENANT}.client_id"
NAME = "Ansible (tenantops.qlik)"
IMPERSONATION = "urn:qlik:oauth:user-impersonation"

OLD = [{"prefix": "", "state": "current"}]
INTRODUCED = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]
RETIRED = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "absent"}]


def options(**changes: t.Any) -> dict[str, t.Any]:
    """The options as Ansible hands them over, with changes."""
    defaults = {name: definition.get("default") for name, definition in ARGUMENT_SPEC.items()}
    return {**defaults, "tenant": TENANT, "key_size": 2048, "timeout": 5, **changes}


@dataclasses.dataclass
class Chain:
    """A tenant and its folder.

    ``connected`` are the options that connect to the simulated tenant, and ``first`` those of the credential of first contact.
    """

    folder: pathlib.Path
    connected: dict[str, t.Any]
    first: dict[str, t.Any]
    pauses: list[float]

    def run(
        self, check_mode: bool = False, report: Report | None = None, **changes: t.Any
    ) -> tuple[run.Outcome, Report]:
        """Run the chain, as a task does.

        :param report: to look into even if it fails.
        """
        report = report or Report(check_mode)
        given = options(key_directory=str(self.folder), **{**self.connected, **changes})
        with OPENED:
            return run.run(given, {}, lambda facts: None, report, self.pauses.append), report

    def files(self) -> dict[str, bytes]:
        """The content of each file in the folder."""
        return {path.name: path.read_bytes() for path in self.folder.glob("*")}
