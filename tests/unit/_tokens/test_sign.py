# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a fresh token: which key signs it, what is returned, what is warned about or refused."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
import time
import typing as t

import forked
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from issuer import Issuer
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    FileError,
    KeyMismatchError,
    OptionError,
    PemError,
    PrivateKeyError,
    QlikError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims

Verified = t.Callable[[str], jwt.Token]


def test_a_fresh_token(issuer: Issuer, verified: Verified, rsa_pem: bytes) -> None:
    outcome = issuer.issue()
    token = verified(outcome.facts["token"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": RSAKey.import_key(rsa_pem).thumbprint()}
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": "acme.eu.qlikcloud.com",
        "aud": "qlik.api/login/jwt-session",
        "sub": "6f276bc4-d715-53f9-a145-bddaec3cbdf4",
        "subType": "user",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
        "groups": ["group1", "group 2"],
        "iat": 1780000000,
        "nbf": 1779999990,
        "exp": 1780001790,
    }
    assert (outcome.changed, outcome.reused, outcome.warnings) == (False, False, [])
    assert (outcome.before, outcome.after) == ({}, {})


def test_the_facts_are_those_of_the_token(issuer: Issuer, verified: Verified, private_keys: dict[str, bytes]) -> None:
    facts = issuer.issue().facts
    token = verified(facts["token"])
    assert facts == {
        "token": facts["token"],
        "header": token.header,
        "claims": token.claims,
        "subject": token.claims["sub"],
        "key_id": token.header["kid"],
        "public_key": private_keys["public"].decode(),
        "issued_at": "2026-05-28T20:26:40Z",
        "not_before": "2026-05-28T20:26:30Z",
        "expires_at": "2026-05-28T20:56:30Z",
        "lifetime": 1800,
    }
    assert set(facts) == set(claims.QLIK_CLOUD.facts)


def test_times_are_in_utc_wherever_the_machine_is(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "XXX-5:30")
        time.tzset()
        facts = issuer.issue().facts
    time.tzset()
    assert facts["issued_at"] == "2026-05-28T20:26:40Z"


def test_without_a_file_every_token_is_new(issuer: Issuer) -> None:
    one, other = issuer.issue(), issuer.issue()
    assert one.facts["token"] != other.facts["token"]
    assert one.facts["subject"] == other.facts["subject"]
    assert not one.changed and not other.changed


def test_a_key_id_that_is_given(issuer: Issuer, verified: Verified) -> None:
    facts = issuer.issue(key_id="my key id").facts
    assert verified(facts["token"]).header["kid"] == facts["key_id"] == "my key id"


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8", "encrypted PKCS#1"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", r"\n"], ids=repr)
def test_the_key_as_content(
    issuer: Issuer, verified: Verified, private_keys: dict[str, bytes], form: str, line_end: str, passphrase: str
) -> None:
    content = private_keys[form].decode().replace("\n", line_end)
    secret = passphrase if "encrypted" in form else None
    assert verified(issuer.issue(private_key_content=content, private_key_passphrase=secret).facts["token"])


@pytest.mark.parametrize("form", ["PKCS#1", "encrypted PKCS#8", "encrypted PKCS#1"])
def test_the_key_in_a_file(
    issuer: Issuer, verified: Verified, private_keys: dict[str, bytes], form: str, passphrase: str
) -> None:
    issuer.key_path.write_bytes(private_keys[form])
    secret = passphrase if "encrypted" in form else None
    assert verified(issuer.issue(private_key_passphrase=secret).facts["token"])


@pytest.mark.parametrize(
    ("form", "error", "message"),
    [
        ("EC", KeyMismatchError, "type EC"),
        ("DSA", KeyMismatchError, "type DSA"),
        ("public", PemError, "contains a public key"),
        ("OpenSSH", PrivateKeyError, "ssh-keygen"),
        ("1024 bits", PrivateKeyError, "has 1024 bits"),
        ("encrypted PKCS#8", PrivateKeyError, "is encrypted: specify its passphrase in private_key_passphrase"),
    ],
)
def test_keys_that_cannot_sign_are_refused_and_named(
    issuer: Issuer, private_keys: dict[str, bytes], form: str, error: type[QlikError], message: str
) -> None:
    issuer.key_path.write_bytes(private_keys[form])
    with pytest.raises(error, match=f"^private_key_path: {re.escape(str(issuer.key_path))} .*{message}"):
        issuer.issue()
    with pytest.raises(error, match=f"^private_key_content .*{message}"):
        issuer.issue(private_key_content=private_keys[form].decode())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"private_key_passphrase": "correct horse battery"}, "private_key_passphrase is set: leave the option out"),
        ({"private_key_content": ""}, r"^private_key_content is empty \(an environment variable or a CI secret"),
        ({"private_key_content": " \n"}, r"^private_key_content is empty \("),
        ({"private_key_path": ""}, "private_key_path"),
        ({"private_key_content": "\udcff"}, "^private_key_content "),
        ({"private_key_path": "/dev/null"}, "^private_key_path: /dev/null is not a regular file"),
        ({"private_key_path": "/"}, "^private_key_path: / is a directory"),
        ({"private_key_path": "a\0b"}, "^private_key_path"),
        ({"path": ""}, "^path"),
        ({"path": "a\0b"}, "^path"),
        ({"expires_in": "banana"}, "^expires_in is 'banana'"),
        ({"expires_in": "0"}, "^expires_in is '0'"),
        ({"expires_in": "-5m"}, "^expires_in is '-5m'"),
        ({"expires_in": "1e9y"}, "^expires_in is '1e9y'"),
        ({"not_before": "soon"}, "^not_before is 'soon'"),
        ({"renew_before": "1h"}, "^renew_before is '1h'"),
        ({"issuer": ""}, "^issuer is empty"),
        ({"key_id": " "}, "^key_id is empty"),
        ({"email_verified": None}, "^email requires email_verified"),
        ({"email": None, "email_verified": None}, "^subject is missing"),
        ({"groups": [1]}, "^groups must be"),
        ({"claims": {"sub": "x"}}, "^claims must not contain sub"),
        ({"issuer": "\udcff"}, "issuer"),
    ],
    ids=str,
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_bad_options_get_a_sentence_and_write_nothing(
    issuer: Issuer, options: dict[str, t.Any], message: str, check_mode: bool
) -> None:
    with pytest.raises(QlikError, match=message):
        issuer.keep(check_mode=check_mode, **options)
    assert not issuer.token_path.exists()


