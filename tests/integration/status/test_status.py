# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook status: what it prints, writes and returns, and what it refuses before it looks at a tenant."""

from __future__ import annotations

import csv
import json
import pathlib
import re
import typing as t

import fleet_status
import pytest
from plays import Run, playbook_runner

pytestmark = pytest.mark.thorough

PLAYBOOKS = pathlib.Path(__file__).parents[3] / "playbooks"
MODULE = "tenantops.qlik.qscloud_tenant_jwt_info"
LOOK = "TASK [Look at the tenant]"
FORMULA = '=cmd|" /C calc"!A0'
REPORTS = {"status_html": "status.html", "status_csv": "status.csv", "status_prometheus": "qscloud.prom"}


class Fleet:
    """A folder with the playbook and an inventory, in which the results of the module are given."""

    def __init__(self, base: pathlib.Path, home: pathlib.Path, results: dict[str, t.Any]) -> None:
        self._run = playbook_runner(base, home)
        self.folder = base / "project"
        for name in ("status.yml", "choose_tenants.yml"):
            text = (PLAYBOOKS / name).read_text()
            (self.folder / name).write_text(re.sub(rf"{MODULE}:\n.*", "answer: {path: results.json}", text))
        (self.folder / "results.json").write_text(json.dumps(results))
        (self.folder / "inventory.json").write_text(json.dumps({"tenants": {"hosts": dict.fromkeys(results, {})}}))

    def run(self, *options: str, inventory: str = "inventory.json", **variables: t.Any) -> Run:
        """Run it with these variables on the command line."""
        given = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
        return self._run("status.yml", "-i", inventory, *given, *options, check=False)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory, module_home):
    others = {"skipped.eu": fleet_status.result("skipped.eu"), FORMULA: {"failed": True, "msg": "It has quotes."}}
    results = fleet_status.situations() | others
    return Fleet(tmp_path_factory.mktemp("fleet"), module_home, results)


@pytest.fixture(scope="module")
def reported(fleet):
    """A run that writes all reports, and what it has left."""
    run = fleet.run(**REPORTS, status_fail_on="failed, expiring,drift")
    return run, {name: (fleet.folder / name).read_text() for name in REPORTS.values()}


def test_the_exit_code_and_why(reported):
    run = reported[0]
    assert run.returncode != 0
    assert (
        '"msg": "status_fail_on applies to 6 of 12 tenants (4 failed, 2 expiring, 1 drift): see the status above."'
        in (run.output)
    )


def test_the_screen_says_it(reported):
    output = reported[0].output
    assert (
        "12 tenants: 3 healthy, 4 failed, 2 expiring, 1 drift, 1 stray, 1 manual, 2\n  pending, 1 unchecked.\n"
        in output
    )
    assert f"Failed (could not be looked at):\n  {FORMULA}: It has quotes.\n" in output
    assert f"  stray.eu: {fleet_status.STRAY[:40]}" in output
    assert "[WARNING]" not in output and "Traceback" not in output


def test_the_reports_say_the_same(reported):
    files = reported[1]
    rows = {row["host"].lstrip("'"): row["status"] for row in csv.DictReader(files["status.csv"].splitlines())}
    page = re.findall(r'data-words="(.*?)"', files["status.html"])
    metrics = re.findall(r'qscloud_tenant_failed\{tenant="(.*)"\} 1', files["qscloud.prom"])
    for host, words in {**fleet_status.WORDS, "skipped.eu": []}.items():
        assert rows[host] == (" ".join(words) or "healthy")
        assert (host.replace('"', r"\"") in metrics) == ("failed" in words)
    assert sorted(page) == sorted(rows.values())


REFUSED = {
    "a folder that is missing": (
        {"status_html": "missing/status.html"},
        "status_html: cannot use the folder {folder}/missing: No such file or directory. Specify an existing path.",
    ),
    "a folder in its place": ({"status_csv": "action_plugins"}, "status_csv: {folder}/action_plugins is a directory:"),
    "two formats to one file": (
        {"status_html": "x", "status_prometheus": "./x"},
        "status_html and status_prometheus are both {folder}/x: specify a different file for each.",
    ),
    "nothing": ({"status_prometheus": ""}, "status_prometheus is empty: specify a path."),
    "an unknown word": (
        {"status_fail_on": "failed,expired"},
        "status_fail_on contains 'expired', which is not one of drift, expiring, failed, manual, pending, stray,"
        " unchecked: expiring is perhaps meant.",
    ),
    "no word": ({"status_fail_on": ""}, "status_fail_on contains '', which is not one of"),
    "no list": ({"status_fail_on": {"a": 1}}, "argument 'status_fail_on' is of type"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_before_a_tenant_is_looked_at(fleet, name):
    variables, said = REFUSED[name]
    before = sorted(fleet.folder.iterdir())
    run = fleet.run(**variables)
    (message,) = re.findall(r'"msg": "(.*?)"\}?$', run.output, re.MULTILINE)
    assert message.startswith(said.format(folder=fleet.folder)), run.output
    assert run.returncode != 0 and LOOK not in run.output and sorted(fleet.folder.iterdir()) == before


def test_nothing_is_written_in_check_mode_or_changed(tmp_path, home):
    fleet = Fleet(tmp_path, home, {"a": fleet_status.result("a"), "b": fleet_status.result("b")})
    run = fleet.run("--check", **REPORTS, status_htm="x")
    assert "2 tenants: 2 healthy.\n" in run.output and run.returncode == 0
    assert not [name for name in REPORTS.values() if (fleet.folder / name).exists()]
    assert "The variable status_htm has no effect" in " ".join(run.output.split())
    assert "perhaps status_html is meant" in " ".join(run.output.split())
    for dummy in range(2):
        run = fleet.run(**REPORTS, status_batch=1, status_group="tenants")
        assert run.returncode == 0 and "[WARNING]" not in run.output and not re.search("changed=[1-9]", run.output)
    assert all((fleet.folder / name).exists() for name in REPORTS.values())


def test_a_host_that_is_limited_or_unreachable(fleet):
    run = fleet.run("--limit", "healthy-1.eu,unreachable.eu", status_fail_on=[])
    assert "2 tenants: 1 healthy, 1 failed.\n" in run.output
    assert "  unreachable.eu: Failed to connect to the host via ssh\n" in run.output


def test_one_tenant_on_the_command_line(fleet):
    run = fleet.run(inventory="localhost,", tenant_jwt_tenant="stray.eu", status_fail_on="stray,drift")
    assert "1 tenant: 0 healthy, 1 stray.\n" in run.output and run.returncode != 0
    assert "status_fail_on applies to 1 of 1 tenant (1 stray): see the status above." in run.output
    run = fleet.run(tenant_jwt_tenant="stray.eu")
    assert "The command line names the tenant stray.eu, but the inventory has the group tenants with 12" in run.output


def test_the_playbook_looks_with_the_module():
    assert len(re.findall(rf"{MODULE}:\n +variables: tenant_jwt_\n", (PLAYBOOKS / "status.yml").read_text())) == 1
