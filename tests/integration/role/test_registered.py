# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role with a simulated tenant: register, prove, rotate, give back; and runs that are cut off."""

from __future__ import annotations

import re
import shutil
import threading
import time

import pytest
from cryptography.hazmat.primitives import serialization
from plays import HERE, play, playbook_runner, save
from tenant_client import Client, Pair, provider_body, token

TENANT = "acme.eu.qlikcloud.com"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
ROLE = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
FIRST = [{"prefix": "first_", "state": "current"}]
INTRODUCED = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "retiring"}]
RETIRED = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "absent"}]


# How many links there are in the chain, all of which run if a key is introduced, or retired.
INTRODUCING, RETIRING = 9, 9


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "project" / "keys" / TENANT


def role_runner(run_playbook, simulator):
    """A function that runs the role for the simulated tenant, with these variables."""

    def run(variables=None, *arguments, **keywords):
        variables = {
            "tenant_jwt_tenant": TENANT,
            "tenant_jwt_url": simulator.url,
            "tenant_jwt_ca_path": simulator.ca_path,
            "tenant_jwt_api_key": simulator.api_key,
            "tenant_jwt_register_idp": True,
            "tenant_jwt_auto_create_groups": True,
            "tenant_jwt_verify_login": "changed",
            "tenant_jwt_key_size": 2048,
            "tenant_jwt_users": [ANNA],
            "tenant_jwt_keys": FIRST,
            **(variables or {}),
        }
        variables = {name: value for name, value in variables.items() if value is not None}
        facts = map(save, ("tenant_jwt_token", "tenant_jwt_idp"))
        only_present = {"when": "tenant_jwt_state | default('present') == 'present'"}
        tasks = [ROLE, *({**fact, **only_present} for fact in facts)]
        return run_playbook([play(*tasks, vars=variables)], *arguments, **keywords)

    return run


@pytest.fixture
def run_role(run_playbook, simulator):
    return role_runner(run_playbook, simulator)


def owner_of(folder, prefix):
    """An application that holds this key, and what it names the key."""
    key = serialization.load_pem_private_key((folder / f"{prefix}privatekey.pem").read_bytes(), None)
    return Pair(key, "", "", "")


def logs_in(client, pair, key_id):
    answer = client.login(token(pair, {"kid": key_id}, iss=TENANT))
    return answer.status_code == 200


def test_the_whole_chain_twice(run_role, simulator, client):
    run = run_role()
    assert run.recap["changed"] == 1
    assert client.login(run.registered("tenant_jwt_token")).status_code == 200
    state = simulator.state()
    (anna,) = [user for user in state["users"] if user["email"] == "anna@grusgrus.com"]
    assert anna["groups"] == ["group1", "group 2"]
    (provider,) = simulator.jwt_providers()
    assert provider["options"]["issuer"] == TENANT
    assert provider["options"]["staticKeys"][0]["kid"] == run.registered("tenant_jwt_idp")["key_id"]
    assert "WARNING" not in run.output

    again = run_role()
    assert again.recap["changed"] == 0
    assert simulator.state()["sessions"] == state["sessions"]
    assert run_role({"tenant_jwt_verify_login": "always"}).recap["changed"] == 0
    assert simulator.state()["sessions"] == state["sessions"] + 1


def test_another_passphrase(run_role, simulator, keys):
    old = {"tenant_jwt_private_key_passphrase": "correct horse battery"}
    change = {
        "tenant_jwt_private_key_old_passphrase": old["tenant_jwt_private_key_passphrase"],
        "tenant_jwt_private_key_passphrase": "staple of correct horses",
        "tenant_jwt_verify_login": "always",
        "tenant_jwt_keys": INTRODUCED,
    }
    idp = run_role(old).registered("tenant_jwt_idp")
    # A key that is retiring gets it, too.
    run_role({**old, "tenant_jwt_keys": INTRODUCED})
    providers = simulator.jwt_providers()
    private_keys = {path: path.read_bytes() for path in keys.glob("*privatekey.pem")}
    assert len(providers) == len(private_keys) == 2

    sessions = simulator.state()["sessions"]
    assert run_role(change, "--check").recap["changed"] == 1
    assert {path: path.read_bytes() for path in private_keys} == private_keys
    assert simulator.state()["sessions"] == sessions
    changed = run_role(change, "-v")
    assert changed.recap["changed"] == 1 and simulator.state()["sessions"] == sessions + 1
    assert all(f"changed the passphrase of {path.name}" in changed.output for path in private_keys)
    for path in private_keys:
        serialization.load_pem_private_key(path.read_bytes(), change["tenant_jwt_private_key_passphrase"].encode())
    assert sorted(keys.glob("*privatekey.pem*")) == sorted(private_keys)
    assert idp["key_id"] in {one["options"]["staticKeys"][0]["kid"] for one in simulator.jwt_providers()}
    assert simulator.jwt_providers() == providers
    assert run_role({**change, "tenant_jwt_private_key_old_passphrase": None}).recap["changed"] == 0


