# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain with keys in real key stores: it makes and registers them, and moves from files to a store, and on."""

from __future__ import annotations

import itertools
import pathlib
import shutil
import typing as t

import chains
import openbao as bao
import pytest
from joserfc import jwk, jwt

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain import status
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import signer, stores
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED

if t.TYPE_CHECKING:
    from key_stores import KeyStore
    from simulator import Simulator

NUMBERS = itertools.count()

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


@pytest.fixture
def name() -> str:
    """A name of the test's own for keys."""
    return f"chain-{next(NUMBERS)}"


@pytest.fixture
def stored(chain, key_store: KeyStore, name: str) -> dict[str, t.Any]:
    """The options of a tenant whose keys are in the store."""
    return {**chain.registered, **key_store.options, "private_key_uri": key_store.uri(f"{{prefix}}{name}")}


@pytest.fixture
def in_bao(chain, openbao: bao.OpenBao, name: str) -> dict[str, t.Any]:
    """The same in a store that has versions of keys."""
    return {**chain.registered, **openbao.options, "private_key_uri": f"hashivault://{{prefix}}{name}"}


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the store is asked for."""
    asked = []
    make, sign = stores.key, signer.Signer.sign

    def counting(*given: t.Any) -> t.Any:
        key = make(*given)
        for what in ("find", "create"):
            ask = getattr(key, what)
            setattr(key, what, lambda *given, what=what, ask=ask: asked.append(what) or ask(*given))
        return key

    monkeypatch.setattr(stores, "key", counting)
    monkeypatch.setattr(signer.Signer, "sign", lambda *given: asked.append("sign") or sign(*given))
    return asked


def examine(chain, options: dict[str, t.Any]) -> status.Status:
    """What the status says."""
    with OPENED:
        return status.examine(chains.options(key_directory=str(chain.folder), **options), {})[0]


def private_keys(folder: pathlib.Path) -> list[str]:
    """The files that have one."""
    return [path.name for path in folder.glob("*") if b"PRIVATE KEY" in path.read_bytes()]


def test_the_whole_chain(
    chain, stored: dict[str, t.Any], key_store: KeyStore, name: str, simulator: Simulator, requests: list[str], texts
) -> None:
    outcome, report = chain.run(**stored)
    (provider,) = simulator.jwt_providers()
    (key,) = outcome.keys
    assert texts(report) == [
        f"created {key_store.source(name)}: it was missing",
        "wrote publickey.pem: it was missing",
        "wrote publickey.cer: it was missing",
        f"created identity provider {provider['id']} for key id {key.key_id}",
        "logged in as Anna Anderson",
    ]
    assert key.facts()["private_key_path"] is None
    public_key = jwk.RSAKey.import_key(*key_store.public_keys(name))
    assert jwt.decode(outcome.tokens["anna@grusgrus.com"], public_key, ["RS256"]).header["kid"] == key.key_id

    requests.clear()
    before = chain.files()
    outcome, report = chain.run(**stored)
    assert not report.changed and chain.files() == before and requests == ["find", "sign"]
    assert chain.run(check_mode=True, **stored)[1].steps[0].text == f"kept the key pair {key_store.source(name)}"

    exact = {"prefix": "", "state": "current", "uri": key.facts()["private_key_uri"]}
    assert not chain.run(**{**stored, "private_key_uri": None, "keys": [exact]})[1].changed

    outcome, report = chain.run(**stored, state="absent")
    assert any(step.text.startswith(f"kept {key_store.source(name)} in its store") for step in report.steps)
    assert simulator.jwt_providers() == [] and key_store.public_keys(name)
    assert not chain.run(**stored, state="absent")[1].changed


def test_check_mode_touches_nothing(chain, stored: dict[str, t.Any], simulator: Simulator, requests, texts) -> None:
    _outcome, report = chain.run(check_mode=True, **stored)
    assert texts(report)[0].startswith("would create ")
    assert set(requests) == {"find"} and not chain.folder.exists() and simulator.jwt_providers() == []


def test_a_rotation_within_the_store(chain, stored: dict[str, t.Any], simulator: Simulator) -> None:
    first = chain.run(**stored, keys=[{"prefix": "a_", "state": "current"}])[0].keys[0].key_id
    introduced = [{"prefix": "b_", "state": "current"}, {"prefix": "a_", "state": "retiring"}]
    outcome, _report = chain.run(**stored, keys=introduced)
    assert [key.prefix for key in outcome.keys] == ["b_", "a_"] and outcome.keys[0].key_id != first
    assert len(simulator.jwt_providers()) == 2 and not chain.run(**stored, keys=introduced)[1].changed
    retired = [{"prefix": "b_", "state": "current"}, {"prefix": "a_", "state": "absent"}]
    assert chain.run(**stored, keys=retired)[1].changed
    assert len(simulator.jwt_providers()) == 1 and not chain.run(**stored, keys=retired)[1].changed


NEW = {"prefix": "new_", "state": "current"}


@pytest.mark.parametrize("state", ["retiring", "absent"])
def test_a_rotation_to_the_same_key(
    chain, in_bao: dict[str, t.Any], openbao: bao.OpenBao, name: str, simulator: Simulator, state: str
) -> None:
    old = f"hashivault://transit/{name}?version=1"
    options = {**in_bao, "private_key_uri": None}
    openbao.create(name)
    chain.run(**options, keys=[{"prefix": "", "state": "current", "uri": old}])
    files, providers = chain.files(), simulator.jwt_providers()
    # Nobody has rotated it, so its newest version is the old one.
    keys = [
        {"prefix": "new_", "state": "current", "uri": f"hashivault://{name}"},
        {"prefix": "", "state": state, "uri": old},
    ]
    with pytest.raises(_errors.KeyMismatchError) as caught:
        chain.run(**options, keys=keys)
    assert caught.value.message == (
        "O(keys) has the same key with the prefixes 'new_' and '': if it should be a new one, rotate it in its store, or"
        " set uri in O(keys) to another key."
    )
    assert chain.files() == files and simulator.jwt_providers() == providers
    openbao.ask("POST", f"transit/keys/{name}/rotate")
    chain.run(**options, keys=keys)
    assert len(simulator.jwt_providers()) == {"retiring": 2, "absent": 1}[state]


def lose_files(chain) -> None:
    """Throw the folder away, as a job container is."""
    shutil.rmtree(chain.folder)


def test_a_key_without_files_stays_registered(
    chain, stored: dict[str, t.Any], simulator: Simulator, client, texts
) -> None:
    before = chain.run(**stored)[0].keys[0]
    provider = simulator.jwt_providers()
    lose_files(chain)
    seen = examine(chain, stored)
    assert [(one["key_id"], one["provider"]["id"]) for one in seen.key_pairs] == [(before.key_id, provider[0]["id"])]
    assert seen.key_pairs[0]["private_key_uri"] == before.private_key_uri
    assert [step["object"] for step in seen.pending] == ["public_key", "certificate"] and not chain.folder.exists()

    outcome, report = chain.run(**stored)
    assert texts(report) == ["wrote publickey.pem: it was missing", "wrote publickey.cer: it was missing"]
    assert outcome.keys[0].key_id == before.key_id and simulator.jwt_providers() == provider
    # The certificate is another one each time, as long as the files are lost each time.
    assert not any("differs" in one.text for one in report.findings)
    assert any("differs from the one here" in one.text for one in chain.run(**stored)[1].findings)
    assert client.login(outcome.tokens["anna@grusgrus.com"]).status_code == 200
    assert not chain.run(**stored)[1].changed


def test_a_key_that_is_nowhere_is_not_created_again(
    chain, stored: dict[str, t.Any], key_store: KeyStore, name: str, simulator: Simulator
) -> None:
    chain.run(**stored)
    before = simulator.jwt_providers()
    key_store.delete(name)
    lose_files(chain)
    said = (
        f" ({before[0]['id']}), but {key_store.source(name)} does not exist, and there is no key in {chain.folder}: check"
        " O(private_key_uri) and which server, account or region it is in, or set O(allow_new_key) to true to create another key."
    )
    for check_mode in (True, False):
        with pytest.raises(_errors.OptionError) as caught:
            chain.run(check_mode, **stored)
        assert caught.value.message.endswith(said)
        assert not key_store.public_keys(name) and simulator.jwt_providers() == before and not chain.folder.exists()
    assert chain.run(**stored, allow_new_key=True)[1].changed


def test_a_version_that_is_new_in_the_store_is_not_registered_by_surprise(
    chain, in_bao: dict[str, t.Any], openbao: bao.OpenBao, name: str, simulator: Simulator
) -> None:
    """Without files, only the tenant tells which version it knows."""
    chain.run(**in_bao)
    before = simulator.jwt_providers()
    openbao.ask("POST", f"transit/keys/{name}/rotate")
    lose_files(chain)
    with pytest.raises(_errors.OptionError) as caught:
        chain.run(**in_bao)
    assert caught.value.message.endswith(
        f", but none with the key hashivault://transit/{name}?version=2, and there is no key in {chain.folder}: set"
        " O(private_key_uri) to the version or key that the tenant knows, or set O(allow_new_key) to true to register this one."
    )
    assert simulator.jwt_providers() == before and not chain.folder.exists()
    del in_bao["private_key_uri"]
    old = {"prefix": "", "state": "current", "uri": f"hashivault://{name}?version=1"}
    assert chain.run(**in_bao, keys=[old])[1].changed and simulator.jwt_providers() == before
    # The rest of the way: the new version is introduced, and the old one retired.
    new = {**NEW, "uri": f"hashivault://{name}?version=2"}
    for state, count in (("retiring", 2), ("absent", 1)):
        outcome, report = chain.run(**in_bao, keys=[new, {**old, "state": state}])
        assert report.changed and len(simulator.jwt_providers()) == count
        assert not chain.run(**in_bao, keys=[new, {**old, "state": state}])[1].changed
    assert outcome.keys[0].private_key_uri == f"hashivault://transit/{name}?version=2"


def test_a_retiring_key_without_files_stays_registered(
    chain, stored: dict[str, t.Any], key_store: KeyStore, name: str, simulator: Simulator
) -> None:
    keys = [NEW, {"prefix": "", "state": "retiring"}]
    chain.run(**stored)
    chain.run(**stored, keys=keys)
    before = simulator.jwt_providers()
    lose_files(chain)
    outcome, _report = chain.run(**stored, keys=keys)
    assert [key.state for key in outcome.keys] == ["current", "retiring"] and simulator.jwt_providers() == before
    assert {"publickey.cer", "new_publickey.cer"} <= set(chain.files())
    # If it is not in the store, either, it is gone, and what is left of it in the tenant is reported.
    key_store.delete(name)
    lose_files(chain)
    outcome, report = chain.run(**stored, keys=keys)
    assert [key.state for key in outcome.keys] == ["current"] and simulator.jwt_providers() == before
    assert [one.kind for one in report.findings].count("stray") == 1 and not key_store.public_keys(name)


def test_an_absent_key_without_files_is_deleted_in_the_tenant(
    chain, stored: dict[str, t.Any], key_store: KeyStore, name: str, simulator: Simulator, requests: list[str], texts
) -> None:
    keys = [NEW, {"prefix": "", "state": "absent"}]
    old = chain.run(**stored)[0].keys[0].key_id
    chain.run(**stored, keys=[NEW, {"prefix": "", "state": "retiring"}])
    (its,) = (one["id"] for one in simulator.jwt_providers() if old in str(one))
    lose_files(chain)
    _outcome, report = chain.run(**stored, keys=keys)
    assert f"deleted identity provider {its} for key id {old}" in texts(report)
    assert report.steps[-1].text.startswith(f"kept {key_store.source(name)} in its store")
    assert len(simulator.jwt_providers()) == 1 and key_store.public_keys(name)
    # From now on, nobody asks about it.
    requests.clear()
    _outcome, report = chain.run(**stored, keys=keys)
    assert not report.changed and requests == ["find", "sign"]
    assert [one["prefix"] for one in examine(chain, {**stored, "keys": keys}).key_pairs] == ["new_"]


def test_the_end_of_a_tenant_asks_no_store(
    chain, stored: dict[str, t.Any], key_store: KeyStore, simulator: Simulator, requests: list[str]
) -> None:
    chain.run(**stored)
    requests.clear()
    with key_store.away():
        assert chain.run(**stored, state="absent")[1].changed
        assert not chain.run(**stored, state="absent")[1].changed
    assert simulator.jwt_providers() == [] and requests == []
    # Nor if there are no files.
    chain.run(**stored)
    lose_files(chain)
    with key_store.away():
        assert chain.run(**stored, state="absent")[1].changed
    assert simulator.jwt_providers() == []


@pytest.mark.parametrize("state", ["current", "retiring", "absent", "end"])
def test_a_key_in_a_file_that_should_be_in_a_store(
    chain, stored: dict[str, t.Any], simulator: Simulator, state: str
) -> None:
    uri = stored.pop("private_key_uri")
    chain.run(**stored)
    before = chain.files(), simulator.jwt_providers()
    others = {"state": "absent"} if state == "end" else {}
    keys = (
        [{"prefix": "", "state": "current"}] if state in ("current", "end") else [NEW, {"prefix": "", "state": state}]
    )
    with pytest.raises(_errors.FileError) as caught:
        chain.run(**stored, private_key_uri=uri, keys=keys, **others)
    assert caught.value.message == (
        f"{chain.folder}/privatekey.pem exists, but O(private_key_uri) is set: set O(file_prefix) or O(directory) to another"
        " one, or move the key pair of this file away."
    )
    assert before[0].items() <= chain.files().items() and simulator.jwt_providers() == before[1]


def test_a_key_in_a_store_that_should_be_in_a_file(chain, stored: dict[str, t.Any], simulator: Simulator) -> None:
    chain.run(**stored)
    del stored["private_key_uri"]
    before = chain.files(), simulator.jwt_providers()
    with pytest.raises(_errors.OptionError) as caught:
        chain.run(**stored)
    assert caught.value.message.endswith(
        f", but {chain.folder} has a public key without its private key: set O(private_key_uri) if that is in a key store, or"
        " O(key_directory) to the folder that has it, or set O(allow_new_key) to true to create another key."
    )
    assert (chain.files(), simulator.jwt_providers()) == before


def test_public_files_of_a_key_that_is_not_declared(
    chain, stored: dict[str, t.Any], name: str, simulator: Simulator
) -> None:
    """They are nobody's, because no private key is with them. What the tenant has of this key is told."""
    first = chain.run(**stored)[0].keys[0].key_id
    with pytest.raises(_errors.OptionError, match=f"new_{name} does not exist"):
        chain.run(**stored, keys=[NEW])
    _outcome, report = chain.run(**stored, keys=[NEW], allow_new_key=True)
    (stray,) = (one.text for one in report.findings if one.kind == "stray")
    assert f"(key id: {first};" in stray
    assert chain.run(**stored, keys=[NEW], purge=True)[1].changed
    assert len(simulator.jwt_providers()) == 1 and "publickey.cer" in chain.files()


