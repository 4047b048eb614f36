# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that is compared with other text, such as issuers, subjects and host names. Pure Python."""

from __future__ import annotations

import re
import typing as t
import unicodedata

from ._errors import OptionError

_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\.?")

_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Zs")
"""The Unicode categories of control and format characters, line and paragraph separators, and spaces."""


def host_name(text: str) -> str:
    """A host name in its only spelling: it is case-insensitive (RFC 4343), and a final dot makes no difference."""
    return text.lower().removesuffix(".")


def is_host_name(text: str | None) -> bool:
    """Whether the text can be a tenant's host name. Such a text is also safe in paths, patterns and expressions."""
    return bool(_HOST_NAME.fullmatch(text or ""))


def check(text: str, option: str) -> None:
    """Reject text that cannot be meant. It is not repaired, because a tenant compares it character by character.

    :raises OptionError: if it is empty, is not valid UTF-8, or has an invisible character at one of its ends.
    """
    if not text.strip():
        raise OptionError(f"O({option}) is empty: specify a value, or leave the option out if it is not required.")
    if not is_unicode(text):
        raise OptionError(f"O({option}) is not valid UTF-8: correct its encoding.")
    if found := invisible_end(text):
        raise OptionError(f"O({option}) {found}")


def check_options(options: t.Mapping[str, t.Any], names: t.Iterable[str]) -> None:
    """Reject text that cannot be meant, in those of the named options that are set.

    :raises OptionError: as :func:`check` does.
    """
    for name in names:
        if options[name] is not None:
            check(options[name], name)


def invisible_end(text: str) -> str | None:
    """What to say after a text's name about an invisible character at one of its ends; None if there is none.

    Text from a file often ends with a line break, and text from a table or a web page begins or ends with a blank.
    """
    for verb, character in (("ends", text[-1:]), ("begins", text[:1])):
        if not character or unicodedata.category(character) not in _INVISIBLE:
            continue
        if character.isspace():  # what the filter removes
            kind = "a line break" if character.splitlines() == [""] else "a blank"
            return f"{verb} with {kind}: remove it, for example with '| trim'."
        return f"{verb} with the invisible character U+{ord(character):04X}: remove it."
    return None


def is_unicode(text: str) -> bool:
    """Whether the text can be encoded. Python represents undecodable bytes as surrogates, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
