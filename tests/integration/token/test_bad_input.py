# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input to qscloud_jwt and qseow_jwt: one clear sentence, and nothing is touched. Odd but good input works."""

from __future__ import annotations

import os

import pytest
from bad_input import Case, fill_disk
from joserfc import jwk, jwt

KEY = {"key.pem": "rsa"}
NOTATION = "write a whole number of seconds, or a number with a unit, as in 30s, 60m, 48h, 365d, 2w or 5y."
GROUPS = "groups must be a list of names, each a non-empty string: write numbers in quotes."
NO_OPTION = {"private_key_path": "{{ omit }}"}


def from_path(message, kind, **options):
    """A case with a private key in a file."""
    return Case(message.replace("KEY ", "private_key_path: {folder}/key.pem "), options, {"key.pem": kind})


def from_content(message, kind, **options):
    """A case with a private key as an option."""
    return Case(
        message.replace("KEY ", "private_key_content "),
        {**NO_OPTION, "private_key_content": f"{{{{ the_{kind.replace(' ', '_')} }}}}", **options},
    )


def both_ways(name, message, kind, **options):
    """The two cases."""
    return {
        f"{name} as file": from_path(message, kind, **options),
        f"{name} as content": from_content(message, kind, **options),
    }


def with_key(message, prepare=lambda folder: None, **options):
    """A case with a good private key, and something else that is bad."""
    return Case(message, options, KEY, prepare)


PRIVATE_KEYS = {
    "no key": Case(
        "one of the following is required: private_key_path, private_key_content, private_key_uri", NO_OPTION
    ),
    "two keys given": with_key(
        "parameters are mutually exclusive: private_key_path|private_key_content|private_key_uri",
        private_key_content="{{ the_rsa }}",
    ),
    "path of the key empty": Case("private_key_path is empty: ...", {"private_key_path": ""}),
    "path of the key null": Case("private_key_path is empty: ...", {"private_key_path": None}),
    **both_ways("key empty", "KEY is empty...specify a private key in PEM format.", "empty"),
    **both_ways("key blank", "KEY is empty...specify a private key in PEM format.", "blank"),
    **both_ways(
        "text",
        "KEY is not a private key in PEM format: the line '-----BEGIN ...-----' is missing....",
        "text",
    ),
    **both_ways("public key", "KEY contains a public key, not a private key: specify the private key.", "public"),
    **both_ways(
        "certificate", "KEY contains a certificate, not a private key: specify the private key.", "certificate"
    ),
    **both_ways("two keys in one", "KEY contains 2 private keys: keep only the one to use.", "two keys"),
    **both_ways("EC key", "KEY is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.", "ec"),
    **both_ways(
        "EC key SEC1", "KEY is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.", "ec sec1"
    ),
    **both_ways(
        "Ed25519 key", "KEY is a private key of type Ed25519, but Qlik Cloud requires RSA: use an RSA key.", "ed25519"
    ),
    **both_ways("DSA key", "KEY is a private key of type DSA, but Qlik Cloud requires RSA: use an RSA key.", "dsa"),
    "PKCS#12": from_path(
        "KEY contains a PKCS#12 file, not a private key: extract it with 'openssl pkcs12 -in FILE -nocerts -out NEW',"
        " and add -legacy if OpenSSL 3 needs it.",
        "pkcs12",
    ),
    **both_ways(
        "OpenSSH form",
        "KEY is in OpenSSH's own format: convert a copy of it with 'ssh-keygen -p -m PEM -f FILE'.",
        "openssh",
    ),
    **both_ways(
        "cut off",
        "KEY is cut off: the line '-----END PRIVATE KEY-----' is missing. Copy the whole text.",
        "cut off",
    ),
    **both_ways(
        "line missing",
        "KEY cannot be read: it is incomplete. Copy the whole text again, or restore it from a backup.",
        "line missing",
    ),
    **both_ways(
        "one bit flipped",
        "KEY is damaged: it cannot be read as a private key. Restore it from a backup.",
        "one bit flipped",
    ),
    **both_ways(
        "encrypted without a passphrase",
        "KEY is encrypted: specify its passphrase in private_key_passphrase.",
        "encrypted",
    ),
    **both_ways(
        "encrypted PKCS1 without a passphrase",
        "KEY is encrypted: specify its passphrase in private_key_passphrase.",
        "encrypted pkcs1",
    ),
    **both_ways(
        "wrong passphrase",
        "KEY cannot be decrypted: private_key_passphrase is not its passphrase, or the key is damaged....",
        "encrypted",
        private_key_passphrase="{{ wrong }}",
    ),
    **both_ways(
        "wrong passphrase for PKCS1",
        "KEY cannot be decrypted: private_key_passphrase is not its passphrase, or the key is damaged....",
        "encrypted pkcs1",
        private_key_passphrase="{{ wrong }}",
    ),
    **both_ways(
        "passphrase for a key that has none",
        "KEY is not encrypted, but private_key_passphrase is set: leave the option out, or encrypt the key.",
        "rsa",
        private_key_passphrase="{{ passphrase }}",
    ),
    "passphrase with a line break": from_path(
        "KEY cannot be decrypted: private_key_passphrase is not its passphrase, or the key is damaged, or of an"
        " unsupported kind. private_key_passphrase ends with a line break: remove it, for example with '| trim'.",
        "encrypted",
        private_key_passphrase="{{ passphrase }}\n",
    ),
    "wrong passphrase of one letter": from_path(
        "KEY cannot be decrypted: private_key_passphrase is not its passphrase, or the key is damaged....",
        "encrypted",
        private_key_passphrase="e",
    ),
    **both_ways(
        "1024 bits",
        "KEY has 1024 bits, which is not safe: use an RSA key of 2048 bits or more.",
        "1024 bits",
    ),
    "key missing": Case("private_key_path: cannot read {folder}/key.pem: No such file or directory...."),
    # The message names the path, and must not give away what is a secret too.
    "passphrase is part of the path of the key": Case(
        "private_key_path: cannot read {folder}/********/key.pem: No such file or directory....",
        {"private_key_path": "{folder}/{{ wrong }}/key.pem", "private_key_passphrase": "{{ wrong }}"},
    ),
    "key unreadable": with_key(
        "private_key_path: cannot read {folder}/key.pem: Permission denied....",
        lambda folder: (folder / "key.pem").chmod(0),
    ),
    "key below a file": Case(
        "private_key_path: cannot read {folder}/key.pem/key.pem: Not a directory....",
        {"private_key_path": "{folder}/key.pem/key.pem"},
        KEY,
    ),
    "key in a folder that cannot be entered": with_key(
        "private_key_path: cannot read {folder}/key.pem: Permission denied....", lambda folder: folder.chmod(0)
    ),
    "key is a directory": Case(
        "private_key_path: {folder}/key.pem is a directory: specify a file.",
        prepare=lambda folder: (folder / "key.pem").mkdir(),
    ),
    "key is a dangling link": Case(
        "private_key_path: cannot read {folder}/key.pem: No such file or directory....",
        prepare=lambda folder: (folder / "key.pem").symlink_to("nowhere"),
    ),
    "key is a pipe": Case(
        "private_key_path: {folder}/key.pem is not a regular file....",
        prepare=lambda folder: os.mkfifo(folder / "key.pem"),
    ),
    "key is far too large": Case(
        "private_key_path: {folder}/key.pem has more than 1048576 bytes, which is too large for a key, certificate or"
        " token....",
        prepare=lambda folder: (folder / "key.pem").write_bytes(bytes(2**20 + 1)),
    ),
}

