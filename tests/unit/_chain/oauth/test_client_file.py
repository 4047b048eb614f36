# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file with the id of an OAuth client."""

from __future__ import annotations

import os
import pathlib

import pytest
from oauth_chains import ID_FILE, options

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth import client_file
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth.options import read
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.options import Wanted
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def wanted(tmp_path: pathlib.Path) -> Wanted:
    """The options of a tenant."""
    return read(options(key_directory=str(tmp_path), tenant="ACME.eu.qlikcloud.com"))


def test_the_id_is_written_read_and_removed(wanted: Wanted, tmp_path: pathlib.Path) -> None:
    path, report = tmp_path / ID_FILE, Report(False)
    leftover = tmp_path / f".{ID_FILE}.0123456789abcdef.tmp"
    leftover.touch()
    assert client_file.stored(wanted) is None
    client_file.ensure_present(wanted, None, ID, report)
    assert path.read_text() == f"{ID}\n" and path.stat().st_mode & 0o777 == 0o644
    assert client_file.stored(wanted) == ID and os.listdir(tmp_path) == [ID_FILE]
    client_file.ensure_present(wanted, ID, ID, report)
    client_file.ensure_present(wanted, ID, "other", report)
    client_file.ensure_absent(wanted, "other", report)
    client_file.ensure_absent(wanted, None, report)
    assert [step.text for step in report.steps] == [
        f"wrote {ID_FILE}: it was missing",
        f"wrote {ID_FILE}: it had another id",
        f"removed {ID_FILE}",
    ]
    assert {(step.object, step.id) for step in report.steps} == {("client_id", str(path))}
    assert report.differences == [
        (ID_FILE, {}, {"client_id": ID}),
        (ID_FILE, {"client_id": ID}, {"client_id": "other"}),
        (ID_FILE, {"client_id": "other"}, {}),
    ]
    assert os.listdir(tmp_path) == []


def test_check_mode_touches_nothing(wanted: Wanted, tmp_path: pathlib.Path) -> None:
    (tmp_path / ID_FILE).write_text(ID)
    report = Report(True)
    client_file.ensure_present(wanted, None, None, report)
    client_file.ensure_absent(wanted, ID, report)
    assert [step.text for step in report.steps] == [
        f"would write {ID_FILE}: it is missing",
        f"would remove {ID_FILE}",
    ]
    assert (tmp_path / ID_FILE).read_text() == ID


@pytest.mark.parametrize("content", ["", "a/b", "../a", "two\nlines", "\udcff", "secret key"], ids=repr)
def test_a_file_with_something_else_is_refused(wanted: Wanted, tmp_path: pathlib.Path, content: str) -> None:
    (tmp_path / ID_FILE).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(
        _errors.FileError, match=f"{ID_FILE} must have one line with the id of the OAuth client: restore it"
    ):
        client_file.stored(wanted)


def test_a_link_is_refused(wanted: Wanted, tmp_path: pathlib.Path) -> None:
    (tmp_path / ID_FILE).symlink_to("/etc/hostname")
    with pytest.raises(_errors.FileError, match="symbolic link"):
        client_file.stored(wanted)


def test_no_folder_has_no_id(tmp_path: pathlib.Path) -> None:
    assert client_file.stored(read(options(key_directory=str(tmp_path / "none")))) is None
