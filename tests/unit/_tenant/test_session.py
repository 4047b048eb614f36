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
    return session.log_in(connect(), bearer, int(time.time()))


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
    with pytest.raises(_errors.TenantError, match="may be used up"):
        log_in(connect, token(pair))
    assert len(simulator.recorded()) == 1
