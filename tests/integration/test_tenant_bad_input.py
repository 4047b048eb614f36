# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that speak to a tenant answer to bad input and refused tokens, in both ways to run."""

from __future__ import annotations

import json
import re
import time

import own_tenants
import pytest
from own_tenants import lasting_token, pem_of
from shared_run import task
from tenant_client import ISSUER, LOGIN, provider_body, token

SUBJECTS = ("bad input", "logins", "no tenant", "lost answer")
NEVER_OFF = "validate_certs"
ADDRESS = "write it as https://acme.eu.qlikcloud.com."
CREDENTIALS = {"api_key": "{{ omit }}"}
# By name: the options that are wrong, and what the user is told; see filled() for what stands in angle brackets.
CASES = {
    "no scheme": ({"tenant_url": "acme.eu.qlikcloud.com"}, "tenant_url is not a URL with a scheme: " + ADDRESS),
    "a path": (
        {"tenant_url": "<url>/console"},
        "tenant_url contains more than the tenant's host: leave out the path, and " + ADDRESS,
    ),
    "credentials in the address": (
        {"tenant_url": "https://anna:pass-word-1@acme.eu.qlikcloud.com"},
        "tenant_url contains credentials: remove them, and use api_key or an OAuth client.",
    ),
    "http": (
        {"tenant_url": "http://acme.eu.qlikcloud.com"},
        "tenant_url uses http, so anyone on the network could read the secrets: use https.",
    ),
    "unknown host": (
        {"tenant_url": "https://tenant.invalid"},
        "The host of https://tenant.invalid cannot be resolved. Check tenant_url and the DNS.",
    ),
    "nobody listens": (
        {"tenant_url": "https://127.0.0.1:1"},
        "https://127.0.0.1:1 refuses connections. Check tenant_url, and whether a proxy is needed.",
    ),
    "certificate not trusted": (
        {"ca_path": "{{ omit }}"},
        "The TLS certificate of <url> is not trusted (unable to get local issuer certificate). Check"
        " tenant_url. If a private CA issued the certificate, set ca_path to the file of the CA certificate.",
    ),
    "certificate of another host": (
        {"tenant_url": "<another url>"},
        None,
    ),
    "CA missing": (
        {"ca_path": "/nowhere/ca.pem"},
        "ca_path: cannot read /nowhere/ca.pem: No such file or directory. Specify an existing path.",
    ),
    "CA no certificate": (
        {"ca_path": "/etc/hostname"},
        "ca_path: /etc/hostname contains no certificate in PEM format: specify the file of the CA certificate.",
    ),
    "no credentials": (
        CREDENTIALS,
        "Credentials for the tenant are missing: set api_key, or client_id with client_secret or client_private_key_path."
        " Or set QSCLOUD_API_KEY, or QSCLOUD_CLIENT_ID with QSCLOUD_CLIENT_SECRET or QSCLOUD_CLIENT_PRIVATE_KEY_PATH,"
        " together with QSCLOUD_TENANT_URL in the environment.",
    ),
    "half an OAuth client": (
        {**CREDENTIALS, "client_id": "abc"},
        "client_secret is missing: an OAuth client needs its id, and its secret or private key.",
    ),
    "two credentials": (
        {"client_id": "abc", "client_secret": "defdefdef"},
        "api_key and an OAuth client (client_id, client_secret) are both set: leave one out.",
    ),
    "wrong API key": (
        {"api_key": "not-the-api-key"},
        "...HTTP 401, ...The API key must belong to this tenant and still be valid, ...",
    ),
    "no tenant admin": (
        {"api_key": "<user_api_key>"},
        "...HTTP 403, ...The credentials may lack the tenant admin role, ...An IP policy ...",
    ),
    "no time": ({"timeout": 0}, "timeout is 0: it must be at least 1 second."),
    "empty issuer": ({"issuer": " "}, "issuer is empty: specify a value, or leave the option out..."),
    "empty key id": ({"key_id": ""}, "key_id is empty: specify a value, or leave the option out..."),
    "issuer with a line break": (
        {"issuer": f"{ISSUER}\n"},
        "issuer ends with a line break: remove it, for example with '| trim'.",
    ),
    "key id with a byte order mark": (
        {"key_id": "\ufeffmy-key-id"},
        "key_id begins with the invisible character U+FEFF: remove it.",
    ),
    "absent with a blank": (
        {"state": "absent", "key_id": "my-key-id "},
        "key_id ends with a blank: remove it, for example with '| trim'.",
    ),
    "negative tolerance": (
        {"clock_tolerance": -1},
        "clock_tolerance is -1: it must be 0 or more seconds.",
    ),
    "no key": (
        {"public_key_content": "{{ omit }}"},
        "certificate_path is missing: specify the certificate in it or in certificate_content, or the public key in"
        " public_key_path or public_key_content.",
    ),
    "a private key": ({"public_key_content": "<private key>"}, "public_key_content...private key..."),
    "garbage": ({"public_key_content": "garbage"}, "public_key_content..."),
    "certificates to compare without one": (
        {"compare": "certificate"},
        "compare is certificate, but only a public key is specified: specify the certificate.",
    ),
    "absent without a key id": (
        {"state": "absent", "public_key_content": "{{ omit }}"},
        "key_id is missing: set it, or specify the certificate that it belongs to.",
    ),
}

UNKNOWN_TOKEN = "The claims of the token are valid. It may have been used before, ..."
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
NO_TOKENS = ("garbage", "cut off", "empty")
# By name: what stands around a token that is accepted.
WRAPPED = {"prefix": "Bearer {}", "quotes": '"{}"', "both": "'Bearer {}'\n"}


@pytest.fixture(scope="module")
def running_tenants():
    with own_tenants.running(SUBJECTS) as started:
        yield started


