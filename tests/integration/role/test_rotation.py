# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rotates the key of a simulated tenant, while users go on logging in."""

from __future__ import annotations

import base64
import functools
import itertools
import json
import threading
import time

import key_stores
import openbao as bao
import pytest
from plays import snapshot
from side_by_side import FIRST, INTRODUCED, RETIRED
from tenant_client import Client, claims, token

NUMBERS = itertools.count()


def test_a_key_from_its_introduction_to_its_end(runner, tenant):
    first_id = runner.run_one(tenant).facts["tenant_jwt_idp"]["key_id"]
    first = tenant.owner_of("first_")
    assert tenant.lets_in(first, first_id)

    introduced = runner.run_one(tenant, {"tenant_jwt_keys": INTRODUCED})
    second_id = introduced.facts["tenant_jwt_idp"]["key_id"]
    second = tenant.owner_of("second_")
    assert introduced.changed and second_id != first_id and len(tenant.providers) == 2
    assert tenant.client.login(introduced.facts["tenant_jwt_token"]).status_code == 200
    assert tenant.lets_in(first, first_id) and tenant.lets_in(second, second_id)

    assert runner.run_one(tenant, {"tenant_jwt_keys": RETIRED}).changed
    assert tenant.lets_in(second, second_id) and not tenant.lets_in(first, first_id)
    assert not (tenant.keys / "first_privatekey.pem").exists()
    assert not runner.run_one(tenant, {"tenant_jwt_keys": RETIRED}).changed

    assert runner.run_one(tenant, {"tenant_jwt_keys": RETIRED, "tenant_jwt_state": "absent"}).changed
    assert tenant.providers == [] and not tenant.lets_in(second, second_id)
    assert not (tenant.keys / "second_privatekey.pem").exists()


class InFiles:
    """The keys are in files."""

    first, introduced, retired = FIRST, INTRODUCED, RETIRED
    environment = {}

    def __init__(self, tenant):
        self.tenant = tenant

    @property
    def variables(self):
        """What the role needs to know."""
        return {}

    def owner(self, prefix, key_id):
        """An application that has this key: it returns a new token each time."""
        pair = self.tenant.owner_of(prefix)
        return lambda: token(pair, {"kid": key_id}, iss=self.tenant.name)

    def before_the_introduction(self, runner):
        """What happens before the second key is introduced."""


class InStore(InFiles):
    """The keys are in a key store, where applications may sign with them."""

    def __init__(self, tenant, store):
        super().__init__(tenant)
        self.store = store
        self.environment = store.environment
        self.name = f"rotation-{next(NUMBERS)}"

    @property
    def variables(self):
        return {
            "tenant_jwt_private_key_uri": self.store.uri(f"{{prefix}}{self.name}"),
            **{f"tenant_jwt_{name}": value for name, value in self.store.options.items()},
        }

    def owner(self, prefix, key_id):
        return lambda: self.token(key_id, functools.partial(self.store.sign, f"{prefix}{self.name}"))

    def token(self, key_id, sign):
        """A token that the store signs."""
        header = {"alg": "RS256", "typ": "JWT", "kid": key_id}
        parts = [encoded(json.dumps(part).encode()) for part in (header, claims(iss=self.tenant.name))]
        return ".".join([*parts, encoded(sign(".".join(parts).encode()))])


class OfVersions(InStore):
    """The second key is a new version of the first one, so each has a URI of its own."""

    def __init__(self, tenant, store):
        super().__init__(tenant, store)
        uris = {
            f"{prefix}_": f"hashivault://{self.name}?version={n}" for n, prefix in enumerate(("first", "second"), 1)
        }
        self.introduced, self.retired = (
            [{**key, "uri": uris[key["prefix"]]} for key in keys] for keys in (INTRODUCED, RETIRED)
        )

    @property
    def variables(self):
        return {**super().variables, "tenant_jwt_private_key_uri": f"hashivault://{self.name}"}

    def owner(self, prefix, key_id):
        version = ["first_", "second_"].index(prefix) + 1
        return lambda: self.token(key_id, functools.partial(self.store.sign, self.name, version=version))

    def before_the_introduction(self, runner):
        """The new version is noticed, and breaks nothing."""
        before = snapshot(self.tenant.keys), self.tenant.providers
        self.store.ask("POST", f"transit/keys/{self.name}/rotate")
        run = runner.run_one(self.tenant, self.variables, check=False)
        assert run.failed and not run.changed
        output = " ".join(run.output.split())
        assert f"first_publickey.pem is for another key than hashivault://transit/{self.name}?version=2" in output
        assert "or introduce a new key with another prefix in tenant_jwt_keys." in output
        assert (snapshot(self.tenant.keys), self.tenant.providers) == before
        pinned = {**self.variables, "tenant_jwt_private_key_uri": f"hashivault://{self.name}?version=1"}
        assert not runner.run_one(self.tenant, pinned).changed


def encoded(data):
    """Bytes as base64url (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(
    params=[
        "in files",
        pytest.param("of versions in a store", marks=bao.needs_cryptography),
        *key_stores.FIXTURES,
    ]
)
def keys(request, tenant):
    """Where the keys are."""
    if request.param == "in files":
        return InFiles(tenant)
    if request.param == "of versions in a store":
        return OfVersions(tenant, request.getfixturevalue("openbao"))
    return InStore(tenant, request.getfixturevalue(request.param))


class Application(threading.Thread):
    """Logs in all the time, with a token of the key that it holds, until the end of the ``with`` statement."""

    def __init__(self, tenant, owner):
        super().__init__(daemon=True)
        self.owner = owner
        self.logins = 0
        self.lost = []
        self.ends = threading.Event()
        self._client = Client(tenant.url, tenant.simulator.ca_path, "")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception):
        self.ends.set()
        self.join()

    def run(self):
        while not self.ends.is_set():
            answer = self._client.login(self.owner())
            self.logins += 1
            if answer.status_code != 200:
                self.lost.append(answer.text)
            time.sleep(0.01)


@pytest.mark.thorough
def test_rotation_loses_no_login(runner, tenant, keys):
    def run(wanted):
        return runner.run_one(tenant, {**keys.variables, "tenant_jwt_keys": wanted}, env=keys.environment)

    def lets_in(owner):
        return tenant.client.login(owner()).status_code == 200

    first = keys.owner("first_", run(keys.first).facts["tenant_jwt_idp"]["key_id"])
    # If the test fails, too, they must end: other tests use the same simulator.
    with Application(tenant, first) as switching, Application(tenant, first) as holding:
        keys.before_the_introduction(runner)
        introduced = run(keys.introduced)
        second = keys.owner("second_", introduced.facts["tenant_jwt_idp"]["key_id"])
        switching.owner = second
        assert introduced.changed and lets_in(second)
        assert not run(keys.introduced).changed
        while min(switching.logins, holding.logins) < 200:
            assert switching.is_alive() and holding.is_alive()
            time.sleep(0.1)
        holding.owner = second
        # A login with the first key may be under way.
        seen = holding.logins
        while holding.logins < seen + 2:
            assert holding.is_alive()
            time.sleep(0.1)
        assert run(keys.retired).changed
    for application in (switching, holding):
        assert application.lost == [] and application.logins >= 200
    assert lets_in(second) and not lets_in(first)
    assert not run(keys.retired).changed
    assert not [path.name for path in tenant.keys.glob("first_*") if not path.name.endswith("~")]