CLAIMS = {
    "no issuer": with_key("missing required arguments: issuer", issuer="{{ omit }}"),
    "issuer empty": with_key("issuer is empty: specify a value...", issuer=""),
    "issuer blank": with_key("issuer is empty: specify a value...", issuer=" "),
    "issuer null": with_key("issuer is empty: specify a value...", issuer=None),
    "key id empty": with_key("key_id is empty: specify a value, or leave the option out...", key_id=""),
    "subject empty": with_key("subject is empty: specify a value, or leave the option out...", subject=""),
    "name empty": with_key("name is empty: specify a value, or leave the option out...", name=""),
    "email empty": with_key("email is empty: specify a value, or leave the option out...", email=""),
    "jti empty": with_key("jti is empty: specify a value, or leave the option out...", jti=""),
    "audience empty": with_key("audience is empty: specify a value, or leave the option out...", audience=""),
    "issuer with a line break": with_key(
        "issuer ends with a line break: remove it, for example with '| trim'.", issuer="acme.eu.qlikcloud.com\n"
    ),
    "key id with a line break, by its alias": with_key(
        "keyid ends with a line break: remove it, for example with '| trim'.", keyid="my-key-id\n"
    ),
    "subject with a byte order mark": with_key(
        "subject begins with the invisible character U+FEFF: remove it.", subject="\ufeffanna"
    ),
    "group with a blank": with_key(
        "groups: 'group 2' ends with a blank: remove it, for example with '| trim'.", groups=["group1", "group 2 "]
    ),
    "email without email_verified": with_key(
        "email requires email_verified: state with true or false whether you vouch for the address. With true, Qlik"
        " Cloud can link the login to an account that has the same address.",
        email_verified="{{ omit }}",
    ),
    "email_verified no boolean": with_key(
        "argument 'email_verified' is of type str and we were unable to convert to bool: ...", email_verified="maybe"
    ),
    "neither email nor subject": with_key(
        "subject is missing, and cannot be derived without email: set subject or email.",
        email="{{ omit }}",
        email_verified="{{ omit }}",
    ),
    "group is a number": with_key(GROUPS, groups=["group1", 2]),
    "group is a dict": with_key(GROUPS, groups=[{"name": "group1"}]),
    "group is a list": with_key(GROUPS, groups=[["group1"]]),
    "group is a boolean": with_key(GROUPS, groups=[True]),
    "group is null": with_key(GROUPS, groups=[None]),
    "group is empty": with_key(GROUPS, groups=["group1", ""]),
    "groups is a text": with_key(
        'groups is one text, \'group1, group 2\', instead of a list of names: write it as ["group1", "group 2"].',
        groups="group1, group 2",
    ),
    "groups is empty text": with_key(GROUPS, groups=""),
    "groups is a number": with_key(GROUPS, groups=1),
    "groups is a dict": with_key(GROUPS, groups={"group1": True}),
    "claims overrule exp": with_key(
        "claims must not contain exp: use the option for that claim, or let the module set it.", claims={"exp": 1}
    ),
    "claims overrule groups and sub": with_key(
        "claims must not contain groups, sub: use the option for that claim, or let the module set it.",
        claims={"sub": "admin", "groups": ["admins"], "department": "sales"},
    ),
    "claims overrule subType": with_key(
        "claims must not contain subType: use the option for that claim, or let the module set it.",
        claims={"subType": "service"},
    ),
    "claims is a text": with_key("argument 'claims' is of type str and ...", claims="department"),
    "claims is a list": with_key("argument 'claims' is of type list and ...", claims=["department"]),
    "claims infinite": with_key(
        "claims contains a number that JSON cannot represent (infinity or NaN)....", claims={"x": float("inf")}
    ),
    "strict and 365 days": with_key(
        "strict is true: The token is valid for 31536000 seconds (365 days), but Qlik Cloud accepts at most 3600 (one"
        " hour) between nbf and exp: it will reject the login. Sign a short-lived token for each login.",
        strict=True,
        expires_in="365d",
    ),
    "strict and no name": with_key(
        "strict is true: The token lacks name, which Qlik Cloud requires: it may reject the login.",
        strict=True,
        name="{{ omit }}",
    ),
    "strict and all wrong": with_key(
        "strict is true: The token ...name...",
        strict=True,
        name="{{ omit }}",
        audience="elsewhere",
        expires_in="365d",
    ),
    "unknown option": with_key(
        "Unsupported parameters for (tenantops.qlik.qscloud_jwt) module: user. Supported parameters include: ...",
        user="Anna",
    ),
    "passphrase is part of the token": from_path(
        "The value of private_key_passphrase is part of token, where Ansible would mask it with asterisks: choose"
        " another value.",
        "encrypted with a token",
        private_key_passphrase=".eyJ",  # in every token: so do its claims begin
    ),
    "passphrase is part of a claim": from_path(
        "The value of private_key_passphrase is part of claims, where Ansible would mask it with asterisks: choose"
        " another value.",
        "encrypted with little",
        private_key_passphrase="{{ short }}",
        name="Number eleven charming",
    ),
}

