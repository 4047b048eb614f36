# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the OAuth clients of a simulated tenant, whatever Qlik does where it does not say so."""

from __future__ import annotations

import pytest
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import oauth_clients

CLIENTS = "/api/v1/oauth-clients"
NAME = "Portal of Acme"
SCOPES = ["user_default", "admin_classic"]
MACHINE = "client_credentials"

# What Qlik does not say, in each way.
UNKNOWN = ({}, {"public_keys_value": "text"}, {"public_keys_value": "texts"}, {"unused_secret": "returned"})
either_way = pytest.mark.parametrize("switches", UNKNOWN, ids=str)


@pytest.fixture(scope="module")
def keys():
    """Three keys, made by another library than ours."""
    made = {name: RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=False) for name in "abc"}
    return {name: {**key.as_dict(private=False), "kid": name} for name, key in made.items()}


@pytest.fixture
def tenant(connect):
    return connect()


def wanted(*keys, **changes):
    """The desired client, with these keys: JWKs, or the key ids of those that are to be absent."""
    listed = [
        oauth_clients.Key(*((key, None, "absent") if isinstance(key, str) else (key["kid"], key, "current")))
        for key in keys
    ]
    names = ("app_type", "scopes", "grant_types", "allowed_origins", "redirect_uris", "auth_methods", "consent_method")
    values = {"name": NAME, **dict.fromkeys(names), "keys": listed or None, "purge": False}
    return oauth_clients.Wanted(**{**values, **changes})


def ensure(tenant, what, check_mode=False):
    return oauth_clients.ensure_present(tenant, what, check_mode, oauth_clients.find(tenant, NAME))


def texts(outcome):
    return [step.text for step in outcome.steps]


def requests_of(simulator):
    """The requests since the last time, apart from those of somebody else."""
    found = [(one["method"], one["path"]) for one in simulator.recorded()]
    simulator.forget_requests()
    return found


def its_kids(simulator):
    (client,) = simulator.oauth_clients()
    return [key["kid"] for key in client["publicKeys"]]


@either_way
def test_created_once(simulator, tenant, keys, switches):
    simulator.switches(**switches)
    created = ensure(tenant, wanted(keys["a"], scopes=SCOPES, grant_types=[MACHINE], consent_method="trusted"))
    its_id = created.client["clientId"]
    assert texts(created) == [f"created OAuth client {its_id}"] and created.before == {}
    assert requests_of(simulator) == [("GET", CLIENTS), ("POST", CLIENTS)]
    assert "clientSecret" not in created.client
    assert (created.secret is not None) == (switches.get("unused_secret") == "returned")
    assert created.after == {
        "id": its_id,
        "app_type": "web",
        "name": NAME,
        "description": "Managed by Ansible (tenantops.qlik)",
        "scopes": sorted(SCOPES),
        "grant_types": [MACHINE],
        "allowed_origins": [],
        "redirect_uris": [],
        "auth_methods": ["private_key_jwt"],
        "consent_method": "trusted",
        "keys": [{"key_id": "a", "key_thumbprint": RSAKey.import_key(keys["a"]).thumbprint()}],
    }
    again = ensure(tenant, wanted(keys["a"], scopes=SCOPES[::-1], grant_types=[MACHINE], consent_method="trusted"))
    assert again.steps == [] and again.before == again.after == created.after and again.client["clientId"] == its_id
    assert requests_of(simulator) == [("GET", CLIENTS)]
    (has,) = simulator.oauth_clients()
    assert has["publicKeys"] == [keys["a"]] and oauth_clients.is_ours(has)


@either_way
def test_a_rotation_is_a_change_of_the_list(simulator, tenant, keys, switches):
    simulator.switches(**switches)
    a, b = keys["a"], keys["b"]
    its_id = ensure(tenant, wanted(a)).client["clientId"]
    introduced = ensure(tenant, wanted(b, a))
    assert texts(introduced) == [f"added key b to OAuth client {its_id}"] and its_kids(simulator) == ["a", "b"]
    assert ensure(tenant, wanted(b, a)).steps == []
    retired = ensure(tenant, wanted(b, "a"))
    assert texts(retired) == [f"removed key a from OAuth client {its_id}"] and its_kids(simulator) == ["b"]
    assert ensure(tenant, wanted(b, "a")).steps == []
    assert texts(ensure(tenant, wanted(a, purge=True))) == [
        f"added key a to OAuth client {its_id}",
        f"removed key b from OAuth client {its_id}",
    ]
    other = {**b, "kid": "a"}
    assert texts(ensure(tenant, wanted(other))) == [f"replaced key a in OAuth client {its_id}: it was another key"]
    assert simulator.oauth_clients()[0]["publicKeys"] == [other]


