# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants of one inventory: set them up, run the playbook for them, and look at what there is."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import typing as t

from plays import ANSIBLE_PLAYBOOK, Run, environment

FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")
USER = {"name": "Nightly reload", "subject": "nightly-reload", "email": "reload@grusgrus.com", "email_verified": True}
QUIET = {"ANSIBLE_DISPLAY_OK_HOSTS": "false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}


class Fleet:
    """A folder with an inventory of tenants and their keys."""

    def __init__(self, folder: pathlib.Path, home: pathlib.Path, variables: dict[str, dict[str, t.Any]]) -> None:
        """:param variables: those of each tenant, by its name."""
        self.folder = folder
        self._environment = environment(home) | QUIET
        common = {"tenant_jwt_key_size": 2048, "tenant_jwt_show_idp": "never", "tenant_jwt_users": [USER]}
        inventory = {"tenants": {"hosts": variables, "vars": common}}
        (folder / "inventory.json").write_text(json.dumps(inventory))

    def start(self, *options: str, forks: int = 5) -> subprocess.Popen[str]:
        """Start the playbook, as the leader of a group of processes."""
        command = [ANSIBLE_PLAYBOOK, "tenantops.qlik.provision", "-i", "inventory.json", f"--forks={forks}", *options]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *options: str, **keywords: t.Any) -> Run:
        """Run the playbook."""
        with self.start(*options, **keywords) as process:
            output = process.communicate()[0]
        return Run(process.returncode, output, self.folder)

    def keys(self, name: str) -> pathlib.Path:
        """The folder of a tenant's keys."""
        return self.folder / "keys" / name

    def contents(self) -> dict[str, bytes]:
        """All files of all tenants, by their paths."""
        return {str(path): path.read_bytes() for path in (self.folder / "keys").rglob("*") if path.is_file()}


def numbers(run: Run) -> tuple[int, int, int, int]:
    """What the recap counts: all tenants, those unchanged, changed, and failed."""
    found = re.search(
        r"^(\d+) tenants?: (\d+) unchanged, (\d+) (?:would change|changed), (\d+) failed\.$", run.output, re.M
    )
    assert found, run.output
    return tuple(map(int, found.groups()))


def listed(run: Run, heading: str) -> dict[str, str]:
    """The lines under a heading of the recap, by the tenant."""
    found = re.search(rf"^{re.escape(heading)}:\n((?:  .*\n)+)", run.output, re.M)
    return dict(line.strip().split(": ", 1) for line in found[1].splitlines()) if found else {}
