# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated tenant does with a token: each rule, broken."""

from __future__ import annotations

import base64
import calendar
import json
import time

import pytest
from tenant_client import ISSUER, LOGIN, PROVIDERS, claims, provider_body, refusal, token


@pytest.fixture
def provider(client, pair):
    """The id of a provider for the tokens of the pair."""
    answer = client.create(provider_body(pair))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.mark.usefixtures("provider")
def test_login(client, pair, simulator):
    session = client.session(token(pair))
    assert {cookie.name for cookie in session.cookies} == {"eas.sid", "eas.sid.sig", "_csrfToken", "_csrfToken.sig"}
    assert all(cookie.secure and cookie.path == "/" for cookie in session.cookies)
    user = client.request("GET", "/api/v1/users/me", session=session).json()
    assert {name: user[name] for name in ("name", "email", "subject", "status", "assignedGroups")} == {
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "subject": "anna",
        "status": "active",
        "assignedGroups": [],
    }
    state = simulator.state()
    assert user["tenantId"] == state["tenant_id"] and state["sessions"] == 1
    assert client.login(token(pair)).json() == {}
    assert client.session(token(pair, name="Anna Other")).cookies
    users = [user for user in simulator.state()["users"] if user["subject"] == "anna"]
    assert [user["name"] for user in users] == ["Anna Other"], "The same subject must stay the same user."


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ({"alg": "RS512"}, "ALG"),
        ({"alg": "PS256"}, "ALG"),
        ({"typ": ...}, "TYP"),
        ({"typ": "at+jwt"}, "TYP"),
        ({"kid": ...}, "KID"),
        ({"kid": "another"}, "PROVIDER"),
    ],
)
def test_header(client, pair, header, rule):
    assert refusal(client.login(token(pair, header))) == (401, rule)


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_algorithm_without_a_key_pair(client, pair, algorithm):
    dummy, payload, signature = token(pair).split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT", "kid": "key-1"}).encode()
    forged = ".".join([base64.urlsafe_b64encode(header).decode().rstrip("="), payload, signature])
    assert refusal(client.login(forged)) == (401, "ALG")


@pytest.mark.usefixtures("provider")
def test_kid_in_the_payload_is_none(client, pair):
    assert refusal(client.login(token(pair, {"kid": ...}, kid="key-1"))) == (401, "KID")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "name", ["iss", "aud", "sub", "subType", "name", "email", "email_verified", "jti", "iat", "nbf", "exp"]
)
def test_missing_claim(client, pair, name):
    answer = client.login(token(pair, **{name: ...}))
    assert refusal(answer) == (400, "INTERNAL-TOKEN-1")
    (error,) = answer.json()["errors"]
    assert error["title"] == "Invalid token request"
    assert error["detail"] == f"JWT_LOGIN_VALIDATIONS Missing required claim: {name}"


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"iss": "another"}, "PROVIDER"),
        ({"iss": 1}, "PROVIDER"),
        ({"aud": "qlik.api"}, "AUD"),
        ({"aud": ["qlik.api/login/jwt-session"]}, "AUD"),
        ({"subType": "group"}, "SUBTYPE"),
        ({"sub": ""}, "TEXT"),
        ({"sub": 7}, "TEXT"),
        ({"name": None}, "TEXT"),
        ({"email": False}, "TEXT"),
        ({"jti": ""}, "TEXT"),
        ({"jti": True}, "TEXT"),
        ({"jti": [1]}, "TEXT"),
        ({"email_verified": "true"}, "EMAIL-VERIFIED"),
        ({"email_verified": 1}, "EMAIL-VERIFIED"),
        ({"groups": "group1"}, "GROUPS"),
        ({"groups": ["group1", 2]}, "GROUPS"),
        ({"iat": "now"}, "TIME"),
        ({"nbf": True}, "TIME"),
        ({"exp": None}, "TIME"),
    ],
)
def test_wrong_claim(client, pair, changes, rule, simulator):
    assert refusal(client.login(token(pair, **changes))) == (401, rule)
    assert simulator.state()["sessions"] == 0


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("nbf", "exp", "expected"),
    [
        (-10, 3590, 200),
        (-10, 3591, "LIFETIME"),
        (2, 60, 200),  # within clockToleranceSec, which is 5
        (20, 60, "NBF"),
        (-60, -2, 200),
        (-60, -20, "EXP"),
    ],
)
def test_times(client, pair, nbf, exp, expected):
    now = int(time.time())
    answer = client.login(token(pair, nbf=now + nbf, exp=now + exp))
    assert (200 if answer.ok else refusal(answer)[1]) == expected


