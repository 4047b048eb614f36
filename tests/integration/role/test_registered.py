# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role with a simulated tenant: register an identity provider, prove that it works, change it, and delete it."""

from __future__ import annotations

import functools
import re

import pytest
import simulator as tenant_simulator
from cryptography.hazmat.primitives import serialization
from fleet import FILES
from side_by_side import ANNA, INTRODUCED, Role, Runner, run_cases
from tenant_client import LOGIN, Pair

pytestmark = pytest.mark.thorough


def steps(run, tenant):
    """What was printed about a tenant, which stands in front of it if there is more than one."""
    lines = run.output.partition("TASK [Save")[0].splitlines()
    if many := [line for line in lines if line.startswith(f"{tenant.name}: ")]:
        return [line.removeprefix(f"{tenant.name}: ") for line in many]
    verbs = "wrote|changed|removed|created|replaced|deleted|turned|logged|kept|signed|would"
    return [line for line in lines if re.match(rf"({verbs}) ", line)]


# ---- Cases that run side by side


def the_whole_chain_twice(tenant):
    run = yield Role()
    assert run.changed
    assert tenant.client.login(run.facts["tenant_jwt_token"]).status_code == 200
    state = tenant.state
    (anna,) = [user for user in state["users"] if user["email"] == "anna@grusgrus.com"]
    assert anna["groups"] == ["group1", "group 2"]
    (provider,) = tenant.providers
    assert provider["options"]["issuer"] == tenant.name
    assert provider["options"]["staticKeys"][0]["kid"] == run.facts["tenant_jwt_idp"]["key_id"]
    assert run.warnings == []
    names = [f"first_{name}" for name in FILES]
    its = f"identity provider {provider['id']} for key id {run.facts['tenant_jwt_idp']['key_id']}"
    login = "logged in as Anna Anderson, in group1 and group 2"
    assert steps(run, tenant) == [
        *(f"wrote {name}: it was missing" for name in names),
        *(f"created {its}", "turned on the creation of groups", login),
    ]
    # There is nothing to be entered by hand.
    assert "Enter these values" not in run.output

    again = yield Role()
    assert not again.changed and steps(again, tenant) == []
    assert tenant.state["sessions"] == state["sessions"]
    all_steps = yield Role({}, ("-v",))
    assert steps(all_steps, tenant) == [
        f"kept the key pair {tenant.keys}/{names[0]}",
        *("signed a token for anna@grusgrus.com", f"kept {its}", "kept the setting for groups"),
    ]
    always = yield Role({"tenant_jwt_verify_login": "always"})
    assert not always.changed
    assert tenant.state["sessions"] == state["sessions"] + 1


def another_passphrase(tenant):
    old = {"tenant_jwt_private_key_passphrase": "correct horse battery"}
    change = {
        "tenant_jwt_private_key_old_passphrase": old["tenant_jwt_private_key_passphrase"],
        "tenant_jwt_private_key_passphrase": "staple of correct horses",
        "tenant_jwt_verify_login": "always",
        "tenant_jwt_keys": INTRODUCED,
    }
    first = yield Role(old)
    key_id = first.facts["tenant_jwt_idp"]["key_id"]
    # A key that is retiring gets it, too.
    yield Role({**old, "tenant_jwt_keys": INTRODUCED})
    providers = tenant.providers
    private_keys = {path: path.read_bytes() for path in tenant.keys.glob("*privatekey.pem")}
    assert len(providers) == len(private_keys) == 2

    sessions = tenant.state["sessions"]
    predicted = yield Role(change, ("--check",))
    assert predicted.changed
    assert {path: path.read_bytes() for path in private_keys} == private_keys
    assert tenant.state["sessions"] == sessions
    changed = yield Role(change, ("-v",))
    assert changed.changed and tenant.state["sessions"] == sessions + 1
    assert all(f"changed the passphrase of {path.name}\n" in changed.output for path in private_keys)
    for path in private_keys:
        serialization.load_pem_private_key(path.read_bytes(), change["tenant_jwt_private_key_passphrase"].encode())
    assert sorted(tenant.keys.glob("*privatekey.pem*")) == sorted(private_keys)
    assert key_id in {one["options"]["staticKeys"][0]["kid"] for one in tenant.providers}
    assert tenant.providers == providers
    unchanged = yield Role({**change, "tenant_jwt_private_key_old_passphrase": None})
    assert not unchanged.changed


