# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that hold no secrets: which paths are refused before anything is written, and how they are written."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import outputs


def refusal(path: pathlib.Path) -> str:
    """What is said about a path."""
    with pytest.raises(FileError) as caught:
        outputs.check(str(path), "html")
    return str(caught.value)


def test_a_path_that_does_not_exist_yet(tmp_path: pathlib.Path) -> None:
    outputs.check(str(tmp_path / "status.html"), "html")
    assert not list(tmp_path.iterdir())


def test_what_is_in_the_place_of_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "folder") == f"html: {tmp_path}/folder is a directory: specify a file."
    assert (
        refusal(tmp_path / "link") == f"html: {tmp_path}/link is a symbolic link: specify the file that it points to."
    )
    assert refusal(tmp_path / "pipe") == f"html: {tmp_path}/pipe is not a regular file: specify one."


def test_a_folder_that_is_missing_or_none(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    said = f"html: cannot use the folder {tmp_path}"
    assert refusal(tmp_path / "x" / "y") == f"{said}/x: No such file or directory. Specify an existing path."
    assert refusal(tmp_path / "file" / "y").startswith(f"{said}/file: Not a directory. ")


def test_what_this_user_must_not_write(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    advice = "change its permissions, or specify another path."
    # Root may write everywhere.
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: path != str(tmp_path))
    assert refusal(file) == f"html: this user cannot write to {tmp_path}: {advice}"
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: path != str(file))
    assert refusal(file) == f"html: this user cannot write to {file}: {advice}"


def test_a_new_file_gets_its_mode_from_the_umask(tmp_path: pathlib.Path) -> None:
    before = os.umask(0o027)
    try:
        outputs.write(str(tmp_path / "new"), b"1", "csv")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_replaced_file_keeps_its_mode(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o604)
    with file.open("rb") as reader:
        outputs.write(str(file), b"new", "csv")
        # Whoever reads it meanwhile sees the old version to its end.
        assert reader.read() == b"old"
    assert file.read_bytes() == b"new" and file.stat().st_mode & 0o777 == 0o604
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def full(dummy: int) -> t.NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs.os, "fsync", full)
    with pytest.raises(FileError, match="^csv: cannot write .*/file: No space left on device. Free some space.$"):
        outputs.write(str(file), b"new", "csv")
    assert file.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["file"]


def test_where_a_relative_path_starts(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert outputs.absolute("x/../status.html", "/project") == "/project/status.html"
    assert outputs.absolute("/a", "/project") == "/a"
    assert outputs.absolute("a", "/c/ansible_collections/tenantops/qlik/playbooks") == str(tmp_path / "a")
