# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found of a key pair, and what is wrong with it."""

from __future__ import annotations

import datetime
import os

import pytest
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import replace_options
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import inspect as _inspect
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pair as _pair

NAMES = _pair.names("")
# Later than when the certificates are made, which openssl does now.
TODAY = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)


@pytest.fixture
def folder(tmp_path, openssl, self_signed, rsa_pem):
    """A key pair as openssl makes it."""
    (tmp_path / NAMES.private_key).write_bytes(rsa_pem)
    (tmp_path / NAMES.private_key).chmod(0o600)
    (tmp_path / NAMES.public_key).write_bytes(openssl("pkey", "-pubout", data=rsa_pem))
    (tmp_path / NAMES.certificate).write_bytes(self_signed(rsa_pem, "-subj", "/CN=qs-jwt", "-days", "365"))
    return tmp_path


def look(folder, passphrase=None, renew_before_days=30, now=TODAY):
    state = _inspect.Inspection(now, renew_before_days)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("*")}
    state.inspect_directory(str(folder), NAMES, passphrase)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("*")} == before
    return state.facts()


def problem(facts, folder):
    """The only problem, the folder left out."""
    (sentence,) = facts["problems"]
    return replace_options(sentence, {}).replace(f"{folder}/", "")


def test_all_is_well(folder, openssl):
    facts = look(folder)
    assert facts["problems"] == []
    assert facts["exists"] and facts["days_left"] == 364 and facts["key_size"] == 2048
    fingerprint = openssl("x509", "-fingerprint", "-sha256", "-noout", data=(folder / NAMES.certificate).read_bytes())
    assert facts["fingerprint_sha256"] in fingerprint.decode()
    assert facts["public_key"].encode() == (folder / NAMES.public_key).read_bytes()
    assert RSAKey.import_key(facts["jwk"]).as_pem(private=False) == (folder / NAMES.public_key).read_bytes()
    assert not any("PRIVATE" in str(value) for value in facts.values())


def test_nothing_is_there(tmp_path):
    facts = look(tmp_path / "keys")
    assert facts["problems"] == [f"{tmp_path}/keys does not exist."]
    assert not facts["exists"] and facts["days_left"] is None
    assert facts["key_id"] is None and facts["jwk"] is None
    facts = look(tmp_path)
    assert [sentence.replace(f"{tmp_path}/", "") for sentence in facts["problems"]] == [
        f"{name} does not exist." for name in NAMES
    ]
    assert not facts["exists"]


@pytest.mark.parametrize("name", NAMES)
def test_one_is_missing(folder, name):
    whole = look(folder)
    (folder / name).unlink()
    facts = look(folder)
    assert problem(facts, folder) == f"{name} does not exist."
    # Whichever is left, the key is known.
    assert facts["exists"] and facts["key_id"] == whole["key_id"]


@pytest.mark.parametrize("name", NAMES)
def test_one_is_damaged(folder, name):
    whole = look(folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:200] + b"\0\0\0" + content[203:])
    facts = look(folder)
    assert len(facts["problems"]) == 1 and name in facts["problems"][0]
    assert facts["key_id"] == whole["key_id"]


def test_private_key_that_others_can_read(folder):
    (folder / NAMES.private_key).chmod(0o640)
    assert problem(look(folder), folder) == (
        "privatekey.pem has mode 0640, which lets other users access the private key: run 'chmod go= privatekey.pem',"
        " or set defaultMode if it is in a volume of Kubernetes."
    )


def test_private_key_with_a_passphrase(folder, private_keys, passphrase):
    (folder / NAMES.private_key).write_bytes(private_keys["encrypted PKCS#8"])
    assert look(folder, passphrase)["problems"] == []
    facts = look(folder, "another one")
    assert "passphrase is not its passphrase" in problem(facts, folder)
    assert facts["key_size"] == 2048
    assert "is encrypted" in problem(look(folder), folder)


def test_small_key(tmp_path, private_keys):
    (tmp_path / NAMES.private_key).write_bytes(private_keys["1024 bits"])
    (tmp_path / NAMES.private_key).chmod(0o600)
    assert "has 1024 bits, which is not safe" in look(tmp_path)["problems"][0]


def test_files_of_another_key(folder, openssl, other_rsa_pem, self_signed):
    (folder / NAMES.public_key).write_bytes(openssl("pkey", "-pubout", data=other_rsa_pem))
    assert problem(look(folder), folder) == "publickey.pem does not match the private key."
    whole = look(folder)
    (folder / NAMES.public_key).write_bytes(openssl("pkey", "-pubout", data=(folder / NAMES.private_key).read_bytes()))
    (folder / NAMES.certificate).write_bytes(self_signed(other_rsa_pem, "-subj", "/CN=qs-jwt", "-days", "365"))
    facts = look(folder)
    assert problem(facts, folder) == "publickey.cer: it is for another key."
    assert facts["key_id"] == whole["key_id"]


def test_certificate_of_qs_jwt(folder, self_signed, rsa_pem):
    (folder / NAMES.certificate).write_bytes(self_signed(rsa_pem, "-subj", "/CN=qs-jwt", "-days", "365", "-sha1"))
    assert problem(look(folder), folder) == "publickey.cer: it is not signed with SHA-256."


def test_certificate_of_a_ca(folder, ca_signed, rsa_pem):
    (folder / NAMES.certificate).write_bytes(ca_signed(rsa_pem)[0])
    assert problem(look(folder), folder) == "publickey.cer was issued by a third party."


@pytest.mark.parametrize(
    "days, words, days_left",
    [
        (-2, "it is not valid before", 366),
        (334, None, 30),
        (335, "it expires on", 29),
        (364, "it expires on", 0),
        (366, "it expired on", -2),
    ],
)
def test_time_of_the_certificate(folder, days, words, days_left):
    facts = look(folder, now=TODAY + datetime.timedelta(days=days))
    assert facts["days_left"] == days_left
    if words:
        assert words in problem(facts, folder)
    else:
        assert facts["problems"] == []


def test_unreadable_folder_and_files(folder):
    (folder / NAMES.public_key).unlink()
    (folder / NAMES.public_key).mkdir()
    assert "publickey.pem" in problem(look_without_comparing(folder), folder)
    (folder / NAMES.certificate).unlink()
    os.symlink("nowhere", folder / NAMES.certificate)
    assert len(look_without_comparing(folder)["problems"]) == 2


def look_without_comparing(folder):
    state = _inspect.Inspection(TODAY, 30)
    state.inspect_directory(str(folder), NAMES, None)
    return state.facts()


def test_files_that_cannot_be_decrypted_exist(folder):
    for name in NAMES:
        (folder / name).write_bytes(b"$ANSIBLE_VAULT;1.1;AES256\n3031\n")
    facts = look(folder)
    assert facts["exists"] and len(facts["problems"]) == 3
    (folder / NAMES.private_key).chmod(0o644)
    # It is encrypted, so its mode lets nobody use it.
    assert not [one for one in look(folder)["problems"] if "has mode" in one]
