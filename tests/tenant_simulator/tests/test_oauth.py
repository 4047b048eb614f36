# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated tenant does with OAuth clients, their assertions and their access tokens."""

from __future__ import annotations

import json
import time
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jws
from tenant_client import CLIENTS, IMPERSONATION, KEY_ID, Pair, assertion, client_body, public_jwk, refusal

ORDINARY = {"field": "subject", "value": "auth0|ordinary"}


@pytest.fixture
def machine(client, pair):
    """A client with a key, as it was created."""
    return created(client, client_body(pair))


def created(client, body):
    """Create a client, and return it."""
    answer = client.request("POST", CLIENTS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def patched(client, id_, *operations):
    """Patch a client, with operations as ``(op, name, value)``."""
    patch = [{"op": op, "path": f"/{name}", "value": value} for op, name, value in operations]
    return client.request("PATCH", f"{CLIENTS}/{id_}", json=patch)


def who(client, answer):
    """The user of an access token."""
    assert answer.status_code == 200, answer.text
    return client.request("GET", "/api/v1/users/me", bearer=answer.json()["access_token"]).json()


# ---- Clients


def test_life_of_a_client(client, pair, other_pair):
    body = client_body(pair, description="Nightly", redirectUris=["https://app.example.com/callback"])
    document = created(client, body)
    assert {name: document[name] for name in body} == body
    assert document["connectionConfig"] == {"consentMethod": "required"} and "clientSecret" not in document
    path = f"{CLIENTS}/{document['clientId']}"
    assert client.request("GET", path).json() == document
    assert client.request("GET", CLIENTS).json()["data"] == [document]

    keys = [public_jwk(pair), public_jwk(other_pair, "key-2")]
    answer = patched(
        client,
        document["clientId"],
        ("replace", "publicKeys", keys),
        ("add", "clientUri", "https://app.example.com"),
        ("remove", "description", None),
    )
    assert (answer.status_code, answer.content) == (204, b"")
    read = client.request("GET", path).json()
    changed = {"publicKeys": keys, "clientUri": "https://app.example.com", "updatedAt": read["updatedAt"]}
    assert read == {name: one for name, one in {**document, **changed}.items() if name != "description"}

    config = f"{path}/connection-configs/me"
    trust = [{"op": "replace", "path": "/consentMethod", "value": "trusted"}]
    assert client.request("PATCH", config, json=trust).status_code == 204
    assert client.request("GET", config).json() == {"consentMethod": "trusted"}
    answer = client.request("POST", f"{path}/actions/publish")
    assert answer.status_code == 201
    assert client.request("GET", path).json()["publishedAt"] == answer.json()["publishedAt"]

    assert client.request("DELETE", path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert refusal(client.request(method, path, json=trust)) == (404, "ID")
    assert refusal(client.access_token_by_key(pair, document["clientId"])) == (401, "CLIENT")


def test_list(client, simulator):
    names = ["b", "c", "a", "c"]
    added = simulator.add_clients(*({"clientName": name} for name in names))
    ids = [one["clientId"] for one in added]
    tenant_id = simulator.state()["tenant_id"]

    def listed(query):
        return client.request("GET", f"{CLIENTS}?{urllib.parse.urlencode(query)}").json()

    def shown(query):
        return [one["clientId"] for one in listed(query)["data"]]

    for text, wanted in {
        'clientName eq "c"': [ids[1], ids[3]],
        f'clientName eq "c" and clientId eq "{ids[3]}"': [ids[3]],
        'appType eq "web" and createdByType eq "user"': ids,
        f'tenantId eq "{tenant_id}"': ids,
        'tenantId eq "another"': [],
    }.items():
        assert shown({"filter": text}) == wanted, text
    assert listed({"filter": 'clientName eq "c"', "totalResults": "true"})["totalResults"] == 2
    assert "totalResults" not in listed({"filter": 'clientName eq "c"'})
    assert [one["clientName"] for one in listed({"sort": "+clientName"})["data"]] == ["a", "b", "c", "c"]
    assert shown({"sort": "-clientId"}) == sorted(ids, reverse=True)

    page = listed({"sort": "-clientName", "limit": 3})
    assert [one["clientName"] for one in page["data"]] == ["c", "c", "b"]
    following = page["links"]["next"]["href"].removeprefix(client.url)
    assert [one["clientName"] for one in client.request("GET", following).json()["data"]] == ["a"]


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"filter": 'clientName co "c"'}, "FILTER-OPERATOR"),
        ({"filter": 'description eq "c"'}, "FILTER-OPERATOR"),
        ({"filter": "clientName"}, "FILTER"),
        ({"sort": "clientName"}, "SORT"),
        ({"sort": "+description"}, "SORT"),
        ({"limit": "101"}, "LIMIT"),
    ],
)
def test_list_that_is_refused(client, query, rule):
    assert refusal(client.request("GET", f"{CLIENTS}?{urllib.parse.urlencode(query)}")) == (400, rule)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"clientName": ...}, "REQUIRED"),
        ({"clientName": ""}, "REQUIRED"),
        ({"appType": ...}, "REQUIRED"),
        ({"appType": "machine"}, "REQUIRED"),
        ({"secret": "mine"}, "UNKNOWN"),
        ({"clientSecret": "mine"}, "UNKNOWN"),
        ({"description": 1}, "TYPE"),
        ({"allowedScopes": "user_default"}, "TYPE"),
        ({"allowedScopes": ["everything"]}, "ALLOWEDSCOPES"),
        ({"allowedGrantTypes": ["authorization_code"]}, "ALLOWEDGRANTTYPES"),
        ({"allowedAuthMethods": ["client_secret_basic"]}, "ALLOWEDAUTHMETHODS"),
        ({"appType": "spa"}, "GRANT-TYPES"),
        ({"allowedOrigins": ["https://app.example.com"]}, "ORIGINS"),
        ({"connectionConfig": {"consentMethod": "required"}}, "CONSENT"),
        ({"publicKeys": ...}, "PUBLIC-KEYS"),
        ({"publicKeys": []}, "PUBLIC-KEYS"),
        ({"publicKeys": {}}, "TYPE"),
    ],
)
def test_client_that_is_refused(client, pair, changes, rule):
    assert refusal(client.request("POST", CLIENTS, json=client_body(pair, **changes))) == (400, rule)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"alg": ...}, "JWK-ALG"),
        ({"alg": "RS384"}, "JWK-ALG"),
        ({"alg": "ES384"}, "JWK-ALG"),
        ({"kid": ...}, "JWK-REQUIRED"),
        ({"kid": ""}, "JWK-REQUIRED"),
        ({"use": "enc"}, "JWK-REQUIRED"),
        ({"n": ...}, "JWK-MEMBERS"),
        ({"d": "AQAB"}, "JWK-MEMBERS"),
        ({"e": 65537}, "JWK"),
    ],
)
def test_jwk_that_is_refused(client, pair, changes, rule):
    body = client_body(pair, publicKeys=[public_jwk(pair, **changes)])
    assert refusal(client.request("POST", CLIENTS, json=body)) == (400, rule)


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_jwk_that_is_too_short(client):
    short = Pair.of(rsa.generate_private_key(65537, 1024))
    assert refusal(client.request("POST", CLIENTS, json=client_body(short))) == (400, "JWK-SIZE")


