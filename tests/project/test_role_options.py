# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the role are the options of its module: `make role` has been run after each change of them."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import role_options
import yaml

from ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_jwt import ARGUMENT_SPEC

ARGUMENT_SPECS = role_options.ROLE / "meta" / "argument_specs.yml"
COMPARED = ("type", "elements", "choices", "default", "required")


@pytest.mark.parametrize("path", role_options.FILES, ids=lambda path: path.name)
def test_the_file_is_what_make_role_writes(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert role_options.FILES[path](text) == text


@pytest.mark.parametrize("path", role_options.FILES, ids=lambda path: path.name)
def test_make_role_repairs_what_is_written_by_hand(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    (line,) = re.findall("^.*tenant_jwt_common_name.*\n", text, re.MULTILINE)[:1]
    without = text.replace(line, "", 1)  # other entry points have it, too
    assert role_options.FILES[path](without) == text


def test_other_entry_points_are_left_alone() -> None:
    other = "  other:\n    options:\n      tenant_jwt_tenant:\n        type: raw\n"
    text = ARGUMENT_SPECS.read_text(encoding="utf-8")
    before = text.replace("  main:\n", f"{other}  main:\n")
    assert [role_options.argument_specs(one) for one in (before, text + other)] == [before, text + other]


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


def test_the_role_takes_what_the_module_takes() -> None:
    main = yaml.safe_load(ARGUMENT_SPECS.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    wanted = {f"tenant_jwt_{name}": option for name, option in ARGUMENT_SPEC.items() if name != "variables"}
    # A survey of AWX gives text, which Ansible would split at its commas.
    users = {name: value for name, value in wanted["tenant_jwt_users"].items() if name != "elements"}
    assert specified(main) == specified({**wanted, "tenant_jwt_users": {**users, "type": "raw"}})
