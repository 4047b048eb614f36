# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that speak to a tenant, with a simulated one, in both ways to run."""

from __future__ import annotations

import json
import re
import time

import pytest
from plays import MODES, play, save
from tenant_client import ISSUER, KEY_ID, LOGIN, provider_body, token


@pytest.fixture
def connection(simulator):
    return {"tenant_url": simulator.url, "api_key": simulator.api_key, "ca_path": simulator.ca_path}


def pem_of(line):
    dummy, begin, text, end, dummy = line.split("-----")
    return (
        f"-----{begin}-----\n"
        + "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
        + f"\n-----{end}-----\n"
    )


def test_identity_provider(run_module, connection, simulator, client, pair):
    options = {**connection, "issuer": ISSUER, "key_id": KEY_ID, "certificate_content": pem_of(pair.certificate)}
    foreseen = run_module("qscloud_identity_provider", options, "--check", "--diff")
    assert foreseen["changed"] and foreseen["id"] is None and simulator.jwt_providers() == []
    created = run_module("qscloud_identity_provider", options, "--diff")
    assert created["changed"] and created["actions"] == foreseen["actions"] == ["created it"]
    assert created["id"] == simulator.jwt_providers()[0]["id"] == created["identity_provider"]["id"]
    assert f'+    "issuer": "{ISSUER}"' in created["_output"]
    assert client.login(token(pair)).status_code == 200

    again = run_module("qscloud_identity_provider", options)
    assert not again["changed"] and again["identity_provider"] == created["identity_provider"]

    described = run_module("qscloud_identity_provider", {**options, "description": "Portal"}, "--diff")
    assert described["changed"] and '+    "description": "Portal"' in described["_output"]

    gone = run_module(
        "qscloud_identity_provider", {**connection, "issuer": ISSUER, "key_id": KEY_ID, "state": "absent"}
    )
    assert gone["changed"] and simulator.jwt_providers() == []


def test_without_a_key_id_it_is_the_thumbprint(run_module, connection, pair):
    options = {**connection, "issuer": ISSUER, "public_key_content": pem_of(pair.public_key)}
    created = run_module("qscloud_identity_provider", options)["identity_provider"]
    assert created["key_id"] == created["key_thumbprint"]


def test_info(run_module, connection, simulator, client, pair):
    simulator.add_providers(3)
    client.create(provider_body(pair))
    everything = run_module("qscloud_identity_provider_info", connection)
    assert len(everything["identity_providers"]) == 4 and not everything["changed"]
    (found,) = run_module(
        "qscloud_identity_provider_info", {**connection, "issuer": ISSUER, "key_id": KEY_ID}, "--check"
    )["identity_providers"]
    assert found["issuer"] == ISSUER and found["key_id"] == KEY_ID and found["active"] is True
    assert run_module("qscloud_identity_provider_info", {**connection, "key_id": "x"})["identity_providers"] == []


def test_group_settings(run_module, connection, simulator):
    def setting():
        return simulator.state()["group_settings"]["autoCreateGroups"]

    wanted = {**connection, "auto_create_groups": True}
    foreseen = run_module("qscloud_group_settings", wanted, "--check", "--diff")
    assert foreseen["changed"] and foreseen["auto_create_groups"] is True and setting() is False
    changed = run_module("qscloud_group_settings", wanted, "--diff")
    assert changed["changed"] and setting() is True and '+    "auto_create_groups": true' in changed["_output"]
    assert not run_module("qscloud_group_settings", wanted)["changed"]
    read = run_module("qscloud_group_settings", connection)
    assert not read["changed"] and read["auto_create_groups"] is True


@pytest.mark.parametrize("redirect", [False, True])
def test_session(run_module, simulator, client, pair, redirect):
    client.create(provider_body(pair))
    simulator.switches(auto_create_groups=True, redirect_users_me=redirect)
    client.request(
        "PATCH", "/api/v1/groups/settings", json=[{"op": "replace", "path": "/autoCreateGroups", "value": True}]
    )
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path}
    session = run_module("qscloud_session", {**options, "token": token(pair)})
    assert not session["changed"] and "cookies" not in session and "csrf_token" not in session
    user = session["user"]
    assert user["name"] == "Anna Anderson" and user["groups"] == ["group1", "group 2"]
    assert user["tenant_id"] == simulator.state()["tenant_id"]


