# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three files as one set: what is made, renewed, repaired, replaced, removed and refused."""

from __future__ import annotations

import datetime
import json
import pathlib
import re
import shutil
import typing as t

import pytest
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    FileError,
    KeyMismatchError,
    OptionError,
    PemError,
    PrivateKeyError,
    QlikError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import Access
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates, removal
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pair as _pair

Openssl = t.Callable[..., bytes]
Contents = dict[str, bytes]

PRIVATE, PUBLIC, CERTIFICATE = NAMES = ("privatekey.pem", "publickey.pem", "publickey.cer")
DAY = datetime.timedelta(days=1)


class KeyPair:
    """A folder, and the library at work in it."""

    def __init__(self, folder: pathlib.Path, now: datetime.datetime) -> None:
        self.folder = folder
        self.now = now

    def wanted(
        self,
        common_name: str = "qs-jwt",
        valid_days: int = 365,
        renew_before_days: int | None = None,
        file_prefix: str = "",
        **options: t.Any,
    ) -> _pair.Wanted:
        """What the options of the module ask for; 2048 bits, since larger keys take longer to make."""
        defaults = {
            "directory": str(self.folder),
            "names": _pair.names(file_prefix),
            "size": 2048,
            "passphrase": None,
            "old_passphrase": None,
            "terms": certificates.terms(common_name, valid_days, renew_before_days),
            "regenerate": "fail",
            "instead": "set O(regenerate) to mismatch to replace it",
            "backup": True,
            "private_access": Access(0o600),
            "public_access": Access(0o644),
        }
        return _pair.Wanted(**defaults | options)

    def present(
        self,
        check_mode: bool = False,
        later: datetime.timedelta = datetime.timedelta(0),
        accept: t.Callable[[dict[str, t.Any]], None] = lambda facts: None,
        **options: t.Any,
    ) -> _pair.Outcome:
        """Ensure that the key pair is there."""
        return _pair.ensure_present(self.wanted(**options), self.now + later, check_mode, accept)

    def absent(self, check_mode: bool = False, **options: t.Any) -> _pair.Outcome:
        """Ensure that it is not."""
        return removal.ensure_absent(self.wanted(**options), check_mode)

    def contents(self) -> Contents:
        """What is in the folder."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def put(self, contents: Contents) -> None:
        """Write files as a user would leave them."""
        for name, content in contents.items():
            (self.folder / name).write_bytes(content)
            (self.folder / name).chmod(0o600 if name == PRIVATE else 0o644)

    def backups(self, outcome: _pair.Outcome) -> Contents:
        """The copies that were made, by the names of their originals."""
        paths = [pathlib.Path(path) for path in outcome.backup_files]
        assert all(path.parent == self.folder for path in paths)
        return {re.match(r"(.*?)\.[0-9]+\.", path.name)[1]: path.read_bytes() for path in paths}


def texts(outcome: _pair.Outcome) -> list[str]:
    """What was done, as sentences."""
    return [step.text for step in outcome.steps]


def foreseen(sentences: list[str]) -> list[str]:
    """The same sentences as check mode says them."""
    pairs = {"wrote": "would write", "changed": "would change", "was": "is", "had": "has"}
    pairs |= {"did not": "does not", "could not": "cannot"}
    return [re.sub(rf"\b({'|'.join(pairs)})\b", lambda found: pairs[found[0]], sentence) for sentence in sentences]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory, now: datetime.datetime, rsa_pem: bytes) -> Contents:
    """A set in good order; its key is that of ``rsa_pem``."""
    folder = KeyPair(tmp_path_factory.mktemp("good"), now)
    folder.put({PRIVATE: rsa_pem})
    folder.present()
    return folder.contents()


@pytest.fixture
def empty(tmp_path: pathlib.Path, now: datetime.datetime) -> KeyPair:
    """An empty folder."""
    return KeyPair(tmp_path, now)


@pytest.fixture
def pair(empty: KeyPair, good: Contents) -> KeyPair:
    """A folder with a set in good order."""
    empty.put(good)
    return empty


@pytest.fixture
def is_consistent(openssl: Openssl) -> t.Callable[[Contents], bool]:
    """Whether openssl finds one key in all three files."""

    def check(contents: Contents, password: str = "") -> bool:
        public = openssl("pkey", "-pubout", "-passin", f"pass:{password}", data=contents[PRIVATE])
        in_certificate = openssl("x509", "-noout", "-pubkey", data=contents[CERTIFICATE])
        return public == contents[PUBLIC] == in_certificate

    return check


def test_a_set_is_made(empty: KeyPair, is_consistent: t.Callable[[Contents], bool]) -> None:
    outcome = empty.present()
    assert texts(outcome) == [f"wrote {name}: it was missing" for name in NAMES]
    assert outcome.backup_files == []
    assert sorted(empty.contents()) == sorted(NAMES)
    assert is_consistent(empty.contents())


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_key_below_another_spelling_of_the_host_name_is_warned_about(
    tmp_path: pathlib.Path, now: datetime.datetime, good: Contents, check_mode: bool
) -> None:
    other = tmp_path / "Acme.EU.example.com"
    other.mkdir()
    KeyPair(other, now).put(good)
    pair = KeyPair(tmp_path / "acme.eu.example.com", now)
    (warning,) = pair.present(check_mode=check_mode).warnings
    assert warning.startswith(f"{other} has a key for the same host name as the new folder {pair.folder}, in another")
    # As the message says.
    if not check_mode:
        shutil.rmtree(pair.folder)
    other.rename(pair.folder)
    again = pair.present(check_mode=check_mode)
    assert (texts(again), list(again.warnings)) == ([], [])


def test_an_empty_folder_of_another_spelling_is_in_nobodys_way(tmp_path: pathlib.Path, now: datetime.datetime) -> None:
    (tmp_path / "Acme.EU.example.com").mkdir()
    assert texts(KeyPair(tmp_path / "acme.eu.example.com", now).present(check_mode=True))


@pytest.mark.parametrize("depth", [1, 3])
def test_a_missing_folder_is_made(tmp_path: pathlib.Path, now: datetime.datetime, depth: int) -> None:
    pair = KeyPair(tmp_path.joinpath(*"abc"[:depth]), now)
    assert len(texts(pair.present())) == 3
    assert texts(pair.present()) == []


@pytest.mark.parametrize("size", [2048, 3072])
def test_size(empty: KeyPair, openssl: Openssl, size: int) -> None:
    assert empty.present(size=size).facts["key_size"] == size
    assert f"({size} bit".encode() in openssl("pkey", "-noout", "-text", data=empty.contents()[PRIVATE])


def test_an_encrypted_set_is_made_and_left_alone(
    empty: KeyPair, passphrase: str, is_consistent: t.Callable[..., bool]
) -> None:
    empty.present(passphrase=passphrase)
    assert empty.contents()[PRIVATE].startswith(b"-----BEGIN ENCRYPTED ")
    assert is_consistent(empty.contents(), passphrase)
    assert texts(empty.present(passphrase=passphrase)) == []


def test_the_terms_are_those_of_the_options(empty: KeyPair, openssl: Openssl) -> None:
    empty.present(common_name="acme", valid_days=400)
    printed = openssl(
        "x509", "-noout", "-subject", "-enddate", "-dateopt", "iso_8601", data=empty.contents()[CERTIFICATE]
    )
    assert printed == b"subject=CN = acme\nnotAfter=2027-07-05 22:30:15Z\n"


def test_the_facts_are_those_of_the_files(pair: KeyPair, openssl: Openssl) -> None:
    facts = pair.present().facts
    contents = pair.contents()
    fingerprint = openssl("x509", "-noout", "-fingerprint", "-sha256", data=contents[CERTIFICATE]).decode()
    assert set(facts) == set(_pair.FACTS)
    assert facts["certificate"].encode() == contents[CERTIFICATE]
    assert facts["certificate_line"] == contents[CERTIFICATE].decode().replace("\n", "")
    assert facts["public_key"].encode() == contents[PUBLIC]
    assert fingerprint == f"sha256 Fingerprint={facts['fingerprint_sha256']}\n"
    assert (facts["not_before"], facts["not_after"]) == ("2026-05-31T22:30:15Z", "2027-05-31T22:30:15Z")
    assert facts["key_size"] == 2048
    assert facts["jwk"]["kid"] == facts["key_id"]
    assert RSAKey.import_key(facts["jwk"]).as_pem(private=False) == contents[PUBLIC]


def test_the_facts_of_a_new_set_are_those_of_the_next_run(empty: KeyPair) -> None:
    assert empty.present().facts == empty.present().facts


def test_paths(empty: KeyPair) -> None:
    folder = empty.folder
    assert empty.wanted(file_prefix="qsjwt_").paths() == {
        "private_key_path": f"{folder}/qsjwt_privatekey.pem",
        "public_key_path": f"{folder}/qsjwt_publickey.pem",
        "certificate_path": f"{folder}/qsjwt_publickey.cer",
    }


def test_sets_with_other_prefixes_do_not_meet(pair: KeyPair, good: Contents) -> None:
    pair.present(file_prefix="qsjwt_")
    assert sorted(pair.contents()) == sorted([*NAMES, *(f"qsjwt_{name}" for name in NAMES)])
    pair.absent(file_prefix="qsjwt_", backup=False)
    assert pair.contents() == good


@pytest.mark.parametrize("file_prefix", ["/", "a/", "../", "a/b", "/etc/x", "a\0b"])
def test_a_prefix_stays_in_the_folder(file_prefix: str) -> None:
    with pytest.raises(OptionError, match="^file_prefix must not contain a slash"):
        _pair.names(file_prefix)


def test_a_set_in_good_order_is_left_alone(pair: KeyPair, good: Contents) -> None:
    outcome = pair.present()
    assert (texts(outcome), outcome.backup_files) == ([], [])
    assert outcome.before == outcome.after
    assert pair.contents() == good


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_mode_is_repaired_and_nothing_else(pair: KeyPair, good: Contents, name: str) -> None:
    (pair.folder / name).chmod(0o640)
    for check_mode in (True, False):
        outcome = pair.present(check_mode=check_mode)
        what = f"{'would change' if check_mode else 'changed'} mode or owner of {name}"
        assert (texts(outcome), outcome.backup_files) == ([what], [])
        assert (outcome.before["modes"][name], outcome.after["modes"][name]) == (
            "0640",
            "0600" if name == PRIVATE else "0644",
        )
    assert pair.contents() == good
    assert texts(pair.present()) == []


def test_other_files_are_left_alone(pair: KeyPair, good: Contents) -> None:
    others = {"README": b"mine", "privatekey.pem.bak": b"mine too", "xprivatekey.pem": b"not a key"}
    pair.put(others)
    pair.present(regenerate="always", backup=False)
    pair.absent(backup=False)
    assert others.items() <= pair.contents().items()


@pytest.mark.parametrize("form", ["PKCS#1", "PKCS#8"])
def test_a_key_of_another_origin_is_adopted(
    empty: KeyPair, private_keys: Contents, form: str, is_consistent: t.Callable[[Contents], bool]
) -> None:
    empty.put({PRIVATE: private_keys[form]})
    outcome = empty.present()
    assert texts(outcome) == [f"wrote {name}: it was missing" for name in (PUBLIC, CERTIFICATE)]
    assert empty.contents()[PRIVATE] == private_keys[form]
    assert is_consistent(empty.contents())


def test_a_folder_that_qs_jwt_left_is_adopted(
    empty: KeyPair, private_keys: Contents, self_signed: t.Callable[..., bytes]
) -> None:
    sha1 = self_signed(private_keys["PKCS#1"], "-subj", "/CN=qs-jwt", "-days", "365", "-sha1")
    empty.put({PRIVATE: private_keys["PKCS#1"], PUBLIC: private_keys["public"], CERTIFICATE: sha1})
    outcome = empty.present(later=datetime.datetime.now(datetime.timezone.utc) - empty.now)
    assert texts(outcome) == [f"wrote {CERTIFICATE}: it is not signed with SHA-256"]
    assert empty.backups(outcome) == {CERTIFICATE: sha1}


@pytest.mark.parametrize("missing", [PUBLIC, CERTIFICATE])
def test_a_missing_file_is_made_from_the_private_key(
    pair: KeyPair, good: Contents, missing: str, is_consistent: t.Callable[[Contents], bool]
) -> None:
    (pair.folder / missing).unlink()
    outcome = pair.present()
    assert texts(outcome) == [f"wrote {missing}: it was missing"]
    assert outcome.backup_files == []
    kept = set(NAMES) - {missing}
    assert {name: pair.contents()[name] for name in kept} == {name: good[name] for name in kept}
    assert is_consistent(pair.contents())


def test_without_the_private_key_all_is_new(
    pair: KeyPair, good: Contents, is_consistent: t.Callable[[Contents], bool]
) -> None:
    (pair.folder / PRIVATE).unlink()
    outcome = pair.present()
    assert texts(outcome) == [
        f"wrote {PRIVATE}: it was missing",
        f"wrote {PUBLIC}: the private key is new",
        f"wrote {CERTIFICATE}: the private key is new",
    ]
    assert pair.backups(outcome) == {name: good[name] for name in (PUBLIC, CERTIFICATE)}
    assert is_consistent(pair.contents())


@pytest.mark.parametrize("kind", ["empty", "garbage", "other key", "other line ends", "private key"])
def test_a_public_key_that_does_not_match_is_repaired(
    pair: KeyPair, good: Contents, openssl: Openssl, other_rsa_pem: bytes, kind: str
) -> None:
    wrong = {
        "empty": b"",
        "garbage": b"\xff banana",
        "other key": openssl("pkey", "-pubout", data=other_rsa_pem),
        "other line ends": good[PUBLIC].replace(b"\n", b"\r\n"),
        "private key": good[PRIVATE],
    }[kind]
    pair.put({PUBLIC: wrong})
    outcome = pair.present()
    assert texts(outcome) == [f"wrote {PUBLIC}: it did not match the private key"]
    assert pair.backups(outcome) == {PUBLIC: wrong}
    assert {name: pair.contents()[name] for name in NAMES} == good


@pytest.mark.parametrize("kind", ["empty", "garbage", "cut off", "other key", "two"])
def test_a_damaged_certificate_is_repaired(
    pair: KeyPair,
    good: Contents,
    self_signed: t.Callable[..., bytes],
    other_rsa_pem: bytes,
    kind: str,
    is_consistent: t.Callable[[Contents], bool],
) -> None:
    other = self_signed(other_rsa_pem, "-subj", "/CN=qs-jwt", "-days", "365")
    wrong, reason = {
        "empty": (b"", "it could not be used"),
        "garbage": (b"\xff banana", "it could not be used"),
        "cut off": (good[CERTIFICATE][:500], "it could not be used"),
        "other key": (other, "it is for another key"),
        "two": (good[CERTIFICATE] * 2, "it could not be used"),
    }[kind]
    pair.put({CERTIFICATE: wrong})
    outcome = pair.present()
    assert texts(outcome) == [f"wrote {CERTIFICATE}: {reason}"]
    assert pair.backups(outcome) == {CERTIFICATE: wrong}
    assert pair.contents()[PRIVATE] == good[PRIVATE]
    assert is_consistent(pair.contents())
    assert texts(pair.present()) == []


@pytest.mark.parametrize(
    ("later", "options", "reasons"),
    [
        (335 * DAY, {}, "it expires on 2027-05-31"),
        (400 * DAY, {}, "it expires on 2027-05-31"),
        (100 * DAY, {"renew_before_days": 300}, "it expires on 2027-05-31"),
        (0 * DAY, {"common_name": "acme"}, "it has another common name"),
        (0 * DAY, {"valid_days": 400}, "it has another lifetime"),
        (
            0 * DAY,
            {"common_name": "acme", "valid_days": 400},
            "it has another common name and it has another lifetime",
        ),
    ],
)
def test_a_certificate_is_renewed_with_the_same_key(
    pair: KeyPair, good: Contents, later: datetime.timedelta, options: dict[str, t.Any], reasons: str
) -> None:
    before = pair.present().facts
    outcome = pair.present(later=later, **options)
    assert texts(outcome) == [f"wrote {CERTIFICATE}: {reasons}"]
    assert pair.backups(outcome) == {CERTIFICATE: good[CERTIFICATE]}
    assert {name: pair.contents()[name] for name in (PRIVATE, PUBLIC)} == {
        name: good[name] for name in (PRIVATE, PUBLIC)
    }
    assert outcome.facts["key_id"] == before["key_id"]
    assert outcome.facts["serial_number"] != before["serial_number"]
    assert texts(pair.present(later=later, **options)) == []


def test_a_certificate_is_not_renewed_too_early(pair: KeyPair) -> None:
    assert texts(pair.present(later=334 * DAY)) == []


@pytest.mark.parametrize("form", ["alone", "with its chain", "chain first", "DER"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_certificate_of_a_ca_is_not_ours_to_replace(
    pair: KeyPair,
    good: Contents,
    openssl: Openssl,
    ca_signed: t.Callable[[bytes], tuple[bytes, bytes]],
    form: str,
    check_mode: bool,
) -> None:
    issued, ca = ca_signed(good[PRIVATE])
    foreign = {
        "alone": issued,
        "with its chain": issued + ca,
        "chain first": ca + issued,
        "DER": openssl("x509", "-outform", "DER", data=issued),
    }[form]
    pair.put({CERTIFICATE: foreign})
    with pytest.raises(QlikError, match=f"^{re.escape(str(pair.folder / CERTIFICATE))} "):
        pair.present(check_mode=check_mode)
    assert pair.contents() == good | {CERTIFICATE: foreign}


def test_a_certificate_of_a_ca_stays_when_the_private_key_is_gone(
    empty: KeyPair, good: Contents, ca_signed: t.Callable[[bytes], tuple[bytes, bytes]]
) -> None:
    empty.put({CERTIFICATE: ca_signed(good[PRIVATE])[0]})
    before = empty.contents()
    with pytest.raises(FileError, match="was issued by a third party"):
        empty.present()
    assert empty.contents() == before


@pytest.mark.parametrize("regenerate", ["mismatch", "always"])
def test_a_certificate_of_a_ca_is_replaced_if_that_is_asked_for(
    pair: KeyPair,
    good: Contents,
    ca_signed: t.Callable[[bytes], tuple[bytes, bytes]],
    regenerate: str,
    is_consistent: t.Callable[[Contents], bool],
) -> None:
    foreign = ca_signed(good[PRIVATE])[0]
    pair.put({CERTIFICATE: foreign})
    outcome = pair.present(regenerate=regenerate)
    assert pair.backups(outcome)[CERTIFICATE] == foreign
    assert f"wrote {CERTIFICATE}: a third party had issued it" in texts(outcome)
    assert outcome.before["fingerprint_sha256"] not in (None, outcome.after["fingerprint_sha256"])
    assert (pair.contents()[PRIVATE] == good[PRIVATE]) is (regenerate == "mismatch")
    assert is_consistent(pair.contents())
    assert texts(pair.present()) == []


def unreadable(private_keys: Contents, good: Contents) -> dict[str, tuple[bytes, type[QlikError], str]]:
    """Private keys that cannot be read: the file, the error, and a part of the message."""
    lines = good[PRIVATE].splitlines(keepends=True)
    middle = len(lines) // 2
    changed = lines[middle][:30] + (b"B" if lines[middle][30:31] == b"A" else b"A") + lines[middle][31:]
    return {
        "empty": (b"", PemError, "is empty"),
        "garbage": (b"\xff banana", PemError, "is not a private key"),
        "public key": (private_keys["public"], PemError, "contains a public key"),
        "cut off": (b"".join(lines[:10]), PemError, "is cut off"),
        "lines missing": (b"".join(lines[:10] + lines[-1:]), PemError, "cannot be read: it is incomplete"),
        "a letter changed": (
            b"".join([*lines[:middle], changed, *lines[middle + 1 :]]),
            PrivateKeyError,
            "is damaged: it cannot be read",
        ),
        "encrypted": (private_keys["encrypted PKCS#8"], PrivateKeyError, "is encrypted: specify its passphrase"),
        "OpenSSH": (private_keys["OpenSSH"], PrivateKeyError, "is in OpenSSH's own format: .*ssh-keygen"),
    }


@pytest.mark.parametrize(
    "kind",
    ["empty", "garbage", "public key", "cut off", "lines missing", "a letter changed", "encrypted", "OpenSSH"],
)
@pytest.mark.parametrize("regenerate", ["fail", "mismatch", "always"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_private_key_that_cannot_be_read_is_never_replaced(
    pair: KeyPair, good: Contents, private_keys: Contents, kind: str, regenerate: str, check_mode: bool
) -> None:
    content, error, message = unreadable(private_keys, good)[kind]
    pair.put({PRIVATE: content})
    with pytest.raises(error, match=f"^{re.escape(str(pair.folder / PRIVATE))} {message}") as caught:
        pair.present(check_mode=check_mode, regenerate=regenerate)
    assert not isinstance(caught.value, KeyMismatchError)
    assert pair.contents() == good | {PRIVATE: content}


@pytest.mark.parametrize("regenerate", ["fail", "mismatch", "always"])
def test_a_wrong_passphrase_is_refused(empty: KeyPair, private_keys: Contents, regenerate: str) -> None:
    empty.put({PRIVATE: private_keys["encrypted PKCS#8"]})
    with pytest.raises(PrivateKeyError, match="passphrase is not its passphrase"):
        empty.present(regenerate=regenerate, passphrase="wrong passphrase")
    assert empty.contents() == {PRIVATE: private_keys["encrypted PKCS#8"]}


@pytest.mark.parametrize("regenerate", ["fail", "mismatch", "always"])
def test_a_passphrase_for_a_key_that_has_none_is_refused(pair: KeyPair, good: Contents, regenerate: str) -> None:
    with pytest.raises(PrivateKeyError, match="is not encrypted, but passphrase is set"):
        pair.present(regenerate=regenerate, passphrase="correct horse battery")
    assert pair.contents() == good


@pytest.mark.parametrize("kind", ["EC", "EC, traditional", "DSA", "Ed25519", "1024 bits", "3072 bits"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_key_of_another_kind_or_size_is_refused(
    pair: KeyPair, good: Contents, private_keys: Contents, kind: str, check_mode: bool
) -> None:
    pair.put({PRIVATE: private_keys[kind]})
    with pytest.raises(KeyMismatchError, match=re.escape(str(pair.folder / PRIVATE))):
        pair.present(check_mode=check_mode)
    assert pair.contents() == good | {PRIVATE: private_keys[kind]}


@pytest.mark.parametrize("size", [3072, 4096])
def test_another_size_is_refused_with_both_ways_out(pair: KeyPair, good: Contents, size: int) -> None:
    with pytest.raises(
        KeyMismatchError, match=f"has 2048 bits, but size is {size}: set size to 2048 .* regenerate to mism"
    ):
        pair.present(size=size)
    assert pair.contents() == good


TUTORIAL = ["-subj", "/C=SE/ST=Skane/L=Lund/O=Acme/OU=IT/CN=acme.com/emailAddress=it@acme.com", "-days", "1825"]
"""As people do it who follow Qlik's tutorial: openssl asks them for each part of the subject."""


