# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages for contributors name only what exists: files, folders, and targets of the Makefile."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "tests" / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

pytestmark = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def test_links_lead_to_files(page: pathlib.Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    relative = [link for link in links if not re.match(r"\w+:", link)]
    assert [link for link in relative if not (page.parent / link).exists()] == []


def test_targets_of_make_exist(page: pathlib.Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^\$ )make ([a-z-]+)(?=[\s`])", text, re.MULTILINE)
    assert [target for target in named if target not in TARGETS] == []


def test_files_of_the_tests_exist(page: pathlib.Path) -> None:
    text = page.read_text(encoding="utf-8")
    # A shell's pattern counts if it matches something.
    named = re.findall(r"\b(?:tests|plugins|changelogs)/[\w./*-]*[\w/*]", text)
    assert [path for path in named if not list(ROOT.glob(path.rstrip("/")))] == []
