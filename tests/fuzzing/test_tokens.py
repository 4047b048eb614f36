# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of tokens, attacked. What is believed about one is what joserfc, and a strict reader, believe too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import typing as t

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from fuzz import DEPTHS, JSON_TEXTS, JSON_VALUES, attack, b64url, mutated, nested
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import TokenError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims as _claims
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact as _compact
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import inspect as _inspect

NOW = 1_780_000_000
HEADER = {"alg": "RS256", "typ": "JWT", "kid": "the-key"}
CLAIMS = {
    "iss": "acme",
    "aud": _claims.AUDIENCE,
    "sub": "anna",
    "subType": "user",
    "name": "Anna",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "jti": "unique",
    "iat": NOW,
    "nbf": NOW - 10,
    "exp": NOW + 1790,
}

BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class Unsafe(Exception):
    """What two readers may understand differently."""


def signed(key: rsa.RSAPrivateKey, header: bytes, payload: bytes) -> str:
    """A token with these bytes in it, and a good RS256 signature."""
    text = f"{b64url(header)}.{b64url(payload)}"
    return f"{text}.{b64url(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def only_way(part: str) -> bytes:
    """The bytes of a part that is written in the only right way."""
    data = base64.b64decode(part.encode() + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    if not BASE64URL.fullmatch(part) or b64url(data) != part:
        raise Unsafe("not the only way to write it")
    return data


def strictly(part: str) -> t.Any:
    """Another reading of a part of a token, in which nothing is doubtful: RFC 7515, section 2, and RFC 7493."""

    def pairs(found: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
        if len({name for name, _value in found}) < len(found):
            raise Unsafe("a name occurs twice")
        return dict(found)

    def constant(name: str) -> t.NoReturn:
        raise Unsafe(name)

    value = json.loads(only_way(part).decode(), object_pairs_hook=pairs, parse_constant=constant)
    if not isinstance(value, dict):
        raise Unsafe("no object")
    json.dumps(value, ensure_ascii=False).encode()
    return value


def inspected(text: bytes, key: rsa.RSAPublicKey | None) -> dict[str, t.Any]:
    """What qscloud_jwt_info says; it must never fail, and what it says can be written as a result."""
    expected = _inspect.Expected(key, _claims.ALGORITHMS, None, _claims.AUDIENCE)
    facts = _inspect.inspect(text, "token", expected, NOW)
    json.loads(json.dumps(facts, allow_nan=False))
    assert all(problem.isprintable() and len(problem) < 1000 for problem in facts["problems"])
    assert (facts["valid"] is False) == bool(facts["problems"])
    assert facts["valid"] is not True or facts["signature_verified"]
    return facts


def check(text: bytes, rsa_key: rsa.RSAPrivateKey) -> dict[str, t.Any]:
    """Whatever this is, it is refused in a sentence, or means the same to a strict reader and to joserfc."""
    facts = inspected(text, rsa_key.public_key())
    if facts["claims"] is None:
        with pytest.raises(TokenError):
            _compact.parse(text, "token", ".")
        return facts
    compact = text.decode("ascii").strip()
    parts = compact.split(".")
    assert len(parts) == 3
    assert (facts["header"], facts["claims"]) == (strictly(parts[0]), strictly(parts[1]))
    only_way(parts[2])
    if set(facts["header"]) <= set(HEADER) and all(isinstance(value, str) for value in facts["header"].values()):
        assert facts["signature_verified"] is joserfc_verifies(compact, rsa_key)
    elif facts["signature_verified"]:
        # joserfc judges further members of a header too. They mean nothing here, but for those two.
        assert verifies(compact, facts["header"]["alg"], rsa_key)
        assert not {"crit", "b64"} & set(facts["header"])
    return facts


def joserfc_verifies(compact: str, rsa_key: rsa.RSAPrivateKey) -> bool:
    """Whether joserfc takes the signature."""
    key = RSAKey.import_key(public_pem(rsa_key))
    registry = jws.JWSRegistry(algorithms=list(_claims.ALGORITHMS), strict_check_header=False)
    try:
        jws.deserialize_compact(compact.encode(), key, registry=registry)
    except Exception:  # noqa: BLE001 pylint: disable=broad-except
        return False  # joserfc lets errors of many kinds through
    return True


def verifies(compact: str, algorithm: str, rsa_key: rsa.RSAPrivateKey) -> bool:
    """Whether the signature is one of this algorithm: RFC 7518, section 3.3."""
    text, _point, signature = compact.rpartition(".")
    bits = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}[algorithm]
    rsa_key.public_key().verify(only_way(signature), text.encode(), padding.PKCS1v15(), bits)
    return True


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="session")
def good(rsa_key: rsa.RSAPrivateKey) -> str:
    """A token without fault."""
    return signed(rsa_key, json.dumps(HEADER).encode(), json.dumps(CLAIMS).encode())


