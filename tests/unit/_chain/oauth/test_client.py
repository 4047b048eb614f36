# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side: the client, what it is made with, what is kept of one that others made, and what no key owns."""

from __future__ import annotations

import typing as t

import pytest
from oauth_chains import ID_FILE, IMPERSONATION, NAME, RETIRED, Chain
from tenant_client import Pair, public_jwk

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.registration import LOGIN_RETRY_DELAYS

if t.TYPE_CHECKING:
    from simulator import Simulator
    from tenant_client import Client

OTHER = [{"prefix": "2027_", "state": "current"}]


def kids(simulator: Simulator) -> set[str]:
    """The key ids of the only client."""
    (found,) = simulator.oauth_clients()
    return {key["kid"] for key in found["publicKeys"]}


def strays(report: t.Any) -> list[str]:
    """What no key owns."""
    return [one.text for one in report.findings if one.kind == "stray"]


def test_all_options_reach_the_client(oauth: Chain, simulator: Simulator) -> None:
    given = {
        "client_name": "Portal",
        "scopes": ["user_default", "apps:read", "admin_classic"],
        "grant_types": ["client_credentials", IMPERSONATION],
        "redirect_uris": ["https://portal.example/back"],
        "consent_method": "trusted",
    }
    oauth.run(**oauth.first, **given)
    (found,) = simulator.oauth_clients()
    assert found["clientName"] == "Portal" and found["connectionConfig"] == {"consentMethod": "trusted"}
    names = ("allowedScopes", "allowedGrantTypes", "redirectUris")
    assert [sorted(found[name]) for name in names] == [
        sorted(given[name]) for name in ("scopes", "grant_types", "redirect_uris")
    ]
    assert not oauth.run(**given)[1].changed
    # What is not set any longer stays, and a new name is one for the same client.
    assert not oauth.run(client_name="Portal")[1].changed
    outcome, report = oauth.run(client_name="Portal 2", scopes=["user_default", "admin_classic"])
    assert report.changed and outcome.client == {"id": found["clientId"], "name": "Portal 2"}
    (found,) = simulator.oauth_clients()
    assert sorted(found["allowedScopes"]) == ["admin_classic", "user_default"] and found["clientName"] == "Portal 2"


@pytest.mark.parametrize("by", ["subject", "id"])
def test_a_token_for_a_user(oauth: Chain, simulator: Simulator, client: Client, by: str) -> None:
    anna = simulator.state()["users"][0]
    outcome, report = oauth.run(**oauth.first, **{f"user_{by}": anna[by]}, verify="always")
    assert report.steps[-1].text == f"requested an access token for {anna[by]}: it is that of {anna['name']}"
    answer = client.request("GET", "/api/v1/users/me", bearer=outcome.access_token)
    assert answer.json()["id"] == anna["id"]
    (found,) = simulator.oauth_clients()
    assert set(found["allowedGrantTypes"]) == {"client_credentials", IMPERSONATION}
    assert found["connectionConfig"] == {"consentMethod": "trusted"}
    # The client itself is the administrator.
    assert not oauth.run(**{f"user_{by}": anna[by]})[1].changed


def test_a_user_who_does_not_exist_costs_no_key(oauth: Chain, simulator: Simulator) -> None:
    oauth.run(**oauth.first)
    before = kids(simulator)
    given = {"user_subject": "nobody", "grant_types": ["client_credentials", IMPERSONATION]}
    with pytest.raises(_errors.TenantError, match="There is no user"):
        oauth.run(keys=RETIRED, **given)
    assert before < kids(simulator) and "privatekey.pem" in oauth.files()


@pytest.mark.parametrize(("verify", "counts"), [("never", [0, 0, 0]), ("changed", [1, 0, 1]), ("always", [1, 1, 1])])
def test_when_the_tenant_is_asked_whose_the_token_is(
    oauth: Chain, simulator: Simulator, verify: str, counts: list[int]
) -> None:
    for given, expected in zip((oauth.first, {}, {"keys": RETIRED}), counts, strict=True):
        simulator.forget_requests()
        oauth.run(verify=verify, **given)
        paths = [one["path"] for one in simulator.recorded()]
        assert paths.count("/api/v1/users/me") == expected


def test_a_token_that_may_not_ask_whose_it_is(oauth: Chain, simulator: Simulator) -> None:
    simulator.faults({"kind": "status", "value": 403, "path": "/api/v1/users/me", "times": None})
    with pytest.raises(_errors.TenantError) as raised:
        oauth.run(**oauth.first)
    assert raised.value.message.endswith("so add one to O(scope), or set O(verify) to never.")
    assert not oauth.run(verify="never")[1].changed


def test_a_new_key_may_take_a_while(oauth: Chain, simulator: Simulator) -> None:
    simulator.faults({"kind": "status", "value": 401, "path": "/oauth/token", "times": 2})
    assert oauth.run(**oauth.first)[1].changed and oauth.pauses == [*LOGIN_RETRY_DELAYS[:2]]
    simulator.faults({"kind": "status", "value": 401, "path": "/oauth/token", "times": None})
    with pytest.raises(_errors.TenantError):
        oauth.run(**oauth.first, client_name="Another name")
    assert oauth.pauses == [*LOGIN_RETRY_DELAYS[:2], *LOGIN_RETRY_DELAYS]
    with pytest.raises(_errors.TenantError):
        oauth.run(**oauth.first, client_name="Another name")
    assert len(oauth.pauses) == 2 + len(LOGIN_RETRY_DELAYS)


