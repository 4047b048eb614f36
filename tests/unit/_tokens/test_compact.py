# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens, judged by joserfc: a JOSE implementation that shares no code with the one that signs."""

from __future__ import annotations

import base64
import hmac
import json
import typing as t

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PrivateKeyError, TokenError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

CLAIMS = {
    "iss": "acme.eu.qlikcloud.com",
    "sub": "ünïcode",
    "groups": ["group1", "group 2"],
    "email_verified": True,
    "iat": 1780000000,
    "nbf": 1779999990,
    "exp": 1780001790,
}


def encoded(value: t.Any) -> str:
    """A part of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> t.Any:
    """What a part of a token says."""
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def foreign(header: dict[str, t.Any], key: t.Any, claims: dict[str, t.Any] | None = None) -> compact.Token:
    """A token that joserfc has signed."""
    text = jws.serialize_compact(header, json.dumps(claims or CLAIMS), key, algorithms=[header["alg"]])
    return compact.Token(text, header, claims or CLAIMS)


def test_a_token_says_what_it_was_given(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    token = compact.sign(CLAIMS, rsa_key, "my key")
    verified = jwt.decode(token.text, RSAKey.import_key(rsa_pem), algorithms=["RS256"])
    assert verified.header == {"alg": "RS256", "typ": "JWT", "kid": "my key"}
    assert verified.claims == CLAIMS
    assert (token.header, token.claims) == (verified.header, verified.claims)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_token_without_a_key_id(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes, algorithm: str) -> None:
    token = compact.sign(CLAIMS, rsa_key, None, algorithm)
    verified = jwt.decode(token.text, RSAKey.import_key(rsa_pem), algorithms=[algorithm])
    assert verified.header == token.header == {"alg": algorithm, "typ": "JWT"}
    assert verified.claims == CLAIMS


def test_a_token_is_for_no_other_key(rsa_key: rsa.RSAPrivateKey, other_rsa_pem: bytes) -> None:
    with pytest.raises(BadSignatureError):
        jwt.decode(compact.sign(CLAIMS, rsa_key, "k").text, RSAKey.import_key(other_rsa_pem), algorithms=["RS256"])


def test_a_signature_that_does_not_verify_is_not_handed_out(
    rsa_key: rsa.RSAPrivateKey, other_rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a fault had happened: one wrong signature with the CRT gives away a factor of the modulus.
    wrong = compact.sign(CLAIMS, other_rsa_key, "k").text
    monkeypatch.setattr(compact.jwt, "encode", lambda *_args, **_options: wrong)
    with pytest.raises(PrivateKeyError, match="signature that does not verify"):
        compact.sign(CLAIMS, rsa_key, "k")


def test_a_good_signature_verifies(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    token = foreign({"alg": "RS256", "kid": "k"}, RSAKey.import_key(rsa_pem))
    assert compact.is_signed_by(token, rsa_key.public_key())


def test_claims_play_no_part_in_the_signature(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    token = foreign({"alg": "RS256"}, RSAKey.import_key(rsa_pem), {"exp": 1, "nbf": 1 << 40, "aud": "x", "sub": 1})
    assert compact.is_signed_by(token, rsa_key.public_key())


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_other_algorithms_do_not_verify(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes, algorithm: str) -> None:
    token = foreign({"alg": algorithm}, RSAKey.import_key(rsa_pem))
    assert not compact.is_signed_by(token, rsa_key.public_key())


def test_the_public_key_is_no_shared_secret(rsa_key: rsa.RSAPrivateKey, private_keys: dict[str, bytes]) -> None:
    # The old attack: HS256 with the text of the public key as the secret.
    signed = f"{encoded({'alg': 'HS256'})}.{encoded(CLAIMS)}"
    signature = hmac.digest(private_keys["public"], signed.encode(), "sha256")
    token = compact.parse(f"{signed}.{encoded(signature)}".encode(), "path", ".")
    assert not compact.is_signed_by(token, rsa_key.public_key())


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_no_signature_is_no_signature(rsa_key: rsa.RSAPrivateKey, algorithm: str) -> None:
    text = f"{encoded({'alg': algorithm})}.{encoded(CLAIMS)}."
    assert not compact.is_signed_by(compact.parse(text.encode(), "path", "."), rsa_key.public_key())


def test_a_key_inside_the_token_is_ignored(rsa_key: rsa.RSAPrivateKey, other_rsa_pem: bytes) -> None:
    other = RSAKey.import_key(other_rsa_pem)
    token = foreign({"alg": "RS256", "jwk": other.as_dict(private=False)}, other)
    assert not compact.is_signed_by(token, rsa_key.public_key())


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token_does_not_verify(rsa_key: rsa.RSAPrivateKey, part: int) -> None:
    token = compact.sign(CLAIMS, rsa_key, "k")
    parts = token.text.split(".")
    middle = len(parts[part]) // 2
    # Still base64url, so that it is the signature that finds it.
    parts[part] = parts[part][:middle] + ("A" if parts[part][middle] != "A" else "B") + parts[part][middle + 1 :]
    assert not compact.is_signed_by(token._replace(text=".".join(parts)), rsa_key.public_key())


@pytest.mark.parametrize("changed", [{"alg": "RS256", "kid": "other"}, {"alg": "RS256"}], ids=str)
def test_a_changed_header_does_not_verify(rsa_key: rsa.RSAPrivateKey, changed: dict[str, str]) -> None:
    token = compact.sign(CLAIMS, rsa_key, "k")
    _header, payload, signature = token.text.split(".")
    assert not compact.is_signed_by(
        token._replace(text=f"{encoded(changed)}.{payload}.{signature}"), rsa_key.public_key()
    )


@pytest.mark.parametrize(("before", "after"), [("", ""), ("", "\n"), ("  ", "\r\n\n")])
def test_a_token_is_taken_apart(rsa_pem: bytes, before: str, after: str) -> None:
    text = foreign({"alg": "RS256", "kid": "k", "cty": "JWT"}, RSAKey.import_key(rsa_pem)).text
    token = compact.parse(f"{before}{text}{after}".encode(), "path", ".")
    assert token == (text, {"alg": "RS256", "kid": "k", "cty": "JWT"}, CLAIMS)
    assert token.header == decoded(text.split(".")[0])


@pytest.mark.parametrize(
    "wrapped",
    [
        *("{}", "{}\n", " {} ", '"{}"', "'{}'", '"{}"\r\n', "Bearer {}", "bearer {}", "BEARER  {}\n", '"Bearer {}"'),
        *("'Bearer {}'", 'Bearer "{}"', "Bearer '{}' ", '" {} "'),
    ],
)
def test_what_is_copied_along_with_a_token_is_ignored(wrapped: str) -> None:
    text = f"{GOOD_HEADER}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}"
    assert compact.unwrap(wrapped.format(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", '"', "'", "Bearer", "Bearer.eyJ.eyJ", '"eyJ.eyJ.eyJ', "eyJ.eyJ.eyJ'", "Basic eyJ", "Bearer Bearer eyJ", "a b"],
)
def test_nothing_else_is_taken_off(text: str) -> None:
    # At most the prefix, once; what is left is refused as no JWT.
    assert compact.unwrap(text) == text.removeprefix("Bearer ")
    with pytest.raises(TokenError):
        compact.parse(compact.unwrap(text).encode(), "token", ".")


def test_unwrapping_a_large_text_takes_no_time() -> None:
    for text in (" " * 10**7, '"' * 10**7, "Bearer " * 10**6, "'" + " " * 10**7):
        assert isinstance(compact.unwrap(text), str)


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"nbf": 1 << 40}, {"exp": "x", "iat": None, "sub": 1, "aud": 3, "jti": []}]
)
def test_taking_apart_looks_at_no_claim(rsa_pem: bytes, claims: dict[str, t.Any]) -> None:
    text = foreign({"alg": "RS256"}, RSAKey.import_key(rsa_pem), claims).text
    assert compact.parse(text.encode(), "path", ".").claims == claims


GOOD_HEADER = encoded({"alg": "RS256", "kid": "k"})
GOOD_PAYLOAD = encoded(CLAIMS)
GOOD_SIGNATURE = encoded(b"x" * 256)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"hello",
        b"hello.wonderful.world",
        b"\xff\xfe\x00",
        "ä.ö.ü".encode(),
        b'{"token": "x"}',
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        f"{GOOD_HEADER}.{GOOD_PAYLOAD}".encode(),
        f"{GOOD_HEADER}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}\n{GOOD_HEADER}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}".encode(),
        f"{encoded([1])}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}".encode(),
        f"{encoded({'alg': 'RS256', 'kid': 1})}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}".encode(),
        f"{encoded({'alg': 'RS256', 'crit': ['x']})}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded([1])}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded('text')}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded(b'x')}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded(bytes([255]))}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded(b'[' * 100000)}.{GOOD_SIGNATURE}".encode(),
        f"{encoded(b'[' * 100000)}.{GOOD_PAYLOAD}.{GOOD_SIGNATURE}".encode(),
        f"{GOOD_HEADER}.{encoded(b'1' * 5000)}.{GOOD_SIGNATURE}".encode(),
    ],
    ids=lambda text: repr(text[:30]),
)
def test_what_is_no_jwt_is_refused_and_not_repeated(text: bytes) -> None:
    with pytest.raises(TokenError, match="^THE_PATH is not a JWT: ADVICE$") as caught:
        compact.parse(text, "THE_PATH", ": ADVICE")
    assert GOOD_HEADER not in str(caught.value)
