# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a role are the options of its module: `make role` has been run after each change of them."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import role_options
import yaml

FILES = [(role, path) for role in role_options.ALL for path in role.files]
COMPARED = ("type", "elements", "choices", "default", "required")


def named(value: object) -> str | None:
    """What a parameter of a test is called."""
    return value.name if isinstance(value, (role_options.Role, pathlib.Path)) else None


@pytest.mark.parametrize(("role", "path"), FILES, ids=named)
def test_the_file_is_what_make_role_writes(role: role_options.Role, path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert role.files[path](text) == text


@pytest.mark.parametrize(("role", "path"), FILES, ids=named)
def test_make_role_repairs_what_is_written_by_hand(role: role_options.Role, path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    (line,) = re.findall(f"^.*{role.prefix}common_name.*\n", text, re.MULTILINE)[:1]
    without = text.replace(line, "", 1)  # other entry points have it, too
    assert role.files[path](without) == text


def test_other_entry_points_are_left_alone() -> None:
    other = "  other:\n    options:\n      tenant_jwt_tenant:\n        type: raw\n"
    text = next(iter(role_options.JWT.files)).read_text(encoding="utf-8")
    before = text.replace("  main:\n", f"{other}  main:\n")
    assert [role_options.JWT.argument_specs(one) for one in (before, text + other)] == [before, text + other]


def specified(options: dict[str, dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    """What an argument specification says about options, apart from their descriptions."""
    return {
        name: {
            **{key: option[key] for key in COMPARED if key in option},
            "no_log": option.get("no_log", False),
            "options": specified(option.get("options", {})),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("role", role_options.ALL, ids=named)
def test_the_role_takes_what_the_module_takes(role: role_options.Role) -> None:
    text = next(iter(role.files)).read_text(encoding="utf-8")
    main = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    wanted = {f"{role.prefix}{name}": spec for name, spec in role.module.ARGUMENT_SPEC.items() if name != "variables"}
    if users := wanted.get(f"{role.prefix}users"):
        # A survey of AWX gives text, which Ansible would split at its commas.
        without = {name: value for name, value in users.items() if name != "elements"}
        wanted[f"{role.prefix}users"] = {**without, "type": "raw"}
    assert specified(main) == specified(wanted)