DURATIONS = {
    **{
        f"expires_in {value or 'empty'}": with_key(
            f"expires_in is '{value}', which is not a duration: {NOTATION}", expires_in=value
        )
        for value in ("banana", "1e9y", "", "1.5h", "30 m", "1h30m", "5 years", "30M", "٣٠m", "inf", "0x10")
    },
    **{
        f"expires_in {value}": with_key(
            f"expires_in is '{value}', but must be longer than 0 seconds: {NOTATION}", expires_in=value
        )
        for value in ("0", "0m", "-5m", "-0")
    },
    "expires_in beyond the year 9999": with_key(
        "not_before and expires_in lead outside the years 1970 to 9999: use shorter durations.",
        expires_in="999999999999y",
    ),
    "expires_in null": with_key("expires_in ...", expires_in=None),
    "expires_in a list": with_key("expires_in ...", expires_in=["30m"]),
    "not_before soon": with_key(f"not_before is 'soon', which is not a duration: {NOTATION}", not_before="soon"),
    "not_before before the lifetime": with_key(
        "not_before is '-1h' and expires_in is '30m': such a token would expire before it is signed. Use a longer"
        " expires_in.",
        not_before="-1h",
    ),
    "not_before before 1970": with_key(
        "not_before and expires_in lead outside the years 1970 to 9999: use shorter durations.", not_before="-100y"
    ),
    "renew_before banana": with_key(
        f"renew_before is 'banana', which is not a duration: {NOTATION}", renew_before="banana"
    ),
    "renew_before 0": with_key(f"renew_before is '0', but must be longer than 0 seconds: {NOTATION}", renew_before="0"),
    "renew_before longer than the lifetime": with_key(
        "renew_before is '2h', but a new token is valid for 1790 seconds: with such a window, every run would sign a"
        " new one. Use a shorter one.",
        renew_before="2h",
    ),
    "renew_before as long as the lifetime": with_key(
        "renew_before is '30m', but a new token is valid for 1790 seconds: ... Use a shorter one.", renew_before="30m"
    ),
}

