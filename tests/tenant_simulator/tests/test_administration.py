# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated tenant does with the calls of an administrator, and how it is run."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.parse

import pytest
import requests
import simulator as tenant_simulator
from tenant_client import CLIENTS, KEY_ID, LOGIN, PROVIDERS, one_line, provider_body, refusal, token

SETTINGS = "/api/v1/groups/settings"


def pages(client, path):
    """The lists of ids of all pages, and the links of the last one."""
    lists = []
    while path:
        answer = client.request("GET", path).json()
        lists.append([provider["id"] for provider in answer["data"]])
        following = answer["links"].get("next")
        assert following is None or following["href"].startswith(client.url)
        path = following and following["href"].removeprefix(client.url)
    return lists, answer["links"]


# ---- Identity providers


def test_life_of_a_provider(client, pair, simulator):
    body = provider_body(pair, tenantIds=[simulator.state()["tenant_id"]])
    answer = client.create(body)
    assert answer.status_code == 201
    created = answer.json()
    assert {name: created[name] for name in body} == body
    assert created["created"] == created["lastUpdated"]

    path = f"{PROVIDERS}/{created['id']}"
    assert client.request("GET", path).json() == created
    assert client.request("GET", PROVIDERS).json()["data"][-1] == created
    patch = [{"op": "replace", "path": "/description", "value": "Other tokens"}]
    answer = client.request("PATCH", path, json=patch)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.request("GET", path).json()["description"] == "Other tokens"
    answer = client.request("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, keywords in {"GET": {}, "PATCH": {"json": patch}, "DELETE": {}}.items():
        assert refusal(client.request(method, path, **keywords)) == (404, "ID")


def test_other_protocols_are_there(client):
    providers = client.request("GET", PROVIDERS).json()["data"]
    assert [provider["protocol"] for provider in providers] == ["OIDC", "SAML"]
    for provider in providers:
        assert client.request("GET", f"{PROVIDERS}/{provider['id']}").json() == provider


def test_pages(client, simulator):
    seeded = [provider["id"] for provider in simulator.state()["providers"]]
    everyone = seeded + simulator.add_providers(43)
    lists, links = pages(client, PROVIDERS)
    assert [len(ids) for ids in lists] == [20, 20, 5] and sum(lists, []) == everyone
    assert "next" not in links
    # Back again.
    previous = client.request("GET", links["prev"]["href"].removeprefix(client.url)).json()
    assert [provider["id"] for provider in previous["data"]] == lists[1]
    lists, links = pages(client, f"{PROVIDERS}?limit=100")
    assert lists == [everyone] and set(links) == {"self"}
    lists, dummy = pages(client, f"{PROVIDERS}?limit=7&active=true")
    assert [len(ids) for ids in lists] == [7, 7, 7, 7, 7, 7, 3] and sum(lists, []) == everyone


def test_providers_that_no_tenant_would_take(client, simulator):
    options = {"issuer": "acme", "staticKeys": [{"kid": "key-1", "pem": "no PEM"}]}
    (its_id,) = simulator.add_providers(1, description="x" * 10240, options=options)
    found = client.request("GET", f"{PROVIDERS}/{its_id}").json()
    assert (found["options"], len(found["description"]), found["active"]) == (options, 10240, True)


def test_pages_while_providers_go(client, simulator):
    everyone = simulator.add_providers(30)
    first = client.request("GET", PROVIDERS).json()
    for gone in first["data"][2:]:
        client.request("DELETE", f"{PROVIDERS}/{gone['id']}")
    second = client.request("GET", first["links"]["next"]["href"].removeprefix(client.url)).json()
    assert [provider["id"] for provider in second["data"]] == everyone[18:]


def test_active_filter(client, pair):
    inactive = client.create(provider_body(pair, active=False)).json()["id"]
    assert pages(client, f"{PROVIDERS}?active=false")[0] == [[inactive]]
    assert inactive not in pages(client, f"{PROVIDERS}?active=true")[0][0]
    assert inactive in pages(client, PROVIDERS)[0][0]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("limit=0", "LIMIT"),
        ("limit=101", "LIMIT"),
        ("limit=many", "LIMIT"),
        ("next=2", "CURSOR"),
        ("active=1", "ACTIVE"),
    ],
)
def test_query_that_is_refused(client, query, rule):
    assert refusal(client.request("GET", f"{PROVIDERS}?{query}")) == (400, rule)