def test_two_jwks_of_one_id(client, pair, other_pair):
    body = client_body(pair, publicKeys=[public_jwk(pair), public_jwk(other_pair)])
    assert refusal(client.request("POST", CLIENTS, json=body)) == (400, "KID-TWICE")


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        ({"op": "test", "path": "/description", "value": "a"}, "PATCH-OP"),
        ({"op": "replace", "path": "/appType", "value": "spa"}, "PATCH-PATH"),
        ({"op": "replace", "path": "/publicKeys/0", "value": {}}, "PATCH-PATH"),
        ({"op": "replace", "path": "description", "value": "a"}, "PATCH-PATH"),
        ({"op": "replace", "path": "/description", "value": "a"}, "PATCH-TARGET"),
        ({"op": "remove", "path": "/description"}, "PATCH-TARGET"),
        ({"op": "add", "path": "/description"}, "PATCH-VALUE"),
        ({"op": "add", "path": "/description", "value": 1}, "TYPE"),
        ({"op": "remove", "path": "/clientName"}, "REQUIRED"),
        ({"op": "remove", "path": "/publicKeys"}, "PUBLIC-KEYS"),
        ({"op": "add", "path": "/allowedScopes", "value": ["everything"]}, "ALLOWEDSCOPES"),
    ],
)
def test_patch_that_is_refused(client, machine, operation, rule):
    path = f"{CLIENTS}/{machine['clientId']}"
    patch = [{"op": "add", "path": "/logoUri", "value": "https://example.com"}, operation]
    assert refusal(client.request("PATCH", path, json=patch)) == (400, rule)
    assert client.request("GET", path).json() == machine


