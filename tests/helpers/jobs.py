# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run jobs with ansible-runner, the way AWX does, and look at what they leave behind."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import typing as t

BIN = pathlib.Path(sys.executable).parent


@dataclasses.dataclass
class Runner:
    """The command ansible-runner, with an environment of its own."""

    home: pathlib.Path
    environment: dict[str, str] = dataclasses.field(default_factory=dict)

    def __call__(self, *arguments: str | pathlib.Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.home / "tmp"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "true",
            **self.environment,
        }
        command = [BIN / "ansible-runner", *arguments]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, check=False)


def job(
    folder: pathlib.Path,
    hosts: dict[str, dict[str, t.Any]],
    group_variables: dict[str, t.Any],
    extra_variables: str = "",
    slice_of: tuple[int, int] = (1, 1),
) -> pathlib.Path:
    """A private data directory as AWX makes it: the inventory is a program, which knows no more than its slice."""
    number, count = slice_of
    hosts = {name: hosts[name] for name in sorted(hosts)[number - 1 :: count]}
    inventory = {
        "tenants": {"hosts": list(hosts), "vars": group_variables},
        "_meta": {"hostvars": hosts},
    }
    for name in ("inventory", "env", "project"):
        (folder / name).mkdir(parents=True)
    program = folder / "inventory" / "hosts"
    program.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n")
    program.chmod(0o700)
    if extra_variables:
        (folder / "env" / "extravars").write_text(extra_variables)
    return folder


@dataclasses.dataclass
class Artifacts:
    """What a job has left in the folder of that name."""

    folder: pathlib.Path

    @classmethod
    def of(cls, private_data_directory: pathlib.Path) -> Artifacts:
        """Those of the last job; `ansible-runner process` puts them into the folder itself."""
        folder = private_data_directory / "artifacts"
        if (folder / "job_events").is_dir():
            return cls(folder)
        return cls(max(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns))

    @property
    def rc(self) -> int:
        return int((self.folder / "rc").read_text())

    @property
    def status(self) -> str:
        return (self.folder / "status").read_text()

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text()

    @property
    def events(self) -> list[dict[str, t.Any]]:
        paths = (self.folder / "job_events").glob("*.json")
        return sorted((json.loads(path.read_text()) for path in paths), key=lambda event: event["counter"])

    @property
    def statistics(self) -> dict[str, t.Any]:
        """The counters of the recap, each with its hosts; a host whose counter is zero is left out."""
        (event,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        return event["event_data"]
