# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM of private and public keys, attacked: a key that openssl reads too and finds the same, or the project's error."""

from __future__ import annotations

import contextlib
import subprocess
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fuzz import asn1, attack, der_of, integer, mutated, pem
from hypothesis import strategies as st

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given as _given
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

LABELS = st.sampled_from(
    ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "PUBLIC KEY"]
    + ["RSA PUBLIC KEY", "CERTIFICATE", "OPENSSH PRIVATE KEY", "PRIVATE KEY ", "X PRIVATE KEY", "NEW PUBLIC KEY"]
)
SEPARATORS = st.sampled_from(
    [b"\n", b"\r\n", b"\r", b"\\n", b"\\r\\n", b" ", b"", b"\n\n", b"\t", b"\x00", b"\x0b", b"\n "]
)


def openssl_public(text: bytes, *options: str) -> bytes | None:
    """The public key, in DER form, of what openssl reads; None if it reads nothing."""
    command = ["openssl", "pkey", *options, "-pubout", "-outform", "DER"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def public_der(key: rsa.RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def check_message(error: QlikError) -> None:
    message = str(error)
    assert message.startswith("THE_SOURCE") and message.isprintable() and len(message) < 2000
    assert "\n" not in message


def load_private(data: bytes, passphrase: str | None = None) -> rsa.RSAPrivateKey | None:
    """The key, None if it was refused in a sentence. A key that is taken can sign, and is written and read again."""
    try:
        key = private_keys.load(data, passphrase, "THE_SOURCE", "the_passphrase").key
    except QlikError as error:
        check_message(error)
        return None
    again = serialization.load_pem_private_key(private_keys.to_pem(key, None), None)
    assert again.private_numbers() == key.private_numbers()
    if key.key_size >= private_keys.MINIMUM_SIZE:
        compact.sign({"sub": "anna"}, key, "k")
    return key


def load_public(data: bytes) -> rsa.RSAPublicKey | None:
    """The key, None if it was refused in a sentence."""
    try:
        found = _given.parse(data, "PUBLIC KEY", "THE_SOURCE")
    except QlikError as error:
        check_message(error)
        return None
    token = compact.Token("e30.e30.AAAA", {}, {})
    assert not compact.is_signed_by(token, found.key)
    return found.key


@pytest.fixture(scope="session")
def forms(private_keys: dict[str, bytes]) -> st.SearchStrategy[bytes]:
    return st.sampled_from([text for name, text in private_keys.items() if name != "DER"])


PASSPHRASES = st.sampled_from([None, None, "", "wrong passphrase", "\ud800", "x" * 2000, "\x00" * 12, "é" * 20])


@attack(share=5, data=st.data(), given=PASSPHRASES)
def test_mutated_private_keys(
    forms: t.Any, rsa_key: rsa.RSAPrivateKey, passphrase: str, data: st.DataObject, given: str | None
) -> None:
    text = data.draw(mutated(forms))
    load_private(text, given)
    key = load_private(text, passphrase)
    # Whatever is changed in an encrypted key: it is that key, or none.
    if key and key.key_size == rsa_key.key_size:
        assert key.public_key().public_numbers() == rsa_key.public_key().public_numbers()


@attack(share=5, data=st.data())
def test_private_keys_with_wrong_numbers(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, data: st.DataObject
) -> None:
    der = data.draw(mutated(st.just(der_of(private_keys["PKCS#1"])) | st.just(der_of(private_keys["PKCS#8"]))))
    key = load_private(pem(data.draw(st.sampled_from(["RSA PRIVATE KEY", "PRIVATE KEY"])), der))
    # A single number that is changed is found: what is left is what means nothing, such as an attribute.
    assert not key or key.private_numbers() == rsa_key.private_numbers()


@attack(share=0.5, data=st.data())
def test_openssl_takes_what_is_taken(private_keys: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["PKCS#1", "PKCS#8", "1024 bits", "3072 bits"]))
    der = data.draw(st.just(der_of(private_keys[name])) | mutated(st.just(der_of(private_keys[name]))))
    # openssl does not read every wrong label that is corrected here, so it gets none.
    if key := load_private(pem(data.draw(LABELS), der)):
        assert openssl_public(der, "-inform", "DER", "-passin", "pass:") == public_der(key.public_key())


@attack(share=5, data=st.data())
def test_mutated_public_keys(private_keys: dict[str, bytes], data: st.DataObject) -> None:
    der = data.draw(mutated(st.just(der_of(private_keys["public"]))))
    text = pem("PUBLIC KEY", der)
    key = load_public(text)
    if key and data.draw(st.integers(0, 20)) == 0:
        assert openssl_public(text, "-pubin") == public_der(key)


NUMBERS = (
    st.sampled_from([0, 1, 2, 3, 4, 65537, -1, 2**31, 2**32 + 1, 2**64, 2**64 + 1, 2**2047, 2**2048 - 1, 2**16384 + 1])
    | st.integers(-10, 10**6)
    | st.integers(2**2000, 2**2100)
    | st.integers(2**1020, 2**1030)
)


@attack(share=5, n=NUMBERS.map(abs), e=NUMBERS.map(abs))
def test_any_numbers_in_a_public_key(n: int, e: int) -> None:
    key = load_public(pem("RSA PUBLIC KEY", asn1(0x30, integer(n) + integer(e))))
    if key:
        assert key.public_numbers().n == n and key.public_numbers().e == e
        assert e >= 3 and e % 2 == 1 and n > e


@attack(share=5, place=st.integers(0, 8), number=NUMBERS, e=st.sampled_from([None, 1, 3, 65537]))
def test_any_numbers_in_a_private_key(rsa_key: rsa.RSAPrivateKey, place: int, number: int, e: int | None) -> None:
    numbers = rsa_key.private_numbers()
    public = numbers.public_numbers
    fields = [0, public.n, public.e, numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    if e is None:
        fields[place] = number
    else:
        # Numbers that do belong together, but for an exponent that may be none.
        phi = (numbers.p - 1) * (numbers.q - 1)
        try:
            d = pow(e, -1, phi)
        except ValueError:
            return
        fields[2:4] = [e, d]
        fields[6:8] = [d % (numbers.p - 1), d % (numbers.q - 1)]
    key = load_private(pem("RSA PRIVATE KEY", asn1(0x30, b"".join(map(integer, fields)))))
    if key:
        assert key.public_key().public_numbers().e >= 3
        assert key.public_key().public_numbers().n == public.n


def small_key(p: int, q: int) -> bytes:
    """A key of these factors, whether they are primes or not."""
    e, phi = 65537, (p - 1) * (q - 1)
    d = pow(e, -1, phi)
    numbers = [0, p * q, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p)]
    return pem("RSA PRIVATE KEY", asn1(0x30, b"".join(map(integer, numbers))))


@attack(share=1, p=st.integers(2**9, 2**600), q=st.integers(2**9, 2**600), more=st.sampled_from([0, 600, 1200]))
def test_factors_that_are_no_primes(p: int, q: int, more: int) -> None:
    try:
        text = small_key(p << more | 1, q << more | 1)
    except ValueError:
        return
    with contextlib.suppress(QlikError):
        key = private_keys.load(text, None, "THE_SOURCE", "the_passphrase").key
        # The primes are not tested when it is loaded, but a signature is, before anybody gets it.
        with contextlib.suppress(QlikError):
            private_keys.check_size(key, "THE_SOURCE")
            compact.sign({"sub": "anna"}, key, "k")
            pytest.fail("a key that is none has signed")


@pytest.mark.parametrize("bits", [512, 1023, 1024, 2047, 2049, 2051, 3071, 4097])
def test_rsa_of_odd_sizes(openssl: t.Callable[..., bytes], bits: int) -> None:
    text = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")
    key = load_private(text)
    # openssl itself makes 2048 bits out of 2049.
    assert bits < 1024 or public_der(key.public_key()) == openssl_public(text)
    if bits < 2048 and key:
        with pytest.raises(QlikError, match=f"has {bits} bits"):
            private_keys.check_size(key, "THE_SOURCE")


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521", "secp256k1", "secp112r1", "brainpoolP256r1", "sect571r1"])
def test_curves(openssl: t.Callable[..., bytes], curve: str) -> None:
    text = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}")
    assert load_private(text) is None
    assert load_public(openssl("pkey", "-pubout", data=text)) is None


