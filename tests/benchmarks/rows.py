# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what was measured: a line of it, and how it is written."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table. Without a value it was left out, and ``measured`` says why."""

    what: str
    measured: str
    value: float | None
    limit: float
    unit: str
    at_least: bool = False
    """Whether the value must not be lower than the limit, instead of not higher."""

    @property
    def kept(self) -> bool | None:
        """Whether the limit was kept; not known of a line that was left out."""
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def markdown(self) -> str:
        """This line, for people."""
        result = "left out" if self.value is None else f"{self.value:.2f} {self.unit}"
        mark = " **missed**" if self.kept is False else ""
        direction = "at least" if self.at_least else "at most"
        return f"| {self.what} | {self.measured} | {result}{mark} | {direction} {self.limit:g} {self.unit} |"

    def json(self) -> dict[str, t.Any]:
        """This line, for programs."""
        return {**dataclasses.asdict(self), "kept": self.kept}


def markdown(rows: list[Row]) -> str:
    """The whole table."""
    return "\n".join(["| what | measured | result | limit |", "|---|---|---|---|", *(row.markdown() for row in rows)])