def test_session_in_check_mode_contacts_nobody(run_module, simulator, pair):
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path, "token": token(pair)}
    assert run_module("qscloud_session", options, "--check")["skipped"]
    assert simulator.recorded() == []


def test_cookies_work_and_stay_hidden(run_playbook, simulator, client, pair, mode):
    client.create(provider_body(pair))
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path, "return_cookies": True}
    signed = token(pair)
    task = {"tenantops.qlik.qscloud_session": {**options, "token": signed}, "register": "result", **MODES[mode]}
    run = run_playbook([play(task, save("result"))], "-vvvvv")
    result = run.registered("result")
    assert set(result["cookies"]) == {"eas.sid", "eas.sid.sig", "_csrfToken", "_csrfToken.sig"}
    assert result["csrf_token"] == result["cookies"]["_csrfToken"]
    for secret in (*result["cookies"].values(), signed):
        assert secret not in run.output
    # They are a session: with them, and the token against forgery, something can be changed.
    browser = client.new_session()
    browser.cookies.update(result["cookies"])
    assert client.request("GET", "/api/v1/users/me", session=browser).json()["email"] == "anna@grusgrus.com"


@pytest.mark.parametrize("module", ["qscloud_identity_provider_info", "qscloud_group_settings"])
@pytest.mark.parametrize("source", ["options", "environment"])
def test_credentials_stay_secret(run_playbook, simulator, mode, module, source, home):
    oauth = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path}
    environment = {"QSCLOUD_TENANT_URL": simulator.url, "QSCLOUD_API_KEY": simulator.api_key}
    if source == "options":
        options |= oauth
    else:
        # An error that repeats what it was sent.
        error = {"code": "X", "title": simulator.api_key, "detail": simulator.api_key, "status": "400"}
        simulator.faults({"kind": "status", "value": 400, "body": {"errors": [error]}})
    task = {f"tenantops.qlik.{module}": options, "ignore_errors": True, **MODES[mode]}
    run = run_playbook([play(task)], "-vvvvv", env=environment if source == "environment" else {})
    assert ("HTTP 400, X" in run.output) == (source == "environment")
    texts = [run.output, *(path.read_text(errors="replace") for path in home.rglob("*") if path.is_file())]
    for text in texts:
        assert simulator.api_key not in text and simulator.client_secret not in text


def test_waiting_for_the_rate_limit_is_said(run_module, connection, simulator):
    simulator.faults({"kind": "status", "value": 429, "retry_after": 1})
    result = run_module("qscloud_group_settings", connection)
    assert result["rate_limit_wait"] == 1 and "failed" not in {name for name, value in result.items() if value is True}


# ---- What bad input gets


def answers(run_playbook, mode, module, all_options):
    """Run a task for each of these options, in one playbook; return their results, and what Ansible printed."""
    tasks = [
        {f"tenantops.qlik.{module}": options, "register": f"case_{number}", "ignore_errors": True}
        for number, options in enumerate(all_options)
    ]
    results = [f"{{{{ case_{number} }}}}" for number in range(len(tasks))]
    everything = {"save": {"path": "{{ saved }}/cases", "value": results}}
    run = run_playbook([play(*tasks, everything, **MODES[mode])], "-vvv")
    return run.registered("cases"), run.output


NEVER_OFF = "validate_certs"
ADDRESS = "write it as https://acme.eu.qlikcloud.com"
CREDENTIALS = {"api_key": "{{ omit }}"}


