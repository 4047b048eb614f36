# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs with a key in a real key store that are killed: no key is lost or made twice, and no file is of another key."""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import forked
import openbao as bao
import pytest
import stored
from forked import CERTIFICATE, PUBLIC
from simulator import Simulator
from stored import TENANT_RUNS, Pair, Store, Tenant

MOST = 200
"""More steps than any of these runs has."""

Kill = t.Callable[[int], t.Callable[[], None]]

REQUESTS: dict[str, Kill] = {
    f"request {moment}": lambda number, moment=moment: forked.kill_at_request(number, moment)
    for moment in ("before", "sent", "answered")
}
STEPS: dict[str, Kill] = {"file": forked.kill_at, **REQUESTS}

pytestmark = bao.needs_cryptography


def killed_runs(new: t.Callable[[], stored.Subject], kill: Kill, ready: bool, **options: t.Any) -> t.Iterator[t.Any]:
    """A key pair or tenant after each run that was killed, one step later each time.

    :param ready: whether there was a complete run before.
    """
    for number in range(1, MOST):
        subject = new()
        if ready:
            assert subject.run().result["changed"]
            subject.check()
        finished = subject.run(kill(number), **options)
        if not finished.signal:
            assert finished.result["changed"] and number > 1
            return
        subject.check_what_is_left()
        yield subject
    pytest.fail("a run has more steps than expected")


def check_next_runs(subject: stored.Subject, **options: t.Any) -> None:
    """The next run does the rest, and then nothing is left to do."""
    first = subject.run(**options).result
    assert not first.get("failed"), first
    subject.check()
    assert not subject.run(**options).result["changed"]


@pytest.mark.parametrize("step", STEPS)
def test_creation(store: Store, folder_in_memory: pathlib.Path, step: str) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), STEPS[step], ready=False):
        is_complete = {PUBLIC, CERTIFICATE} <= set(forked.contents(pair.folder))
        assert pair.run().result["changed"] != is_complete
        check_next_runs(pair)


@pytest.mark.parametrize("step", STEPS)
def test_reissue(store: Store, folder_in_memory: pathlib.Path, step: str) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), STEPS[step], ready=True, valid_days=400):
        assert pair.keys() and {PUBLIC, CERTIFICATE} <= set(forked.contents(pair.folder))
        check_next_runs(pair, valid_days=400)
        forked.openssl("x509", "-noout", "-checkend", 399 * 86400, "-in", pair.folder / CERTIFICATE)


def test_removal(store: Store, folder_in_memory: pathlib.Path) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), STEPS["file"], ready=True, state="absent"):
        pair.run(state="absent")
        assert not {PUBLIC, CERTIFICATE} & set(forked.contents(pair.folder)) and pair.keys()


# Of these runs, only the last one has changes of files in an order of its own.
@pytest.mark.parametrize(("what", "step"), [*itertools.product(TENANT_RUNS, REQUESTS), ("rotation", "file")])
def test_a_tenant(store: Store, simulator: Simulator, folder_in_memory: pathlib.Path, what: str, step: str) -> None:
    def new() -> Tenant:
        simulator.reset()
        return Tenant(store, folder_in_memory, simulator)

    options = TENANT_RUNS[what]
    for tenant in killed_runs(new, STEPS[step], ready=what != "creation", **options):
        check_next_runs(tenant, **options)


def test_two_runs_at_once_make_one_key(store: Store, folder_in_memory: pathlib.Path) -> None:
    for _round in range(5):
        pair = Pair(store, folder_in_memory)
        options = {"directory": str(pair.folder), "size": 2048, "private_key_uri": store.uri(pair.name)}
        both = [forked.Running(forked.qscloud_keypair, {**options, **store.options}) for _number in range(2)]
        results = [running.wait().result for running in both]
        pair.check()
        assert results[0]["key_id"] == results[1]["key_id"]