@pytest.fixture(scope="module")
def tenants(running_tenants, mode):
    """The tenants by subject, as if they were new."""
    running_tenants["logins"].region.reset()
    return running_tenants


def filled(text, tenant, pair):
    """A text of CASES with what is known only when the tests run."""
    values = {
        "<url>": tenant.url,
        "<another url>": tenant.url.replace("127.0.0.", "127.0.9."),
        "<user_api_key>": tenant.region.user_api_key,
        "<private key>": pair.private_pem.decode(),
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def bad_input(tenant, pair):
    good = {**tenant.connection, "issuer": ISSUER, "public_key_content": pem_of(pair.public_key)}
    tasks = []
    for name, (options, _message) in CASES.items():
        wrong = {
            option: filled(value, tenant, pair) if isinstance(value, str) else value
            for option, value in options.items()
        }
        tasks.append(task(f"bad {name}", "qscloud_identity_provider", {**good, **wrong}))
    return tasks


def logins(tenant, pair, signed):
    tenant.client.create(provider_body(pair))
    assert tenant.client.login(signed["used before"]).status_code == 200
    garbage = dict(zip(NO_TOKENS, ("garbage", ".".join(signed["used before"].split(".")[:2]), ""), strict=True))
    wrapped = {name: around.format(lasting_token(pair)) for name, around in WRAPPED.items()}
    return [
        task(f"login {name}", "qscloud_session", {**tenant.public, "token": one})
        for name, one in (signed | garbage | wrapped).items()
    ]


def no_tenant(tenant, pair):
    error = {"title": "No authentication configured for this hostname", "code": "LOGIN-2", "status": "401"}
    tenant.region.faults({"kind": "status", "value": 401, "body": {"errors": [error]}}, url=tenant.url)
    return [task("no tenant", "qscloud_session", {**tenant.public, "token": lasting_token(pair)})]


def lost_answer(tenant, pair):
    tenant.client.create(provider_body(pair))
    tenant.region.faults({"kind": "lost_answer", "method": "POST"}, url=tenant.url)
    return [task("lost answer", "qscloud_session", {**tenant.public, "token": lasting_token(pair)})]


@pytest.fixture(scope="module")
def login_tokens(pair, other_pair):
    """The tokens that are refused, by the name of their case."""
    now = int(time.time())
    special = {
        "long": token(pair, nbf=now, exp=now + 3601),
        "other": lasting_token(other_pair),
        "used": lasting_token(pair),
    }
    return {
        name: special[how] if isinstance(how, str) else lasting_token(pair, **how)
        for name, (how, *_rest) in LOGIN_CASES.items()
    }


@pytest.fixture(scope="module")
def together(run_together, tenants, pair, login_tokens):
    tasks = [
        *bad_input(tenants["bad input"], pair),
        *logins(tenants["logins"], pair, login_tokens),
        *no_tenant(tenants["no tenant"], pair),
        *lost_answer(tenants["lost answer"], pair),
    ]
    return run_together(tasks, "-vvv")


@pytest.fixture(scope="module")
def answers(together):
    return together.results


def assert_refused(result, message):
    assert result["failed"] is True and result["changed"] is False
    text = result["msg"]
    if message is not None:
        pattern = re.escape(message).replace(r"\.\.\.", ".*")
        assert re.fullmatch(pattern, text), f"{text}\n  instead of\n{message}"
    assert NEVER_OFF not in text and "Traceback" not in json.dumps(result) and "\n" not in text


@pytest.mark.parametrize("name", CASES)
def test_bad_input_of_an_identity_provider(answers, tenants, pair, name):
    tenant = tenants["bad input"]
    message = CASES[name][1]
    assert_refused(answers[f"bad {name}"], message and filled(message, tenant, pair))


def test_bad_input_changes_and_tells_nothing(together, tenants):
    tenant = tenants["bad input"]
    assert "pass-word-1" not in together.run.output and tenant.region.api_key not in together.run.output
    assert tenant.region.jwt_providers(tenant.url) == []


@pytest.mark.parametrize("name", LOGIN_CASES)
def test_tokens_that_are_refused(answers, name):
    _how, code, advice = LOGIN_CASES[name]
    message = answers[f"login {name}"]["msg"]
    answer, _traced, advised = message.partition("). ")
    assert f", {code}, " in answer and "(traceId " in answer, message
    assert re.fullmatch(re.escape(advice).replace(r"\.\.\.", ".*"), advised, re.IGNORECASE), message


@pytest.mark.parametrize("name", NO_TOKENS)
def test_what_is_no_token_is_not_sent(answers, name):
    result = answers[f"login {name}"]
    assert result["failed"] and "token" in result["msg"] and "HTTP" not in result["msg"]


@pytest.mark.parametrize("name", WRAPPED)
def test_what_stands_around_a_token_is_not_sent(answers, name):
    assert answers[f"login {name}"]["user"]["email"] == "anna@grusgrus.com", answers[f"login {name}"]


def test_tokens_that_are_refused_stay_secret(together, login_tokens):
    assert not any(one in together.run.output for one in login_tokens.values())
    # Nor is any other, whatever stands around it.
    assert not re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{40}", together.run.output)


def test_a_tenant_that_does_not_exist(answers):
    assert answers["no tenant"]["msg"].endswith(
        "LOGIN-2, No authentication configured for this hostname. There is no tenant with this name: check tenant_url."
    )


def test_a_login_whose_answer_is_lost(answers, tenants):
    message = answers["lost answer"]["msg"]
    assert message.endswith("The token may be used up and is not sent again: sign a new token and run again.")
    assert len([one for one in tenants["lost answer"].state()["requests"] if one["path"] == LOGIN]) == 1