def test_a_good_token_is_believed(rsa_key: rsa.RSAPrivateKey, good: str) -> None:
    facts = check(good.encode(), rsa_key)
    assert facts["valid"] and facts["signature_verified"] and facts["claims"] == CLAIMS


@attack(share=10, data=st.data())
def test_a_mutated_token(rsa_key: rsa.RSAPrivateKey, good: str, data: st.DataObject) -> None:
    text = data.draw(mutated(st.just(good.encode())))
    facts = check(text, rsa_key)
    # Nobody but the owner of the key can make another token.
    assert not facts["signature_verified"] or text.strip() == good.encode()


@attack(share=3, text=st.binary(max_size=200) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_anything(rsa_key: rsa.RSAPrivateKey, text: bytes) -> None:
    check(text, rsa_key)


@attack(share=5, header=JSON_VALUES, payload=JSON_VALUES)
def test_any_json(rsa_key: rsa.RSAPrivateKey, header: t.Any, payload: t.Any) -> None:
    check(signed(rsa_key, json.dumps(header).encode(), json.dumps(payload).encode()).encode(), rsa_key)


MEMBERS = st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5c", "x5u", "x5t", "cty", "zip", "enc"])


@attack(
    share=5,
    member=MEMBERS,
    value=JSON_VALUES | st.sampled_from(["none", "HS256", "rs256", "RS384", ["RS256"], False, ["b64"]]),
)
def test_any_member_of_the_header(rsa_key: rsa.RSAPrivateKey, member: str, value: t.Any) -> None:
    text = signed(rsa_key, json.dumps({**HEADER, member: value}).encode(), json.dumps(CLAIMS).encode())
    facts = check(text.encode(), rsa_key)
    if member in ("alg", "crit") and value != "RS256":
        assert not facts["valid"]


@attack(share=10, claim=st.sampled_from([*CLAIMS, "groups", "group", "kid", "__proto__"]), value=JSON_VALUES)
def test_any_claim(rsa_key: rsa.RSAPrivateKey, claim: str, value: t.Any) -> None:
    text = signed(rsa_key, json.dumps(HEADER).encode(), json.dumps({**CLAIMS, claim: value}).encode())
    facts = check(text.encode(), rsa_key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if claim in ("iss", "sub", "name", "email", "jti") and not isinstance(value, str):
        assert facts["valid"] == (claim == "jti" and is_number)


TIMES = (
    st.integers(-(10**20), 10**20)
    | st.integers(NOW - 10**4, NOW + 10**4)
    | st.floats()
    | st.sampled_from([10**400, -(10**4299), 1e308, -1e308, 2**63, 253402300799, 253402300800, True, None, "1", [], {}])
)


@attack(share=10, iat=TIMES, nbf=TIMES, exp=TIMES)
def test_any_times(rsa_key: rsa.RSAPrivateKey, iat: t.Any, nbf: t.Any, exp: t.Any) -> None:
    claims = {**CLAIMS, "iat": iat, "nbf": nbf, "exp": exp}
    facts = check(signed(rsa_key, json.dumps(HEADER).encode(), json.dumps(claims).encode()).encode(), rsa_key)
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (iat, nbf, exp)):
        assert not facts["valid"]
    elif facts["valid"]:
        assert nbf <= NOW < exp and exp - nbf <= 3600 and math.isfinite(iat)
        assert facts["lifetime"] == int(exp - nbf)


@attack(
    name=st.sampled_from([*HEADER, *CLAIMS]) | JSON_TEXTS,
    values=st.tuples(JSON_VALUES, JSON_VALUES),
    escaped=st.booleans(),
    where=st.sampled_from(["header", "claims", "inside a claim"]),
)
def test_a_name_that_occurs_twice(
    rsa_key: rsa.RSAPrivateKey, name: str, values: tuple[t.Any, t.Any], escaped: bool, where: str
) -> None:
    other = "".join(f"\\u{ord(letter):04x}" for letter in name if ord(letter) < 0x10000)
    second = f'"{other}"' if escaped and json.loads(f'"{other}"') == name else json.dumps(name)
    pair = f"{json.dumps(name)}: {json.dumps(values[0])}, {second}: {json.dumps(values[1])}"
    header, claims = json.dumps(HEADER)[:-1], json.dumps(CLAIMS)[:-1]
    header += f", {pair}}}" if where == "header" else "}"
    claims += {"header": "}", "claims": f", {pair}}}", "inside a claim": f', "x": [{{{pair}}}]}}'}[where]
    facts = check(signed(rsa_key, header.encode(), claims.encode()).encode(), rsa_key)
    assert facts["claims"] is None and not facts["valid"]


@attack(depth=DEPTHS, kind=st.sampled_from(["list", "object"]), where=st.sampled_from(["header", "claims", "itself"]))
def test_deep_nesting(rsa_key: rsa.RSAPrivateKey, depth: int, kind: str, where: str) -> None:
    deep = nested(depth, kind)
    header, claims = json.dumps(HEADER).encode(), json.dumps(CLAIMS).encode()
    if where == "header":
        header = header[:-1] + b', "x": ' + deep + b"}"
    elif where == "claims":
        claims = claims[:-1] + b', "x": ' + deep + b"}"
    else:
        claims = deep
    text = signed(rsa_key, header, claims).encode()
    facts = inspected(text, rsa_key.public_key())
    if depth > 100:
        assert facts["claims"] is None
    elif where != "itself" and depth <= 50:
        assert facts["claims"] is not None


@attack(
    share=0.1,
    size=st.sampled_from([10**6, 10**7]),
    what=st.sampled_from(["name", "list", "digits", "text", "dots", "brackets"]),
)
def test_ten_megabytes(rsa_key: rsa.RSAPrivateKey, size: int, what: str) -> None:
    payload = {
        "name": json.dumps({**CLAIMS, "name": "x" * size}),
        "list": json.dumps(CLAIMS)[:-1] + ', "x": [' + "1," * (size // 2) + "1]}",
        "digits": json.dumps(CLAIMS)[:-1] + ', "x": ' + "1" * size + "}",
        "brackets": "[" * size,
    }
    if what in payload:
        text = signed(rsa_key, json.dumps(HEADER).encode(), payload[what].encode()).encode()
    else:
        text = (b"a" if what == "text" else b".") * size
    facts = inspected(text, rsa_key.public_key())
    assert (facts["claims"] is not None) == (what in ("name", "list"))


@attack(
    algorithm=st.sampled_from(["HS256", "HS384", "HS512"]),
    secret=st.sampled_from(["pem", "stripped", "der", "empty"]),
    said=st.sampled_from(["HS256", "HS384", "HS512", "RS256", "rs256", "none", "NoNe", "", "ES256", "PS256", "RS512"]),
)
def test_the_public_key_as_a_shared_secret(rsa_key: rsa.RSAPrivateKey, algorithm: str, secret: str, said: str) -> None:
    public = public_pem(rsa_key)
    der = rsa_key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = {"pem": public, "stripped": public.strip(), "der": der, "empty": b""}[secret]
    text = f"{b64url(json.dumps({**HEADER, 'alg': said}).encode())}.{b64url(json.dumps(CLAIMS).encode())}"
    mac = hmac.digest(key, text.encode(), getattr(hashlib, f"sha{algorithm[2:]}"))
    for signature in (mac, b""):
        facts = check(f"{text}.{b64url(signature)}".encode(), rsa_key)
        assert not facts["signature_verified"] and not facts["valid"]


@attack(curve=st.sampled_from([ec.SECP256R1, ec.SECP384R1]), said=st.sampled_from(["RS256", "ES256", "ES384"]))
def test_a_signature_of_another_kind_of_key(rsa_key: rsa.RSAPrivateKey, curve: t.Any, said: str) -> None:
    text = f"{b64url(json.dumps({**HEADER, 'alg': said}).encode())}.{b64url(json.dumps(CLAIMS).encode())}"
    signature = ec.generate_private_key(curve()).sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    assert not check(f"{text}.{b64url(signature)}".encode(), rsa_key)["signature_verified"]


@attack(
    extra=st.sampled_from(["=", "==", "!", "\n", " ", "\x00", "*", ".", "A", "AA", "+", "/", "\u00e9"]),
    part=st.integers(0, 2),
    place=st.floats(0, 1),
)
def test_what_is_not_base64url(rsa_key: rsa.RSAPrivateKey, good: str, extra: str, part: int, place: float) -> None:
    parts = good.split(".")
    cut = round(place * len(parts[part]))
    parts[part] = parts[part][:cut] + extra + parts[part][cut:]
    text = ".".join(parts).encode()
    assert not check(text, rsa_key)["signature_verified"] or text.strip() == good.encode()


@pytest.mark.parametrize("part", [0, 1, 2])
def test_bits_that_are_left_over(rsa_key: rsa.RSAPrivateKey, good: str, part: int) -> None:
    """Four spellings of the last letter mean the same bytes: only the one of RFC 4648, section 3.5, is taken."""
    parts = good.split(".")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    whole = base64.urlsafe_b64decode(parts[part] + "==")
    others = [
        parts[part][:-1] + letter
        for letter in letters
        if letter != parts[part][-1] and base64.urlsafe_b64decode(parts[part][:-1] + letter + "==") == whole
    ]
    for other in others:
        changed = ".".join([*parts[:part], other, *parts[part + 1 :]])
        assert check(changed.encode(), rsa_key)["claims"] is None
    assert others or len(parts[part]) % 4 == 0


@attack(parts=st.lists(st.sampled_from(["header", "payload", "signature", "", "e30", "bnVsbA"]), max_size=6))
def test_two_to_six_parts(rsa_key: rsa.RSAPrivateKey, good: str, parts: list[str]) -> None:
    named = dict(zip(("header", "payload", "signature"), good.split(".")))
    facts = check(".".join(named.get(part, part) for part in parts).encode(), rsa_key)
    if parts != ["header", "payload", "signature"]:
        assert not facts["signature_verified"]


@attack(share=3, junk=st.binary(min_size=1, max_size=6), where=st.sampled_from(["header", "claims"]))
def test_bytes_that_are_no_text(rsa_key: rsa.RSAPrivateKey, junk: bytes, where: str) -> None:
    header, claims = json.dumps(HEADER).encode(), json.dumps(CLAIMS).encode()
    if where == "header":
        header = header.replace(b"the-key", b"the-key" + junk)
    else:
        claims = claims.replace(b"Anna", b"Anna" + junk)
    check(signed(rsa_key, header, claims).encode(), rsa_key)


@attack(share=10, kept=st.data())
def test_a_token_is_kept_only_if_every_reader_understands_it_as_wanted(
    rsa_key: rsa.RSAPrivateKey, kept: st.DataObject
) -> None:
    """Even a token that the right key has signed: it stays only if it says, to a strict reader, what is asked for."""
    claims = kept.draw(
        st.dictionaries(st.sampled_from(sorted(CLAIMS)), JSON_VALUES | TIMES, max_size=2).map(
            lambda changes: json.dumps({**CLAIMS, **changes}).encode()
        )
        | mutated(st.just(json.dumps(CLAIMS).encode()))
    )
    text = signed(rsa_key, json.dumps(HEADER).encode(), claims)
    try:
        token = _compact.parse(text.encode(), "path", ".")
    except TokenError:
        return
    if _claims.is_reusable(token.claims, CLAIMS, False, 300, NOW) and _compact.is_signed_by(
        token, rsa_key.public_key()
    ):
        said = strictly(text.split(".")[1])
        same = {name: said[name] for name in CLAIMS if name not in ("iat", "nbf", "exp", "jti")}
        assert json.dumps(same) == json.dumps({name: CLAIMS[name] for name in same})
        assert set(said) == set(CLAIMS)
