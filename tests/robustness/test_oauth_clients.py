# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An OAuth client whose tasks are killed at each request: it is made once, and always has a key that can be used."""

from __future__ import annotations

import typing as t

import forked
import pytest
from joserfc.jwk import RSAKey
from simulator import Simulator

from ansible_collections.tenantops.qlik.plugins.modules import qscloud_oauth_client

MOST = 20
"""More requests than any of these runs sends."""

KEYS = {name: RSAKey.generate_key(2048, private=False).as_pem(private=False).decode() for name in "ab"}
A, B = ({"public_key_content": pem, "key_id": name} for name, pem in KEYS.items())
COMMON: dict[str, t.Any] = {"name": "Portal", "grant_types": ["client_credentials"]}
FIRST = {**COMMON, "keys": [A], "consent_method": "required"}
ROTATED = {**COMMON, "keys": [B, {**A, "state": "absent"}], "scopes": ["user_default"], "consent_method": "trusted"}
STEPS = {
    "create": (None, {**COMMON, "keys": [A], "consent_method": "trusted"}, {"a"}),
    "introduce": (FIRST, {**COMMON, "keys": [B, {**A, "state": "retiring"}]}, {"a", "b"}),
    "rotate": (FIRST, ROTATED, {"b"}),
    "remove": (FIRST, {**COMMON, "state": "absent"}, None),
}


# Qlik does not say which form the list has in a patch: the one that is tried first, or last.
@pytest.mark.parametrize(
    ("step", "form"), [*((step, "list") for step in STEPS), ("introduce", "text"), ("rotate", "text")]
)
@pytest.mark.parametrize("moment", ["before", "sent", "answered"])
def test_killed_at_each_request(simulator: Simulator, step: str, form: str, moment: str) -> None:
    before, wanted, key_ids = STEPS[step]
    connection = {"tenant_url": simulator.url, "ca_path": simulator.ca_path, "api_key": simulator.api_key}

    def run(options: dict[str, t.Any], kill: t.Callable[[], None] | None = None) -> forked.Finished:
        return forked.run(qscloud_oauth_client, {**connection, **options}, kill)

    def kids() -> list[set[str]]:
        return [{key["kid"] for key in client["publicKeys"]} for client in simulator.oauth_clients()]

    for number in range(1, MOST):
        simulator.reset()
        simulator.switches(public_keys_value=form)
        if before:
            assert run(before).result["changed"]
        killed = run(wanted, forked.kill_at_request(number, moment))
        # At each moment, there is at most one client, which has a key.
        assert kids() in [[], [{"a"}], [{"b"}], [{"a", "b"}]] and (kids() or step in ("create", "remove"))
        finished = run(wanted)
        assert not finished.result.get("failed"), finished.output
        assert kids() == ([key_ids] if key_ids else [])
        if key_ids:
            (client,) = simulator.oauth_clients()
            assert client["connectionConfig"]["consentMethod"] == wanted.get("consent_method", "required")
        assert not run(wanted).result["changed"]
        if not killed.signal:
            assert number > 2
            return
    raise AssertionError(f"more than {MOST} requests")
