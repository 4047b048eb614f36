# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo what forms, environment variables and editors do to a whole PEM: encode it, or escape its line breaks.

Nothing here can change a key: none of the undone characters occur in a PEM.
"""

from __future__ import annotations

import base64
import re
import urllib.parse

_ROUNDS = 4
"""How often the text may have been encoded, for example as base64 of a text with escaped line breaks."""

_BEGIN = re.compile(r"-----BEGIN(?:[\s+]|%20)")
_PERCENT_ENCODED = re.compile(r"%(?:0[AD]|20|2B|2F|3D)", re.IGNORECASE)
_ESCAPED_LINE_BREAK = re.compile(r"\\+[rn]")
_ESCAPED_IN_JSON = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|(/))")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def decode(data: bytes) -> str:
    """The text of a file or option, with ordinary line breaks.

    It may be in UTF-8 or UTF-16, percent-encoded, in base64, or have escaped line breaks.
    """
    text = _from_unicode(data)
    for _round in range(_ROUNDS):
        before = text
        if _PERCENT_ENCODED.search(text):
            # In a form, a plus sign is a space, and the plus signs of base64 are percent-encoded.
            text = urllib.parse.unquote(text.replace("+", " ") if "BEGIN+" in text else text)
        if "\\" in text:
            text = _ESCAPED_LINE_BREAK.sub("\n", text)
            text = _ESCAPED_IN_JSON.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
        if not _BEGIN.search(text):
            text = _from_base64(text) or text
        if text == before:
            break
    return text


def _from_unicode(data: bytes) -> str:
    if b"\0" not in data:
        return data.decode("utf-8", errors="replace")
    # In UTF-16, every other byte of ASCII text is null.
    first, second = data[::2].count(0), data[1::2].count(0)
    if max(first, second) > len(data) / 4:
        return data.decode("utf-16-be" if first > second else "utf-16-le", errors="replace")
    return data.decode("utf-8", errors="replace")


def _from_base64(text: str) -> str | None:
    """The text that a text is the base64 of, PEM or base64 again; None if it is not base64 of these."""
    compact = "".join(text.split()).strip("\"'\N{REPLACEMENT CHARACTER}\N{ZERO WIDTH NO-BREAK SPACE}")
    if not _BASE64.fullmatch(compact):
        return None
    compact = compact.rstrip("=")
    try:
        inner = _from_unicode(base64.b64decode(compact + "=" * (-len(compact) % 4)))
    except ValueError:
        return None
    return inner if _BEGIN.search(inner) or _BASE64.fullmatch("".join(inner.split())) else None
