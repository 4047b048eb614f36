# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users say about a token, attacked: the token says exactly that, as joserfc reads it, or there is an error."""

from __future__ import annotations

import json
import typing as t
import unicodedata

from fuzz import DEPTHS, JSON_TEXTS, JSON_VALUES, attack
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims as _claims
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import durations
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens.sign import draft, issue

NOW = 1_780_000_000
INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}
ANNA = {
    "issuer": "acme",
    "key_id": None,
    "subject": None,
    "name": "Anna",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1"],
    "audience": _claims.AUDIENCE,
    "jti": None,
    "claims": None,
}
CLAIM_OF = {
    "issuer": "iss",
    "subject": "sub",
    "name": "name",
    "email": "email",
    "audience": "aud",
    "jti": "jti",
    "groups": "groups",
}
TEXTS = JSON_TEXTS | st.sampled_from(
    [
        "x" * 10**5,
        "\x00",
        "\x1b[31m",
        "\r\n",
        "\u202e",
        "\U0001f600",
        "\ufffe",
        "\udcff",
        "\ud83d\ude00",
        '"',
        "\\",
        "</script>",
    ]
)


def sign(rsa_pem: bytes, **changes: t.Any) -> dict[str, t.Any] | None:
    """What joserfc finds in the token for Anna with these options; None if there was an error."""
    options = {**ANNA, **changes}
    options |= {"private_key_path": None, "private_key_content": rsa_pem.decode(), "private_key_passphrase": None}
    options |= {"not_before": "-10s", "expires_in": "30m", "renew_before": None, "strict": False, "force": False}
    options |= {"path": None}
    try:
        outcome = issue(options, draft(options, NOW))
    except QlikError as error:
        message = str(error)
        assert message.isprintable() and len(message) < 1500, message
        return None
    json.loads(json.dumps(outcome.facts, allow_nan=False))
    registry = jws.JWSRegistry(algorithms=["RS256"])
    registry.max_header_length = registry.max_payload_length = 10**7
    token = jwt.decode(outcome.facts["token"], RSAKey.import_key(rsa_pem), algorithms=["RS256"], registry=registry)
    assert token.header == outcome.facts["header"]
    assert token.claims == outcome.facts["claims"]
    # Readers that are stricter than Python's understand it too.
    json.dumps([token.header, token.claims], ensure_ascii=False, allow_nan=False).encode()
    return {**token.claims, "header": token.header}


def same(one: t.Any, other: t.Any) -> bool:
    """Whether two values are the same as JSON: 1, 1.0 and true are three values."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def is_text(value: str) -> bool:
    """Whether it can be written in UTF-8, and begins and ends with something that can be seen."""
    can_be_seen = value.strip() and all(unicodedata.category(end) not in INVISIBLE for end in (value[0], value[-1]))
    return bool(can_be_seen) and not any(0xD800 <= ord(letter) < 0xE000 for letter in value)


@attack(
    share=4, option=st.sampled_from(["issuer", "subject", "name", "email", "audience", "jti", "key_id"]), text=TEXTS
)
def test_any_text(rsa_pem: bytes, option: str, text: str) -> None:
    said = sign(rsa_pem, **{option: text})
    assert (said is not None) == is_text(text)
    if said and option == "key_id":
        assert said["header"]["kid"] == text
    elif said:
        assert said[CLAIM_OF[option]] == text


@attack(share=3, groups=st.lists(TEXTS, max_size=5) | JSON_VALUES | st.lists(JSON_VALUES, max_size=3))
def test_any_groups(rsa_pem: bytes, groups: t.Any) -> None:
    said = sign(rsa_pem, groups=groups)
    good = groups is None or (isinstance(groups, list) and all(isinstance(one, str) and is_text(one) for one in groups))
    assert (said is not None) == good
    assert not said or said.get("groups") == groups


@attack(share=4, claims=st.dictionaries(JSON_TEXTS | st.sampled_from(sorted(_claims.MANAGED)), JSON_VALUES, max_size=4))
def test_any_further_claims(rsa_pem: bytes, claims: dict[str, t.Any]) -> None:
    said = sign(rsa_pem, claims=claims)
    if set(claims) & set(_claims.MANAGED):
        assert said is None
    if said:
        assert same({name: said[name] for name in claims}, claims)
        assert set(said) - set(claims) <= {*_claims.MANAGED, "header"}
    else:
        assert set(claims) & set(_claims.MANAGED) or not can_be_written(claims)


def can_be_written(claims: t.Any) -> bool:
    """Whether JSON, in UTF-8, can write it."""
    try:
        json.dumps(claims, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


@attack(depth=DEPTHS.filter(lambda depth: depth < 10_000), kind=st.sampled_from(["list", "dict"]))
def test_deep_claims(rsa_pem: bytes, depth: int, kind: str) -> None:
    value: t.Any = 1
    for _level in range(depth):
        value = [value] if kind == "list" else {"a": value}
    said = sign(rsa_pem, claims={"deep": value})
    # What is signed can be read again, and kept.
    assert (said is not None) == (depth <= 99)


def test_a_claim_that_holds_itself(rsa_pem: bytes) -> None:
    circle: list[t.Any] = []
    circle.append(circle)
    assert sign(rsa_pem, claims={"circle": circle}) is None


@attack(
    expires_in=st.sampled_from(["11s", "30m", "3600s", "365d", "5y", "7000y"]),
    not_before=st.sampled_from(["-10s", "0", "1h"]),
)
def test_a_window_is_that_of_the_token(expires_in: str, not_before: str) -> None:
    valid = durations.window(not_before, expires_in, NOW)
    claims = _claims.build(ANNA, valid, NOW)
    assert claims["exp"] - claims["nbf"] == valid.lifetime and claims["nbf"] - NOW == valid.not_before
