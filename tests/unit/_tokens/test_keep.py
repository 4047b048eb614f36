# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a token: which key signs it, what is returned, and when a kept one stays."""

from __future__ import annotations

import json
import os
import pathlib
import re
import time
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    FileError,
    KeyMismatchError,
    OptionError,
    PemError,
    PrivateKeyError,
    QlikError,
    TokenError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import keep, sign

NOW = 1780000000  # date -u -d @1780000000: 2026-05-28T20:26:40Z
ANNA = {
    "private_key_path": None,
    "private_key_content": None,
    "private_key_passphrase": None,
    "issuer": "acme.eu.qlikcloud.com",
    "key_id": None,
    "subject": None,
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1", "group 2"],
    "audience": "qlik.api/login/jwt-session",
    "jti": None,
    "claims": None,
    "not_before": "-10s",
    "expires_in": "30m",
    "strict": False,
    "path": None,
    "renew_before": None,
    "force": False,
}


class Issuer:
    """The library with a key and the options for Anna."""

    def __init__(self, key_path: pathlib.Path, token_path: pathlib.Path) -> None:
        self.key_path = key_path
        self.token_path = token_path

    def issue(
        self,
        later: int = 0,
        check_mode: bool = False,
        accept: t.Callable[[dict[str, t.Any]], None] = lambda facts: None,
        **options: t.Any,
    ) -> sign.Outcome:
        """Issue a token, some seconds later."""
        key = {} if "private_key_content" in options else {"private_key_path": str(self.key_path)}
        issue = sign.issue if options.get("path") is None else keep.issue
        return issue({**ANNA, **key, **options}, NOW + later, check_mode, accept)

    def keep(self, **options: t.Any) -> sign.Outcome:
        """Issue one that is kept in the file."""
        return self.issue(**{"path": str(self.token_path), **options})

    def kept(self) -> str:
        """The token in the file."""
        return self.token_path.read_text()

    def put(self, content: str | bytes) -> None:
        """Write the file as a user would leave it."""
        self.token_path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.token_path.chmod(0o600)


@pytest.fixture
def issuer(tmp_path: pathlib.Path, rsa_pem: bytes) -> Issuer:
    """A folder with a key and no token."""
    key_path = tmp_path / "privatekey.pem"
    key_path.write_bytes(rsa_pem)
    return Issuer(key_path, tmp_path / "anna.jwt")


@pytest.fixture
def verified(rsa_pem: bytes) -> t.Callable[[str], jwt.Token]:
    """What joserfc reads in a token that the key of ``rsa_pem`` has signed."""
    return lambda token: jwt.decode(token, RSAKey.import_key(rsa_pem), algorithms=["RS256"])


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
    assert set(facts) == set(sign.FACTS)


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
        ("EC", KeyMismatchError, "kind EC"),
        ("DSA", KeyMismatchError, "kind DSA"),
        ("DER", PemError, "DER form"),
        ("public", PemError, "holds a public key"),
        ("OpenSSH", PrivateKeyError, "ssh-keygen"),
        ("1024 bits", PrivateKeyError, "has 1024 bits"),
        ("encrypted PKCS#8", PrivateKeyError, "is encrypted: give its passphrase in private_key_passphrase"),
    ],
)
def test_keys_that_cannot_sign_are_refused_and_named(
    issuer: Issuer, private_keys: dict[str, bytes], form: str, error: type[QlikError], message: str
) -> None:
    issuer.key_path.write_bytes(private_keys[form])
    with pytest.raises(error, match=f"^private_key_path: {re.escape(str(issuer.key_path))} .*{message}"):
        issuer.issue()
    if form != "DER":
        with pytest.raises(error, match=f"^private_key_content .*{message}"):
            issuer.issue(private_key_content=private_keys[form].decode())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"private_key_passphrase": "correct horse battery"}, "private_key_passphrase is given: leave the option out"),
        ({"private_key_content": ""}, "^private_key_content is empty"),
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
        ({"email_verified": None}, "^email needs email_verified"),
        ({"email": None, "email_verified": None}, "^subject is missing"),
        ({"groups": [1]}, "^groups must be"),
        ({"claims": {"sub": "x"}}, "^claims must not hold sub"),
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


