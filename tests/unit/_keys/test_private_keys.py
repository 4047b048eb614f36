# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys: what is loaded, what is refused, and what openssl says about those that are made."""

from __future__ import annotations

import base64
import math
import pathlib
import random
import re
import subprocess
import timeit
import typing as t

import cryptography
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from manglings import mislabeled

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    KeyMismatchError,
    OptionError,
    PassphraseError,
    PemError,
    PrivateKeyError,
    QlikError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys as _private_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import public_keys

NUMBERS = ("n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp")
"""In the order of RFC 8017, appendix A.1.2."""


def load(data: bytes, passphrase: str | None = None) -> rsa.RSAPrivateKey:
    """Load a private key."""
    return _private_keys.load(data, passphrase, "THE_FILE", "the_passphrase").key


def numbers_of(key: rsa.RSAPrivateKey) -> dict[str, int]:
    """The numbers of a key by their names."""
    numbers = key.private_numbers()
    public = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e}
    return public | {name: getattr(numbers, name) for name in NUMBERS if name not in public}


def der(tag: int, content: bytes) -> bytes:
    """One value of X.690: tag, length, content."""
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([0x80 | len(size)]) + size if len(content) > 127 else size) + content


def pem(label: str, content: bytes) -> bytes:
    """A PEM block."""
    return f"-----BEGIN {label}-----\n{base64.encodebytes(content).decode()}-----END {label}-----\n".encode()


def pkcs1(numbers: dict[str, int]) -> bytes:
    """A PEM of these numbers, whether they fit or not: no library would write those that do not."""
    integers = [0, *(numbers[name] for name in NUMBERS)]
    encoded = [der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in integers]
    return pem("RSA PRIVATE KEY", der(0x30, b"".join(encoded)))


def with_exponent(numbers: dict[str, int], d: int) -> dict[str, int]:
    """The numbers that depend on the private exponent."""
    return {"d": d, "dmp1": d % (numbers["p"] - 1), "dmq1": d % (numbers["q"] - 1)}


def from_primes(p: int, q: int, e: int) -> dict[str, int]:
    """All numbers of a key that has these two factors, primes or not."""
    d = pow(e, -1, math.lcm(p - 1, max(q - 1, 1)))
    iqmp = pow(q, -1, p)
    return {"n": p * q, "d": d, "p": p, "q": q, "dmp1": d % (p - 1), "dmq1": d % max(q - 1, 1), "iqmp": iqmp}


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1"])
def test_a_key_is_loaded(private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, form: str) -> None:
    assert numbers_of(load(private_keys[form])) == numbers_of(rsa_key)


@pytest.mark.parametrize("form", ["encrypted PKCS#8", "encrypted PKCS#1"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", rb"\n"], ids=repr)
def test_an_encrypted_key_is_loaded(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, form: str, passphrase: str, line_end: bytes
) -> None:
    assert numbers_of(load(private_keys[form].replace(b"\n", line_end), passphrase)) == numbers_of(rsa_key)


@pytest.mark.parametrize("form", ["encrypted PKCS#8", "encrypted PKCS#1", "EC, encrypted"])
def test_an_encrypted_key_needs_its_passphrase(private_keys: dict[str, bytes], form: str) -> None:
    with pytest.raises(PrivateKeyError, match="^THE_FILE is encrypted: specify its passphrase in the_passphrase"):
        load(private_keys[form], None)


@pytest.mark.parametrize("wrong", ["correct horse battery ", "x", "pässwörd", "y" * 5000])
@pytest.mark.parametrize("form", ["encrypted PKCS#8", "encrypted PKCS#1"])
def test_a_wrong_passphrase_is_refused_and_not_repeated(private_keys: dict[str, bytes], form: str, wrong: str) -> None:
    with pytest.raises(PrivateKeyError, match="^THE_FILE cannot be decrypted: the_passphrase is not") as caught:
        load(private_keys[form], wrong)
    assert len(wrong) == 1 or wrong not in str(caught.value)


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "EC"])
def test_a_passphrase_for_a_key_that_has_none_is_refused(
    private_keys: dict[str, bytes], form: str, passphrase: str
) -> None:
    with pytest.raises(PrivateKeyError, match="^THE_FILE is not encrypted, but the_passphrase is set"):
        load(private_keys[form], passphrase)