@pytest.mark.parametrize(
    ("options", "keep"),
    [
        (TUTORIAL, {"size": 2048, "common_name": "acme.com", "valid_days": 1825}),
        (["-subj", "/O=Acme/CN=qs-jwt", "-days", "1825"], {"size": 2048, "valid_days": 1825}),
        (["-subj", "/CN=acme.com", "-days", "365"], {"size": 2048, "common_name": "acme.com"}),
        (["-subj", "/CN=qs-jwt", "-days", "365"], {"size": 2048}),
        # These cannot be kept, whatever the options.
        (["-subj", "/O=Acme", "-days", "1825"], {"size": 2048}),
        (["-subj", "/CN=a/CN=b", "-days", "1825"], {"size": 2048}),
        (["-subj", "/CN=acme.com", "-days", "29"], {"size": 2048}),
        ([*TUTORIAL, "-sha1"], {"size": 2048}),
    ],
)
def test_a_folder_of_qliks_tutorial_is_refused_with_all_options_that_keep_it(
    empty: KeyPair,
    private_keys: Contents,
    self_signed: t.Callable[..., bytes],
    options: list[str],
    keep: dict[str, t.Any],
) -> None:
    files = {PRIVATE: private_keys["PKCS#1"], CERTIFICATE: self_signed(private_keys["PKCS#1"], *options)}
    empty.put(files)
    later = datetime.datetime.now(datetime.timezone.utc) - empty.now
    with pytest.raises(KeyMismatchError) as caught:
        empty.present(size=4096, later=later)
    *others, last = [f"{name} to {value!r}" for name, value in keep.items()]
    what = "it and its certificate" if others else "it"
    assert str(caught.value) == (
        f"{empty.folder}/{PRIVATE} has 2048 bits, but size is 4096: set {', '.join(others)}{' and ' if others else ''}"
        f"{last} to keep {what}, or set regenerate to mismatch to replace it."
    )
    assert empty.contents() == files
    # With exactly these options, the key stays, and so does the certificate if the sentence says so.
    actions = texts(empty.present(**keep, later=later))
    assert actions[:1] == [f"wrote {PUBLIC}: it was missing"]
    assert (actions[1:] == []) == (bool(others) or options[-1] == "365")
    assert empty.contents()[PRIVATE] == files[PRIVATE]