def test_a_kept_token_is_warned_about_in_every_run(issuer: Issuer) -> None:
    runs = [issuer.keep(expires_in="365d") for _number in range(2)]
    assert [(run.changed, len(run.warnings)) for run in runs] == [(True, 1), (False, 1)]


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
    assert outcome.facts == dict.fromkeys(sign.FACTS)
    assert (outcome.changed, outcome.reused) == (changed, False)
    (warning,) = outcome.warnings
    assert warning.startswith(f"{issuer.key_path} does not exist yet")
    with pytest.raises(
        FileError, match=f"^private_key_path: cannot read {re.escape(str(issuer.key_path))}: No such file"
    ):
        issuer.issue()


def test_check_mode_signs_but_writes_nothing(issuer: Issuer, verified: Verified) -> None:
    outcome = issuer.keep(check_mode=True)
    assert verified(outcome.facts["token"])
    assert (outcome.changed, outcome.reused) == (True, False)
    assert not issuer.token_path.exists()


def test_a_dangling_link_is_no_key_that_is_yet_to_be_made(issuer: Issuer) -> None:
    issuer.key_path.unlink()
    issuer.key_path.symlink_to("nowhere")
    with pytest.raises(FileError, match="^private_key_path: "):
        issuer.issue(check_mode=True)


def test_a_token_is_kept(issuer: Issuer, verified: Verified) -> None:
    first = issuer.keep()
    assert (first.changed, first.reused) == (True, False)
    assert verified(issuer.kept().strip()).claims == first.facts["claims"]
    second = issuer.keep(later=60)
    assert (second.changed, second.reused) == (False, True)
    assert second.facts == first.facts
    assert second.facts["token"] == issuer.kept().strip()


def test_a_line_end_after_a_kept_token_does_no_harm(issuer: Issuer) -> None:
    token = issuer.keep().facts["token"]
    issuer.put(f"{token}\n")
    outcome = issuer.keep()
    assert (outcome.changed, outcome.facts["token"]) == (False, token)


@pytest.mark.parametrize(("later", "reused"), [(1489, True), (1490, False), (1790, False), (9999, False), (-61, False)])
def test_a_kept_token_is_replaced_five_minutes_before_its_end(issuer: Issuer, later: int, reused: bool) -> None:
    issuer.keep()
    outcome = issuer.keep(later=later)
    assert (outcome.reused, outcome.changed) == (reused, not reused)
    assert issuer.kept().strip() == outcome.facts["token"]


@pytest.mark.parametrize(("later", "reused"), [(1189, True), (1190, False)])
def test_renew_before(issuer: Issuer, later: int, reused: bool) -> None:
    issuer.keep()
    assert issuer.keep(later=later, renew_before="10m").reused is reused


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"expires_in": "1m"},
        {"expires_in": "12s"},
        {"not_before": "1h"},
        {"not_before": "-20m"},
        {"not_before": "-25m"},
        {"not_before": "-29m"},
        {"not_before": "-25s", "expires_in": "30s"},
        {"not_before": "-59m", "expires_in": "60m"},
        {"jti": "mine"},
        {"claims": {"b": [1, 2.5, None, {"z": True, "a": "ä"}], "a": "b"}},
        {"groups": []},
        {"subject": "s", "email": None, "email_verified": None, "name": None},
        {"key_id": "ü"},
    ],
    ids=str,
)
def test_the_second_run_changes_nothing(issuer: Issuer, options: dict[str, t.Any]) -> None:
    first = issuer.keep(**options)
    second = issuer.keep(**options)
    assert (second.changed, second.facts) == (False, first.facts)


