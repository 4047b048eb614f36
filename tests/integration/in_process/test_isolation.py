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
from plays import ANSIBLE_PLAYBOOK, environment, play
from shared_run import run_together, runner

pytestmark = pytest.mark.thorough

LOOP = ["fine", "exception", "exit", "no result", "fine"]


@pytest.fixture(scope="module")
def together(tmp_path_factory, module_home):
    """A run of a module that does such things, with all that Ansible can print."""

    def misbehave(name, how, **keywords):
        return {"name": name, "misbehave": {"how": how}, **keywords}

    tasks = [
        misbehave("rounds", "{{ item }}", loop=LOOP),
        misbehave("warnings", "{{ item }}", loop=["warns", "fine", "warns"]),
        misbehave("stderr", "stderr"),
        misbehave("timeout", "hangs", timeout=1),
    ]
    return run_together(runner(tmp_path_factory.mktemp("isolation"), module_home), "in-process", tasks, "-vvvvv")


def test_the_run_goes_on(together):
    # With the task that saves the results.
    assert together.run.recap["ok"] == len(together.results) + 1 and together.run.recap["failed"] == 0


def test_each_round_of_a_loop_fails_by_itself(together):
    rounds = together.results["rounds"]["results"]
    assert [bool(one.get("failed")) for one in rounds] == [False, True, True, True, False]
    assert "RuntimeError: it broke" in rounds[1]["msg"]
    assert "without a result" in rounds[2]["msg"] and "without a result" in rounds[3]["msg"]


def test_nothing_of_one_round_is_in_the_next(together):
    result = together.results["warnings"]
    assert [one["seen"]["how"] for one in result["results"]] == ["warns", "fine", "warns"]
    # ansible-core 2.19 and newer keep them out of the rounds.
    assert not result["results"][1].get("warnings") and not result["results"][1].get("deprecations")
    assert "a warning of the module" in result["_output"] and "an option goes away" in result["_output"]


def test_what_a_library_writes_is_not_seen(together):
    assert together.results["stderr"]["how"] == "stderr"
    assert "complains" not in together.run.output and "errantly" not in together.run.output


def test_a_timeout_ends_what_hangs(together):
    assert re.search("(?i)timed out|in the expected time", str(together.results["timeout"]["msg"]))


def test_no_temporary_folders_are_left(together, module_home):
    assert list((module_home / "tmp").iterdir()) == []
    assert not list((module_home / ".ansible" / "tmp").glob("ansible-tmp-*"))


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
        deadline = time.monotonic() + 60
        while not waiting:
            if process.poll() is not None or time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
                pytest.fail(process.communicate()[0])
            time.sleep(0.05)
            waiting = [pid for pid in workers(process.pid) if is_waiting(pid, folder)]
        os.kill(waiting[0], signal.SIGKILL)
        try:
            output = process.communicate(timeout=10)[0]
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