@pytest.mark.parametrize("kind", ["EC", "DSA", "Ed25519", "1024 bits", "3072 bits"])
@pytest.mark.parametrize("regenerate", ["mismatch", "always"])
def test_a_key_of_another_kind_or_size_is_replaced_if_that_is_asked_for(
    pair: KeyPair,
    good: Contents,
    private_keys: Contents,
    kind: str,
    regenerate: str,
    is_consistent: t.Callable[[Contents], bool],
) -> None:
    pair.put({PRIVATE: private_keys[kind]})
    outcome = pair.present(regenerate=regenerate)
    assert texts(outcome)[1:] == [f"wrote {name}: the private key is new" for name in (PUBLIC, CERTIFICATE)]
    assert pair.backups(outcome) == good | {PRIVATE: private_keys[kind]}
    assert is_consistent(pair.contents())
    assert texts(pair.present()) == []


def test_mismatch_leaves_a_good_key_alone(pair: KeyPair, good: Contents) -> None:
    assert texts(pair.present(regenerate="mismatch")) == []
    assert pair.contents() == good


def test_always_replaces_a_good_key(pair: KeyPair, good: Contents, is_consistent: t.Callable[[Contents], bool]) -> None:
    before = pair.present().facts
    outcome = pair.present(regenerate="always")
    assert texts(outcome) == [
        f"wrote {PRIVATE}: regenerate is always",
        f"wrote {PUBLIC}: the private key is new",
        f"wrote {CERTIFICATE}: the private key is new",
    ]
    assert pair.backups(outcome) == good
    assert outcome.facts["key_id"] != before["key_id"]
    assert is_consistent(pair.contents())


