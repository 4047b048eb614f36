# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each refusal of a tenant, and of what stands before it: what the modules say is what the guide explains."""

from __future__ import annotations

import re
import time
import typing as t

import documented
import own_tenants
import pytest
from joserfc import jwk
from own_tenants import pem_of
from shared_run import task
from tenant_client import ISSUER, KEY_ID, LOGIN, PROVIDERS, provider_body, public_jwk, token

GUIDE = "docs/docsite/rst/guide_troubleshooting.rst"
ALL_EXPLAINED = documented.explained_sentences(GUIDE, "What the collection says")
EXPLAINED = documented.explained_sentences(GUIDE, "About a request that is refused")
NOT_ALLOWED = {"errors": [{"title": "Authorization Required", "code": "HTTP-401", "status": "401"}]}
NO_TENANT = {"errors": [{"title": "No authentication configured for this hostname", "code": "LOGIN-2"}]}
NEW_CLAIM = {"errors": [{"title": "Invalid token request", "code": "INTERNAL-TOKEN-1", "status": "400"}]}


class Case(t.NamedTuple):
    """What is done to a tenant, and what is sent to it.

    :param answer: what the message has of the answer.
    :param said: the beginnings of the sentences that the guide has to explain, and of no others.
    """

    answer: str
    said: tuple[str, ...]
    switches: dict[str, t.Any] = {}
    faults: tuple[dict[str, t.Any], ...] = ()
    claims: dict[str, t.Any] = {}
    header: dict[str, t.Any] = {}
    options: dict[str, t.Any] = {}


def page(status: int, **keywords: t.Any) -> tuple[dict[str, t.Any], ...]:
    return ({"kind": "html", "value": status, **keywords},)


def mock(status: int, body: t.Any = None, **keywords: t.Any) -> tuple[dict[str, t.Any], ...]:
    return ({"kind": "status", "value": status, "body": body, **keywords},)


IP_POLICY = "An IP policy of the tenant may also"
FOREIGN = "The answer is not a JSON object"
VALID = "The claims of the token are valid."
LATER = "Try again later; "
CLOCK = "This machine's clock is 28800 seconds"
USED_UP = "The token was accepted and is used up"
PERHAPS_USED_UP = "The token may be used up"
REDIRECTED = "Check tenant_jwt_url: it must be"
ELSEWHERE = {"kind": "redirect", "value": "https://proxy.example.com/"}

