# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key pairs whose private key is in a real OpenBao: what is created, renewed, repaired, removed and refused."""

from __future__ import annotations

import datetime
import itertools
import os
import pathlib
import re
import typing as t

import openbao as bao
import pytest
from kms import Kms, refusal

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    FileError,
    KeyMismatchError,
    KeyStoreError,
    OptionError,
    QlikError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import Access
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates, inspect, pair, stored_pair
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import awskms, hashivault, uri

Openssl = t.Callable[..., bytes]

PUBLIC, CERTIFICATE = "publickey.pem", "publickey.cer"
DAY = datetime.timedelta(days=1)
NUMBERS = itertools.count()


class StoredPair:
    """A folder and a key in the server, and the library at work with both."""

    def __init__(self, folder: pathlib.Path, server: bao.OpenBao, now: datetime.datetime) -> None:
        self.folder = folder
        self.server = server
        self.now = now
        self.name = f"pair-{next(NUMBERS)}"

    def wanted(self, version: str = "", valid_days: int = 365, **options: t.Any) -> pair.Wanted:
        """What the options of the module ask for."""
        unset = dict.fromkeys(hashivault.VARIABLES)
        parsed = uri.parse(f"hashivault://{self.name}{version}")
        defaults = {
            "directory": str(self.folder),
            "names": pair.names(""),
            "size": 2048,
            "passphrase": None,
            "old_passphrase": None,
            "terms": certificates.terms("qs-jwt", valid_days, None),
            "regenerate": "fail",
            "instead": "set O(regenerate) to mismatch to replace it",
            "backup": True,
            "private_access": Access(0o600),
            "public_access": Access(0o644),
            "store": hashivault.Key(parsed, unset | self.server.options, {}, sleep=lambda seconds: None),
        }
        return pair.Wanted(**defaults | options)

    def present(
        self, check_mode: bool = False, later: datetime.timedelta = datetime.timedelta(0), **options: t.Any
    ) -> pair.Outcome:
        """Ensure that it is there."""
        return stored_pair.ensure_present(self.wanted(**options), self.now + later, check_mode, lambda facts: None)

    def absent(self, check_mode: bool = False, **options: t.Any) -> pair.Outcome:
        """Ensure that its files are not."""
        return stored_pair.ensure_absent(self.wanted(**options), check_mode)

    def contents(self) -> dict[str, bytes]:
        """The files in the folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()} if self.folder.exists() else {}

    def rotate(self) -> None:
        """Have the server make a new version of the key."""
        self.server.ask("POST", f"transit/keys/{self.name}/rotate")

    def exists(self) -> bool:
        """Whether the server has the key."""
        return self.name in self.server.key_names()


@pytest.fixture
def stored(tmp_path: pathlib.Path, openbao: bao.OpenBao, now: datetime.datetime) -> StoredPair:
    """A folder that does not exist, and a key that does not, either."""
    return StoredPair(tmp_path / "keys", openbao, now)


def texts(outcome: pair.Outcome) -> list[str]:
    """What was done, as sentences."""
    return [step.text for step in outcome.steps]


class TestServer:
    """With OpenBao."""

    pytestmark = bao.needs_cryptography

    def test_it_is_created(self, stored: StoredPair, openssl: Openssl) -> None:
        outcome = stored.present()
        assert texts(outcome) == [
            f"created hashivault://transit/{stored.name}: it was missing",
            "wrote publickey.pem: it was missing",
            "wrote publickey.cer: it was missing",
        ]
        assert outcome.uri == f"hashivault://transit/{stored.name}?version=1"
        files = stored.contents()
        assert sorted(files) == [CERTIFICATE, PUBLIC]
        assert files[PUBLIC].decode() == stored.server.public_key(stored.name)
        path = str(stored.folder / CERTIFICATE)
        assert openssl("x509", "-in", path, "-noout", "-pubkey") == files[PUBLIC]
        at = ("-attime", str(int(stored.now.timestamp()) + 60))
        assert openssl("verify", "-check_ss_sig", *at, "-CAfile", path, path).endswith(b": OK\n")

    def test_once_more_changes_nothing(self, stored: StoredPair) -> None:
        first, files = stored.present(), stored.contents()
        again = stored.present()
        assert (again.steps, again.facts, again.uri) == ([], first.facts, first.uri)
        assert stored.contents() == files and again.before == again.after

    def test_check_mode_says_it_and_does_nothing(self, stored: StoredPair) -> None:
        outcome = stored.present(check_mode=True)
        assert texts(outcome)[0] == f"would create hashivault://transit/{stored.name}: it is missing"
        assert (outcome.uri, outcome.facts["key_id"]) == (None, None)
        assert not stored.exists() and not stored.folder.exists()

    def test_check_mode_needs_no_more_than_to_read(self, stored: StoredPair) -> None:
        stored.present()
        (stored.folder / CERTIFICATE).unlink()
        stored.server.ask(
            "PUT", "sys/policies/acl/reader", policy=f'path "transit/keys/{stored.name}" {{ capabilities = ["read"] }}'
        )
        token = stored.server.ask("POST", "auth/token/create", policies=["reader"])["auth"]["client_token"]
        parsed = uri.parse(f"hashivault://{stored.name}")
        options = {**dict.fromkeys(hashivault.VARIABLES), **stored.server.options, "vault_token": token}
        reading = hashivault.Key(parsed, options, {})
        assert texts(stored.present(check_mode=True, store=reading)) == ["would write publickey.cer: it is missing"]
        with pytest.raises(KeyStoreError, match="allow 'update' on transit/sign/"):
            stored.present(store=reading)
        assert sorted(stored.contents()) == [PUBLIC]

    def test_a_killed_run_is_finished(self, stored: StoredPair) -> None:
        """The key was created, and nothing written."""
        stored.server.create(stored.name)
        key = stored.server.public_key(stored.name)
        assert texts(stored.present()) == ["wrote publickey.pem: it was missing", "wrote publickey.cer: it was missing"]
        assert stored.contents()[PUBLIC].decode() == key

    def test_the_certificate_is_renewed_with_the_same_key(self, stored: StoredPair) -> None:
        first = stored.present()
        renewed = stored.present(later=340 * DAY)
        assert texts(renewed) == ["wrote publickey.cer: it expires on 2027-05-31"]
        assert renewed.facts["key_id"] == first.facts["key_id"]
        assert renewed.facts["serial_number"] != first.facts["serial_number"]

    @pytest.mark.parametrize(
        ("name", "why"), [(PUBLIC, "it did not match the private key"), (CERTIFICATE, "it could not be used")]
    )
    def test_a_damaged_file_is_repaired(self, stored: StoredPair, name: str, why: str) -> None:
        stored.present()
        (stored.folder / name).write_bytes(b"damaged")
        assert texts(stored.present(backup=False)) == [f"wrote {name}: {why}"]

    def test_another_size(self, stored: StoredPair) -> None:
        stored.present()
        said = f"hashivault://transit/{stored.name}?version=1 has 2048 bits, but size is 4096: set size to 2048, or"
        with pytest.raises(KeyMismatchError, match=re.escape(f"{said} private_key_uri to another key.")):
            stored.present(size=4096, regenerate="mismatch")

    @pytest.mark.parametrize("left", [(PUBLIC,), (CERTIFICATE,), (PUBLIC, CERTIFICATE)])
    def test_a_rotation_in_the_store_is_noticed(self, stored: StoredPair, left: tuple[str, ...]) -> None:
        first = stored.present()
        for name in {PUBLIC, CERTIFICATE} - set(left):
            (stored.folder / name).unlink()
        stored.rotate()
        files = stored.contents()
        with pytest.raises(KeyMismatchError) as caught:
            stored.present()
        assert str(caught.value) == (
            f"{stored.folder / left[0]} is for another key than hashivault://transit/{stored.name}?version=2: if the"
            " key was rotated in its store, set private_key_uri to the previous version or key to keep that, or set"
            " regenerate to mismatch to replace it."
        )
        assert stored.contents() == files
        assert stored.present(version="?version=1").facts["key_id"] == first.facts["key_id"]

    def test_a_key_that_is_gone_is_not_created_again(self, stored: StoredPair) -> None:
        """It may be in another server."""
        stored.present()
        path = f"transit/keys/{stored.name}"
        stored.server.ask("POST", f"{path}/config", deletion_allowed=True)
        stored.server.ask("DELETE", path)
        with pytest.raises(KeyMismatchError) as caught:
            stored.present()
        assert str(caught.value) == (
            f"hashivault://transit/{stored.name} does not exist, but {stored.folder / PUBLIC} was made for it: check"
            " private_key_uri and which server, account or region it is in, or set regenerate to mismatch to replace"
            " it."
        )
        assert not stored.exists()
        assert texts(stored.present(regenerate="mismatch"))[0].startswith("created ")

    def test_the_new_version_can_be_used(self, stored: StoredPair) -> None:
        first = stored.present()
        stored.rotate()
        second = stored.present(regenerate="mismatch")
        assert texts(second) == [
            "wrote publickey.pem: it did not match the private key",
            "wrote publickey.cer: it is for another key",
        ]
        assert second.facts["key_id"] != first.facts["key_id"] and len(second.backup_files) == 2
        assert stored.contents()[PUBLIC].decode() == stored.server.public_key(stored.name, 2)

    @pytest.mark.parametrize("method", ["present", "absent"])
    def test_a_private_key_in_the_folder(self, stored: StoredPair, rsa_pem: bytes, method: str) -> None:
        stored.folder.mkdir(mode=0o700)
        (stored.folder / "privatekey.pem").write_bytes(rsa_pem)
        with pytest.raises(FileError, match="privatekey.pem exists, but private_key_uri is set: set file_prefix or"):
            getattr(stored, method)()
        assert stored.contents() == {"privatekey.pem": rsa_pem} and not stored.exists()

    def test_a_store_that_is_away_changes_nothing(self, stored: StoredPair) -> None:
        with stored.server.sealed(), pytest.raises(QlikError, match="Somebody may have to unseal the server"):
            stored.present()
        assert not stored.folder.exists()

    def test_it_is_inspected(self, stored: StoredPair, rsa_pem: bytes) -> None:
        def inspected() -> inspect.Inspection:
            wanted = stored.wanted()
            inspection = inspect.Inspection(stored.now, 30)
            inspection.inspect_directory(wanted.directory, wanted.names, None, wanted.store)
            return inspection

        source = f"hashivault://transit/{stored.name}"
        assert inspected().problems == [f"{source} does not exist.", f"{stored.folder} does not exist."]
        made = stored.present()
        found = inspected()
        assert (found.problems, found.uri, found.facts()["key_id"]) == ([], made.uri, made.facts["key_id"])
        stored.rotate()
        assert inspected().problems == [
            f"{stored.folder / PUBLIC} does not match the private key.",
            f"{stored.folder / CERTIFICATE}: it is for another key.",
        ]
        (stored.folder / "privatekey.pem").write_bytes(rsa_pem)
        assert "privatekey.pem exists, but O(private_key_uri) is set" in inspected().problems[0]
        with stored.server.sealed():
            assert "Somebody may have to unseal the server" in inspected().problems[0]

    def test_its_files_are_removed_and_the_key_stays(self, stored: StoredPair) -> None:
        stored.present()
        path = f"transit/keys/{stored.name}"
        kept = (
            f"kept hashivault://transit/{stored.name} in its store: to delete it there, run"
            f" 'bao write {path}/config deletion_allowed=true' and 'bao delete {path}'"
        )
        assert texts(stored.absent(check_mode=True)) == [
            "would remove publickey.cer",
            "would remove publickey.pem",
            kept,
        ]
        outcome = stored.absent(backup=False)
        assert texts(outcome) == ["removed publickey.cer", "removed publickey.pem", kept]
        assert stored.contents() == {} and stored.exists()
        again = stored.absent()
        assert texts(again) == [kept] and not any(step.changed for step in again.steps)
        # What it says deletes the key.
        stored.server.ask("POST", f"{path}/config", deletion_allowed=True)
        stored.server.ask("DELETE", path)
        assert not stored.exists()

    def test_newer_versions_outlive_one_that_is_deleted(self, stored: StoredPair) -> None:
        stored.present()
        stored.rotate()
        path = f"transit/keys/{stored.name}"
        assert texts(stored.absent(version="?version=1"))[-1] == (
            f"kept hashivault://transit/{stored.name} in its store: to delete it there, run"
            f" 'bao write {path}/config min_decryption_version=2 min_encryption_version=2' and"
            f" 'bao write {path}/trim min_available_version=2'"
        )
        stored.server.ask("POST", f"{path}/config", min_decryption_version=2, min_encryption_version=2)
        stored.server.ask("POST", f"{path}/trim", min_available_version=2)
        assert [*stored.server.ask("GET", path)["data"]["keys"]] == ["2"]
        assert stored.present().uri == f"hashivault://transit/{stored.name}?version=2"


def test_a_key_cannot_be_new_each_time() -> None:
    for regenerate in ("fail", "mismatch"):
        stored_pair.check_regenerate(regenerate)
    with pytest.raises(OptionError) as caught:
        stored_pair.check_regenerate("always")
    assert str(caught.value) == (
        "regenerate is always, but a key in a key store is never replaced: rotate it there, and set regenerate to"
        " mismatch to use its new version."
    )


@pytest.mark.thorough
@bao.needs_cryptography
def test_a_warning_about_what_was_created(stored: StoredPair, kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, another run has created a key for the same alias since this one has looked."""
    for name, value in kms.environment.items():
        monkeypatch.setenv(name, value)
    arn, alias = kms.create()
    kms.answers(refusal("GetPublicKey", "NotFoundException", "not found", times=2))
    key = awskms.Key(uri.parse(f"awskms:///{alias}"), {}, os.environ, sleep=lambda seconds: None)
    outcome = stored.present(store=key)
    assert outcome.uri == f"awskms:///{arn}"
    (warning,) = outcome.warnings
    assert warning.startswith(f"Another run created awskms:///{alias} at the same time, so ")