def test_without_backup_the_private_key_is_backed_up_all_the_same(pair: KeyPair, good: Contents) -> None:
    outcome = pair.present(regenerate="always", backup=False)
    assert pair.backups(outcome) == {PRIVATE: good[PRIVATE]}


def test_without_backup_the_others_are_not(pair: KeyPair) -> None:
    outcome = pair.present(common_name="acme", backup=False)
    assert outcome.backup_files == []
    assert sorted(pair.contents()) == sorted(NAMES)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("passphrase", ["", "x", "11 letters."])
def test_a_short_passphrase_for_a_new_key_is_refused(
    tmp_path: pathlib.Path, now: datetime.datetime, check_mode: bool, passphrase: str
) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OptionError, match="^passphrase (has fewer than|is empty .* at least) 12 characters"):
            KeyPair(folder, now).present(check_mode=check_mode, passphrase=passphrase)
    assert list(tmp_path.iterdir()) == []


def test_a_short_passphrase_of_an_old_key_is_its_owners_business(
    empty: KeyPair, openssl: Openssl, rsa_pem: bytes
) -> None:
    old = openssl("pkcs8", "-topk8", "-passout", "pass:short", data=rsa_pem)
    empty.put({PRIVATE: old})
    empty.present(passphrase="short")
    assert empty.contents()[PRIVATE] == old
    with pytest.raises(OptionError, match="^passphrase has fewer than 12 characters"):
        empty.present(passphrase="short", regenerate="always")
    assert empty.contents()[PRIVATE] == old


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({}, {}),
        ({PRIVATE: None}, {}),
        ({PUBLIC: None}, {}),
        ({CERTIFICATE: None}, {}),
        ({PRIVATE: None, PUBLIC: None, CERTIFICATE: None}, {}),
        ({PUBLIC: b"x", CERTIFICATE: b"x"}, {}),
        ({}, {"regenerate": "always"}),
        ({}, {"size": 3072, "regenerate": "mismatch"}),
        ({}, {"common_name": "acme", "valid_days": 400}),
    ],
    ids=str,
)
def test_check_mode_says_what_a_run_does_and_touches_nothing(
    pair: KeyPair, change: dict[str, bytes | None], options: dict[str, t.Any]
) -> None:
    for name, content in change.items():
        (pair.folder / name).unlink()
        if content is not None:
            pair.put({name: content})
    before = pair.contents()
    predicted = pair.present(check_mode=True, **options)
    assert pair.contents() == before
    done = pair.present(**options)
    assert texts(predicted) == foreseen(texts(done))
    assert predicted.backup_files == []
    assert predicted.before == done.before
    known = {name: value for name, value in predicted.facts.items() if value is not None}
    assert known.items() <= done.facts.items()
    # Whatever is to be new is not known yet.
    new_key = any(PRIVATE in action for action in texts(done))
    new_certificate = any(CERTIFICATE in action for action in texts(done))
    assert (predicted.facts["key_id"] is None) is new_key
    assert (predicted.facts["certificate"] is None) is new_certificate


