# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM as text: whatever line breaks it has, the result is what openssl writes."""

from __future__ import annotations

import re

import pytest
from manglings import ENCODING, ESCAPING, without_armor

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PemError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pem as _pem

CRLF = b"\r\n"
LITERAL = rb"\n"
LITERAL_CRLF = rb"\r\n"


def block(label: str, body: str = "AAAA") -> str:
    """A PEM block; put together here, so that no scanner takes this file for one with a key in it."""
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8", "encrypted PKCS#1"])
@pytest.mark.parametrize("line_end", [b"\n", CRLF, LITERAL, LITERAL_CRLF], ids=repr)
def test_line_ends_are_mended(private_keys: dict[str, bytes], form: str, line_end: bytes) -> None:
    pem = private_keys[form]
    assert _pem.find(pem.replace(b"\n", line_end), "PRIVATE KEY", "key").text.encode() == pem


@pytest.mark.parametrize("line_end", [b" ", b"", b"\r", b"\n    ", b"\n\n", LITERAL + b"\n", b"\t"], ids=repr)
@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8"])
def test_without_headers_any_blanks_will_do(private_keys: dict[str, bytes], form: str, line_end: bytes) -> None:
    pem = private_keys[form]
    assert _pem.find(pem.replace(b"\n", line_end), "PRIVATE KEY", "key").text.encode() == pem


def test_long_lines_are_broken(rsa_pem: bytes) -> None:
    first, *body, last = rsa_pem.splitlines()
    unbroken = b"\n".join([first, b"".join(body), last])
    assert _pem.find(unbroken, "PRIVATE KEY", "key").text.encode() == rsa_pem


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"Bag Attributes\n    friendlyName: m\xc3\xbcller\n", b"\n\n  "]
)
def test_text_around_the_block_is_ignored(rsa_pem: bytes, before: bytes) -> None:
    assert _pem.find(before + rsa_pem + b"\nsome text\n", "PRIVATE KEY", "key").text.encode() == rsa_pem


def test_other_blocks_are_ignored(private_keys: dict[str, bytes]) -> None:
    both = private_keys["public"] + private_keys["PKCS#8"] + block("CERTIFICATE").encode()
    assert _pem.find(both, "PRIVATE KEY", "key").text.encode() == private_keys["PKCS#8"]


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ("PKCS#8", "PRIVATE KEY"),
        ("PKCS#1", "RSA PRIVATE KEY"),
        ("encrypted PKCS#8", "ENCRYPTED PRIVATE KEY"),
        ("encrypted PKCS#1", "RSA PRIVATE KEY"),
        ("EC with parameters", "EC PRIVATE KEY"),
        ("OpenSSH", "OPENSSH PRIVATE KEY"),
    ],
)
def test_label(private_keys: dict[str, bytes], form: str, label: str) -> None:
    assert _pem.find(private_keys[form], "PRIVATE KEY", "key").label == label


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "THE_OPTION is empty: specify a private key in PEM format."),
        (" \r\n\t\n", "THE_OPTION is empty: "),
        (r"\n", "THE_OPTION is empty: "),
        ("banana", "THE_OPTION is not a private key in PEM format: "),
        ("AAAA\n-----END PRIVATE KEY-----\n", "THE_OPTION is not a private key in PEM format: "),
        (block("PUBLIC KEY"), "THE_OPTION contains a public key, not a private key: "),
        (block("RSA PUBLIC KEY"), "THE_OPTION contains an RSA public key, not a private key: "),
        (
            block("PUBLIC KEY") + block("CERTIFICATE"),
            "THE_OPTION contains a certificate and a public key, not a private key",
        ),
        (block("PRIVATE KEY") * 2, "THE_OPTION contains 2 private keys: "),
        (block("PRIVATE KEY") + block("RSA PRIVATE KEY"), "THE_OPTION contains 2 private keys: "),
        (
            block("PRIVATE KEY").split("-----END", maxsplit=1)[0],
            "THE_OPTION is cut off: the line '-----END PRIVATE KEY-----' is missing",
        ),
        (block("PRIVATE KEY")[:-3], "THE_OPTION is cut off: "),
        (block("PRIVATE KEY").replace("END", "END RSA"), "THE_OPTION is cut off: "),
    ],
)
def test_what_is_no_private_key_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(PemError, match=f"^{re.escape(sentence)}"):
        _pem.find(text.encode(), "PRIVATE KEY", "THE_OPTION")


def test_der_is_taken(private_keys: dict[str, bytes]) -> None:
    # openssl's releases differ in which of the two they write.
    found = _pem.find(private_keys["DER"], "PRIVATE KEY", "THE_FILE").text.encode()
    assert found in (private_keys["PKCS#8"], private_keys["PKCS#1"])


def test_the_end_must_come_after_the_beginning() -> None:
    begin, end = block("PRIVATE KEY").split("AAAA\n")
    with pytest.raises(PemError, match="cut off"):
        _pem.find(f"{end}{begin}AAAA".encode(), "PRIVATE KEY", "key")


def test_one_line(rsa_pem: bytes) -> None:
    line = _pem.one_line(rsa_pem.decode())
    assert line.split() == rsa_pem.decode().replace("\n", "").split()
    # And back: what the tenant shows again is the same block.
    assert _pem.find(line.encode(), "PRIVATE KEY", "key").text.encode() == rsa_pem


@pytest.mark.parametrize("encoding", [*ENCODING, *ESCAPING])
def test_a_private_key_is_recognized_in_any_encoding(private_keys: dict[str, bytes], encoding: str) -> None:
    encode = {**ENCODING, **ESCAPING}[encoding]
    assert _pem.holds_private_key(encode(private_keys["PKCS#8"].decode()))
    assert _pem.holds_private_key(without_armor(private_keys["PKCS#1"].decode()))
    assert _pem.holds_private_key(without_armor(private_keys["PKCS#1"].decode())[100:])
    public = private_keys["public"].decode()
    assert not _pem.holds_private_key(encode(public)) and not _pem.holds_private_key(without_armor(public))
