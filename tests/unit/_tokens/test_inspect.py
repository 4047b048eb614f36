# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about a token. The tokens are made by another library, or by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import inspect as _inspect

NOW = 1_800_000_000
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "the-key"}
CLAIMS = {
    "iss": "acme",
    "aud": "qlik.api/login/jwt-session",
    "sub": "anna",
    "subType": "user",
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1"],
    "jti": "unique",
    "iat": NOW,
    "nbf": NOW - 10,
    "exp": NOW + 1790,
}
ABSENT = object()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims, signature=b"signature"):
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}.{encoded(signature)}"


@pytest.fixture
def signed(rsa_pem):
    """Sign with joserfc; what is given replaces a member, or with ABSENT removes it."""
    key = RSAKey.import_key(rsa_pem)

    def sign(header=None, **claims):
        merged = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ABSENT}
        head = {name: value for name, value in {**HEADER, **(header or {})}.items() if value is not ABSENT}
        registry = jws.JWSRegistry(algorithms=["RS256", "RS384", "RS512"], strict_check_header=False)
        return jwt.encode(head, merged, key, registry=registry)

    return sign


@pytest.fixture
def inspect(rsa_key):
    def run(token, key=rsa_key.public_key(), now=NOW, **expected):
        text = token if isinstance(token, bytes) else token.encode()
        wanted = {"algorithms": ["RS256"], "issuer": None, "audience": CLAIMS["aud"], **expected}
        return _inspect.inspect(text, "token", _inspect.Expected(key=key, **wanted), now)

    return run


def test_a_good_token(inspect, signed):
    facts = inspect(signed(), issuer="acme")
    assert facts["problems"] == [] and facts["valid"] is True and facts["signature_verified"] is True
    assert (facts["header"], facts["claims"]) == (HEADER, CLAIMS)
    assert (facts["subject"], facts["key_id"], facts["lifetime"]) == ("anna", "the-key", 1800)
    # As `date --utc --iso-8601=seconds --date=@...` says.
    assert facts["issued_at"] == "2027-01-15T08:00:00Z"
    assert facts["not_before"] == "2027-01-15T07:59:50Z"
    assert facts["expires_at"] == "2027-01-15T08:29:50Z"
    assert (facts["expired"], facts["not_yet_valid"]) == (False, False)


def test_without_a_key_the_signature_is_not_judged(inspect):
    facts = inspect(by_hand(HEADER, CLAIMS), key=None)
    assert facts["valid"] is None and facts["problems"] == [] and facts["signature_verified"] is None


def test_without_a_key_a_problem_is_still_one(inspect):
    facts = inspect(by_hand(HEADER, {**CLAIMS, "exp": NOW - 1}), key=None)
    assert facts["valid"] is False and facts["signature_verified"] is None and len(facts["problems"]) == 1


@pytest.mark.parametrize("name", sorted(set(CLAIMS) - {"groups"}))
def test_a_claim_is_missing(inspect, signed, name):
    (problem,) = inspect(signed(**{name: ABSENT}))["problems"]
    verb = "will" if name == "nbf" else "may"
    assert problem == f"The token lacks {name}, which Qlik Cloud requires: it {verb} reject the login."


def test_groups_may_be_missing(inspect, signed):
    assert inspect(signed(groups=ABSENT))["valid"]


@pytest.mark.parametrize(
    "claims",
    [
        {"jti": 4711},
        {"jti": 47.11},
        {"aud": ["qlik.api/login/jwt-session"]},
        {"aud": ["portal", "qlik.api/login/jwt-session"]},
    ],
    ids=str,
)
def test_what_no_source_forbids_is_no_problem(inspect, signed, claims):
    assert inspect(signed(**claims))["problems"] == []


def test_a_header_without_a_type_is_no_problem(inspect, rsa_pem):
    # The function of joserfc for JWTs would add the type.
    header = {"alg": "RS256", "kid": "the-key"}
    facts = inspect(jws.serialize_compact(header, json.dumps(CLAIMS), RSAKey.import_key(rsa_pem), algorithms=["RS256"]))
    assert facts["header"] == header and facts["problems"] == [] and facts["valid"] is True


