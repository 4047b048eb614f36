# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of tenants as text for a terminal. Healthy tenants are counted, and not listed."""

from __future__ import annotations

import textwrap
import typing as t

from .data import HEALTHY, WORDS, Tenant, count

_WIDTH = 80
"""Columns."""

_LONGEST_LIST = 20
"""Remarks under one heading."""

_LINES = 3
"""Lines of one remark. A failure is shown whole, because it ends with what to do."""


def text(tenants: t.Sequence[Tenant]) -> str:
    """The status, with the most urgent words last, where they are most visible."""
    numbers = count(tenants)
    counts = [f"{number} {word}" for word, number in numbers.items() if number and word != HEALTHY]
    total = "1 tenant" if len(tenants) == 1 else f"{len(tenants)} tenants"
    lines = ["", *_wrap(f"{total}: {', '.join([f'{numbers[HEALTHY]} {HEALTHY}', *counts])}.", "")]
    for word, meaning in reversed(WORDS.items()):
        remarks = [f"{tenant.host}: {one.text}" for tenant in tenants for one in tenant.remarks if one.word == word]
        if not remarks:
            continue
        lines += ["", f"{word.capitalize()} ({meaning}):"]
        for remark in remarks[:_LONGEST_LIST]:
            lines += _wrap(remark, "  ", None if word == "failed" else _LINES)
        if more := len(remarks) - _LONGEST_LIST:
            lines += [f"  ... and {more} more."] if more > 0 else []
    return "\n".join([*lines, ""])


def _wrap(line: str, indent: str, most_lines: int | None = _LINES) -> list[str]:
    return textwrap.wrap(
        line,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        max_lines=most_lines,
        placeholder=" ...",
        break_on_hyphens=False,
    )