@pytest.mark.parametrize(
    ("options", "static_key", "changes", "rule"),
    [
        ({}, {}, {"provider": ...}, "REQUIRED"),
        ({}, {}, {"protocol": ...}, "REQUIRED"),
        ({}, {}, {"options": ...}, "REQUIRED"),
        ({}, {}, {"provider": "generic"}, "PROTOCOL"),
        ({}, {}, {"protocol": "OIDC"}, "PROTOCOL"),
        ({}, {}, {"interactive": True}, "INTERACTIVE"),
        ({}, {}, {"active": "true"}, "TYPE"),
        ({}, {}, {"clockToleranceSec": "5"}, "TYPE"),
        ({}, {}, {"clockToleranceSec": True}, "TYPE"),
        ({}, {}, {"clockToleranceSec": -1}, "CLOCK-TOLERANCE"),
        ({}, {}, {"tenantIds": "tenant"}, "TYPE"),
        ({}, {}, {"colour": "green"}, "UNKNOWN"),
        ({"issuer": ...}, {}, {}, "REQUIRED"),
        ({"issuer": ""}, {}, {}, "EMPTY"),
        ({"issuer": 1}, {}, {}, "TYPE"),
        ({"jwtLoginEnabled": 1}, {}, {}, "TYPE"),
        ({"staticKeys": []}, {}, {}, "ONE-KEY"),
        ({"staticKeys": [{}, {}]}, {}, {}, "ONE-KEY"),
        ({"staticKeys": ["key"]}, {}, {}, "OBJECT"),
        ({}, {"kid": ...}, {}, "REQUIRED"),
        ({}, {"kid": ""}, {}, "EMPTY"),
        ({}, {"pem": ...}, {}, "REQUIRED"),
        ({}, {"pem": "no certificate"}, {}, "PEM"),
        ({}, {"pem": "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"}, {}, "PEM"),
        ({}, {"pem": "-----BEGIN PUBLIC KEY-----AAAA-----END CERTIFICATE-----"}, {}, "PEM"),
    ],
)
def test_body_that_is_refused(client, pair, simulator, options, static_key, changes, rule):
    answer = client.create(provider_body(pair, options, static_key, **changes))
    assert refusal(answer) == (400, rule)
    assert len(simulator.state()["providers"]) == 2


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_body_that_is_no_object(client, body):
    answer = client.request("POST", PROVIDERS, data=body, headers={"Content-Type": "application/json"})
    assert refusal(answer)[0] == 400


def test_body_without_its_type(client):
    assert refusal(client.request("POST", PROVIDERS, data=b"{}")) == (400, "CONTENT-TYPE")


def test_what_may_be_left_out(client, pair):
    answer = client.create(provider_body(pair, interactive=..., active=..., description=..., clockToleranceSec=...))
    assert answer.status_code == 201 and answer.json()["active"] is True


def test_private_key_is_refused(client, pair):
    pem = one_line(pair.private_pem.decode())
    assert refusal(client.create(provider_body(pair, static_key={"pem": pem}))) == (400, "PEM")


def test_tenant_ids_of_another_tenant(client, pair, simulator):
    other = simulator.state(simulator.urls[1])["tenant_id"]
    assert refusal(client.create(provider_body(pair, tenantIds=[other]))) == (403, "TENANT-IDS")


@pytest.mark.parametrize(
    ("patch", "rule"),
    [
        ({}, "PATCH"),
        ([], "PATCH"),
        ([{"op": "add", "path": "/description", "value": "x"}], "PATCH-OP"),
        ([{"op": "replace", "path": "/description", "value": 1}], "PATCH-VALUE"),
        ([{"op": "replace", "path": "description", "value": "x"}], "PATCH-PATH"),
        *(
            ([{"op": "replace", "path": path, "value": "x"}], "PATCH-PATH")
            for path in (
                "/active",
                "/clockToleranceSec",
                "/options/issuer",
                "/options/staticKeys",
                "/options/staticKeys/0/kid",
            )
        ),
    ],
)
def test_patch_that_is_refused(client, pair, patch, rule):
    created = client.create(provider_body(pair)).json()
    path = f"{PROVIDERS}/{created['id']}"
    assert refusal(client.request("PATCH", path, json=patch)) == (400, rule)
    if patch:
        # One that is refused takes the others with it.
        patch = [{"op": "replace", "path": "/description", "value": "half done"}, *patch]
        assert refusal(client.request("PATCH", path, json=patch)) == (400, rule)
    assert client.request("GET", path).json() == created