def an_unchanged_tenant_takes_two_calls(tenant):
    yield Role()
    tenant.simulator.forget_requests(tenant.url)
    yield Role()
    assert [one["method"] for one in tenant.simulator.recorded(tenant.url)] == ["GET", "GET"]


def check_mode(tenant):
    foreseen = yield Role({}, ("--check", "--diff"))
    assert steps(foreseen, tenant) == [
        *(f"would write first_{name}: it is missing" for name in FILES),
        *("would create an identity provider for the new key", "would turn on the creation of groups"),
        "would log in as anna@grusgrus.com",
    ]
    assert f"before: identity provider with the issuer {tenant.name} and a new key in {tenant.url}" in foreseen.output
    assert not tenant.keys.exists() and tenant.providers == []
    yield Role()
    before = tenant.providers
    unchanged = yield Role({}, ("--check",))
    assert not unchanged.changed
    yield Role({"tenant_jwt_keys": INTRODUCED}, ("--check",))
    absent = yield Role({"tenant_jwt_state": "absent"}, ("--check",))
    assert absent.changed
    assert tenant.providers == before


def check_mode_with_files_that_are_not_there_yet(tenant):
    named = {"tenant_jwt_key_id": "my-key-id"}
    predicted = yield Role(named, ("--check", "-v"))
    assert predicted.changed and not tenant.keys.exists()
    assert "would write first_privatekey.pem: it is missing\n" in predicted.output
    assert "would create an identity provider for key id my-key-id\n" in predicted.output
    yield Role(named)
    (tenant.keys / "first_publickey.cer").unlink()
    run = yield Role(named, ("--check", "-v"))
    # The certificate would be issued anew, and the tenant would notice nothing.
    assert run.changed and "create an identity provider" not in run.output
    assert not (tenant.keys / "first_publickey.cer").exists()


def groups_that_the_tenant_drops(tenant):
    run = yield Role({"tenant_jwt_auto_create_groups": None})
    (warning,) = run.warnings
    assert warning.startswith(f"[WARNING]: {tenant.url} drops the groups in tokens")
    assert tenant.state["group_settings"]["autoCreateGroups"] is False
    on = yield Role({"tenant_jwt_auto_create_groups": True})
    assert on.warnings == []
    off = yield Role({"tenant_jwt_auto_create_groups": False})
    assert off.changed and off.warnings == []
    without = yield Role({"tenant_jwt_users": [{**ANNA, "groups": []}], "tenant_jwt_auto_create_groups": None})
    assert without.warnings == []


@functools.cache
def existing_pem():
    return Pair.generate().private_pem


def an_existing_key(tenant, way):
    path = tenant.project / "existing.pem"
    path.write_bytes(existing_pem())
    path.chmod(0o600)
    value = str(path) if way == "path" else existing_pem().decode()
    variables = {f"tenant_jwt_private_key_{way}": value, "tenant_jwt_key_id": "mine", "tenant_jwt_keys": [{}]}
    run = yield Role(variables)
    assert run.changed
    assert tenant.client.login(run.facts["tenant_jwt_token"]).status_code == 200
    assert "BEGIN PUBLIC KEY" in tenant.providers[0]["options"]["staticKeys"][0]["pem"]
    again = yield Role(variables)
    assert not again.changed
    absent = yield Role({**variables, "tenant_jwt_state": "absent"})
    assert absent.changed
    assert tenant.providers == []
    assert not tenant.keys.exists()


def a_key_id_of_ones_own(tenant):
    variables = {"tenant_jwt_key_id": "mine"}
    run = yield Role(variables)
    assert run.facts["tenant_jwt_idp"]["key_id"] == "mine"
    assert [one["options"]["staticKeys"][0]["kid"] for one in tenant.providers] == ["mine"]
    assert tenant.client.login(run.facts["tenant_jwt_token"]).status_code == 200
    again = yield Role(variables)
    assert not again.changed
    absent = yield Role({**variables, "tenant_jwt_state": "absent"})
    assert absent.changed
    assert tenant.providers == []