def test_a_client_that_was_made_by_hand_is_adopted(oauth: Chain, simulator: Simulator) -> None:
    (by_hand,) = simulator.add_clients({"clientName": NAME, "allowedScopes": ["admin_classic", "user_default", "apps"]})
    secret = {"client_id": by_hand["clientId"], "client_secret": by_hand["clientSecret"]}
    outcome, report = oauth.run(**secret)
    (found,) = simulator.oauth_clients()
    assert outcome.client["id"] == by_hand["clientId"] and strays(report) == []
    assert found["allowedScopes"] == by_hand["allowedScopes"]
    assert set(found["allowedAuthMethods"]) == {"client_secret", "private_key_jwt"}
    assert not oauth.run()[1].changed

    # The end of the secret comes after the proof.
    _outcome, report = oauth.run(auth_methods=["private_key_jwt"])
    assert [step.object for step in report.steps if step.action in ("request", "change")] == [
        "access_token",
        "oauth_client",
    ]
    (found,) = simulator.oauth_clients()
    assert found["allowedAuthMethods"] == ["private_key_jwt"]
    assert not oauth.run(auth_methods=["private_key_jwt"])[1].changed
    assert by_hand["clientSecret"] not in str((report.steps, report.differences, report.findings, oauth.files()))


def test_a_key_of_somebody_else_is_told_and_stays(oauth: Chain, simulator: Simulator, pair: Pair) -> None:
    theirs = public_jwk(pair)
    simulator.add_clients({"clientName": NAME, "allowedAuthMethods": ["private_key_jwt"], "publicKeys": [theirs]})
    outcome, report = oauth.run(**oauth.first)
    (sentence,) = strays(report)
    assert sentence == (
        f"The OAuth client {outcome.client['id']} in {simulator.url} has a public key that is none of O(keys) (key id:"
        f" {theirs['kid']}): add it to O(keys), or set O(purge) to true to remove it."
    )
    assert theirs["kid"] in kids(simulator) and strays(oauth.run()[1]) == [sentence]
    _outcome, report = oauth.run(purge=True)
    assert [step.object for step in report.steps if step.action in ("request", "remove")] == [
        "access_token",
        "oauth_client_key",
    ]
    assert kids(simulator) == {outcome.keys[0].key_id} and strays(report) == []
    assert not oauth.run(purge=True)[1].changed


def test_a_list_that_leaves_out_a_key_is_told_so(oauth: Chain, simulator: Simulator) -> None:
    first = oauth.run(**oauth.first)[0].keys[0].key_id
    _outcome, report = oauth.run(keys=OTHER)
    assert len(strays(report)) == 2 and f"(key id: {first})" in strays(report)[0]
    assert "has the key pair with the prefix ''" in strays(report)[1]
    _outcome, report = oauth.run(keys=OTHER, purge=True)
    assert first not in kids(simulator) and "privatekey.pem" not in oauth.files() and strays(report) == []
    assert not oauth.run(keys=OTHER, purge=True)[1].changed


def test_purge_removes_nothing_if_the_current_key_is_refused(oauth: Chain, simulator: Simulator) -> None:
    first = oauth.run(**oauth.first)[0].keys[0].key_id
    simulator.faults({"kind": "status", "value": 401, "path": "/oauth/token", "times": None})
    with pytest.raises(_errors.TenantError):
        oauth.run(**oauth.first, keys=OTHER, purge=True)
    assert first in kids(simulator) and "privatekey.pem" in oauth.files()


def test_a_lost_key_is_no_reason_for_a_new_one(oauth: Chain, simulator: Simulator) -> None:
    its_id = oauth.run(**oauth.first)[0].client["id"]
    oauth.folder = oauth.folder.with_name("elsewhere")
    for check_mode in (True, False):
        with pytest.raises(_errors.OptionError) as raised:
            oauth.run(check_mode, **oauth.first)
        assert raised.value.message == (
            f"{simulator.url} has the OAuth client {its_id}, which this collection created, but there is no key in"
            f" {oauth.folder}: set O(key_directory) to the folder that has the key, or set O(allow_new_key) to true to create"
            " another key."
        )
    assert not oauth.folder.exists() and len(kids(simulator)) == 1
    outcome, report = oauth.run(**oauth.first, allow_new_key=True)
    assert outcome.client["id"] == its_id and len(kids(simulator)) == 2 and len(strays(report)) == 1


def test_a_folder_of_several_tenants(oauth: Chain, simulator: Simulator) -> None:
    tenants = {"acme": simulator.urls[0], "other": simulator.urls[1]}
    for name, url in tenants.items():
        given = {"tenant": f"{name}.eu.qlikcloud.com", "keys": [{"prefix": f"{name}_", "state": "current"}]}
        shared = {"url": url, "allow_shared_key": True}
        assert strays(oauth.run(**oauth.first, **given, **shared)[1]) == []
        assert not oauth.run(**given, **shared)[1].changed
    oauth.run(
        url=tenants["acme"], allow_shared_key=True, keys=[{"prefix": "acme_", "state": "current"}], state="absent"
    )
    left = {name for name in oauth.files() if not name.endswith("~")}
    assert left == {
        *(f"other_{name}" for name in ("privatekey.pem", "publickey.pem", "publickey.cer")),
        "other.eu.qlikcloud.com.client_id",
    }
    assert ID_FILE not in left and simulator.oauth_clients(tenants["other"])
