# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenants of a simulated organization. What a filter selects is judged by the simulator's own filter."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, credentials, organization

PATH = organization.PATH
TENANTS = [
    {"regionCode": region, "subscriptionId": subscription, "status": status, "name": f"Tenant in {region}"}
    for region in ("us-east-1", "eu-west-1", "eu-central-1")
    for subscription in ("9876543210987654", "1111222233334444")
    for status in organization.STATUSES
]


@pytest.fixture
def console(simulator):
    """The address of the API."""
    return simulator.organization["url"]


@pytest.fixture
def connect(simulator, pauses):
    """Make the library's connection to the organization, with other options than the usual ones."""

    def connect_with(**changes):
        options = {**OPTIONS, **simulator.organization, "ca_path": simulator.ca_path, **changes}
        return api.Tenant(organization.connection(options), sleep=pauses.append)

    return connect_with


def listed(simulator, console):
    return [one for one in simulator.recorded(console) if one["path"] == PATH]


# ---- The list


@pytest.mark.parametrize("page_parameter", ["next", "offset"])
@pytest.mark.parametrize("moves", [False, True])
def test_250_tenants_are_three_pages(simulator, console, connect, page_parameter, moves):
    simulator.switches(console, page_parameter=page_parameter, list_moves=moves)
    expected = simulator.set_tenants(*({"name": f"Tenant {number}"} for number in range(250)))
    assert organization.tenants(connect()) == expected
    requests_ = listed(simulator, console)
    assert [set(one["query"]) for one in requests_] == [{"limit"}, {"limit", page_parameter}, {"limit", page_parameter}]
    assert {one["query"]["limit"] for one in requests_} == {"100"}


@pytest.mark.parametrize("filter_needs_subscription", [False, True])
def test_no_filter_is_sent_so_none_is_refused(simulator, console, connect, filter_needs_subscription):
    simulator.switches(console, filter_needs_subscription=filter_needs_subscription)
    expected = simulator.set_tenants(*TENANTS)
    assert organization.tenants(connect()) == expected
    assert all("filter" not in one["query"] for one in listed(simulator, console))


def test_an_organization_without_tenants(simulator, connect):
    simulator.set_tenants()
    assert organization.tenants(connect()) == []


def test_the_rate_limit_is_waited_for(simulator, console, connect, pauses):
    simulator.faults({"kind": "status", "value": 429, "retry_after": 7, "times": 2}, url=console)
    assert len(organization.tenants(connect())) == len(simulator.urls)
    assert len(pauses) == 2 and all(7 <= pause <= 7.8 for pause in pauses)


def test_the_token_is_sent_to_nobody_else(simulator, console, connect):
    page = {"data": [{"id": "1"}], "links": {"next": {"href": f"{simulator.url}{PATH}?next=1"}}}
    simulator.faults({"kind": "status", "value": 200, "path": PATH, "body": page}, url=console)
    with pytest.raises(_errors.TenantError, match=r"refers GET to another address .* Leave url out"):
        organization.tenants(connect())
    assert simulator.recorded() == []


@pytest.mark.parametrize("value", [None, "endless"])
def test_pages_that_lead_in_a_circle(simulator, console, connect, value):
    simulator.set_tenants(*({} for dummy in range(150)))
    simulator.faults({"kind": "paging_loop", "value": value, "path": PATH, "times": 20}, url=console)
    with pytest.raises(_errors.TenantError, match="repeat endlessly"):
        organization.tenants(connect())


CLIENT = "client_id and client_secret must be the ID and the current secret of an OAuth client of the organization"


@pytest.mark.parametrize(
    ("status", "advice"),
    {
        400: CLIENT,
        401: CLIENT,
        403: "Or the list of tenants may not be enabled",
        404: "Leave url out: the tenants of all organizations are listed at https://console.qlikcloud.com",
        429: "run again later, or set cache",
        500: "Qlik's support asks for the traceId",
    }.items(),
)
def test_each_error_says_what_to_do(simulator, console, connect, status, advice):
    fault = {"kind": "status", "value": status, "path": PATH, "retry_after": 400}
    simulator.faults(fault, url=console)
    with pytest.raises(_errors.TenantError, match=rf"HTTP {status}, .*{advice}") as caught:
        organization.tenants(connect())
    assert caught.value.status == status


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_page_of_a_proxy_says_nothing_about_the_client(simulator, console, connect, status):
    simulator.faults({"kind": "html", "value": status}, url=console)
    with pytest.raises(_errors.TenantError, match="may have answered instead of Qlik Cloud") as caught:
        organization.tenants(connect())
    assert caught.value.status is None and CLIENT not in str(caught.value) and "IP policy" not in str(caught.value)


def test_the_client_of_a_tenant_is_refused(simulator, connect):
    with pytest.raises(_errors.TenantError, match=rf"POST /oauth/token with HTTP 401.*{CLIENT}"):
        organization.tenants(connect(client_id=simulator.client_id, client_secret=simulator.client_secret))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_key_that_is_refused(simulator, console, connect, rsa_pem, status):
    """It is not known whether the clients of an organization can have keys."""
    simulator.faults({"kind": "status", "value": status, "path": "/oauth/token", "times": None}, url=console)
    api = connect(client_secret=None, client_private_key_content=rsa_pem.decode())
    with pytest.raises(_errors.TenantError, match=f"POST /oauth/token with HTTP {status}") as caught:
        organization.tenants(api)
    assert "must have private_key_jwt in its allowedAuthMethods" in str(caught.value)
    assert str(caught.value).endswith(
        "The client must be one of the organization, which the service account owner creates at"
        " https://console.qlikcloud.com/admin/oauth. If it cannot have a key there, set client_secret instead of the key."
    )


