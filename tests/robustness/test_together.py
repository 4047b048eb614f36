# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs at the same time on one folder end with one consistent set, and one of them has made it.

ROUNDS: how often sixteen runs of all kinds meet, 6 times if it is not given. SEED: which ones.
"""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import random
import subprocess
import sys
import time
import typing as t

import forked
import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._files import folder as _folder

RUNS = 8
ALL_KINDS = 16
ROUNDS = int(os.environ.get("ROUNDS", "6"))
SEED = int(os.environ.get("SEED", random.randrange(10**9)))


def _start_together(module: object, options: dict[str, object]) -> list[forked.Finished]:
    return _start_all([(module, options)] * RUNS)


def _start_all(runs: list[tuple[object, dict[str, object]]]) -> list[forked.Finished]:
    """Let processes start modules at the same instant: each waits until all are there."""
    gate, opener = os.pipe()

    def wait() -> None:
        os.close(opener)
        os.read(gate, 1)

    running = [forked.Running(module, options, wait) for module, options in runs]
    os.close(opener)
    os.close(gate)
    return [run.wait() for run in running]


def _check_one_changed(results: list[dict[str, object]]) -> None:
    assert sorted(result["changed"] for result in results) == [False] * (RUNS - 1) + [True], results
    # Whoever came late has seen the set of the one who made it.
    assert len({result["fingerprint_sha256"] for result in results}) == 1


@pytest.mark.parametrize("depth", ["keys", "a/b/keys"])
@pytest.mark.parametrize("attempt", range(3))
def test_creation(attempt: int, depth: str, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / depth
    finished = _start_together(forked.qscloud_keypair, {"directory": str(folder), "size": 2048})
    _check_one_changed([run.result for run in finished])
    forked.check_pair(folder)
    assert sorted(forked.contents(folder)) == sorted(forked.NAMES)


def test_folder_that_another_run_makes_at_the_last_instant(tmp_path: pathlib.Path) -> None:
    def be_slower() -> None:
        real_mkdir = os.mkdir

        def second_mkdir(path: str, mode: int = 0o777) -> None:
            real_mkdir(path, mode)
            real_mkdir(path, mode)

        os.mkdir = second_mkdir

    assert forked.keypair(tmp_path / "a" / "keys", be_slower).result["changed"]
    forked.check_pair(tmp_path / "a" / "keys")


def test_renewal(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.qs_jwt_pair())
    finished = _start_together(forked.qscloud_keypair, {"directory": str(folder), "size": 2048})
    _check_one_changed([run.result for run in finished])
    forked.check_pair(folder)
    assert len(forked.contents(folder)) == len(forked.NAMES) + 1, "there is one backup of one certificate"


def test_replacement(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    options = {"directory": str(folder), "size": 2048, "regenerate": "always"}
    assert all(run.result["changed"] for run in _start_together(forked.qscloud_keypair, options))
    forked.check_pair(folder)
    # Each run has made a key of its own; none is lost, though the backups are made in the same second.
    keys = forked.private_keys(forked.contents(folder))
    assert len(keys) == RUNS + 1 and forked.ready_pair()[forked.PRIVATE] in keys


def test_removal(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    finished = _start_together(forked.qscloud_keypair, {"directory": str(folder), "state": "absent"})
    assert sorted(run.result["changed"] for run in finished) == [False] * (RUNS - 1) + [True]
    forked.check_backups(folder, ())
    assert forked.private_keys(forked.contents(folder)) == {forked.ready_pair()[forked.PRIVATE]}


def test_tokens(tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    results = [run.result for run in _start_together(forked.qscloud_jwt, forked.token_options(path))]
    assert sorted(result["changed"] for result in results) == [False] * (RUNS - 1) + [True]
    assert {result["token"] for result in results} == {path.read_text().strip()}
    forked.check_token(path)


def test_token_that_was_signed_while_a_run_waited(tmp_path: pathlib.Path) -> None:
    """Who has to wait must not take the time from before: then a token that was made meanwhile is from the future."""
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    later = forked.put(tmp_path / "other", {}) / "anna.jwt"
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    # The process inherits the descriptor, and with it the lock, which it must not keep.
    waiting = forked.Running(forked.qscloud_jwt, forked.token_options(path), lambda: os.close(folder))
    time.sleep(1.5)
    assert forked.token(later).result["changed"]
    later.rename(path)
    os.close(folder)
    assert not waiting.wait().result["changed"]
    forked.check_token(path)


@pytest.mark.parametrize("options", [{}, {"state": "absent"}], ids=["present", "absent"])
def test_somebody_who_keeps_the_folder_locked(options: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.qs_jwt_pair())
    before = forked.state(folder)

    def lose_patience() -> None:
        os.close(locked)
        _folder.LOCK_TIMEOUT = 1

    locked = os.open(folder, os.O_RDONLY)
    fcntl.flock(locked, fcntl.LOCK_EX)
    message = forked.keypair(folder, lose_patience, **options).refusal
    assert message.startswith(f"The folder {folder} has been locked by another process for 1 seconds: end that process")
    assert forked.state(folder) == before
    os.close(locked)
    assert forked.keypair(folder, **options).result["changed"]


def test_ordinary_modules(tmp_path: pathlib.Path) -> None:
    """The same with the file of the module as a program, as Ansible starts it."""
    arguments = tmp_path / "arguments.json"
    folder = tmp_path / "keys"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"directory": str(folder), "size": 2048}}))
    command = [sys.executable, "-m", forked.qscloud_keypair.__name__, str(arguments)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _number in range(RUNS)]
    _check_one_changed([json.loads(run.communicate()[0]) for run in running])
    forked.check_pair(folder)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_runs_of_all_kinds(number: int, tmp_path: pathlib.Path) -> None:
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} {number}")
    folder = tmp_path / "keys"
    if dice.random() < 0.7:
        forked.put(folder, dice.choice([forked.ready_pair, forked.qs_jwt_pair])())
    key, token = folder / forked.PRIVATE, folder / "anna.jwt"
    sign = forked.token_options(token, private_key_content=None, private_key_path=str(key))
    pair = {"directory": str(folder), "size": 2048}
    kinds = {
        "present": (forked.qscloud_keypair, pair),
        "renewal": (forked.qscloud_keypair, {**pair, "common_name": "another"}),
        "always": (forked.qscloud_keypair, {**pair, "regenerate": "always"}),
        "absent": (forked.qscloud_keypair, {**pair, "state": "absent"}),
        "token": (forked.qscloud_jwt, sign),
        "another token": (forked.qscloud_jwt, {**sign, "name": "Anna"}),
    }
    runs = [*kinds, *dice.choices(list(kinds), k=ALL_KINDS - len(kinds))]
    dice.shuffle(runs)
    before = forked.private_keys(forked.contents(folder))
    for kind, finished in zip(runs, _start_all([kinds[kind] for kind in runs])):
        print(kind, finished.output)
        if finished.result.get("failed"):
            # There is none yet, or it has been removed: nothing else may go wrong.
            assert "token" in kind and "No such file or directory" in finished.refusal
    kept = forked.private_keys(forked.contents(folder))
    made = [run for run in runs if run == "always"]
    assert before <= kept and len(kept) >= len(before) + len(made), "a private key is gone"
    forked.check_backups(folder, [*forked.NAMES, token.name])

    assert "failed" not in forked.run(*kinds["present"]).result
    assert "failed" not in forked.run(*kinds["token"]).result
    forked.check_token(token, (folder / forked.PUBLIC).read_bytes())
    token.unlink()
    forked.check_pair(folder)
    assert kept <= forked.private_keys(forked.contents(folder))
