# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant that is gone from some request on, before or after it has done what was asked: the next run ends well."""

from __future__ import annotations

import contextlib

import pytest
from tenant_client import Pair, public_jwk

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import oauth_clients

NAME = "Portal of Acme"
REQUESTS = 4
"""More than any of these runs sends."""


@pytest.fixture(scope="module")
def keys():
    """Two keys of other people's making, by their key ids."""
    return {name: public_jwk(Pair.generate(), name) for name in ("old", "new")}


def wanted(keys, listed, **changes):
    """The desired client, with the states of its keys."""
    names = ("app_type", "scopes", "grant_types", "allowed_origins", "redirect_uris", "auth_methods", "consent_method")
    values = {"name": NAME, **dict.fromkeys(names), "purge": False, **changes}
    return oauth_clients.Wanted(
        keys=[oauth_clients.Key(key_id, keys[key_id], state) for key_id, state in listed.items()], **values
    )


# What there is before the run, and what is desired: the keys and settings of the client.
RUNS = {
    "created": (None, ({"old": "current"}, {"consent_method": "trusted"})),
    "introduced": (({"old": "current"}, {}), ({"new": "current", "old": "retiring"}, {"consent_method": "trusted"})),
    "retired": (({"new": "current", "old": "retiring"}, {}), ({"new": "current", "old": "absent"}, {})),
    "replaced": (({"old": "current"}, {}), ({"new": "current", "old": "absent"}, {"scopes": ["user_default"]})),
}


@pytest.mark.parametrize("limit", ["none", "2"])
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("skip", range(REQUESTS))
@pytest.mark.parametrize("kind", ["reset", "lost_answer", "status"])
def test_the_next_run_ends_well(simulator, connect, keys, limit, name, skip, kind):
    simulator.switches(public_keys_limit=limit)
    before, (listed, changes) = RUNS[name]
    if before:
        oauth_clients.ensure_present(connect(), wanted(keys, before[0], **before[1]), False, None)
    had = {key["kid"] for client in simulator.oauth_clients() for key in client["publicKeys"]}
    simulator.faults({"kind": kind, "value": 500 if kind == "status" else None, "skip": skip, "times": None})
    with contextlib.suppress(_errors.QlikError):
        ensure(connect(), wanted(keys, listed, **changes))
    simulator.faults()
    stays = {key_id for key_id, state in listed.items() if state != "absent"}
    for client in simulator.oauth_clients():
        # At no time has it no key, or another one than before or after.
        its = {key["kid"] for key in client["publicKeys"]}
        assert its in (had, stays)
    ensure(connect(), wanted(keys, listed, **changes))
    (client,) = simulator.oauth_clients()
    assert {key["kid"] for key in client["publicKeys"]} == stays
    assert client["connectionConfig"]["consentMethod"] == changes.get("consent_method", "required")
    assert ensure(connect(), wanted(keys, listed, **changes)).steps == []


@pytest.mark.parametrize("skip", range(REQUESTS))
@pytest.mark.parametrize("kind", ["reset", "lost_answer", "status"])
def test_it_is_gone_in_the_end(simulator, connect, keys, skip, kind):
    oauth_clients.ensure_present(connect(), wanted(keys, {"old": "current"}), False, None)
    simulator.faults({"kind": kind, "value": 500 if kind == "status" else None, "skip": skip, "times": None})
    for dummy in range(2):
        with contextlib.suppress(_errors.QlikError):
            if found := oauth_clients.find(connect(), NAME):
                oauth_clients.remove(connect(), found, False)
        simulator.faults()
    assert simulator.oauth_clients() == []


def ensure(tenant, what):
    """A run: look, and change what differs."""
    return oauth_clients.ensure_present(tenant, what, False, oauth_clients.find(tenant, NAME))