def test_tolerance_is_the_one_of_the_provider(client, pair, other_pair):
    client.create(provider_body(pair, clockToleranceSec=30))
    client.create(provider_body(other_pair, {"issuer": "strict"}, clockToleranceSec=...))
    now = int(time.time())
    assert client.login(token(pair, nbf=now + 20)).status_code == 200
    assert refusal(client.login(token(other_pair, iss="strict", nbf=now + 20))) == (401, "NBF")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(("offset", "rule"), [(-30, "NBF"), (120, "EXP")])
def test_clock_of_the_tenant(client, pair, simulator, offset, rule):
    simulator.switches(clock_offset_s=offset)
    assert refusal(client.login(token(pair))) == (401, rule)


def date_of(answer):
    """The header Date, in seconds since 1970, read by what is not used to write it."""
    return calendar.timegm(time.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT"))


@pytest.mark.parametrize("offset", [-7200, 0, 90])
def test_date_of_an_answer(client, pair, simulator, offset):
    simulator.switches(clock_offset_s=offset)
    for answer in (client.request("GET", PROVIDERS), client.login(token(pair)), client.request("GET", "/nowhere")):
        assert abs(date_of(answer) - time.time() - offset) < 5
    simulator.faults({"kind": "html", "value": 403})
    assert abs(date_of(client.login(token(pair))) - time.time()) < 5, "A proxy has a clock of its own."


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [
        ("AUTH-5", 403, "User is not a member of tenant"),
        ("LOGIN-12", 400, "Multiple active users detected with the same e-mail"),
        ("USER_INVITE_EXPIRED", 403, ""),
    ],
)
def test_sourced_refusal(client, pair, other_pair, simulator, code, expected, said):
    simulator.switches(sourced_refusal=code)
    bearer = token(pair)
    answer = client.login(bearer)
    assert refusal(answer) == (expected, code) and said in answer.text
    assert refusal(client.login(token(other_pair))) == (401, "SIGNATURE"), "The token is checked first."
    simulator.switches(sourced_refusal="none")
    assert client.login(bearer).status_code == 200


@pytest.mark.usefixtures("provider")
def test_a_token_is_good_for_one_login(client, pair, simulator):
    bearer = token(pair)
    assert client.login(bearer).status_code == 200
    assert refusal(client.login(bearer)) == (401, "JTI")
    refused = token(pair, jti="kept", groups="no list")
    assert refusal(client.login(refused)) == (401, "GROUPS")
    assert client.login(token(pair, jti="kept")).status_code == 200, "A token that was refused is not spent."
    assert simulator.state()["sessions"] == 2