NO_TOKEN = "{folder}/token is not a JWT, and is not overwritten: specify another file, or remove it."
TOKEN = {"path": "{folder}/token"}

PLACES = {
    "path empty": with_key("path is empty: ...", path=""),
    "path below a missing folder": with_key(
        "Cannot use the folder {folder}/missing: No such file or directory....", path="{folder}/missing/token"
    ),
    "path below a file": with_key(
        "Cannot use the folder {folder}/key.pem: Not a directory....", path="{folder}/key.pem/token"
    ),
    "path is a directory": with_key(
        "{folder}/token is a directory: specify a file.", lambda folder: (folder / "token").mkdir(), **TOKEN
    ),
    "path ends with a slash": with_key("path: {folder}/ is a directory: specify a file.", path="{folder}/"),
    "path is a dangling link": with_key(
        "{folder}/token is a symbolic link: replace it with the file itself.",
        lambda folder: (folder / "token").symlink_to("nowhere"),
        **TOKEN,
    ),
    "path is a link": with_key(
        "{folder}/token is a symbolic link: replace it with the file itself.",
        lambda folder: (folder / "token").symlink_to("key.pem"),
        **TOKEN,
    ),
    "path is the private key": with_key(
        NO_TOKEN.replace("token", "key.pem"),
        path="{folder}/key.pem",
    ),
    "path holds text": Case(NO_TOKEN, TOKEN, {**KEY, "token": "text"}),
    "path holds text and force": Case(NO_TOKEN, {**TOKEN, "force": True}, {**KEY, "token": "text"}),
    "path holds bytes": Case(NO_TOKEN, TOKEN, {**KEY, "token": "der"}),
    "path holds nothing": Case(NO_TOKEN, TOKEN, {**KEY, "token": "empty"}),
    "path holds two dots": with_key(NO_TOKEN, lambda folder: (folder / "token").write_text("a.b.c"), **TOKEN),
    "path holds a token of null": with_key(
        NO_TOKEN, lambda folder: (folder / "token").write_text("bnVsbA.bnVsbA.bnVsbA"), **TOKEN
    ),
    "path is a pipe": with_key(
        "{folder}/token is not a regular file....", lambda folder: os.mkfifo(folder / "token"), **TOKEN
    ),
    "path unreadable": Case(
        "Cannot read {folder}/token: Permission denied....",
        TOKEN,
        {**KEY, "token": "text"},
        lambda folder: (folder / "token").chmod(0),
    ),
    "path has two names": with_key(
        "{folder}/key.pem has 2 hard links, so other users may have access to it: replace it with a copy of itself.",
        lambda folder: (folder / "another").hardlink_to(folder / "key.pem"),
        path="{folder}/key.pem",
    ),
    "path in a folder that others can write to": with_key(
        "The folder {folder} has mode 0777, which lets other users write to it: fix this with 'chmod go-w', or use"
        " another folder.",
        lambda folder: folder.chmod(0o777),
        **TOKEN,
    ),
    "path in a read-only folder": with_key(
        "Cannot write {folder}/token: Permission denied....", lambda folder: folder.chmod(0o500), **TOKEN
    ),
    "path on a full disk": with_key("Cannot write {folder}/token: No space left on device....", fill_disk, **TOKEN),
    "path with a name too long": with_key("Cannot ...: File name too long....", path="{folder}/" + 250 * "x"),
}

REFUSED = PRIVATE_KEYS | CLAIMS | DURATIONS | PLACES