def test_an_unchanged_tenant_takes_two_calls(run_role, simulator):
    run_role()
    simulator.forget_requests()
    run_role()
    assert [one["method"] for one in simulator.recorded()] == ["GET", "GET"]


def test_with_an_oauth_client_of_the_environment(run_role, simulator):
    environment = {
        "QSCLOUD_TENANT_URL": simulator.url,
        "QSCLOUD_CLIENT_ID": simulator.client_id,
        "QSCLOUD_CLIENT_SECRET": simulator.client_secret,
    }
    run = run_role({"tenant_jwt_api_key": "{{ omit }}"}, env=environment)
    assert run.recap["changed"] == 1


def test_check_mode(run_role, simulator, keys):
    run = run_role({}, "--check", "--diff")
    assert run.recap["failed"] == 0
    assert not keys.exists() and simulator.jwt_providers() == []
    run_role()
    before = simulator.jwt_providers()
    assert run_role({}, "--check").recap["changed"] == 0
    assert run_role({"tenant_jwt_keys": INTRODUCED}, "--check").recap["failed"] == 0
    assert run_role({"tenant_jwt_state": "absent"}, "--check").recap["changed"] == 1
    assert simulator.jwt_providers() == before


def test_check_mode_with_files_that_are_not_there_yet(run_role, keys):
    named = {"tenant_jwt_key_id": "my-key-id"}
    assert run_role(named, "--check").recap["changed"] == 1 and not keys.exists()
    run_role(named)
    (keys / "first_publickey.cer").unlink()
    run = run_role(named, "--check", "-v")
    # The certificate would be issued anew, and the tenant would notice nothing.
    assert run.recap["changed"] == 1 and "created it" not in run.output
    assert not (keys / "first_publickey.cer").exists()


def test_groups_that_the_tenant_drops(run_role, simulator):
    run = run_role({"tenant_jwt_auto_create_groups": None})
    assert re.search(rf"\[WARNING\]: {simulator.url} drops the groups of tokens", run.output)
    assert simulator.state()["group_settings"]["autoCreateGroups"] is False
    assert "WARNING" not in run_role({"tenant_jwt_auto_create_groups": True}).output
    off = run_role({"tenant_jwt_auto_create_groups": False})
    assert off.recap["changed"] == 1 and "WARNING" not in off.output
    nobody = {**ANNA, "groups": []}
    assert "WARNING" not in run_role({"tenant_jwt_users": [nobody], "tenant_jwt_auto_create_groups": None}).output


@pytest.mark.parametrize("way", ["path", "content"])
def test_an_existing_key(run_role, simulator, client, tmp_path, pair, way):
    (tmp_path / "existing.pem").write_bytes(pair.private_pem)
    value = str(tmp_path / "existing.pem") if way == "path" else pair.private_pem.decode()
    variables = {f"tenant_jwt_private_key_{way}": value, "tenant_jwt_key_id": "mine", "tenant_jwt_keys": [{}]}
    run = run_role(variables)
    assert run.recap["changed"] == 1
    assert client.login(run.registered("tenant_jwt_token")).status_code == 200
    assert "BEGIN PUBLIC KEY" in simulator.jwt_providers()[0]["options"]["staticKeys"][0]["pem"]
    assert run_role(variables).recap["changed"] == 0
    assert run_role({**variables, "tenant_jwt_state": "absent"}).recap["changed"] == 1
    assert simulator.jwt_providers() == []
    assert not (tmp_path / "project" / "keys").exists()


def test_a_key_id_of_ones_own(run_role, simulator, client):
    variables = {"tenant_jwt_key_id": "mine"}
    run = run_role(variables)
    assert run.registered("tenant_jwt_idp")["key_id"] == "mine"
    assert [one["options"]["staticKeys"][0]["kid"] for one in simulator.jwt_providers()] == ["mine"]
    assert client.login(run.registered("tenant_jwt_token")).status_code == 200
    assert run_role(variables).recap["changed"] == 0
    assert run_role({**variables, "tenant_jwt_state": "absent"}).recap["changed"] == 1
    assert simulator.jwt_providers() == []


