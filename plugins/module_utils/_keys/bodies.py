# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the base64 text between the lines BEGIN and END of a PEM (RFC 7468), also if its characters were changed.

A change is only undone if a single result is possible: each reading must be a complete structure, to the last byte.
"""

from __future__ import annotations

import base64
import re
import typing as t

from .._errors import PemError
from . import der

# RFC 1421, section 4.6.1. Without line breaks, the cipher tells where the initialization vector ends.
_ENCRYPTION_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4\s*,\s*ENCRYPTED\s*DEK-Info:\s*"
    r"(?:((?:DES|BF|CAST5|RC2)[A-Z0-9-]*)\s*,\s*([0-9A-F]{16})|([A-Z0-9-]+)\s*,\s*([0-9A-F]{32}))",
    re.IGNORECASE,
)
# Spaces other than the ASCII ones, and characters without width, such as those that word processors insert.
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_WIDTHLESS = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_QUOTATION_MARKS = re.compile(r"^[\s>]+")
_NUMBERED_LINE = re.compile(r"\s*(\d{1,4})[.:|)]?(?:\s+(.*))?")
_CIPHER_BLOCK = 8
"""Bytes. The block sizes of the ciphers are 8 and 16."""


class Body(t.NamedTuple):
    """What a PEM contains.

    ``content`` is the decoded base64, and ``label`` the PEM label for it, or None if it is unknown. ``cipher`` and
    ``vector`` are from the headers of OpenSSL's traditional encrypted format, or empty. ``repairs`` names what was undone.
    """

    content: bytes
    label: str | None
    cipher: str = ""
    vector: str = ""
    repairs: tuple[str, ...] = ()


def read(text: str, source: str, restore_plus: bool) -> Body:
    """Decode the text between the lines BEGIN and END.

    :param source: the file or option, for messages.
    :param restore_plus: whether spaces may be read as plus signs. A private key shows by its numbers, or by being
        decrypted, that this is right; a public key does not, since another character could have become a space.
    :raises PemError: if it is not base64, is incomplete, or can be read in more than one way.
    """
    visible = text if text.isascii() else _WIDTHLESS.sub("", _SPACES.sub(" ", text))
    lines, repairs = _unquoted(visible.splitlines())
    if visible != text:
        repairs.append("invisible characters")
    headers = _ENCRYPTION_HEADERS.match("\n".join(lines))
    if headers:
        lines = "\n".join(lines)[headers.end() :].splitlines()
    plain = _decoded("".join("".join(lines).split()))
    if headers:
        # Encrypted data has no structure that would show which reading of spaces is right.
        if plain and len(plain) % _CIPHER_BLOCK == 0 and not _has_spaces(lines):
            return Body(plain, None, headers[1] or headers[3], headers[2] or headers[4], tuple(repairs))
        raise _unreadable(lines, source)
    readings = {content: der.label(content) for content in (plain, *_with_plus(lines, restore_plus)) if content}
    known = [content for content, label in readings.items() if label]
    if len(known) == 1:
        if plain != known[0]:
            repairs.append("spaces instead of plus signs")
        return Body(known[0], readings[known[0]], repairs=tuple(repairs))
    if known or plain is None or der.is_incomplete(plain) or _has_spaces(lines):
        raise _unreadable(lines, source)
    return Body(plain, None, repairs=tuple(repairs))  # an unknown structure, for cryptography to judge


def _unquoted(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines without the quotation marks of an e-mail and without line numbers, and what was removed."""
    repairs = []
    if any(">" in line for line in lines):
        lines = [_QUOTATION_MARKS.sub("", line) for line in lines]
        repairs.append("quotation marks (>)")
    numbered = [_NUMBERED_LINE.fullmatch(line) for line in lines if line.strip()]
    if len(numbered) > 1 and all(numbered):
        numbers = [int(line[1]) for line in numbered]
        if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            lines = [line[2] or "" for line in numbered]
            repairs.append("line numbers")
    return lines, repairs


def _with_plus(lines: list[str], restore_plus: bool) -> t.Iterator[bytes | None]:
    """What is encoded if spaces within lines are plus signs, which is what decoding a form does to them."""
    if not restore_plus or not _has_spaces(lines):
        return
    lines = [line for line in lines if line.strip()]
    yield _decoded("".join(lines).replace(" ", "+"))
    yield _decoded("".join(line.strip() for line in lines).replace(" ", "+"))
    for width in (64, 76):
        # The line breaks have become spaces, too.
        text = " ".join(lines).strip()
        breaks = text[width :: width + 1]
        if breaks and not breaks.strip():
            rows = (text[start : start + width] for start in range(0, len(text), width + 1))
            yield _decoded("".join(rows).replace(" ", "+"))


def _has_spaces(lines: list[str]) -> bool:
    """Whether there are spaces that are not line breaks: the lines of a PEM are equally long, but for the last one."""
    *full, last = [len(part) for part in " ".join(lines).split()] or [0]
    is_regular = len(set(full)) <= 1 and last <= max(full, default=last)
    return not is_regular and any(" " in line.strip() for line in lines)


def _decoded(text: str) -> bytes | None:
    text = text.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return None


def _unreadable(lines: list[str], source: str) -> PemError:
    return PemError(
        f"{source} cannot be read: {_problem(lines)}. Copy the whole text again, or restore it from a backup."
    )


def _problem(lines: list[str]) -> str:
    if any("Proc-Type" in line or "DEK-Info" in line for line in lines):
        return "its lines Proc-Type and DEK-Info are incomplete or changed"
    foreign = re.search(r"[^A-Za-z0-9+/=\s]", "".join(lines))
    if foreign and foreign[0].isprintable():
        return f"it contains the character '{foreign[0]}', which does not occur in base64"
    if foreign:
        return "it contains a control character"
    if _has_spaces(lines):
        return "it contains spaces, which may have been plus signs (+)"
    return "it is incomplete"
