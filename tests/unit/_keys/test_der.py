# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DER by its outline: what openssl writes is recognized as what it is, and nothing else is."""

from __future__ import annotations

import base64
import re
import typing as t

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._keys import der

Openssl = t.Callable[..., bytes]


def content_of(pem: bytes) -> tuple[str, bytes]:
    """The label and the content of the last block."""
    label, body = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END", pem.decode(), re.DOTALL)[-1]
    return label, base64.b64decode(body)


@pytest.fixture(scope="module")
def structures(
    openssl: Openssl, private_keys: dict[str, bytes], rsa_pem: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """PEMs of all kinds that have a DER structure, by name."""
    folder = tmp_path_factory.mktemp("der")
    key = folder / "key.pem"
    key.write_bytes(rsa_pem)
    certificate = openssl("req", "-x509", "-key", str(key), "-subj", "/CN=qs-jwt")
    (folder / "certificate.pem").write_bytes(certificate)
    bundle = openssl("crl2pkcs7", "-nocrl", "-certfile", str(folder / "certificate.pem"))
    return {
        **{name: pem for name, pem in private_keys.items() if name not in ("OpenSSH", "DER", "encrypted PKCS#1")},
        "PKCS#1 public": openssl("rsa", "-RSAPublicKey_out", data=rsa_pem),
        "RSA-PSS": openssl("genpkey", "-algorithm", "RSA-PSS"),
        "three primes": openssl("genrsa", "-primes", "3", "-traditional", "2048"),
        "certificate": certificate,
        "trusted certificate": openssl("x509", "-trustout", "-addtrust", "serverAuth", data=certificate),
        "request": openssl("req", "-new", "-key", str(key), "-subj", "/CN=qs-jwt"),
        "PKCS#7": bundle,
    }


NAMES = (
    *("PKCS#8", "PKCS#1", "encrypted PKCS#8", "public", "1024 bits", "EC", "EC, traditional", "EC with parameters"),
    *("EC, encrypted", "DSA", "DSA, traditional", "Ed25519", "PKCS#1 public", "RSA-PSS", "three primes"),
    *("certificate", "trusted certificate", "request", "PKCS#7"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_label_is_the_one_that_openssl_writes(structures: dict[str, bytes], name: str) -> None:
    label, content = content_of(structures[name])
    assert der.label(content) == label


@pytest.mark.parametrize("name", NAMES)
def test_neither_a_part_nor_more_is_taken_for_the_whole(structures: dict[str, bytes], name: str) -> None:
    _label, content = content_of(structures[name])
    assert der.label(content[:-1]) in (None, "CERTIFICATE") and der.label(content + b"\0") is None
    assert der.is_incomplete(content[:40]) and not der.is_incomplete(content)


def test_pkcs12(openssl: Openssl, rsa_pem: bytes, self_signed: t.Callable[..., bytes]) -> None:
    both = rsa_pem + self_signed(rsa_pem, "-subj", "/CN=qs-jwt")
    assert der.label(openssl("pkcs12", "-export", "-passout", "pass:", data=both)) == der.PKCS12


def test_keys_with_more_than_two_primes(openssl: Openssl, structures: dict[str, bytes]) -> None:
    three = structures["three primes"]
    assert der.is_multi_prime(content_of(three)[1])
    assert der.is_multi_prime(content_of(openssl("pkey", data=three))[1])
    for name in ("PKCS#1", "PKCS#8", "encrypted PKCS#8", "certificate", "EC"):
        assert not der.is_multi_prime(content_of(structures[name])[1])


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80\0\0", b"\x30\0", b"banana", b"\x30\x84\xff\xff\xff\xff", b"\0" * 9]
)
def test_anything_else_has_no_label(data: bytes) -> None:
    assert der.label(data) is None and not der.is_multi_prime(data)


def test_many_small_values_take_no_time() -> None:
    many = b"\x05\0" * 500_000
    assert der.label(b"\x30\x83" + len(many).to_bytes(3, "big") + many) is None