def test_a_provider_that_can_be_used_only_later(run_role, simulator):
    simulator.switches(provider_delay_s=2)
    run = run_role({}, "-v")
    assert run.recap["failed"] == 0 and run.recap["changed"] == 1
    assert simulator.state()["sessions"] == 1
    assert "trying again in 1 s" in run.output


def test_a_login_that_does_not_work_is_told(run_role, simulator):
    run_role()
    simulator.switches(clock_offset_s=7200)
    run = run_role({"tenant_jwt_verify_login": "always"}, "-v", check=False)
    assert run.returncode != 0
    assert "SIMULATED-EXP" in run.output and "traceId" in run.output
    assert "trying again" not in run.output


def test_absent(run_role, simulator, keys):
    run_role()
    run = run_role({"tenant_jwt_state": "absent"})
    assert run.recap["changed"] == 1
    assert simulator.jwt_providers() == []
    # Nothing but backups, of the private key in any case.
    left = [path.name for path in keys.iterdir()]
    assert [name for name in left if name.startswith("first_privatekey.pem.")]
    assert not {"first_privatekey.pem", "first_publickey.pem", "first_publickey.cer"} & set(left)
    assert run_role({"tenant_jwt_state": "absent"}).recap["changed"] == 0


def test_the_provider_goes_before_the_files(run_role, simulator, keys):
    run_role()
    simulator.faults({"kind": "status", "value": 500, "method": "DELETE"})
    run = run_role({"tenant_jwt_state": "absent"}, check=False)
    assert run.returncode != 0 and (keys / "first_privatekey.pem").exists()
    assert run_role({"tenant_jwt_state": "absent"}).recap["changed"] == 1


class Application(threading.Thread):
    """Logs in all the time, with the key that it holds."""

    def __init__(self, simulator, pair, key_id):
        super().__init__(daemon=True)
        self.holds = (pair, key_id)
        self.logins = 0
        self.lost = []
        self.ends = threading.Event()
        self._client = Client(simulator.url, simulator.ca_path, "")

    def run(self):
        while not self.ends.is_set():
            answer = self._client.login(token(self.holds[0], {"kid": self.holds[1]}, iss=TENANT))
            self.logins += 1
            if answer.status_code != 200:
                self.lost.append(answer.text)
            time.sleep(0.01)


def test_rotation_loses_no_login(run_role, simulator, client, keys):
    first_id = run_role().registered("tenant_jwt_idp")["key_id"]
    first = owner_of(keys, "first_")
    switching, holding = (Application(simulator, first, first_id) for dummy in range(2))
    for application in (switching, holding):
        application.start()
    introduced = run_role({"tenant_jwt_keys": INTRODUCED})
    second_id = introduced.registered("tenant_jwt_idp")["key_id"]
    second = owner_of(keys, "second_")
    switching.holds = (second, second_id)
    assert introduced.recap["changed"] == 1 and second_id != first_id
    assert run_role({"tenant_jwt_keys": INTRODUCED}).recap["changed"] == 0
    while min(switching.logins, holding.logins) < 200:
        time.sleep(0.1)
    holding.holds = (second, second_id)
    # A login with the first key may be under way.
    seen = holding.logins
    while holding.logins < seen + 2:
        time.sleep(0.1)
    assert run_role({"tenant_jwt_keys": RETIRED}).recap["changed"] == 1
    for application in (switching, holding):
        application.ends.set()
        application.join()
        assert application.lost == [] and application.logins >= 200
    assert logs_in(client, second, second_id) and not logs_in(client, first, first_id)
    assert run_role({"tenant_jwt_keys": RETIRED}).recap["changed"] == 0
    assert not (keys / "first_privatekey.pem").exists()


# ---- Runs that are cut off


def test_the_last_proof_comes_before_the_old_provider_goes(run_role, simulator, client, keys):
    first_id = run_role().registered("tenant_jwt_idp")["key_id"]
    first = owner_of(keys, "first_")
    run_role({"tenant_jwt_keys": INTRODUCED})
    simulator.faults({"kind": "status", "value": 401, "path": "/login/jwt-session", "times": 1})
    run = run_role({"tenant_jwt_keys": RETIRED}, check=False)
    assert run.returncode != 0
    assert logs_in(client, first, first_id) and (keys / "first_privatekey.pem").exists()
    assert run_role({"tenant_jwt_keys": RETIRED}).recap["changed"] == 1