def test_secret_is_shown_once(client, pair, simulator):
    document = created(client, client_body(pair, allowedAuthMethods=...))
    secret = document.pop("clientSecret")
    assert document["allowedAuthMethods"] == ["client_secret"]
    assert client.request("GET", f"{CLIENTS}/{document['clientId']}").json() == document
    assert secret not in json.dumps(simulator.state()) and secret in simulator.secrets()
    assert document["clientSecrets"][0]["hint"] == secret[:5]


def test_secret_that_comes_with_a_patch(client, machine, simulator):
    methods = ("replace", "allowedAuthMethods", ["private_key_jwt", "client_secret"])
    answer = patched(client, machine["clientId"], methods)
    assert answer.status_code == 202
    body = {"client_id": machine["clientId"], "grant_type": "client_credentials", **answer.json()}
    body["client_secret"] = body.pop("clientSecret")
    assert client.access_token(body).status_code == 200
    assert patched(client, machine["clientId"], methods).status_code == 204, "It has a secret."
    assert len(simulator.oauth_clients()[0]["clientSecrets"]) == 1


def test_public_clients_have_no_secret(client):
    for app_type in ("spa", "native", "anonymous-embed"):
        document = created(client, {"clientName": "Public", "appType": app_type, "allowedScopes": ["user_default"]})
        assert "clientSecret" not in document and "clientSecrets" not in document


# ---- Access tokens


def test_machine(client, pair, machine, simulator):
    answer = client.access_token_by_key(pair, machine["clientId"])
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 21600, "admin_classic user_default")
    user = who(client, answer)
    assert (user["subject"], user["name"]) == (f"qlikbot-{machine['clientId']}", "Machine")
    assert who(client, client.access_token_by_key(pair, machine["clientId"])) == user
    assert client.request("GET", CLIENTS, bearer=body["access_token"]).status_code == 200
    simulator.switches(clock_offset_s=21700)
    assert client.request("GET", CLIENTS, bearer=body["access_token"]).status_code == 401


def test_token_is_of_one_tenant(client, pair, machine, simulator):
    token = client.access_token_by_key(pair, machine["clientId"]).json()["access_token"]
    client.url = simulator.urls[1]
    assert client.request("GET", CLIENTS, bearer=token).status_code == 401
    assert refusal(client.access_token_by_key(pair, machine["clientId"])) == (401, "CLIENT")


@pytest.mark.parametrize("form", [True, False])
def test_impersonation(client, pair, machine, form):
    user = client.request("GET", "/api/v1/users/me").json()
    for lookup in ({"field": "subject", "value": user["subject"]}, {"field": "userId", "value": user["id"]}):
        fields = {"user_lookup": json.dumps(lookup) if form else lookup, "scope": "user_default"}
        answer = client.access_token_by_key(pair, machine["clientId"], form=form, grant_type=IMPERSONATION, **fields)
        assert answer.json()["scope"] == "user_default"
        assert who(client, answer) == user


def test_impersonated_user_has_only_own_rights(client, pair, machine):
    fields = {"grant_type": IMPERSONATION, "user_lookup": json.dumps(ORDINARY)}
    answer = client.access_token_by_key(pair, machine["clientId"], **fields)
    assert refusal(client.request("GET", CLIENTS, bearer=answer.json()["access_token"])) == (403, "ROLE")


