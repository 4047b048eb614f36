# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Good keys and certificates, mangled on their way: the same key is read, or a true sentence says what is wrong."""

from __future__ import annotations

import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fuzz import attack
from hypothesis import strategies as st
from manglings import BEFORE_ENCODING, ENCODING, UNICODE

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given as _given
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys as _private_keys

TRUE_SENTENCES = (
    "cannot be read: it contains spaces, which may have been plus signs (+).",
    "cannot be read: it is incomplete.",
    "which does not occur in base64.",
    "cannot be read: its lines Proc-Type and DEK-Info are incomplete or changed.",
    "cannot be read: it contains a control character.",
    "in PEM format: the line '-----BEGIN ",
    "is labeled 'PRIVATE KEY', but has the headers of OpenSSL's traditional format: ",
)
"""What may be said of an undamaged key: that its text has lost something, which it has. It is never called damaged."""


class Original(t.NamedTuple):
    """What is mangled, and the public key in it according to cryptography."""

    text: str
    label: str
    passphrase: str | None
    public_key: rsa.RSAPublicKey

    def __repr__(self) -> str:
        return f"Original({self.label})"


@pytest.fixture(scope="session")
def originals(
    private_keys: dict[str, bytes], passphrase: str, self_signed: t.Callable[..., bytes], rsa_pem: bytes
) -> list[Original]:
    certificate = self_signed(rsa_pem, "-subj", "/CN=qs-jwt")
    found = []
    for form in ("PKCS#8", "PKCS#1", "encrypted PKCS#8", "encrypted PKCS#1"):
        secret = passphrase if "encrypted" in form else None
        key = serialization.load_pem_private_key(private_keys[form], secret and secret.encode()).public_key()
        found.append(Original(private_keys[form].decode(), "PRIVATE KEY", secret, key))
    public = private_keys["public"]
    found.append(Original(public.decode(), "PUBLIC KEY", None, serialization.load_pem_public_key(public)))
    key = x509.load_pem_x509_certificate(certificate).public_key()
    return [*found, Original(certificate.decode(), "CERTIFICATE", None, key)]


def read(data: bytes, original: Original) -> rsa.RSAPublicKey:
    if original.label == "PRIVATE KEY":
        return _private_keys.load(data, original.passphrase, "THE_SOURCE", "the_passphrase").key.public_key()
    return _given.parse(data, original.label, "THE_SOURCE").key


@st.composite
def chains(draw: st.DrawFn) -> list[tuple[str, t.Callable]]:
    """What happens to a text, in the order in which it can happen: each of it once, seldom, or not at all."""
    chain = []
    for group in BEFORE_ENCODING:
        if draw(st.integers(0, 2)) == 0:
            chain.append(draw(st.sampled_from(sorted(group.items()))))
    if draw(st.booleans()):
        chain.append(draw(st.sampled_from(sorted(ENCODING.items()))))
    return [*chain, draw(st.sampled_from(sorted(UNICODE.items())))]


@attack(share=10, chain=chains(), number=st.integers(0, 5))
def test_the_same_key_or_a_true_sentence(
    originals: list[Original], chain: list[tuple[str, t.Callable]], number: int
) -> None:
    original = originals[number]
    text = original.text
    for _name, mangle in chain:
        try:
            text = mangle(text)
        except AttributeError:
            return  # nothing is left to mangle between the lines BEGIN and END
    try:
        key = read(text, original)
    except QlikError as error:
        message = str(error)
        assert any(sentence in message for sentence in TRUE_SENTENCES), (message, [name for name, _mangle in chain])
    else:
        assert key.public_numbers() == original.public_key.public_numbers()
