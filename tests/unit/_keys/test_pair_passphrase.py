# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A passphrase is changed in place: the same key, and at each instant one passphrase or the other opens it."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import subprocess
import typing as t

import forked
import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PrivateKeyError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys

OLD, NEW = "correct horse battery", "staple of Pferde und Kühe"
CHANGE = {"old_passphrase": OLD, "passphrase": NEW}


def public_key(path: pathlib.Path, passphrase: str) -> str | None:
    """The public key of an encrypted private key, as openssl tells it; None if this passphrase does not open it."""
    assert path.read_bytes().splitlines()[0].strip(b"-") == b"BEGIN ENCRYPTED PRIVATE KEY"
    command = ["openssl", "pkey", "-in", path, "-passin", f"pass:{passphrase}", "-pubout"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


@pytest.fixture(scope="module")
def encrypted() -> dict[str, bytes]:
    """The three files of the ready pair, its key encrypted with the old passphrase."""
    key = forked.openssl("pkcs8", "-topk8", "-passout", f"pass:{OLD}", stdin=forked.ready_pair()[forked.PRIVATE])
    return {**forked.ready_pair(), forked.PRIVATE: key.encode()}


@pytest.fixture
def folder(tmp_path: pathlib.Path, encrypted: dict[str, bytes]) -> pathlib.Path:
    """A folder with them."""
    return forked.put(tmp_path / "keys", encrypted)


def assert_changed(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    """Only the new passphrase opens the key, which is the same; nothing else has changed, and no copy is left."""
    path = folder / forked.PRIVATE
    assert public_key(path, NEW) == encrypted[forked.PUBLIC].decode() and public_key(path, OLD) is None
    assert forked.contents(folder) == {**encrypted, forked.PRIVATE: path.read_bytes()}
    assert {name: forked.mode_of(folder / name) for name in forked.NAMES} == forked.MODES


def test_it_is_changed_once(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    before = forked.keypair(folder, passphrase=OLD).result
    first = forked.keypair(folder, **CHANGE).result
    assert first["changed"] and first["passphrase_changed"]
    assert first["actions"] == ["changed the passphrase of privatekey.pem"] and first["backup_files"] == []
    same = ("key_id", "certificate", "public_key", "fingerprint_sha256")
    assert {name: first[name] for name in same} == {name: before[name] for name in same}
    assert_changed(folder, encrypted)

    unchanged = forked.state(folder)
    second = forked.keypair(folder, **CHANGE).result
    assert not second["changed"] and not second["passphrase_changed"] and second["actions"] == []
    assert not forked.keypair(folder, passphrase=NEW).result["changed"]
    assert forked.state(folder) == unchanged


def test_a_key_that_was_not_encrypted(tmp_path: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    options = {"old_passphrase": "", "passphrase": NEW}
    assert forked.keypair(folder, **options).result["actions"] == ["changed the passphrase of privatekey.pem"]
    assert_changed(folder, encrypted)
    assert not forked.keypair(folder, **options).result["changed"]


def test_check_mode_and_diff(folder: pathlib.Path) -> None:
    unchanged = forked.state(folder)
    result = forked.keypair(folder, _ansible_check_mode=True, _ansible_diff=True, **CHANGE).result
    assert result["changed"] and result["passphrase_changed"] and result["key_id"]
    before, after = result["diff"]["before"], result["diff"]["after"]
    assert (before.pop("opened_by"), after.pop("opened_by")) == ("old_passphrase", "passphrase")
    assert before == after
    assert forked.state(folder) == unchanged


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({**CHANGE, "old_passphrase": "another passphrase"}, "neither passphrase nor old_passphrase is its passphrase"),
        ({**CHANGE, "old_passphrase": ""}, "neither passphrase nor old_passphrase is its passphrase"),
        (
            {**CHANGE, "old_passphrase": f"{OLD}\n"},
            "old_passphrase is its passphrase, or the key is damaged, or of an unsupported kind. old_passphrase ends with a",
        ),
        (
            {"passphrase": f"{OLD}\n"},
            "unsupported kind. passphrase ends with a line break: remove it, for example with",
        ),
        ({**CHANGE, "passphrase": f"{NEW}\n"}, "passphrase ends with a line break: remove it, for example with"),
        ({"passphrase": NEW}, "passphrase is not its passphrase"),
        ({**CHANGE, "passphrase": "11 letters."}, "passphrase has fewer than 12 characters"),
        ({**CHANGE, "passphrase": ""}, "passphrase is empty (an environment variable or a CI secret may not be set)"),
        ({**CHANGE, "passphrase": NEW, "size": 3072}, "has 2048 bits, but size is 3072"),
    ],
)
def test_refused(folder: pathlib.Path, options: dict[str, t.Any], sentence: str) -> None:
    unchanged = forked.state(folder)
    refusal = forked.keypair(folder, **options).refusal
    assert sentence in refusal and OLD not in refusal
    assert forked.state(folder) == unchanged


def test_the_old_one_alone_is_no_wish(folder: pathlib.Path) -> None:
    result = forked.keypair(folder, old_passphrase=OLD).result
    assert result["failed"] and "missing parameter(s) required by 'old_passphrase': passphrase" in result["msg"]


def test_a_key_that_is_replaced_gets_the_new_one(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    result = forked.keypair(folder, regenerate="always", **CHANGE).result
    assert not result["passphrase_changed"] and "wrote privatekey.pem: regenerate is always" in result["actions"]
    new = public_key(folder / forked.PRIVATE, NEW)
    assert new and new != encrypted[forked.PUBLIC].decode()
    backup = next(path for path in map(pathlib.Path, result["backup_files"]) if forked.PRIVATE in path.name)
    assert public_key(backup, OLD) == encrypted[forked.PUBLIC].decode()


def test_other_repairs_are_made_along_with_it(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    (folder / forked.PUBLIC).unlink()
    (folder / forked.PRIVATE).chmod(0o644)
    result = forked.keypair(folder, **CHANGE).result
    assert result["passphrase_changed"] and "wrote publickey.pem: it was missing" in result["actions"]
    assert_changed(folder, encrypted)


def test_removal_of_a_key_that_has_either(folder: pathlib.Path) -> None:
    assert forked.keypair(folder, state="absent", backup=False, **CHANGE).result["changed"]
    assert forked.contents(folder) == {}


@forked.needs_chown
def test_its_owner_stays(folder: pathlib.Path) -> None:
    os.chown(folder / forked.PRIVATE, forked.NOBODY, forked.NOBODY)
    assert forked.keypair(folder, **CHANGE).result["passphrase_changed"]
    status = (folder / forked.PRIVATE).stat()
    assert (status.st_uid, status.st_gid) == (forked.NOBODY, forked.NOBODY)


def test_killed_before_any_change(tmp_path: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    for step in itertools.count(1):
        folder = forked.put(tmp_path / str(step), encrypted)
        killed = forked.keypair(folder, forked.kill_at(step), **CHANGE)
        path = folder / forked.PRIVATE
        assert encrypted[forked.PUBLIC].decode() in (public_key(path, OLD), public_key(path, NEW))
        assert "failed" not in forked.keypair(folder, **CHANGE).result
        assert_changed(folder, encrypted)
        if not killed.signal:
            break
    assert step > 5, "nothing was killed"


def test_a_full_disk(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    unchanged = forked.state(folder)
    refusal = forked.keypair(folder, forked.file_size_limit(100, signal.SIG_IGN), **CHANGE).refusal
    assert "Cannot write" in refusal
    assert forked.state(folder) == unchanged


def test_a_key_that_would_be_another_one_is_not_written(
    monkeypatch: pytest.MonkeyPatch, rsa_key: t.Any, other_rsa_key: t.Any
) -> None:
    # As a library would that has a fault.
    monkeypatch.setattr(private_keys, "load", lambda *dummy: private_keys.Loaded(other_rsa_key, None))
    with pytest.raises(PrivateKeyError, match="changed when it was read back"):
        private_keys.to_pem(rsa_key, NEW)