def from_environment(name):
    return Case("", {**NO_OPTION, "private_key_content": f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}"})


# A key in an environment variable, or one that has been through Windows, is still the same key.
LINE_ENDS = {
    "as they are": "\n",
    "CRLF": "\r\n",
    "backslash n": "\\n",
    "backslash r n": "\\r\\n",
    "blanks": " ",
    "none": "",
}
KINDS = ("rsa", "pkcs1")
ACCEPTED = {
    **{f"{kind} {name}": from_environment(f"{kind}_{name}".replace(" ", "_")) for name in LINE_ENDS for kind in KINDS},
    **{
        f"encrypted pkcs1 {name}": Case(
            "",
            {
                **from_environment(f"encrypted pkcs1_{name}".replace(" ", "_")).options,
                "private_key_passphrase": "{{ passphrase }}",
            },
        )
        # Its headers need their line ends, so blanks cannot stand for them.
        for name in ("as they are", "CRLF", "backslash n", "backslash r n")
    },
    "file with CRLF": Case("", {}, {"key.pem": "crlf"}),
    "text around the key": Case(
        "", {**NO_OPTION, "private_key_content": "{{ the_text }}{{ the_public }}{{ the_rsa }}{{ the_text }}"}
    ),
}


# What differs with qseow_jwt.
CLIENT_MANAGED = {
    "no user": with_key("missing required arguments: user_id", user_id="{{ omit }}"),
    "no directory": with_key("missing required arguments: user_directory", user_directory="{{ omit }}"),
    "user empty": with_key("user_id is empty: specify a value...", user_id=""),
    "user null": with_key("user_id is empty: specify a value...", user_id=None),
    "directory with a line break, by its alias": with_key(
        "userdir ends with a line break: remove it, for example with '| trim'.",
        user_directory="{{ omit }}",
        userdir="GRUSGRUS\n",
    ),
    "of a proxy, audience empty": with_key("audience is empty: specify a value, or leave the option out...", audience=""),
    "claim of groups empty": with_key("groups_claim is empty: specify a value...", groups_claim=""),
    "claim of groups taken": with_key(
        "groups_claim is 'userId', which is another claim of the token: specify the one from which the virtual proxy"
        " takes the groups.",
        groups_claim="userId",
    ),
    "of a proxy, groups is a text": with_key(
        'groups is one text, \'group1, group 2\', instead of a list of names: write it as ["group1", "group 2"].',
        groups="group1, group 2",
    ),
    "claims overrule group": with_key(
        "claims must not contain group: use the option for that claim, or let the module set it.",
        claims={"group": ["admins"]},
    ),
    "algorithm with a shared secret": with_key(
        "value of algorithm must be one of: RS256, RS384, RS512, got: HS256", algorithm="HS256"
    ),
    "option of qscloud_jwt": with_key(
        "Unsupported parameters for (tenantops.qlik.qseow_jwt) module: issuer. Supported parameters include: ...",
        issuer="acme",
    ),
    "expires banana": with_key(f"expires is 'banana', which is not a duration: {NOTATION}", expires="banana"),
    "expires beyond the year 9999": with_key(
        "expires_in leads beyond the year 9999: use a shorter duration.", expires_in="999999999999y"
    ),
    "path is the private key of a proxy": with_key(
        NO_TOKEN.replace("token", "key.pem"),
        path="{folder}/key.pem",
    ),
    **{f"of a proxy, {name}": PRIVATE_KEYS[name] for name in ("no key", "two keys given", "1024 bits as file")},
}


@pytest.fixture(scope="module")
def answers(ask, material):
    defaults = {
        "private_key_path": "{folder}/key.pem",
        "issuer": "acme.eu.qlikcloud.com",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
    }
    environment = {
        f"{kind}_{name}".replace(" ", "_"): material[kind].replace("\n", line_end)
        for kind in (*KINDS, "encrypted pkcs1")
        for name, line_end in LINE_ENDS.items()
    }
    return ask("qscloud_jwt", defaults, REFUSED | ACCEPTED, env=environment)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(answers, name):
    answers[name].assert_refused()


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(answers, material, name):
    answer = answers[name]
    answer.assert_silent()
    assert not answer.result["failed"], answer.result
    assert answer.result["token"] not in answer.output
    key = jwk.RSAKey.import_key(material["public"])
    assert jwt.decode(answer.result["token"], key, algorithms=["RS256"]).claims["email"] == "anna@grusgrus.com"
    assert answer.after == answer.before


@pytest.fixture(scope="module")
def client_managed_answers(ask):
    defaults = {"private_key_path": "{folder}/key.pem", "user_id": "anna", "user_directory": "GRUSGRUS"}
    return ask("qseow_jwt", defaults, CLIENT_MANAGED)


@pytest.mark.thorough
@pytest.mark.parametrize("name", CLIENT_MANAGED)
def test_refused_for_client_managed(client_managed_answers, name):
    client_managed_answers[name].assert_refused()
