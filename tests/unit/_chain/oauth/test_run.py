# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of the steps, what is refused before the first of them, and what the next run makes of one that failed."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from joserfc import jwk
from oauth_chains import ID_FILE, INTRODUCED, NAME, RETIRED, Chain

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain import keys
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth import client, client_file
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report

if t.TYPE_CHECKING:
    from simulator import Simulator

WRITTEN = [f"wrote {name}: it was missing" for name in ("privatekey.pem", "publickey.pem", "publickey.cer")]


def changes(report: Report) -> list[str]:
    """The sentences of the steps that changed something, or requested a token."""
    return [step.text for step in report.steps if step.changed or step.action == "request"]


def public_keys(simulator: Simulator) -> list[dict[str, t.Any]]:
    """Those of the only client."""
    (found,) = simulator.oauth_clients()
    return found["publicKeys"]


def test_the_first_run_and_the_second(oauth: Chain, simulator: Simulator) -> None:
    outcome, report = oauth.run(**oauth.first)
    (found,) = simulator.oauth_clients()
    assert changes(report) == [
        *WRITTEN,
        f"created OAuth client {found['clientId']}",
        f"wrote {ID_FILE}: it was missing",
        f"requested an access token for the OAuth client itself: it is that of {NAME}",
    ]
    assert outcome.client == {"id": found["clientId"], "name": NAME} and report.warnings == report.findings == []
    public_key = jwk.RSAKey.import_key((oauth.folder / "publickey.pem").read_bytes())
    (key,) = found["publicKeys"]
    assert outcome.keys[0].key_id == key["kid"] == public_key.thumbprint()
    assert jwk.RSAKey.import_key(key).as_dict(private=False)["n"] == public_key.as_dict(private=False)["n"]
    assert found["allowedAuthMethods"] == ["private_key_jwt"] and "clientSecrets" not in found
    assert found["allowedScopes"] == ["admin_classic", "user_default"]
    assert found["allowedGrantTypes"] == ["client_credentials"]
    assert simulator.secrets().count(outcome.access_token) == 1
    assert len(report.differences) == 3

    # From now on, its own key is enough.
    simulator.forget_requests()
    before = oauth.files()
    again, report = oauth.run()
    assert not report.changed and report.differences == [] and oauth.files() == before and report.warnings == []
    assert [(step.action, step.object) for step in report.steps] == [
        ("keep", "key_pair"),
        ("keep", "oauth_client"),
        ("request", "access_token"),
    ]
    assert again.access_token not in (None, outcome.access_token) and again.client == outcome.client
    requests = simulator.recorded()
    assert [(one["method"], one.get("client_authentication")) for one in requests] == [
        ("POST", "client_assertion"),
        ("GET", None),
        ("POST", "client_assertion"),
    ]
    assert all(json.dumps(step) for step in report.steps)


def test_rotation(oauth: Chain, simulator: Simulator) -> None:
    first = oauth.run(**oauth.first)[0].keys[0].key_id
    introduced, report = oauth.run(keys=INTRODUCED)
    second = introduced.keys[0].key_id
    assert [key.prefix for key in introduced.keys] == ["new_", ""]
    assert {key["kid"] for key in public_keys(simulator)} == {first, second}
    assert changes(report)[3:] == [
        f"added key {second} to OAuth client {introduced.client['id']}",
        f"requested an access token for the OAuth client itself: it is that of {NAME}",
    ]
    assert not oauth.run(keys=INTRODUCED)[1].changed

    outcome, report = oauth.run(keys=RETIRED)
    done = changes(report)
    assert done[0] == f"requested an access token for the OAuth client itself: it is that of {NAME}"
    assert done[1] == f"removed key {first} from OAuth client {outcome.client['id']}"
    assert [re.sub(r"\.\d+\..*~", "", sentence) for sentence in done[2:]] == [
        f"removed {name}, backup {name}" for name in ("publickey.cer", "publickey.pem", "privatekey.pem")
    ]
    assert [key["kid"] for key in public_keys(simulator)] == [second]
    assert not oauth.run(keys=RETIRED)[1].changed