def cases(simulator, pair):
    """By name: the options that are wrong, and what the user is told."""
    return {
        "no scheme": ({"tenant_url": "acme.eu.qlikcloud.com"}, f"tenant_url is no address with a scheme: {ADDRESS}."),
        "a path": (
            {"tenant_url": f"{simulator.url}/console"},
            f"tenant_url has more than the tenant's host in it: leave the path out, {ADDRESS}.",
        ),
        "credentials in the address": (
            {"tenant_url": "https://anna:pass-word-1@acme.eu.qlikcloud.com"},
            "tenant_url has credentials in it: leave them out, and use api_key, or an OAuth client.",
        ),
        "http": (
            {"tenant_url": "http://acme.eu.qlikcloud.com"},
            "tenant_url begins with http, so that anybody on the way could read the secrets: use https.",
        ),
        "unknown host": (
            {"tenant_url": "https://tenant.invalid"},
            "The host of https://tenant.invalid is not known. Check tenant_url, and the network's DNS.",
        ),
        "nobody listens": (
            {"tenant_url": "https://127.0.0.1:1"},
            "https://127.0.0.1:1 refuses connections. Check tenant_url, and whether a proxy is needed.",
        ),
        "certificate not trusted": (
            {"ca_path": "{{ omit }}"},
            f"The TLS certificate of {simulator.url} is not trusted (unable to get local issuer certificate). Check"
            " tenant_url; if a company's or a test's own CA has signed it, name the file of that CA's certificate in"
            " ca_path.",
        ),
        "certificate of another host": (
            {"tenant_url": simulator.url.replace("127.0.0.1", "127.0.0.9")},
            None,
        ),
        "CA missing": (
            {"ca_path": "/nowhere/ca.pem"},
            "ca_path: cannot read /nowhere/ca.pem: No such file or directory. Give the path of something that exists.",
        ),
        "CA no certificate": (
            {"ca_path": "/etc/hostname"},
            "ca_path: /etc/hostname holds no certificate in PEM form: name the CA's file.",
        ),
        "no credentials": (
            CREDENTIALS,
            "Credentials for the tenant are missing: give api_key, or client_id and client_secret, or set"
            " QSCLOUD_API_KEY, or both of QSCLOUD_CLIENT_ID and QSCLOUD_CLIENT_SECRET together with QSCLOUD_TENANT_URL"
            " in the environment.",
        ),
        "half an OAuth client": (
            {**CREDENTIALS, "client_id": "abc"},
            "client_secret is missing: an OAuth client needs both its id and its secret.",
        ),
        "two credentials": (
            {"client_id": "abc", "client_secret": "defdefdef"},
            "api_key and an OAuth client (client_id, client_secret) are both given: leave one out.",
        ),
        "wrong API key": (
            {"api_key": "not-the-api-key"},
            "...HTTP 401, ...Check the API key, or the OAuth client: ...",
        ),
        "no tenant admin": (
            {"api_key": simulator.user_api_key},
            "...HTTP 403, ...The credentials need the role of a tenant admin, ...",
        ),
        "no time": ({"timeout": 0}, "timeout is 0: give a number of seconds from 1 on."),
        "empty issuer": ({"issuer": " "}, "issuer is empty: give the value that the tokens have."),
        "empty key id": ({"key_id": ""}, "key_id is empty: give the value that the tokens have."),
        "negative tolerance": (
            {"clock_tolerance": -1},
            "clock_tolerance is -1: give a number of seconds from 0 on.",
        ),
        "no key": (
            {"public_key_content": "{{ omit }}"},
            "state is present but any of the following are missing: certificate_path, certificate_content,"
            " public_key_path, public_key_content",
        ),
        "a private key": ({"public_key_content": pair.private_pem.decode()}, "public_key_content...private key..."),
        "garbage": ({"public_key_content": "garbage"}, "public_key_content..."),
        "certificates to compare without one": (
            {"compare": "certificate"},
            "compare is certificate, but only a public key is given: give the certificate.",
        ),
        "absent without a key id": (
            {"state": "absent", "public_key_content": "{{ omit }}"},
            "key_id is missing: give it, or the certificate that it belongs to.",
        ),
    }


def assert_refused(result, message):
    assert result["failed"] is True and result["changed"] is False
    text = result["msg"]
    if message is not None:
        pattern = re.escape(message).replace(r"\.\.\.", ".*")
        assert re.fullmatch(pattern, text), f"{text}\n  instead of\n{message}"
    assert NEVER_OFF not in text and "Traceback" not in json.dumps(result) and "\n" not in text