@pytest.mark.parametrize("how", ["json", "form", "basic"])
def test_secret(client, simulator, how):
    (added,) = simulator.add_clients({})
    body = {"client_id": added["clientId"], "client_secret": added["clientSecret"]}
    keywords = {"form": how == "form"}
    if how == "basic":
        keywords["auth"], body = tuple(body.values()), {}
    answer = client.access_token({**body, "grant_type": "client_credentials"}, **keywords)
    assert who(client, answer)["subject"] == f"qlikbot-{added['clientId']}"


@pytest.mark.parametrize(
    ("header", "changes", "rule"),
    [
        ({"alg": "RS512"}, {}, "ALG"),
        ({"kid": ...}, {}, "KID"),
        ({"kid": "key-2"}, {}, "KID"),
        ({}, {"iss": "somebody"}, "CLIENT"),
        ({}, {"iss": ...}, "CLIENT"),
        ({}, {"sub": "somebody"}, "SUB"),
        ({}, {"sub": ...}, "CLAIM"),
        ({}, {"aud": "https://tenant.example.com/oauth/token"}, "AUD"),
        ({}, {"aud": ...}, "CLAIM"),
        ({}, {"jti": ...}, "CLAIM"),
        ({}, {"jti": "one"}, "JTI"),
        ({}, {"jti": 1}, "JTI"),
        ({}, {"iat": ...}, "CLAIM"),
        ({}, {"iat": "now"}, "TIME"),
        ({}, {"exp": ...}, "CLAIM"),
        ({}, {"exp": int(time.time()) + 3600}, "LIFETIME"),
        ({}, {"exp": 1}, "LIFETIME"),
        ({}, {"iat": int(time.time()) - 600, "exp": int(time.time()) - 300}, "EXP"),
        ({}, {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3700}, "IAT"),
    ],
)
def test_assertion_that_is_refused(client, pair, machine, header, changes, rule):
    signed = assertion(pair, machine["clientId"], client.url, header, **changes)
    assert refusal(client.access_token_by_key(pair, machine["clientId"], signed=signed)) == (401, rule)


def test_audience_without_slash(client, pair, machine):
    signed = assertion(pair, machine["clientId"], client.url, aud=f"{client.url}/oauth/token/")
    assert refusal(client.access_token_by_key(pair, machine["clientId"], signed=signed)) == (401, "AUD")


def test_assertion_is_good_once(client, pair, machine):
    signed = assertion(pair, machine["clientId"], client.url)
    assert client.access_token_by_key(pair, machine["clientId"], signed=signed).status_code == 200
    assert refusal(client.access_token_by_key(pair, machine["clientId"], signed=signed)) == (401, "REUSED")


def test_another_key(client, pair, other_pair, machine):
    assert refusal(client.access_token_by_key(other_pair, machine["clientId"])) == (401, "SIGNATURE")


def test_clock_of_the_tenant(client, pair, machine, simulator):
    simulator.switches(clock_offset_s=-60)
    assert refusal(client.access_token_by_key(pair, machine["clientId"])) == (401, "IAT")
    simulator.switches(clock_offset_s=400)
    assert refusal(client.access_token_by_key(pair, machine["clientId"])) == (401, "EXP")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_assertion_type": ...}, (400, "ASSERTION-TYPE")),
        ({"client_assertion": "no.jwt"}, (401, "ASSERTION")),
        ({"client_id": "another"}, (401, "CLIENT-ID")),
        ({"client_secret": "too"}, (400, "METHODS")),
        ({"grant_type": ...}, (400, "GRANT-TYPE")),
        ({"grant_type": "password"}, (400, "GRANT-TYPE")),
        ({"scope": "user_default apps"}, (400, "SCOPE")),
        ({"grant_type": IMPERSONATION}, (400, "USER-LOOKUP")),
        ({"grant_type": IMPERSONATION, "user_lookup": {"field": "email", "value": "a"}}, (400, "USER-LOOKUP")),
        ({"grant_type": IMPERSONATION, "user_lookup": {"field": "subject"}}, (400, "USER-LOOKUP")),
        ({"grant_type": IMPERSONATION, "user_lookup": {"field": "subject", "value": "nobody"}}, (401, "USER")),
    ],
)
def test_request_that_is_refused(client, pair, machine, fields, expected):
    assert refusal(client.access_token_by_key(pair, machine["clientId"], form=False, **fields)) == expected


