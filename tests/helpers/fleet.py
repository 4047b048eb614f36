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

from plays import ANSIBLE_PLAYBOOK, HERE, Run, environment

FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")
USER = {"name": "Nightly reload", "subject": "nightly-reload", "email": "reload@grusgrus.com", "email_verified": True}
QUIET = {"ANSIBLE_DISPLAY_OK_HOSTS": "false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}

SAVING = {"ANSIBLE_ACTION_PLUGINS": str(HERE / "action_plugins")}
"""The environment for :func:`saving_recap`."""


class Fleet:
    """A folder with an inventory of tenants and their keys."""

    def __init__(self, folder: pathlib.Path, home: pathlib.Path, variables: dict[str, dict[str, t.Any]]) -> None:
        """:param variables: those of each tenant, by its name."""
        self.folder = folder
        self.variables = variables
        self._environment = environment(home) | QUIET | SAVING
        common = {"tenant_jwt_key_size": 2048, "tenant_jwt_show_idp": "never", "tenant_jwt_users": [USER]}
        inventory = {"tenants": {"hosts": variables, "vars": common}}
        (folder / "inventory.json").write_text(json.dumps(inventory))

    def start(
        self, *options: str, playbook: str = "provision", forks: int = 5, env: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a playbook of the collection, as the leader of a group of processes."""
        saved = ("-e", f"saved={self.folder}", *saving_recap(self.folder))
        command = [ANSIBLE_PLAYBOOK, f"tenantops.qlik.{playbook}", "-i", "inventory.json", f"--forks={forks}", *saved]
        return subprocess.Popen(
            [*command, *options],
            cwd=self.folder,
            env=self._environment | (env or {}),
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


def saving_recap(folder: pathlib.Path) -> tuple[str, ...]:
    """Options with which the playbook saves its recap as data, for :func:`with_status`.

    :param folder: to write the tasks to. Where they save it is the variable ``saved``.
    """
    tasks = [{"name": "Save", "save": {"path": "{{ saved }}/recap", "value": "{{ provision_recap }}"}}]
    (folder / "after.json").write_text(json.dumps(tasks))
    return "-e", f"provision_after={folder / 'after.json'}"


def with_status(run: Run, status: str) -> dict[str, t.Any]:
    """The tenants that the recap gives this status: the message of each, or else the sentences about its steps."""
    found = run.registered("recap")["tenants"]
    return {
        name: its["msg"] or [step["text"] for step in its["steps"]]
        for name, its in found.items()
        if its["status"] == status
    }


def counters(run: Run) -> dict[str, dict[str, int]]:
    """What Ansible's own recap counts, by host."""
    lines = re.findall(r"^(\S.*?) +: (ok=.*)", run.output.rpartition("PLAY RECAP")[2], re.M)
    return {host: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)} for host, line in lines}


def failed_hosts(run: Run) -> list[str]:
    """The hosts that Ansible's own recap says have failed, each once and for nothing else."""
    found = {host: its for host, its in counters(run).items() if its["failed"] or its["unreachable"]}
    assert all(its["failed"] == 1 and not its["unreachable"] and not its["rescued"] for its in found.values())
    assert (run.returncode == 2) == bool(found) and (run.returncode == 0) != bool(found), run.output
    return sorted(found)
