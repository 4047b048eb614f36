# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key pairs of a folder."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import prefixes


def test_each_pair_is_found_and_no_backup(tmp_path: pathlib.Path) -> None:
    for name in (
        "privatekey.pem",
        "publickey.pem",
        "2027_privatekey.pem",
        "old.privatekey.pem",
        ".hidden_privatekey.pem",
        "somebody_elses_publickey.cer",
        "somebody_elses_publickey.pem",
        "gone_privatekey.pem.1234.2026-11-26@12:00:00~",
        ".new_privatekey.pem.0123456789abcdef.tmp",
        "notes.txt",
        "token",
    ):
        (tmp_path / name).touch()
    assert prefixes.prefixes(str(tmp_path)) == ["", ".hidden_", "2027_", "old."]


def test_a_folder_that_is_none(tmp_path: pathlib.Path) -> None:
    assert prefixes.prefixes(str(tmp_path / "missing")) == []
    (tmp_path / "file").touch()
    with pytest.raises(_errors.FileError, match="Cannot list the folder"):
        prefixes.prefixes(str(tmp_path / "file"))