def test_check_mode_makes_no_folder(tmp_path: pathlib.Path, now: datetime.datetime) -> None:
    outcome = KeyPair(tmp_path / "a" / "b", now).present(check_mode=True)
    assert texts(outcome) == [f"would write {name}: it is missing" for name in NAMES]
    assert set(outcome.facts.values()) == {None}
    assert list(tmp_path.iterdir()) == []


class Refused(QlikError):
    """What these tests refuse with."""


def refuse(_facts: dict[str, t.Any]) -> t.NoReturn:
    """Accept nothing."""
    raise Refused("not accepted")


@pytest.mark.parametrize("options", [{}, {"regenerate": "always"}, {"common_name": "acme"}], ids=str)
def test_what_is_not_accepted_is_not_done(pair: KeyPair, good: Contents, options: dict[str, t.Any]) -> None:
    with pytest.raises(Refused):
        pair.present(accept=refuse, **options)
    assert pair.contents() == good


@pytest.mark.parametrize("name", [".", "missing", "missing/too"])
def test_what_is_not_accepted_leaves_no_new_folder(tmp_path: pathlib.Path, now: datetime.datetime, name: str) -> None:
    with pytest.raises(Refused):
        KeyPair(tmp_path / name, now).present(accept=refuse)
    assert list(tmp_path.iterdir()) == []


