# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations that are cut off: the tenant goes away, or the run is killed, and the next run completes them."""

from __future__ import annotations

import functools
import shutil

import pytest
import simulator as tenant_simulator
from side_by_side import FIRST, INTRODUCED, RETIRED, Role, Runner, Tenant, run_cases
from tenant_client import provider_body

pytestmark = pytest.mark.thorough

INTRODUCING, RETIRING = 8, 8
"""How many steps the chain takes to introduce a key, and to retire one: those of the callback ``killer``."""


class Rotating(Tenant):
    """A tenant with two keys, the first of which is retiring."""

    def copy_to(self, tenant, *prefixes):
        """Give another tenant these keys and their identity providers; return the keys and their ids."""
        tenant.keys.mkdir(parents=True, mode=0o700)
        copied = []
        for prefix, provider in zip(prefixes, self.providers):
            for path in self.keys.glob(f"{prefix}*"):
                shutil.copy2(path, tenant.keys)
            pair = tenant.owner_of(prefix)
            body = {name: value for name, value in provider.items() if name in provider_body(pair)}
            body["options"]["issuer"] = tenant.name
            assert tenant.client.create(body).status_code == 201
            copied.append((pair, provider["options"]["staticKeys"][0]["kid"]))
        return copied


def tenant_goes_away(tenant, skip):
    """It answers that many requests of the role, and no more."""
    tenant.simulator.faults({"kind": "status", "value": 500, "skip": skip, "times": None}, url=tenant.url)


def the_last_proof_comes_before_the_old_provider_goes(tenant, rotating):
    first, dummy = rotating.copy_to(tenant, "first_", "second_")
    fault = {"kind": "status", "value": 401, "path": "/login/jwt-session", "times": 1}
    tenant.simulator.faults(fault, url=tenant.url)
    run = yield Role({"tenant_jwt_keys": RETIRED}, check=False)
    assert run.failed
    assert tenant.lets_in(*first) and (tenant.keys / "first_privatekey.pem").exists()
    again = yield Role({"tenant_jwt_keys": RETIRED})
    assert again.changed


def introducing_while_the_tenant_goes_away(tenant, rotating, skip):
    (first,) = rotating.copy_to(tenant, "first_")
    tenant_goes_away(tenant, skip)
    run = yield Role({"tenant_jwt_keys": INTRODUCED}, check=False)
    assert run.failed
    tenant.simulator.faults(url=tenant.url)
    assert tenant.lets_in(*first)
    yield Role({"tenant_jwt_keys": INTRODUCED})
    assert tenant.lets_in(*first) and len(tenant.providers) == 2


def retiring_while_the_tenant_goes_away(tenant, rotating, skip):
    dummy, second = rotating.copy_to(tenant, "first_", "second_")
    tenant_goes_away(tenant, skip)
    run = yield Role({"tenant_jwt_keys": RETIRED}, check=False)
    assert run.failed
    tenant.simulator.faults(url=tenant.url)
    assert tenant.lets_in(*second)
    # Without its files, nobody would know which provider has to go.
    assert (tenant.keys / "first_privatekey.pem").exists()
    yield Role({"tenant_jwt_keys": RETIRED})
    assert tenant.lets_in(*second) and len(tenant.providers) == 1
    assert not (tenant.keys / "first_privatekey.pem").exists()


def killed_while_introducing(tenant, rotating, number):
    (first,) = rotating.copy_to(tenant, "first_")
    run = yield Role({"tenant_jwt_keys": INTRODUCED}, check=False, killed_at=number)
    assert run.killed
    assert tenant.lets_in(*first)
    completed = yield Role({"tenant_jwt_keys": INTRODUCED})
    second_id = completed.facts["tenant_jwt_idp"]["key_id"]
    assert tenant.lets_in(*first) and tenant.lets_in(tenant.owner_of("second_"), second_id)
    assert len(tenant.providers) == 2


def killed_while_retiring(tenant, rotating, number):
    dummy, second = rotating.copy_to(tenant, "first_", "second_")
    run = yield Role({"tenant_jwt_keys": RETIRED}, check=False, killed_at=number)
    assert run.killed
    assert tenant.lets_in(*second)
    yield Role({"tenant_jwt_keys": RETIRED})
    assert tenant.lets_in(*second) and len(tenant.providers) == 1
    assert not (tenant.keys / "first_privatekey.pem").exists()


# The tenant is gone from the first of the role's requests on, from the second, and so on. The first step is number 1.
CASES = {
    "the-last-proof-comes-before-the-old-provider-goes": the_last_proof_comes_before_the_old_provider_goes,
    **{
        f"{case.__name__.replace('_', '-')}-{number}": functools.partial(case, **{name: number})
        for case, name, numbers in (
            (introducing_while_the_tenant_goes_away, "skip", range(5)),
            (retiring_while_the_tenant_goes_away, "skip", range(6)),
            (killed_while_introducing, "number", range(1, INTRODUCING + 1)),
            (killed_while_retiring, "number", range(1, RETIRING + 1)),
        )
        for number in numbers
    },
}


@pytest.fixture(scope="module")
def runner(tmp_path_factory, module_home):
    return Runner(tmp_path_factory.mktemp("cut-off"), module_home)


@pytest.fixture(scope="module")
def tenants():
    """A simulated tenant for each case, and three more."""
    simulator = tenant_simulator.start(f"--tenants={len(CASES) + 3}")
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def rotating(runner, tenants):
    rotating = Rotating("rotating", tenants, tenants.urls[-1], runner.project)
    for keys in (FIRST, INTRODUCED):
        runner.run_one(rotating, {"tenant_jwt_keys": keys})
    return rotating


@pytest.fixture(scope="module")
def raised(runner, tenants, rotating):
    """What each case has raised."""
    cases = {name: functools.partial(case, rotating=rotating) for name, case in CASES.items()}
    return run_cases(cases, runner, tenants)


@pytest.mark.parametrize("name", CASES)
def test_side_by_side(raised, name):
    if raised[name]:
        raise raised[name]


@pytest.fixture(scope="module")
def uncut(runner, tenants, rotating):
    """The runs that would be killed at the step after the last one."""
    introducing, retiring = (
        Tenant(name, tenants, url, runner.project) for name, url in zip(("introducing", "retiring"), tenants.urls[-3:])
    )
    rotating.copy_to(introducing, "first_")
    rotating.copy_to(retiring, "first_", "second_")
    roles = {
        introducing: Role({"tenant_jwt_keys": INTRODUCED}, killed_at=INTRODUCING + 1),
        retiring: Role({"tenant_jwt_keys": RETIRED}, killed_at=RETIRING + 1),
    }
    return {tenant.name: result for tenant, result in runner.run(roles).items()}


@pytest.mark.parametrize("name", ["introducing", "retiring"])
def test_the_numbers_above_reach_to_the_end(uncut, name):
    assert not uncut[name].killed and not uncut[name].failed