@pytest.mark.parametrize("end", ["\n", " ", "\u00a0", "\u200b", "\ufeff"], ids=ascii)
@pytest.mark.parametrize("name", ["iss", "sub", "name", "email", "jti"])
def test_an_invisible_end_is_seen(inspect, signed, name, end):
    (problem,) = inspect(signed(**{name: f"text{end}"}))["problems"]
    assert problem.startswith(f"{name} ends with ") and problem.isprintable()


def test_an_invisible_end_of_the_key_id_or_of_a_group_is_seen(inspect, signed):
    trim = "remove it, for example with '| trim'."
    assert inspect(signed({"kid": "the-key\n"}))["problems"] == [f"The key id (kid) ends with a line break: {trim}"]
    assert inspect(signed(groups=["group1", " group 2"]))["problems"] == [
        f"The group 'group 2' begins with a blank: {trim}"
    ]


@pytest.mark.parametrize(
    "claims, words",
    [
        ({"aud": "other"}, "The audience is not qlik.api/login/jwt-session"),
        ({"aud": ["other"]}, "The audience is not qlik.api/login/jwt-session"),
        ({"aud": []}, "The audience is not qlik.api/login/jwt-session"),
        ({"aud": None}, "The audience is not qlik.api/login/jwt-session"),
        ({"aud": {"qlik.api/login/jwt-session": 1}}, "The audience is not qlik.api/login/jwt-session"),
        ({"iss": ""}, "iss must be a non-empty string"),
        ({"sub": 4711}, "sub must be a non-empty string"),
        ({"jti": True}, "jti must be a non-empty string"),
        ({"jti": None}, "jti must be a non-empty string"),
        ({"jti": ""}, "jti must be a non-empty string"),
        ({"subType": "machine"}, "The subject type (subType) is not user"),
        ({"email_verified": "true"}, "email_verified must be true or false"),
        ({"email_verified": 1}, "email_verified must be true or false"),
        ({"groups": "group1"}, "groups must be a list of names"),
        ({"groups": [1]}, "groups must be a list of names"),
        ({"groups": ABSENT, "group": ["group1"]}, "group is only read by client-managed"),
        ({"kid": "the-key"}, "kid is a claim"),
        ({"iat": "2027"}, "iat must be a number of seconds"),
        ({"nbf": str(NOW)}, "nbf must be a number of seconds"),
        ({"exp": True}, "exp must be a number of seconds"),
        ({"exp": NOW + 3591}, "valid for 3601 seconds, but Qlik Cloud accepts at most 3600"),
        ({"nbf": NOW - 100, "exp": NOW - 1}, "The token expired 1 second ago"),
        ({"nbf": NOW - 90000, "exp": NOW - 86400}, "The token expired 86400 seconds (1 day) ago"),
        ({"nbf": NOW + 5, "exp": NOW + 60}, "valid only in 5 seconds"),
    ],
)
def test_a_rule_is_broken(inspect, signed, claims, words):
    facts = inspect(signed(**claims))
    assert len(facts["problems"]) == 1 and words in facts["problems"][0]
    assert facts["valid"] is False


def test_an_hour_is_allowed(inspect, signed):
    assert inspect(signed(exp=NOW + 3590))["valid"]


def test_never_valid(inspect, signed):
    assert "exp is not after nbf, so the token is never valid." in inspect(signed(nbf=NOW, exp=NOW))["problems"]


@pytest.mark.parametrize("time", [-1, 1e300, 10**20])
def test_times_that_cannot_be_written(inspect, signed, time):
    facts = inspect(signed(iat=time, nbf=time, exp=time))
    assert (facts["issued_at"], facts["not_before"], facts["expires_at"], facts["lifetime"]) == (None,) * 4


def test_fractions_of_seconds(inspect, signed):
    facts = inspect(signed(iat=NOW + 0.5, nbf=NOW - 0.5, exp=NOW + 60.5))
    assert facts["valid"] and facts["lifetime"] == 61


def test_expected_issuer_and_audience(inspect, signed):
    assert "not the expected issuer" in inspect(signed(), issuer="beta")["problems"][0]
    assert inspect(signed(aud="portal"), audience="portal")["valid"]


