# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a tenant without changing it, compared with what the simulated one has."""

from __future__ import annotations

import typing as t

from chains import options

from ansible_collections.tenantops.qlik.plugins.module_utils._chain import run, status

if t.TYPE_CHECKING:
    from chains import Chain
    from simulator import Simulator


def _examine(chain: Chain, **changes: t.Any) -> status.Status:
    return status.examine(options(key_directory=str(chain.folder), **changes), {})[0]


def test_a_tenant_that_has_nothing_yet(chain: Chain, simulator: Simulator) -> None:
    found = _examine(chain, **chain.registered)
    assert (found.tenant, found.issuer, found.key_directory, found.examined) == (
        "acme.eu.qlikcloud.com",
        "acme.eu.qlikcloud.com",
        str(chain.folder),
        True,
    )
    assert found.key_pairs == found.providers == [] and found.groups is False
    assert [step["text"] for step in found.pending][-1] == "would create an identity provider for the new key"
    assert not chain.folder.exists() and {one["method"] for one in simulator.recorded()} == {"GET"}


def test_a_healthy_tenant_takes_two_requests(chain: Chain, simulator: Simulator) -> None:
    outcome, _report = chain.run(**chain.registered, auto_create_groups=True)
    simulator.forget_requests()
    before = chain.files(), simulator.jwt_providers()
    for changes in ({}, {"users": []}, {"register_idp": False}):
        given = {**chain.registered, "verify_login": "never", "auto_create_groups": True, **changes}
        simulator.forget_requests()
        found = _examine(chain, **given)
        assert len(simulator.recorded()) == 2 and found.groups is True
        assert found.findings == found.pending == []
        (pair,), (provider,) = found.key_pairs, found.providers
        key = outcome.keys[0]
        assert pair == {**run.key_facts(outcome, key), "key_size": 2048}
        assert provider == {
            "id": before[1][0]["id"],
            "key_id": key.key_id,
            "issuer": "acme.eu.qlikcloud.com",
            "description": "Managed by Ansible (tenantops.qlik)",
            "active": True,
            "ours": True,
            "certificate_not_after": key.not_after,
            "prefix": "",
        }
    assert (chain.files(), simulator.jwt_providers()) == before


def test_without_credentials_this_side_is_examined(chain: Chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    simulator.forget_requests()
    found = _examine(chain, **{**chain.registered, "api_key": None})
    assert not found.examined and found.providers == [] and found.groups is None and len(found.key_pairs) == 1
    assert [one.kind for one in found.findings] == ["unchecked"] and simulator.recorded() == []


def test_what_does_not_fit(chain: Chain, simulator: Simulator) -> None:
    chain.run(**chain.registered, certificate_days=40)
    chain.run(**chain.registered, keys=[{"prefix": "2027_", "state": "current"}])
    found = _examine(chain, **chain.registered, certificate_days=40, renew_before_days=39)
    assert [one.kind for one in found.findings] == ["drift", "stray", "stray"]
    found = _examine(chain, **chain.registered, certificate_days=41, renew_before_days=40)
    assert [(one.kind, one.ends) for one in found.findings] == [
        ("drift", None),
        ("stray", None),
        ("stray", None),
        ("expiring", found.key_pairs[0]["not_after"]),
    ]
