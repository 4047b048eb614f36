# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of the steps, what is refused before the first of them, and what the next run makes of one that failed."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from chains import user
from joserfc import jwk, jwt

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain import keys, registration
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report

if t.TYPE_CHECKING:
    from simulator import Simulator

INTRODUCED = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]
RETIRED = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "absent"}]
WRITTEN = [f"wrote {name}: it was missing" for name in ("privatekey.pem", "publickey.pem", "publickey.cer")]


def test_keys_and_tokens(local, texts) -> None:
    outcome, report = local.run()
    assert texts(report) == WRITTEN
    assert [step.id for step in report.steps[:3]] == [
        str(local.folder / name) for name in ("privatekey.pem", "publickey.pem", "publickey.cer")
    ]
    public_key = jwk.RSAKey.import_key((local.folder / "publickey.pem").read_bytes())
    (key,) = outcome.keys
    assert key.key_id == public_key.thumbprint() and key.certificate == local.files()["publickey.cer"].decode()
    token = jwt.decode(outcome.tokens["anna@grusgrus.com"], public_key, ["RS256"])
    assert (
        (token.header["kid"], token.claims["iss"])
        == (key.key_id, outcome.issuer)
        == (key.key_id, "acme.eu.qlikcloud.com")
    )

    before = local.files()
    outcome, report = local.run()
    assert not report.changed and report.differences == [] and local.files() == before
    assert [(step.action, step.object) for step in report.steps] == [("keep", "key_pair"), ("sign", "token")]


def test_the_whole_chain(chain, simulator: Simulator, texts) -> None:
    outcome, report = chain.run(**chain.registered, auto_create_groups=True)
    (provider,) = simulator.jwt_providers()
    assert texts(report) == [
        *WRITTEN,
        f"created identity provider {provider['id']} for key id {outcome.keys[0].key_id}",
        "turned on the creation of groups",
        "logged in as Anna Anderson, in group1",
    ]
    assert {step.object for step in report.steps} == {
        "private_key", "public_key", "certificate", "token", "identity_provider", "group_settings", "session",
    }  # fmt: skip
    assert len(report.differences) == 3

    simulator.forget_requests()
    outcome, report = chain.run(**chain.registered, auto_create_groups=True)
    assert not report.changed and "session" not in {step.object for step in report.steps}
    assert [one["method"] for one in simulator.recorded()] == ["GET", "GET"]
    assert all(json.dumps(step) for step in report.steps)


def test_rotation(chain, simulator: Simulator, texts) -> None:
    first, _report = chain.run(**chain.registered)
    introduced, report = chain.run(**chain.registered, keys=INTRODUCED)
    assert [key.prefix for key in introduced.keys] == ["new_", ""]
    assert [(step.action, step.object) for step in report.steps if step.object in ("identity_provider", "session")] == [
        ("create", "identity_provider"),
        ("keep", "identity_provider"),
        ("log in", "session"),
    ]
    old = next(one["id"] for one in simulator.jwt_providers() if first.keys[0].key_id in json.dumps(one))
    outcome, report = chain.run(**chain.registered, keys=RETIRED)
    done = texts(report)
    assert done[:2] == [
        "logged in as Anna Anderson",
        f"deleted identity provider {old} for key id {first.keys[0].key_id}",
    ]
    assert [re.sub(r"\.\d+\..*~", "", sentence) for sentence in done[2:]] == [
        f"removed {name}, backup {name}" for name in ("publickey.cer", "publickey.pem", "privatekey.pem")
    ]
    assert [key.prefix for key in outcome.keys] == ["new_"] and len(simulator.jwt_providers()) == 1


