# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders and files that others could swap or hold. How they try it is in tests/robustness."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import safety

ME = os.geteuid()


def opened(path: pathlib.Path | str) -> tuple[tuple[int, int], set[int]]:
    """Which folder is opened, by device and number, and to whom the links on the way belong."""
    descriptor, owners = safety.open_folder(str(path))
    try:
        status = os.fstat(descriptor)
        return (status.st_dev, status.st_ino), owners
    finally:
        os.close(descriptor)


def identity(path: pathlib.Path) -> tuple[int, int]:
    """A folder, by device and number."""
    status = path.stat()
    return status.st_dev, status.st_ino


def test_a_folder_is_opened_by_any_way_to_it(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "relative").symlink_to("a/b")
    (tmp_path / "a" / "absolute").symlink_to(tmp_path / "relative")
    monkeypatch.chdir(tmp_path)
    for way, links in (("a/b", 0), ("a//b/", 0), ("a/../a/b", 0), (folder, 0), ("relative", 1), ("a/absolute", 1)):
        found, owners = opened(way)
        assert found == identity(folder) and owners == ({ME} if links else set())


def test_links_that_lead_in_a_circle_are_not_followed_for_ever(tmp_path: pathlib.Path) -> None:
    (tmp_path / "one").symlink_to("other")
    (tmp_path / "other").symlink_to("one")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        safety.open_folder(str(tmp_path / "one"))


def test_what_is_no_folder_is_not_opened(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "file/x", "missing"):
        with pytest.raises(OSError):
            safety.open_folder(str(tmp_path / name))


def test_a_volume_of_kubernetes_is_known_by_its_link(tmp_path: pathlib.Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        safety.check_not_mounted(descriptor, "x")
        (tmp_path / "..data").symlink_to("nowhere")
        with pytest.raises(FileError, match="^The folder x .*Kubernetes"):
            safety.check_not_mounted(descriptor, "x")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("mode", "fine"), [(0o700, True), (0o755, True), (0o775, False), (0o757, False), (0o1777, False)]
)
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: pathlib.Path, mode: int, fine: bool) -> None:
    tmp_path.chmod(mode)
    if fine:
        safety.check_folder(tmp_path.stat(), "x", {ME})
    else:
        with pytest.raises(FileError, match=f"^The folder x .*{mode:04o}.*chmod go-w"):
            safety.check_folder(tmp_path.stat(), "x", {ME})


def test_a_folder_of_another_user_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileError, match=f"^The folder x .*{ME}"):
        safety.check_folder(tmp_path.stat(), "x", {ME + 1})


def test_a_link_of_another_user_is_refused() -> None:
    safety.check_links(set(), "x")
    with pytest.raises(FileError, match="x .*4711"):
        safety.check_links({4712, 4711}, "x")


@pytest.mark.parametrize(("uid", "user"), [(0, r"user root \(0\)"), (4711, "user 4711")])
def test_another_user_is_named_if_there_is_an_account(uid: int, user: str) -> None:
    with pytest.raises(FileError, match=f"^The folder x belongs to {user}, who could"):
        safety.check_folder(os.stat_result((0o700, 0, 0, 0, uid, *[0] * 5)), "x", {1})
    with pytest.raises(FileError, match=f"^A symbolic link in the path of the folder x belongs to {user}, who"):
        safety.check_links({uid}, "x")


def test_a_file_with_two_names_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.touch()
    safety.check_not_hard_linked(path.stat(), "file")
    (tmp_path / "other").hardlink_to(path)
    with pytest.raises(FileError, match="^file .*2 .*hard links"):
        safety.check_not_hard_linked(path.stat(), "file")
