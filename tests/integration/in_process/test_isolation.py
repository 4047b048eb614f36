# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens in a module that runs inside Ansible's process stays in its task."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import yaml
from plays import ANSIBLE_PLAYBOOK, environment, play, save

LOOP = ["fine", "exception", "exit", "no result", "fine"]


@pytest.fixture
def misbehave(run_playbook):
    """Run a task of a module that does such things; return the run and what ``register`` gave."""

    def run(how, *arguments, **keywords):
        task = {"misbehave": {"how": how}, "register": "result", "ignore_errors": True, **keywords}
        finished = run_playbook([play(task, save("result"))], *arguments)
        return finished, finished.registered("result")

    return run


def test_each_round_of_a_loop_fails_by_itself(misbehave):
    run, result = misbehave("{{ item }}", loop=LOOP)
    rounds = result["results"]
    assert [bool(one.get("failed")) for one in rounds] == [False, True, True, True, False]
    assert "RuntimeError: it broke" in rounds[1]["msg"]
    assert "without a result" in rounds[2]["msg"] and "without a result" in rounds[3]["msg"]
    assert run.recap["ok"] == 2 and run.recap["failed"] == 0


def test_nothing_of_one_round_is_in_the_next(misbehave):
    run, result = misbehave("{{ item }}", "-v", loop=["warns", "fine", "warns"])
    assert [one["seen"]["how"] for one in result["results"]] == ["warns", "fine", "warns"]
    # ansible-core 2.19 and newer keep them out of the rounds.
    assert not result["results"][1].get("warnings") and not result["results"][1].get("deprecations")
    assert "a warning of the module" in run.output and "an option goes away" in run.output


def test_what_a_library_writes_is_not_seen(misbehave):
    run, result = misbehave("stderr", "-vvvvv")
    assert result["how"] == "stderr"
    assert "complains" not in run.output and "errantly" not in run.output


def test_a_timeout_ends_what_hangs(misbehave):
    run, result = misbehave("hangs", timeout=1)
    assert re.search("(?i)timed out|in the expected time", str(result["msg"]))
    assert run.recap["ok"] == 2


def test_no_temporary_folders_are_left(misbehave, home):
    misbehave("{{ item }}", loop=LOOP)
    assert list((home / "tmp").iterdir()) == []
    assert not list((home / ".ansible" / "tmp").glob("ansible-tmp-*"))


def workers(controller):
    """The processes of a controller."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, parent = re.match(r"(\d+) \(.*\) . (\d+) ", path.read_text()).groups()
            if int(parent) == controller:
                found.append(int(pid))
    return found


def test_a_worker_that_is_killed_ends_the_run_and_the_next_one_completes_it(run_playbook, tmp_path, home):
    project = tmp_path / "project"
    folder = project / "keys"
    folder.mkdir(mode=0o700)
    task = {"tenantops.qlik.qscloud_keypair": {"directory": "keys", "size": 2048}}
    after = {"ansible.builtin.debug": {"msg": "the run went on"}}
    held = os.open(folder, os.O_RDONLY)
    # The worker waits for the lock, and so can be met alive.
    fcntl.flock(held, fcntl.LOCK_EX)
    (project / "wait.yml").write_text(yaml.safe_dump([play(task, after)]))
    with subprocess.Popen(
        [ANSIBLE_PLAYBOOK, "wait.yml"],
        cwd=project,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        waiting = []
        while not waiting:
            time.sleep(0.2)
            waiting = [pid for pid in workers(process.pid) if is_waiting(pid, folder)]
        os.kill(waiting[0], signal.SIGKILL)
        try:
            output = process.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            # So do some releases of ansible-core.
            os.killpg(process.pid, signal.SIGTERM)
            output = process.communicate()[0]
    os.close(held)
    assert process.returncode != 0
    assert "the run went on" not in output
    assert list(folder.iterdir()) == []
    assert run_playbook([play(task, after)]).recap["changed"] == 1


def is_waiting(pid, folder):
    """Whether a process has a folder open."""
    with contextlib.suppress(OSError):
        return any(os.readlink(path) == str(folder) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir())
    return False
