# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side for many tenants, which answer slowly and limit the rate of requests."""

from __future__ import annotations

import collections
import os
import re

import pytest
import simulator as tenant_simulator
from fleet import Fleet, failed_hosts, numbers, with_status

TENANTS = int(os.environ.get("FLEET_REGISTERED", "8"))
LATENCY_MS = 50
FORKS = 10

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def slow_tenants():
    running = tenant_simulator.start(f"--tenants={TENANTS}", f"--latency-ms={LATENCY_MS}", "--set=rate_limits=true")
    yield running
    running.stop()


def new_fleet(folder, home, slow_tenants):
    """The tenants as if they were new, each of which has a name of its own."""
    slow_tenants.reset()
    common = {
        "tenant_jwt_register_idp": True,
        "tenant_jwt_api_key": slow_tenants.api_key,
        "tenant_jwt_ca_path": slow_tenants.ca_path,
        "tenant_jwt_auto_create_groups": True,
        "tenant_jwt_verify_login": "changed",
    }
    variables = {
        f"t{number:04d}.eu.qlikcloud.com": {**common, "tenant_jwt_url": url}
        for number, url in enumerate(slow_tenants.urls)
    }
    return Fleet(folder, home, variables)


@pytest.fixture(scope="module")
def runs(slow_tenants, tmp_path_factory, module_home):
    """A first run, in which some tenants ask to wait, one that changes nothing, and the status of the tenants.

    Each comes with the tenants' states.
    """
    fleet = new_fleet(tmp_path_factory.mktemp("fleet"), module_home, slow_tenants)
    for url in slow_tenants.urls[::5]:
        slow_tenants.faults({"kind": "status", "value": 429, "retry_after": 2, "times": 2}, url=url)
    done = []
    for playbook in ("provision", "provision", "status"):
        run = fleet.run(playbook=playbook, forks=FORKS)
        done.append((run, [slow_tenants.state(url) for url in slow_tenants.urls]))
        for url in slow_tenants.urls:
            slow_tenants.forget_requests(url)
    return done


def requests_of_each(states):
    """The requests that each tenant has had, which are the same."""
    ((requests, number),) = collections.Counter(
        tuple((one["method"], one["path"].rsplit("/", 1)[0]) for one in state["requests"]) for state in states
    ).items()
    assert number == TENANTS
    return requests


def test_registered_proven_and_then_unchanged(runs):
    (first, after_first), (again, after_again), dummy = runs
    assert first.returncode == 0, first.output
    assert numbers(first) == (TENANTS, 0, TENANTS, 0)
    for state in after_first:
        assert state["sessions"] == 1
        assert len([provider for provider in state["providers"] if provider["protocol"] == "jwtAuth"]) == 1
    assert numbers(again) == (TENANTS, TENANTS, 0, 0)
    assert [method for method, dummy in requests_of_each(after_again)] == ["GET", "GET"]


def test_the_status_takes_the_same_requests(runs):
    dummy, (again, after_again), (looked, after_looked) = runs
    assert f"\n{TENANTS} tenants: {TENANTS} healthy.\n" in looked.output and looked.returncode == again.returncode == 0
    assert requests_of_each(after_looked) == requests_of_each(after_again)


def test_who_gets_the_api_key_of_another_is_said_once_and_the_key_is_not(runs, slow_tenants):
    for run, _states in runs[:2]:
        warnings = re.findall(r"^\[WARNING\]: (\S+) and (\S+) get the same API key: ", run.output, re.M)
        assert len(warnings) == 1 and len(set(warnings[0])) == 2
        assert slow_tenants.api_key not in run.output


def test_a_tenant_that_asks_to_wait_does_not_stop_the_others(runs):
    run, states = runs[0]
    assert run.returncode == 0, run.output
    assert numbers(run) == (TENANTS, 0, TENANTS, 0)
    for state in states[::5]:
        times = [one["time"] for one in state["requests"]]
        assert times[1] - times[0] >= 2 and times[2] - times[1] >= 2


def test_a_tenant_that_is_gone_does_not_stop_the_others(slow_tenants, tmp_path, home):
    fleet = new_fleet(tmp_path, home, slow_tenants)
    gone = slow_tenants.urls[3]
    slow_tenants.faults({"kind": "status", "value": 500, "times": None}, url=gone)
    run = fleet.run(forks=FORKS)
    assert numbers(run) == (TENANTS, 0, TENANTS - 1, 1)
    assert failed_hosts(run) == ["t0003.eu.qlikcloud.com"]
    (reason,) = with_status(run, "failed").values()
    assert reason.startswith(f"{gone} answered") and "500" in reason, reason
    slow_tenants.faults(url=gone)
    assert numbers(fleet.run(forks=FORKS)) == (TENANTS, TENANTS - 1, 1, 0)