LOGINS = {
    "no member": Case("HTTP 403, AUTH-5, ", ("The user is not a member",), {"sourced_refusal": "AUTH-5"}),
    "several users": Case("HTTP 400, LOGIN-12, ", ("Several active users",), {"sourced_refusal": "LOGIN-12"}),
    "invitation": Case(
        "HTTP 403, USER_INVITE_EXPIRED, ", ("The user's invitation",), {"sourced_refusal": "USER_INVITE_EXPIRED"}
    ),
    "no tenant": Case("HTTP 401, LOGIN-2", ("There is no tenant with this name",), faults=mock(401, NO_TENANT)),
    "clock behind": Case("SIMULATED-EXP", (CLOCK,), {"clock_offset_s": 28800}),
    "clock ahead": Case("SIMULATED-NBF", (CLOCK,), {"clock_offset_s": -28800}),
    "expired": Case("SIMULATED-EXP", ("The token expired",), claims={"nbf": -600, "exp": -540}),
    "early": Case("SIMULATED-NBF", ("The token becomes valid only",), claims={"nbf": 3000, "exp": 3600}),
    "long": Case("SIMULATED-LIFETIME", ("The token is valid for",), claims={"exp": 7200}),
    "a claim is missing": Case("INTERNAL-TOKEN-1", ("The token lacks nbf",), claims={"nbf": ...}),
    "another claim": Case("INTERNAL-TOKEN-1", ("The answer says what",), faults=mock(400, NEW_CLAIM)),
    "algorithm": Case("SIMULATED-ALG", ("The algorithm (alg)",), header={"alg": "RS512"}),
    "type": Case("SIMULATED-TYP", ("The type (typ)",), header={"typ": "at+jwt"}),
    "no key id": Case("SIMULATED-KID", ("The header lacks the key id",), header={"kid": ...}),
    "audience": Case("SIMULATED-AUD", ("The audience is not",), claims={"aud": "another"}),
    "subject type": Case("SIMULATED-SUBTYPE", ("The subject type (subType) is not user",), claims={"subType": "group"}),
    "empty name": Case("SIMULATED-TEXT", ("name must be",), claims={"name": ""}),
    "time": Case("SIMULATED-TIME", ("iat must be",), claims={"iat": "now"}),
    "verified": Case("SIMULATED-EMAIL-VERIFIED", ("email_verified must be",), claims={"email_verified": "true"}),
    "groups": Case("SIMULATED-GROUPS", ("groups must be",), claims={"groups": "group1"}),
    "issuer": Case("SIMULATED-PROVIDER", (VALID,), claims={"iss": "another"}),
    "key id": Case("SIMULATED-PROVIDER", (VALID,), header={"kid": "another"}),
    "not ready": Case("SIMULATED-NOT-READY", (VALID,), {"provider_delay_s": 600}),
    "forbidden": Case("SIMULATED-PROVIDER", (VALID, IP_POLICY), {"refusal_status": "403"}, claims={"iss": "another"}),
    "page 400": Case("HTTP 400.", (FOREIGN,), faults=page(400)),
    "page 401": Case("HTTP 401.", (FOREIGN,), {"clock_offset_s": 28800}, page(401)),
    "page 403": Case("HTTP 403.", (FOREIGN, IP_POLICY), faults=page(403)),
    "page 407": Case("HTTP 407.", (FOREIGN,), faults=page(407)),
    "page 503": Case("HTTP 503.", (FOREIGN, PERHAPS_USED_UP), faults=page(503)),
    "error": Case("SIMULATED-FAULT", (LATER,), faults=mock(500)),
    "gone": Case("SIMULATED-FAULT", (LATER, PERHAPS_USED_UP), faults=mock(503)),
    "elsewhere": Case("HTTP 302.", (REDIRECTED,), faults=({**ELSEWHERE, "path": LOGIN},)),
    "no session": Case("SIMULATED-FAULT", (USED_UP,), faults=mock(401, path="/api/v1/users/me")),
    "page for a session": Case("HTTP 403.", (FOREIGN, IP_POLICY, USED_UP), faults=page(403, path="/api/v1/users/me")),
}

CHECK_OPTIONS = "Check the options that this task"
API_KEY = "The API key must belong"
CLIENT = "tenant_jwt_client_id and tenant_jwt_client_secret must be"
KEY = ("The OAuth client in tenant_jwt_client_id must have", "tenant_jwt_client_id must be")
ROLE = "The credentials may lack"
NO_API_KEY = {"api_key": "{{ omit }}"}
WITH_KEY = {**NO_API_KEY, "client_id": "<client_id>", "client_private_key_content": "<private_key>"}
WITH_BLANK = {"key_id": "a b"}
CALLS = {
    "API key": Case("SIMULATED-CREDENTIAL", (API_KEY,), options={"api_key": "not-the-api-key"}),
    "API key without permission": Case("Authorization Required", (API_KEY,), faults=mock(401, NOT_ALLOWED)),
    "client": Case("SIMULATED-CLIENT", (CLIENT,), options={**NO_API_KEY, "client_id": "a", "client_secret": "b"}),
    "client with a key": Case("SIMULATED-KID", KEY, options={**WITH_KEY, "client_key_id": "another"}),
    "client with a key, clock ahead": Case("SIMULATED-IAT", (CLOCK,), {"clock_offset_s": -28800}, options=WITH_KEY),
    "role": Case("SIMULATED-ROLE", (ROLE, IP_POLICY), options={"api_key": "<user_api_key>"}),
    "tenant ids": Case("SIMULATED-TENANT-IDS", (ROLE, IP_POLICY), options={"tenant_ids": ["another"]}),
    "key id": Case("KID-CHARACTERS", (CHECK_OPTIONS,), {"kid_characters": "url_safe"}, options=WITH_BLANK),
    "gone": Case("HTTP 404, ", ("The object no longer exists",), faults=mock(404)),
    "changed": Case("HTTP 412, ", ("The object was changed",), faults=mock(412)),
    "limit": Case("HTTP 429, HTTP-429", ("Run again later, or",), faults=mock(429, retry_after=400)),
    "error": Case("HTTP 500, ", (LATER,), faults=mock(500)),
    "page 401": Case("HTTP 401.", (FOREIGN,), faults=page(401)),
    "page 403": Case("HTTP 403.", (FOREIGN, IP_POLICY), faults=page(403)),
    "page 404": Case("HTTP 404.", (FOREIGN,), faults=page(404)),
    "page 407": Case("HTTP 407.", (FOREIGN,), faults=page(407)),
    "page 500": Case("HTTP 500.", (FOREIGN,), faults=page(500)),
    "page 502": Case("HTTP 502.", (FOREIGN,), faults=page(502, method="POST", path=PROVIDERS, times=None)),
    "elsewhere": Case("refers GET to another address", (REDIRECTED,), faults=(ELSEWHERE,)),
}
NAMES = [*(f"login: {name}" for name in LOGINS), *(f"call: {name}" for name in CALLS)]


