# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What qscloud_keypair answers to bad input: one clear sentence, and nothing is touched."""

from __future__ import annotations

import os

import pytest
from bad_input import Case, fill_disk


def give_away(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    # Enterable, so that it is the owner that is found wrong.
    folder.chmod(0o755)
    os.chown(folder, 4711, 4711)


KEY = "privatekey.pem"
PAIR = {KEY: "rsa", "publickey.pem": "public", "publickey.cer": "certificate"}

OPTIONS = {
    "no folder": Case("missing required arguments: directory", {"directory": "{{ omit }}"}),
    "folder empty": Case("directory is empty: ...", {"directory": ""}),
    "prefix with a slash": Case(
        "file_prefix must not contain a slash: set the folder in directory.", {"file_prefix": "keys/"}
    ),
    "prefix that leads out": Case(
        "file_prefix must not contain a slash: set the folder in directory.", {"file_prefix": "../"}
    ),
    "size too small": Case("value of size must be one of: 2048, 3072, 4096, got: 1024", {"size": 1024}),
    "size no number": Case("argument 'size' is of type str and we were unable to convert to int: ...", {"size": "big"}),
    "unknown option": Case(
        "Unsupported parameters for (tenantops.qlik.qscloud_keypair) module: key_size. Supported parameters"
        " include: ...",
        {"key_size": 2048},
    ),
    "passphrase too short": Case(
        "passphrase has fewer than 12 characters, which is too short to protect a new private key: choose a longer"
        " one.",
        {"passphrase": "{{ short }}"},
    ),
    # Ansible's masking of such a passphrase must not cut the message to pieces.
    "passphrase of one letter": Case(
        "The value of passphrase is part of private_key_path ...: choose another value.", {"passphrase": "e"}
    ),
    "passphrase that the message holds": Case(
        "The value of passphrase is part of private_key_path ...: choose another value.",
        {"directory": "{folder}/passphrase", "passphrase": "passphrase"},
    ),
    "passphrase with a line break": Case(
        "passphrase ends with a line break: remove it, for example with '| trim'. Otherwise, it would be lost as soon"
        " as the passphrase is typed or copied.",
        {"passphrase": "{{ passphrase }}\n"},
    ),
    "passphrase empty": Case(
        "passphrase is empty (an environment variable or a CI secret may not be set): specify a passphrase of at least"
        " 12 characters, or leave the option out.",
        {"passphrase": ""},
    ),
    "passphrase too long": Case(
        "passphrase has more than 1023 bytes: choose a shorter one.", {"passphrase": "long" * 256}
    ),
    "passphrase is part of the path": Case(
        "The value of passphrase is part of private_key_path and public_key_path and certificate_path, where Ansible"
        " would mask it with asterisks: choose another value.",
        {"directory": "{folder}/{{ passphrase }}", "passphrase": "{{ passphrase }}"},
    ),
    "passphrase is part of the certificate": Case(
        "The value of passphrase is part of certificate..., where Ansible would mask it with asterisks: choose another"
        " value.",
        {"passphrase": "BEGIN CERTIFICATE"},
    ),
    "common name empty": Case("common_name must have 1 to 64 ...", {"common_name": " "}),
    "common name too long": Case("common_name must have 1 to 64 ...", {"common_name": "x" * 65}),
    "common name with umlauts": Case("common_name must have 1 to 64 ...", {"common_name": "ü" * 40}),
    "no valid days": Case("valid_days is 0: specify a number of days from 1 to 36500.", {"valid_days": 0}),
    "valid days below zero": Case("valid_days is -1: specify a number of days from 1 to 36500.", {"valid_days": -1}),
    "valid days beyond all": Case(
        "valid_days is 36501: specify a number of days from 1 to 36500.", {"valid_days": 36501}
    ),
    "valid days as a duration": Case(
        "argument 'valid_days' is of type str and we were unable to convert to int: ...", {"valid_days": "400d"}
    ),
    "window longer than the lifetime": Case(
        "renew_before_days is 90, but the certificate is valid for 60 days: with such a window, every run would renew"
        " it. Specify fewer days, at least 0.",
        {"valid_days": 60, "renew_before_days": 90},
    ),
    "window as long as the lifetime": Case(
        "renew_before_days is 365, but the certificate is valid for 365 days: ...", {"renew_before_days": 365}
    ),
    "window below zero": Case(
        "renew_before_days is -1, ... Specify fewer days, at least 0.", {"renew_before_days": -1}
    ),
    "mode open for others": Case(
        "mode is 0644: it must let the owner read, and must not include any bit of 0007. Write it in quotes, as in"
        " '0600'.",
        {"mode": "0644"},
    ),
    "mode without quotes": Case(
        "mode is 600 without quotes, which means 1130: write it in quotes, as in '0600'.",
        {"mode": 600},
    ),
    "mode that locks out the owner": Case("mode is 0000: it must let the owner read, ...", {"mode": "0000"}),
    "mode in letters": Case("mode is not an octal number: write it in quotes, as in '0600'.", {"mode": "u=rw"}),
    "mode infinite": Case("mode is not an octal number: write it in quotes, as in '0600'.", {"mode": float("inf")}),
    "mode a list": Case("mode is not an octal number: write it in quotes, as in '0600'.", {"mode": ["0600"]}),
    "public mode open for others": Case(
        "public_mode is 0666: ..., and must not include any bit of 0022. ...", {"public_mode": "0666"}
    ),
    "owner unknown": Case(
        "owner is 'nobody-at-all', which does not exist on this machine....", {"owner": "nobody-at-all"}
    ),
    "group unknown": Case(
        "group is 'nobody-at-all', which does not exist on this machine....", {"group": "nobody-at-all"}
    ),
    "owner in odd digits": Case("owner is '²', which does not exist on this machine....", {"owner": "²"}),
    "owner beyond all": Case("owner...99999999999...", {"owner": "99999999999"}),
    "regenerate unknown": Case(
        "value of regenerate must be one of: fail, mismatch, always, got: never", {"regenerate": "never"}
    ),
    "state unknown": Case("value of state must be one of: present, absent, got: gone", {"state": "gone"}),
    "folder null": Case("directory is empty: ...", {"directory": None}),
    "mode null": Case("mode is not an octal number: write it in quotes, as in '0600'.", {"mode": None}),
    "common name null": Case("common_name must have 1 to 64 ...", {"common_name": None}),
    "valid days null": Case("argument 'valid_days' is of type NoneType and ...", {"valid_days": None}),
}

PRIVATE_KEYS = {
    "key empty": Case("{folder}/privatekey.pem is empty: specify a private key in PEM format.", files={KEY: "empty"}),
    "key blank": Case("{folder}/privatekey.pem is empty: specify a private key in PEM format.", files={KEY: "blank"}),
    "key is text": Case(
        "{folder}/privatekey.pem is not a private key in PEM format: the line '-----BEGIN ...-----' is missing....",
        files={KEY: "text"},
    ),
    "public key in its place": Case(
        "{folder}/privatekey.pem contains a public key, not a private key: specify the private key.",
        files={KEY: "public"},
    ),
    "certificate in its place": Case(
        "{folder}/privatekey.pem contains a certificate, not a private key: specify the private key.",
        files={KEY: "certificate"},
    ),
    "two keys in the file": Case(
        "{folder}/privatekey.pem contains 2 private keys: keep only the one to use.",
        files={KEY: "two keys"},
    ),
    "EC key": Case(
        "{folder}/privatekey.pem is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.",
        files={KEY: "ec"},
    ),
    "EC key SEC1": Case(
        "{folder}/privatekey.pem is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.",
        files={KEY: "ec sec1"},
    ),
    "Ed25519 key": Case(
        "{folder}/privatekey.pem is a private key of type Ed25519, but Qlik Cloud requires RSA: use an RSA key.",
        files={KEY: "ed25519"},
    ),
    "DSA key": Case(
        "{folder}/privatekey.pem is a private key of type DSA, but Qlik Cloud requires RSA: use an RSA key.",
        files={KEY: "dsa"},
    ),
    "PKCS#12": Case(
        "{folder}/privatekey.pem contains a PKCS#12 file, not a private key: extract it with 'openssl pkcs12 -in FILE"
        " -nocerts -out NEW', and add -legacy if OpenSSL 3 needs it.",
        files={KEY: "pkcs12"},
    ),
    "OpenSSH form": Case(
        "{folder}/privatekey.pem is in OpenSSH's own format: convert a copy of it with 'ssh-keygen -p -m PEM -f FILE'.",
        files={KEY: "openssh"},
    ),
    "key cut off": Case(
        "{folder}/privatekey.pem is cut off: the line '-----END PRIVATE KEY-----' is missing. Copy the whole text.",
        files={KEY: "cut off"},
    ),
    "key with a line missing": Case(
        "{folder}/privatekey.pem cannot be read: it is incomplete. Copy the whole text again, or restore it from a"
        " backup.",
        files={KEY: "line missing"},
    ),
    "key with one bit flipped": Case(
        "{folder}/privatekey.pem is damaged: it cannot be read as a private key. Restore it from a backup.",
        files={KEY: "one bit flipped"},
    ),
    "damaged key is not replaced by mismatch": Case(
        "{folder}/privatekey.pem is damaged: it cannot be read as a private key. Restore it from a backup.",
        {"regenerate": "mismatch"},
        {KEY: "one bit flipped"},
    ),
    "damaged key is not replaced by always": Case(
        "{folder}/privatekey.pem is damaged: it cannot be read as a private key. Restore it from a backup.",
        {"regenerate": "always"},
        {KEY: "one bit flipped"},
    ),
    "encrypted without a passphrase": Case(
        "{folder}/privatekey.pem is encrypted: specify its passphrase in passphrase.", files={KEY: "encrypted"}
    ),
    "encrypted PKCS1 without a passphrase": Case(
        "{folder}/privatekey.pem is encrypted: specify its passphrase in passphrase.", files={KEY: "encrypted pkcs1"}
    ),
    "wrong passphrase": Case(
        "{folder}/privatekey.pem cannot be decrypted: passphrase is not its passphrase, or the key is damaged....",
        {"passphrase": "{{ wrong }}"},
        {KEY: "encrypted"},
    ),
    "wrong passphrase for PKCS1": Case(
        "{folder}/privatekey.pem cannot be decrypted: passphrase is not its passphrase, or the key is damaged....",
        {"passphrase": "{{ wrong }}"},
        {KEY: "encrypted pkcs1"},
    ),
    "passphrase for a key that has none": Case(
        "{folder}/privatekey.pem is not encrypted, but passphrase is set: leave the option out, or encrypt the key.",
        {"passphrase": "{{ passphrase }}"},
        PAIR,
    ),
    "key of 1024 bits": Case(
        "{folder}/privatekey.pem has 1024 bits, ...: set regenerate to mismatch to replace it.",
        files={KEY: "1024 bits"},
    ),
    "key of another size": Case(
        "{folder}/privatekey.pem has 2048 bits, but size is 3072: set size to 2048 to keep it, or set"
        " regenerate to mismatch to replace it.",
        {"size": 3072},
        PAIR,
    ),
    "new passphrase too short for a new key": Case(
        "passphrase has fewer than 12 characters, which is too short to protect a new private key: choose a longer"
        " one.",
        {"passphrase": "{{ short }}", "regenerate": "always"},
        {KEY: "encrypted with little"},
    ),
    "encrypted key is not deleted without its passphrase": Case(
        "{folder}/privatekey.pem is encrypted: specify its passphrase in passphrase.",
        {"state": "absent", "backup": False},
        {**PAIR, KEY: "encrypted"},
    ),
    "certificate of a CA": Case(
        "{folder}/publickey.cer was issued by a third party: move it away, or set regenerate to mismatch to replace"
        " it.",
        files={**PAIR, "publickey.cer": "certificate of a CA"},
    ),
    "certificate of a CA and no key": Case(
        "{folder}/publickey.cer was issued by a third party: move it away, or set regenerate to mismatch to replace"
        " it.",
        files={"publickey.cer": "certificate of a CA"},
    ),
}

PLACES = {
    "key unreadable": Case(
        "Cannot read {folder}/privatekey.pem: Permission denied....",
        files=PAIR,
        prepare=lambda folder: (folder / KEY).chmod(0),
    ),
    "certificate unreadable": Case(
        "Cannot read {folder}/publickey.cer: Permission denied....",
        files=PAIR,
        prepare=lambda folder: (folder / "publickey.cer").chmod(0),
    ),
    "key is a directory": Case(
        "{folder}/privatekey.pem is a directory: ...", prepare=lambda folder: (folder / KEY).mkdir()
    ),
    "key is a dangling link": Case(
        "{folder}/privatekey.pem is a symbolic link: replace it with the file itself.",
        prepare=lambda folder: (folder / KEY).symlink_to("nowhere"),
    ),
    "key is a link": Case(
        "{folder}/privatekey.pem is a symbolic link: replace it with the file itself.",
        files={"the-file": "rsa"},
        prepare=lambda folder: (folder / KEY).symlink_to("the-file"),
    ),
    "certificate is a link": Case(
        "{folder}/publickey.cer is a symbolic link: replace it with the file itself.",
        files={KEY: "rsa", "the-file": "certificate"},
        prepare=lambda folder: (folder / "publickey.cer").symlink_to("the-file"),
    ),
    "key has two names": Case(
        "{folder}/privatekey.pem has 2 hard links, so other users may have access to it: replace it with a copy of"
        " itself.",
        files=PAIR,
        prepare=lambda folder: (folder / "another-name").hardlink_to(folder / KEY),
    ),
    "key is a pipe": Case(
        "{folder}/privatekey.pem is not a regular file....", prepare=lambda folder: os.mkfifo(folder / KEY)
    ),
    "key is far too large": Case(
        "{folder}/privatekey.pem has more than 1048576 bytes, which is too large for a key, certificate or token....",
        prepare=lambda folder: (folder / KEY).write_bytes(bytes(2**20 + 1)),
    ),
    "folder is a file": Case(
        "Cannot ... the folder {folder}/file: Not a directory....",
        {"directory": "{folder}/file"},
        files={"file": "text"},
    ),
    "folder below a file": Case(
        "Cannot create the folder {folder}/file/new: Not a directory....",
        {"directory": "{folder}/file/new"},
        files={"file": "text"},
    ),
    "folder is a dangling link": Case(
        "Cannot ...{folder}/link: ...",
        {"directory": "{folder}/link"},
        prepare=lambda folder: (folder / "link").symlink_to("nowhere"),
    ),
    "folder that others can write to": Case(
        "The folder {folder} has mode 0770, which lets other users write to it: fix this with 'chmod go-w', or use"
        " another folder.",
        files=PAIR,
        prepare=lambda folder: folder.chmod(0o770),
    ),
    "folder of another user": Case(
        "The folder {folder} belongs to user 4711, who could replace the files in it: run as that user, or use another"
        " folder.",
        prepare=give_away,
    ),
    "folder read-only": Case(
        "Cannot write {folder}/privatekey.pem: Permission denied....", prepare=lambda folder: folder.chmod(0o500)
    ),
    "folder read-only with a key": Case(
        "Cannot write {folder}/publickey.pem: Permission denied....",
        files={KEY: "rsa"},
        prepare=lambda folder: folder.chmod(0o500),
    ),
    "parent read-only": Case(
        "Cannot create the folder {folder}/new: Permission denied....",
        {"directory": "{folder}/new"},
        prepare=lambda folder: folder.chmod(0o500),
    ),
    "folder that cannot be entered": Case(
        "Cannot use the folder {folder}: Permission denied....",
        files=PAIR,
        prepare=lambda folder: folder.chmod(0),
    ),
    "disk full": Case("Cannot write {folder}/privatekey.pem: No space left on device....", prepare=fill_disk),
    "disk full with a key": Case(
        "Cannot write {folder}/publickey.pem: No space left on device....", files={KEY: "rsa"}, prepare=fill_disk
    ),
    "disk full with a new key for an old": Case(
        "Cannot write {folder}/privatekey.pem...: No space left on device....",
        {"regenerate": "always"},
        PAIR,
        prepare=fill_disk,
    ),
    "relative folder keeps its name": Case(
        "cases/relative-folder-keeps-its-name/folder/privatekey.pem is empty: ...",
        {"directory": "cases/relative-folder-keeps-its-name/folder"},
        {KEY: "empty"},
    ),
}

CASES = OPTIONS | PRIVATE_KEYS | PLACES


@pytest.fixture(scope="module")
def answers(ask):
    defaults = {"directory": "{folder}", "size": 2048}
    return ask("qscloud_keypair", defaults, CASES)


@pytest.mark.parametrize("name", CASES)
def test_refused(answers, name):
    answers[name].assert_refused()
