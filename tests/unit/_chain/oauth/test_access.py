# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As whom the chain reaches the tenant: as the client itself where possible, and else with the first credential."""

from __future__ import annotations

import typing as t

import pytest
from oauth_chains import ID_FILE, IMPERSONATION, INTRODUCED, NAME, OLD, RETIRED, Chain
from tenant_client import public_jwk

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth import client as tenants_side

if t.TYPE_CHECKING:
    import pathlib

    from simulator import Simulator
    from tenant_client import Client, Pair

PASSPHRASE = "a passphrase for keys"


def of_others(simulator: Simulator) -> list[str | None]:
    """How the administrators authenticate whose requests are not those of an access token."""
    return [one["path"] for one in simulator.recorded() if one["authorization"] == "api_key"]


def authentications(simulator: Simulator) -> list[str | None]:
    """The key ids of the assertions that were sent."""
    return [one["key_id"] for one in simulator.recorded() if one.get("client_authentication") == "client_assertion"]


def test_the_own_key_comes_before_the_first_credential(oauth: Chain, simulator: Simulator) -> None:
    oauth.run(**oauth.first)
    simulator.forget_requests()
    _outcome, report = oauth.run(api_key="revoked")
    assert not report.changed and report.warnings == []
    assert len(authentications(simulator)) == 2


def test_a_new_key_is_added_with_the_old_one(oauth: Chain, simulator: Simulator) -> None:
    old = oauth.run(**oauth.first)[0].keys[0].key_id
    simulator.forget_requests()
    new = oauth.run(keys=INTRODUCED)[0].keys[0].key_id
    assert authentications(simulator) == [old, new]
    # The list leaves out the key that the client has.
    oauth.run(keys=RETIRED)
    simulator.forget_requests()
    newest = oauth.run(keys=[{"prefix": "x_", "state": "current"}])[0].keys[0].key_id
    assert authentications(simulator) == [new, newest]


