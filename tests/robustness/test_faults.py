# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever system call fails, and in whatever way: one clear sentence, no key lost, and the next run sets it right.

Each test goes through the calls of a run, one after the other. With FAULTS=all, every call fails in every way.
"""

from __future__ import annotations

import errno
import itertools
import os
import pathlib
import signal
import threading
import time
import typing as t

import forked
import pytest
import system_calls as calls
from scenarios import SCENARIOS, Scenario, make_keys_quickly

pytestmark = calls.needs_watch

ERRORS = ["ENOSPC", "EACCES", "EIO", "EINTR", "EROFS"]
HARD = os.environ.get("FAULTS") == "all"


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the making of keys."""
    make_keys_quickly(monkeypatch)


def _steps(error: str) -> t.Iterator[int]:
    """The calls that fail in this way: all, or those whose turn it is."""
    return itertools.count(1) if HARD else itertools.count(ERRORS.index(error) + 1, len(ERRORS))


def _fails_at(step: int, error: str) -> t.Callable[[int, calls.Call], int]:
    answer = calls.KILL if error == "SIGKILL" else getattr(errno, error)
    return lambda number, _call: answer if number == step else 0


def _fail_from(step: int, error: str) -> t.Callable[[int, calls.Call], int]:
    """As when a file system becomes full or read-only: from then on nothing can be changed."""
    return lambda number, call: getattr(errno, error) if number >= step and call.changes else 0


def _failed(finished: forked.Finished, top: pathlib.Path) -> bool:
    """Whether it failed; then there is one sentence, which names something below the folder."""
    if "failed" not in finished.result:
        return False
    assert str(top) in finished.refusal
    return True


def _leftovers(folder: pathlib.Path) -> list[str]:
    return [name for name in forked.contents(folder) if name.endswith(".tmp")]


def _stopped(
    scenario: Scenario, top: pathlib.Path, decide: t.Callable[[int, calls.Call], int]
) -> tuple[calls.Watch, forked.Finished, pathlib.Path]:
    folder = scenario.prepare(forked.put(top, {}))
    with calls.Watch(top, decide) as watch:
        finished = forked.keypair(folder, watch.enter, **scenario.options)
    if any(watch.answers):
        print(f"stopped from here on: {watch.calls[watch.answers.index(next(filter(None, watch.answers)))]}")
    return watch, finished, folder


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_one_call_fails(scenario: Scenario, error: str, folder_in_memory: pathlib.Path) -> None:
    failures = 0
    for step in _steps(error):
        top = folder_in_memory / str(step)
        watch, finished, folder = _stopped(scenario, top, _fails_at(step, error))
        if not any(watch.answers):
            break
        failures += _failed(finished, top)
        keys = scenario.check_what_is_left(folder)
        if scenario is not SCENARIOS["leftovers"]:
            assert not _leftovers(folder)
        scenario.check_next_run(folder, keys)
    # Python makes a call again that was interrupted, where it may be.
    assert failures > 3 or error == "EINTR", "hardly anything failed"


@pytest.mark.parametrize("error", ["ENOSPC", "EROFS"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_from_one_call_on_nothing_can_be_changed(
    scenario: Scenario, error: str, folder_in_memory: pathlib.Path
) -> None:
    """Not even what is half done can be undone: then it is left to the next run."""
    for step in _steps(error):
        top = folder_in_memory / str(step)
        watch, finished, folder = _stopped(scenario, top, _fail_from(step, error))
        if not any(watch.answers):
            break
        assert _failed(finished, top)
        scenario.check_next_run(folder, scenario.check_what_is_left(folder))


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_killed_before_any_call(scenario: Scenario, folder_in_memory: pathlib.Path) -> None:
    """Between two calls that change nothing, it makes no difference: only the others are gone through."""
    for step in itertools.count(1):
        number = itertools.count(1)
        watch, finished, folder = _stopped(
            scenario,
            folder_in_memory / str(step),
            lambda _number, call: calls.KILL if call.changes and next(number) == step else 0,
        )
        if not any(watch.answers):
            break
        assert finished.signal == signal.SIGKILL
        scenario.check_next_run(folder, scenario.check_what_is_left(folder))
    assert step > 1, "nothing was killed"


def _be_interrupted() -> None:
    """Let signals interrupt whatever system call this process waits in, thousands of times a second."""
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.siginterrupt(signal.SIGUSR1, True)
    victim = threading.get_ident()

    def interrupt() -> None:
        while True:
            signal.pthread_kill(victim, signal.SIGUSR1)
            time.sleep(0.0001)

    threading.Thread(target=interrupt, daemon=True).start()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_signals_do_no_harm(scenario: Scenario, folder_in_memory: pathlib.Path) -> None:
    folder = scenario.prepare(folder_in_memory)
    assert forked.keypair(folder, _be_interrupted, **scenario.options).result["changed"]
    scenario.check_next_run(folder, scenario.check_what_is_left(folder))


class TokenScenario(t.NamedTuple):
    """What is there (a token of these options, with this mode), and the options of the run that is stopped."""

    there: dict[str, t.Any] | None
    options: dict[str, t.Any]
    mode: int = 0o600

    def prepare(self, top: pathlib.Path) -> pathlib.Path:
        """Put the token in place; returns its path."""
        path = forked.put(forked.put(top, {}) / "keys", {}) / "anna.jwt"
        if self.there is not None:
            assert forked.token(path, **self.there).result["changed"]
            path.chmod(self.mode)
        return path


TOKENS = {
    "first": TokenScenario(None, {}),
    "renewal": TokenScenario({"expires_in": "60s", "renew_before": "1s"}, {}),
    "force": TokenScenario({}, {"force": True}),
    "change of mode": TokenScenario({}, {}, 0o644),
}


@pytest.mark.parametrize("error", [*ERRORS, "SIGKILL"])
@pytest.mark.parametrize("scenario", TOKENS.values(), ids=TOKENS)
def test_token(scenario: TokenScenario, error: str, folder_in_memory: pathlib.Path) -> None:
    for step in itertools.count(1):
        top = folder_in_memory / str(step)
        path = scenario.prepare(top)
        before = forked.contents(path.parent)
        with calls.Watch(top, _fails_at(step, error)) as watch:
            finished = forked.token(path, watch.enter, **scenario.options)
        if not any(watch.answers):
            break
        print(f"stopped: {watch.calls[step - 1]}")
        if error == "SIGKILL":
            assert finished.signal == signal.SIGKILL
        elif _failed(finished, top):
            assert not _leftovers(path.parent)
        if scenario.there is None and not path.exists():
            assert before == {}
        elif scenario.mode == 0o600:
            forked.check_token(path)
        assert "failed" not in forked.token(path).result
        forked.check_token(path)
        assert list(path.parent.iterdir()) == [path]
        assert not forked.token(path).result["changed"]
