# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private key that lives elsewhere: here with openssl, which signs what it is given."""

from __future__ import annotations

import copy
import datetime
import pathlib
import sys
import typing as t

import cryptography
import jwt
import openbao as bao
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PrivateKeyError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import signer
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

Openssl = t.Callable[..., bytes]
Elsewhere = t.Callable[[bytes], signer.Signer]

pytestmark = bao.needs_cryptography


@pytest.fixture
def elsewhere(openssl: Openssl, rsa_key: rsa.RSAPrivateKey, tmp_path: pathlib.Path) -> Elsewhere:
    """The key ``rsa_key``, as far as its owner knows; openssl signs with the one that is given."""

    def make(pem: bytes) -> signer.Signer:
        (tmp_path / "key").write_bytes(pem)

        def sign(data: bytes, hash_name: str) -> bytes:
            return openssl("dgst", f"-{hash_name}", "-sign", str(tmp_path / "key"), data=data)

        return signer.Signer("store://key", rsa_key.public_key(), sign)

    return make


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_it_signs_a_token(elsewhere: Elsewhere, rsa_pem: bytes, algorithm: str) -> None:
    token = compact.sign({"sub": "anna"}, elsewhere(rsa_pem), "kid-1", algorithm).text
    verified = joserfc_jwt.decode(token, RSAKey.import_key(rsa_pem), algorithms=[algorithm])
    assert (verified.header, verified.claims) == ({"alg": algorithm, "typ": "JWT", "kid": "kid-1"}, {"sub": "anna"})


def test_it_signs_a_certificate(
    elsewhere: Elsewhere, rsa_pem: bytes, openssl: Openssl, now: datetime.datetime, tmp_path: pathlib.Path
) -> None:
    terms = certificates.terms("qs-jwt", 365, None)
    path = tmp_path / "certificate"
    path.write_bytes(certificates.to_pem(certificates.issue(elsewhere(rsa_pem), terms, now)))
    at = ("-attime", str(int(now.timestamp()) + 60))
    assert openssl("verify", "-check_ss_sig", *at, "-CAfile", str(path), str(path)).endswith(b": OK\n")
    assert openssl("x509", "-in", str(path), "-noout", "-pubkey") == openssl("pkey", "-pubout", data=rsa_pem)


def test_a_wrong_signature_is_not_used(elsewhere: Elsewhere, other_rsa_pem: bytes, now: datetime.datetime) -> None:
    key = elsewhere(other_rsa_pem)
    said = "^store://key returned a signature that does not verify, so it was not used: check the key in its store.$"
    with pytest.raises(PrivateKeyError, match=said):
        jwt.encode({}, key, "RS256")
    with pytest.raises(PrivateKeyError, match=said):
        certificates.issue(key, certificates.terms("qs-jwt", 365, None), now)


def test_it_does_nothing_else(elsewhere: Elsewhere, rsa_pem: bytes, rsa_key: rsa.RSAPrivateKey) -> None:
    key = elsewhere(rsa_pem)
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    for attempt in (
        lambda: key.decrypt(b"", padding.PKCS1v15()),
        key.private_numbers,
        lambda: key.private_bytes(*pem),
        lambda: key.sign(b"", pss, hashes.SHA256()),
        lambda: key.sign(b"", padding.PKCS1v15(), hashes.SHA1()),
    ):
        with pytest.raises(NotImplementedError):
            attempt()
    assert copy.copy(key) is key and copy.deepcopy(key) is key
    assert (key.key_size, key.public_key().public_numbers()) == (2048, rsa_key.public_key().public_numbers())


@pytest.mark.parametrize(
    ("version", "is_enough"), [("3.4.8", False), ("37.0.4", False), ("38.0.0", True), ("50.0.2", True)]
)
def test_the_release_of_cryptography(monkeypatch: pytest.MonkeyPatch, version: str, is_enough: bool) -> None:
    monkeypatch.setattr(cryptography, "__version__", version)
    if is_enough:
        signer.check_cryptography()
        return
    with pytest.raises(PrivateKeyError) as caught:
        signer.check_cryptography()
    assert str(caught.value) == (
        f"private_key_uri requires cryptography 38 or newer, but this Python has {version}: install a newer release, or"
        " use a key in a file."
    )


def test_a_library_that_is_missing() -> None:
    assert str(signer.missing("boto3")) == (
        "private_key_uri requires the Python library boto3, which is not installed: run"
        f" '{sys.executable} -m pip install boto3'."
    )
    assert str(signer.missing("python-pkcs11", "0.9")) == (
        "private_key_uri requires the Python library python-pkcs11 0.9 or newer, which is not installed: run"
        f" '{sys.executable} -m pip install --upgrade python-pkcs11'."
    )
