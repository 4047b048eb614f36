# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests run the collection as users have it, installed. This looks whether it is, and whether it is this tree's."""

from __future__ import annotations

import importlib.util
import pathlib
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def missing() -> str | None:
    """Why the tests cannot start, and what to run first; None if they can."""
    remedy = "Run this first: make .venv/test.stamp .venv/collection.stamp; then .venv/bin/python -m pytest"
    try:
        (folder,) = importlib.util.find_spec("ansible_collections.tenantops.qlik").submodule_search_locations
    except ImportError:
        return f"tenantops.qlik is not installed for this Python. {remedy}"
    for name in ("playbooks", "plugins", "roles"):
        for path in (ROOT / name).rglob("*"):
            installed = pathlib.Path(folder, path.relative_to(ROOT))
            if path.suffix in (".py", ".yml") and not _are_alike(path, installed):
                return f"{path.relative_to(ROOT)} has changed since tenantops.qlik was installed. {remedy}"
    return None


def report_missing(config: pytest.Config, what: str, command: str) -> t.NoReturn:
    """Say that a part of the tests is missing. `make test` does without it; any other run fails.

    :param what: the part.
    :param command: installs it.
    """
    reason = f"NOT TESTED: {what} is not installed. Run: {command}"
    if config.option.markexpr == "not thorough":
        pytest.skip(reason)
    pytest.fail(reason, pytrace=False)


def _are_alike(path: pathlib.Path, other: pathlib.Path) -> bool:
    return other.is_file() and path.read_bytes() == other.read_bytes()
