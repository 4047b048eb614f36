# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any instant, a run loses no private key, and one more run makes one consistent set."""

from __future__ import annotations

import itertools
import pathlib
import signal

import forked
import pytest
from scenarios import SCENARIOS, Scenario, make_keys_quickly


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the making of keys."""
    make_keys_quickly(monkeypatch)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_killed_before_any_change(scenario: Scenario, folder_in_memory: pathlib.Path) -> None:
    for step in itertools.count(1):
        folder = scenario.prepare(forked.put(folder_in_memory / str(step), {}))
        killed = forked.keypair(folder, forked.kill_at(step), **scenario.options)
        scenario.check_next_run(folder, scenario.check_what_is_left(folder))
        if not killed.signal:
            break
    assert step > 1, "nothing was killed"


@pytest.mark.parametrize("size", [0, 1, 450, 1000, 1703])
@pytest.mark.parametrize("name", ["creation", "renewal", "replacement", "adoption"])
def test_killed_in_the_middle_of_a_write(name: str, size: int, folder_in_memory: pathlib.Path) -> None:
    scenario = SCENARIOS[name]
    folder = scenario.prepare(folder_in_memory)
    killed = forked.keypair(folder, forked.file_size_limit(size, signal.SIG_DFL), **scenario.options)
    # Of what a renewal writes, no file is larger than a certificate.
    assert killed.signal == signal.SIGXFSZ or (size > 1000 and name in ("renewal", "adoption"))
    scenario.check_next_run(folder, scenario.check_what_is_left(folder))


@pytest.mark.parametrize("there", [False, True], ids=["first token", "replacement"])
def test_killed_while_a_token_is_written(there: bool, folder_in_memory: pathlib.Path) -> None:
    path = folder_in_memory / "keys" / "anna.jwt"
    path.parent.mkdir()
    for step in itertools.count(1):
        path.unlink(missing_ok=True)
        if there:
            forked.token(path)
        killed = forked.token(path, forked.kill_at(step), force=there)
        if there or path.exists():
            forked.check_token(path)

        assert "failed" not in forked.token(path).result
        forked.check_token(path)
        if not killed.signal:
            break
        assert [name.name for name in path.parent.iterdir()] == [path.name], f"step {step}: something is left over"
    assert step > 3, "nothing was killed"


@forked.needs_chown
def test_killed_creation_for_another_user(folder_in_memory: pathlib.Path) -> None:
    for step in itertools.count(1):
        folder = folder_in_memory / str(step)
        options = {"owner": str(forked.NOBODY), "group": str(forked.NOBODY)}
        killed = forked.keypair(folder, forked.kill_at(step), **options)
        assert "failed" not in forked.keypair(folder, **options).result
        # A folder that its owner may not enter would be no consistent set either.
        for path in [folder, *folder.iterdir()]:
            assert (path.stat().st_uid, path.stat().st_gid) == (forked.NOBODY, forked.NOBODY), (
                f"step {step}: {path.name}"
            )
        if not killed.signal:
            break
