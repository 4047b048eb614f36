# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure time on a machine that others use as well."""

from __future__ import annotations

import statistics
import time
import typing as t

ROUNDS = 5
PATIENCE = 300
"""Seconds after which no further round of :func:`in_turn` begins. A slow run is long enough to even out the noise."""

T = t.TypeVar("T")


def seconds(function: t.Callable[[], object]) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def alternate(one: t.Callable[[], None], other: t.Callable[[], None], rounds: int) -> tuple[float, float]:
    """Medians of two functions, called in turn so that a machine that slows down slows both."""
    pairs = [(seconds(one), seconds(other)) for _round in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def in_turn(functions: t.Sequence[tuple[str, t.Callable[[], T]]]) -> dict[str, list[T]]:
    """What functions return that are called in turn, in rounds. One that is named twice is called twice a round."""
    found: dict[str, list[T]] = {name: [] for name, _function in functions}
    begin = time.monotonic()
    for _round in range(ROUNDS):
        for name, function in functions:
            found[name].append(function())
        if time.monotonic() - begin > PATIENCE:
            break
    return found


def rounds(count: int) -> str:
    """So many rounds, as the table says it."""
    return f"{count} round{'' if count == 1 else 's'}"