@pytest.mark.parametrize(("expires_in", "seconds"), [("365d", 31536000), ("5y", 157788000), ("61m", 3660)])
def test_more_than_an_hour_is_signed_with_a_warning(
    issuer: Issuer, verified: Verified, expires_in: str, seconds: int
) -> None:
    outcome = issuer.issue(expires_in=expires_in)
    claims = verified(outcome.facts["token"]).claims
    assert claims["exp"] - claims["nbf"] == outcome.facts["lifetime"] == seconds
    (warning,) = outcome.warnings
    assert f"{seconds} seconds" in warning and "one hour" in warning


@pytest.mark.parametrize(
    "options",
    [
        {"expires_in": "61m"},
        {"name": None},
        {"email": None, "email_verified": None, "subject": "s"},
        {"audience": "other"},
    ],
    ids=str,
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_strict_refuses_what_is_else_a_warning(issuer: Issuer, options: dict[str, t.Any], check_mode: bool) -> None:
    (warning,) = issuer.issue(**options).warnings
    with pytest.raises(OptionError, match=f"^strict is true: {re.escape(warning)}"):
        issuer.keep(check_mode=check_mode, strict=True, **options)
    assert not issuer.token_path.exists()


def test_strict_lets_a_good_token_pass(issuer: Issuer) -> None:
    assert issuer.issue(strict=True, expires_in="60m").facts["lifetime"] == 3600


@pytest.mark.parametrize(("path", "changed"), [(None, False), ("anna.jwt", True)])
def test_check_mode_before_the_key_exists(issuer: Issuer, path: str | None, changed: bool) -> None:
    issuer.key_path.unlink()
    outcome = issuer.issue(check_mode=True, path=path and str(issuer.token_path))
    assert outcome.facts == dict.fromkeys(claims.QLIK_CLOUD.facts)
    assert (outcome.changed, outcome.reused) == (changed, False)
    (warning,) = outcome.warnings
    assert warning.startswith(f"{issuer.key_path} does not exist yet")
    with pytest.raises(
        FileError, match=f"^private_key_path: cannot read {re.escape(str(issuer.key_path))}: No such file"
    ):
        issuer.issue()


def test_a_dangling_link_is_no_key_that_is_yet_to_be_made(issuer: Issuer) -> None:
    issuer.key_path.unlink()
    issuer.key_path.symlink_to("nowhere")
    with pytest.raises(FileError, match="^private_key_path: "):
        issuer.issue(check_mode=True)


def test_many_tokens_pay_for_their_key_once(issuer, monkeypatch):
    loaded = []
    load = serialization.load_pem_private_key
    monkeypatch.setattr(
        serialization,
        "load_pem_private_key",
        lambda *arguments, **keywords: loaded.append(1) or load(*arguments, **keywords),
    )
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    first = [issuer.issue() for _number in range(3)]
    assert len({outcome.facts["token"] for outcome in first}) == 3
    assert len(loaded) <= 1  # another test may have loaded it

    # Another key under the same name, of the same size and time, is seen.
    status = issuer.key_path.stat()
    issuer.key_path.write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    os.utime(issuer.key_path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert issuer.issue().facts["key_id"] != first[0].facts["key_id"]
    assert len(loaded) <= 2 and loaded


def test_a_wrong_passphrase_is_not_helped_by_the_right_one(issuer):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encryption = serialization.BestAvailableEncryption(b"correct horse battery")
    issuer.key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    assert issuer.issue(private_key_passphrase="correct horse battery").facts["token"]
    with pytest.raises(PrivateKeyError, match="is not its passphrase"):
        issuer.issue(private_key_passphrase="another horse battery")
    with pytest.raises(PrivateKeyError, match="is encrypted"):
        issuer.issue()


@forked.needs_chown
@pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_key_that_one_may_not_see_is_refused_in_check_mode_too(check_mode: bool, kept: bool) -> None:
    with forked.folder_for_all() as folder:
        keys = forked.put(folder / "keys", forked.ready_pair())
        options = forked.token_options(
            folder / "anna.jwt", private_key_content=None, private_key_path=str(keys / forked.PRIVATE)
        )
        if not kept:
            del options["path"]
        options["_ansible_check_mode"] = check_mode
        finished = forked.Running(forked.qscloud_jwt, options, user=forked.NOBODY).wait()
        assert str(keys / forked.PRIVATE) in finished.refusal and "Permission denied" in finished.refusal


def test_a_private_key_that_others_can_read_is_warned_about(issuer: Issuer) -> None:
    issuer.key_path.chmod(0o640)
    assert issuer.issue().warnings == []
    issuer.key_path.chmod(0o644)
    assert issuer.issue().warnings == [
        f"{issuer.key_path} has mode 0644, which lets other users access the private key: run 'chmod go="
        f" {issuer.key_path}', or set defaultMode if it is in a volume of Kubernetes."
    ]
    # The command works.
    subprocess.run(["chmod", "go=", issuer.key_path], check=True)
    assert issuer.issue().warnings == []


def test_a_text_that_had_to_be_repaired_is_warned_about(issuer: Issuer, rsa_pem: bytes) -> None:
    quoted = textwrap.indent(rsa_pem.decode(), "> ", lambda line: True)
    (warning,) = issuer.issue(private_key_content=quoted).warnings
    assert warning.startswith("O(private_key_content) is not well-formed: it has quotation marks (>).")
