# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs with a key in a real key store that are killed: no key is lost or made twice, and no file is of another key."""

from __future__ import annotations

import contextlib
import itertools
import pathlib
import typing as t

import forked
import openbao as bao
import pytest
import stored
import system_calls
from forked import CERTIFICATE, PUBLIC
from simulator import Simulator
from softhsm import SoftHsm
from stored import TENANT_RUNS, Pair, Store, Tenant

MOST = 400
"""More steps than any of these runs has."""

Before = t.Callable[[], None]


@contextlib.contextmanager
def kill_at_change_of_token(softhsm: SoftHsm, number: int) -> t.Iterator[Before]:
    """Let ``kill -9`` strike right before this system call by which the library of SoftHSM changes its objects.

    It also writes ``token.object`` at each login, and first empties it: killed in between, it loses the whole token. That
    is its own affair, and here left out.
    """
    changes = itertools.count(1)

    def decide(_number: int, call: system_calls.Call) -> int:
        is_counted = call.changes and not call.path.endswith("/token.object")
        return system_calls.KILL if is_counted and next(changes) == number else 0

    with system_calls.Watch(softhsm.folder, decide) as watch:
        yield watch.enter


REQUESTS = {
    f"request {moment}": lambda _store, number, moment=moment: contextlib.nullcontext(
        forked.kill_at_request(number, moment)
    )
    for moment in ("before", "sent", "answered")
}
STEPS: dict[str, t.Callable[[t.Any, int], t.ContextManager[Before]]] = {
    "file": lambda _store, number: contextlib.nullcontext(forked.kill_at(number)),
    "token": kill_at_change_of_token,
    **REQUESTS,
}
# How files are written does not depend on the store.
WITH_OPENBAO = [("openbao", step) for step in ("file", *REQUESTS)]
WITH_TOKEN = pytest.param("softhsm", "token", marks=system_calls.needs_watch)
WITH_KMS = [("kms", step) for step in REQUESTS]

pytestmark = bao.needs_cryptography


def killed_runs(new: t.Callable[[], stored.Subject], step: str, ready: bool, **options: t.Any) -> t.Iterator[t.Any]:
    """A key pair or tenant after each run that was killed, one step later each time.

    :param ready: whether there was a complete run before.
    """
    # The library of SoftHSM makes so many changes, four for each attribute of a key, that each third will do.
    for number in range(1, MOST, 3 if step == "token" else 1):
        subject = new()
        if ready:
            assert subject.run().result["changed"]
            subject.check()
        with STEPS[step](subject.store, number) as before:
            finished = subject.run(before, **options)
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


@pytest.mark.parametrize(("store", "step"), [*WITH_OPENBAO, WITH_TOKEN, *WITH_KMS], indirect=["store"])
def test_creation(store: Store, folder_in_memory: pathlib.Path, step: str) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), step, ready=False):
        is_complete = {PUBLIC, CERTIFICATE} <= set(forked.contents(pair.folder))
        assert pair.run().result["changed"] != is_complete
        check_next_runs(pair)


@pytest.mark.parametrize(("store", "step"), [*WITH_OPENBAO, WITH_KMS[-1]], indirect=["store"])
def test_reissue(store: Store, folder_in_memory: pathlib.Path, step: str) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), step, ready=True, valid_days=400):
        assert pair.keys() and {PUBLIC, CERTIFICATE} <= set(forked.contents(pair.folder))
        check_next_runs(pair, valid_days=400)
        forked.openssl("x509", "-noout", "-checkend", 399 * 86400, "-in", pair.folder / CERTIFICATE)


@pytest.mark.parametrize("store", ["openbao"], indirect=True)
def test_removal(store: Store, folder_in_memory: pathlib.Path) -> None:
    for pair in killed_runs(lambda: Pair(store, folder_in_memory), "file", ready=True, state="absent"):
        pair.run(state="absent")
        assert not {PUBLIC, CERTIFICATE} & set(forked.contents(pair.folder)) and pair.keys()


# Of these runs, only the last one has changes of files in an order of its own.
@pytest.mark.parametrize("store", ["openbao"], indirect=True)
@pytest.mark.parametrize(("what", "step"), [*itertools.product(TENANT_RUNS, REQUESTS), ("rotation", "file")])
def test_a_tenant(store: Store, simulator: Simulator, folder_in_memory: pathlib.Path, what: str, step: str) -> None:
    def new() -> Tenant:
        simulator.reset()
        return Tenant(store, folder_in_memory, simulator)

    options = TENANT_RUNS[what]
    for tenant in killed_runs(new, step, ready=what != "creation", **options):
        check_next_runs(tenant, **options)


def test_two_runs_at_once_make_one_key(store: Store, folder_in_memory: pathlib.Path) -> None:
    for _round in range(5):
        pair = Pair(store, folder_in_memory)
        options = {"directory": str(pair.folder), "size": 2048, "private_key_uri": store.uri(pair.name)}
        both = [forked.Running(forked.qscloud_keypair, {**options, **store.options}) for _number in range(2)]
        results = [running.wait().result for running in both]
        pair.check()
        assert results[0]["key_id"] == results[1]["key_id"]
