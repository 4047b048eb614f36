# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON from elsewhere, read so that it means one thing only (RFC 8259, RFC 7493). Pure Python."""

from __future__ import annotations

import json
import typing as t

DEEPEST = 100
"""Levels of nesting: more than anybody needs, and few enough for all that handles it later, such as Ansible."""


def parse_object(data: bytes) -> dict[str, t.Any]:
    """Read a JSON object, in UTF-8.

    A name that occurs twice is refused at each level: readers differ in which of the two they take. RFC 7519, section
    4, leaves a reader of tokens the choice between that and taking the last.

    :raises ValueError: if it is something else, or nested more deeply than :data:`DEEPEST` levels.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict) or is_too_deep(value):
        raise ValueError("no object, or nested too deeply")
    return value


def is_too_deep(value: t.Any) -> bool:
    """Whether it has more than :data:`DEEPEST` levels, itself among them."""
    level = [value]
    for _number in range(DEEPEST):
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
        raise ValueError("a name occurs twice")
    return members


def _refuse(constant: str) -> t.NoReturn:
    raise ValueError(f"{constant} is no JSON")
