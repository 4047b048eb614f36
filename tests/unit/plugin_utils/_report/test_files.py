# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files the status is written to, and what is refused before the run."""

from __future__ import annotations

import csv
import pathlib
import typing as t

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError, QlikError
from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, files


def options(**paths: str) -> dict[str, t.Any]:
    """The options of a task."""
    return {"html": None, "csv": None, "prometheus": None, **paths}


@pytest.mark.parametrize(
    ("words", "wrong", "hint"),
    [
        (["failed", "expired"], "expired", "expiring is perhaps meant"),
        (["Failed"], "Failed", "failed is perhaps meant"),
        ([""], "", "correct it"),
        (["all"], "all", "correct it"),
    ],
)
def test_an_unknown_word(words: list[str], wrong: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        files.check_words(words)
    assert str(caught.value) == (
        f"fail_on contains '{wrong}', which is not one of drift, expiring, failed, manual, pending, stray, unchecked:"
        f" {hint}."
    )


def test_all_words_are_known() -> None:
    files.check_words([])
    files.check_words(data.WORDS)


def test_two_formats_to_one_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "again").symlink_to(tmp_path)
    with pytest.raises(OptionError) as caught:
        files.paths(options(html="x", csv=f"{tmp_path}/again/x"), str(tmp_path))
    assert str(caught.value) == f"html and csv are both {tmp_path}/again/x: specify a different file for each."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "csv is empty: specify a path."),
        (".", "is a directory: specify a file."),
        ("x/y", "Specify an existing path."),
    ],
)
def test_a_path_that_cannot_be_written(tmp_path: pathlib.Path, path: str, said: str) -> None:
    with pytest.raises(QlikError, match="^csv") as caught:
        files.paths(options(csv=path), str(tmp_path))
    assert str(caught.value).endswith(said)


def test_each_file_has_its_format(tmp_path: pathlib.Path) -> None:
    names = {"html": "a.html", "csv": "b.csv", "prometheus": "c.prom"}
    wanted = files.paths(options(**names), str(tmp_path))
    assert wanted == {option: f"{tmp_path}/{name}" for option, name in names.items()} and not list(tmp_path.iterdir())
    files.write(wanted, data.read(fleet_status.situations()), fleet_status.NOW)
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>\n")
    assert next(csv.reader((tmp_path / "b.csv").open()))[:2] == ["host", "tenant"]
    assert (tmp_path / "c.prom").read_text().startswith("# HELP qscloud_")
    assert files.paths(options(), str(tmp_path)) == {}