def test_patch_of_another_state(client, pair):
    answer = client.create(provider_body(pair))
    path = f"{PROVIDERS}/{answer.json()['id']}"
    patch = {"json": [{"op": "replace", "path": "/description", "value": "x"}]}
    headers = {"QLIK-IDP-POPTS-MATCH": answer.headers["QLIK-IDP-POPTS"]}
    assert client.request("PATCH", path, **patch, headers=headers).status_code == 204
    assert refusal(client.request("PATCH", path, **patch, headers=headers)) == (412, "POPTS")


# ---- Switches of identity providers


@pytest.mark.parametrize("kid", [KEY_ID, "key-2"])
@pytest.mark.parametrize("duplicate", ["allow", "refuse"])
@pytest.mark.parametrize("shared_issuer", ["allow", "refuse"])
def test_two_providers_of_one_issuer(client, pair, other_pair, simulator, kid, duplicate, shared_issuer):
    simulator.switches(duplicate=duplicate, shared_issuer=shared_issuer)
    client.create(provider_body(pair))
    answer = client.create(provider_body(other_pair, static_key={"kid": kid}))
    rule, switch = ("DUPLICATE", duplicate) if kid == KEY_ID else ("SHARED-ISSUER", shared_issuer)
    if switch == "refuse":
        assert refusal(answer) == (400, rule)
    else:
        assert answer.status_code == 201
        for signer, key_id in ((pair, KEY_ID), (other_pair, kid)):
            assert client.login(token(signer, {"kid": key_id})).status_code == 200


@pytest.mark.parametrize("answer", ["any", "url_safe"])
def test_kid_characters(client, pair, simulator, answer):
    simulator.switches(kid_characters=answer)
    created = client.create(provider_body(pair, static_key={"kid": "Schlüssel 1/2"}))
    assert created.ok if answer == "any" else refusal(created) == (400, "KID-CHARACTERS")
    assert client.create(provider_body(pair, static_key={"kid": "a-Z_0.9~"})).status_code == 201


@pytest.mark.parametrize("answer", ["refuse", "allow"])
def test_pem_line_breaks(client, pair, simulator, answer):
    simulator.switches(pem_line_breaks=answer)
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    data = pair.certificate.removeprefix(begin).removesuffix(end)
    for number, pem in enumerate(
        (f"{begin}\n{data}\n{end}\n", f"{begin}\r\n{data[:64]}\r\n{data[64:]}\r\n{end}", f"{pair.certificate}\n")
    ):
        created = client.create(provider_body(pair, static_key={"pem": pem, "kid": str(number)}))
        assert created.ok if answer == "allow" else refusal(created) == (400, "PEM-LINES")


def test_escaped_line_breaks_are_no_pem(client, pair, simulator):
    simulator.switches(pem_line_breaks="allow")
    pem = pair.certificate.replace("CERTIFICATE-----M", "CERTIFICATE-----\\nM")
    assert refusal(client.create(provider_body(pair, static_key={"pem": pem}))) == (400, "PEM")


@pytest.mark.parametrize("answer", ["as_sent", "with_line_breaks"])
def test_pem_read_back(client, pair, simulator, answer):
    simulator.switches(pem_read_back=answer)
    created = client.create(provider_body(pair)).json()
    read = client.request("GET", f"{PROVIDERS}/{created['id']}").json()
    listed = client.request("GET", PROVIDERS).json()["data"][-1]
    assert created == read == listed
    pem = read["options"]["staticKeys"][0]["pem"]
    if answer == "as_sent":
        assert pem == pair.certificate
    else:
        assert one_line(pem) == pair.certificate and max(map(len, pem.splitlines())) == 64


