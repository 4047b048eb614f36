# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain with keys in a real OpenBao: it makes and registers them, and moves from files to a store, and on."""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import openbao as bao
import pytest
from joserfc import jwk, jwt

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault

if t.TYPE_CHECKING:
    from simulator import Simulator

NUMBERS = itertools.count()

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


@pytest.fixture
def name() -> str:
    """A name of the test's own for keys."""
    return f"chain-{next(NUMBERS)}"


@pytest.fixture
def stored(chain, openbao: bao.OpenBao, name: str) -> dict[str, t.Any]:
    """The options of a tenant whose keys are in the store."""
    return {**chain.registered, **openbao.options, "private_key_uri": f"hashivault://{{prefix}}{name}"}


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests that the store gets."""
    sent = []
    ask = hashivault.Key._ask
    monkeypatch.setattr(hashivault.Key, "_ask", lambda key, *given: sent.append(given[1]) or ask(key, *given))
    return sent


def private_keys(folder: pathlib.Path) -> list[str]:
    """The files that have one."""
    return [path.name for path in folder.glob("*") if b"PRIVATE KEY" in path.read_bytes()]


def test_the_whole_chain(
    chain, stored: dict[str, t.Any], openbao: bao.OpenBao, name: str, simulator: Simulator, requests: list[str], texts
) -> None:
    outcome, report = chain.run(**stored)
    (provider,) = simulator.jwt_providers()
    (key,) = outcome.keys
    assert texts(report) == [
        f"created hashivault://transit/{name}: it was missing",
        "wrote publickey.pem: it was missing",
        "wrote publickey.cer: it was missing",
        f"created identity provider {provider['id']} for key id {key.key_id}",
        "logged in as Anna Anderson",
    ]
    facts = key.facts()
    assert facts["private_key_uri"] == f"hashivault://transit/{name}?version=1" and facts["private_key_path"] is None
    public_key = jwk.RSAKey.import_key(openbao.public_key(name))
    assert jwt.decode(outcome.tokens["anna@grusgrus.com"], public_key, ["RS256"]).header["kid"] == key.key_id

    requests.clear()
    before = chain.files()
    outcome, report = chain.run(**stored)
    assert not report.changed and chain.files() == before and requests == ["keys", "sign"]
    assert chain.run(check_mode=True, **stored)[1].steps[0].text == f"kept the key pair hashivault://transit/{name}"

    outcome, report = chain.run(**stored, state="absent")
    assert any(step.text.startswith(f"kept hashivault://transit/{name} in its store") for step in report.steps)
    assert simulator.jwt_providers() == [] and openbao.public_key(name)
    assert not chain.run(**stored, state="absent")[1].changed


def test_check_mode_touches_nothing(chain, stored: dict[str, t.Any], simulator: Simulator, requests, texts) -> None:
    _outcome, report = chain.run(check_mode=True, **stored)
    assert texts(report)[0].startswith("would create hashivault://transit/")
    assert set(requests) == {"keys"} and not chain.folder.exists() and simulator.jwt_providers() == []


def test_a_rotation_within_the_store(chain, stored: dict[str, t.Any], simulator: Simulator) -> None:
    first = chain.run(**stored, keys=[{"prefix": "a_", "state": "current"}])[0].keys[0].key_id
    introduced = [{"prefix": "b_", "state": "current"}, {"prefix": "a_", "state": "retiring"}]
    outcome, _report = chain.run(**stored, keys=introduced)
    assert [key.prefix for key in outcome.keys] == ["b_", "a_"] and outcome.keys[0].key_id != first
    assert len(simulator.jwt_providers()) == 2 and not chain.run(**stored, keys=introduced)[1].changed
    retired = [{"prefix": "b_", "state": "current"}, {"prefix": "a_", "state": "absent"}]
    assert chain.run(**stored, keys=retired)[1].changed
    assert len(simulator.jwt_providers()) == 1 and not chain.run(**stored, keys=retired)[1].changed


def test_from_a_file_to_a_store(chain, openbao: bao.OpenBao, name: str, simulator: Simulator) -> None:
    options = {**chain.registered, **openbao.options, "private_key_passphrase": "correct horse battery"}
    chain.run(**options)
    new = {"prefix": "store_", "state": "current", "uri": f"hashivault://{name}"}
    outcome, _report = chain.run(**options, keys=[new, {"prefix": "", "state": "retiring"}])
    assert len(simulator.jwt_providers()) == 2 and outcome.keys[0].private_key_uri
    assert chain.run(**options, keys=[new, {"prefix": "", "state": "absent"}])[1].changed
    outcome, report = chain.run(**options, keys=[new])
    assert not report.changed and len(simulator.jwt_providers()) == 1
    # The backup of the old one remains.
    assert [file.partition(".pem")[0] for file in private_keys(chain.folder)] == ["privatekey"]


def test_a_version_that_is_new_in_the_store_breaks_nothing(
    chain, stored: dict[str, t.Any], openbao: bao.OpenBao, name: str, simulator: Simulator
) -> None:
    chain.run(**stored)
    before = chain.files(), simulator.jwt_providers()
    openbao.ask("POST", f"transit/keys/{name}/rotate")
    said = "to the previous version or key to keep that, or introduce a new key with another prefix in keys."
    with pytest.raises(_errors.KeyMismatchError) as caught:
        chain.run(**stored)
    assert str(caught.value).endswith(said) and (chain.files(), simulator.jwt_providers()) == before
    pinned = {**stored, "private_key_uri": f"{stored['private_key_uri']}?version=1"}
    assert not chain.run(**pinned)[1].changed


def test_an_error_says_where_its_uri_is(chain, openbao: bao.OpenBao, name: str) -> None:
    """In the list of keys here, and in an option of its own above."""
    openbao.create(name, "rsa-3072")
    key = {"prefix": "", "state": "current", "uri": f"hashivault://{name}"}
    with pytest.raises(_errors.KeyMismatchError) as caught:
        chain.run(**openbao.options, keys=[key])
    assert caught.value.message == (
        f"hashivault://transit/{name}?version=1 has 3072 bits, but O(size) is 2048: set O(size) to 3072, or uri in"
        " O(keys) to another key."
    )


@pytest.mark.parametrize("step", ["first run", "renewal", "token"])
def test_a_store_that_is_away(
    chain,
    stored: dict[str, t.Any],
    openbao: bao.OpenBao,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    if step != "first run":
        chain.run(**stored)
    before = chain.files(), simulator.jwt_providers()
    changes = {"certificate_days": 400} if step == "renewal" else {}
    if step == "token":
        # It is there until the key has been read.
        sign = hashivault.Key._sign

        def away(key: hashivault.Key, version: int, digest: bytes) -> bytes:
            with openbao.sealed():
                return sign(key, version, digest)

        monkeypatch.setattr(hashivault.Key, "_sign", away)
        with pytest.raises(_errors.KeyStoreError, match="unseal"):
            chain.run(**stored)
        monkeypatch.setattr(hashivault.Key, "_sign", sign)
    else:
        with openbao.sealed(), pytest.raises(_errors.KeyStoreError, match="unseal"):
            chain.run(**stored, **changes)
    assert (chain.files(), simulator.jwt_providers()) == before
    chain.run(**stored, **changes)
    assert not chain.run(**stored, **changes)[1].changed