def test_a_rotation_where_a_client_takes_one_key(simulator, tenant, keys):
    simulator.switches(public_keys_limit="1")
    ensure(tenant, wanted(keys["a"]))
    ensure(tenant, wanted(keys["b"], "a"))
    assert its_kids(simulator) == ["b"]
    with pytest.raises(_errors.TenantError, match="at most 1 publicKeys.* remove one first: list it in keys as absent"):
        ensure(tenant, wanted(keys["b"], keys["a"]))
    assert its_kids(simulator) == ["b"]


def test_one_request_for_all_changes(simulator, tenant, keys):
    first = ensure(tenant, wanted(keys["a"], scopes=["user_default"]))
    its_id = first.client["clientId"]
    simulator.forget_requests()
    changed = ensure(
        tenant,
        wanted(
            keys["b"],
            "a",
            scopes=["admin_classic"],
            grant_types=["urn:qlik:oauth:user-impersonation"],
            redirect_uris=["https://acme.example/callback"],
            description="The portal",
            consent_method="trusted",
        ),
    )
    assert texts(changed) == [
        f"added key b to OAuth client {its_id}",
        f"removed key a from OAuth client {its_id}",
        f"changed OAuth client {its_id}: it had another description and other scopes and other grant types and other"
        " redirect URIs and another consent method",
    ]
    path = f"{CLIENTS}/{its_id}"
    assert requests_of(simulator) == [("GET", CLIENTS), ("PATCH", path), ("PATCH", f"{path}/connection-configs/me")]
    assert changed.before == first.after
    found = oauth_clients.find(tenant, NAME)
    assert found == {**changed.client, "updatedAt": found["updatedAt"]}


@pytest.mark.parametrize("consent", ["required", "trusted"])
def test_consent(simulator, tenant, keys, consent):
    ensure(tenant, wanted(keys["a"], consent_method=consent))
    assert simulator.oauth_clients()[0]["connectionConfig"] == {"consentMethod": consent}
    assert ensure(tenant, wanted(keys["a"], consent_method=consent)).steps == []
    assert ensure(tenant, wanted(keys["a"])).steps == []


def test_a_client_of_somebody_else_is_adopted(simulator, tenant, keys):
    (theirs,) = simulator.add_clients({"clientName": NAME, "description": "By hand", "allowedScopes": SCOPES})
    assert ensure(tenant, wanted(name=NAME)).steps == []
    outcome = ensure(tenant, wanted(keys["a"]))
    assert texts(outcome) == [
        f"added key a to OAuth client {theirs['clientId']}",
        f"changed OAuth client {theirs['clientId']}: it had other auth methods",
    ]
    (client,) = simulator.oauth_clients()
    # Its secret is still good: only the user can say that it is no longer needed.
    assert client["allowedAuthMethods"] == ["client_secret", "private_key_jwt"]
    assert (client["description"], client["allowedScopes"]) == ("By hand", SCOPES)
    ensure(tenant, wanted(keys["a"], auth_methods=["private_key_jwt"]))
    assert simulator.oauth_clients()[0]["allowedAuthMethods"] == ["private_key_jwt"]


def test_check_mode_changes_nothing(simulator, tenant, keys):
    what = wanted(keys["a"], consent_method="trusted")
    predicted = ensure(tenant, what, check_mode=True)
    assert texts(predicted) == [f"would create an OAuth client named {NAME}"]
    assert requests_of(simulator) == [("GET", CLIENTS)]
    created = ensure(tenant, what)
    assert {**predicted.after, "id": created.after["id"]} == created.after
    its_id = created.after["id"]
    simulator.forget_requests()
    what = wanted(keys["b"], "a", consent_method="required")
    predicted = ensure(tenant, what, check_mode=True)
    assert texts(predicted) == [
        f"would add key b to OAuth client {its_id}",
        f"would remove key a from OAuth client {its_id}",
        f"would change OAuth client {its_id}: it has another consent method",
    ]
    assert requests_of(simulator) == [("GET", CLIENTS)]
    assert ensure(tenant, what).after == predicted.after


def test_check_mode_with_a_key_that_does_not_exist_yet(simulator, tenant):
    new = [oauth_clients.Key(None, None, "current")]
    assert ensure(tenant, wanted(keys=new), check_mode=True).after["keys"] == [{"key_id": None, "key_thumbprint": None}]
    (theirs,) = simulator.add_clients({"clientName": NAME})
    predicted = ensure(tenant, wanted(keys=new), check_mode=True)
    assert texts(predicted)[0] == f"would add a new key to OAuth client {theirs['clientId']}"


def test_every_page_is_read(simulator, tenant, keys):
    simulator.add_clients(*[{"clientName": f"Other {number}"} for number in range(220)], {"clientName": NAME})
    found = oauth_clients.find(tenant, NAME)
    assert found["clientName"] == NAME and len(list(oauth_clients.find_all(tenant))) >= 221
    assert oauth_clients.read(tenant, found["clientId"]) == found
    assert oauth_clients.find(tenant, "no such name", found["clientId"]) == found
    assert oauth_clients.find(tenant, "no such name", "no-such-id") is None