@pytest.mark.parametrize("answer", ["allow", "refuse"])
def test_public_key(client, pair, simulator, answer):
    simulator.switches(public_key=answer)
    created = client.create(provider_body(pair, static_key={"pem": pair.public_key}))
    if answer == "allow":
        assert created.status_code == 201 and client.login(token(pair)).status_code == 200
    else:
        assert refusal(created) == (400, "PUBLIC-KEY")


def test_list_delay(client, pair, simulator):
    simulator.switches(list_delay_s=0.3)
    created = client.create(provider_body(pair)).json()["id"]
    assert created not in pages(client, PROVIDERS)[0][0]
    assert client.request("GET", f"{PROVIDERS}/{created}").status_code == 200
    time.sleep(0.35)
    assert created in pages(client, PROVIDERS)[0][0]


# ---- Credentials


CALLS = [
    ("GET", PROVIDERS),
    ("POST", PROVIDERS),
    ("GET", PROVIDERS + "/1"),
    ("PATCH", PROVIDERS + "/1"),
    ("DELETE", PROVIDERS + "/1"),
    ("GET", SETTINGS),
    ("PATCH", SETTINGS),
    ("GET", CLIENTS),
    ("POST", CLIENTS),
    ("GET", CLIENTS + "/1"),
    ("PATCH", CLIENTS + "/1"),
    ("DELETE", CLIENTS + "/1"),
    ("GET", CLIENTS + "/1/connection-configs/me"),
    ("PATCH", CLIENTS + "/1/connection-configs/me"),
    ("POST", CLIENTS + "/1/actions/publish"),
]


@pytest.mark.parametrize(("method", "path"), [*CALLS, ("GET", "/api/v1/users/me"), ("GET", "/api/v1/tenants/me")])
def test_no_credential(client, method, path):
    assert refusal(client.request(method, path, session=client.new_session())) == (401, "CREDENTIAL")
    assert refusal(client.request(method, path, bearer="wrong")) == (401, "CREDENTIAL")
    headers = {"Authorization": f"Basic {client.api_key}"}
    answer = client.request(method, path, session=client.new_session(), headers=headers)
    assert refusal(answer) == (401, "CREDENTIAL")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_administrator(client, simulator, method, path):
    assert refusal(client.request(method, path, bearer=simulator.user_api_key)) == (403, "ROLE")


def test_credentials_reach_all_tenants(client, simulator):
    body = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    answer = client.request("POST", "/oauth/token", json={**body, "grant_type": "client_credentials"})
    assert refusal(answer) == (400, "METHODS"), "The header counts, too."
    keywords = {"session": client.new_session(), "json": {**body, "grant_type": "client_credentials"}}
    answer = client.request("POST", "/oauth/token", **keywords).json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 21600)
    ids = set()
    for client.url in simulator.urls:
        for credential in (answer["access_token"], simulator.api_key, simulator.user_api_key):
            user = client.request("GET", "/api/v1/users/me", bearer=credential).json()
            ids.add(user["tenantId"])
        assert client.request("GET", PROVIDERS, bearer=answer["access_token"]).status_code == 200
    assert len(ids) == len(simulator.urls) == 3
    client.url = simulator.url
    simulator.switches(clock_offset_s=21700)
    assert refusal(client.request("GET", PROVIDERS, bearer=answer["access_token"])) == (401, "CREDENTIAL")


def test_oauth_with_basic(client, simulator):
    keywords = {"session": client.new_session(), "json": {"grant_type": "client_credentials", "scope": "user_default"}}
    answer = client.request("POST", "/oauth/token", **keywords, auth=(simulator.client_id, simulator.client_secret))
    assert client.request("GET", PROVIDERS, bearer=answer.json()["access_token"]).status_code == 200
    answer = client.request("POST", "/oauth/token", **keywords, auth=(simulator.client_id, "wrong"))
    assert refusal(answer) == (401, "CLIENT")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "CLIENT")),
        ({"client_id": None}, (401, "CLIENT")),
        ({"grant_type": "password"}, (400, "GRANT-TYPE")),
    ],
)
def test_oauth_that_is_refused(client, simulator, changes, expected):
    body = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    body = {**body, "grant_type": "client_credentials", **changes}
    assert refusal(client.access_token(body)) == expected
    assert refusal(client.access_token(body, form=True)) == expected


