# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of an OAuth client's public keys: what is added, replaced and removed, and what stays as it is."""

from __future__ import annotations

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given
from ansible_collections.tenantops.qlik.plugins.module_utils._steps import Words
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import oauth_keys

N = {name: RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=False) for name in "ab"}
"""Two keys, made by another library than ours."""


def jwk(key, key_id, **changes):
    return {**N[key].as_dict(private=False), "kid": key_id, **changes}


A, B = jwk("a", "A"), jwk("b", "B")


def merge(has, *wanted, purge=False):
    return oauth_keys.merge({"publicKeys": has} if has else {}, [oauth_keys.Key(*one) for one in wanted], purge)


@pytest.mark.parametrize(
    ("has", "wanted", "purge", "result"),
    [
        ([], [("A", A, "current")], False, [A]),
        ([], [("A", A, "absent")], False, []),
        ([A], [("A", A, "current")], False, [A]),
        ([A], [("A", A, "retiring")], False, [A]),
        ([A], [("B", B, "current"), ("A", A, "retiring")], False, [A, B]),
        ([A, B], [("B", B, "current"), ("A", None, "absent")], False, [B]),
        ([A], [("B", B, "current"), ("A", None, "absent")], False, [B]),
        ([A], [("B", B, "current")], False, [A, B]),
        ([A], [("B", B, "current")], True, [B]),
        ([A], [], False, [A]),
        ([A], [], True, []),
        # The same key id for another key.
        ([A], [("A", jwk("b", "A"), "current")], False, [jwk("b", "A")]),
        # The same key, written otherwise: it stays as it is.
        ([jwk("a", "A", alg="RS512")], [("A", A, "current")], False, [jwk("a", "A", alg="RS512")]),
        # A key that does not exist yet.
        ([A], [(None, None, "current")], False, [A, {"kid": None}]),
        ([A], [("A", None, "current")], False, [A]),
    ],
)
def test_merge(has, wanted, purge, result):
    assert merge(has, *wanted, purge=purge) == result


def test_each_step_is_about_one_key():
    client = {"clientId": "x", "publicKeys": [A, B]}
    merged = [jwk("b", "A"), {"kid": None}]
    texts = [step.text for step in oauth_keys.steps(client, merged, Words(False))]
    assert texts == [
        "replaced key A in OAuth client x: it was another key",
        "added a new key to OAuth client x",
        "removed key B from OAuth client x",
    ]
    assert oauth_keys.steps(client, [A, B], Words(False)) == []


def test_they_are_described_with_the_thumbprints_of_another_library():
    elliptic = {**ECKey.generate_key("P-384", private=False).as_dict(private=False), "kid": "E"}
    damaged = jwk("a", "D", n="?")
    described = oauth_keys.describe({"publicKeys": [A, elliptic, damaged]})
    assert described == [
        {"key_id": "A", "key_thumbprint": N["a"].thumbprint()},
        {"key_id": "E", "key_thumbprint": None},
        {"key_id": "D", "key_thumbprint": None},
    ]
    assert oauth_keys.describe({}) == [] == oauth_keys.ids({})


def entry(**options):
    return {**dict.fromkeys([*given.OPTIONS, "key_id"]), "state": "current", **options}


def pem(key):
    return key.as_pem(private=False).decode()


def test_the_list_of_an_option(tmp_path):
    path = tmp_path / "b.pem"
    path.write_text(pem(N["b"]))
    thumbprint = N["a"].thumbprint()
    entries = [
        entry(public_key_content=pem(N["a"])),
        entry(public_key_path=str(path), key_id="B", state="retiring"),
        entry(key_id="C", state="absent"),
        entry(public_key_content=pem(N["a"]), key_id="D", state="absent"),
    ]
    keys, warnings = oauth_keys.from_options(entries, False)
    assert warnings == [] and keys == [
        oauth_keys.Key(thumbprint, jwk("a", thumbprint), "current"),
        oauth_keys.Key("B", B, "retiring"),
        oauth_keys.Key("C", None, "absent"),
        oauth_keys.Key("D", jwk("a", "D"), "absent"),
    ]
    assert oauth_keys.from_options(entries, True) == (keys, [])


def test_a_list_with_repairs():
    bad = "".join(f"> {line}\n" for line in pem(N["a"]).splitlines())
    keys, (warning,) = oauth_keys.from_options([entry(public_key_content=bad, key_id="A")], False)
    assert keys == [oauth_keys.Key("A", A, "current")] and "O(public_key_content)" in warning


def test_in_check_mode_a_key_may_be_missing(tmp_path):
    missing = [entry(), entry(public_key_path=str(tmp_path / "no.pem"), key_id="B"), entry()]
    none, b, _none = oauth_keys.from_options(missing, True)[0]
    assert none == oauth_keys.Key(None, None, "current") and b == oauth_keys.Key("B", None, "current")
    for one in missing[:2]:
        with pytest.raises(OptionError, match="^keys, key 1: public_key_path.* (missing|No such file)"):
            oauth_keys.from_options([one], False)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([entry(state="absent")], "keys, key 1: key_id is missing: set it, or specify the public key to remove."),
        (
            [entry(key_id="A", state="absent"), entry(key_id="A", public_key_content=pem(N["a"]))],
            "keys has two keys with the key id A: remove one, or change its key id.",
        ),
        (
            [entry(key_id="A ", state="absent")],
            "keys, key 1: key_id ends with a blank: remove it, for example with '| trim'.",
        ),
    ],
)
def test_a_list_that_is_wrong(entries, sentence, check_mode):
    with pytest.raises(OptionError) as caught:
        oauth_keys.from_options(entries, check_mode)
    assert str(caught.value) == sentence and caught.value.option == "keys"


def test_a_weak_key_can_only_be_removed():
    with pytest.warns(SecurityWarning):
        weak = pem(RSAKey.generate_key(1024, private=False))
    with pytest.raises(OptionError, match="^keys, key 2: the public key has 1024 bits, which is not safe"):
        oauth_keys.from_options([entry(key_id="A", state="absent"), entry(public_key_content=weak)], False)
    ((key,), _warnings) = oauth_keys.from_options([entry(public_key_content=weak, key_id="W", state="absent")], False)
    assert (key.key_id, key.state) == ("W", "absent")
