# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a tenant accepts: https://qlik.dev/apis/rest/rate-limiting/."""

from __future__ import annotations

import math
import time

import errors

A_MINUTE = {1: 1000, 2: 100}
"""Requests that each tier allows to a user in a tenant, averaged over the window."""


class Counters:
    """Requests of each tier and user in the current window."""

    def __init__(self) -> None:
        self._windows: dict[tuple[int, str], tuple[float, int]] = {}

    def count(self, tier: int, user: str, window: float) -> None:
        """Count a request.

        :param window: its length in seconds; it starts with the first request.
        :raises errors.Refusal: if it is one too many.
        """
        now = time.monotonic()
        start, counted = self._windows.get((tier, user), (now, 0))
        if now >= start + window:
            start, counted = now, 0
        if counted >= A_MINUTE[tier] * window / 60:
            raise errors.rate_limit_reached(max(1, math.ceil(start + window - now)))
        self._windows[tier, user] = start, counted + 1
