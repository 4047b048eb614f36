# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the console of the simulated organization answers."""

from __future__ import annotations

import urllib.parse

import pytest
from tenant_client import PROVIDERS, Client, refusal

TENANTS = "/api/core/tenants"


def ask_for_token(console, organization, **changes):
    client = {name: organization[name] for name in ("client_id", "client_secret")}
    body = {**client, "grant_type": "client_credentials", **changes}
    with console.new_session() as session:
        return console.request("POST", "/oauth/token", session=session, json=body)


@pytest.fixture
def console(simulator):
    """A client of the console, with an access token."""
    client = Client(simulator.organization["url"], simulator.ca_path, "")
    client.api_key = ask_for_token(client, simulator.organization).json()["access_token"]
    return client


def names(answer):
    return [tenant["name"] for tenant in answer.json()["data"]]


def test_an_access_token(simulator, console):
    answer = ask_for_token(console, simulator.organization).json()
    assert {name: answer[name] for name in ("token_type", "scope", "expires_in")} == {
        "token_type": "bearer",
        "scope": "cloud-console.tenants:read",
        "expires_in": 21600,
    }


@pytest.mark.parametrize("changes", [{"client_secret": "another"}, {"client_id": "another"}])
def test_a_client_that_is_refused(simulator, console, changes):
    assert refusal(ask_for_token(console, simulator.organization, **changes)) == (401, "CLIENT")


def test_neither_side_takes_the_others_credentials(simulator, console, client):
    assert refusal(console.request("GET", TENANTS, bearer=simulator.api_key)) == (401, "CREDENTIAL")
    assert refusal(client.request("GET", PROVIDERS, bearer=console.api_key)) == (401, "CREDENTIAL")


def test_neither_side_has_the_others_calls(console, client):
    assert refusal(console.request("GET", PROVIDERS)) == (404, "CALL")
    assert refusal(client.request("GET", TENANTS)) == (404, "CALL")


def test_the_tenants_of_the_region_are_there(simulator, console):
    listed = console.request("GET", TENANTS).json()["data"]
    assert [one["hostnames"] for one in listed] == [[urllib.parse.urlsplit(url).hostname] for url in simulator.urls]
    assert console.request("GET", f"{TENANTS}/{listed[1]['id']}").json() == listed[1]
    assert refusal(console.request("GET", f"{TENANTS}/another")) == (404, "ID")


@pytest.mark.parametrize("parameter", ["next", "offset"])
def test_pages(simulator, console, parameter):
    simulator.switches(console.url, page_parameter=parameter)
    everyone = [one["name"] for one in simulator.set_tenants(*({} for dummy in range(45)))]
    found, path = [], TENANTS
    while path:
        answer = console.request("GET", path)
        found.append(names(answer))
        following = answer.json()["links"].get("next", {}).get("href", "")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(following).query)
        assert not following or list(query) == [parameter]
        path = following.removeprefix(console.url)
    assert [len(page) for page in found] == [20, 20, 5] and sum(found, []) == everyone


def test_a_list_that_moves_while_it_is_read(simulator, console):
    simulator.switches(console.url, list_moves=True)
    simulator.set_tenants(*({} for dummy in range(30)))
    first = console.request("GET", TENANTS).json()
    second = console.request("GET", first["links"]["next"]["href"].removeprefix(console.url)).json()
    assert second["data"][0] == {**first["data"][-1], "name": "Renamed"} and len(second["data"]) == 11


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('name eq "B"', "B"),
        ('status ne "active"', "C"),
        ('regionCode eq "eu-west-1" and status eq "active"', "B"),
        ('hostnames eq "c.us.qlikcloud.com"', "C"),
        ('name eq "a \\"quoted\\" name"', ""),
    ],
)
def test_filters(simulator, console, text, found):
    simulator.set_tenants(
        {"name": "A"},
        {"name": "B", "regionCode": "eu-west-1"},
        {"name": "C", "regionCode": "eu-west-1", "status": "deactivated", "hostnames": ["c.us.qlikcloud.com"]},
    )
    assert names(console.request("GET", TENANTS, params={"filter": text})) == list(found)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "FILTER"),
        ("name", "FILTER"),
        ("name eq B", "FILTER"),
        ('name eq "B" and', "FILTER"),
        ('name eq "B" status eq "active"', "FILTER"),
        ('name eq "B" or status eq "active"', "FILTER"),
        ('name ne "B"', "FILTER-OPERATOR"),
        ('colour eq "green"', "FILTER-OPERATOR"),
    ],
)
def test_filters_that_are_refused(console, text, rule):
    assert refusal(console.request("GET", TENANTS, params={"filter": text})) == (400, rule)


def test_filters_that_need_the_subscription(simulator, console):
    simulator.switches(console.url, filter_needs_subscription=True)
    answer = console.request("GET", TENANTS, params={"filter": 'status eq "active"'})
    assert refusal(answer) == (400, "FILTER-REQUIRED")
    text = 'status eq "active" and subscriptionId eq "9876543210987654"'
    assert len(names(console.request("GET", TENANTS, params={"filter": text}))) == len(simulator.urls)
