# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder with an inventory of tenants, their keys and playbooks, and runs of them."""

from __future__ import annotations

import itertools
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import typing as t

import yaml

ANSIBLE_PLAYBOOK = pathlib.Path(sys.executable).with_name("ansible-playbook")
FORKS = 5
"""What Ansible takes if nobody says otherwise."""

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}

# As users run it: a playbook of the collection, and a play with the role, as its README shows it.
PROVISION = "tenantops.qlik.provision"
STATUS = "tenantops.qlik.status"
ROLE = {"roles": ["tenantops.qlik.tenant_jwt"]}


class Run(t.NamedTuple):
    """What a run of a playbook took."""

    seconds: float
    peak_mib: float | None
    """The most memory that the controller's own process had, without its workers."""
    output: str


class Project:
    """Tenants, and what is done with them. Without ``keys``, folders of key pairs to copy, the tenants have none.

    ``variables`` are those of all tenants, and ``own`` those of each one.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        tenants: int,
        keys: t.Sequence[pathlib.Path] = (),
        variables: dict[str, t.Any] | None = None,
        *,
        own: t.Sequence[dict[str, t.Any]] = (),
        forks: int = FORKS,
        program: pathlib.Path = ANSIBLE_PLAYBOOK,
    ) -> None:
        self.folder, self.tenants, self._forks, self._program = folder, tenants, forks, program
        self._variables = {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "folder": "{{ playbook_dir }}/keys/{{ inventory_hostname }}",
        }
        folder.mkdir(mode=0o700)
        hosts = [f"tenant{number}.eu.qlikcloud.com" for number in range(tenants)]
        shared = {"tenant_jwt_users": [ANNA], **(variables or {})}
        group = {"hosts": dict(itertools.zip_longest(hosts, own)), "vars": shared}
        (folder / "inventory.yml").write_text(yaml.safe_dump({"tenants": group}))
        # Settings of the user's own would change what is measured.
        (folder / "ansible.cfg").touch()
        for number, host in enumerate(hosts if keys else ()):
            shutil.copytree(keys[number % len(keys)], folder / "keys" / host)
        self.add("empty", {})

    def add(self, name: str, keywords: dict[str, t.Any]) -> None:
        """Write a playbook of one play."""
        play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": self._variables, **keywords}
        (self.folder / f"{name}.yml").write_text(yaml.safe_dump([play], sort_keys=False))

    def run(self, name: str, *arguments: str, unchanged: bool = True, environment: dict[str, str] | None = None) -> Run:
        """Run a playbook of this folder or of a collection; if nothing else is said, one that changes nothing."""
        playbook = name if "." in name else f"{name}.yml"
        command = [self._program, "-i", "inventory.yml", f"--forks={self._forks}", *arguments, playbook]
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "true", **(environment or {})}
        begin = time.perf_counter()
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            peak = _Peak(process.pid)
            output = process.stdout.read()
        seconds = time.perf_counter() - begin
        assert process.returncode == 0, output
        assert not (unchanged and re.search(r"changed=[1-9]", output)), output
        return Run(seconds, peak.mib(), output)


class _Peak(threading.Thread):
    """Looks at the peak of a process until it has ended.

    The usage that :func:`os.wait4` tells is no help: it is the highest of the process, of all workers that it has
    waited for, and of what this program had when it started it.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = pathlib.Path(f"/proc/{pid}/status")
        self._peak: int | None = None
        self.start()

    def run(self) -> None:
        """Read the kernel's own high-water mark, so that nothing is missed between two looks but the last."""
        while True:
            try:
                peak = re.search(r"VmHWM:\s+(\d+)", self._status.read_text())
            except OSError:
                return
            # One that has ended, and that nobody has waited for yet, has no memory.
            if not peak:
                return
            self._peak = int(peak[1])
            time.sleep(0.02)

    def mib(self) -> float | None:
        """The peak; None where the system has no such file."""
        self.join()
        return None if self._peak is None else self._peak / 1024


def seconds_a_tenant(project: Project, runs: list[Run], empty: list[Run]) -> float:
    """What a tenant takes, less start-up: a run without tasks on the same inventory."""
    whole, start_up = (statistics.median(run.seconds for run in found) for found in (runs, empty))
    return (whole - start_up) / project.tenants