def test_several_of_one_name(simulator, tenant, keys):
    ids = sorted(one["clientId"] for one in simulator.add_clients({"clientName": NAME}, {"clientName": NAME}))
    with pytest.raises(_errors.TenantError) as caught:
        ensure(tenant, wanted(keys["a"]))
    assert str(caught.value) == (
        f"{simulator.url} has 2 OAuth clients named {NAME}: {', '.join(ids)}. Delete or rename those that are not"
        " needed."
    )
    assert oauth_clients.find(tenant, NAME, ids[1])["clientId"] == ids[1]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scopes": ["no.such.scope"]}, "scopes may have a scope that Qlik Cloud does not know"),
        ({"app_type": "spa", "grant_types": [MACHINE]}, "Qlik documents grant_types only for .* app_type is web"),
        ({"allowed_origins": ["https://acme.example"]}, "Qlik documents allowed_origins only for .* app_type is spa"),
        ({"auth_methods": ["private_key_jwt"]}, "keys would leave the OAuth client without a public key"),
    ],
)
def test_what_cannot_be_created(simulator, tenant, changes, sentence):
    with pytest.raises(_errors.QlikError, match=sentence):
        ensure(tenant, wanted(**changes))
    assert simulator.oauth_clients() == []


def test_a_new_client_has_no_keys_to_remove(simulator, tenant, keys):
    with pytest.raises(_errors.TenantError) as caught:
        ensure(tenant, wanted(keys["a"], scopes=["no.such.scope"]))
    assert caught.value.advice == "O(scopes) may have a scope that Qlik Cloud does not know."


@pytest.mark.parametrize(
    ("listed", "changes", "sentence"),
    [
        (["a"], {}, "^keys would leave the OAuth client without a public key"),
        ([], {"keys": [], "purge": True}, "^keys would leave the OAuth client without a public key"),
        ([], {"app_type": "native"}, "^app_type is native, but OAuth client .* is of the type web, which "),
        ([], {"scopes": ["no.such.scope"]}, "scopes may have a scope that Qlik Cloud does not know"),
    ],
)
def test_what_cannot_be_changed(simulator, tenant, keys, listed, changes, sentence):
    ensure(tenant, wanted(keys["a"]))
    before = simulator.oauth_clients()
    for check_mode in (True, False):
        if check_mode and "scopes" in changes:
            continue  # only the tenant knows
        with pytest.raises(_errors.QlikError, match=sentence):
            ensure(tenant, wanted(*listed, **changes), check_mode)
    assert simulator.oauth_clients() == before


def test_the_last_key_goes_if_it_is_meant(simulator, tenant, keys):
    ensure(tenant, wanted(keys["a"]))
    outcome = ensure(tenant, wanted("a", auth_methods=["client_secret"]))
    assert simulator.oauth_clients()[0]["publicKeys"] == [] and outcome.secret in simulator.secrets()
    assert ensure(tenant, wanted("a", auth_methods=["client_secret"])).secret is None


def test_the_last_key_goes_if_the_tenant_fetches_others(simulator, tenant, keys):
    changes = {"allowedAuthMethods": ["private_key_jwt"], "jwksUri": "https://acme.example/jwks"}
    simulator.add_clients({"clientName": NAME, "publicKeys": [keys["a"]], **changes})
    ensure(tenant, wanted("a"))
    assert its_kids(simulator) == []


def test_a_removed_key_does_not_allow_the_others(simulator, tenant, keys):
    simulator.add_clients({"clientName": NAME, "publicKeys": [keys["a"], keys["b"]]})
    assert len(ensure(tenant, wanted("a")).steps) == 1 and its_kids(simulator) == ["b"]


def test_removed(simulator, tenant, keys):
    ensure(tenant, wanted(keys["a"]))
    found = oauth_clients.find(tenant, NAME)
    predicted = oauth_clients.remove(tenant, found, True)
    assert texts(predicted) == [f"would delete OAuth client {found['clientId']}"] and simulator.oauth_clients()
    outcome = oauth_clients.remove(tenant, found, False)
    assert texts(outcome) == [f"deleted OAuth client {found['clientId']}"] and not simulator.oauth_clients()
    assert outcome.client is None and outcome.before == oauth_clients.describe(found) and outcome.after == {}
    oauth_clients.remove(tenant, found, False)  # by somebody else at the same time


def test_a_lost_answer_makes_no_second_client(simulator, tenant, keys):
    simulator.faults({"kind": "lost_answer", "method": "POST", "path": CLIENTS})
    created = ensure(tenant, wanted(keys["a"], auth_methods=["client_secret", "private_key_jwt"]))
    (client,) = simulator.oauth_clients()
    assert created.client["clientId"] == client["clientId"] and created.secret is None