# ---- The other calls


def test_tenant(client, simulator):
    answer = client.request("GET", "/api/v1/tenants/me")
    tenant_id = simulator.state()["tenant_id"]
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/api/v1/tenants/{tenant_id}")
    assert client.request("GET", answer.headers["Location"]).json()["id"] == tenant_id
    assert refusal(client.request("GET", "/api/v1/tenants/another")) == (404, "ID")


def test_unknown_user(client):
    assert refusal(client.request("GET", "/api/v1/users/another")) == (404, "ID")


@pytest.mark.parametrize(
    ("patch", "rule"),
    [
        ([{"op": "replace", "path": "/autoCreateGroups", "value": "true"}], "PATCH-VALUE"),
        ([{"op": "replace", "path": "/autoCreateGroups", "value": 1}], "PATCH-VALUE"),
        ([{"op": "add", "path": "/autoCreateGroups", "value": True}], "PATCH-OP"),
        ([{"op": "replace", "path": "/tenantId", "value": True}], "PATCH-PATH"),
    ],
)
def test_settings_that_are_refused(client, patch, rule):
    before = client.request("GET", SETTINGS).json()
    assert before["autoCreateGroups"] is False
    assert refusal(client.request("PATCH", SETTINGS, json=patch)) == (400, rule)
    assert client.request("GET", SETTINGS).json() == before


def test_unknown_calls(client):
    assert refusal(client.request("GET", "/api/v1/nothing")) == (404, "CALL")
    assert refusal(client.request("PUT", PROVIDERS)) == (405, "CALL")


# ---- Limits and latency


def test_rate_limits(client, pair, simulator):
    simulator.switches(rate_limits=True, rate_window_s=3)  # 5 requests of tier 2, 50 of tier 1
    patch = {"json": [{"op": "replace", "path": "/autoCreateGroups", "value": True}]}
    assert [client.request("PATCH", SETTINGS, **patch).status_code for dummy in range(6)] == [204] * 5 + [429]
    answer = client.create(provider_body(pair))
    assert refusal(answer) == (429, "HTTP-429") and 1 <= int(answer.headers["Retry-After"]) <= 3
    assert answer.json()["errors"][0]["title"] == "API rate limit reached."
    # Per tier, per user, per tenant; a login is nobody's.
    assert [client.request("GET", SETTINGS).status_code for dummy in range(51)] == [200] * 50 + [429]
    assert refusal(client.request("PATCH", SETTINGS, **patch, bearer=simulator.user_api_key)) == (403, "ROLE")
    assert [client.request("POST", LOGIN, bearer="none").status_code for dummy in range(6)] == [401] * 5 + [429]
    client.url = simulator.urls[1]
    assert client.request("PATCH", SETTINGS, **patch).status_code == 204
    client.url = simulator.urls[0]
    time.sleep(int(answer.headers["Retry-After"]))
    assert client.request("PATCH", SETTINGS, **patch).status_code == 204


def test_no_rate_limits(client):
    patch = {"json": [{"op": "replace", "path": "/autoCreateGroups", "value": True}]}
    assert {client.request("PATCH", SETTINGS, **patch).status_code for dummy in range(20)} == {204}


def test_latency(client, simulator):
    simulator.switches(latency_ms=300)
    start = time.monotonic()
    assert client.request("GET", SETTINGS).status_code == 200
    assert time.monotonic() - start >= 0.3


# ---- Faults


def test_slow(client, simulator):
    simulator.faults({"kind": "slow", "value": 5, "path": PROVIDERS})
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.request("GET", PROVIDERS, timeout=0.3)
    assert client.request("GET", PROVIDERS).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_status(client, pair, simulator, status):
    simulator.faults({"kind": "status", "value": status, "method": "POST", "path": PROVIDERS, "times": 2})
    assert client.request("GET", PROVIDERS).status_code == 200
    body = provider_body(pair)
    assert [client.create(body).status_code for dummy in range(3)] == [status, status, 201]


