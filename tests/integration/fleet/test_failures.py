# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registered tenants, of which a whole batch fails, each tenant for another reason: who is told which of them failed."""

from __future__ import annotations

import os
import shutil

import pytest
import simulator as tenant_simulator
from fleet import USER, Fleet, failed_hosts, numbers, with_status
from jobs import Artifacts, Runner, job

TENANTS = int(os.environ.get("FLEET_REGISTERED", "30"))
"""`make fleet` takes 300."""

NAMES = [f"t{number:04d}.eu.qlikcloud.com" for number in range(TENANTS)]
BATCH = 5
UNDEFINED, REFUSED, DOWN, UNREACHABLE, MISTAKEN = FAILING = NAMES[2 * BATCH : 3 * BATCH]
MESSAGES = {
    UNDEFINED: "'nothing' is undefined",
    REFUSED: "401",
    DOWN: "500",
    UNREACHABLE: "Failed to connect to the host via ssh",
    MISTAKEN: "tenant_jwt_expires_in is 'soon'",
}

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def region():
    running = tenant_simulator.start(f"--tenants={TENANTS}")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def fleet(region, tmp_path_factory, module_home):
    """Tenants after their first run."""
    folder = tmp_path_factory.mktemp("fleet")
    common = {
        "tenant_jwt_register_idp": True,
        "tenant_jwt_client_id": region.client_id,
        "tenant_jwt_client_secret": region.client_secret,
        "tenant_jwt_ca_path": region.ca_path,
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_users": [USER],
        "tenant_jwt_key_directory": f"{folder}/keys/{{{{ inventory_hostname }}}}",
    }
    hosts = {name: {**common, "tenant_jwt_url": url} for name, url in zip(NAMES, region.urls, strict=True)}
    fleet = Fleet(folder, module_home, hosts)
    # New keys take much longer than the rest, and one key is as good as many, since each tenant has its own issuer.
    fleet.run("--limit", NAMES[0])
    for name in NAMES[1:]:
        shutil.copytree(fleet.keys(NAMES[0]), fleet.keys(name))
    assert numbers(fleet.run()) == (TENANTS, 1, TENANTS - 1, 0)
    return fleet


@pytest.fixture(scope="module")
def broken(fleet, region, tmp_path_factory, module_home):
    """The same tenants, of which some fail."""
    region.faults({"kind": "status", "value": 500, "times": None}, url=region.urls[NAMES.index(DOWN)])
    hosts = fleet.variables | {
        # The first of its batch, for which Ansible runs what runs once.
        UNDEFINED: {**fleet.variables[UNDEFINED], "ansible_connection": "{{ nothing }}"},
        REFUSED: {**fleet.variables[REFUSED], "tenant_jwt_client_secret": "wrong"},
        UNREACHABLE: {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
        MISTAKEN: {**fleet.variables[MISTAKEN], "tenant_jwt_expires_in": "soon"},
    }
    return Fleet(tmp_path_factory.mktemp("broken"), module_home, hosts)


@pytest.fixture(scope="module")
def failed_run(broken):
    """A run for them. Ansible also writes a file with the hosts that failed."""
    env = {"ANSIBLE_RETRY_FILES_ENABLED": "true", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(broken.folder)}
    return broken.run("-e", f"provision_batch={BATCH}", env=env)


@pytest.fixture(scope="module")
def failed_job(broken, tmp_path_factory, module_home):
    """What a job for them has left behind."""
    data = job(tmp_path_factory.mktemp("job") / "data", broken.variables, {})
    options = f"--cmdline=-e provision_batch={BATCH}"
    finished = Runner(module_home)("run", data, "-p", "tenantops.qlik.provision", options)
    artifacts = Artifacts.of(data)
    assert artifacts.rc == finished.returncode
    return artifacts


def test_the_recap_names_them(failed_run):
    failed, unreachable = with_status(failed_run, "failed"), with_status(failed_run, "unreachable")
    assert sorted({**failed, **unreachable}) == FAILING and list(unreachable) == [UNREACHABLE]
    assert all(MESSAGES[name] in message for name, message in {**failed, **unreachable}.items())
    assert f"{TENANTS} tenants: {TENANTS - 5} unchanged, 0 changed, 4 failed, 1 unreachable." in failed_run.output
    assert f"\n  --limit {','.join(FAILING)}\n" in failed_run.output


def test_ansible_names_them_and_no_other(failed_run, broken):
    assert failed_hosts(failed_run) == FAILING
    assert (broken.folder / "provision.retry").read_text().split() == FAILING
    assert "[WARNING]" not in failed_run.output


def test_so_do_the_events_of_a_job(failed_job):
    assert failed_job.rc == 2 and failed_job.status == "failed"
    assert failed_job.statistics["failures"] == dict.fromkeys(FAILING, 1)
    assert not any(failed_job.statistics[name] for name in ("dark", "rescued", "changed"))
    # What fails before the module starts is ignored by a keyword of the task.
    assert failed_job.statistics["ignored"] == dict.fromkeys((UNDEFINED, UNREACHABLE), 1)
    found = [(event["event"], event["event_data"]) for event in failed_job.events]
    assert [data["host"] for event, data in found if event == "runner_on_unreachable"] == [UNREACHABLE]
    failures = [data for event, data in found if event == "runner_on_failed" and not data["ignore_errors"]]
    assert sorted(data["host"] for data in failures) == FAILING
    assert all(MESSAGES[data["host"]] in data["res"]["msg"] for data in failures)
    assert {data["host"] for event, data in found if event == "runner_on_failed"} == set(FAILING)


def test_a_run_for_these_alone_completes_them(failed_run, broken, fleet, region):
    region.faults(url=region.urls[NAMES.index(DOWN)])
    for limit in (f"@{broken.folder}/provision.retry", failed_run.registered("recap")["limit"]):
        again = fleet.run("--limit", limit)
        assert numbers(again) == (5, 5, 0, 0) and failed_hosts(again) == []
