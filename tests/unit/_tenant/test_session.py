# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A login: what is returned about the user and the session, and what is said about a token that is refused."""

from __future__ import annotations

import time

import pytest
from tenant_client import provider_body, token

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import session


@pytest.fixture
def registered(client, pair):
    """The first tenant knows the key."""
    assert client.create(provider_body(pair)).status_code == 201


def log_in(connect, bearer):
    """Log in without any other credentials."""
    return session.log_in(connect(), bearer)


@pytest.mark.usefixtures("registered")
def test_who_has_logged_in(connect, simulator, client, pair):
    simulator.switches(auto_create_groups=True)
    client.request(
        "PATCH", "/api/v1/groups/settings", json=[{"op": "replace", "path": "/autoCreateGroups", "value": True}]
    )
    opened = log_in(connect, token(pair))
    assert opened.user["email"] == "anna@grusgrus.com" and opened.user["subject"] == "anna"
    assert sorted(opened.user["groups"]) == ["group 2", "group1"]
    assert opened.csrf_token == opened.cookies["_csrfToken"]
    # Others can go on with the cookies.
    browser = client.new_session()
    browser.cookies.update(opened.cookies)
    assert client.request("GET", "/api/v1/users/me", session=browser).json()["id"] == opened.user["id"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exp": int(time.time()) + 7200}, "one hour"),
        ({"nbf": ...}, "nbf"),
        ({"exp": int(time.time()) - 600, "nbf": int(time.time()) - 900}, "expired"),
        ({"aud": "another"}, "audience"),
    ],
)
def test_a_refused_token_is_judged_by_what_it_says(connect, pair, changes, said):
    with pytest.raises(_errors.TenantError, match=said):
        log_in(connect, token(pair, **changes))


@pytest.mark.usefixtures("registered")
def test_a_token_that_is_used_again(connect, pair):
    bearer = token(pair)
    log_in(connect, bearer)
    with pytest.raises(_errors.TenantError, match="used before"):
        log_in(connect, bearer)


def test_a_token_of_a_key_that_the_tenant_does_not_know(connect, pair):
    with pytest.raises(_errors.TenantError, match="identity provider"):
        log_in(connect, token(pair))


@pytest.mark.parametrize("text", ["", "banana", "a.b.c"])
def test_what_is_no_token_is_not_sent(connect, simulator, text):
    simulator.forget_requests()
    with pytest.raises(_errors.TokenError, match="^token "):
        log_in(connect, text)
    assert simulator.recorded() == []


@pytest.mark.usefixtures("registered")
def test_a_login_without_an_answer_is_not_repeated(connect, simulator, pair):
    simulator.faults({"kind": "lost_answer", "path": "/login/jwt-session"})
    simulator.forget_requests()
    with pytest.raises(_errors.TenantError, match=r"longer timeout\. The token may be used up"):
        log_in(connect, token(pair))
    assert len(simulator.recorded()) == 1


LATE = r"This machine's clock is \d+ seconds ahead of the tenant's, by which the token is not valid yet: set .*"
PAGE = r"HTTP 403\. The answer is not a JSON object.*proxy or firewall.*An IP policy of the tenant may also refuse.*"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("switches", "faults", "said"),
    [
        ({"sourced_refusal": "AUTH-5"}, [], r"AUTH-5, .*\)\. The user is not a member of this tenant: .* or .*"),
        ({"sourced_refusal": "LOGIN-12"}, [], r"LOGIN-12, .*\)\. Several active users .* have this e-mail address: .*"),
        ({"sourced_refusal": "USER_INVITE_EXPIRED"}, [], r"USER_INVITE_EXPIRED, .*\)\. The user's invitation has .*"),
        ({"clock_offset_s": -120}, [], rf"SIMULATED-NBF, .*\)\. {LATE}"),
        ({"clock_offset_s": -120, "refusal_status": "403"}, [], rf"SIMULATED-NBF, .*\)\. {LATE}"),
        ({"clock_offset_s": 1800}, [], r"SIMULATED-EXP, .*\)\. This machine's clock is 1(79.|800) seconds behind .*"),
        ({}, [{"kind": "html", "value": 403}], PAGE),
        ({"clock_offset_s": -120}, [{"kind": "html", "value": 401}], r"HTTP 401\. The answer is not a JSON object.*"),
        ({}, [{"kind": "html", "value": 503}], r"HTTP 503\. The answer is not a JSON object.*may be used up.*"),
        ({}, [{"kind": "status", "value": 403}], r"HTTP 403, .*\)\. The claims .* valid\. .* An IP policy .*"),
        ({}, [{"kind": "redirect", "value": "https://proxy.example.com/"}], r"HTTP 302\. Check tenant_url: .*proxy.*"),
    ],
)
def test_a_refused_login_says_why(connect, simulator, pair, switches, faults, said):
    simulator.switches(**switches)
    simulator.faults(*faults)
    with pytest.raises(_errors.TenantError, match=f"^{simulator.url} answered POST /login/jwt-session with .*{said}$"):
        log_in(connect, token(pair))


@pytest.mark.usefixtures("registered")
def test_a_clock_that_explains_nothing_is_not_blamed(connect, simulator, pair, other_pair):
    """A token that is valid by both clocks, but signed by another key."""
    simulator.switches(clock_offset_s=-120)
    now = int(time.time())
    with pytest.raises(_errors.TenantError, match="SIMULATED-SIGNATURE.*The claims of the token are valid") as caught:
        log_in(connect, token(other_pair, nbf=now - 600, exp=now + 600))
    assert "clock" not in str(caught.value)
    assert log_in(connect, token(pair, nbf=now - 600, exp=now + 600)).user["subject"] == "anna"


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "value": 401}, r"HTTP 401, [^)]*\)\. The token was accepted"),
        ({"kind": "status", "value": 403}, r"HTTP 403, [^)]*\)\. The token was accepted"),
        ({"kind": "html", "value": 403}, r"HTTP 403\. The answer is not a JSON object.* The token was accepted"),
        ({"kind": "status", "value": 500}, r"HTTP 500, .*traceId\. The token was accepted"),
    ],
)
def test_a_session_that_does_not_work_is_not_a_refused_token(connect, simulator, pair, fault, said):
    simulator.faults({**fault, "path": "/api/v1/users/me"})
    with pytest.raises(_errors.TenantError, match=f"{said} and is used up, but the session is not usable"):
        log_in(connect, token(pair))
