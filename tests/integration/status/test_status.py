# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants in all kinds of situations: what the playbook status says of each, and then the recap of provision.

What they say is compared with what the simulated tenants are.
"""

from __future__ import annotations

import csv
import datetime
import json
import pathlib
import re
import subprocess
import sys
import typing as t

import own_tenants
import pytest
from fleet import failed_hosts, with_status
from own_tenants import pem_of
from plays import Run
from situations import EXAMINED, FORMULA, HOSTILE, MARK, SIMULATED, WORDS, Situations

pytestmark = pytest.mark.thorough

LOOK = "PLAY [Look at the tenants]"
REPORTS = {"status_html": "status.html", "status_csv": "status.csv", "status_prometheus": "qscloud.prom"}
SCREENSHOTS = pathlib.Path(__file__).parents[3] / ".build" / "screenshots"
DEMO = pathlib.Path(__file__).parents[2] / "demo" / "run.py"
HEALTHY = ("--limit", "healthy-1,healthy-2")

FAILURES = {
    "refused": "HTTP 401",
    "html": "something other than a JSON object",
    "limited": "HTTP 429",
    "truncated": "something other than a JSON object",
    "lost": "there is no key in {folder}/keys/lost",
    "unreachable": "Failed to connect to the host via ssh",
    FORMULA: "must be a host name",
}
"""Parts of the messages."""

CHANGES = {
    "removed": ("create", "identity_provider", [("POST", "identity-providers")]),
    "groups": ("turn on", "group_settings", [("PATCH", "groups")]),
    "manual": ("write", "certificate", []),
}
"""What provision does to each tenant, and the requests for it."""

FINDINGS = {"ends": ["expiring"], "differs": ["drift"], "stray": ["stray"], "rotated": ["stray"] * 2}
FINDINGS |= {"strangers": ["stray"] * 2, "manual": ["manual"]}


@pytest.fixture(scope="module")
def situations(tmp_path_factory, module_home):
    with own_tenants.running(SIMULATED) as tenants:
        yield Situations(tmp_path_factory.mktemp("fleet"), module_home, tenants)


class Looked(t.NamedTuple):
    """A run of the playbook, what it has written, and what the tenants were before and after it."""

    run: Run
    rows: list[dict[str, str]]
    page: pathlib.Path
    metrics: str
    before: dict[str, dict[str, t.Any]]
    after: dict[str, dict[str, t.Any]]

    def providers(self, name: str) -> list[dict[str, t.Any]]:
        """The JWT identity providers with its issuer that a tenant had."""
        found = [one for one in self.before[name]["providers"] if one["protocol"] == "jwtAuth"]
        return [one for one in found if one["options"]["issuer"] == name]

    def rows_of(self, name: str) -> list[dict[str, str]]:
        """The rows of a tenant."""
        return [row for row in self.rows if row["host"] == name]


def look(situations: Situations, *options: str, **variables: t.Any) -> Run:
    """Run the playbook with these variables on the command line."""
    given = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
    return situations.fleet.run(*given, *options, playbook="status")


@pytest.fixture(scope="module")
def looked(situations):
    """A run for all."""
    before, folder = situations.states(), situations.fleet.folder
    run = look(situations, **REPORTS)
    # What could be a formula, such as a key id that begins with a hyphen, begins with a quote.
    rows = [
        {column: value.removeprefix("'") for column, value in row.items()}
        for row in csv.DictReader((folder / "status.csv").read_text().splitlines())
    ]
    metrics = (folder / "qscloud.prom").read_text()
    return Looked(run, rows, folder / "status.html", metrics, before, situations.states())


def ends(provider: dict[str, t.Any]) -> str:
    """When the certificate of an identity provider ends; empty if it has none."""
    pem = provider["options"]["staticKeys"][0]["pem"]
    if not pem.startswith("-----BEGIN"):
        return ""
    command = ["openssl", "x509", "-noout", "-enddate"]
    shown = subprocess.run(command, input=pem_of(pem), capture_output=True, text=True, check=True).stdout
    return f"{datetime.datetime.strptime(shown.strip(), 'notAfter=%b %d %H:%M:%S %Y GMT'):%Y-%m-%dT%H:%M:%SZ}"


def seen(provider: dict[str, t.Any]) -> tuple[str, ...]:
    """What a row has to say of an identity provider."""
    active, ours = (str(its).lower() for its in (provider["active"], provider["description"] == MARK))
    return provider["id"], provider["options"]["staticKeys"][0]["kid"], active, ours, ends(provider)


def test_each_report_says_of_each_tenant_what_is_the_case(looked):
    page = looked.page.read_text()
    for name, words in WORDS.items():
        assert {row["status"] for row in looked.rows_of(name)} == {" ".join(words) or "healthy"}, name
        label = name.replace('"', r"\"")
        assert f'qscloud_tenant_failed{{tenant="{label}"}} {int(words == ["failed"])}\n' in looked.metrics
    statuses = [" ".join(words) or "healthy" for words in WORDS.values()]
    assert sorted(re.findall(r'data-words="(.*?)"', page)) == sorted(statuses)
    assert {row["host"] for row in looked.rows} == WORDS.keys()
    assert f'"\'{FORMULA.replace(chr(34), chr(34) * 2)}",' in looked.page.with_name("status.csv").read_text()


def test_the_tenants_stay_as_they_were(looked, situations):
    for name, before in looked.before.items():
        assert {**looked.after[name], "requests": before["requests"]} == before
    assert not any(re.search(r"changed=[1-9]", line) for line in looked.run.output.splitlines())
    assert not situations.fleet.keys("lost").exists()


@pytest.mark.parametrize("name", EXAMINED)
def test_what_is_said_of_a_tenant_is_what_it_has(looked, name):
    rows, providers = looked.rows_of(name), looked.providers(name)
    columns = ("provider_id", "key_id", "provider_active", "provider_ours", "provider_not_after")
    shown = [tuple(row[column] for column in columns) for row in rows if row["provider_id"]]
    assert sorted(shown) == sorted(map(seen, providers)) and bool(shown) == (name != "removed")
    creates_groups = looked.before[name]["group_settings"]["autoCreateGroups"]
    assert {row["groups"] for row in rows} == {str(creates_groups).lower()}
    assert creates_groups == (name != "groups")
    in_tenant = rf'qscloud_certificate_not_after_timestamp_seconds{{tenant="{name}",key_id="(.*)",place="tenant"}}'
    assert sorted(re.findall(in_tenant, looked.metrics)) == sorted(seen(one)[1] for one in providers if ends(one))


def test_the_metrics_are_well_formed(promtool, looked):
    checked = promtool("check", "metrics", input=looked.metrics)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_what_is_not_looked_at_is_not_shown(looked):
    assert looked.after["manual"]["requests"] == []
    for name in [name for name in WORDS if name not in EXAMINED]:
        (row,) = looked.rows_of(name)
        assert not any(value for column, value in row.items() if column.startswith("provider_"))
        assert row["groups"] == "" and row["examined"] == ("false" if name == "manual" else "")


def test_failures_say_why(looked, situations):
    for name, part in FAILURES.items():
        part = part.format(folder=situations.fleet.folder)
        assert part in looked.rows_of(name)[0]["remarks"], name
        said = f"{name}: {looked.rows_of(name)[0]['remarks'].removeprefix('failed: ')}"
        assert said[:100] in " ".join(looked.run.output.rpartition("PLAY [Report]")[2].split()), name
    # One that asks to wait for too long is not waited for.
    assert len(looked.before["limited"]["requests"]) + 1 == len(looked.after["limited"]["requests"])


def test_the_screen_says_it_in_80_columns(looked):
    screen = looked.run.output.rpartition("PLAY [Report]")[2].partition("PLAY [")[0]
    counts = "17 tenants: 2 healthy, 7 failed, 1 expiring, 1 drift, 3 stray, 1 manual, 3 pending, 1 unchecked."
    assert counts in " ".join(screen.split())
    assert all(len(line) <= 80 for line in screen.splitlines())
    assert LOOK in looked.run.output
    assert "Traceback" not in looked.run.output and "[WARNING]" not in looked.run.output


def test_ansible_names_those_that_failed_and_no_other(looked):
    assert failed_hosts(looked.run) == sorted(FAILURES)


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ("stray, drift", {"differs": "drift", "rotated": "stray", "strangers": "stray", "stray": "stray"}),
        (["unchecked", "pending"], {"manual": "pending, unchecked", "groups": "pending", "removed": "pending"}),
        ([], {}),
    ],
)
def test_the_exit_code_is_about_the_words_that_are_asked_for(looked, situations, words, hosts):
    run = look(situations, status_fail_on=words, status_batch=6)
    assert failed_hosts(run) == sorted(hosts)
    said = r'^fatal: \[(.*)\]: FAILED! => .*"msg": "The status above says of this tenant: (.*)\."'
    assert dict(re.findall(said, run.output, re.MULTILINE)) == hosts


@pytest.fixture(scope="module")
def address(looked):
    return looked.page.as_uri()


def read(opened: t.Any) -> dict[str, tuple[set[str], list[str]]]:
    """What one reads in the table: the words of each tenant, and what there is in the tenant."""
    found = {}
    for row in opened.locator("tbody tr").all():
        for summary in row.locator("summary").all():
            summary.click()
        lines = row.locator(".keys div").all_inner_texts()
        in_tenant = [line for line in lines if line.startswith(("In the tenant: ", "Automatic creation"))]
        found[row.locator("th").inner_text().strip()] = set(row.locator(".badge").all_inner_texts()), in_tenant
    return found


@pytest.mark.parametrize("width", [1280, 400])
def test_one_reads_in_the_page_what_the_tenants_have(visit, looked, width):
    opened = visit(width)
    shown = read(opened)
    assert {name: words for name, (words, _lines) in shown.items()} == {
        name: set(words or ["healthy"]) for name, words in WORDS.items()
    }
    for name in EXAMINED:
        settings, *lines = shown[name][1]
        creates_groups = looked.before[name]["group_settings"]["autoCreateGroups"]
        assert settings.endswith("on" if creates_groups else "off")
        providers = looked.providers(name)
        said = {one["id"]: line for one in providers for line in lines if one["id"] in line}
        assert len(said) == len(providers)
        for one in providers:
            facts = [
                "active" if one["active"] else "inactive",
                "made by this collection" if one["description"] == MARK else "made by someone else",
                *([f"ends {ends(one)[:10]}"] if ends(one) else []),
            ]
            assert said[one["id"]].startswith(f"In the tenant: {one['id']}, {facts[0]}, {facts[1]}"), said
            assert all(fact in said[one["id"]] for fact in facts), said
        others = [line for line in lines if line not in said.values()]
        assert others == (["In the tenant: no identity provider"] if name == "removed" else [])
    assert shown["manual"][1][0].endswith("not known") and shown["manual"][1][1:] == ["In the tenant: not looked at"]
    certificates = {name: " ".join(shown[name][1]).count("another certificate") for name in EXAMINED}
    assert {name for name, number in certificates.items() if number} == {"ends", "differs"}
    # What a tenant says of itself is shown as it is.
    assert HOSTILE[: HOSTILE.index("\x1b")] in " ".join(shown["strangers"][1])
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=SCREENSHOTS / f"situations-{width}.png", full_page=True)


@pytest.fixture(scope="module")
def provisioned(looked, situations):
    """A run of provision after the status, the requests that it has made, and what the tenants are then."""
    for tenant in situations.tenants.values():
        tenant.region.forget_requests(tenant.url)
    return situations.fleet.run(), situations.states()


def test_the_recap_says_what_was_done_to_each_tenant(provisioned, looked, situations):
    run, after = provisioned
    tenants = run.registered("recap")["tenants"]
    for name in SIMULATED:
        action, kind, requests = CHANGES.get(name, (None, None, []))
        steps = [(step["action"], step["object"]) for step in tenants[name]["steps"]]
        assert steps == ([(action, kind)] if kind else [])
        assert situations.changes(name) == requests
        is_changed = {**after[name], "requests": looked.before[name]["requests"]} != looked.before[name]
        assert is_changed == bool(requests)
    assert with_status(run, "unchanged").keys() == set(EXAMINED) - set(CHANGES)
    assert (len(situations.providers("removed")), after["groups"]["group_settings"]["autoCreateGroups"]) == (1, True)


def test_it_is_what_the_status_has_said(provisioned, looked):
    changed = with_status(provisioned[0], "changed")
    assert {name for name, words in WORDS.items() if "pending" in words} == changed.keys()
    would = {"removed": "create an identity provider", "groups": "turn on the creation", "manual": "write publickey.cer"}
    for name, (done,) in changed.items():
        assert f"pending: would {would[name]}" in looked.rows_of(name)[0]["remarks"]
        assert would[name].split()[-1] in done


def test_the_recap_says_what_was_found(provisioned, situations):
    run = provisioned[0]
    tenants = run.registered("recap")["tenants"]
    found = {name: [one["kind"] for one in its["findings"]] for name, its in tenants.items() if its["findings"]}
    assert found == FINDINGS
    ended = {one["ends"] for one in tenants["ends"]["findings"]}
    assert ended == set(map(ends, situations.providers("ends")))
    for name in ("stray", "rotated", "strangers"):
        texts = " ".join(one["text"] for one in tenants[name]["findings"])
        owned = [one["id"] for one in situations.providers(name) if one["id"] not in texts]
        assert len(owned) == 1
    for name, its in tenants.items():
        for one in its["findings"]:
            assert f"{name}: {one['text']}"[:60] in " ".join(run.output.split())


def test_the_recap_says_what_failed(provisioned, situations):
    run = provisioned[0]
    failed, unreachable = with_status(run, "failed"), with_status(run, "unreachable")
    assert {**failed, **unreachable}.keys() == FAILURES.keys() and list(unreachable) == ["unreachable"]
    for name, message in {**failed, **unreachable}.items():
        assert FAILURES[name].format(folder=situations.fleet.folder) in message
    assert failed_hosts(run) == sorted(FAILURES)
    assert "17 tenants: 7 unchanged, 3 changed, 6 failed, 1 unreachable.\n" in run.output


def test_the_recap_has_80_columns(provisioned):
    recap = provisioned[0].output.rpartition("PLAY [Summarize the results]")[2].partition("PLAY [")[0]
    # A path, and the line to copy, must not be broken.
    wider = [line for line in recap.splitlines() if len(line) > 80]
    assert all("/" in line or line.startswith("  --limit ") for line in wider)


REFUSED = {
    "a folder that is missing": (
        {"status_html": "missing/status.html"},
        "status_html: cannot use the folder {folder}/missing: No such file or directory. Specify an existing path.",
    ),
    "a folder in its place": ({"status_csv": "keys"}, "status_csv: {folder}/keys is a directory:"),
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
def test_what_is_wrong_is_said_before_a_tenant_is_looked_at(situations, name):
    variables, said = REFUSED[name]
    folder = situations.fleet.folder
    before = sorted(folder.iterdir())
    run = look(situations, *HEALTHY, **variables)
    (message,) = re.findall(r'"msg": "(.*?)"\}?$', run.output, re.MULTILINE)
    assert message.startswith(said.format(folder=folder)), run.output
    assert run.returncode != 0 and LOOK not in run.output and sorted(folder.iterdir()) == before


def test_a_report_that_can_no_longer_be_written_is_a_failure(situations):
    reports = situations.fleet.folder / "reports"
    reports.mkdir()
    gone = f"{{{{ lookup('pipe', 'rm -rf {reports}; echo qs-jwt') }}}}"
    run = look(situations, *HEALTHY, status_html="reports/status.html", tenant_jwt_common_name=gone)
    assert run.returncode == 2 and f"status_html: cannot use the folder {reports}: No such file" in run.output
    assert "2 tenants: 2 healthy.\n" in run.output and "The status above says" not in run.output


def test_nothing_is_written_in_check_mode(situations):
    folder = situations.fleet.folder
    run = look(situations, *HEALTHY, "--check", status_html="checked.html", status_htm="x")
    assert "2 tenants: 2 healthy.\n" in run.output and run.returncode == 0
    assert not (folder / "checked.html").exists()
    assert "The variable status_htm has no effect" in " ".join(run.output.split())
    assert "perhaps status_html is meant" in " ".join(run.output.split())


def test_one_tenant_on_the_command_line(situations, run_playbook):
    tenant = ("-e", "tenant_jwt_tenant=acme.eu.qlikcloud.com")
    run = run_playbook("tenantops.qlik.status", *tenant, "-e", "status_fail_on=pending", check=False)
    assert "1 tenant: 0 healthy, 1 manual, 1 pending, 1 unchecked.\n" in run.output
    assert failed_hosts(run) == ["acme.eu.qlikcloud.com"]
    run = situations.fleet.run(*tenant, playbook="status")
    assert "names the tenant acme.eu.qlikcloud.com, but the inventory has the group tenants with 17" in run.output


def test_the_status_then_says_that_nothing_is_left_to_do(provisioned, situations):
    run = look(situations, status_fail_on=["pending"])
    assert run.returncode == 0 and provisioned[0].returncode == 2
    assert " pending" not in run.output.rpartition("PLAY [Report]")[2].partition("PLAY [")[0]


def test_the_demonstration_ends_with_the_status_of_its_tenant():
    finished = subprocess.run([sys.executable, DEMO], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
    assert "1 tenant: 1 healthy.\n" in finished.stdout.rpartition("PLAY [Report]")[2]