def test_what_is_accepted_is_what_is_returned(empty: KeyPair) -> None:
    seen: list[tuple[dict[str, t.Any], list[str]]] = []
    outcome = empty.present(accept=lambda facts: seen.append((dict(facts), list(empty.contents()))))
    assert seen == [(outcome.facts, [])]


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_file_in_place_of_the_folder_is_refused(
    tmp_path: pathlib.Path, now: datetime.datetime, check_mode: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"mine")
    with pytest.raises(FileError, match=str(path)):
        KeyPair(path, now).present(check_mode=check_mode)
    assert path.read_bytes() == b"mine"


def test_the_diff_names_what_changes(pair: KeyPair) -> None:
    outcome = pair.present(common_name="acme", valid_days=400)
    assert outcome.before["modes"] == {PRIVATE: "0600", PUBLIC: "0644", CERTIFICATE: "0644"}
    changed = {name for name in outcome.before if outcome.before[name] != outcome.after[name]}
    assert changed == {"fingerprint_sha256", "not_after"}


def test_nothing_that_is_returned_holds_the_private_key(pair: KeyPair, good: Contents) -> None:
    for options in ({}, {"check_mode": True}, {"regenerate": "always"}):
        # But as an object, for whoever signs with it.
        returned = json.dumps(pair.present(**options)._replace(key=None))
        assert "PRIVATE" not in returned
        for content in (good[PRIVATE], pair.contents()[PRIVATE]):
            # Whole lines, but the first ones: they hold the modulus, whose lines may be those of the certificate.
            assert not [line for line in content.decode().splitlines()[8:-1] if line in returned]


