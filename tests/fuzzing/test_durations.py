# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations, attacked: what is accepted means what another reading of it says; all else is refused in a sentence."""

from __future__ import annotations

import decimal
import typing as t

import pytest
from fuzz import attack
from hypothesis import strategies as st

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import durations

NOW = 1_780_000_000

# The documented notation, read in another way: with days and exact fractions instead of a table of seconds.
DAYS = {"y": "365.25", "w": "7", "d": "1"}
PARTS_OF_A_DAY = {"h": 24, "m": 24 * 60, "s": 24 * 60 * 60, "": 24 * 60 * 60}


def reading(text: str) -> int | None:
    """The seconds that a duration means, None if it is none."""
    text = text.strip()
    unit = text[-1:] if text[-1:].isalpha() else ""
    number = text[: len(text) - len(unit)]
    digits = number[1:] if number[:1] == "-" else number
    if not digits or not set(digits) <= set("0123456789") or len(digits) > 12:
        return None
    if unit in DAYS:
        days = decimal.Decimal(number) * decimal.Decimal(DAYS[unit])
        return int(days * 86400)
    if unit in PARTS_OF_A_DAY:
        return int(decimal.Decimal(number) * (86400 // PARTS_OF_A_DAY[unit]))
    return None


BLANKS = st.sampled_from(["", "", "", " ", "\n", "\t", "\u00a0", "\u2003", "\x1f", "\x00"])
NUMBERS = (
    st.integers(-(10**13), 10**13).map(str) | st.integers(0, 400).map(str) | st.text("0123456789²٣३-+._e,", max_size=14)
)
UNITS = st.sampled_from([*"smhdwySMHDWYµſ", "", "ms", "min", "sec", "hours", "days", "years", "mo", "M ", "s\n"])
DURATIONS = (
    st.tuples(BLANKS, NUMBERS, BLANKS, UNITS, BLANKS).map("".join)
    | st.text(st.characters(exclude_categories=()), max_size=30)
    | st.sampled_from(["9" * 12 + "y", "9" * 13, "0x10", "1e3", "1_0", "-0", "+5", "--5", "NaN", "inf", "1" * 100_000])
)


@attack(share=10, text=DURATIONS)
def test_a_duration_means_what_it_says(text: str) -> None:
    expected = reading(text)
    try:
        assert durations.seconds(text, "expires_in") == expected
    except OptionError as error:
        assert expected is None, text
        check_message(error, "expires_in")


@attack(share=10, text=DURATIONS, left=st.integers(1, 10**9))
def test_a_renewal_means_what_it_says(text: str, left: int) -> None:
    expected = reading(text)
    try:
        assert durations.renewal(text, left) == expected
        assert 0 < expected < left
    except OptionError as error:
        assert expected is None or not 0 < expected < left
        check_message(error, "renew_before")


@attack(share=10, not_before=DURATIONS, expires_in=DURATIONS)
def test_a_window_means_what_it_says(not_before: str, expires_in: str) -> None:
    start, length = reading(not_before), reading(expires_in)
    # 9999-12-31T23:59:59Z, as `date --utc +%s` says.
    good = (
        start is not None
        and length is not None
        and length > 0
        and NOW + start >= 0
        and NOW < NOW + start + length <= 253_402_300_799
    )
    try:
        assert durations.window(not_before, expires_in, NOW) == (start, length)
        assert good
    except OptionError as error:
        assert not good
        check_message(error, "not_before", "expires_in")


def check_message(error: OptionError, *options: str) -> None:
    """A sentence that names the option, can be shown on any terminal and is not as long as the input."""
    message = str(error)
    assert message.startswith(options)
    assert message.isprintable(), message
    assert len(message) < 1000


@pytest.mark.parametrize("text", ["", "-", "s", "5 s", "5S", "٣s", "5s\x00", "1.5h", "1" * 13])
def test_the_other_reading_refuses_too(text: str) -> None:
    assert reading(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("5y", 157788000), ("2w", 1209600), ("-10s", -10), (" 7 ", 7), ("48h", 172800)]
)
def test_the_other_reading_is_right(text: str, seconds: t.Any) -> None:
    # As `units` says: 5 * 365.25 days and so on.
    assert reading(text) == seconds