def test_an_empty_passphrase_is_none(rsa_pem: bytes) -> None:
    assert load(rsa_pem, "").key_size == 2048


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("EC", "EC"),
        ("EC, traditional", "EC"),
        ("EC with parameters", "EC"),
        ("EC, encrypted", "EC"),
        ("DSA", "DSA"),
        ("DSA, traditional", "DSA"),
        ("Ed25519", "Ed25519"),
    ],
)
def test_other_kinds_of_keys_are_named(private_keys: dict[str, bytes], kind: str, named: str, passphrase: str) -> None:
    with pytest.raises(
        KeyMismatchError, match=f"^THE_FILE is a private key of type {named}, but Qlik Cloud requires RSA"
    ):
        load(private_keys[kind], passphrase if "encrypted" in kind else None)


@pytest.mark.parametrize(
    ("form", "label", "named"),
    [("EC, traditional", "EC PRIVATE KEY", "EC"), ("EC", "PRIVATE KEY", "unknown")],
)
def test_a_key_on_a_curve_that_nobody_knows_is_of_another_kind(
    private_keys: dict[str, bytes], form: str, label: str, named: str
) -> None:
    content = base64.b64decode(b"".join(private_keys[form].splitlines()[1:-1]))
    p256 = bytes.fromhex("2a8648ce3d030107")
    assert p256 in content
    # Before 45, cryptography does not tell it from damage; then the key is safe from regenerate=mismatch.
    told = int(cryptography.__version__.split(".", maxsplit=1)[0]) >= 45
    message = f"is a private key of type {named}, but" if told else "is damaged"
    with pytest.raises(PrivateKeyError, match=f"^THE_FILE {message}") as caught:
        load(pem(label, content.replace(p256, p256[:-1] + b"\x7f")))
    assert isinstance(caught.value, KeyMismatchError) == told


@pytest.mark.parametrize("label", ["EC PRIVATE KEY", "DSA PRIVATE KEY"])
@pytest.mark.parametrize("content", [b"", b"\x30\x03\x02\x01\x01"])
def test_a_damaged_key_of_another_kind_is_no_key_in_good_order(label: str, content: bytes) -> None:
    # A KeyMismatchError would let regenerate=mismatch replace a key that cannot be read.
    with pytest.raises(PrivateKeyError) as caught:
        load(pem(label, content))
    assert not isinstance(caught.value, KeyMismatchError)


def test_what_is_no_private_key_is_refused(private_keys: dict[str, bytes]) -> None:
    with pytest.raises(PemError, match="^THE_FILE contains a public key, not a private key"):
        load(private_keys["public"])


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1"])
def test_a_wrong_label_is_corrected_and_warned_about(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, form: str
) -> None:
    loaded = _private_keys.load(mislabeled(private_keys[form].decode()).encode(), None, "THE_FILE", "the_passphrase")
    assert numbers_of(loaded.key) == numbers_of(rsa_key)
    right, wrong = ("PRIVATE KEY", "RSA PRIVATE KEY") if form == "PKCS#8" else ("RSA PRIVATE KEY", "PRIVATE KEY")
    assert loaded.repairs == (
        f"THE_FILE is not well-formed: it has the label '{wrong}' instead of '{right}'. It was accepted, because it can"
        " be read in only one way, but other programs may reject it: copy the original text again."
    )
    assert _private_keys.load(private_keys[form], None, "THE_FILE", "the_passphrase").repairs is None


@pytest.mark.parametrize("line_end", [b" ", b"\r", b"\n    ", b""], ids=repr)
def test_a_traditional_encrypted_key_stays_one_without_its_line_breaks(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, passphrase: str, line_end: bytes
) -> None:
    text = private_keys["encrypted PKCS#1"].replace(b"\n", line_end)
    assert numbers_of(load(text, passphrase)) == numbers_of(rsa_key)
    with pytest.raises(PassphraseError, match="^THE_FILE is encrypted: specify its passphrase"):
        load(text)