@pytest.mark.parametrize("algorithm", ["ED25519", "ED448", "X25519", "X448", "RSA-PSS"])
def test_other_kinds_of_keys(openssl: t.Callable[..., bytes], algorithm: str) -> None:
    text = openssl("genpkey", "-algorithm", algorithm)
    key = load_private(text)
    assert key is None or algorithm == "RSA-PSS"
    load_public(openssl("pkey", "-pubout", data=text))


@attack(
    share=5, data=st.data(), separator=SEPARATORS, label=LABELS, around=st.binary(max_size=8), times=st.integers(0, 3)
)
def test_labels_line_ends_and_repetitions(
    private_keys: dict[str, bytes],
    rsa_key: rsa.RSAPrivateKey,
    data: st.DataObject,
    separator: bytes,
    label: str,
    around: bytes,
    times: int,
) -> None:
    name = data.draw(st.sampled_from(["PKCS#8", "PKCS#1", "public", "Ed25519"]))
    text = pem(label, der_of(private_keys[name]))
    text = around.join([b"", *[text] * times, *data.draw(st.permutations([private_keys["EC"], b""])), b""])
    text = text.replace(b"\n", separator)
    for key in (load_private(text), load_public(text)):
        numbers = key and (key.public_key() if isinstance(key, rsa.RSAPrivateKey) else key).public_numbers()
        assert numbers in (None, rsa_key.public_key().public_numbers())


