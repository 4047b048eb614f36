# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said to be supported is what ``make compat`` tests."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
MATRIX = yaml.safe_load((ROOT / "tests" / "compat" / "matrix.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8").split("## Requirements")[1].split("## ")[0]
ROWS = [row for rows in MATRIX.values() for row in rows]


def numbers(text: str) -> list[int]:
    """A version as numbers, to compare and to sort."""
    return [int(number) for number in text.split(".")]


def release(libraries: str, name: str) -> str:
    """The release of a library in one of the lists."""
    text = (ROOT / "tests" / "requirements" / f"libraries-{libraries}.txt").read_text(encoding="utf-8")
    return re.search(rf"^{name}==(\S+)$", text, re.MULTILINE)[1]


def releases(name: str) -> set[str]:
    """All releases of a library with which tests run."""
    listed = {release(row["libraries"], name) for row in MATRIX["controllers"] + MATRIX["targets"]}
    return listed | {row[name.lower()] for row in MATRIX["systems"]}


def documented(what: str) -> tuple[str, list[str]]:
    """The oldest supported release of something, and those that it is tested with."""
    text = re.search(rf"^\| {what} \| (.*) \|$", README, re.MULTILINE)[1]
    return re.search(r"\d[\d.]*\d|$", text)[0], re.findall(r"\d[\d.]*\d", text.split("tested with")[1])


@pytest.mark.parametrize(
    ("what", "tested"),
    [
        ("ansible-core", {row["core"] for row in ROWS}),
        ("Python where the modules run", {row["python"] for row in MATRIX["targets"] + MATRIX["systems"]}),
        ("cryptography", releases("cryptography")),
        ("PyJWT", releases("PyJWT")),
    ],
)
def test_the_readme_names_what_is_tested(what: str, tested: set[str]) -> None:
    oldest, listed = documented(what)
    assert listed == sorted(tested, key=numbers)
    assert oldest == listed[0]


def test_the_readme_names_the_pythons_of_ansible() -> None:
    text = re.search(r"^\| Python that runs Ansible \| .*tested with (.*) \|$", README, re.MULTILINE)[1]
    pairs = {(row["core"], row["python"]) for row in MATRIX["controllers"]}
    expected = {}
    for core, python in sorted(pairs, key=lambda pair: (numbers(pair[0]), numbers(pair[1]))):
        expected.setdefault(core, []).append(python)
    assert text == "; ".join(f"{core}: {', '.join(pythons)}" for core, pythons in expected.items())


def test_the_readme_names_the_distributions() -> None:
    text = re.search(r"^\| operating system \| .*; tested on Linux, and with the libraries of (.*) \|$", README, re.M)[
        1
    ]
    assert text == " and ".join(row["libraries"] for row in MATRIX["systems"])


@pytest.mark.parametrize("name", ["cryptography", "PyJWT"])
def test_what_is_installed_for_users_starts_at_the_oldest_that_is_tested(name: str) -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(rf"^{name}>=(\S+)$", text, re.MULTILINE)[1] == release("oldest", name)


def test_the_oldest_ansible_core_is_the_one_that_is_required() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    oldest = min((row["core"] for row in ROWS), key=numbers)
    assert runtime["requires_ansible"] == f">={oldest}.0"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_a_row_needs_is_pinned(row: dict[str, str]) -> None:
    assert (ROOT / "tests" / "requirements" / f"core-{row['core']}.txt").exists()
    # Modules are sent by an Ansible that is tested by itself.
    assert any(controller["core"] == row["core"] for controller in MATRIX["controllers"])


def test_the_short_rows_have_every_ansible_core_but_the_one_of_make_test() -> None:
    short = {row["core"] for row in MATRIX["controllers"] if row.get("short")}
    assert short | {"2.19"} == {row["core"] for row in ROWS}
