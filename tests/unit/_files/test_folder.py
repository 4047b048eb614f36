# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder of ours: what is read and written in it, and how. What can go wrong with it is in tests/robustness."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import typing as t

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import folder as _folder
from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import (
    Access,
    Folder,
    locked_folder,
    new_folder,
    other_spellings,
)

NAMES = ("a", "b")


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder that nobody else may enter."""
    path = tmp_path / "folder"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def folder(path: pathlib.Path) -> t.Iterator[Folder]:
    """The same, open and locked."""
    with locked_folder(str(path)) as opened:
        yield opened


def mode(path: pathlib.Path) -> int:
    """The permission bits of a file."""
    return path.lstat().st_mode & 0o7777


@pytest.mark.parametrize(
    ("wanted", "existing", "found"),
    [
        ("acme.eu.example.com", ["Acme.EU.example.com", "other.eu.example.com"], ["Acme.EU.example.com"]),
        ("acme.eu.example.com", ["acme.eu.example.com."], ["acme.eu.example.com."]),
        ("Acme.EU.example.com.", ["acme.eu.example.com"], ["acme.eu.example.com"]),
        ("acme.eu.example.com/", ["ACME.EU.EXAMPLE.COM."], ["ACME.EU.EXAMPLE.COM."]),
        ("acme.eu.example.com", ["acme.us.example.com", "acme", "acme.eu.example.com.."], []),
        ("portal", ["Portal"], []),
        ("acme.eu.example.com", [], []),
    ],
)
def test_other_spellings_of_a_host_name(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, wanted: str, existing: list[str], found: list[str]
) -> None:
    for name in existing:
        (tmp_path / name).mkdir()
    assert other_spellings(f"{tmp_path}/{wanted}") == [f"{tmp_path}/{name}" for name in found]
    monkeypatch.chdir(tmp_path)
    assert other_spellings(wanted) == found
    assert other_spellings(f"missing/{wanted}") == []


def test_files_are_written_and_read(folder: Folder, path: pathlib.Path) -> None:
    folder.write({"a": (b"1", Access(0o600)), "b": (b"2", Access(0o644))})
    assert {file.name: (file.read_bytes(), mode(file)) for file in path.iterdir()} == {
        "a": (b"1", 0o600),
        "b": (b"2", 0o644),
    }
    found = folder.read("a")
    assert found == (b"1", Access(0o600, os.geteuid(), os.getegid()))
    assert folder.read("c") is None
    assert folder.path_of("a") == str(path / "a")


def test_a_file_that_is_replaced_is_another_one(folder: Folder, path: pathlib.Path) -> None:
    folder.write({"a": (b"1", Access(0o600))})
    with open(path / "a", "rb") as old:
        folder.write({"a": (b"2", Access(0o640))})
        # Whoever has it open still reads what it was.
        assert old.read() == b"1" and (path / "a").read_bytes() == b"2" and mode(path / "a") == 0o640


def test_what_cannot_be_written_changes_nothing(folder: Folder, path: pathlib.Path) -> None:
    folder.write({"a": (b"1", Access(0o600))})
    with pytest.raises(FileError, match=f"^Cannot write {path}/x+: File name too long"):
        folder.write({"a": (b"2", Access(0o600)), "x" * 300: (b"3", Access(0o600))})
    assert {file.name: file.read_bytes() for file in path.iterdir()} == {"a": b"1"}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_the_umask_has_no_say(folder: Folder, path: pathlib.Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder.write({"a": (b"1", Access(0o640))})
    finally:
        os.umask(before)
    assert mode(path / "a") == 0o640


def test_the_access_of_a_file_is_set(folder: Folder, path: pathlib.Path) -> None:
    folder.write({"a": (b"1", Access(0o600))})
    folder.set_access("a", Access(0o644))
    assert mode(path / "a") == 0o644
    (path / "b").hardlink_to(path / "a")
    with pytest.raises(FileError, match="hard links"):
        folder.set_access("a", Access(0o600))


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "second name"])
def test_what_is_no_file_of_ours_is_not_read(folder: Folder, path: pathlib.Path, kind: str) -> None:
    (path / "other").write_bytes(b"1")
    {
        "link": lambda: (path / "a").symlink_to("other"),
        "folder": (path / "a").mkdir,
        "pipe": lambda: os.mkfifo(path / "a"),
        "second name": lambda: (path / "a").hardlink_to(path / "other"),
    }[kind]()
    with pytest.raises(FileError, match=f"^{path}/a "):
        folder.read("a")


def test_a_file_is_removed(folder: Folder, path: pathlib.Path) -> None:
    assert folder.is_empty()
    folder.write({"a": (b"1", Access(0o600))})
    assert not folder.is_empty()
    folder.remove("a")
    assert list(path.iterdir()) == [] and folder.is_empty()
    with pytest.raises(FileError, match=f"^Cannot remove {path}/a: No such file"):
        folder.remove("a")


def test_the_name_of_a_backup_is_free(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_folder.time, "strftime", lambda _format: "2026-11-26@12:00:00")
    first = folder.backup_name("a")
    assert re.fullmatch(r"a\.[0-9]+\.2026-11-26@12:00:00~", first)
    folder.write({first: (b"1", Access(0o600))})
    assert folder.backup_name("a") == f"{first[:-1]}+~"


def test_what_a_killed_run_has_left_is_known(folder: Folder, path: pathlib.Path) -> None:
    ours = [".a.0123456789abcdef.tmp", ".b.12.2026-11-26@12:00:00~.0123456789abcdef.tmp"]
    others = [".c.0123456789abcdef.tmp", ".a.0123456789ABCDEF.tmp", ".a.tmp", "a.0123456789abcdef.tmp", "a"]
    for name in ours + others:
        (path / name).touch()
    assert folder.leftovers(NAMES) == sorted(ours)


def test_a_new_folder_is_closed_to_others_and_its_parents_are_not(tmp_path: pathlib.Path) -> None:
    before = os.umask(0o022)
    try:
        with new_folder(str(tmp_path / "a" / "b")):
            assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o755, 0o700)
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "b").is_dir()


def test_a_new_folder_is_taken_back_if_what_is_done_in_it_fails(tmp_path: pathlib.Path) -> None:
    with pytest.raises(KeyError), new_folder(str(tmp_path / "a" / "b")):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileError, match=f"^Cannot use the folder {tmp_path}/missing: No such file"):
        with locked_folder(str(tmp_path / "missing")):
            pass


def test_a_volume_of_kubernetes_is_refused_and_the_option_that_reads_it_is_named(path: pathlib.Path) -> None:
    # As its AtomicWriter leaves it: a folder for each version, a link to it, and a link for each file.
    (path / "..2026_11_26").mkdir()
    (path / "..2026_11_26" / "privatekey.pem").touch()
    (path / "..data").symlink_to("..2026_11_26")
    (path / "privatekey.pem").symlink_to("..data/privatekey.pem")
    # That of the whole volume comes first, and could not be changed either.
    path.chmod(0o1777)
    with pytest.raises(FileError) as caught, locked_folder(str(path)):
        pass
    assert str(caught.value) == (
        f"The folder {path} is a mounted Kubernetes volume, whose files are links that only Kubernetes can replace: use"
        " another folder, or sign with a key in this one by setting private_key_path, which follows links."
    )


def test_a_file_that_stands_for_something_else(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_folder, "LOCK_TIMEOUT", 0.1)
    file = tmp_path / "module.so"
    file.touch(0o400)
    with _folder.locked_file(str(file), "The module"):
        with pytest.raises(FileError, match=f"^The file {file} .*locked"), _folder.locked_file(str(file), "The module"):
            pass
    with _folder.locked_file(str(file), "The module"):
        file.unlink()
    with pytest.raises(FileError, match=f"^The module: cannot read {file}: No such file or directory. "):
        with _folder.locked_file(str(file), "The module"):
            pass


def test_only_one_run_works_in_a_folder(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_folder, "LOCK_TIMEOUT", 0.1)
    with locked_folder(str(path)):
        with pytest.raises(FileError, match=f"^The folder {path} .*locked"), locked_folder(str(path)):
            pass
    with locked_folder(str(path)):
        descriptor = os.open(path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)


def test_a_folder_of_root_or_the_owner_is_trusted(path: pathlib.Path) -> None:
    with locked_folder(str(path), owner=path.stat().st_uid) as opened:
        opened.set_owner(Access(0o600))
    assert mode(path) == 0o700
