# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk that is full or read-only: one clear sentence, everything as it was, and nothing left over."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import typing as t

import forked
import pytest

PAGE = os.sysconf("SC_PAGE_SIZE")
PAGES = 32
"""The size of the small disk. On it each of our files takes one page, and a folder none."""

# What is there; the options; and how many files the run writes, backups included.
RUNS = {
    "creation": (dict, {}, 3),
    "renewal": (forked.ready_pair, {"common_name": "another"}, 2),
    "renewal without backup": (forked.ready_pair, {"common_name": "another", "backup": False}, 1),
    "replacement": (forked.ready_pair, {"regenerate": "always"}, 6),
    "replacement without backup": (forked.ready_pair, {"regenerate": "always", "backup": False}, 4),
    "removal": (forked.ready_pair, {"state": "absent"}, 3),
}

NEEDS_MOUNT = (
    "NOT TESTED: the full disk and the read-only disk. Mounting a tmpfs is not allowed here: run the tests as root, or"
    " with 'unshare --user --map-root-user --mount'."
)


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> t.Iterator[pathlib.Path]:
    """An empty disk of a few pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = f"size={PAGES * PAGE},mode=0700"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip(NEEDS_MOUNT)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: pathlib.Path, free: int) -> pathlib.Path:
    """Leave so many pages free. Returns the file that takes the others."""
    filler = disk / "filler"
    status = os.statvfs(disk)
    filler.write_bytes(b"x" * ((status.f_bavail - free) * status.f_frsize))
    return filler


@pytest.mark.parametrize("name, free", [(name, free) for name, run in RUNS.items() for free in range(run[2] + 1)])
def test_full_disk(name: str, free: int, small_disk: pathlib.Path) -> None:
    """With some pages free it is up to the run whether it manages; but it does all, or nothing."""
    files, options, written = RUNS[name]
    folder = forked.put(small_disk / "keys", files())
    filler = fill(small_disk, free)
    before = forked.state(folder)

    finished = forked.keypair(folder, **options)
    if free == 0 or (free < written and finished.result.get("failed")):
        message = finished.refusal
        assert any(f"{folder}/{name}" in message for name in forked.NAMES) and "No space left on device" in message
        assert forked.state(folder) == before
        filler.unlink()
        finished = forked.keypair(folder, **options)
    assert finished.result["changed"]
    if options.get("state") != "absent":
        forked.check_pair(folder)


def test_disk_that_a_killed_run_has_filled(small_disk: pathlib.Path) -> None:
    folder = forked.put(small_disk / "keys", forked.ready_pair())
    leftovers = [folder / f".{forked.PRIVATE}.{number:016x}.tmp" for number in range(3)]
    for leftover in leftovers:
        leftover.write_bytes(b"x" * PAGE)
    fill(small_disk, 0)
    assert forked.keypair(folder, common_name="another").result["changed"]
    forked.check_pair(folder)
    assert not any(leftover.exists() for leftover in leftovers)


@pytest.mark.parametrize("there", [False, True], ids=["first token", "replacement"])
def test_full_disk_and_a_token(there: bool, small_disk: pathlib.Path) -> None:
    path = small_disk / "anna.jwt"
    if there:
        forked.token(path)
    fill(small_disk, 0)
    before = forked.state(small_disk)
    message = forked.token(path, force=there).refusal
    assert str(path) in message and "No space left on device" in message
    assert forked.state(small_disk) == before


@pytest.mark.parametrize("size", [0, 1, 400])
@pytest.mark.parametrize("name", RUNS)
def test_write_that_is_cut_short(name: str, size: int, tmp_path: pathlib.Path) -> None:
    """As on a full disk, but for every user: each file is larger than what may be written."""
    files, options, _written = RUNS[name]
    folder = forked.put(tmp_path / "keys", files())
    before = forked.state(folder)
    message = forked.keypair(folder, forked.file_size_limit(size, signal.SIG_IGN), **options).refusal
    assert str(folder) in message and "File too large" in message
    assert forked.state(folder) == before


@pytest.mark.parametrize("there", [False, True], ids=["first token", "replacement"])
def test_token_that_is_cut_short(there: bool, tmp_path: pathlib.Path) -> None:
    path = forked.put(tmp_path / "keys", {}) / "anna.jwt"
    if there:
        forked.token(path)
    before = forked.state(path.parent)
    message = forked.token(path, forked.file_size_limit(400, signal.SIG_IGN), force=True).refusal
    assert str(path) in message and "File too large" in message
    assert forked.state(path.parent) == before


@pytest.mark.parametrize("name", RUNS)
def test_read_only_disk(name: str, small_disk: pathlib.Path) -> None:
    files, options, _written = RUNS[name]
    folder = forked.put(small_disk / "keys", files())
    forked.token(small_disk / "anna.jwt")
    before = forked.state(folder)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    message = forked.keypair(folder, **options).refusal
    assert str(folder) in message and "Read-only file system" in message
    assert forked.state(folder) == before
    assert "Read-only file system" in forked.token(small_disk / "anna.jwt", force=True).refusal
    assert "Read-only file system" in forked.keypair(small_disk / "new").refusal
    # Nothing is to be done: then a disk that cannot be written to is no obstacle.
    if files():
        assert not forked.keypair(folder).result["changed"]
    assert not forked.token(small_disk / "anna.jwt").result["changed"]


class Guest(t.NamedTuple):
    """A folder, and a user whom it belongs to and whom permissions bind (None: the one who runs the tests)."""

    folder: pathlib.Path
    user: int | None

    def give(self, files: dict[str, bytes], mode: int) -> None:
        """Fill the folder, and then let the user do no more with it than this."""
        forked.put(self.folder, files)
        for path in [*self.folder.iterdir(), self.folder]:
            if self.user is not None:
                os.chown(path, self.user, self.user)
        self.folder.chmod(mode)


@pytest.fixture
def guest() -> t.Iterator[Guest]:
    """Permissions do not bind root, so that another user takes root's place."""
    if os.geteuid() == 0 and not forked.MAY_CHOWN:
        pytest.skip("NOT TESTED: what permissions forbid. Run the tests as another user than root.")
    with forked.folder_for_all() as top:
        yield Guest(top / "keys", forked.NOBODY if os.geteuid() == 0 else None)
        (top / "keys").chmod(0o700)


