# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs with a key in a real OpenBao that are killed: no key is lost or made twice, and no file is of another key."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import typing as t

import forked
import openbao as bao
import pytest
from forked import CERTIFICATE, PUBLIC

from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault

NUMBERS = itertools.count()
MOST = 60
"""More steps than any of these runs has."""

pytestmark = bao.needs_cryptography


class Pair:
    """A key of its own in the server, and the folder for its files."""

    def __init__(self, server: bao.OpenBao, folder: pathlib.Path) -> None:
        self.server = server
        self.name = f"killed-{next(NUMBERS)}"
        self.folder = folder / self.name

    def run(self, before: t.Callable[[], None] | None = None, **options: t.Any) -> forked.Finished:
        """Run the module."""
        uri = f"hashivault://{self.name}"
        return forked.keypair(self.folder, before, private_key_uri=uri, **self.server.options, **options)

    def versions(self) -> list[str]:
        """The public keys of the key in the server."""
        if self.name not in self.server.key_names():
            return []
        return [
            its["public_key"] for its in self.server.ask("GET", f"transit/keys/{self.name}")["data"]["keys"].values()
        ]

    def check(self) -> None:
        """The files are of the only version of the key, and there is nothing but backups beside them."""
        (version,) = self.versions()
        files = forked.contents(self.folder)
        assert files[PUBLIC].decode() == version
        assert forked.public_key_of(files[CERTIFICATE]) == forked.public_key_of(files[PUBLIC])
        forked.check_backups(self.folder, (PUBLIC, CERTIFICATE))
        assert not any(b"PRIVATE KEY" in content for content in files.values())


def kill_at_request(number: int, after: bool) -> t.Callable[[], None]:
    """Let ``kill -9`` strike right before or after this request to the server."""

    def patch() -> None:
        ask, requests = hashivault.Key._ask, itertools.count(1)

        def killed(*given: t.Any) -> t.Any:
            strikes = next(requests) == number
            if strikes and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return ask(*given)
            finally:
                if strikes:
                    os.kill(os.getpid(), signal.SIGKILL)

        hashivault.Key._ask = killed

    return patch


WAYS: dict[str, t.Callable[[int], t.Callable[[], None]]] = {
    "before a change of a file": forked.kill_at,
    "before a request": lambda number: kill_at_request(number, after=False),
    "after a request": lambda number: kill_at_request(number, after=True),
}


def killed_runs(
    openbao: bao.OpenBao, folder: pathlib.Path, way: str, ready: bool, **options: t.Any
) -> t.Iterator[tuple[Pair, str | None]]:
    """A pair after each run that was killed, and its certificate before that.

    :param ready: whether it is there before the run.
    """
    for number in range(1, MOST):
        pair = Pair(openbao, folder)
        if ready:
            assert pair.run().result["changed"]
        before = (pair.folder / CERTIFICATE).read_text() if ready else None
        finished = pair.run(WAYS[way](number), **options)
        if not finished.signal:
            assert finished.result["changed"] and number > 1
            return
        yield pair, before
    pytest.fail("a run has more steps than expected")


@pytest.mark.parametrize("way", WAYS)
def test_creation(openbao: bao.OpenBao, folder_in_memory: pathlib.Path, way: str) -> None:
    for pair, _before in killed_runs(openbao, folder_in_memory, way, ready=False):
        made = pair.versions()
        is_complete = pair.folder.exists() and {PUBLIC, CERTIFICATE} <= set(forked.contents(pair.folder))
        assert pair.run().result["changed"] != is_complete
        pair.check()
        assert made in ([], pair.versions())
        assert not pair.run().result["changed"]


@pytest.mark.parametrize("way", WAYS)
def test_reissue(openbao: bao.OpenBao, folder_in_memory: pathlib.Path, way: str) -> None:
    for pair, before in killed_runs(openbao, folder_in_memory, way, ready=True, valid_days=400):
        (made,) = pair.versions()
        certificate = (pair.folder / CERTIFICATE).read_text()
        again = pair.run(valid_days=400).result
        assert again["changed"] or certificate != before
        pair.check()
        assert pair.versions() == [made] and not pair.run(valid_days=400).result["changed"]


def test_removal(openbao: bao.OpenBao, folder_in_memory: pathlib.Path) -> None:
    for pair, _before in killed_runs(
        openbao, folder_in_memory, "before a change of a file", ready=True, state="absent"
    ):
        made = pair.versions()
        pair.run(state="absent")
        assert not {PUBLIC, CERTIFICATE} & set(forked.contents(pair.folder)) and pair.versions() == made != []


def test_two_runs_at_once_make_one_key(openbao: bao.OpenBao, folder_in_memory: pathlib.Path) -> None:
    for _round in range(5):
        pair = Pair(openbao, folder_in_memory)
        options = {"directory": str(pair.folder), "size": 2048, "private_key_uri": f"hashivault://{pair.name}"}
        both = [forked.Running(forked.qscloud_keypair, options | openbao.options) for _number in range(2)]
        results = [running.wait().result for running in both]
        pair.check()
        assert results[0]["key_id"] == results[1]["key_id"]