def test_a_traditional_encrypted_key_with_another_label(private_keys: dict[str, bytes], passphrase: str) -> None:
    text = private_keys["encrypted PKCS#1"].replace(b"RSA PRIVATE KEY", b"PRIVATE KEY")
    with pytest.raises(PemError, match="correct the label, which is usually 'RSA PRIVATE KEY'"):
        load(text, passphrase)


@pytest.mark.parametrize("given", [True, False])
def test_an_encrypted_key_without_its_headers_is_neither_plain_nor_just_damaged(
    private_keys: dict[str, bytes], passphrase: str, given: bool
) -> None:
    text = re.sub(b"(Proc-Type|DEK-Info).*\n", b"", private_keys["encrypted PKCS#1"])
    with pytest.raises(PrivateKeyError, match="^THE_FILE is damaged, or encrypted without its lines Proc-Type and DEK"):
        load(text, passphrase if given else None)
    text = re.sub(b"DEK-Info.*\n", b"", private_keys["encrypted PKCS#1"])
    with pytest.raises(
        PemError, match="^THE_FILE cannot be read: its lines Proc-Type and DEK-Info are incomplete or changed"
    ):
        load(text, passphrase if given else None)


def test_an_openssh_key_of_another_kind_gets_no_command(tmp_path: pathlib.Path) -> None:
    # ssh-keygen would leave it as it is.
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    with pytest.raises(PrivateKeyError, match="^THE_FILE is not an RSA key, but Qlik Cloud requires RSA"):
        load((tmp_path / "key").read_bytes())


def test_a_private_key_with_the_label_of_a_certificate(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey
) -> None:
    text = private_keys["PKCS#8"].replace(b"PRIVATE KEY", b"CERTIFICATE")
    loaded = _private_keys.load(text, None, "THE_FILE", "the_passphrase")
    assert numbers_of(loaded.key) == numbers_of(rsa_key)
    assert "has the label 'CERTIFICATE' instead of 'PRIVATE KEY'" in loaded.repairs


def test_three_primes_are_named(openssl: t.Callable[..., bytes]) -> None:
    three = openssl("genrsa", "-primes", "3", "2048")
    for text in (three, openssl("rsa", "-traditional", data=three)):
        with pytest.raises(PrivateKeyError, match="^THE_FILE has more than two primes, which is not supported: use"):
            load(text)


def test_the_way_out_for_an_unsupported_cipher_works(
    openssl: t.Callable[..., bytes],
    rsa_pem: bytes,
    rsa_key: rsa.RSAPrivateKey,
    passphrase: str,
    tmp_path: pathlib.Path,
) -> None:
    password = f"pass:{passphrase}"
    text = openssl("rsa", "-traditional", "-aes192", "-passout", password, data=rsa_pem)
    with pytest.raises(
        PrivateKeyError, match="^THE_FILE is encrypted with AES-192-CBC, which is not supported"
    ) as caught:
        load(text, passphrase)
    (tmp_path / "FILE").write_bytes(text)
    command = [*re.search("'([^']+)'", str(caught.value))[1].split(), "-passin", password, "-passout", password]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert numbers_of(load((tmp_path / "NEW").read_bytes(), passphrase)) == numbers_of(rsa_key)


