# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules as Ansible starts them, each a program of its own, killed at random moments.

KILLS: how many in all, 200 if it is not given. SEED: the seed that a failed test has printed, to have the
same moments again.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import typing as t

import forked
import pytest
from scenarios import SCENARIOS, make_keys_quickly

KILLS = int(os.environ.get("KILLS", "200"))
SEED = int(os.environ.get("SEED", random.randrange(10**9)))
ROUNDS = 10
NAMES = ["creation", "renewal", "repair", "replacement", "replacement without backup", "adoption", "removal"]
TOKEN = "anna.jwt"


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is killed makes a key of its own; what is run before and after it in the test need not."""
    make_keys_quickly(monkeypatch)


def _start(module: t.Any, options: dict[str, t.Any], arguments: pathlib.Path) -> subprocess.Popen[bytes]:
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    command = [sys.executable, "-m", module.__name__, arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _kill_in_between(process: subprocess.Popen[bytes], folder: pathlib.Path, dice: random.Random) -> bool:
    """Kill a process some time after it has opened a folder, or made it; returns whether it was quick enough to end."""
    while process.poll() is None:
        if _has_open(process, folder):
            # What comes then takes milliseconds, but for the generation of a key.
            time.sleep(dice.choice([dice.uniform(0, 0.003), dice.uniform(0, 0.03), dice.uniform(0, 0.3)]))
            break
        # Not at once: who only looks takes a processor away from the one that is looked at.
        time.sleep(0.0005)
    process.kill()
    output = process.communicate()[0]
    assert process.returncode in (0, -signal.SIGKILL), output
    return process.returncode == 0


def _has_open(process: subprocess.Popen[bytes], folder: pathlib.Path) -> bool:
    descriptors = pathlib.Path(f"/proc/{process.pid}/fd")
    with contextlib.suppress(OSError):  # closed meanwhile
        return any(os.readlink(descriptors / number) == str(folder) for number in os.listdir(descriptors))
    return False


@pytest.mark.parametrize("part", range(ROUNDS))
def test_keypair(part: int, folder_in_memory: pathlib.Path) -> None:
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} {part}")
    completed = 0
    kills = KILLS * 3 // 4 // ROUNDS
    for number in range(kills):
        name = dice.choice(NAMES)
        scenario = SCENARIOS[name]
        print(f"{number}: {name}")
        folder = scenario.prepare(forked.put(folder_in_memory / str(number), {}))
        options = {"directory": str(folder), "size": 2048, **scenario.options}
        process = _start(forked.qscloud_keypair, options, folder_in_memory / "arguments")
        completed += _kill_in_between(process, folder, dice)
        scenario.check_next_run(folder, scenario.check_what_is_left(folder))
    print(f"{completed} of {kills} runs were quicker")
    assert completed < kills


@pytest.mark.parametrize("part", range(ROUNDS))
def test_token(part: int, folder_in_memory: pathlib.Path) -> None:
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} token {part}")
    for number in range(-(-KILLS // 4 // ROUNDS)):
        path = forked.put(folder_in_memory / str(number), {}) / TOKEN
        there = dice.random() < 0.5
        if there:
            assert forked.token(path).result["changed"]
        process = _start(forked.qscloud_jwt, forked.token_options(path, force=True), folder_in_memory / "arguments")
        _kill_in_between(process, path.parent, dice)
        assert path.exists() or not there
        if path.exists():
            forked.check_token(path)
        assert "failed" not in forked.token(path).result
        forked.check_token(path)
        assert list(path.parent.iterdir()) == [path]
