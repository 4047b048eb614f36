# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a token that is kept in a file stays, and what becomes of the file."""

from __future__ import annotations

import json
import os
import pathlib
import re
import typing as t

import jwt as pyjwt
import pytest
from issuer import ANNA, NOW, Issuer
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    FileError,
    OptionError,
    QlikError,
    TokenError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import keep

Verified = t.Callable[[str], jwt.Token]


def test_a_kept_token_is_warned_about_in_every_run(issuer: Issuer) -> None:
    runs = [issuer.keep(expires_in="365d") for _number in range(2)]
    assert [(run.changed, len(run.warnings)) for run in runs] == [(True, 1), (False, 1)]


def test_check_mode_signs_but_writes_nothing(issuer: Issuer, verified: Verified) -> None:
    outcome = issuer.keep(check_mode=True)
    assert verified(outcome.facts["token"])
    assert (outcome.changed, outcome.reused) == (True, False)
    assert not issuer.token_path.exists()


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
    with pytest.raises(TokenError, match=f"^{re.escape(str(issuer.token_path))} is not a JWT"):
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


@pytest.mark.parametrize("renew_before", ["banana", "0", "30m"])
def test_a_renewal_window_is_checked_without_a_file_too(issuer: Issuer, renew_before: str) -> None:
    options = {**ANNA, "private_key_path": str(issuer.key_path), "renew_before": renew_before}
    with pytest.raises(OptionError, match="^renew_before is "):
        keep.issue(options, NOW, False, lambda facts: None)


ALGORITHMS = ("RS256", "RS384", "RS512")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_for_a_virtual_proxy_is_kept(client_managed: Issuer, rsa_pem: bytes, algorithm: str) -> None:
    first = client_managed.keep(algorithm=algorithm)
    second = client_managed.keep(algorithm=algorithm, later=86400)
    assert (first.changed, second.changed, second.reused) == (True, False, True)
    assert second.facts == first.facts
    kept = client_managed.kept().strip()
    # Two libraries agree on what it says.
    verified = jwt.decode(kept, RSAKey.import_key(rsa_pem), algorithms=[algorithm])
    assert verified.header == {"alg": algorithm, "typ": "JWT"}
    public_key = first.facts["public_key"]
    end = {"verify_exp": False, "verify_iat": False}
    assert pyjwt.decode(kept, public_key, [algorithm], end, audience="hdJh34wkK") == verified.claims
    assert verified.claims == first.facts["claims"]


def test_the_facts_of_a_token_for_a_virtual_proxy(client_managed: Issuer) -> None:
    facts = client_managed.keep().facts
    times = {name: facts[name] for name in ("issued_at", "expires_at", "lifetime")}
    # date -u -d @1811536000
    assert times == {"issued_at": "2026-05-28T20:26:40Z", "expires_at": "2027-05-28T20:26:40Z", "lifetime": 31536000}
    assert facts.keys() == {"token", "header", "claims", "public_key", *times}


@pytest.mark.parametrize(
    "options",
    [
        {"user_id": "berta"},
        {"user_directory": "OTHER"},
        {"name": None},
        {"audience": None},
        {"groups": ["group1"]},
        {"groups_claim": "roles"},
        {"algorithm": "RS512"},
        {"claims": {"jti": "1"}},
        {"expires_in": "364d"},
        {"force": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_token_for_another_user_of_a_virtual_proxy_is_replaced(
    client_managed: Issuer, options: dict[str, t.Any], check_mode: bool
) -> None:
    before = client_managed.keep().facts["token"]
    outcome = client_managed.keep(check_mode=check_mode, later=1, **options)
    assert (outcome.changed, outcome.reused) == (True, False)
    assert (client_managed.kept().strip() == before) == check_mode
    assert outcome.before["claims"]["userId"] == "anna" and "token" not in outcome.after


@pytest.mark.parametrize("claim", ["jti", "nbf"])
def test_a_claim_of_ones_own_is_part_of_a_kept_token(client_managed: Issuer, claim: str) -> None:
    client_managed.keep(claims={claim: 1780000000})
    assert client_managed.keep(claims={claim: 1780000000}, later=60).reused
    assert not client_managed.keep(claims={claim: 1780000001}, later=60).reused
    assert not client_managed.keep(later=60).reused


def test_a_token_for_qlik_cloud_is_none_for_a_virtual_proxy(issuer: Issuer, client_managed: Issuer) -> None:
    issuer.keep()
    assert client_managed.keep().changed
    assert issuer.keep().changed


def test_without_a_key_check_mode_foresees_a_token_for_a_virtual_proxy(client_managed: Issuer) -> None:
    client_managed.key_path.unlink()
    outcome = client_managed.keep(check_mode=True)
    assert outcome.changed and set(outcome.facts.values()) == {None}
    assert outcome.warnings == [f"{client_managed.key_path} does not exist yet, so no token was signed."]