def test_the_way_out_for_an_openssh_key_works(private_keys: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    with pytest.raises(PrivateKeyError, match="^THE_FILE is in OpenSSH's own format: .*'ssh-keygen -p -m PEM -f FILE'"):
        load(private_keys["OpenSSH"])
    copy = tmp_path / "key"
    copy.write_bytes(private_keys["OpenSSH"])
    copy.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-m", "PEM", "-f", copy, "-N", ""], check=True, capture_output=True)
    assert load(copy.read_bytes()).key_size == 2048


def test_keys_below_2048_bits_are_refused(private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey) -> None:
    _private_keys.check_size(rsa_key, "THE_FILE")
    with pytest.raises(PrivateKeyError, match="^THE_FILE has 1024 bits, .* 2048 bits or more"):
        _private_keys.check_size(load(private_keys["1024 bits"]), "THE_FILE")


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8", "encrypted PKCS#1"])
@pytest.mark.parametrize("missing_lines", [1, 5, 20])
def test_a_truncated_key_is_refused(
    private_keys: dict[str, bytes], form: str, passphrase: str, missing_lines: int
) -> None:
    *lines, end = private_keys[form].splitlines()
    with pytest.raises(QlikError, match="it is incomplete|cannot be decrypted") as caught:
        load(b"\n".join([*lines[:-missing_lines], end]), passphrase if "encrypted" in form else None)
    assert not isinstance(caught.value, KeyMismatchError)


@pytest.mark.parametrize(
    "body", [b"", b"AAAA", b"!!!!", b"banana", b"=", b"\xff\xfe", b"Proc-Type: 4,ENCRYPTED"], ids=repr
)
@pytest.mark.parametrize("label", ["PRIVATE KEY", "RSA PRIVATE KEY", "XYZ PRIVATE KEY"])
def test_garbage_between_the_lines_is_refused(label: str, body: bytes) -> None:
    begin, end = pem(label, b"").split(b"\n", 1)
    with pytest.raises(QlikError) as caught:
        load(begin + b"\n" + body + b"\n" + end)
    assert not isinstance(caught.value, KeyMismatchError)


@pytest.mark.skipif(
    int(cryptography.__version__.split(".", maxsplit=1)[0]) < 39, reason="this cryptography always tests the primes"
)
def test_a_key_is_loaded_without_the_test_of_its_primes(rsa_pem: bytes) -> None:
    # The test takes almost all of the time: hundreds of times as long as what is left without it.
    complete = min(timeit.repeat(lambda: serialization.load_pem_private_key(rsa_pem, None), number=1, repeat=3))
    ours = min(timeit.repeat(lambda: load(rsa_pem), number=1, repeat=3))
    assert ours < complete / 5


def test_our_own_encoding_is_right(rsa_key: rsa.RSAPrivateKey) -> None:
    # Otherwise the tests that damage the numbers would be refused for another reason than the damage.
    assert numbers_of(load(pkcs1(numbers_of(rsa_key)))) == numbers_of(rsa_key)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_with_any_bit_flipped_is_refused(rsa_key: rsa.RSAPrivateKey, name: str) -> None:
    numbers = numbers_of(rsa_key)
    accepted = []
    for bit in range(numbers[name].bit_length() + 1):
        try:
            load(pkcs1(numbers | {name: numbers[name] ^ 1 << bit}))
        except PrivateKeyError as error:
            assert "THE_FILE is damaged" in str(error)
        else:
            accepted.append(bit)
    assert not accepted


@pytest.mark.parametrize(
    "change",
    [
        lambda key: {"p": key["q"], "q": key["p"]},
        lambda key: {"p": key["q"], "q": key["p"], "dmp1": key["dmq1"], "dmq1": key["dmp1"]},
        lambda key: {"p": 1, "q": key["n"]},
        lambda key: {"p": key["n"], "q": 1},
        lambda key: {"p": 0, "q": 0, "n": 0},
        lambda key: {"p": key["p"] * 2, "n": key["n"] * 2},
        lambda key: {"q": key["q"] * 2, "n": key["n"] * 2},
        lambda key: {"q": key["p"], "n": key["p"] ** 2, "dmq1": key["dmp1"]},
        lambda key: {"dmp1": key["dmp1"] + key["p"] - 1},
        lambda key: {"dmq1": key["dmq1"] + key["q"] - 1},
        lambda key: {"iqmp": key["iqmp"] + key["p"]},
        lambda key: {"iqmp": 0},
        lambda key: {"d": 0},
        lambda key: {"d": 1, "dmp1": 1, "dmq1": 1},
        lambda key: {"e": 1},
        lambda key: {"e": 3},
        # All relations but one fit in these.
        lambda key: from_primes(key["n"], 1, key["e"]),
        lambda key: from_primes(key["p"] + 1, key["q"], key["e"]),
        lambda key: from_primes(key["p"], key["q"] + 1, key["e"]),
        lambda key: with_exponent(key, pow(key["e"], -1, key["p"] - 1)),
        lambda key: with_exponent(key, pow(key["e"], -1, key["q"] - 1)),
    ],
)
def test_numbers_that_do_not_belong_together_are_refused(
    rsa_key: rsa.RSAPrivateKey, change: t.Callable[[dict[str, int]], dict[str, int]]
) -> None:
    numbers = numbers_of(rsa_key)
    with pytest.raises(PrivateKeyError, match="^THE_FILE is damaged"):
        load(pkcs1(numbers | change(numbers)))


def test_a_key_with_the_numbers_of_another_is_refused(
    rsa_key: rsa.RSAPrivateKey, other_rsa_key: rsa.RSAPrivateKey
) -> None:
    one, other = numbers_of(rsa_key), numbers_of(other_rsa_key)
    for name in NUMBERS:
        if name != "e":
            with pytest.raises(PrivateKeyError, match="^THE_FILE is damaged"):
                load(pkcs1(one | {name: other[name]}))


def test_a_key_with_any_bit_flipped_is_refused_or_the_same(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    encoded = base64.b64decode(b"".join(rsa_pem.splitlines()[1:-1]))
    random_numbers = random.Random(7638)
    # The first bytes are structure, where the reactions differ; so all of their bits, and a sample of the others.
    positions = [*range(40 * 8), *random_numbers.sample(range(40 * 8, len(encoded) * 8), 400)]
    accepted_as_another = []
    for position in positions:
        damaged = bytearray(encoded)
        damaged[position // 8] ^= 1 << position % 8
        try:
            loaded = load(pem("PRIVATE KEY", bytes(damaged)))
        except (PrivateKeyError, PemError):
            continue
        if numbers_of(loaded) != numbers_of(rsa_key):
            accepted_as_another.append(position)
    assert not accepted_as_another


@pytest.mark.parametrize("size", [2048, 3072])
def test_a_generated_key_is_what_openssl_calls_a_good_key(openssl: t.Callable[..., bytes], size: int) -> None:
    pem_text = _private_keys.to_pem(_private_keys.generate(size), None)
    assert openssl("rsa", "-check", "-noout", data=pem_text).strip() == b"RSA key ok"
    text = openssl("rsa", "-text", "-noout", data=pem_text).decode()
    assert f"Private-Key: ({size} bit, 2 primes)" in text
    assert "publicExponent: 65537 (0x10001)" in text


def test_no_two_generated_keys_are_the_same() -> None:
    assert public_keys.thumbprint(_private_keys.generate(2048).public_key()) != public_keys.thumbprint(
        _private_keys.generate(2048).public_key()
    )


def test_a_key_is_written_as_pkcs8(rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes) -> None:
    assert _private_keys.to_pem(rsa_key, None) == rsa_pem
    assert _private_keys.to_pem(rsa_key, "") == rsa_pem


def test_a_key_is_written_encrypted(
    openssl: t.Callable[..., bytes], rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes, passphrase: str
) -> None:
    encrypted = _private_keys.to_pem(rsa_key, passphrase)
    assert encrypted.splitlines()[0].strip(b"-") == b"BEGIN ENCRYPTED PRIVATE KEY"
    assert openssl("pkey", "-passin", f"pass:{passphrase}", data=encrypted) == rsa_pem
    with pytest.raises(subprocess.CalledProcessError):
        openssl("pkey", "-passin", "pass:another one", data=encrypted)
    # The cipher and key derivation of today, not the ones that openssl needs its legacy provider for.
    structure = openssl("asn1parse", data=encrypted).decode()
    assert "PBKDF2" in structure
    assert "aes-256-cbc" in structure


def test_a_passphrase_may_hold_any_characters(rsa_key: rsa.RSAPrivateKey) -> None:
    passphrase = "pässwörd \"'$\\ 漢字"
    assert numbers_of(load(_private_keys.to_pem(rsa_key, passphrase), passphrase)) == numbers_of(rsa_key)


def test_the_passphrase_of_a_new_key_has_12_characters() -> None:
    _private_keys.check_new_passphrase(None, "the_passphrase")
    _private_keys.check_new_passphrase("x" * 12, "the_passphrase")
    with pytest.raises(OptionError, match="^the_passphrase has fewer than 12 characters"):
        _private_keys.check_new_passphrase("x" * 11, "the_passphrase")


def test_an_empty_passphrase_may_be_a_variable_that_is_not_set(private_keys: dict[str, bytes]) -> None:
    unset = r"is empty \(an environment variable or a CI secret may not be set\): specify "
    with pytest.raises(OptionError, match=f"^the_passphrase {unset}a passphrase of at least 12 characters"):
        _private_keys.check_new_passphrase("", "the_passphrase")
    with pytest.raises(PassphraseError, match=f"is encrypted, but .* {unset}its passphrase"):
        load(private_keys["encrypted PKCS#8"], "")
    assert load(private_keys["PKCS#8"], "").key_size == 2048


def test_a_passphrase_that_no_library_can_use_is_refused() -> None:
    # OpenSSL takes at most 1023 bytes.
    _private_keys.check_new_passphrase("x" * 1023, "the_passphrase")
    for unusable in ("x" * 1024, "ä" * 512, "bytes that are no text: \udcff"):
        with pytest.raises(OptionError, match="^the_passphrase "):
            _private_keys.check_new_passphrase(unusable, "the_passphrase")


@pytest.mark.parametrize(
    ("passphrase", "said"),
    [
        ("correct horse battery\n", "ends with a line break: remove it, for example with '| trim'"),
        ("correct horse battery\r\n", "ends with a line break: remove it, for example with '| trim'"),
        (" correct horse battery", "begins with a blank: remove it, for example with '| trim'"),
        ("\ufeffcorrect horse battery", "begins with the invisible character U+FEFF: remove it"),
    ],
    ids=ascii,
)
def test_a_new_passphrase_has_no_invisible_end(
    openssl: t.Callable[..., bytes], rsa_key: rsa.RSAPrivateKey, rsa_pem: bytes, passphrase: str, said: str
) -> None:
    with pytest.raises(OptionError) as caught:
        _private_keys.check_new_passphrase(passphrase, "the_passphrase")
    assert str(caught.value) == (
        f"the_passphrase {said}. Otherwise, it would be lost as soon as the passphrase is typed or copied."
    )
    # A key that was encrypted with it before can still be opened.
    encrypted = openssl("pkey", "-aes256", "-passout", f"pass:{passphrase}", data=rsa_pem)
    assert numbers_of(load(encrypted, passphrase)) == numbers_of(rsa_key)


@pytest.mark.parametrize("form", ["encrypted PKCS#8", "encrypted PKCS#1"])
def test_a_wrong_passphrase_with_an_invisible_end_is_told_so(
    private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, form: str, passphrase: str
) -> None:
    with pytest.raises(PassphraseError) as caught:
        load(private_keys[form], f"{passphrase}\n")
    assert str(caught.value) == (
        "THE_FILE cannot be decrypted: the_passphrase is not its passphrase, or the key is damaged, or of an unsupported"
        " kind. the_passphrase ends with a line break: remove it, for example with '| trim'."
    )
    assert numbers_of(load(private_keys[form], f"{passphrase}\n".strip())) == numbers_of(rsa_key)


def test_no_message_holds_the_key(private_keys: dict[str, bytes], passphrase: str) -> None:
    messages = []
    for data in private_keys.values():
        for secret in (None, passphrase, "wrong passphrase"):
            try:
                load(data, secret)
            except (PemError, PrivateKeyError) as error:
                messages.append(str(error))
                chunks = [data[start : start + 16].decode("latin-1") for start in range(64, len(data) - 64, 16)]
                assert not [chunk for chunk in chunks if chunk in str(error)]
    assert messages
    assert not [message for message in messages if passphrase in message or "wrong passphrase" in message]
