# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations, and when a token is valid. The numbers are what the ``ms`` package gives, written out."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import durations

NOW = 1780000000
HALF_AN_HOUR = durations.Window(-10, 1800)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("30s", 30),
        ("60m", 3600),
        ("30m", 1800),
        ("48h", 172800),
        ("1d", 86400),
        ("365d", 31536000),
        ("2w", 1209600),
        ("1y", 31557600),
        ("5y", 157788000),
        ("90", 90),
        ("0", 0),
        ("-10s", -10),
        ("-5m", -300),
        (" 60m\n", 3600),
        ("007", 7),
        ("999999999999", 999999999999),
    ],
)
def test_duration(duration: str, seconds: int) -> None:
    assert durations.seconds(duration, "expires_in") == seconds


@pytest.mark.parametrize(
    "duration",
    [
        *("", " ", "banana", "1e9y", "1e3", "1.5h", "1,5h", ".5h", "5 m", "- 5m", "--5m", "+5m", "5m5", "1h30m", "m"),
        *(
            "5M",
            "5H",
            "5ms",
            "5min",
            "5 minutes",
            "5days",
            "0x10",
            "1_000",
            "٣٠s",
            "inf",
            "nan",
            "None",
            "9999999999999",
        ),
    ],
)
def test_what_is_no_duration_is_refused_and_the_notation_shown(duration: str) -> None:
    with pytest.raises(OptionError) as caught:
        durations.seconds(duration, "expires_in")
    assert str(caught.value).startswith(f"expires_in is '{duration}', which is not a duration: ")
    assert "30s, 60m, 48h, 365d, 2w or 5y" in str(caught.value)


@pytest.mark.parametrize("duration", ["0", "0s", "-0", "-5m", "-1", "0y"])
def test_a_lifetime_is_longer_than_nothing(duration: str) -> None:
    with pytest.raises(OptionError, match=f"^expires_in is '{duration}', but must be longer .*30s, 60m, 48h"):
        durations.window("0", duration, NOW)


def test_the_window_is_what_is_asked_for() -> None:
    assert durations.window("-10s", "30m", NOW) == (-10, 1800)
    assert durations.window("1h", "365d", NOW) == (3600, 31536000)


@pytest.mark.parametrize(
    ("not_before", "expires_in"), [("-30m", "30m"), ("-1h", "60s"), ("-10s", "10s"), ("-10s", "5")]
)
def test_a_token_that_has_expired_before_it_is_signed_is_refused(not_before: str, expires_in: str) -> None:
    with pytest.raises(OptionError, match=f"not_before is '{not_before}' and expires_in is '{expires_in}'.*expire"):
        durations.window(not_before, expires_in, NOW)


def test_a_token_may_be_valid_for_its_last_second_only() -> None:
    assert durations.window("-10s", "11s", NOW).lifetime == 11


@pytest.mark.parametrize(
    ("not_before", "expires_in"),
    [("0", "9000y"), ("9000y", "1m"), ("-100y", "200y"), ("-1780000001", "100y"), ("0", "999999999999y")],
)
def test_times_that_cannot_be_written_are_refused(not_before: str, expires_in: str) -> None:
    with pytest.raises(OptionError, match="outside the years 1970 to 9999"):
        durations.window(not_before, expires_in, NOW)


def test_the_first_and_the_last_instant_can_be_written() -> None:
    assert durations.window(f"-{NOW}", "100y", NOW).not_before == -NOW
    # date -u -d 9999-12-31T23:59:59Z +%s
    last = 253402300799
    assert durations.window("0", str(last - NOW), NOW).lifetime == last - NOW
    with pytest.raises(OptionError):
        durations.window("0", str(last - NOW + 1), NOW)


def test_without_a_start_the_window_begins_now() -> None:
    assert durations.window(None, "365d", NOW) == (0, 31536000)
    with pytest.raises(OptionError) as caught:
        durations.window(None, "9000y", NOW)
    assert str(caught.value) == "expires_in leads beyond the year 9999: use a shorter duration."


def test_the_window_may_start_later() -> None:
    assert durations.window("100y", "1m", NOW) == (3155760000, 60)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (3600, "3600 seconds"),
        (60.5, "60.5 seconds"),
        (86399, "86399 seconds"),
        (86400, "86400 seconds (1 day)"),
        (90000, "90000 seconds (about 1 day)"),
        (172800, "172800 seconds (2 days)"),
        (31536000, "31536000 seconds (365 days)"),
        # Five years of 365.25 days.
        (157788000, "157788000 seconds (about 1826 days)"),
    ],
)
def test_a_number_of_seconds_is_shown_with_its_days(seconds: float, spoken: str) -> None:
    assert durations.spoken(seconds) == spoken


@pytest.mark.parametrize(
    ("renew_before", "lifetime", "seconds"),
    [
        (None, 1800, 300),
        (None, 901, 300),
        (None, 899, 299),
        (None, 60, 20),
        (None, 1, 0),
        ("10m", 1800, 600),
        ("59s", 60, 59),
    ],
)
def test_renewal(renew_before: str | None, lifetime: int, seconds: int) -> None:
    assert durations.renewal(renew_before, lifetime) == seconds


@pytest.mark.parametrize(
    ("not_before", "lifetime", "left"), [(0, 1800, 1800), (-10, 1800, 1790), (-1799, 1800, 1), (3600, 1800, 1800)]
)
def test_a_start_in_the_past_is_over_when_the_token_is_signed(not_before: int, lifetime: int, left: int) -> None:
    assert durations.Window(not_before, lifetime).left_when_signed == left


@pytest.mark.parametrize("renew_before", ["1800s", "30m", "31m", "1y"])
def test_a_renewal_window_as_long_as_the_lifetime_is_refused(renew_before: str) -> None:
    with pytest.raises(
        OptionError, match=f"^renew_before is '{renew_before}', but a new token is valid for 1800 seconds"
    ):
        durations.renewal(renew_before, 1800)


def test_a_lifetime_of_days_is_shown_in_days() -> None:
    with pytest.raises(OptionError, match=r"a new token is valid for 31536000 seconds \(365 days\):"):
        durations.renewal("1y", 31536000)


@pytest.mark.parametrize("renew_before", ["banana", "0", "-5m"])
def test_a_renewal_window_is_a_duration(renew_before: str) -> None:
    with pytest.raises(OptionError, match=f"^renew_before is '{renew_before}'"):
        durations.renewal(renew_before, 1800)