def removals(outcome: _pair.Outcome, names: t.Iterable[str]) -> set[str]:
    """What is said about files that were removed: where the backup is, if there is one."""
    backups = [pathlib.Path(path).name for path in outcome.backup_files]
    return {f"removed {', backup '.join([name, *(one for one in backups if one.startswith(name))])}" for name in names}


def test_absent(pair: KeyPair, good: Contents) -> None:
    outcome = pair.absent()
    assert set(texts(outcome)) == removals(outcome, NAMES)
    # The private key goes last: until then, the others can be made again.
    assert texts(outcome)[-1].startswith(f"removed {PRIVATE}, backup {PRIVATE}.")
    assert pair.backups(outcome) == good
    assert not set(NAMES) & set(pair.contents())
    assert outcome.facts == {}


def test_absent_without_backup_leaves_nothing(pair: KeyPair) -> None:
    outcome = pair.absent(backup=False)
    assert (len(texts(outcome)), outcome.backup_files) == (3, [])
    assert pair.contents() == {}


def test_absent_twice_does_nothing(pair: KeyPair) -> None:
    pair.absent()
    before = pair.contents()
    outcome = pair.absent()
    assert (texts(outcome), outcome.backup_files) == ([], [])
    assert pair.contents() == before


@pytest.mark.parametrize("check_mode", [False, True])
def test_absent_needs_no_folder(tmp_path: pathlib.Path, now: datetime.datetime, check_mode: bool) -> None:
    assert texts(KeyPair(tmp_path / "missing", now).absent(check_mode=check_mode)) == []
    assert list(tmp_path.iterdir()) == []