@pytest.fixture(scope="module")
def running_tenants():
    with own_tenants.running(NAMES) as started:
        yield started


def moved(claims: dict[str, t.Any]) -> dict[str, t.Any]:
    """Claims whose times are given in seconds from now."""
    now = int(time.time())
    return {name: now + value if isinstance(value, int) else value for name, value in claims.items()}


def login(tenant, pair, name, case):
    tenant.client.create(provider_body(pair))
    tenant.region.switches(tenant.url, **case.switches)
    tenant.region.faults(*case.faults, url=tenant.url)
    signed = token(pair, case.header, **moved({"iat": 0, "nbf": -10, "exp": 3000, **case.claims}))
    return task(name, "qscloud_session", {**tenant.public, "token": signed})


def call(tenant, pair, name, case):
    tenant.region.switches(tenant.url, **case.switches)
    tenant.region.faults(*case.faults, url=tenant.url)
    options = {"issuer": ISSUER, "key_id": KEY_ID, "certificate_content": pem_of(pair.certificate), **case.options}
    if options.get("api_key") == "<user_api_key>":
        options["api_key"] = tenant.region.user_api_key
    if options.get("client_id") == "<client_id>":
        key = public_jwk(pair, jwk.RSAKey.import_key(pair.private_pem).thumbprint())
        changes = {"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [key]}
        (added,) = tenant.region.add_clients(changes, url=tenant.url)
        options |= {"client_id": added["clientId"], "client_private_key_content": pair.private_pem.decode()}
    return task(name, "qscloud_identity_provider", {**tenant.connection, **options})


@pytest.fixture(scope="module")
def answers(run_together, running_tenants, mode, pair):
    running_tenants[NAMES[0]].region.reset()
    tasks = [login(running_tenants[f"login: {name}"], pair, f"login: {name}", case) for name, case in LOGINS.items()]
    tasks += [call(running_tenants[f"call: {name}"], pair, f"call: {name}", case) for name, case in CALLS.items()]
    return run_together(tasks).results


def case_of(name: str) -> Case:
    kind, _separator, rest = name.partition(": ")
    return {"login": LOGINS, "call": CALLS}[kind][rest]


def explained(message: str) -> list[str]:
    """The sentences of the guide that a message has, with other values in them."""
    return [one for one in ALL_EXPLAINED if any(re.search(said, message) for said in documented.patterns_of(one))]


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_explains_what_is_said(answers, name):
    case, message = case_of(name), answers[name]["msg"]
    assert answers[name]["failed"] and case.answer in message, message
    found = explained(message)
    assert len(found) == len(case.said) and all(any(one.startswith(said) for one in found) for said in case.said), (
        f"{message}\n has in the guide: {found}"
    )


def test_what_the_guide_explains_is_said(answers):
    found = {sentence for name in NAMES for sentence in explained(answers[name]["msg"])}
    # A proxy that refuses to connect is in the tests of the API.
    assert [one for one in EXPLAINED if one not in found and not one.startswith("Check the proxy in")] == []