def test_a_lost_answer_where_new_clients_are_listed_late(simulator, tenant, keys):
    simulator.switches(list_delay_s=60)
    simulator.faults({"kind": "lost_answer", "method": "POST", "path": CLIENTS})
    with pytest.raises(_errors.NoAnswerError):
        ensure(tenant, wanted(keys["a"]))
    assert len(simulator.oauth_clients()) == 1
    simulator.switches(list_delay_s=0)
    simulator.faults()
    assert ensure(tenant, wanted(keys["a"])).steps == [] and len(simulator.oauth_clients()) == 1


def listed(simulator, *clients):
    """Let the next list of clients be this one."""
    body = {"data": list(clients), "links": {}}
    simulator.faults({"kind": "status", "value": 200, "method": "GET", "path": CLIENTS, "body": body})


@pytest.mark.parametrize("consent", ["required", "trusted"])
def test_the_consent_method_is_asked_for_where_a_list_lacks_it(simulator, tenant, keys, consent):
    client = ensure(tenant, wanted(keys["a"], consent_method="trusted")).client
    del client["connectionConfig"]
    listed(simulator, client)
    simulator.forget_requests()
    outcome = ensure(tenant, wanted(keys["a"], consent_method=consent))
    path = f"{CLIENTS}/{client['clientId']}/connection-configs/me"
    changes = [] if consent == "trusted" else [("PATCH", path)]
    assert requests_of(simulator) == [("GET", CLIENTS), ("GET", path), *changes] and len(outcome.steps) == len(changes)
    assert simulator.oauth_clients()[0]["connectionConfig"] == {"consentMethod": consent}


def test_a_public_client_without_methods_has_no_secret(simulator, tenant):
    outcome = ensure(tenant, wanted(app_type="spa", allowed_origins=["https://acme.example"]))
    assert outcome.after["auth_methods"] == [] and outcome.secret is None
    assert ensure(tenant, wanted(app_type="spa")).steps == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"clientId": None},
        {"clientId": "../users"},
        {"clientName": 5},
        {"description": ["x"]},
        {"allowedScopes": "x"},
        {"redirectUris": [5]},
        {"publicKeys": {}},
        {"publicKeys": ["x"]},
        {"publicKeys": [{"kid": 5}]},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_right(simulator, tenant, keys, wrong):
    client = ensure(tenant, wanted(keys["a"])).client
    listed(simulator, {**client, **wrong})
    with pytest.raises(_errors.TenantError, match="returned an OAuth client with invalid members"):
        ensure(tenant, wanted(keys["b"]))
    assert its_kids(simulator) == ["a"]


def test_by_id(simulator, tenant, keys):
    client = ensure(tenant, wanted(keys["a"])).client
    path = f"{CLIENTS}/{client['clientId']}"
    simulator.forget_requests()
    assert oauth_clients.find_by_id(tenant, client["clientId"])["clientName"] == NAME
    assert requests_of(simulator) == [("GET", path)]
    assert oauth_clients.find_by_id(tenant, "no-such-id") is None
    with pytest.raises(_errors.TenantError, match="HTTP 404"):
        oauth_clients.read(tenant, "no-such-id")
    simulator.faults({"kind": "status", "value": 200, "method": "GET", "body": {**client, "clientId": "another"}})
    with pytest.raises(_errors.TenantError, match="invalid members"):
        oauth_clients.read(tenant, client["clientId"])
    simulator.faults({"kind": "status", "value": 403, "method": "GET"})
    with pytest.raises(_errors.TenantError, match="HTTP 403"):
        oauth_clients.find_by_id(tenant, client["clientId"])


@pytest.mark.parametrize(("statuses", "said"), [([403], "HTTP 403"), ([400, 412], "HTTP 412"), ([409], "HTTP 409")])
def test_a_patch_that_is_refused(simulator, tenant, keys, statuses, said):
    ensure(tenant, wanted(keys["a"]))
    simulator.faults(*({"kind": "status", "value": status, "method": "PATCH"} for status in statuses))
    simulator.forget_requests()
    with pytest.raises(_errors.TenantError, match=said) as caught:
        ensure(tenant, wanted(keys["b"]))
    assert len(requests_of(simulator)) == 1 + len(statuses) and its_kids(simulator) == ["a"]
    assert ("remove one first" in str(caught.value)) == (statuses[-1] == 409)


def test_a_patch_whose_answer_is_lost(simulator, tenant, keys):
    ensure(tenant, wanted(keys["a"]))
    simulator.faults({"kind": "lost_answer", "method": "PATCH"})
    assert ensure(tenant, wanted(keys["b"], "a")).client["publicKeys"] == [keys["b"]]
    assert its_kids(simulator) == ["b"]