# ---- The connection

OPTIONS = {
    **dict.fromkeys(credentials.CREDENTIAL_VARIABLES),
    "url": organization.URL,
    "client_id": "the-id",
    "client_secret": "the-secret",
    "ca_path": None,
    "timeout": 5,
}


def test_the_connection_is_that_of_the_options():
    connection = organization.connection(OPTIONS)
    assert connection.url == "https://console.qlikcloud.com"
    assert connection.credentials == (None, "the-id", "the-secret", None)
    assert connection.validate_certs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"client_id": None, "client_secret": None},
            "client_id and client_secret are missing: set them to the ID and secret of an OAuth client of the"
            " organization, or set QSCLOUD_ORGANIZATION_CLIENT_ID and QSCLOUD_ORGANIZATION_CLIENT_SECRET in the environment.",
        ),
        (
            {"client_secret": None},
            "client_secret is missing: an OAuth client needs its id, and its secret or private key.",
        ),
        ({"client_id": None}, "client_id is missing: an OAuth client needs its id, and its secret or private key."),
        (
            {"client_private_key_path": "key.pem"},
            "client_secret and client_private_key_path are set together: an OAuth client proves itself with its secret or with"
            " one private key, so leave all but one out.",
        ),
        ({"timeout": 0}, "timeout is 0: it must be at least 1 second."),
        *(
            (
                {"url": url},
                "url is not https:// and a host name. Leave url out: the tenants of all organizations are listed at"
                " https://console.qlikcloud.com.",
            )
            for url in (
                "console.qlikcloud.com",
                "http://console.qlikcloud.com",
                "https://console.qlikcloud.com/api",
                "",
            )
        ),
    ],
)
def test_options_that_are_refused(changes, message):
    with pytest.raises(_errors.OptionError) as caught:
        organization.connection({**OPTIONS, **changes})
    assert str(caught.value) == message


# ---- Filters


@pytest.mark.parametrize(
    ("filters", "scim"),
    [
        ({}, 'status ne "none"'),
        ({"region": "eu-west-1"}, 'regionCode eq "eu-west-1"'),
        ({"region": ["EU-*"]}, 'regionCode ne "us-east-1"'),
        ({"region": ["us-east-1", "eu-cent???-1"]}, 'regionCode ne "eu-west-1"'),
        ({"subscription": "1111222233334444"}, 'subscriptionId eq "1111222233334444"'),
        ({"status": ["active"]}, 'status eq "active"'),
        ({"status": ["disabled", "deleted", "deactivated"]}, 'status ne "active"'),
        ({"name": "tenant in EU-west-1"}, 'name eq "Tenant in eu-west-1"'),
        ({"name": "Tenant"}, 'name eq "Tenant"'),
        ({"region": "eu-west-1", "status": "active"}, 'status eq "active" and regionCode eq "eu-west-1"'),
    ],
)
def test_a_filter_selects_what_that_of_the_api_does(simulator, console, filters, scim):
    everything = simulator.set_tenants(*TENANTS)
    client = {name: simulator.organization[name] for name in ("client_id", "client_secret")}
    with requests.Session() as session:
        session.verify, session.trust_env = simulator.ca_path, False
        body = {**client, "grant_type": "client_credentials"}
        token = session.post(f"{console}/oauth/token", json=body).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        expected = session.get(console + PATH, params={"filter": scim, "limit": 100}).json()["data"]
    checked = organization.check_filters(filters)
    assert [tenant for tenant in everything if organization.matches(tenant, checked)] == expected


def test_only_two_characters_of_a_pattern_are_special():
    for name, is_one in {"Acme [EU]": True, "Acme E": False}.items():
        assert organization.matches({"name": name}, {"name": ["acme [eu]"]}) is is_one


def test_a_filter_for_what_a_tenant_does_not_have():
    assert not organization.matches({"id": "1"}, {"subscription": ["9876543210987654"]})


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (
            {"regions": "eu-west-1"},
            "filters contains 'regions', which is not a filter: use region, subscription, status or name.",
        ),
        (
            {"status": "actve"},
            "filters contains the status 'actve': use active, disabled, deleted or deactivated.",
        ),
        (
            {"subscription": 9876543210987654},
            "filters contains 9876543210987654 for subscription, which is not text: put it in quotes.",
        ),
        ({"region": None}, "filters contains region without a value: specify one, or leave region out."),
        ({"region": []}, "filters contains region without a value: specify one, or leave region out."),
        ({"region": ["eu-west-1", ""]}, "filters contains region without a value: specify one, or leave region out."),
        ({"name": {"a": "b"}}, "filters contains {'a': 'b'} for name, which is not text: put it in quotes."),
    ],
)
def test_filters_that_are_refused(filters, message):
    with pytest.raises(_errors.OptionError) as caught:
        organization.check_filters(filters)
    assert str(caught.value) == message


# ---- Host names


@pytest.mark.parametrize(
    ("hostnames", "names"),
    [
        (["ACME.eu.QlikCloud.com", "Grus.eu.qlikcloud.com."], ["acme.eu.qlikcloud.com", "grus.eu.qlikcloud.com"]),
        (["acme.eu.qlikcloud.com", "no host name", 5], ["acme.eu.qlikcloud.com"]),
        # Another host name than the first one is not what the tenant is called.
        (["{{ acme }}", "grus.eu.qlikcloud.com"], []),
        (["", "grus.eu.qlikcloud.com"], []),
        ([None, "grus.eu.qlikcloud.com"], []),
        ([], []),
        ("acme.eu.qlikcloud.com", []),
        (None, []),
    ],
)
def test_host_names(hostnames, names):
    assert organization.host_names({"hostnames": hostnames}) == names