def test_absent_in_check_mode_removes_nothing(pair: KeyPair, good: Contents) -> None:
    predicted = pair.absent(check_mode=True)
    assert pair.contents() == good
    done = pair.absent()
    assert set(texts(predicted)) == {f"would remove {name}" for name in NAMES}
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert predicted.backup_files == []


@pytest.mark.parametrize("left", [[PRIVATE], [PUBLIC], [PUBLIC, CERTIFICATE]])
@pytest.mark.parametrize("backup", [True, False])
def test_absent_removes_what_is_left(empty: KeyPair, good: Contents, left: list[str], backup: bool) -> None:
    empty.put({name: good[name] for name in left})
    outcome = empty.absent(backup=backup)
    assert len(outcome.backup_files) == (len(left) if backup else 0)
    assert set(texts(outcome)) == removals(outcome, left)
    assert not set(NAMES) & set(empty.contents())


@pytest.mark.parametrize(
    "kind",
    ["empty", "garbage", "public key", "cut off", "lines missing", "a letter changed", "encrypted", "OpenSSH"],
)
def test_a_key_that_cannot_be_read_is_removed_only_with_a_backup(
    pair: KeyPair, good: Contents, private_keys: Contents, kind: str
) -> None:
    content, error, message = unreadable(private_keys, good)[kind]
    pair.put({PRIVATE: content})
    for check_mode in (True, False):
        with pytest.raises(error, match=message):
            pair.absent(check_mode=check_mode, backup=False)
    assert pair.contents() == good | {PRIVATE: content}
    assert pair.backups(pair.absent())[PRIVATE] == content


def test_an_encrypted_key_is_really_removed_with_its_passphrase(
    empty: KeyPair, private_keys: Contents, passphrase: str
) -> None:
    empty.put({PRIVATE: private_keys["encrypted PKCS#8"]})
    with pytest.raises(PrivateKeyError):
        empty.absent(backup=False, passphrase="wrong passphrase")
    assert empty.contents()
    empty.absent(backup=False, passphrase=passphrase)
    assert empty.contents() == {}
