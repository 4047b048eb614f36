# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rotates the key of a simulated tenant, while users go on logging in."""

from __future__ import annotations

import threading
import time

import pytest
from side_by_side import INTRODUCED, RETIRED
from tenant_client import Client, token


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


class Application(threading.Thread):
    """Logs in all the time, with the key that it holds."""

    def __init__(self, tenant, pair, key_id):
        super().__init__(daemon=True)
        self.holds = (pair, key_id)
        self.logins = 0
        self.lost = []
        self.ends = threading.Event()
        self._issuer = tenant.name
        self._client = Client(tenant.url, tenant.simulator.ca_path, "")

    def run(self):
        while not self.ends.is_set():
            answer = self._client.login(token(self.holds[0], {"kid": self.holds[1]}, iss=self._issuer))
            self.logins += 1
            if answer.status_code != 200:
                self.lost.append(answer.text)
            time.sleep(0.01)


@pytest.mark.thorough
def test_rotation_loses_no_login(runner, tenant):
    first_id = runner.run_one(tenant).facts["tenant_jwt_idp"]["key_id"]
    first = tenant.owner_of("first_")
    switching, holding = (Application(tenant, first, first_id) for dummy in range(2))
    for application in (switching, holding):
        application.start()
    introduced = runner.run_one(tenant, {"tenant_jwt_keys": INTRODUCED})
    second_id = introduced.facts["tenant_jwt_idp"]["key_id"]
    second = tenant.owner_of("second_")
    switching.holds = (second, second_id)
    assert introduced.changed and second_id != first_id
    assert not runner.run_one(tenant, {"tenant_jwt_keys": INTRODUCED}).changed
    while min(switching.logins, holding.logins) < 200:
        time.sleep(0.1)
    holding.holds = (second, second_id)
    # A login with the first key may be under way.
    seen = holding.logins
    while holding.logins < seen + 2:
        time.sleep(0.1)
    assert runner.run_one(tenant, {"tenant_jwt_keys": RETIRED}).changed
    for application in (switching, holding):
        application.ends.set()
        application.join()
        assert application.lost == [] and application.logins >= 200
    assert tenant.lets_in(second, second_id) and not tenant.lets_in(first, first_id)
    assert not runner.run_one(tenant, {"tenant_jwt_keys": RETIRED}).changed
    assert not (tenant.keys / "first_privatekey.pem").exists()