@pytest.fixture(scope="module")
def rotating(tmp_path_factory, module_home, running_simulator):
    """A tenant with two keys, the first of which is retiring: their folder, and the identity providers."""
    base = tmp_path_factory.mktemp("rotating")
    running_simulator.reset()
    run = role_runner(playbook_runner(base, module_home), running_simulator)
    run()
    run({"tenant_jwt_keys": INTRODUCED})
    return base / "project" / "keys" / TENANT, running_simulator.jwt_providers()


@pytest.fixture
def restore(rotating, client, keys):
    """Give the tenant of this test what :func:`rotating` has of these keys; return the keys and their ids."""
    folder, providers = rotating

    def restore_keys(*prefixes):
        keys.mkdir(parents=True, mode=0o700)
        restored = []
        for prefix, provider in zip(prefixes, providers):
            for path in folder.glob(f"{prefix}*"):
                shutil.copy2(path, keys)
            body = {name: value for name, value in provider.items() if name in provider_body(owner_of(keys, prefix))}
            assert client.create(body).status_code == 201
            restored.append((owner_of(keys, prefix), provider["options"]["staticKeys"][0]["kid"]))
        return restored

    return restore_keys


# The tenant is gone from the first of the role's requests on, from the second, and so on.
@pytest.mark.parametrize("skip", range(5))
def test_introducing_while_the_tenant_goes_away(run_role, restore, simulator, client, skip):
    (first,) = restore("first_")
    simulator.faults({"kind": "status", "value": 500, "skip": skip, "times": None})
    assert run_role({"tenant_jwt_keys": INTRODUCED}, check=False).returncode != 0
    simulator.faults()
    assert logs_in(client, *first)
    run_role({"tenant_jwt_keys": INTRODUCED})
    assert logs_in(client, *first) and len(simulator.jwt_providers()) == 2


@pytest.mark.parametrize("skip", range(6))
def test_retiring_while_the_tenant_goes_away(run_role, restore, simulator, client, keys, skip):
    dummy, second = restore("first_", "second_")
    simulator.faults({"kind": "status", "value": 500, "skip": skip, "times": None})
    assert run_role({"tenant_jwt_keys": RETIRED}, check=False).returncode != 0
    simulator.faults()
    assert logs_in(client, *second)
    # Without its files, nobody would know which provider has to go.
    assert (keys / "first_privatekey.pem").exists()
    run_role({"tenant_jwt_keys": RETIRED})
    assert logs_in(client, *second) and len(simulator.jwt_providers()) == 1
    assert not (keys / "first_privatekey.pem").exists()


@pytest.fixture
def killed(run_role, tmp_path):
    """Run the role, and kill it when a link of the chain begins; the first is number 1."""
    plugins = tmp_path / "project" / "callback_plugins"
    shutil.copytree(HERE / "callback_plugins", plugins, ignore=shutil.ignore_patterns("__pycache__"))

    def run(variables, number):
        environment = {"KILLED_AT_LINK": str(number), "ANSIBLE_CALLBACKS_ENABLED": "killer"}
        return run_role(variables, env=environment, check=False).returncode == -9

    return run


@pytest.mark.parametrize("number", range(1, INTRODUCING + 1))
def test_killed_while_introducing(run_role, killed, restore, simulator, client, keys, number):
    (first,) = restore("first_")
    assert killed({"tenant_jwt_keys": INTRODUCED}, number)
    assert logs_in(client, *first)
    second_id = run_role({"tenant_jwt_keys": INTRODUCED}).registered("tenant_jwt_idp")["key_id"]
    assert logs_in(client, *first) and logs_in(client, owner_of(keys, "second_"), second_id)
    assert len(simulator.jwt_providers()) == 2


@pytest.mark.parametrize("number", range(1, RETIRING + 1))
def test_killed_while_retiring(run_role, killed, restore, simulator, client, keys, number):
    dummy, second = restore("first_", "second_")
    assert killed({"tenant_jwt_keys": RETIRED}, number)
    assert logs_in(client, *second)
    run_role({"tenant_jwt_keys": RETIRED})
    assert logs_in(client, *second) and len(simulator.jwt_providers()) == 1
    assert not (keys / "first_privatekey.pem").exists()


@pytest.mark.parametrize(("change", "number"), [(INTRODUCED, INTRODUCING), (RETIRED, RETIRING)])
def test_the_numbers_above_reach_to_the_end(killed, restore, change, number):
    restore(*(["first_"] if change is INTRODUCED else ["first_", "second_"]))
    assert not killed({"tenant_jwt_keys": change}, number + 1)
