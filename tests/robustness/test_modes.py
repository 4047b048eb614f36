# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret file has its final mode from the first byte, and so has a folder, whatever the umask."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import forked
import pytest

UMASKS = [0o000, 0o022, 0o077]


class Seen(t.NamedTuple):
    """A file or folder at one instant."""

    number: int
    mode: int
    user: int
    group: int


class Watcher:
    """Writes down all that is under a folder before each change of the file system, and at the end.

    A file is known by its number, because it gets its final name last; and an empty file counts too: who has it open
    reads what comes later.
    """

    def __init__(self, folder: pathlib.Path, umask: int) -> None:
        self._folder = folder
        self._umask = umask
        self._log = folder.with_name("seen.json")
        self._old = {path.stat().st_ino for path in folder.rglob("*")}

    def before(self) -> None:
        """To be called in the process of the module."""
        os.umask(self._umask)
        log = open(self._log, "w", encoding="utf-8")

        def look(_step: int) -> None:
            for parent, folders, files in os.walk(self._folder):
                for name in folders + files:
                    status = os.lstat(os.path.join(parent, name))
                    print(json.dumps([status.st_ino, status.st_mode & 0o7777, status.st_uid, status.st_gid]), file=log)
            log.flush()

        forked.before_each_change(look)()

    def modes(self, path: pathlib.Path) -> set[int]:
        """All modes that a file or folder ever had, if the run has made it."""
        return {seen.mode for seen in self.seen() if seen.number == path.stat().st_ino} | {forked.mode_of(path)}

    def seen(self) -> list[Seen]:
        """All that was seen of files and folders that were not there before."""
        every = (Seen(*json.loads(line)) for line in self._log.read_text().splitlines())
        return [seen for seen in every if seen.number not in self._old]


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
@pytest.mark.parametrize(
    "files, options",
    [
        (dict, {}),
        (forked.ready_pair, {"regenerate": "always"}),
        (forked.qs_jwt_pair, {}),
        (forked.ready_pair, {"state": "absent"}),
    ],
    ids=["creation", "replacement", "adoption", "removal"],
)
def test_private_key(files: t.Any, options: dict[str, t.Any], umask: int, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", files())
    watcher = Watcher(folder, umask)
    assert forked.keypair(folder, watcher.before, **options).result["changed"]
    secret = [path for path in folder.iterdir() if forked.PRIVATE in path.name]
    assert secret and all(watcher.modes(path) == {0o600} for path in secret)
    if options.get("state") == "absent":
        forked.check_backups(folder, ())
    else:
        forked.check_pair(folder)


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_key_of_qs_jwt_that_everybody_could_read(umask: int, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.qs_jwt_pair(), dict.fromkeys(forked.NAMES, 0o644))
    assert forked.keypair(folder, lambda: os.umask(umask), regenerate="always").result["changed"]
    forked.check_pair(folder)


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_token(umask: int, tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    watcher = Watcher(path.parent, umask)
    for force in (False, True):
        assert forked.token(path, watcher.before, force=force).result["changed"]
        assert watcher.modes(path) == {0o600}
        forked.check_token(path)


@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_new_folders(umask: int, tmp_path: pathlib.Path) -> None:
    top = forked.put(tmp_path / "top", {})
    watcher = Watcher(top, umask)
    forked.keypair(top / "a" / "b", watcher.before)
    assert watcher.modes(top / "a" / "b") == {0o700}
    assert watcher.modes(top / "a") == {0o755 & ~umask}
    forked.check_pair(top / "a" / "b")


@pytest.mark.parametrize("mode", ["0400", "0440", "0640"])
@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_other_mode(mode: str, umask: int, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    watcher = Watcher(folder, umask)
    assert forked.keypair(folder, watcher.before, mode=mode, public_mode="0444").result["changed"]
    wanted = int(mode, 8)
    assert all(seen & ~wanted == 0 for seen in watcher.modes(folder / forked.PRIVATE))
    assert forked.mode_of(folder / forked.PRIVATE) == wanted
    assert forked.mode_of(folder / forked.PUBLIC) == forked.mode_of(folder / forked.CERTIFICATE) == 0o444
    assert not forked.keypair(folder, mode=mode, public_mode="0444").result["changed"]


@forked.needs_chown
def test_a_group_may_read_when_it_is_the_right_one(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    watcher = Watcher(folder, 0o022)
    forked.keypair(folder, watcher.before, mode="0640", group=str(forked.NOBODY))
    number = (folder / forked.PRIVATE).stat().st_ino
    groups = {seen.group for seen in watcher.seen() if seen.number == number and seen.mode & 0o040}
    assert groups == {forked.NOBODY}


@pytest.mark.parametrize("mode", ["0666", "0604", "0601", "0200", "0000", "4600", "rw", ""])
def test_mode_for_others_is_refused(mode: str, tmp_path: pathlib.Path) -> None:
    assert forked.keypair(tmp_path / "keys", mode=mode).refusal.lower().startswith("mode ")
    assert not (tmp_path / "keys").exists()