@pytest.mark.parametrize(
    ("changes", "grant_type", "rule"),
    [
        ({"allowedAuthMethods": ["client_secret"]}, "client_credentials", "AUTH-METHOD"),
        ({"allowedGrantTypes": [IMPERSONATION]}, "client_credentials", "GRANT-TYPE"),
        ({"allowedGrantTypes": ["client_credentials"]}, IMPERSONATION, "GRANT-TYPE"),
    ],
)
def test_client_that_may_not(client, pair, changes, grant_type, rule):
    document = created(client, client_body(pair, **changes))
    fields = {"grant_type": grant_type, "user_lookup": ORDINARY}
    assert refusal(client.access_token_by_key(pair, document["clientId"], form=False, **fields)) == (401, rule)


@pytest.mark.parametrize("algorithm", ["RS512", "ES384"])
def test_other_algorithms(client, pair, algorithm):
    key = jwk.RSAKey.import_key(pair.private_pem) if algorithm == "RS512" else jwk.ECKey.generate_key("P-384")
    public = {**key.as_dict(private=False), "kid": KEY_ID, "alg": algorithm, "use": "sig"}
    document = created(client, client_body(pair, publicKeys=[public]))
    claims = jws.extract_compact(assertion(pair, document["clientId"], client.url).encode()).payload
    signed = jws.serialize_compact({"alg": algorithm, "kid": KEY_ID}, claims, key, algorithms=[algorithm])
    assert client.access_token_by_key(pair, document["clientId"], signed=signed).status_code == 200


def test_curve_that_is_refused(client, pair):
    public = {**jwk.ECKey.generate_key("P-256").as_dict(private=False), "kid": KEY_ID, "alg": "ES384", "use": "sig"}
    body = client_body(pair, publicKeys=[public])
    assert refusal(client.request("POST", CLIENTS, json=body)) == (400, "JWK-CURVE")


def test_records_have_no_secret(client, pair, machine, simulator):
    (added,) = simulator.add_clients({})
    secret = {"client_id": added["clientId"], "client_secret": added["clientSecret"]}
    tokens = [
        client.access_token({**secret, "grant_type": "client_credentials"}).json()["access_token"],
        client.access_token_by_key(pair, machine["clientId"]).json()["access_token"],
    ]
    by_secret, by_key = simulator.recorded()[-2:]
    assert {name: by_secret[name] for name in ("client_authentication", "client_id", "content_type")} == {
        "client_authentication": "client_secret",
        "client_id": added["clientId"],
        "content_type": "application/json",
    }
    assert {name: by_key[name] for name in ("client_authentication", "client_id", "content_type", "key_id")} == {
        "client_authentication": "client_assertion",
        "client_id": machine["clientId"],
        "content_type": "application/x-www-form-urlencoded",
        "key_id": KEY_ID,
    }
    secrets = simulator.secrets()
    assert {added["clientSecret"], *tokens} <= set(secrets)
    assert sum(secret.startswith("ey") for secret in secrets) == 1, "the assertion"
    state = json.dumps(simulator.state())
    assert not [secret for secret in secrets if secret in state]


# ---- What no source tells: both answers


def test_bodies(client, pair, machine, simulator):
    for accepted, (form, as_json) in {"both": (200, 200), "form": (200, 400), "json": (400, 200)}.items():
        simulator.switches(token_body=accepted)
        assert client.access_token_by_key(pair, machine["clientId"]).status_code == form
        assert client.access_token_by_key(pair, machine["clientId"], form=False).status_code == as_json


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_status_of_refusals(client, other_pair, machine, simulator, status):
    simulator.switches(token_refusal_status=status)
    assert refusal(client.access_token_by_key(other_pair, machine["clientId"])) == (int(status), "SIGNATURE")


