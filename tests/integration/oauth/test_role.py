# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role for OAuth clients, as a user runs it: the main job twice, and what is refused for several tenants."""

from __future__ import annotations

import json
import re

import pytest
import requests
from plays import MODES
from secret_hunt import of_private_key

pytestmark = pytest.mark.thorough

FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")


def changed(run):
    """What Ansible's own recap counts as changed, by host."""
    return {
        host: int(count)
        for host, count in re.findall(r"^(\S+) +: .*changed=(\d+)", run.output.rpartition("PLAY RECAP")[2], re.M)
    }


@pytest.mark.parametrize("mode", MODES)
def test_the_main_job_twice(fleet, simulator, mode):
    first_credential = {"tenant_oauth_api_key": simulator.api_key}
    checked = fleet.run(first_credential, "--check", mode=mode)
    assert not (fleet.project / "keys").exists() and not simulator.oauth_clients()
    would = "would request an access token for the OAuth client itself"
    assert all(f"\n{host}: {would}\n" in checked.output for host in fleet.urls)

    first = fleet.run(first_credential, "-vvvvv", "--diff", mode=mode)
    assert changed(first) == dict.fromkeys(fleet.urls, 1)
    facts = first.registered("facts")
    assert "get the same API key: set tenant_oauth_api_key for each tenant" in " ".join(first.output.split())
    for host, url in fleet.urls.items():
        its, (client,) = facts[host], simulator.oauth_clients(url)
        assert (
            its["client"] == {"id": client["clientId"], "name": "Ansible (tenantops.qlik)"} and its["changed"] is True
        )
        assert (fleet.keys(host) / f"{host}.client_id").read_text() == f"{client['clientId']}\n"
        assert [key["kid"] for key in client["publicKeys"]] == [its["key_pairs"][0]["key_id"]]
        answer = requests.get(
            f"{url}/api/v1/users/me",
            headers={"Authorization": f"Bearer {its['access_token']}"},
            verify=simulator.ca_path,
            timeout=10,
        )
        assert answer.json()["name"] == "Ansible (tenantops.qlik)"
        for step in ("wrote privatekey.pem: it was missing", f"created OAuth client {client['clientId']}"):
            assert f"\n{host}: {step}\n" in first.output

    again = fleet.run({}, "-vvvvv", "--diff", mode=mode)
    assert changed(again) == dict.fromkeys(fleet.urls, 0) and "[WARNING]" not in again.output
    assert again.registered("facts")[host]["changed"] is False
    for run in (checked, first, again):
        secrets = [simulator.api_key, "BEGIN PRIVATE KEY"]
        for host, url in fleet.urls.items():
            secrets += simulator.secrets(url)
            secrets += of_private_key(fleet.keys(host) / "privatekey.pem")
        # A client has no secret, and its id is none.
        assert len(secrets) > 100 and not [secret for secret in secrets if secret in run.output]


def test_what_is_refused_and_warned_of(fleet, simulator):
    first, second, third = fleet.urls
    given = {"tenant_oauth_api_key": simulator.api_key, "tenant_oauth_clientname": "x"}
    fleet.of_hosts[first]["tenant_oauth_key_directory"] = "{{ inventory_dir }}/shared"
    fleet.of_hosts[second]["tenant_oauth_key_directory"] = "{{ inventory_dir }}/shared/."
    fleet.of_hosts[third]["tenant_oauth_keys"] = []
    run = fleet.run(given, check=False)
    words = " ".join(run.output.split())
    assert changed(run) == dict.fromkeys(fleet.urls, 0) and run.returncode == 2
    assert f"{first} and {second} share the key folder {fleet.project}/shared. Use a different one for each" in words
    assert "or set tenant_oauth_allow_shared_key to true." in words
    assert "tenant_oauth_keys must contain exactly one key with the state current" in words
    assert "The variable tenant_oauth_clientname has no effect" in words
    assert "perhaps tenant_oauth_client_name is meant" in words

    for host in fleet.urls:
        fleet.of_hosts[host] = {"tenant_oauth_url": fleet.urls[host]}
    run = fleet.run({**given, "tenant_oauth_state": "absent"}, check=False)
    words = " ".join(run.output.split())
    assert "tenant_oauth_state is absent for several hosts of the play" in words
    exclusive = fleet.run({**given, "tenant_oauth_user_id": "a", "tenant_oauth_user_subject": "b"}, check=False)
    assert "mutually exclusive: tenant_oauth_user_subject|tenant_oauth_user_id" in exclusive.output
    assert not simulator.oauth_clients() and not (fleet.project / "keys").exists()


def test_both_roles_of_a_tenant_have_keys_of_their_own(fleet, simulator):
    jwt = {
        "tenant_jwt_url": "{{ tenant_oauth_url }}",
        "tenant_jwt_ca_path": simulator.ca_path,
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_register_idp": True,
        "tenant_jwt_client_id": "{{ tenant_oauth_client.id }}",
        "tenant_jwt_client_private_key_path": "{{ tenant_oauth_key_pairs[0].private_key_path }}",
        "tenant_jwt_show_idp": "never",
    }
    roles = [{"ansible.builtin.import_role": {"name": f"tenantops.qlik.tenant_{kind}"}} for kind in ("oauth", "jwt")]
    run = fleet.run({"tenant_oauth_api_key": simulator.api_key, **jwt}, tasks=roles)
    assert changed(run) == dict.fromkeys(fleet.urls, 2)
    for host, url in fleet.urls.items():
        folders = (fleet.keys(host), fleet.project / "keys" / host)
        assert all(set(FILES) <= {path.name for path in folder.iterdir()} for folder in folders)
        assert len({(folder / "privatekey.pem").read_bytes() for folder in folders}) == 2
        assert len(simulator.jwt_providers(url)) == 1
    again = fleet.run(jwt, tasks=roles)
    assert changed(again) == dict.fromkeys(fleet.urls, 0), again.output
    assert json.loads((fleet.project / "inventory.json").read_text())["all"]["vars"] == {**fleet.variables, **jwt}