@attack(
    share=0.2,
    size=st.sampled_from([10**6, 10**7]),
    what=st.sampled_from(["letters", "begins", "body", "spaces", "zeros", "dashes"]),
)
def test_ten_megabytes(private_keys: dict[str, bytes], size: int, what: str) -> None:
    good = private_keys["PKCS#8"]
    begin, end = pem("PRIVATE KEY", b"").splitlines(keepends=True)
    text = {
        "letters": b"A" * size,
        "begins": begin * (size // len(begin)),
        "body": begin + b"A" * size + b"\n" + end,
        "spaces": good + b" \n" * (size // 2),
        "zeros": b"\x00" * size,
        "dashes": b"-----BEGIN " + b"A" * size,
    }[what]
    assert (load_private(text) is not None) == (what == "spaces")
    load_public(text.replace(b"PRIVATE", b"PUBLIC"))


@attack(
    share=0.5,
    depth=st.sampled_from([10, 100, 1000, 10_000, 50_000]),
    tag=st.sampled_from([0x30, 0x31, 0xA0, 0x24]),
    label=LABELS,
)
def test_deep_asn1(depth: int, tag: int, label: str) -> None:
    der = b"\x05\x00"
    for _level in range(min(depth, 2000)):
        der = asn1(tag, der)
    if depth > 2000:
        der = bytes([tag, 0x80]) * depth + b"\x00" * (2 * depth)
    assert load_private(pem(label, der)) is None
    assert load_public(pem(label, der)) is None


@attack(share=0.5, form=st.sampled_from(["encrypted PKCS#8", "encrypted PKCS#1", "EC, encrypted"]), data=st.data())
def test_encrypted_keys_that_are_damaged(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, passphrase: str, form: str, data: st.DataObject
) -> None:
    text = private_keys[form]
    text = data.draw(st.just(text) | mutated(st.just(text)))
    for one in (passphrase, passphrase + " ", passphrase[:-1]):
        key = load_private(text, one)
        assert not key or key.private_numbers() == rsa_key.private_numbers()