def test_status_with_retry_after(client, simulator):
    simulator.faults(
        {"kind": "status", "value": 429, "retry_after": 7}, {"kind": "status", "value": 503, "retry_after": 8}
    )
    answer = client.request("GET", PROVIDERS)
    assert refusal(answer) == (429, "HTTP-429") and answer.headers["Retry-After"] == "7"
    answer = client.request("GET", PROVIDERS)
    assert refusal(answer) == (503, "FAULT") and answer.headers["Retry-After"] == "8"


def test_status_with_body(client, pair, simulator):
    error = {"title": "Forbidden", "detail": "User is not a member of tenant", "code": "AUTH-5", "status": "403"}
    body = {"errors": [error], "traceId": "1"}
    simulator.faults({"kind": "status", "value": 403, "path": LOGIN, "body": body})
    answer = client.login(token(pair))
    assert (answer.status_code, answer.json()) == (403, body)


@pytest.mark.parametrize(("kind", "done"), [("reset", 0), ("lost_answer", 1)])
def test_connection_that_is_reset(client, pair, simulator, kind, done):
    simulator.faults({"kind": kind, "method": "POST"})
    with pytest.raises(requests.exceptions.ConnectionError, match="reset|aborted"):
        client.create(provider_body(pair))
    assert len(simulator.state()["providers"]) == 2 + done
    assert [(one["status"], one["fault"]) for one in simulator.recorded()] == [(None, kind)]


def test_reset_in_the_body(client, simulator):
    simulator.faults({"kind": "reset_in_body"})
    answer = client.request("GET", PROVIDERS, stream=True)
    assert answer.status_code == 200 and answer.raw.read(9) == b'{"data": '
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        dummy = answer.content