@pytest.mark.parametrize("name", RUNS)
def test_read_only_folder(name: str, guest: Guest) -> None:
    files, options, _written = RUNS[name]
    guest.give(files(), mode=0o500)
    before = forked.state(guest.folder)
    message = forked.keypair(guest.folder, user=guest.user, **options).refusal
    assert str(guest.folder) in message and "Permission denied" in message
    assert "Permission denied" in forked.keypair(guest.folder / "new", user=guest.user).refusal
    assert "Permission denied" in forked.token(guest.folder / "anna.jwt", user=guest.user).refusal
    if files():
        assert not forked.keypair(guest.folder, user=guest.user).result["changed"]
    assert forked.state(guest.folder) == before


@pytest.mark.parametrize("options", [{}, {"regenerate": "always"}, {"state": "absent"}], ids=str)
def test_private_key_that_may_not_be_read(options: dict[str, t.Any], guest: Guest) -> None:
    guest.give(forked.ready_pair(), mode=0o700)
    private_key = guest.folder / forked.PRIVATE
    private_key.chmod(0)
    message = forked.keypair(guest.folder, user=guest.user, **options).refusal
    assert str(private_key) in message and "Permission denied" in message
    assert sorted(os.listdir(guest.folder)) == sorted(forked.NAMES)
    private_key.chmod(0o600)
    assert forked.contents(guest.folder) == forked.ready_pair()


@pytest.mark.parametrize("options", [{}, {"state": "absent"}], ids=str)
def test_folder_above_that_may_not_be_entered(options: dict[str, t.Any], guest: Guest) -> None:
    """What cannot be seen is not the same as what is not there."""
    guest.give({}, mode=0o700)
    forked.put(guest.folder / "inner", forked.ready_pair())
    guest.folder.chmod(0o600)
    message = forked.keypair(guest.folder / "inner", user=guest.user, **options).refusal
    assert str(guest.folder / "inner") in message and "Permission denied" in message


def test_new_folder_in_one_that_may_not_be_read(guest: Guest) -> None:
    guest.give({}, mode=0o300)
    assert forked.keypair(guest.folder / "new", user=guest.user).result["changed"]
    forked.check_pair(guest.folder / "new")
