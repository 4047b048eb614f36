# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens from options: what is requested, returned and verified, and what is said about wrong options."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import grants

NOTHING = {"user_subject": None, "user_id": None, "scope": None}
ORDINARY = {"user_subject": "auth0|ordinary"}
ME = "/api/v1/users/me"
NO_SCOPE = (
    "^An item of scope is not a scope, because it is empty, or contains a blank or another character that no scope has: make"
    r" each scope an item of the list\.$"
)


@pytest.fixture
def tenant(connect, simulator):
    """The tenant, for a client with a secret that may do everything."""
    (added,) = simulator.add_clients({})
    return connect(client_id=added["clientId"], client_secret=added["clientSecret"])


def issue(tenant, verify=False, **options):
    """Request a token with these options."""
    return grants.issue(tenant, grants.wanted({**NOTHING, **options}), verify)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"user_subject": ""}, "user_subject is empty: specify a value, or leave the option out"),
        ({"user_subject": "anna\n"}, "user_subject ends with a line break: remove it"),
        ({"user_id": " 605a"}, "user_id begins with a blank: remove it"),
        ({"scope": []}, r"^scope is an empty list: list the scopes, or leave the option out\.$"),
        *(
            ({"scope": scopes}, NO_SCOPE)
            for scopes in ([""], ["a", "user_default admin_classic"], ['"a"'], ["\u00e4"], ["a\n"])
        ),
    ],
)
def test_wrong_options(options, said):
    with pytest.raises(_errors.OptionError, match=said):
        grants.wanted({**NOTHING, **options})


def test_the_client_itself(tenant, client):
    facts = issue(tenant)
    assert set(facts) == set(grants.FACTS)
    user = client.request("GET", ME, bearer=facts["access_token"]).json()
    assert user["subject"].startswith("qlikbot-")
    assert (facts["expires_in"], facts["scope"]) == (21600, ["admin_classic", "user_default"])
    expires_at = datetime.datetime.fromisoformat(facts["expires_at"].replace("Z", "+00:00"))
    left = expires_at - datetime.datetime.now(datetime.timezone.utc)
    assert abs(left.total_seconds() - 21600) < 10


@pytest.mark.parametrize("option", ["user_subject", "user_id"])
def test_a_user(tenant, client, simulator, option):
    (user,) = [one for one in simulator.state()["users"] if one["subject"] == "auth0|ordinary"]
    value = user["id"] if option == "user_id" else user["subject"]
    facts = issue(tenant, verify=True, scope=["user_default"], **{option: value})
    assert facts["scope"] == ["user_default"]
    assert facts["user"] == {
        "id": user["id"],
        "name": "Otto Ordinary",
        "email": "otto@example.com",
        "subject": "auth0|ordinary",
        "status": "active",
        "tenant_id": simulator.state()["tenant_id"],
        "groups": [],
    }
    assert client.request("GET", ME, bearer=facts["access_token"]).json()["id"] == user["id"]


def test_each_request_gets_another_token(tenant):
    assert issue(tenant)["access_token"] != issue(tenant)["access_token"]


def test_redirected_users_me(tenant, simulator):
    simulator.switches(redirect_users_me=True)
    assert issue(tenant, verify=True, **ORDINARY)["user"]["subject"] == "auth0|ordinary"


def test_an_api_key_is_no_client(connect, simulator):
    simulator.forget_requests()
    with pytest.raises(_errors.OptionError, match="^The credentials are an API key, but access tokens are for OAuth"):
        issue(connect())
    assert simulator.recorded() == []


@pytest.mark.parametrize(("status", "said"), [(401, "does not let it read its own user"), (500, "Try again later")])
def test_a_token_that_does_not_say_whose_it_is(tenant, simulator, status, said):
    simulator.faults({"kind": "status", "value": status, "path": ME})
    with pytest.raises(_errors.TenantError, match=said) as caught:
        issue(tenant, verify=True)
    assert caught.value.status == status and f"HTTP {status}" in str(caught.value)


@pytest.mark.parametrize("option", ["user_subject", "user_id"])
def test_a_token_of_another_user(tenant, simulator, option):
    (user,) = [one for one in simulator.state()["users"] if one["subject"] == "auth0|ordinary"]
    other = {"id": "605a18af2ab08cae80a3a7f1", "subject": "auth0|other"}
    simulator.faults({"kind": "status", "value": 200, "path": ME, "body": other})
    with pytest.raises(_errors.TenantError) as caught:
        issue(tenant, verify=True, **{option: user["id" if option == "user_id" else "subject"]})
    assert str(caught.value) == (
        f"The tenant issued an access token for another user than the one in {option}: its subject is auth0|other, and its"
        f" id 605a18af2ab08cae80a3a7f1. Check {option}."
    )


@pytest.mark.parametrize(
    ("answer", "expires_at", "scope"),
    [({}, None, None), ({"expires_in": "soon", "scope": ["a"]}, None, None), ({"expires_in": 10**18}, None, None)],
)
def test_an_answer_that_says_less(tenant, simulator, answer, expires_at, scope):
    body = {"access_token": "opaque-token", "token_type": "bearer", **answer}
    simulator.faults({"kind": "status", "value": 200, "path": "/oauth/token", "body": body})
    facts = issue(tenant)
    assert facts["access_token"] == "opaque-token"
    assert (facts["expires_at"], facts["scope"]) == (expires_at, scope)
