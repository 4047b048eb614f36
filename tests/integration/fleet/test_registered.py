# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side for many tenants, which answer slowly and limit the rate of requests."""

from __future__ import annotations

import collections
import os

import pytest
import simulator as tenant_simulator
from fleet import Fleet, listed, numbers

TENANTS = int(os.environ.get("FLEET_REGISTERED", "12"))
LATENCY_MS = 50
FORKS = 10


@pytest.fixture(scope="module")
def slow_tenants():
    running = tenant_simulator.start(f"--tenants={TENANTS}", f"--latency-ms={LATENCY_MS}", "--set=rate_limits=true")
    yield running
    running.stop()


@pytest.fixture
def fleet(slow_tenants, tmp_path, home):
    """The tenants, each of which has a name of its own."""
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
    return Fleet(tmp_path, home, variables)


def calls(simulator):
    """How many tenants have had which requests."""
    return collections.Counter(
        tuple((one["method"], one["path"].rsplit("/", 1)[0]) for one in simulator.recorded(url))
        for url in simulator.urls
    )


def test_registered_proven_and_then_unchanged(fleet, slow_tenants):
    first = fleet.run(forks=FORKS)
    assert first.returncode == 0, first.output
    assert numbers(first) == (TENANTS, 0, TENANTS, 0)
    assert not listed(first, "To be entered in the identity providers by hand, since these certificates are new")
    for url in slow_tenants.urls:
        state = slow_tenants.state(url)
        assert state["sessions"] == 1 and len(slow_tenants.jwt_providers(url)) == 1
        slow_tenants.forget_requests(url)
    again = fleet.run(forks=FORKS)
    assert numbers(again) == (TENANTS, TENANTS, 0, 0)
    ((requests, number),) = calls(slow_tenants).items()
    assert number == TENANTS
    assert [method for method, dummy in requests] == ["GET", "GET"]


def test_a_tenant_that_asks_to_wait_does_not_stop_the_others(fleet, slow_tenants):
    waiting = slow_tenants.urls[::5]
    for url in waiting:
        slow_tenants.faults({"kind": "status", "value": 429, "retry_after": 2, "times": 2}, url=url)
    run = fleet.run(forks=FORKS)
    assert run.returncode == 0, run.output
    assert numbers(run) == (TENANTS, 0, TENANTS, 0)
    for url in waiting:
        times = [one["time"] for one in slow_tenants.recorded(url)]
        assert times[1] - times[0] >= 2 and times[2] - times[1] >= 2


def test_a_tenant_that_is_gone_does_not_stop_the_others(fleet, slow_tenants):
    gone = slow_tenants.urls[3]
    slow_tenants.faults({"kind": "status", "value": 500, "times": None}, url=gone)
    run = fleet.run(forks=FORKS)
    assert run.returncode != 0
    assert numbers(run) == (TENANTS, 0, TENANTS - 1, 1)
    (reason,) = listed(run, "Failed").values()
    assert reason.startswith("Provide keys, certificates, identity providers and tokens: ") and "500" in reason
    slow_tenants.faults(url=gone)
    assert numbers(fleet.run(forks=FORKS)) == (TENANTS, TENANTS - 1, 1, 0)
