# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that is wrong, or set back between two runs or within one: what was made by it is set right afterwards."""

from __future__ import annotations

import base64
import datetime
import json
import os
import pathlib
import time
import types
import typing as t

import forked
import pytest
from scenarios import make_keys_quickly

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the making of keys."""
    make_keys_quickly(monkeypatch)


def clock(*offsets: int) -> t.Callable[[], None]:
    """A clock that is off by so many seconds: at the first look, at the second, and so on, and then as at the last."""
    right_time, right_names = time.time, time.strftime

    def set_clock() -> None:
        left = list(offsets)

        def now() -> float:
            return right_time() + (left.pop(0) if len(left) > 1 else left[0])

        class Clock(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
                return datetime.datetime.fromtimestamp(now(), tz)

        time.time = now
        time.strftime = lambda form, moment=None: right_names(form, moment or time.localtime(now()))
        forked.qscloud_keypair.datetime = types.SimpleNamespace(datetime=Clock, timezone=datetime.timezone)

    return set_clock


OFFSETS = [-50 * YEAR, -2 * YEAR, -340 * DAY, 10 * MINUTE, DAY, 2 * YEAR, 30 * YEAR, 100 * YEAR]
RUNS = [{}, {"common_name": "another"}, {"regenerate": "always"}, {"state": "absent"}]


@pytest.mark.parametrize("offset", OFFSETS)
def test_certificate_of_a_wrong_clock(offset: int, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "keys"
    assert forked.keypair(folder, clock(offset)).result["changed"]
    key = (folder / forked.PRIVATE).read_bytes()
    # Whoever has the same clock sees nothing wrong.
    assert not forked.keypair(folder, clock(offset)).result["changed"]

    (action,) = forked.keypair(folder).result["actions"]
    assert action.startswith(f"wrote {forked.CERTIFICATE}: it ")
    assert (folder / forked.PRIVATE).read_bytes() == key
    forked.check_pair(folder)  # openssl has the right clock, and would refuse a certificate that is not valid yet
    assert not forked.keypair(folder).result["changed"]


@pytest.mark.parametrize("offset", [MINUTE, 4 * MINUTE])
def test_clocks_that_differ_a_little(offset: int, tmp_path: pathlib.Path) -> None:
    """Two machines that share a folder must not renew each other's certificates."""
    folder = tmp_path / "keys"
    assert forked.keypair(folder, clock(offset)).result["changed"]
    assert not forked.keypair(folder).result["changed"]


@pytest.mark.parametrize("offsets", [(0, -HOUR), (0, -2 * YEAR, 0), (0, 2 * YEAR, -2 * YEAR)], ids=str)
@pytest.mark.parametrize("options", RUNS, ids=str)
def test_clock_that_is_set_back_within_a_run(
    options: dict[str, t.Any], offsets: tuple[int, ...], tmp_path: pathlib.Path
) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    finished = forked.keypair(folder, clock(*offsets), **options)
    assert finished.result["changed"] == bool(options)
    assert forked.ready_pair()[forked.PRIVATE] in forked.private_keys(forked.contents(folder))
    assert "failed" not in forked.keypair(folder).result
    forked.check_pair(folder)


def test_backups_of_the_same_second_of_the_same_process(tmp_path: pathlib.Path) -> None:
    """After a clock was set back, a time comes again, and perhaps the same number of the process: no backup is lost."""
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    keys = {forked.ready_pair()[forked.PRIVATE]}

    def same() -> None:
        bare_strftime = time.strftime
        os.getpid = lambda: 4711
        # Certificates have a format of their own.
        time.strftime = lambda form, *rest: "2026-11-23@21:42:26" if "@" in form else bare_strftime(form, *rest)

    for number in range(1, 5):
        assert forked.keypair(folder, same, regenerate="always").result["changed"]
        keys |= forked.private_keys(forked.contents(folder))
        backups = [name for name in forked.contents(folder) if name.startswith(f"{forked.PRIVATE}.")]
        assert len(backups) == number
    assert forked.keypair(folder, same, state="absent").result["changed"]
    assert forked.private_keys(forked.contents(folder)) == keys
    forked.check_backups(folder, ())


def _start_of(path: pathlib.Path) -> int:
    _header, payload, _signature = path.read_text().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["exp"] - claims["nbf"] == 30 * MINUTE
    return claims["nbf"]


@pytest.mark.parametrize("offset", [-2 * YEAR, -HOUR, -26 * MINUTE, 2 * MINUTE, HOUR, 2 * YEAR, 70 * YEAR])
def test_token_of_a_wrong_clock(offset: int, tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    assert forked.token(path, clock(offset)).result["changed"]
    assert not forked.token(path, clock(offset)).result["changed"]
    assert forked.token(path).result["changed"]
    forked.check_token(path)
    assert -MINUTE < _start_of(path) - time.time() < 0
    assert not forked.token(path).result["changed"]


@pytest.mark.parametrize("offset", [-20 * MINUTE, 30])
def test_token_that_is_good_by_both_clocks(offset: int, tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    assert forked.token(path, clock(offset)).result["changed"]
    assert not forked.token(path).result["changed"]


def test_clock_that_is_set_back_while_a_token_is_signed(tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    assert forked.token(path, clock(0, -HOUR, -2 * HOUR)).result["changed"]
    forked.check_token(path)
    assert not forked.token(path).result["changed"]
