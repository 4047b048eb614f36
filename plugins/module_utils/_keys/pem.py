# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM as text (RFC 7468): find a block, repair its line breaks, write it on a single line. No cryptography."""

from __future__ import annotations

import re
import typing as t

from .._errors import PemError

_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")


class PemBlock(t.NamedTuple):
    """A PEM block: its label, such as ``RSA PRIVATE KEY``, and its well-formed text."""

    label: str
    text: str


def find(data: bytes, label_ends: str, source: str) -> PemBlock:
    """Find the only block with the given end of the label, and restore the line breaks of RFC 7468.

    Line breaks that an environment variable or a form has changed are repaired if that is unambiguous: Windows line
    endings, the two characters ``\\n``, spaces, or no separators at all. None of these characters occur in base64.
    A block with headers, the legacy encrypted format, needs its line breaks.

    :param data: the text; other blocks and text around the block are ignored.
    :param label_ends: the end of the label, for example ``PRIVATE KEY``.
    :param source: the file or option, for messages.
    :raises PemError: if there is no such block, more than one, or one without an end.
    """
    text = data.decode("ascii", errors="replace").replace("\\r", "\r").replace("\\n", "\n")
    begins = [match for match in _BEGIN.finditer(text) if match[1].endswith(label_ends)]
    if len(begins) != 1:
        raise PemError(_mismatch(data, text, label_ends, source, len(begins)))
    label = begins[0][1]
    end = text.find(f"-----END {label}-----", begins[0].end())
    if end < 0:
        raise PemError(f"{source} is cut off: the line '-----END {label}-----' is missing. Copy the whole text.")
    return PemBlock(label, _well_formed(label, text[begins[0].end() : end]))


def one_line(pem: str) -> str:
    """The PEM without line breaks, as the tenant's API requires it.

    https://qlik.dev/manage/automate/identity-provider-create: "the pem must be on a single line".
    """
    return "".join(pem.split("\n"))


def _well_formed(label: str, body: str) -> str:
    # The headers of the legacy encrypted format (RFC 1421) end with an empty line, so their line breaks matter.
    headers, separator, base64_text = body.replace("\r\n", "\n").rpartition("\n\n")
    if "Proc-Type:" not in headers:
        headers, separator, base64_text = "", "", body
    lines = [f"-----BEGIN {label}-----"]
    if separator:
        lines += [*headers.strip().split("\n"), ""]
    lines += re.findall(".{1,64}", "".join(base64_text.split()))
    return "\n".join([*lines, f"-----END {label}-----", ""])


def _mismatch(data: bytes, text: str, wanted: str, source: str, found: int) -> str:
    wanted = wanted.lower()
    if not text.strip():
        return f"{source} is empty: specify a {wanted} in PEM format."
    if found > 1:
        return f"{source} contains {found} {wanted}s: keep only the one to use."
    others = sorted({match[1].lower() for match in _BEGIN.finditer(text)})
    if others:
        return f"{source} contains a {' and a '.join(others)}, not a {wanted}: specify the {wanted}."
    if data[:1] == b"\x30":
        return f"{source} is in DER format (binary): convert it to PEM with 'openssl pkey -inform DER -in FILE'."
    first_line = f"-----BEGIN {wanted.upper()}-----"
    return f"{source} is not a {wanted} in PEM format: the line '{first_line}' is missing. Copy the whole text."