@pytest.mark.parametrize(("expires_in", "renew_before"), [("60s", "55s"), ("30m", "1795s"), ("60s", "50s")])
def test_a_renewal_that_every_run_would_do_is_refused(issuer: Issuer, expires_in: str, renew_before: str) -> None:
    # What counts is what is left when the token is signed: ten seconds less than its lifetime.
    with pytest.raises(OptionError, match="^renew_before is"):
        issuer.keep(expires_in=expires_in, renew_before=renew_before)


@pytest.mark.parametrize(
    "options",
    [
        {"issuer": "other"},
        {"key_id": "other"},
        {"name": "other"},
        {"groups": ["group1"]},
        {"claims": {"more": 1}},
        {"expires_in": "31m"},
        {"not_before": "-11s"},
        {"jti": "mine"},
        {"force": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_token_for_something_else_is_replaced(issuer: Issuer, options: dict[str, t.Any], check_mode: bool) -> None:
    before = issuer.keep().facts["token"]
    outcome = issuer.keep(check_mode=check_mode, **options)
    assert (outcome.changed, outcome.reused) == (True, False)
    assert outcome.facts["token"] != before
    assert issuer.kept().strip() == (before if check_mode else outcome.facts["token"])


def test_a_token_of_another_key_is_replaced(issuer: Issuer, other_rsa_pem: bytes, verified: Verified) -> None:
    issuer.keep(private_key_content=other_rsa_pem.decode(), key_id="k")
    assert issuer.keep(key_id="k").changed
    assert verified(issuer.kept().strip())


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
def test_a_token_with_another_algorithm_is_replaced(issuer: Issuer, rsa_pem: bytes, algorithm: str) -> None:
    facts = issuer.keep().facts
    header = facts["header"] | {"alg": algorithm}
    issuer.put(jwt.encode(header, facts["claims"], RSAKey.import_key(rsa_pem), algorithms=[algorithm]))
    assert issuer.keep().changed


@pytest.mark.parametrize("header", [{"cty": "JWT"}, {"typ": "jwt"}], ids=str)
def test_a_token_with_another_header_is_replaced(
    issuer: Issuer, rsa_pem: bytes, header: dict[str, str], verified: Verified
) -> None:
    facts = issuer.keep().facts
    issuer.put(jwt.encode(facts["header"] | header, facts["claims"], RSAKey.import_key(rsa_pem)))
    assert issuer.keep().changed
    assert verified(issuer.kept().strip()).header == facts["header"]


def test_a_token_that_joserfc_signed_is_as_good(issuer: Issuer, rsa_pem: bytes) -> None:
    facts = issuer.keep().facts
    foreign = jwt.encode(facts["header"], facts["claims"], RSAKey.import_key(rsa_pem))
    issuer.put(foreign)
    assert (issuer.keep().reused, issuer.kept()) == (True, foreign)


def test_a_token_that_somebody_changed_is_replaced(issuer: Issuer, verified: Verified) -> None:
    header, payload, signature = issuer.keep().facts["token"].split(".")
    issuer.put(f"{header}.{payload}.{'A' * len(signature)}")
    assert issuer.keep().changed
    assert verified(issuer.kept().strip())


@pytest.mark.parametrize("content", [b"", b"banana", b"\xff\xff", b'{"a": 1}', b"a.b.c"], ids=repr)
@pytest.mark.parametrize("options", [{}, {"force": True}, {"check_mode": True}], ids=str)
def test_something_else_than_a_token_is_never_overwritten(
    issuer: Issuer, content: bytes, options: dict[str, t.Any]
) -> None:
    issuer.put(content)
    with pytest.raises(TokenError, match=f"^{re.escape(str(issuer.token_path))} holds something else than a JWT"):
        issuer.keep(**options)
    assert issuer.token_path.read_bytes() == content


def test_the_key_is_never_overwritten_by_the_token(issuer: Issuer, rsa_pem: bytes) -> None:
    with pytest.raises(TokenError):
        issuer.issue(path=str(issuer.key_path))
    assert issuer.key_path.read_bytes() == rsa_pem


@pytest.mark.parametrize("path", ["missing/anna.jwt", "folder", "folder/", "link"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_path_that_cannot_hold_a_token_is_refused(
    issuer: Issuer, tmp_path: pathlib.Path, path: str, check_mode: bool
) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FileError, match=str(tmp_path)):
        issuer.issue(path=f"{tmp_path}/{path}", check_mode=check_mode)
    assert sorted(os.listdir(tmp_path)) == ["folder", "link", "privatekey.pem"]
    assert os.listdir(tmp_path / "folder") == []


def test_a_path_without_a_folder_is_in_the_current_one(
    issuer: Issuer, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert issuer.issue(path="anna.jwt").changed
    assert not issuer.keep().changed


def test_what_a_killed_run_left_is_removed_and_nothing_else(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    token = issuer.keep().facts["token"]
    left, others = f".anna.jwt.{'0' * 16}.tmp", {".berta.jwt.0000000000000000.tmp", "anna.jwt.tmp"}
    for name in (left, *others):
        (tmp_path / name).write_text("x")
    outcome = issuer.keep()
    assert (outcome.changed, outcome.facts["token"]) == (True, token)
    assert set(os.listdir(tmp_path)) == {"privatekey.pem", "anna.jwt", *others}
    assert not issuer.keep().changed


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_wrong_mode_is_a_change_but_no_reason_for_a_new_token(issuer: Issuer, check_mode: bool) -> None:
    token = issuer.keep().facts["token"]
    issuer.token_path.chmod(0o644)
    outcome = issuer.keep(check_mode=check_mode)
    assert (outcome.changed, outcome.reused, outcome.facts["token"]) == (True, True, token)
    assert issuer.token_path.stat().st_mode & 0o777 == (0o644 if check_mode else 0o600)
    assert (outcome.before["mode"], outcome.after["mode"]) == ("0644", "0600")


class Refused(QlikError):
    """What these tests refuse with."""


def refuse(_facts: dict[str, t.Any]) -> t.NoReturn:
    """Accept nothing."""
    raise Refused("not accepted")


@pytest.mark.parametrize("options", [{}, {"force": True}], ids=str)
def test_what_is_not_accepted_is_not_done(issuer: Issuer, options: dict[str, t.Any]) -> None:
    with pytest.raises(Refused):
        issuer.keep(accept=refuse, **options)
    assert not issuer.token_path.exists()
    before = issuer.keep().facts["token"]
    with pytest.raises(Refused):
        issuer.keep(accept=refuse, **options)
    assert issuer.kept().strip() == before
    with pytest.raises(Refused):
        issuer.issue(accept=refuse, **options)


@pytest.mark.parametrize("keep", [False, True])
def test_what_is_accepted_is_what_is_returned(issuer: Issuer, keep: bool) -> None:
    seen: list[dict[str, t.Any]] = []
    outcome = (issuer.keep if keep else issuer.issue)(accept=seen.append)
    assert seen == [outcome.facts]


def test_the_diff_shows_what_the_tokens_say_and_no_signature(issuer: Issuer) -> None:
    first = issuer.keep()
    second = issuer.keep(name="Berta")
    assert (first.before, first.after["claims"]) == ({}, first.facts["claims"])
    assert second.before == {"mode": "0600", "header": first.facts["header"], "claims": first.facts["claims"]}
    assert second.after["claims"]["name"] == "Berta"
    for outcome in (first, second):
        signature = outcome.facts["token"].split(".")[2]
        assert signature[:20] not in json.dumps([outcome.before, outcome.after])


def test_nothing_that_is_returned_holds_the_private_key(issuer: Issuer, rsa_pem: bytes) -> None:
    returned = json.dumps(issuer.keep())
    assert not [line for line in rsa_pem.decode().splitlines() if line in returned]


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