def absent(tenant):
    key_id = (yield Role()).facts["tenant_jwt_idp"]["key_id"]
    (provider,) = tenant.providers
    run = yield Role({"tenant_jwt_state": "absent"})
    assert run.changed
    assert tenant.providers == []
    deleted, *removed = steps(run, tenant)
    assert deleted == f"deleted identity provider {provider['id']} for key id {key_id}"
    for name, step in zip(reversed(FILES), removed, strict=True):
        backup = re.fullmatch(rf"removed first_{name}, backup (first_{name}\..*~)", step)[1]
        assert (tenant.keys / backup).exists()
    # Nothing but backups, of the private key in any case.
    left = [path.name for path in tenant.keys.iterdir()]
    assert [name for name in left if name.startswith("first_privatekey.pem.")]
    assert not {"first_privatekey.pem", "first_publickey.pem", "first_publickey.cer"} & set(left)
    again = yield Role({"tenant_jwt_state": "absent"})
    assert not again.changed


def the_provider_goes_before_the_files(tenant):
    yield Role()
    tenant.simulator.faults({"kind": "status", "value": 500, "method": "DELETE"}, url=tenant.url)
    run = yield Role({"tenant_jwt_state": "absent"}, check=False)
    assert run.failed and (tenant.keys / "first_privatekey.pem").exists()
    again = yield Role({"tenant_jwt_state": "absent"})
    assert again.changed


def what_was_done_before_a_failure_is_told(tenant):
    tenant.simulator.faults({"kind": "status", "value": 500, "times": None, "method": "POST"}, url=tenant.url)
    run = yield Role(check=False)
    assert run.failed and not run.changed
    assert steps(run, tenant) == [f"wrote first_{name}: it was missing" for name in FILES]
    assert "Enter these values" not in run.output
    tenant.simulator.faults(url=tenant.url)
    yield Role()


CASES = {
    "what-was-done-before-a-failure-is-told": what_was_done_before_a_failure_is_told,
    "the-whole-chain-twice": the_whole_chain_twice,
    "another-passphrase": another_passphrase,
    "an-unchanged-tenant-takes-two-calls": an_unchanged_tenant_takes_two_calls,
    "check-mode": check_mode,
    "check-mode-with-files-that-are-not-there-yet": check_mode_with_files_that_are_not_there_yet,
    "groups-that-the-tenant-drops": groups_that_the_tenant_drops,
    "an-existing-key-path": functools.partial(an_existing_key, way="path"),
    "an-existing-key-content": functools.partial(an_existing_key, way="content"),
    "a-key-id-of-ones-own": a_key_id_of_ones_own,
    "absent": absent,
    "the-provider-goes-before-the-files": the_provider_goes_before_the_files,
}


@pytest.fixture(scope="module")
def raised(tmp_path_factory, module_home):
    """What each case has raised."""
    simulator = tenant_simulator.start(f"--tenants={len(CASES)}")
    yield run_cases(CASES, Runner(tmp_path_factory.mktemp("cases"), module_home), simulator)
    simulator.stop()


@pytest.mark.parametrize("name", CASES)
def test_side_by_side(raised, name):
    if raised[name]:
        raise raised[name]


# ---- Cases that need a playbook of their own


def logins(simulator):
    """How many logins the tenant has been asked for."""
    return len([one for one in simulator.recorded() if one["path"] == LOGIN])


def test_with_an_oauth_client_of_the_environment(runner, tenant, simulator):
    environment = {
        "QSCLOUD_TENANT_URL": simulator.url,
        "QSCLOUD_CLIENT_ID": simulator.client_id,
        "QSCLOUD_CLIENT_SECRET": simulator.client_secret,
    }
    assert runner.run_one(tenant, {"tenant_jwt_api_key": "{{ omit }}"}, env=environment).changed


def test_a_provider_that_can_be_used_only_later(runner, tenant, simulator):
    simulator.switches(provider_delay_s=2)
    assert runner.run_one(tenant).changed
    assert simulator.state()["sessions"] == 1
    assert logins(simulator) > 1


def test_a_login_that_does_not_work_is_told(runner, tenant, simulator):
    runner.run_one(tenant)
    simulator.forget_requests()
    simulator.switches(clock_offset_s=7200)
    run = runner.run_one(tenant, {"tenant_jwt_verify_login": "always"}, "-v", check=False)
    assert run.failed
    assert "SIMULATED-EXP" in run.output and "traceId" in run.output
    assert logins(simulator) == 1
