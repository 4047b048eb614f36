# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse durations, and compute the validity of a token from them. Pure Python."""

from __future__ import annotations

import re
import typing as t

from .._errors import OptionError, printable

LATEST = 253402300799
"""Seconds since 1970 of 9999-12-31T23:59:59Z, the last time that can be represented as a date."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31557600}
_DURATION = re.compile(r"(-?)([0-9]{1,12})([smhdwy]?)", re.ASCII)
_NOTATION = "write a whole number of seconds, or a number with a unit, as in 30s, 60m, 48h, 365d, 2w or 5y"


class Window(t.NamedTuple):
    """The validity of a token in seconds: its start relative to now, and its lifetime."""

    not_before: int
    lifetime: int

    @property
    def left_when_signed(self) -> int:
        """The remaining validity when the token is signed. Time before now does not count."""
        return self.lifetime + min(self.not_before, 0)


def spoken(number: float) -> str:
    """A number of seconds for a message, with its days if it is a day or longer."""
    text = f"{number} second{'' if number == 1 else 's'}"
    if number < _SECONDS["d"]:
        return text
    days = round(number / _SECONDS["d"])
    about = "" if days * _SECONDS["d"] == number else "about "
    return f"{text} ({about}{days} day{'' if days == 1 else 's'})"


def seconds(duration: str, option: str) -> int:
    """Parse a duration in the notation of the ``ms`` package, in which a year has 365.25 days.

    Unlike in ``ms``, a bare number means seconds, and fractions and long unit names are rejected.

    :raises OptionError: if it is not in this notation.
    """
    match = _DURATION.fullmatch(duration.strip())
    if not match:
        raise OptionError(f"O({option}) is '{printable(duration)}', which is not a duration: {_NOTATION}.")
    sign, number, unit = match.groups()
    return int(f"{sign}{number}") * _SECONDS[unit or "s"]


def positive_seconds(duration: str, option: str) -> int:
    """Parse a duration that must be greater than zero.

    :raises OptionError: if it is not a duration, or not greater than zero.
    """
    number = seconds(duration, option)
    if number <= 0:
        raise OptionError(f"O({option}) is '{printable(duration)}', but must be longer than 0 seconds: {_NOTATION}.")
    return number


def window(not_before: str | None, expires_in: str, now: int) -> Window:
    """Parse the options for the validity of a token.

    :param not_before: None if there is no such option, so that a token is valid from now on.
    :param now: seconds since 1970.
    :raises OptionError: if they are not durations, or the token would never be valid.
    """
    start = 0 if not_before is None else seconds(not_before, "not_before")
    result = Window(start, positive_seconds(expires_in, "expires_in"))
    start = now + result.not_before
    if not_before is None and start + result.lifetime > LATEST:
        raise OptionError("O(expires_in) leads beyond the year 9999: use a shorter duration.")
    if start < 0 or start + result.lifetime > LATEST:
        raise OptionError("O(not_before) and O(expires_in) lead outside the years 1970 to 9999: use shorter durations.")
    if start + result.lifetime <= now:
        raise OptionError(
            f"O(not_before) is '{printable(not_before)}' and O(expires_in) is '{printable(expires_in)}': such a token"
            " would expire before it is signed. Use a longer O(expires_in)."
        )
    return result


def renewal(renew_before: str | None, left_when_signed: int) -> int:
    """How many seconds before it expires a stored token is replaced.

    The default is five minutes, or a third of the remaining validity when signed if that is shorter.

    :raises OptionError: if every run would replace it.
    """
    if renew_before is None:
        return min(300, left_when_signed // 3)
    result = positive_seconds(renew_before, "renew_before")
    if result >= left_when_signed:
        raise OptionError(
            f"O(renew_before) is '{printable(renew_before)}', but a new token is valid for {spoken(left_when_signed)}:"
            " with such a window, every run would sign a new one. Use a shorter one."
        )
    return result
