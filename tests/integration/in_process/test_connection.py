# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play without `connection: local` is told so before it tries SSH to the tenant; other hosts are reached."""

from __future__ import annotations

import json

import pytest
from plays import playbook_runner

pytestmark = pytest.mark.thorough

MODULE = {
    "name": "Sign",
    "tenantops.qlik.qscloud_jwt": {"issuer": "acme", "subject": "x", "name": "X", "private_key_path": "key.pem"},
}
KEYPAIR = {"name": "Keys", "tenantops.qlik.qscloud_keypair": {"directory": "keys"}}
ROLE = {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}}
LOOPED = {**KEYPAIR, "loop": [1]}

# A port at which nobody listens, so that reaching a host fails at once.
ELSEWHERE = {"ansible_host": "127.0.0.1", "ansible_port": 1}
ACME = "acme.eu.qlikcloud.com"

REFUSED = {
    "module": (ACME, {}, KEYPAIR),
    "loop": (ACME, {}, LOOPED),
    "role": (ACME, {}, ROLE),
    "connection in words": (ACME, {"ansible_connection": "ansible.builtin.ssh"}, MODULE),
    "capital letters and a dot": ("Acme.EU.QlikCloud.com.", {}, MODULE),
    "another name for the tenant": ("acme", {"ansible_host": ACME}, MODULE),
    "delegated to the tenant": ("app", {}, {**MODULE, "delegate_to": ACME}),
}
REACHED = {
    "another machine": ("app.example.com", ELSEWHERE, MODULE),
    "a machine that is named after the tenant": (ACME, ELSEWHERE, MODULE),
    "a domain that looks alike": ("acme.notqlikcloud.com", ELSEWHERE, MODULE),
    "delegated to another machine": (ACME, {"ansible_port": 1}, {**MODULE, "delegate_to": "127.0.0.2"}),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory, module_home):
    """What the tasks answered, each in a play of its own, by the name of the case."""
    base = tmp_path_factory.mktemp("connection")
    run = playbook_runner(base, module_home)
    hosts, plays = {}, []
    for number, (host, variables, task) in enumerate([*REFUSED.values(), *REACHED.values()]):
        # The same host may have other variables in each play.
        group = {"hosts": {host: {}}, "vars": {}}
        hosts[f"case_{number}"] = group
        block = {"block": [task], "ignore_errors": True, "ignore_unreachable": True, "vars": variables}
        plays.append({"hosts": f"case_{number}", "gather_facts": False, "tasks": [block]})
    (base / "project" / "inventory.json").write_text(json.dumps({"all": {"children": hosts}}))
    finished = run(plays, "-i", "inventory.json", check=False)
    parts = finished.output.split("\nPLAY [")[1:]
    return dict(zip([*REFUSED, *REACHED], parts))


@pytest.mark.parametrize("case", REFUSED)
def test_a_tenant_is_not_reached_over_ssh(results, case):
    host = "Acme.EU.QlikCloud.com." if case.startswith("capital") else ACME
    assert (
        f"The task would connect over SSH to {host}, the name of a Qlik Cloud tenant: set 'connection: local' for the"
        " play, so that it runs on the controller."
    ) in results[case]
    assert "UNREACHABLE" not in results[case] and "Traceback" not in results[case]


@pytest.mark.parametrize("case", REACHED)
def test_any_other_host_is(results, case):
    assert "UNREACHABLE" in results[case] and "Connection refused" in results[case]
