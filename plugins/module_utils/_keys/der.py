# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell from the outline of a DER structure (ITU-T X.690) whether it is a key, a certificate or something related.

Files and options are often labeled wrongly, or not at all. No cryptography: only tags and lengths are read.
"""

from __future__ import annotations

import re
import typing as t

PKCS12 = "PKCS12"
"""A PKCS#12 file (RFC 7292) has no PEM label, so this is our own name."""


def _compiled(outlines: t.Mapping[str, bytes]) -> dict[str, re.Pattern[bytes]]:
    return {name: re.compile(outline, re.DOTALL) for name, outline in outlines.items()}


_OUTLINES = _compiled(
    {
        "RSA PRIVATE KEY": rb"\x02{9}\x30?",  # PKCS#1: RFC 8017, appendix A.1.2
        "DSA PRIVATE KEY": rb"\x02{6}",  # OpenSSL's own format
        "EC PRIVATE KEY": rb"\x02\x04\xa0?\xa1?",  # SEC 1: RFC 5915
        "PRIVATE KEY": rb"\x02\x30\x04\xa0?[\xa1\x81]?",  # PKCS#8: RFC 5958
        "ENCRYPTED PRIVATE KEY": rb"\x30\x04",  # PKCS#8: RFC 5958, section 3
        "RSA PUBLIC KEY": rb"\x02\x02",  # PKCS#1: RFC 8017, appendix A.1.1
        "PUBLIC KEY": rb"\x30\x03",  # SubjectPublicKeyInfo: RFC 5280
        "PKCS7": rb"\x06\xa0",  # RFC 5652
        PKCS12: rb"\x02\x30\x30?",
    }
)
"""By label, a regular expression for the tags of the parts."""

_SIGNED = b"\x30\x30\x03"  # a certificate, a request or a revocation list: what is signed, algorithm, signature
_SIGNED_OUTLINES = _compiled(
    {
        "CERTIFICATE REQUEST": rb"\x02\x30\x30\xa0?",  # PKCS#10: RFC 2986
        "CERTIFICATE": rb"\xa0?\x02\x30{5}[\x81\xa1]?[\x82\xa2]?\xa3?",  # RFC 5280, section 4.1
        "X509 CRL": rb"\x02?\x30\x30[\x17\x18].*",  # RFC 5280, section 5.1
    }
)
_PRIVATE_KEY_CONTENT = 2  # the position of the key itself in PKCS#8
_MAXIMUM_VALUES = 16
_MAXIMUM_HEADER = 6  # bytes: the tag, and a length of up to four octets after its own first one


class Value(t.NamedTuple):
    """A value: its tag, and the bytes of its content."""

    tag: int
    content: bytes


def label(data: bytes) -> str | None:
    """The PEM label (RFC 7468) for a structure; None if its outline is unknown, or if anything is missing or left over.

    OpenSSL's ``TRUSTED CERTIFICATE`` is a certificate and a second structure.
    """
    if data[:1] != b"\x30":
        return None
    found = _values(data)
    if found is None or _tags(found) not in (b"\x30", b"\x30\x30"):
        return None
    parts = _values(found[0].content) or []
    known = _matching(_OUTLINES, parts)
    if not known and _tags(parts) == _SIGNED:
        known = _matching(_SIGNED_OUTLINES, _values(parts[0].content) or [])
    if len(found) == 1:
        return known
    return "TRUSTED CERTIFICATE" if known == "CERTIFICATE" else None


def is_incomplete(data: bytes) -> bool:
    """Whether the structure announces more bytes than there are."""
    return (start := _start(data)) is not None and sum(start) > len(data)


def is_multi_prime(data: bytes) -> bool:
    """Whether an RSA private key, in PKCS#1 or PKCS#8, has more than two primes (RFC 8017, section 3.2)."""
    if label(data) == "PRIVATE KEY":
        data = _parts(data)[_PRIVATE_KEY_CONTENT].content
    return label(data) == "RSA PRIVATE KEY" and _parts(data)[-1].tag == 0x30


def _parts(data: bytes) -> list[Value]:
    """The parts of the first structure; empty if it is not one."""
    found = _values(data)
    return (found and _values(found[0].content)) or []


def _matching(outlines: t.Mapping[str, re.Pattern[bytes]], parts: t.Sequence[Value]) -> str | None:
    tags = _tags(parts)
    return next((name for name, outline in outlines.items() if outline.fullmatch(tags)), None)


def _tags(values: t.Sequence[Value]) -> bytes:
    return bytes(value.tag for value in values)


def _values(data: bytes) -> list[Value] | None:
    """The values that follow each other; None if they do not end with the data, or are too many for an outline."""
    found: list[Value] = []
    position = 0
    while position < len(data):
        start = _start(data[position : position + _MAXIMUM_HEADER])
        if start is None or position + sum(start) > len(data) or len(found) == _MAXIMUM_VALUES:
            return None
        content = position + start[0]
        found.append(Value(data[position], data[content : content + start[1]]))
        position += sum(start)
    return found


def _start(data: bytes) -> tuple[int, int] | None:
    """The length of the first value's header, and that of its content (X.690, section 8.1.3)."""
    if len(data) < 2:
        return None
    if data[1] < 0x80:
        return 2, data[1]
    octets = data[1] & 0x7F
    if not 1 <= octets <= 4 or len(data) < 2 + octets:
        return None
    return 2 + octets, int.from_bytes(data[2 : 2 + octets], "big")