@pytest.mark.parametrize(
    "header, words",
    [
        ({"typ": ""}, "The type (typ) in the header is not JWT"),
        ({"typ": "at+jwt"}, "The type (typ) in the header is not JWT"),
        ({"kid": ABSENT}, "The header lacks the key id"),
        ({"kid": ""}, "The header lacks the key id"),
    ],
)
def test_a_rule_about_the_header_is_broken(inspect, signed, header, words):
    (problem,) = inspect(signed(header))["problems"]
    assert words in problem


def test_other_algorithms_verify_only_where_they_are_named(inspect, signed):
    token = signed({"alg": "RS512"})
    facts = inspect(token)
    assert facts["signature_verified"] is False and len(facts["problems"]) == 2
    facts = inspect(token, algorithms=["RS256", "RS512"])
    assert facts["signature_verified"] is True
    assert facts["problems"] == ["The algorithm (alg) is not RS256: Qlik Cloud may reject the login."]


def test_another_key_and_a_changed_token(inspect, signed, other_rsa_key):
    assert inspect(signed(), key=other_rsa_key.public_key())["signature_verified"] is False
    header, _payload, signature = signed().split(".")
    changed = f"{header}.{encoded(json.dumps({**CLAIMS, 'sub': 'admin'}).encode())}.{signature}"
    facts = inspect(changed)
    assert facts["signature_verified"] is False and facts["valid"] is False


def test_no_algorithm_never_verifies(inspect):
    for algorithm in ("none", "None", "NONE"):
        token = by_hand({**HEADER, "alg": algorithm}, CLAIMS, b"")
        assert not inspect(token)["signature_verified"] and not inspect(token)["valid"]


def test_a_public_key_is_no_secret_for_hmac(inspect, openssl, rsa_pem):
    public = openssl("pkey", "-pubout", data=rsa_pem)
    unsigned = by_hand({**HEADER, "alg": "HS256"}, CLAIMS).rpartition(".")[0]
    token = f"{unsigned}.{encoded(hmac.digest(public, unsigned.encode(), hashlib.sha256))}"
    assert inspect(token)["signature_verified"] is False


def test_keys_in_the_header_mean_nothing(inspect, other_rsa_pem):
    key = RSAKey.import_key(other_rsa_pem)
    header = {**HEADER, "jwk": key.as_dict(private=False), "jku": "https://evil.example.com/keys"}
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    assert inspect(jwt.encode(header, CLAIMS, key, registry=registry))["signature_verified"] is False


def test_extensions_that_must_be_understood_are_refused(inspect, rsa_pem):
    header = {**HEADER, "crit": ["exp"], "exp": NOW}
    unsigned = by_hand(header, CLAIMS).rpartition(".")[0]
    key = RSAKey.import_key(rsa_pem)
    signature = key.private_key.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
    facts = inspect(f"{unsigned}.{encoded(signature)}")
    assert not facts["signature_verified"] and facts["valid"] is False


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"garbage",
        b"a.b.c",
        b"a.b.c.d",
        b"a.b.c.d.e",
        b"\xff\xfe.\xff.\xff",
        b"{}.{}.{}",
        by_hand(HEADER, [1]).encode(),
        by_hand([1], CLAIMS).encode(),
        f"{encoded(b'[' * 100000)}.{encoded(b'{}')}.{encoded(b'x')}".encode(),
        f"{encoded(json.dumps(HEADER).encode())}.{encoded(b'[' * 100000)}.{encoded(b'x')}".encode(),
    ],
    ids=range(11),
)
def test_what_is_no_token(inspect, text):
    facts = inspect(text)
    assert facts["valid"] is False and facts["claims"] is None and facts["signature_verified"] is None
    (problem,) = facts["problems"]
    assert problem.startswith("token is not a JWT: it must have three")


# Refusals that Qlik has published: every other sentence says "may".
PUBLISHED = ("lacks nbf", "3600 (one hour)")


def test_only_published_refusals_are_certain(inspect, signed):
    problems = [
        problem
        for header in ({}, {"alg": "RS512"}, {"typ": "x"}, {"kid": ABSENT})
        for name in (*CLAIMS, "group", "kid")
        for value in (ABSENT, "", "x", "x\n", 0, NOW + 7200, True, None, [1], ["x "], {})
        for problem in inspect(signed(header, **{name: value}))["problems"]
    ]
    assert len(set(problems)) > 30
    certain = {problem for problem in problems if "will" in problem.split()}
    assert certain and all(any(part in problem for part in PUBLISHED) for problem in certain)
