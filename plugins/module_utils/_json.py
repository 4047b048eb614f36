# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse external JSON strictly, so that it is unambiguous (RFC 8259, RFC 7493). Pure Python."""

from __future__ import annotations

import json
import typing as t

MAXIMUM_DEPTH = 100
"""Levels of nesting. This is more than needed in practice, and low enough for later consumers such as Ansible."""


def parse_object(data: bytes) -> dict[str, t.Any]:
    """Parse a JSON object in UTF-8.

    Duplicate names are rejected at every level, because parsers differ in which value they use. RFC 7519, section 4,
    allows a parser of tokens either to reject duplicates or to use the last one.

    :raises ValueError: if it is not a JSON object, or has more than :data:`MAXIMUM_DEPTH` levels of nesting.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict) or is_too_deep(value):
        raise ValueError("not an object, or nested too deeply")
    return value


def is_too_deep(value: t.Any) -> bool:
    """Whether a value has more than :data:`MAXIMUM_DEPTH` levels of nesting, including the value itself."""
    level = [value]
    for _number in range(MAXIMUM_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list, tuple))
        ]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("duplicate name")
    return members


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(f"{constant} is not valid JSON")