def test_bad_input_of_an_identity_provider(run_playbook, simulator, mode, pair):
    asked = cases(simulator, pair)
    good = {
        "tenant_url": simulator.url,
        "ca_path": simulator.ca_path,
        "api_key": simulator.api_key,
        "issuer": ISSUER,
        "public_key_content": pem_of(pair.public_key),
    }
    results, output = answers(
        run_playbook, mode, "qscloud_identity_provider", [{**good, **options} for options, dummy in asked.values()]
    )
    assert "pass-word-1" not in output and simulator.api_key not in output
    for result, (dummy, message) in zip(results, asked.values(), strict=True):
        assert_refused(result, message)
    assert simulator.jwt_providers() == []


UNKNOWN_TOKEN = "Its claims are in order. So it may have been used before, ..."
LOGIN_CASES = {
    "expired": ({"iat": 1000, "nbf": 1000, "exp": 2000}, "SIMULATED-EXP", "...expired..."),
    "not yet valid": ({"nbf": 4102444800, "exp": 4102444860}, "SIMULATED-NBF", "...valid only in...wait..."),
    "longer than an hour": ("long", "SIMULATED-LIFETIME", "...3600..."),
    "without nbf": ({"nbf": ...}, "INTERNAL-TOKEN-1", "...nbf..."),
    "without jti": ({"jti": ...}, "INTERNAL-TOKEN-1", "...jti..."),
    "without email": ({"email": ...}, "INTERNAL-TOKEN-1", "...email..."),
    "for somebody else": ({"aud": "somebody"}, "SIMULATED-AUD", "...aud..."),
    "of another issuer": ({"iss": "another"}, "SIMULATED-PROVIDER", UNKNOWN_TOKEN),
    "signed by another key": ("other", "SIMULATED-SIGNATURE", UNKNOWN_TOKEN),
    "used before": ("used", "SIMULATED-JTI", UNKNOWN_TOKEN),
}


def test_tokens_that_are_refused(run_playbook, simulator, client, pair, other_pair, mode):
    client.create(provider_body(pair))
    used = token(pair)
    assert client.login(used).status_code == 200
    now = int(time.time())
    special = {
        "long": token(pair, nbf=now, exp=now + 3601),
        "other": token(other_pair),
        "used": used,
    }
    signed = [special[how] if isinstance(how, str) else token(pair, **how) for how, *dummy in LOGIN_CASES.values()]
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path}
    results, output = answers(
        run_playbook,
        mode,
        "qscloud_session",
        [{**options, "token": one} for one in (*signed, "garbage", ".".join(used.split(".")[:2]), "")],
    )
    for result, (dummy, code, advice) in zip(results, LOGIN_CASES.values()):
        answer, traced, advised = result["msg"].partition("). ")
        assert f", {code}, " in answer and "(traceId " in answer, result["msg"]
        assert re.fullmatch(re.escape(advice).replace(r"\.\.\.", ".*"), advised, re.IGNORECASE), result["msg"]
    for result in results[len(LOGIN_CASES) :]:
        assert result["failed"] and "token" in result["msg"] and "HTTP" not in result["msg"]
    assert not any(one in output for one in signed)


def test_a_tenant_that_does_not_exist(run_module, simulator, pair):
    error = {"title": "No authentication configured for this hostname", "code": "LOGIN-2", "status": "401"}
    simulator.faults({"kind": "status", "value": 401, "body": {"errors": [error]}})
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path, "token": token(pair)}
    assert run_module("qscloud_session", options)["msg"].endswith(
        "LOGIN-2, No authentication configured for this hostname. There is no tenant of this name: check tenant_url."
    )


def test_a_login_whose_answer_is_lost(run_module, simulator, client, pair):
    client.create(provider_body(pair))
    simulator.faults({"kind": "lost_answer", "method": "POST"})
    options = {"tenant_url": simulator.url, "ca_path": simulator.ca_path, "token": token(pair)}
    message = run_module("qscloud_session", options)["msg"]
    assert message.endswith("The token may be spent, so it is not used again: sign a fresh token and run again.")
    assert len([one for one in simulator.recorded() if one["path"] == LOGIN]) == 1
