# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a power failure would leave: only what was synchronised before is sure to be on the disk, in whatever order."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import typing as t

import forked
import pytest


class Disk:
    """Keeps account of what is surely on the disk, and stops the process when it relies on something that is not."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.content: dict[int, bytes] = {}
        self.entries: dict[str, int] = {}
        self.folders: set[int] = set()
        """Other folders whose names have been synchronised since the last new one in them."""
        self.new_folders: list[pathlib.Path] = []
        if folder.exists():
            self.content = {path.stat().st_ino: path.read_bytes() for path in folder.iterdir()}
            self.entries = {path.name: path.stat().st_ino for path in folder.iterdir()}

    def watch(self) -> None:
        """Take the place of the functions that matter."""
        fsync, mkdir, rename, unlink = os.fsync, os.mkdir, os.rename, os.unlink

        def watched_fsync(descriptor: int) -> None:
            fsync(descriptor)
            path = pathlib.Path(f"/proc/self/fd/{descriptor}")
            if path.resolve() == self.folder:
                self.entries = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
            elif path.is_dir():
                self.folders.add(path.stat().st_ino)
            else:
                self.content[path.stat().st_ino] = path.read_bytes()

        def watched_mkdir(path: str, mode: int) -> None:
            mkdir(path, mode)
            self.new_folders.append(pathlib.Path(path))
            self.folders.discard(pathlib.Path(path).parent.stat().st_ino)

        def watched_rename(source: str, target: str, **where: int) -> None:
            self.check_content(self.folder / source)
            if target in (forked.PUBLIC, forked.CERTIFICATE):
                self.check_private_key()
            elif target == forked.PRIVATE:
                self.check_backup()
            rename(source, target, **where)

        def watched_unlink(name: str, **where: int) -> None:
            if name == forked.PRIVATE:
                self.check_backup()
            unlink(name, **where)

        # The aliases too, so that another way to write the same is not a way around.
        os.fsync = watched_fsync
        os.mkdir = watched_mkdir
        os.rename = os.replace = watched_rename
        os.unlink = os.remove = watched_unlink

    def check_content(self, path: pathlib.Path) -> None:
        """A file may get its final name when its content is on the disk, not before."""
        assert self.content.get(path.stat().st_ino) == path.read_bytes(), f"{path.name} is not synchronised"

    def check_private_key(self) -> None:
        """Public key and certificate may be put in place after the private key that they are made from."""
        path = self.folder / forked.PRIVATE
        self.check_content(path)
        assert self.entries.get(path.name) == path.stat().st_ino, "the private key's name is not synchronised"

    def check_backup(self) -> None:
        """A private key may go when a copy of it is on the disk under another name."""
        path = self.folder / forked.PRIVATE
        copies = [self.content.get(number) for name, number in self.entries.items() if forked.BACKUP.fullmatch(name)]
        assert not path.exists() or path.read_bytes() in copies, "the old private key has no copy"

    def check_all(self) -> None:
        """At the end, all that is there is on the disk."""
        for folder in self.new_folders:
            assert folder.parent.stat().st_ino in self.folders, f"the name of {folder} is not synchronised"
        assert {path.name: path.stat().st_ino for path in self.folder.iterdir()} == self.entries
        for path in self.folder.iterdir():
            self.check_content(path)


def _on(disk: Disk, run: t.Callable[..., forked.Finished], *arguments: t.Any, **options: t.Any) -> dict[str, t.Any]:
    """Run a module on a disk that is watched, up to its end."""

    def before() -> None:
        disk.watch()
        real_exit = forked.basic.AnsibleModule.exit_json

        def checked_exit(module: t.Any, **result: t.Any) -> None:
            disk.check_all()
            real_exit(module, **result)

        forked.basic.AnsibleModule.exit_json = checked_exit

    return run(*arguments, before, **options).result


@pytest.mark.parametrize(
    "files, options",
    [
        (dict, {}),
        (forked.ready_pair, {"common_name": "another"}),
        (forked.ready_pair, {"regenerate": "always"}),
        (forked.ready_pair, {"regenerate": "always", "backup": False}),
        (forked.qs_jwt_pair, {}),
        (forked.ready_pair, {"state": "absent"}),
    ],
    ids=["creation", "renewal", "replacement", "replacement without backup", "adoption", "removal"],
)
def test_keys_survive_a_power_failure(files: t.Any, options: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", files())
    assert _on(Disk(folder), forked.keypair, folder, **options)["changed"]


def test_new_folders_survive_a_power_failure(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "a" / "keys"
    assert _on(Disk(folder), forked.keypair, folder)["changed"]


@pytest.mark.parametrize("options", [{"regenerate": "always"}, {"state": "absent"}], ids=["replacement", "removal"])
def test_file_system_that_cannot_synchronise_folders(options: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    def only_files() -> None:
        fsync = os.fsync

        def fsync_of_files(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "Invalid argument")
            fsync(descriptor)

        os.fsync = fsync_of_files

    folder = tmp_path / "keys"
    assert forked.keypair(folder, only_files).result["changed"]
    forked.check_pair(folder)
    assert forked.keypair(folder, only_files, **options).result["changed"]


def test_a_token_survives_a_power_failure(tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    for force in (False, True):
        assert _on(Disk(path.parent), forked.token, path, force=force)["changed"]


def test_a_leftover_is_gone_for_good(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {**forked.ready_pair(), ".privatekey.pem.0123456789abcdef.tmp": b""})
    assert _on(Disk(folder), forked.keypair, folder)["changed"]
