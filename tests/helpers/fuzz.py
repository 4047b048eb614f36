# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For the attacks on parsers: how many inputs are tried, and what is thrown at more than one of them.

ATTACK_EXAMPLES is how many inputs a property is tried with. Without it, they are few, and the same in each run; with
it, they are random, and a failure prints what reproduces it.
"""

from __future__ import annotations

import base64
import collections
import functools
import os
import pathlib
import re
import typing as t

import hypothesis
import hypothesis.configuration
from hypothesis import strategies as st

_FEW = 15
_GIVEN = os.environ.get("ATTACK_EXAMPLES")
EXAMPLES = int(_GIVEN or _FEW)

# What hypothesis remembers about Unicode, instead of in a folder .hypothesis where the tests are started.
hypothesis.configuration.set_hypothesis_home_dir(pathlib.Path(__file__).parents[2] / ".build" / "hypothesis")

_SETTINGS = hypothesis.settings(
    database=None,
    deadline=None,
    derandomize=_GIVEN is None,
    print_blob=True,
    # The fixtures are keys and servers, which an input leaves as they are; and some inputs are meant to be large.
    suppress_health_check=list(hypothesis.HealthCheck),
)

TRIED: collections.Counter[str] = collections.Counter()
"""How many inputs were tried in this process, by subject: the name of the file without ``test_``."""


def attack(share: float = 1, **strategies: st.SearchStrategy) -> t.Callable[[t.Callable], t.Callable]:
    """Make a test one that is tried with many inputs.

    :param share: of the number of inputs, for what takes longer than the rest.
    """

    def decorated(test: t.Callable) -> t.Callable:
        @functools.wraps(test)
        def counted(*arguments: t.Any, **options: t.Any) -> None:
            TRIED[test.__module__.rpartition("test_")[2]] += 1
            test(*arguments, **options)

        settings = hypothesis.settings(_SETTINGS, max_examples=max(1, round(EXAMPLES * share)))
        return settings(hypothesis.given(**strategies)(counted))

    return decorated


def b64url(data: bytes) -> str:
    """base64url without padding: RFC 7515, section 2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def pem(label: str, der: bytes) -> bytes:
    """PEM with lines of 64 characters: RFC 7468."""
    lines = re.findall(".{1,64}", base64.b64encode(der).decode())
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def der_of(text: bytes) -> bytes:
    """What the first PEM block holds."""
    return base64.b64decode(re.search(rb"-----BEGIN [^-]+-----(.*?)-----END", text, re.DOTALL)[1])


def asn1(tag: int, content: bytes) -> bytes:
    """A value in DER: X.690, section 8.1."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(number: int) -> bytes:
    """An integer in DER: X.690, section 8.3."""
    return asn1(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


JSON_TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
"""All that Python's strings can hold, among that lone surrogates and control characters."""

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | JSON_TEXTS
    | st.sampled_from([10**400, -(10**4000), 1e308, -0.0, 2**53, 2**63, "", " ", "\x00", "\ud800", "\x1b[2J"]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(JSON_TEXTS, children, max_size=4),
    max_leaves=8,
)
"""Whatever Python's JSON writes, among that numbers that other readers do not take."""


def nested(depth: int, kind: str = "list") -> bytes:
    """JSON that is nested so deeply."""
    begin, end = (b"[", b"]") if kind == "list" else (b'{"a":', b"}")
    return begin * depth + b"1" + end * depth


DEPTHS = st.sampled_from([2, 50, 99, 100, 101, 300, 500, 900, 960, 980, 990, 1000, 3000, 20_000, 200_000])
"""Depths of nesting around all limits: Python's own is 1000 calls, of which the caller has used some."""


@st.composite
def mutated(draw: st.DrawFn, texts: st.SearchStrategy[bytes]) -> bytes:
    """One of these texts with a few bytes flipped, cut out, put in, doubled or swapped."""
    data = bytearray(draw(texts))
    for _number in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from([1, 1, 1, 2, 4, 16, 64, 300]))
        other = draw(st.integers(0, max(0, len(data) - 1)))
        way = draw(st.sampled_from(["flip", "set", "cut", "end", "insert", "double", "swap"]))
        if way == "flip" and data:
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif way == "set" and data:
            data[place] = draw(st.integers(0, 255))
        elif way == "cut":
            del data[place : place + length]
        elif way == "end":
            del data[place:]
        elif way == "insert":
            data[place:place] = draw(
                st.sampled_from([b"\x00", b"\r", b"\n", b" ", b"\t", b"\xff\xfe", b"-", b"=", b"\\n", "ä€".encode()])
                | st.binary(max_size=8)
            )
        elif way == "double":
            data[place:place] = data[place : place + length]
        else:
            one, two = data[place : place + length], data[other : other + length]
            data[place : place + length], data[other : other + length] = two, one
    return bytes(data)
