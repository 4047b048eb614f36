# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side: which requests it takes, when a login is tried again, and what is said about groups."""

from __future__ import annotations

import re
import typing as t

import pytest
from chains import ANNA, user

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.registration import LOGIN_RETRY_DELAYS
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, session

if t.TYPE_CHECKING:
    from chains import Chain
    from simulator import Simulator


def test_a_provider_that_works_later_is_tried_again(chain: Chain, simulator: Simulator) -> None:
    fault = {"kind": "status", "value": 401, "path": "/login/jwt-session", "times": 2}
    simulator.faults(fault)
    chain.run(**chain.registered)
    assert chain.pauses == list(LOGIN_RETRY_DELAYS[:2])
    assert simulator.state()["sessions"] == 1


def test_a_login_that_never_works(chain: Chain, simulator: Simulator) -> None:
    simulator.faults({"kind": "status", "value": 401, "path": "/login/jwt-session", "times": None})
    with pytest.raises(_errors.TenantError, match="401"):
        chain.run(**chain.registered)
    assert chain.pauses == list(LOGIN_RETRY_DELAYS)


def test_a_refusal_that_gives_its_reason_is_not_tried_again(chain: Chain, simulator: Simulator) -> None:
    simulator.switches(sourced_refusal="AUTH-5")
    with pytest.raises(_errors.TenantError, match="not a member of this tenant"):
        chain.run(**chain.registered)
    assert chain.pauses == []


def test_an_unchanged_provider_is_not_tried_again(chain: Chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    simulator.faults({"kind": "status", "value": 401, "path": "/login/jwt-session", "times": None})
    with pytest.raises(_errors.TenantError):
        chain.run(**{**chain.registered, "verify_login": "always"})
    assert chain.pauses == []


@pytest.mark.parametrize("verify", ["never", "changed", "always"])
def test_when_a_login_is_proven(chain: Chain, simulator: Simulator, verify: str) -> None:
    given = {**chain.registered, "verify_login": verify}
    sessions = []
    for _run in range(2):
        chain.run(**given)
        sessions.append(simulator.state()["sessions"])
    assert sessions == {"never": [0, 0], "changed": [1, 1], "always": [1, 2]}[verify]


def test_a_login_has_its_own_connection(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials of the administrator do not go with it, and its cookies not with what comes after it."""
    used: list[api.Tenant] = []
    log_in = session.log_in
    monkeypatch.setattr(session, "log_in", lambda tenant, token: used.append(tenant) or log_in(tenant, token))
    pages = api.Tenant.pages
    asked: set[api.Tenant] = set()
    monkeypatch.setattr(api.Tenant, "pages", lambda tenant, path: asked.add(tenant) or pages(tenant, path))
    chain.run(**chain.registered)
    (tenant,) = used
    assert asked and tenant not in asked and len(tenant.cookies)
    with pytest.raises(AttributeError):  # there are no credentials
        tenant.get("/api/v1/groups/settings")


def test_groups(chain: Chain, texts: t.Callable[..., list[str]]) -> None:
    _outcome, report = chain.run(**chain.registered)
    (finding,) = report.findings
    assert finding.kind == "drift"
    assert re.search(r"drops the groups in tokens.*set O.auto_create_groups. to true", finding.text)
    _outcome, report = chain.run(**chain.registered, auto_create_groups=True)
    assert texts(report) == ["turned on the creation of groups"] and report.findings == []
    _outcome, report = chain.run(**chain.registered, auto_create_groups=False)
    assert texts(report) == ["turned off the creation of groups"] and report.findings == []
    # Nobody needs them.
    without = user(**{**ANNA, "groups": []})
    assert chain.run(**chain.registered, users=[without])[1].findings == []


def test_a_key_of_ones_own_is_registered_and_deleted(chain: Chain, simulator: Simulator, rsa_pem: bytes) -> None:
    given = {**chain.registered, "private_key_content": rsa_pem.decode(), "key_id": "mine"}
    chain.run(**given)
    (provider,) = simulator.jwt_providers()
    assert provider["options"]["staticKeys"][0]["kid"] == "mine"
    assert "BEGIN PUBLIC KEY" in provider["options"]["staticKeys"][0]["pem"]
    assert not chain.run(**given)[1].changed
    _outcome, report = chain.run(**given, state="absent")
    assert [step.text for step in report.steps] == [f"deleted identity provider {provider['id']} for key id mine"]
    assert simulator.jwt_providers() == [] and not chain.folder.exists()
