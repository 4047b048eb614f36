# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The setting of a tenant that lets the groups of tokens through, with a simulated tenant."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import groups


@pytest.fixture
def set_groups(simulator, connect):
    """Have the setting changed, or looked at; return what it was and is, and the methods of the requests."""

    def run(wanted, check_mode=False):
        simulator.forget_requests()
        answer = groups.ensure_auto_create(connect(), wanted, check_mode)
        return answer, [request["method"] for request in simulator.recorded()]

    return run


def is_on(client):
    """What the tenant itself says."""
    return client.request("GET", groups.PATH).json()["autoCreateGroups"]


def test_it_is_switched_on_and_off_once(set_groups, client):
    assert set_groups(True) == ((False, True, None), ["GET", "PATCH"]) and is_on(client)
    assert set_groups(True) == ((True, True, None), ["GET"])
    assert set_groups(False) == ((True, False, None), ["GET", "PATCH"]) and not is_on(client)
    assert set_groups(False) == ((False, False, None), ["GET"])


def test_without_a_wish_it_stays(set_groups, simulator, client):
    (before, after, warning), requests = set_groups(None)
    assert (before, after, requests) == (False, False, ["GET"]) and not is_on(client)
    assert warning.startswith(f"{simulator.url} drops the groups in tokens, ")
    set_groups(True)
    assert set_groups(None) == ((True, True, None), ["GET"]) and is_on(client)


def test_check_mode_foretells_it(set_groups, client):
    assert set_groups(True, check_mode=True) == ((False, True, None), ["GET"]) and not is_on(client)


def test_group_settings_that_say_nothing(simulator, connect):
    simulator.faults({"kind": "status", "value": 200, "body": {}})
    with pytest.raises(_errors.TenantError, match="did not return the setting autoCreateGroups"):
        groups.ensure_auto_create(connect(), True, False)
