# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people see of the role: its steps, and when they have to enter a certificate."""

from __future__ import annotations

import json
import re

import pytest
from fleet import FILES
from plays import play, playbook_runner
from shared_run import sections

A, B, ALONE = "a.example.com", "b.example.com", "alone.example.com"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
ROLE = {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}}
TASK = "tenantops.qlik.tenant_jwt : Provide keys, certificates, identity providers and tokens"
SECOND = {"tenant_jwt_keys": [{"prefix": "new_"}, {"state": "retiring"}]}
LAST = {"tenant_jwt_keys": [{"prefix": "new_"}, {"state": "absent"}]}

# The plays of one run, in this order, by name: the hosts, what is special about the play, and the steps that it prints.
WROTE = [f"wrote {name}: it was missing" for name in FILES]
PLAYS = {
    "foreseen": ([A, B], {"check_mode": True}, [f"would write {name}: it is missing" for name in FILES]),
    "new": ([A, B], {}, WROTE),
    "unchanged": ([A, B], {}, []),
    "one of them": (
        [B],
        {"vars": {"tenant_jwt_common_name": "Portal"}},
        ["wrote publickey.cer: it has another common name"],
    ),
    "as before": ([B], {}, ["wrote publickey.cer: it has another common name"]),
    "alone": ([ALONE], {"vars": {"tenant_jwt_show_idp": "never"}}, WROTE),
    "alone and unchanged": ([ALONE], {}, []),
    "alone and shown": ([ALONE], {"vars": {"tenant_jwt_show_idp": "always"}}, []),
    "second key": ([ALONE], {"vars": SECOND}, [one.replace("wrote ", "wrote new_") for one in WROTE]),
    "retired key, foreseen": (
        [ALONE],
        {"vars": LAST, "check_mode": True},
        [f"would remove {name}" for name in FILES[::-1]],
    ),
    "retired key": ([ALONE], {"vars": LAST}, [f"removed {name}, backup {name}.ID" for name in FILES[::-1]]),
    "fails": ([ALONE], {"vars": {"tenant_jwt_private_key_path": "missing.pem"}, "ignore_errors": True}, []),
}
SHOWS_IDP = {"new": [A, B], "one of them": [B], "as before": [B], "alone and shown": [ALONE], "second key": [ALONE]}


@pytest.fixture(scope="module")
def run(tmp_path_factory, module_home):
    """A function that runs plays in one folder."""
    base = tmp_path_factory.mktemp("steps")
    variables = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]}
    variables |= {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = {"all": {"hosts": dict.fromkeys((A, B, ALONE), {}), "vars": variables}}
    runner = playbook_runner(base, module_home)
    (base / "project" / "inventory.json").write_text(json.dumps(inventory))

    def run_plays(plays, *options):
        written = [play(ROLE, name=name, hosts=hosts, **keywords) for name, (hosts, keywords, _steps) in plays.items()]
        return base / "project", sections(runner(written, "-i", "inventory.json", "--forks=1", *options).output, "PLAY")

    return run_plays


@pytest.fixture(scope="module")
def quiet(run):
    return run(PLAYS)


@pytest.fixture(scope="module")
def verbose(run, quiet):
    """What more is to be seen at -v, in another run."""
    project, outputs = run({"unchanged": ([A, B], {}, []), "registered by hand": ([ALONE], {"vars": LAST}, [])}, "-v")
    return project, outputs


def steps(output):
    """The lines that Ansible itself has not printed below the task of the chain."""
    printed = sections(output + "\nPLAY ", "TASK")[TASK]
    printed = re.sub(r"^\nEnter these values.*? to always\.$", "", printed, flags=re.M | re.S)
    lines = [re.sub(r"\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d\+*~$", "ID", line) for line in printed.splitlines()]
    results = (
        r"(ok|changed|fatal|failed): \[|\.\.\.ignoring|runs as|\[(WARNING|ERROR)\]|Using module|\s|Origin:|\d+( |$)|\^"
    )
    return [line for line in lines if line and not re.match(results, line) and "{" not in line]


@pytest.mark.parametrize("name", PLAYS)
def test_a_step_is_printed_below_the_name_of_the_task(quiet, name):
    _project, outputs = quiet
    hosts, _keywords, expected = PLAYS[name]
    many = len(hosts) > 1
    assert steps(outputs[name]) == [f"{host}: {step}" if many else step for host in hosts for step in expected]


@pytest.mark.parametrize("name", PLAYS)
def test_a_certificate_is_printed_when_it_has_to_be_entered(quiet, name):
    project, outputs = quiet
    shown = re.findall(
        r"^Enter these values once in the JWT identity provider of (\S+):\n\nIssuer: (\S+)\nKey ID: \S+\n"
        r"Certificate, from (\S+):\n(-----BEGIN CERTIFICATE-----\n.*?\n-----END CERTIFICATE-----)\n\n"
        r"To print this again, set tenant_jwt_show_idp to always\.$",
        outputs[name],
        re.M | re.S,
    )
    assert (
        [tenant for tenant, *_rest in shown] == [issuer for _tenant, issuer, *_rest in shown] == SHOWS_IDP.get(name, [])
    )
    assert len(shown) == outputs[name].count("BEGIN CERTIFICATE")
    for tenant, _issuer, path, _pem in shown:
        prefix = "new_" if name == "second key" else ""
        assert path == str(project / "keys" / tenant / f"{prefix}publickey.cer")
    if name == "second key":
        assert (project / "keys" / ALONE / "new_publickey.cer").read_text().strip() == shown[0][-1]


def test_all_steps_are_printed_at_v(verbose):
    project, outputs = verbose
    folder = project / "keys"
    assert steps(outputs["unchanged"]) == [
        f"{host}: {step}"
        for host in (A, B)
        for step in (f"kept the key pair {folder}/{host}/privatekey.pem", "signed a token for anna@grusgrus.com")
    ]
    assert steps(outputs["registered by hand"]) == [
        f"kept the key pair {folder}/{ALONE}/new_privatekey.pem",
        "signed a token for anna@grusgrus.com",
    ]


@pytest.mark.parametrize("hidden", [False, True])
def test_a_failure_that_the_task_does_not_show_is_printed_unless_the_task_hides_it(run_playbook, hidden: bool) -> None:
    task = {"tenantops.qlik.qscloud_tenant_jwt": {"tenant": "https://acme"}, "failed_when": False, "no_log": hidden}
    run = run_playbook([play(task)])
    assert run.recap["failed"] == 0
    assert ("failed: tenant must be a host name" in run.output) != hidden