def test_wrong_content_length(client, simulator):
    simulator.faults({"kind": "wrong_content_length"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.request("GET", PROVIDERS)


def test_truncated_json(client, pair, simulator):
    simulator.faults({"kind": "truncated_json"})
    answer = client.create(provider_body(pair))
    assert answer.status_code == 201 and int(answer.headers["Content-Length"]) == len(answer.content)
    assert answer.headers["Content-Type"].startswith("application/json")
    with pytest.raises(ValueError):
        answer.json()
    assert len(simulator.state()["providers"]) == 3


@pytest.mark.parametrize("kind", ["reset_in_body", "truncated_json", "wrong_content_length"])
def test_fault_of_an_answer_without_a_body(client, pair, simulator, kind):
    path = f"{PROVIDERS}/{client.create(provider_body(pair)).json()['id']}"
    simulator.faults({"kind": kind})
    assert client.request("DELETE", path).status_code == 204
    assert len(simulator.state()["providers"]) == 2


@pytest.mark.parametrize("status", [200, 502])
def test_html(client, simulator, status):
    simulator.faults({"kind": "html", "value": status})
    answer = client.request("GET", PROVIDERS)
    assert answer.status_code == status and answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("value", [None, "endless"])
def test_paging_loop(client, simulator, value):
    simulator.faults({"kind": "paging_loop", "path": PROVIDERS, "value": value, "times": None})
    seen = [f"{client.url}{PROVIDERS}?limit=2"]
    for dummy in range(5):
        answer = client.request("GET", seen[-1].removeprefix(client.url)).json()
        assert [provider["protocol"] for provider in answer["data"]] == ["OIDC", "SAML"]
        seen.append(answer["links"]["next"]["href"])
    assert len(set(seen)) == (6 if value else 1)


def test_redirect(client, simulator):
    elsewhere = simulator.urls[1] + PROVIDERS
    simulator.faults({"kind": "redirect", "value": elsewhere})
    answer = client.request("GET", PROVIDERS)
    assert (answer.status_code, answer.headers["Location"]) == (302, elsewhere)


def test_skip_and_times(client, simulator):
    simulator.faults({"kind": "status", "value": 500, "path": PROVIDERS + "(/.*)?", "skip": 1, "times": 2})
    assert [client.request("GET", PROVIDERS).status_code for dummy in range(4)] == [200, 500, 500, 200]
    simulator.faults({"kind": "status", "value": 500, "times": None})
    assert {client.request("GET", PROVIDERS).status_code for dummy in range(9)} == {500}
    simulator.faults()
    assert client.request("GET", PROVIDERS).status_code == 200


# ---- Control


def test_record_of_requests(client, simulator):
    client.request("GET", f"{PROVIDERS}?limit=5", headers={"User-Agent": "test/1"})
    client.request("GET", PROVIDERS, session=client.new_session())
    client.request("POST", "/oauth/token", session=client.new_session(), auth=("id", "secret"))
    expected = {"method": "GET", "path": PROVIDERS, "query": {"limit": "5"}, "status": 200}
    recorded = simulator.recorded()
    times = [one.pop("time") for one in recorded]
    assert times == sorted(times)
    assert recorded[0] == {**expected, "fault": None, "user_agent": "test/1", "authorization": "bearer"}
    assert [one["authorization"] for one in recorded] == ["bearer", "none", "basic"]
    assert simulator.api_key not in str(simulator.state())
    simulator.forget_requests()
    assert not simulator.recorded()


def test_tenants_are_apart(client, pair, simulator):
    first, second = simulator.urls[:2]
    simulator.switches(url=second, public_key="refuse")
    simulator.faults({"kind": "reset"}, url=second)
    client.create(provider_body(pair))
    states = simulator.state(), simulator.state(second)
    assert [len(state["providers"]) for state in states] == [3, 2]
    assert [state["switches"]["public_key"] for state in states] == ["allow", "refuse"]
    assert [len(state["faults"]) for state in states] == [0, 1]
    simulator.reset()
    assert [len(simulator.state(url)["providers"]) for url in (first, second)] == [2, 2]
    assert simulator.state(second)["switches"] == simulator.state()["switches"] == states[0]["switches"]
    assert simulator.state()["tenant_id"] == states[0]["tenant_id"] != states[1]["tenant_id"]


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("switches", "PATCH", {"no_such_switch": 1}),
        ("switches", "PATCH", {"duplicate": "perhaps"}),
        ("switches", "PATCH", {"latency_ms": "long"}),
        ("faults", "PUT", [{"kind": "no_such_kind"}]),
        ("faults", "PUT", [{"kind": "reset", "colour": "green"}]),
        ("faults", "PUT", [{"kind": "reset", "path": "("}]),
    ],
)
def test_control_that_is_refused(client, path, method, body):
    assert client.request(method, f"/simulator/{path}", json=body).status_code == 400


# ---- The process


def test_options_of_the_command_line():
    simulator = tenant_simulator.start("--set=duplicate=allow", "--set", "auto_create_groups=true", "--latency-ms=1")
    try:
        simulator.switches(duplicate="refuse")
        simulator.reset()
        state = simulator.state()
        assert state["switches"]["duplicate"] == "allow" and state["switches"]["latency_ms"] == 1
        assert state["group_settings"]["autoCreateGroups"] is True
    finally:
        simulator.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, "stdin"])
def test_end(how):
    simulator = tenant_simulator.start()
    simulator.faults({"kind": "slow", "value": 60})
    port = urllib.parse.urlsplit(simulator.url).port
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(simulator.url + PROVIDERS, verify=simulator.ca_path, timeout=0.2)
    if how == "stdin":
        simulator.process.stdin.close()
    else:
        simulator.process.send_signal(how)
    assert simulator.process.wait(timeout=5) == 0
    simulator.process.stdin.close()
    simulator.process.stdout.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with pytest.raises(FileNotFoundError), open(simulator.ca_path, encoding="utf-8"):
        pass


def test_tls(simulator, client):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(simulator.url + PROVIDERS, timeout=5)
    for url in (*simulator.urls, simulator.url.replace("127.0.0.1", "localhost")):
        client.url = url
        assert client.request("GET", PROVIDERS).status_code == 200
    handshake = subprocess.run(
        ["openssl", "s_client", "-connect", simulator.url.removeprefix("https://"), "-CAfile", simulator.ca_path]
        + ["-verify_return_error", "-x509_strict", "-verify_ip", "127.0.0.1"],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert handshake.returncode == 0 and "Verification: OK" in handshake.stdout, handshake.stderr
