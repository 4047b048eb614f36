# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Qlik Cloud wants in a token: the claims that are built, and the rules that a token can break."""

from __future__ import annotations

import hashlib
import re
import typing as t
import unicodedata
import uuid

import pytest
from issuer import CLIENT_MANAGED_ANNA

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims as _claims
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import durations

NOW = 1780000000
HALF_AN_HOUR = durations.Window(-10, 1800)
ANNA = {
    "issuer": "acme.eu.qlikcloud.com",
    "audience": "qlik.api/login/jwt-session",
    "subject": None,
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1", "group 2"],
    "jti": None,
    "claims": None,
    "key_id": None,
}


def build(**options: t.Any) -> dict[str, t.Any]:
    """The claims for Anna, with other options."""
    return _claims.build({**ANNA, **options}, HALF_AN_HOUR, NOW)


def uuid5(namespace: bytes, name: bytes) -> str:
    """RFC 9562, section 5.5, by hand."""
    digest = bytearray(hashlib.sha1(namespace + name).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return re.sub("^(.{8})(.{4})(.{4})(.{4})(.{12})$", r"\1-\2-\3-\4-\5", digest.hex())


def test_anna() -> None:
    claims = build()
    assert uuid.UUID(claims.pop("jti")).version == 4
    assert claims == {
        "iss": "acme.eu.qlikcloud.com",
        "aud": "qlik.api/login/jwt-session",
        # python3 -c "import uuid; print(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_DNS, 'tenantops.qlik'),
        #   '[\"acme.eu.qlikcloud.com\",\"anna@grusgrus.com\"]'))": it must never change.
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
    assert claims["email_verified"] is True


def test_every_token_has_a_jti_of_its_own() -> None:
    assert len({build()["jti"] for _number in range(20)}) == 20


@pytest.mark.parametrize(
    ("option", "claim"),
    [("issuer", "iss"), ("audience", "aud"), ("subject", "sub"), ("name", "name"), ("email", "email"), ("jti", "jti")],
)
def test_text_is_taken_as_it_is(option: str, claim: str) -> None:
    assert build(**{option: "Ünïcode  Text"})[claim] == "Ünïcode  Text"


@pytest.mark.parametrize("option", ["issuer", "audience", "subject", "name", "email", "jti", "key_id"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("{}\n", "ends with a line break: remove it, for example with '| trim'."),
        (" {}", "begins with a blank: remove it, for example with '| trim'."),
        ("{}\u00a0", "ends with a blank: remove it, for example with '| trim'."),
        ("\ufeff{}", "begins with the invisible character U+FEFF: remove it."),
        ("{}\u200b", "ends with the invisible character U+200B: remove it."),
    ],
    ids=ascii,
)
def test_invisible_ends_are_refused(option: str, changed: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        build(**{option: changed.format("text")})
    assert str(caught.value) == f"{option} {said}"
    assert caught.value.option == option


@pytest.mark.parametrize("verified", [True, False])
def test_email_verified_is_what_was_said(verified: bool) -> None:
    assert build(email_verified=verified)["email_verified"] is verified


def test_a_service_needs_no_email() -> None:
    claims = build(email=None, email_verified=None, groups=None, name=None, subject="nightly-reload")
    assert set(claims) == {"iss", "aud", "sub", "subType", "jti", "iat", "nbf", "exp"}
    assert claims["sub"] == "nightly-reload"


def test_no_groups_is_not_the_same_as_an_empty_list() -> None:
    assert build(groups=[])["groups"] == []
    assert "groups" not in build(groups=None)


def test_further_claims() -> None:
    further = {"department": "R&D", "nested": {"levels": [1, None, True]}, "kid": "only the one in the header counts"}
    assert {name: build(claims=further)[name] for name in further} == further


@pytest.mark.parametrize(
    "claim",
    ["iss", "aud", "sub", "subType", "name", "email", "email_verified", "groups", "jti", "iat", "nbf", "exp"],
)
def test_managed_claims_may_not_be_overruled(claim: str) -> None:
    with pytest.raises(OptionError, match=f"^claims must not contain {claim}: "):
        build(claims={claim: "x", "other": "y"})


def test_all_overruled_claims_are_named() -> None:
    with pytest.raises(OptionError, match="^claims must not contain exp, iss: "):
        build(claims={"iss": "x", "exp": 1})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_cannot_write_are_refused(number: float) -> None:
    with pytest.raises(OptionError, match="^claims contains a number that JSON cannot represent"):
        build(claims={"nested": [{"number": number}]})


@pytest.mark.parametrize("option", ["issuer", "audience", "subject", "name", "email", "jti", "key_id"])
@pytest.mark.parametrize("empty", ["", " ", "\n"], ids=repr)
def test_empty_text_is_refused(option: str, empty: str) -> None:
    with pytest.raises(OptionError, match=f"^{option} is empty"):
        build(**{option: empty})


def test_an_email_needs_email_verified() -> None:
    with pytest.raises(OptionError, match="^email requires email_verified: .*link"):
        build(email_verified=None)


@pytest.mark.parametrize(
    "groups",
    [
        "",
        " ",
        1,
        {"name": "group1"},
        [1],
        ["group1", 2],
        [{"name": "x"}],
        [None],
        [True],
        [["x"]],
        [""],
        [" "],
        ["\udcff"],
    ],
)
def test_groups_are_names(groups: t.Any) -> None:
    with pytest.raises(OptionError, match="^groups must be a list of names"):
        build(groups=groups)


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ("group1", '["group1"]'),
        ("group1, group 2", '["group1", "group 2"]'),
        ("group1,group 2,", '["group1", "group 2"]'),
        ("[group1, 'group 2']", '["group1", "group 2"]'),
        ('["Büro", "R&D"]', '["Büro", "R&D"]'),
    ],
)
def test_one_text_with_groups_is_shown_as_a_list(groups: str, shown: str) -> None:
    with pytest.raises(OptionError) as caught:
        build(groups=groups)
    assert str(caught.value) == f"groups is one text, '{groups}', instead of a list of names: write it as {shown}."


@pytest.mark.parametrize("text", ["a," * 10**5, ",", "\x00\n\u2028x", '"' * 10**4], ids=range(4))
def test_any_text_with_groups_gets_one_short_line(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        build(groups=text)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("group 2 ", "'group 2' ends with a blank: remove it, for example with '| trim'."),
        ("group 2\r\n", "'group 2' ends with a line break: remove it, for example with '| trim'."),
        ("\u200bgroup 2", "' group 2' begins with the invisible character U+200B: remove it."),
    ],
)
def test_the_group_with_an_invisible_end_is_named(group: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        build(groups=["group1", group])
    assert str(caught.value) == f"groups: {said}"


def test_the_subject_is_derived_from_issuer_and_email() -> None:
    namespace = bytes.fromhex(
        uuid5(bytes.fromhex("6ba7b8109dad11d180b400c04fd430c8"), b"tenantops.qlik").replace("-", "")
    )
    assert str(_claims.SUBJECT_NAMESPACE).replace("-", "") == namespace.hex()
    expected = uuid5(namespace, '["ïssuer \\"1\\"","jürgen@müller.de"]'.encode())
    assert _claims.subject('ïssuer "1"', "jürgen@müller.de") == expected
    assert build(issuer='ïssuer "1"', email="jürgen@müller.de")["sub"] == expected


@pytest.mark.parametrize(
    "email", [" jürgen@müller.de\n", "JÜRGEN@MÜLLER.DE", unicodedata.normalize("NFD", "Jürgen@müller.de")]
)
def test_the_same_user_has_the_same_subject(email: str) -> None:
    assert email != "jürgen@müller.de"
    assert _claims.subject("i", email) == _claims.subject("i", "jürgen@müller.de")


def test_other_users_and_issuers_have_other_subjects() -> None:
    pairs = [("i", "a@x"), ("i", "b@x"), ("j", "a@x"), ("I", "a@x"), (" i", "a@x"), ('i","a', "@x")]
    assert len({_claims.subject(*pair) for pair in pairs}) == len(pairs)


def test_letters_that_only_look_alike_are_different_users() -> None:
    # Form KC would make one of the ligature and its two letters.
    assert _claims.subject("i", "\ufb01@x") != _claims.subject("i", "fi@x")


def test_the_name_plays_no_part_in_the_subject() -> None:
    assert build(name="Anna")["sub"] == build(name="Berta")["sub"]


def test_without_an_email_a_subject_is_asked_for() -> None:
    with pytest.raises(OptionError, match="^subject is missing, .* set subject"):
        build(email=None, email_verified=None)


def test_a_good_token_breaks_no_rule() -> None:
    assert not _claims.broken_rules(build())
    assert not _claims.broken_rules(build(groups=None))


@pytest.mark.parametrize(
    "claim", ["iss", "aud", "sub", "subType", "name", "email", "email_verified", "jti", "iat", "nbf", "exp"]
)
def test_a_missing_claim_breaks_a_rule(claim: str) -> None:
    claims = build()
    del claims[claim]
    (sentence,) = _claims.broken_rules(claims)
    # Only for nbf, a refusal of Qlik Cloud is published.
    verb = "will" if claim == "nbf" else "may"
    assert sentence == f"The token lacks {claim}, which Qlik Cloud requires: it {verb} reject the login."


def test_all_missing_claims_are_named_at_once() -> None:
    claims = build(name=None, email=None, email_verified=None, subject="s")
    (sentence,) = _claims.broken_rules(claims)
    assert sentence.startswith("The token lacks name, email, email_verified, which Qlik Cloud requires")


@pytest.mark.parametrize(("lifetime", "broken"), [(3600, 0), (3601, 1), (31536000, 1), (30, 0)])
def test_qlik_accepts_one_hour(lifetime: int, broken: int) -> None:
    claims = _claims.build(ANNA, durations.Window(-10, lifetime), NOW)
    sentences = _claims.broken_rules(claims)
    assert len(sentences) == broken
    assert all(f"{lifetime} seconds" in sentence and "3600 (one hour)" in sentence for sentence in sentences)
    assert all("it will reject the login" in sentence for sentence in sentences)


def test_another_audience_breaks_a_rule() -> None:
    (sentence,) = _claims.broken_rules(build(audience="qlik.api"))
    assert "audience is not qlik.api/login/jwt-session" in sentence


def fits(kept: dict[str, t.Any], later: int = 0, renew_before: int = 300, **options: t.Any) -> bool:
    """Whether a token with these claims still fits, some seconds later, for Anna with these options."""
    now = NOW + later
    wanted = _claims.build({**ANNA, **options}, HALF_AN_HOUR, now)
    return _claims.is_reusable(kept, wanted, options.get("jti") is not None, renew_before, now)


@pytest.mark.parametrize(
    ("later", "good"),
    # The token ends 1790 seconds after it was signed; more than 300 of them must be left.
    [(0, True), (1, True), (1489, True), (1490, False), (1800, False), (-60, True), (-61, False)],
)
def test_a_kept_token_fits_until_its_renewal(later: int, good: bool) -> None:
    assert fits(build(), later) is good


@pytest.mark.parametrize("renew_before", [0, 1789, 1790])
def test_a_kept_token_has_more_left_than_the_renewal(renew_before: int) -> None:
    assert fits(build(), renew_before=renew_before) is (renew_before < 1790)


@pytest.mark.parametrize(
    "options",
    [
        {"issuer": "other"},
        {"audience": "other"},
        {"subject": "other"},
        {"name": "other"},
        {"email": "other@grusgrus.com"},
        {"email_verified": False},
        {"groups": ["group1"]},
        {"groups": ["group 2", "group1"]},
        {"groups": None},
        {"jti": "other"},
        {"claims": {"further": 1}},
    ],
    ids=str,
)
def test_a_kept_token_that_says_something_else_does_not_fit(options: dict[str, t.Any]) -> None:
    assert not fits(build(), **options)


def test_a_kept_token_that_says_more_does_not_fit() -> None:
    assert not fits(build(claims={"further": 1}))


def test_a_jti_that_was_asked_for_must_be_the_same() -> None:
    assert fits(build(jti="one"), jti="one")
    assert not fits(build(jti="two"), jti="one")


def test_numbers_and_truth_values_are_different_things() -> None:
    assert not fits(build() | {"email_verified": 1})
    assert not fits(build(claims={"further": True}), claims={"further": 1})


@pytest.mark.parametrize("claim", ["iat", "nbf", "exp", "jti"])
def test_a_kept_token_without_a_managed_claim_does_not_fit(claim: str) -> None:
    kept = build()
    del kept[claim]
    assert not fits(kept)


@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", [None, "1780000000", 1780000000.0, True, [], 1e400])
def test_odd_times_do_not_fit(claim: str, value: t.Any) -> None:
    assert not fits(build() | {claim: value})


@pytest.mark.parametrize("change", [{"nbf": 1}, {"exp": 1}, {"exp": -1}, {"iat": -1}, {"nbf": 1, "exp": 1}], ids=str)
def test_another_window_does_not_fit(change: dict[str, int]) -> None:
    kept = build()
    assert not fits(kept | {claim: kept[claim] + seconds for claim, seconds in change.items()}, later=5)


def for_client_managed(**options: t.Any) -> dict[str, t.Any]:
    """The claims for Anna at a virtual proxy, with other options."""
    options = {**CLIENT_MANAGED_ANNA, **options}
    return _claims.build(options, durations.window(None, options["expires_in"], NOW), NOW, _claims.CLIENT_MANAGED)


def test_anna_at_a_virtual_proxy() -> None:
    # What qs-jwt create-qseow writes for the example in its documentation.
    assert for_client_managed() == {
        "userId": "anna",
        "userDirectory": "GRUSGRUS",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "group": ["group1", "group 2"],
        "aud": "hdJh34wkK",
        "iat": 1780000000,
        "exp": 1811536000,
    }


def test_at_a_virtual_proxy_a_user_is_an_id_in_a_directory() -> None:
    unset = dict.fromkeys(("name", "email", "groups", "audience"))
    assert for_client_managed(**unset).keys() == {"userId", "userDirectory", "iat", "exp"}


@pytest.mark.parametrize("claim", ["roles", "groups", "sub"])
def test_a_virtual_proxy_is_told_where_the_groups_are(claim: str) -> None:
    claims = for_client_managed(groups_claim=claim)
    assert claims[claim] == ["group1", "group 2"] and "group" not in claims


@pytest.mark.parametrize("claim", ["userId", "userDirectory", "name", "email", "aud", "iat", "exp"])
def test_groups_replace_no_other_claim(claim: str) -> None:
    with pytest.raises(OptionError) as caught:
        for_client_managed(groups_claim=claim)
    assert str(caught.value) == (
        f"groups_claim is '{claim}', which is another claim of the token: specify the one from which the virtual proxy"
        " takes the groups."
    )


def test_claims_of_qlik_cloud_are_free_at_a_virtual_proxy() -> None:
    further = {"sub": "anna", "jti": "1", "nbf": NOW, "groups": ["a"], "iss": "acme"}
    assert further.items() <= for_client_managed(claims=further).items()


@pytest.mark.parametrize("claim", ["userId", "userDirectory", "name", "email", "group", "aud", "iat", "exp"])
def test_claims_with_an_option_are_refused_at_a_virtual_proxy(claim: str) -> None:
    with pytest.raises(OptionError, match=f"^claims must not contain {claim}: "):
        for_client_managed(claims={claim: 1})


@pytest.mark.parametrize("option", ["user_id", "user_directory", "name", "email", "audience", "groups_claim"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "is empty: specify a value, or leave the option out if it is not required."),
        ("anna\n", "ends with a line break: remove it, for example with '| trim'."),
    ],
    ids=repr,
)
def test_text_for_a_virtual_proxy_that_cannot_be_meant(option: str, value: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        for_client_managed(**{option: value})
    assert str(caught.value) == f"{option} {said}"


def test_a_virtual_proxy_takes_a_year() -> None:
    assert _claims.CLIENT_MANAGED.rules(for_client_managed(expires_in="5y")) == []