def test_form_of_refusals(client, pair, other_pair, machine, simulator):
    simulator.switches(token_refusal_form="rfc6749")
    fields = {"form": False, "grant_type": IMPERSONATION, "user_lookup": {"field": "subject", "value": "nobody"}}
    for owner, changes, expected in (
        (other_pair, {}, (401, "invalid_client")),
        (pair, {"client_assertion_type": ...}, (400, "invalid_request")),
        (pair, {"scope": "apps"}, (400, "invalid_scope")),
        (pair, fields, (401, "invalid_grant")),
    ):
        answer = client.access_token_by_key(owner, machine["clientId"], **changes)
        assert (answer.status_code, answer.json()["error"]) == expected
        assert set(answer.json()) == {"error", "error_description"}
    assert client.access_token_by_key(pair, machine["clientId"]).status_code == 200


def test_client_id_beside_an_assertion(client, pair, machine, simulator):
    assert client.access_token_by_key(pair, machine["clientId"], client_id=...).status_code == 200
    simulator.switches(assertion_client_id="required")
    assert refusal(client.access_token_by_key(pair, machine["clientId"], client_id=...)) == (400, "CLIENT-ID")
    assert client.access_token_by_key(pair, machine["clientId"]).status_code == 200


def test_unused_secret(client, pair, simulator):
    assert "clientSecret" not in created(client, client_body(pair))
    simulator.switches(unused_secret="returned")
    document = created(client, client_body(pair))
    body = {"client_id": document["clientId"], "client_secret": document["clientSecret"]}
    assert refusal(client.access_token({**body, "grant_type": "client_credentials"})) == (401, "CLIENT")


def test_limit_of_keys(client, pair, simulator):
    simulator.switches(public_keys_limit="2")
    keys = [public_jwk(pair, f"key-{number}") for number in range(3)]
    assert refusal(client.request("POST", CLIENTS, json=client_body(pair, publicKeys=keys))) == (
        400,
        "PUBLIC-KEYS-LIMIT",
    )
    document = created(client, client_body(pair, publicKeys=keys[:2]))
    answer = patched(client, document["clientId"], ("replace", "publicKeys", keys))
    assert refusal(answer) == (400, "PUBLIC-KEYS-LIMIT")


def test_value_of_patched_keys(client, pair, other_pair, machine, simulator):
    keys = [public_jwk(other_pair, "key-2")]
    values = {"list": keys, "text": json.dumps(keys), "texts": [json.dumps(key) for key in keys]}
    for form, right in values.items():
        simulator.switches(public_keys_value=form)
        for name, value in values.items():
            answer = patched(client, machine["clientId"], ("replace", "publicKeys", value))
            assert answer.status_code == (204 if name == form else 400), (form, name)
        assert client.request("GET", f"{CLIENTS}/{machine['clientId']}").json()["publicKeys"] == keys
        again = json.loads(json.dumps(right).replace("key-2", KEY_ID))
        assert patched(client, machine["clientId"], ("replace", "publicKeys", again)).status_code == 204


def test_key_that_is_not_ready(client, pair, other_pair, machine, simulator):
    simulator.switches(client_key_delay_s=3600)
    assert refusal(client.access_token_by_key(pair, machine["clientId"])) == (401, "NOT-READY")
    (added,) = simulator.add_clients({"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [public_jwk(pair)]})
    patched(client, added["clientId"], ("replace", "publicKeys", [public_jwk(pair), public_jwk(other_pair, "key-2")]))
    signed = assertion(other_pair, added["clientId"], client.url, {"kid": "key-2"})
    assert refusal(client.access_token_by_key(pair, added["clientId"], signed=signed)) == (401, "NOT-READY")
    assert client.access_token_by_key(pair, added["clientId"]).status_code == 200, "The key was there before."


def test_client_that_is_not_listed_yet(client, machine, simulator):
    simulator.switches(list_delay_s=3600)
    assert client.request("GET", CLIENTS).json()["data"] == []
    assert client.request("GET", f"{CLIENTS}/{machine['clientId']}").status_code == 200


def test_unknown_scope(client, pair, simulator):
    simulator.switches(unknown_scope="allow")
    assert created(client, client_body(pair, allowedScopes=["everything"]))["allowedScopes"] == ["everything"]


def test_limit_of_token_requests(client, pair, machine, simulator):
    simulator.switches(rate_limits=True, rate_window_s=0.6)
    answers = [client.access_token_by_key(pair, machine["clientId"]).status_code for dummy in range(2)]
    assert answers == [200, 429]