def test_a_key_that_was_not_added_yet_is_no_obstacle(
    oauth: Chain, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    oauth.run(**oauth.first)
    with monkeypatch.context() as patched:
        patched.setattr(tenants_side, "register", lambda *given: pytest.fail("interrupted"))
        with pytest.raises(pytest.fail.Exception):
            oauth.run(keys=INTRODUCED)
    assert "new_privatekey.pem" in oauth.files()
    _outcome, report = oauth.run(keys=INTRODUCED)
    assert report.warnings == [] and len(simulator.oauth_clients()[0]["publicKeys"]) == 2


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_keys_that_the_client_has_lost(
    oauth: Chain, simulator: Simulator, client: Client, pair: Pair, status: str
) -> None:
    first = oauth.run(**oauth.first)[0]
    simulator.switches(token_refusal_status=status)
    patch = [{"op": "replace", "path": "/publicKeys", "value": [public_jwk(pair)]}]
    assert client.request("PATCH", f"/api/v1/oauth-clients/{first.client['id']}", json=patch).status_code == 204
    before = oauth.files()
    with pytest.raises(_errors.TenantError) as raised:
        oauth.run()
    assert f"answered POST /oauth/token with HTTP {status}" in raised.value.answer
    assert f"No key in {oauth.folder} proves the OAuth client {first.client['id']}" in raised.value.advice
    assert "set O(api_key) or another credential of a tenant admin for this run." in raised.value.advice
    assert oauth.files() == before

    outcome, report = oauth.run(**oauth.first)
    (warning,) = report.warnings
    assert warning.endswith(
        f" None of the keys in {oauth.folder} proved the OAuth client {first.client['id']}, so O(api_key) was used instead."
    )
    assert outcome.client == first.client and report.changed
    assert not oauth.run()[1].changed


def test_a_client_that_somebody_has_deleted_is_created_again(oauth: Chain, simulator: Simulator) -> None:
    first = oauth.run(**oauth.first)[0].client["id"]
    simulator.reset()
    outcome, report = oauth.run(**oauth.first)
    assert outcome.client["id"] != first and oauth.files()[ID_FILE].decode().strip() == outcome.client["id"]
    assert f"wrote {ID_FILE}: it had another id" in [step.text for step in report.steps]
    assert len(report.warnings) == 1 and not oauth.run()[1].changed


def test_a_client_that_may_not_administer_needs_the_first_credential(oauth: Chain, simulator: Simulator) -> None:
    oauth.run(**oauth.first)
    refusal = {"kind": "status", "value": 403, "path": "/api/v1/oauth-clients/.*", "times": 1}
    simulator.faults(refusal)
    with pytest.raises(_errors.TenantError, match="No key in"):
        oauth.run()
    simulator.faults(refusal)
    assert len(oauth.run(**oauth.first)[1].warnings) == 1


def test_a_wrong_clock_is_no_reason_for_another_key(oauth: Chain, simulator: Simulator) -> None:
    oauth.run(**oauth.first)
    simulator.switches(clock_offset_s=-3600)
    with pytest.raises(
        _errors.TenantError, match="This machine's clock is 3600 seconds ahead of the tenant's"
    ) as raised:
        oauth.run()
    assert "No key in" not in raised.value.advice


@pytest.mark.parametrize("value", [500, 503])
def test_a_tenant_that_fails_is_not_asked_with_another_credential(
    oauth: Chain, simulator: Simulator, value: int
) -> None:
    oauth.run(**oauth.first)
    simulator.forget_requests()
    simulator.faults({"kind": "status", "value": value, "path": "/oauth/token", "times": None})
    with pytest.raises(_errors.TenantError, match=f"HTTP {value}"):
        oauth.run(**oauth.first)
    assert of_others(simulator) == []


def test_without_client_credentials_each_run_needs_the_first_credential(oauth: Chain, simulator: Simulator) -> None:
    given = {"grant_types": [IMPERSONATION], "user_subject": simulator.state()["users"][0]["subject"]}
    oauth.run(**oauth.first, **given)
    assert not oauth.run(**oauth.first, **given)[1].changed
    with pytest.raises(_errors.OptionError, match="Credentials for the tenant are missing"):
        oauth.run(**given)


def test_the_end_of_a_client_that_is_gone(oauth: Chain, simulator: Simulator) -> None:
    its_id = oauth.run(**oauth.first)[0].client["id"]
    simulator.reset()
    _outcome, report = oauth.run(state="absent")
    (finding,) = report.findings
    assert finding.kind == "manual"
    assert finding.text == (
        f"No key in {oauth.folder} proves the OAuth client {its_id}, and no other credential is set: delete it in"
        f" {simulator.url} if it still exists there."
    )
    assert all(name.endswith("~") for name in oauth.files())


def test_the_passphrase_may_still_be_the_old_one(oauth: Chain) -> None:
    oauth.run(**oauth.first, private_key_passphrase=PASSPHRASE)
    given = {"private_key_passphrase": PASSPHRASE[::-1], "private_key_old_passphrase": PASSPHRASE}
    assert oauth.run(**given)[1].changed
    assert not oauth.run(**given)[1].changed
    with pytest.raises(_errors.PassphraseError):
        oauth.run(private_key_passphrase="another passphrase")


def test_the_client_itself_can_be_the_first_credential(
    oauth: Chain, simulator: Simulator, tmp_path: pathlib.Path
) -> None:
    """Where all files are lost after each run, but the key."""
    its = oauth.run(**oauth.first)[0]
    key = tmp_path / "key.pem"
    (oauth.folder / "privatekey.pem").rename(key)
    for path in oauth.folder.iterdir():
        path.unlink()
    (oauth.folder / "privatekey.pem").write_bytes(key.read_bytes())
    given = {"client_id": its.client["id"], "client_private_key_path": str(key)}
    outcome, report = oauth.run(**given, keys=OLD)
    assert outcome.client == {"id": its.client["id"], "name": NAME} and report.warnings == []
    assert len(simulator.oauth_clients()) == 1
