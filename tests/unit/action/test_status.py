# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options and results of qscloud_status, which no module checks against their documentation."""

from __future__ import annotations

import re
import typing as t

import fleet_status
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.tenantops.qlik.plugins.action import qscloud_status
from ansible_collections.tenantops.qlik.plugins.modules import qscloud_status as documented
from ansible_collections.tenantops.qlik.plugins.plugin_utils._report.data import WORDS

OPTIONS = yaml.safe_load(documented.DOCUMENTATION)["options"]


def test_the_options_are_those_of_the_documentation() -> None:
    facts = ("type", "elements", "default")
    shown = {name: {fact: its[fact] for fact in facts if fact in its} for name, its in OPTIONS.items()}
    assert shown == qscloud_status.ARGUMENT_SPEC


def test_every_word_is_explained() -> None:
    explained = re.findall(r"V\((\w+)\) means that", " ".join(OPTIONS["fail_on"]["description"]))
    assert sorted(explained) == sorted(WORDS)


def run(fail_on: list[str], results: dict[str, t.Any]) -> dict[str, t.Any]:
    """The result of a task with these results of hosts."""
    task, context, loader = Task(), PlayContext(), DataLoader()
    task.args = {"result": "found", "fail_on": fail_on}
    connection = connection_loader.get("local", context, "/dev/null")
    action = qscloud_status.ActionModule(task, connection, context, loader, Templar(loader), None)
    hostvars = {host: {"found": result} for host, result in results.items()}
    return action.run(None, {"hostvars": hostvars, "ansible_play_hosts_all": list(results)})


FOUND = fleet_status.situations()
REASONS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "nothing": ([], {}, ""),
    "no tenant": (["expiring"], {}, ""),
    "one word": (["stray"], {"stray.eu": "stray"}, "stray.eu"),
    "several words": (
        ["unchecked", "pending", "expiring"],
        {
            "ended.eu": "expiring, pending",
            "ending.eu": "expiring",
            "manual.eu": "unchecked",
            "pending.eu": "pending",
            "skipped.eu": "unchecked",
        },
        "ended.eu,ending.eu,manual.eu,pending.eu,skipped.eu",
    ),
    # It is a pattern for hosts.
    "signs": (
        ["failed"],
        dict.fromkeys(('=cmd|" /C calc"!A0', "damaged.eu", "hostile.eu", "unreachable.eu"), "failed"),
        "?cmd????C?calc??A0,damaged.eu,hostile.eu,unreachable.eu",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_which_tenants_to_fail_and_why(name: str) -> None:
    fail_on, reasons, limit = REASONS[name]
    results = {host: FOUND[host] for host in ("healthy-1.eu", "stray.eu")} if name == "no tenant" else FOUND
    result = run(fail_on, results)
    assert (result["reasons"], result["limit"]) == (reasons, limit)
    assert result.get("failed", False) == bool(reasons)


def test_what_is_returned_is_documented() -> None:
    returned = yaml.safe_load(documented.RETURN)
    assert run([], FOUND).keys() - {"changed"} == returned.keys()
    kinds = {name: {"dict": dict, "str": str}[its["type"]] for name, its in returned.items()}
    assert all(isinstance(run([], FOUND)[name], kind) for name, kind in kinds.items())