def test_from_a_file_to_a_store(chain, key_store: KeyStore, name: str, simulator: Simulator) -> None:
    options = {**chain.registered, **key_store.options, "private_key_passphrase": "correct horse battery"}
    chain.run(**options)
    new = {"prefix": "store_", "state": "current", "uri": key_store.uri(name)}
    outcome, _report = chain.run(**options, keys=[new, {"prefix": "", "state": "retiring"}])
    assert len(simulator.jwt_providers()) == 2 and outcome.keys[0].private_key_uri
    assert chain.run(**options, keys=[new, {"prefix": "", "state": "absent"}])[1].changed
    outcome, report = chain.run(**options, keys=[new])
    assert not report.changed and len(simulator.jwt_providers()) == 1
    # The backup of the old one remains.
    assert [file.partition(".pem")[0] for file in private_keys(chain.folder)] == ["privatekey"]


def test_a_version_that_is_new_in_the_store_breaks_nothing(
    chain, in_bao: dict[str, t.Any], openbao: bao.OpenBao, name: str, simulator: Simulator
) -> None:
    chain.run(**in_bao)
    before = chain.files(), simulator.jwt_providers()
    openbao.ask("POST", f"transit/keys/{name}/rotate")
    with pytest.raises(_errors.KeyMismatchError) as caught:
        chain.run(**in_bao)
    assert str(caught.value).endswith(", or introduce a new key with another prefix in keys.")
    assert (chain.files(), simulator.jwt_providers()) == before
    pinned = {**in_bao, "private_key_uri": f"{in_bao['private_key_uri']}?version=1"}
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
    key_store: KeyStore,
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
        sign = signer.Signer.sign

        def away(*given: t.Any) -> bytes:
            with key_store.away():
                return sign(*given)

        monkeypatch.setattr(signer.Signer, "sign", away)
        with pytest.raises(_errors.KeyStoreError):
            chain.run(**stored)
        monkeypatch.setattr(signer.Signer, "sign", sign)
    else:
        with key_store.away(), pytest.raises(_errors.KeyStoreError):
            chain.run(**stored, **changes)
    assert (chain.files(), simulator.jwt_providers()) == before
    chain.run(**stored, **changes)
    assert not chain.run(**stored, **changes)[1].changed