@pytest.mark.usefixtures("provider")
def test_another_key(client, other_pair):
    assert refusal(client.login(token(other_pair))) == (401, "SIGNATURE")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("bearer", ["", "abc", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.W10.AAAA"])
def test_no_token(client, bearer):
    assert refusal(client.login(bearer))[1] in ("BEARER", "FORMAT")


@pytest.mark.usefixtures("provider")
def test_no_bearer(client):
    assert refusal(client.request("POST", LOGIN, session=client.new_session())) == (401, "BEARER")


@pytest.mark.parametrize(
    ("options", "changes"),
    [({}, {"active": False}), ({"jwtLoginEnabled": False}, {}), ({"jwtLoginEnabled": ...}, {})],
)
def test_provider_that_is_off(client, pair, options, changes):
    client.create(provider_body(pair, options, **changes))
    assert refusal(client.login(token(pair))) == (401, "INACTIVE")


def test_unknown_host(client, pair):
    headers = {"Host": "unknown.eu.qlikcloud.com"}
    answer = client.request("POST", LOGIN, bearer=token(pair), headers=headers)
    assert refusal(answer) == (401, "LOGIN-2")
    assert answer.json()["errors"][0]["title"] == "No authentication configured for this hostname"
    assert refusal(client.request("GET", PROVIDERS, headers=headers)) == (404, "HOST")


def test_no_claim_names_the_tenant(client, pair, simulator):
    """A key and an issuer that two tenants share let one's tokens in at the other, once at each."""
    here, there = simulator.urls[:2]
    bearer = token(pair)
    for url in (here, there):
        client.url = url
        client.create(provider_body(pair))
        assert client.login(bearer).status_code == 200


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_refusal_status(client, other_pair, simulator, status):
    simulator.switches(refusal_status=status)
    assert refusal(client.login(token(other_pair))) == (int(status), "SIGNATURE")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    ("answer", "verified", "subjects"),
    [
        ("create", True, ["anna", "anna2"]),
        ("reassign", True, ["anna2"]),
        ("reassign", False, ["anna", "anna2"]),
        ("refuse", True, ["anna"]),
    ],
)
def test_existing_email(client, pair, simulator, answer, verified, subjects):
    simulator.switches(existing_email=answer)
    assert client.login(token(pair)).status_code == 200
    assert client.login(token(pair, sub="anna2", email_verified=verified)).ok == ("anna2" in subjects)
    users = [user["subject"] for user in simulator.state()["users"] if user["email"] == claims()["email"]]
    assert users == subjects


@pytest.mark.parametrize("answer", ["allow", "refuse"])
def test_expired_certificate(client, pair, simulator, answer):
    simulator.switches(expired_certificate=answer)
    client.create(provider_body(pair, static_key={"pem": pair.expired_certificate}))
    login = client.login(token(pair))
    assert login.ok if answer == "allow" else refusal(login) == (401, "CERTIFICATE")


def test_provider_delay(client, pair, simulator):
    simulator.switches(provider_delay_s=0.3)
    client.create(provider_body(pair))
    assert refusal(client.login(token(pair))) == (401, "NOT-READY")
    time.sleep(0.35)
    assert client.login(token(pair)).status_code == 200


@pytest.mark.parametrize("ends", [False, True])
def test_delete_ends_sessions(client, pair, other_pair, provider, simulator, ends):
    simulator.switches(delete_ends_sessions=ends)
    client.create(provider_body(other_pair, {"issuer": "other"}))
    sessions = client.session(token(pair)), client.session(token(other_pair, iss="other"))
    assert client.request("DELETE", f"{PROVIDERS}/{provider}").status_code == 204
    asked = [client.request("GET", "/api/v1/users/me", session=session).status_code for session in sessions]
    assert asked == [401 if ends else 200, 200]
    assert refusal(client.login(token(pair))) == (401, "PROVIDER")


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("on", [False, True])
def test_groups(client, pair, simulator, on):
    patch = [{"op": "replace", "path": "/autoCreateGroups", "value": on}]
    assert client.request("PATCH", "/api/v1/groups/settings", json=patch).status_code == 204
    assert client.request("GET", "/api/v1/groups/settings").json()["autoCreateGroups"] is on
    session = client.session(token(pair))
    user = client.request("GET", "/api/v1/users/me", session=session).json()
    assert [(group["name"], group["providerType"]) for group in user["assignedGroups"]] == (
        [("group1", "idp"), ("group 2", "idp")] if on else []
    )
    assert all(simulator.state()["groups"][group["name"]] == group["id"] for group in user["assignedGroups"])
    names = client.request("GET", f"/api/v1/users/{user['id']}?fields=groups").json()
    assert names == {"groups": ["group1", "group 2"] if on else []}


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("redirected", [False, True])
def test_redirect_users_me(client, pair, simulator, redirected):
    simulator.switches(redirect_users_me=redirected)
    session = client.session(token(pair))
    answer = client.request("GET", "/api/v1/users/me?fields=id", session=session)
    if redirected:
        assert answer.status_code == 302 and not answer.content
        answer = client.request("GET", answer.headers["Location"], session=session)
    assert answer.status_code == 200 and set(answer.json()) == {"id"}


@pytest.mark.usefixtures("provider")
def test_csrf_token(client, pair, simulator):
    administrator = simulator.state()["users"][0]
    session = client.session(token(pair, sub=administrator["subject"]))
    patch = {"json": [{"op": "replace", "path": "/autoCreateGroups", "value": True}], "session": session}
    path = "/api/v1/groups/settings"
    assert refusal(client.request("PATCH", path, **patch)) == (403, "CSRF-TOKEN-2")
    wrong = {"qlik-csrf-token": "another"}
    assert refusal(client.request("PATCH", path, **patch, headers=wrong)) == (403, "CSRF-TOKEN-2")
    asked = client.request("GET", "/api/v1/csrf-token", session=session)
    assert asked.status_code == 204 and asked.headers["qlik-csrf-token"] == session.cookies["_csrfToken"]
    headers = {"qlik-csrf-token": session.cookies["_csrfToken"]}
    assert client.request("PATCH", path, **patch, headers=headers).status_code == 204
    assert simulator.state()["group_settings"]["autoCreateGroups"] is True
    provider = {"json": provider_body(pair), "session": session, "headers": headers}
    assert refusal(client.request("POST", PROVIDERS, **provider)) == (401, "CREDENTIAL"), "Cookies are not enough."


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("cookie", ["eas.sid", "eas.sid.sig"])
def test_damaged_cookie(client, pair, cookie):
    session = client.session(token(pair))
    session.cookies.set(cookie, "damaged", domain="127.0.0.1")
    assert refusal(client.request("GET", "/api/v1/users/me", session=session)) == (401, "CREDENTIAL")


def test_issuer_is_compared_exactly(client, pair):
    client.create(provider_body(pair, {"issuer": ISSUER + "/"}))
    assert refusal(client.login(token(pair))) == (401, "PROVIDER")
