# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of an OAuth client's public keys: what is added, replaced and removed, and what stays as it is."""

from __future__ import annotations

import pytest
from joserfc.jwk import ECKey, RSAKey

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
