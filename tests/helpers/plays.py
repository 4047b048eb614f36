# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run real playbooks with the installed collection, the way a user does."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import typing as t

import yaml

HERE = pathlib.Path(__file__).parent
ANSIBLE_PLAYBOOK = pathlib.Path(sys.executable).with_name("ansible-playbook")

# The Python that runs ordinary modules, if it is not the one of Ansible: `make compat` has them run with many.
TARGET_PYTHON = os.environ.get("TARGET_PYTHON", "")

# How to make a task run in one way or the other. Any environment makes it an ordinary module.
# It switches off what measures coverage, too: the same code runs in process, and the start of each module takes longer.
_NO_COVERAGE = {"COVERAGE_PROCESS_START": "", "COVERAGE_PROCESS_CONFIG": ""}
MODES = {"in-process": {}, "ordinary": {"environment": _NO_COVERAGE}}
if TARGET_PYTHON:
    MODES["ordinary"]["vars"] = {"ansible_python_interpreter": TARGET_PYTHON}

# Root may read and write everything. Without its capabilities it is a user like any other, who still owns the folders
# of the tests and can enter the one with the checkout, which another user might not.
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


def cryptography_of_modules(mode: str) -> str:
    """The release of cryptography that modules use which run in this way."""
    python = (mode == "ordinary" and TARGET_PYTHON) or sys.executable
    command = [python, "-c", "import cryptography; print(cryptography.__version__)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@dataclasses.dataclass
class Run:
    """What a playbook left behind."""

    returncode: int
    output: str
    saved: pathlib.Path

    @property
    def recap(self) -> dict[str, int]:
        """The counters of the (only) host."""
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", self.output.rsplit("PLAY RECAP", 1)[1])}

    def registered(self, name: str) -> t.Any:
        """A value that a task ``save`` has written."""
        return json.loads((self.saved / name).read_text())


def new_home() -> t.Iterator[pathlib.Path]:
    """A home directory with a short path: ansible-core puts sockets in it, whose paths have at most 107 bytes."""
    with tempfile.TemporaryDirectory() as name:
        (pathlib.Path(name) / "tmp").mkdir()
        yield pathlib.Path(name)


def environment(home: pathlib.Path) -> dict[str, str]:
    """The environment of a user whose home directory this is, and who has nothing of ours in it."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        # For the lines that the tests run: see .coveragerc.
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
    }


def playbook_runner(tmp_path: pathlib.Path, home: pathlib.Path) -> t.Callable[..., Run]:
    """A function that runs plays, or a playbook by name, in an empty folder."""
    project = tmp_path / "project"
    project.mkdir()
    shutil.copytree(HERE / "action_plugins", project / "action_plugins", ignore=shutil.ignore_patterns("__pycache__"))
    saved = tmp_path / "saved"
    saved.mkdir()

    def run(
        playbook: str | list[dict[str, t.Any]],
        *options: str,
        env: dict[str, str] | None = None,
        user: int | None = None,
        umask: int = -1,
        check: bool = True,
        unprivileged: bool = False,
    ) -> Run:
        if not isinstance(playbook, str):
            (project / "playbook.yml").write_text(yaml.safe_dump(playbook, sort_keys=False))
            playbook = "playbook.yml"
        if user is not None:
            for folder in (tmp_path, project, saved, home, home / "tmp"):
                os.chown(folder, user, user)
        prefix = WITHOUT_PRIVILEGES if unprivileged else ()
        finished = subprocess.run(
            [*prefix, ANSIBLE_PLAYBOOK, playbook, "-e", f"saved={saved}", *options],
            cwd=project,
            env=environment(home) | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            umask=umask,
            check=False,
        )
        if check:
            assert finished.returncode == 0, finished.stdout
        return Run(finished.returncode, finished.stdout, saved)

    return run


def kill_all(home: pathlib.Path) -> None:
    """Kill all processes with this home: some releases of ansible-core put workers into groups of their own."""
    mark = f"HOME={home}".encode()
    found = [0]
    while found:
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                dead = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
                if not dead and mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def play(*tasks: dict[str, t.Any], **keywords: t.Any) -> dict[str, t.Any]:
    """A play of these tasks on this machine."""
    return {"hosts": "localhost", "connection": "local", "gather_facts": False, **keywords, "tasks": list(tasks)}


def save(name: str) -> dict[str, t.Any]:
    """A task that saves a variable for :meth:`Run.registered`."""
    return {"save": {"path": f"{{{{ saved }}}}/{name}", "value": f"{{{{ {name} }}}}"}}


def snapshot(folder: pathlib.Path) -> dict[str, t.Any]:
    """All that is in a folder, with what can be changed about it, to see that nothing was."""
    return {
        str(path.relative_to(folder)): (
            (status := path.lstat()).st_mode,
            status.st_uid,
            status.st_gid,
            status.st_nlink,
            status.st_mtime_ns,
            path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None,
        )
        for path in sorted(folder.rglob("*"))
    }