def test_absent(oauth: Chain, simulator: Simulator) -> None:
    its_id = oauth.run(**oauth.first)[0].client["id"]
    outcome, report = oauth.run(state="absent")
    assert changes(report)[0] == f"deleted OAuth client {its_id}" and changes(report)[-1] == f"removed {ID_FILE}"
    assert (outcome.keys, outcome.client, outcome.access_token) == ([], None, None)
    assert simulator.oauth_clients() == [] and all(name.endswith("~") for name in oauth.files())
    for first in ({}, oauth.first):
        assert not oauth.run(**first, state="absent")[1].changed


def test_check_mode_predicts_and_touches_nothing(oauth: Chain, simulator: Simulator) -> None:
    outcome, report = oauth.run(True, **oauth.first)
    assert changes(report) == [
        *(f"would write {name}: it is missing" for name in ("privatekey.pem", "publickey.pem", "publickey.cer")),
        f"would create an OAuth client named {NAME}",
        f"would write {ID_FILE}: it is missing",
        "would request an access token for the OAuth client itself",
    ]
    assert not oauth.folder.exists() and {one["method"] for one in simulator.recorded()} == {"GET"}
    assert (outcome.client, outcome.access_token) == ({"id": None, "name": NAME}, None)


def test_check_mode_of_a_rotation_and_of_the_end(oauth: Chain, simulator: Simulator) -> None:
    oauth.run(**oauth.first)
    before = oauth.files(), simulator.oauth_clients()
    for given in ({"keys": INTRODUCED}, {"keys": RETIRED}, {"state": "absent"}):
        predicted = [(step.action, step.object) for step in oauth.run(True, **given)[1].steps]
        assert (oauth.files(), simulator.oauth_clients()) == before
        if given != {"keys": RETIRED}:  # of a key that exists already
            assert ("add", "oauth_client_key") in predicted or ("delete", "oauth_client") in predicted
    oauth.run(keys=INTRODUCED)
    predicted = oauth.run(True, keys=RETIRED)[1]
    done = oauth.run(keys=RETIRED)[1]
    assert [(step.action, step.object) for step in predicted.steps] == [
        (step.action, step.object) for step in done.steps
    ]


REFUSED = {
    "tenant": ({"tenant": "https://acme.eu.qlikcloud.com"}, "^O.tenant. must be a host name"),
    "days": ({"certificate_days": 0}, "O.valid_days."),
    "credentials": ({"api_key": None}, "^Credentials for the tenant are missing"),
    "url": ({"url": "acme"}, "O.tenant_url."),
    "scope": ({"scopes": ["no-such-scope"]}, "no-such-scope"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_options_leave_no_client(oauth: Chain, simulator: Simulator, name: str) -> None:
    given, message = REFUSED[name]
    with pytest.raises(_errors.QlikError) as raised:
        oauth.run(**{**oauth.first, **given})
    assert re.search(message, raised.value.message)
    assert simulator.oauth_clients() == [] and ID_FILE not in oauth.files()
    # The tenant knows which scopes there are, and is asked when the key exists.
    assert oauth.folder.exists() == (name == "scope")


STEPS = {"provide": keys, "register": client, "ensure_present": client_file, "request_token": client, "retire": client}


@pytest.mark.parametrize("step", [*STEPS, "remove"])
def test_a_step_that_fails_leaves_a_report_and_the_rest_to_the_next_run(
    oauth: Chain, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = oauth.run(**oauth.first)[0].keys[0].key_id
    owner = STEPS.get(step, keys)
    original = getattr(owner, step)

    def failing(*arguments: t.Any) -> t.NoReturn:
        raise _errors.FileError("The disk is full.")

    monkeypatch.setattr(owner, step, failing)
    report = Report(False)
    with pytest.raises(_errors.FileError):
        oauth.run(report=report, keys=RETIRED)
    order = [*STEPS, "remove"].index(step)
    assert ("new_privatekey.pem" in oauth.files()) == report.changed == (order > 0)
    # The old key is there until the new one is proven.
    assert (first in {key["kid"] for key in public_keys(simulator)}) == (step != "remove")
    assert "privatekey.pem" in oauth.files()

    monkeypatch.setattr(owner, step, original)
    oauth.run(keys=RETIRED)
    assert len(public_keys(simulator)) == 1 and "privatekey.pem" not in oauth.files()
    assert not oauth.run(keys=RETIRED)[1].changed
