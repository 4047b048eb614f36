# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner and group: files and a new folder get them, and a file that is replaced keeps them."""

from __future__ import annotations

import os
import pathlib
import typing as t

import forked
import pytest

pytestmark = forked.needs_chown

OWNER, GROUP = forked.NOBODY, forked.NOBODY - 1
OPTIONS = {"owner": str(OWNER), "group": str(GROUP)}


def _owners(*paths: pathlib.Path) -> set[tuple[int, int]]:
    return {(path.stat().st_uid, path.stat().st_gid) for path in paths}


def test_new_folder_and_files(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "parent" / "keys"
    assert forked.keypair(folder, **OPTIONS).result["changed"]
    assert _owners(folder, *folder.iterdir()) == {(OWNER, GROUP)}
    assert forked.mode_of(folder) == 0o700
    # The owner has to get to the folder.
    assert _owners(folder.parent) == {(0, 0)} and forked.mode_of(folder.parent) == 0o755
    forked.check_pair(folder)
    assert not forked.keypair(folder, **OPTIONS).result["changed"]


def test_names(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "keys"
    forked.keypair(folder, owner="root", group="root")
    assert _owners(folder, *folder.iterdir()) == {(0, 0)}
    assert "owner" in forked.keypair(folder, owner="no-such-user").refusal.lower()
    assert "group" in forked.keypair(folder, group="no-such-group").refusal.lower()


@pytest.mark.parametrize("number", ["99999999999", "4294967295", "-1", "²", ""])
def test_number_that_no_user_has(number: str, tmp_path: pathlib.Path) -> None:
    for option in ("owner", "group"):
        assert option in forked.keypair(tmp_path / "keys", **{option: number}).refusal.lower()
        assert not (tmp_path / "keys").exists()


def test_existing_files_get_them_and_the_folder_stays(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    before = forked.contents(folder)
    assert forked.keypair(folder, _ansible_check_mode=True, **OPTIONS).result["changed"]
    assert _owners(*folder.iterdir()) == {(0, 0)}
    assert forked.keypair(folder, **OPTIONS).result["changed"]
    assert _owners(*folder.iterdir()) == {(OWNER, GROUP)} and _owners(folder) == {(0, 0)}
    assert forked.contents(folder) == before
    assert not forked.keypair(folder, **OPTIONS).result["changed"]


def test_only_one_of_them(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    assert forked.keypair(folder, group=str(GROUP)).result["changed"]
    assert _owners(*folder.iterdir()) == {(0, GROUP)}
    assert forked.keypair(folder, owner=str(OWNER)).result["changed"]
    assert _owners(*folder.iterdir()) == {(OWNER, GROUP)}


@pytest.mark.parametrize("options", [{"common_name": "another"}, {"regenerate": "always"}], ids=["renewal", "always"])
def test_replaced_files_keep_them(options: dict[str, str], tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    for path in folder.iterdir():
        os.chown(path, OWNER, GROUP)
    assert forked.keypair(folder, **options).result["changed"]
    assert _owners(*(folder / name for name in forked.NAMES)) == {(OWNER, GROUP)}
    forked.check_pair(folder)


def test_replaced_token_keeps_them(tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    forked.token(path)
    os.chown(path, OWNER, GROUP)
    assert forked.token(path, force=True).result["changed"]
    assert _owners(path) == {(OWNER, GROUP)} and forked.mode_of(path) == 0o600


@pytest.mark.parametrize("files", [dict, forked.ready_pair], ids=["creation", "replacement"])
def test_user_who_may_not_give_files_away(files: t.Any) -> None:
    """That is said, and nothing is left of the attempt."""
    with forked.folder_for_all() as top:
        folder = forked.put(top / "keys", files())
        for path in [folder, *folder.iterdir()]:
            os.chown(path, OWNER, OWNER)
        before = forked.state(folder)
        message = forked.keypair(folder, user=OWNER, owner="0", regenerate="always").refusal
        assert str(folder) in message and "Operation not permitted" in message
        assert forked.state(folder) == before
        message = forked.keypair(folder / "a" / "b", user=OWNER, owner="0").refusal
        assert "Operation not permitted" in message
        assert forked.state(folder) == before
