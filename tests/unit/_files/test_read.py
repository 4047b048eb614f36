# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that others look after: what is read, and what is refused in a sentence."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import read


def test_a_file_is_read_through_links(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\n\xff")
    (tmp_path / "link").symlink_to("file")
    assert read.content(str(tmp_path / "link"), "token_path") == b"a\r\n\xff"


def test_a_file_of_the_largest_size_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(read.MAXIMUM_SIZE))
    assert len(read.content(str(path), "token_path")) == read.MAXIMUM_SIZE
    path.write_bytes(bytes(read.MAXIMUM_SIZE + 1))
    with pytest.raises(FileError, match=f"^token_path: {path} .*{read.MAXIMUM_SIZE} bytes"):
        read.content(str(path), "token_path")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("missing", "No such file or directory"),
        ("folder", "directory"),
        ("pipe", "regular file"),
        ("file/x", "Not a directory"),
    ],
)
def test_what_is_no_file_is_refused_and_named(tmp_path: pathlib.Path, what: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match=f"^private_key_path: .*{tmp_path}/{what}.*{said}"):
        read.content(str(tmp_path / what), "private_key_path")


def test_what_is_there(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    there = {name: read.exists(str(tmp_path / name)) for name in (".", "file", "link", "missing", "file/x")}
    assert there == {".": True, "file": True, "link": True, "missing": False, "file/x": False}


def test_what_nobody_can_look_for_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileError, match="^Cannot look for .*File name too long"):
        read.exists(str(tmp_path / ("x" * 300)))
    with pytest.raises(FileError, match="^Cannot look at .*No such file"):
        read.mode(str(tmp_path / "missing"))


def test_the_mode_of_a_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o4641)
    assert read.mode(str(path)) == 0o4641
