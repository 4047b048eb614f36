# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fifty tenants with no secret but private keys: OAuth clients, then logins, and keys that are rotated while they are used."""

from __future__ import annotations

import base64
import functools
import json
import re
import threading
import time
import typing as t

import openbao as bao
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from oauth_chains import INTRODUCED, RETIRED
from oauth_fleet import Fleet
from plays import Run
from tenant_client import Client, assertion_claims

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]

REQUESTS = 200
STORED = ("t00.eu.qlikcloud.com", "t01.eu.qlikcloud.com")
"""Those whose keys are in OpenBao."""

USED = (*STORED, "t02.eu.qlikcloud.com", "t03.eu.qlikcloud.com")
"""Those whose clients request tokens all the time."""

HERE = "{{ inventory_dir }}/keys/oauth/{{ inventory_hostname }}"
LOGINS = {
    "tenant_jwt_url": "{{ tenant_oauth_url }}",
    "tenant_jwt_ca_path": "{{ tenant_oauth_ca_path }}",
    "tenant_jwt_key_size": 2048,
    "tenant_jwt_show_idp": "never",
    "tenant_jwt_register_idp": True,
    "tenant_jwt_verify_login": "changed",
    "tenant_jwt_users": [{"name": "Anna", "email": "anna@grusgrus.com", "email_verified": True}],
    "own_folder": HERE,
    "tenant_jwt_client_id": "{{ lookup('ansible.builtin.file', own_folder ~ '/' ~ inventory_hostname ~ '.client_id') }}",
}
PROVISION = ({"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}},)


def changed(run: Run) -> list[int]:
    """What Ansible's own recap counts as changed, host by host."""
    recap = run.output.rpartition("PLAY RECAP")[2]
    return [int(count) for count in re.findall(r"^\S+ +: .*changed=(\d+) .*failed=0", recap, re.M)]


def encoded(data: bytes) -> str:
    """Bytes as base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Application(threading.Thread):
    """Requests an access token all the time, with an assertion of the key that it holds."""

    def __init__(self, client: Client, client_id: str, key: tuple[str, t.Callable[[bytes], bytes]]) -> None:
        super().__init__(daemon=True)
        self.key = key
        self.requests = 0
        self.lost: list[str] = []
        self.ends = threading.Event()
        self._client, self._id = client, client_id

    def ask(self, key: tuple[str, t.Callable[[bytes], bytes]]) -> int:
        """The status of the answer to one request with this key: its key id, and what signs."""
        key_id, sign = key
        header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
        parts = [encoded(json.dumps(part).encode()) for part in (header, assertion_claims(self._id, self._client.url))]
        signed = ".".join([*parts, encoded(sign(".".join(parts).encode()))])
        answer = self._client.access_token_by_key(None, self._id, signed=signed)
        if answer.status_code != 200:
            self.lost.append(answer.text)
        return answer.status_code

    def run(self) -> None:
        while not self.ends.is_set():
            self.ask(self.key)
            self.requests += 1
            time.sleep(0.01)


def sign_with(pem: bytes, data: bytes) -> bytes:
    """What an application does that has the private key in a file."""
    return serialization.load_pem_private_key(pem, None).sign(data, padding.PKCS1v15(), hashes.SHA256())


@pytest.fixture(scope="module")
def with_store(fifty: Fleet, openbao: bao.OpenBao) -> tuple[Fleet, dict[str, str]]:
    """Tenants of which two have their keys in the store, and the environment to reach it."""
    for host in STORED:
        fifty.of_hosts[host] |= {
            "tenant_oauth_private_key_uri": "hashivault://{prefix}{{ inventory_hostname }}",
            "tenant_jwt_client_private_key_uri": "hashivault://{{ inventory_hostname }}",
        }
    for host in set(fifty.of_hosts) - set(STORED):
        fifty.of_hosts[host]["tenant_jwt_client_private_key_path"] = f"{HERE}/privatekey.pem"
    names = {"VAULT_ADDR": "vault_address", "VAULT_TOKEN": "vault_token", "VAULT_CACERT": "vault_ca_path"}
    return fifty, {name: openbao.options[option] for name, option in names.items()}


def test_a_fleet_without_secrets(with_store: tuple[Fleet, dict[str, str]], openbao: bao.OpenBao) -> None:
    fleet, env = with_store
    region, count = fleet.region, len(fleet.of_hosts)
    first = fleet.run({"tenant_oauth_api_key": region.api_key}, env=env)
    assert changed(first) == [1] * count
    assert not any((fleet.keys(host) / "privatekey.pem").exists() for host in STORED)

    # The clients provision the logins of their tenants.
    for expected in (1, 0):
        run = fleet.run(LOGINS, tasks=PROVISION, env=env)
        assert changed(run) == [expected] * count and "[WARNING]" not in run.output, run.output
        inventory = (fleet.project / "inventory.json").read_text()
        assert not re.search("api_key|secret|vault_token", inventory) and region.api_key not in inventory + run.output
    assert all(len(region.jwt_providers(url)) == 1 for url in fleet.urls.values())
    again = fleet.run({}, env=env)
    assert changed(again) == [0] * count and "[WARNING]" not in again.output

    # And now their own keys, while they are in use.
    def key_of(host: str, facts: dict[str, t.Any], prefix: str) -> tuple[str, t.Callable[[bytes], bytes]]:
        key_id = next(one["key_id"] for one in facts[host]["key_pairs"] if one["prefix"] == prefix)
        if host in STORED:
            return key_id, functools.partial(openbao.sign, f"{prefix}{host}")
        return key_id, functools.partial(sign_with, (fleet.keys(host) / f"{prefix}privatekey.pem").read_bytes())

    facts = again.registered("facts")
    old = {host: key_of(host, facts, "") for host in USED}
    applications = {
        host: [
            Application(Client(fleet.urls[host], region.ca_path, ""), facts[host]["client"]["id"], old[host])
            for _kind in ("switching", "holding")
        ]
        for host in USED
    }
    everyone = [one for its in applications.values() for one in its]
    for application in everyone:
        application.start()
    introduced = fleet.run({"tenant_oauth_keys": INTRODUCED}, env=env)
    assert changed(introduced) == [1] * count
    new = {host: key_of(host, introduced.registered("facts"), "new_") for host in USED}
    for host, (switching, _holding) in applications.items():
        switching.key = new[host]
    while min(one.requests for one in everyone) < REQUESTS / len(USED):
        time.sleep(0.1)
    for host, (_switching, holding) in applications.items():
        holding.key = new[host]
        # A request with the old key may be under way.
        seen = holding.requests
        while holding.requests < seen + 2:
            time.sleep(0.1)
    assert changed(fleet.run({"tenant_oauth_keys": RETIRED}, env=env)) == [1] * count
    for application in everyone:
        application.ends.set()
        application.join()
    assert [one.lost for one in everyone] == [[]] * len(everyone)
    assert sum(one.requests for one in everyone) >= 2 * REQUESTS
    for host, (application, _other) in applications.items():
        assert (application.ask(new[host]), application.ask(old[host])) == (200, 401)
    assert changed(fleet.run({"tenant_oauth_keys": RETIRED}, env=env)) == [0] * count
    for url in fleet.urls.values():
        (client,) = region.oauth_clients(url)
        assert len(client["publicKeys"]) == 1 and "clientSecrets" not in client