def test_absent(chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    outcome, report = chain.run(**chain.registered, state="absent")
    assert report.changed and outcome.keys == [] and outcome.tokens == {}
    assert simulator.jwt_providers() == []
    assert not {"privatekey.pem", "publickey.pem", "publickey.cer"} & set(chain.files())
    assert not chain.run(**chain.registered, state="absent")[1].changed


def test_check_mode_predicts_and_touches_nothing(chain, simulator: Simulator, texts) -> None:
    simulator.forget_requests()
    outcome, report = chain.run(True, **chain.registered, auto_create_groups=True)
    assert texts(report) == [
        *(f"would write {name}: it is missing" for name in ("privatekey.pem", "publickey.pem", "publickey.cer")),
        "would create an identity provider for the new key",
        "would turn on the creation of groups",
        "would log in as anna@grusgrus.com",
    ]
    assert report.changed and not chain.folder.exists()
    assert {one["method"] for one in simulator.recorded()} == {"GET"}
    assert outcome.tokens == {"anna@grusgrus.com": None} and outcome.keys[0].key_id is None


def test_check_mode_of_a_rotation_and_of_the_end(chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    before = chain.files(), simulator.jwt_providers()
    for changes in ({"keys": INTRODUCED}, {"keys": RETIRED}, {"state": "absent"}):
        assert chain.run(True, **chain.registered, **changes)[1].changed
        assert (chain.files(), simulator.jwt_providers()) == before


REFUSED = {
    "tenant": ({"tenant": "https://acme.eu.qlikcloud.com"}, "^O.tenant. must be a host name"),
    "keys": ({"keys": []}, "^O.keys. must contain exactly one key"),
    "user": ({"users": [user()]}, "^O.users. contains a user without id"),
    "claims": ({"strict": True, "expires_in": "2h"}, "^O.users., anna@grusgrus.com: O.strict. is true: .*one hour"),
    "days": ({"certificate_days": 0}, "O.valid_days."),
    "passphrase": ({"private_key_passphrase": "short"}, "O.passphrase. has fewer"),
    "credentials": ({"api_key": None}, "^Credentials for the tenant are missing"),
    "client's key": (
        {"api_key": None, "client_id": "c", "client_private_key_path": "none.pem"},
        "^O.client_private_key_path.: cannot read none.pem",
    ),
    "url": ({"url": "acme"}, "O.tenant_url."),
    "ca": ({"ca_path": "/not/there"}, "O.ca_path."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_options_stop_it_before_the_first_step(chain, simulator: Simulator, name: str) -> None:
    changes, message = REFUSED[name]
    simulator.forget_requests()
    with pytest.raises(_errors.QlikError) as raised:
        chain.run(**{**chain.registered, **changes})
    assert re.search(message, raised.value.message)
    assert not chain.folder.exists() and {one["method"] for one in simulator.recorded()} <= {"GET"}


@pytest.mark.parametrize("step", ["provide", "register", "prove", "delete", "remove"])
def test_a_step_that_fails_leaves_a_report_and_the_rest_to_the_next_run(
    chain, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    chain.run(**chain.registered)
    owner = keys if step in ("provide", "remove") else registration
    original, calls = getattr(owner, step), []

    def failing(*arguments: t.Any) -> t.NoReturn:
        calls.append(arguments)
        raise _errors.FileError("The disk is full.")

    monkeypatch.setattr(owner, step, failing)
    report = Report(False)
    with pytest.raises(_errors.FileError):
        chain.run(report=report, **chain.registered, keys=RETIRED)
    assert len(calls) == 1
    # What came before is in the report, and the old way to log in is there until the new one is proven.
    order = ["provide", "register", "prove", "delete", "remove"]
    assert ("new_privatekey.pem" in chain.files()) == (order.index(step) > 0)
    assert report.changed == (order.index(step) > 0)
    assert len(simulator.jwt_providers()) == {"provide": 1, "register": 1, "prove": 2, "delete": 2, "remove": 1}[step]
    assert "privatekey.pem" in chain.files()

    monkeypatch.setattr(owner, step, original)
    chain.run(**chain.registered, keys=RETIRED)
    assert len(simulator.jwt_providers()) == 1 and "privatekey.pem" not in chain.files()
