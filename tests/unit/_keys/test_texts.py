# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts as a whole: whatever they were encoded in, the PEM comes out."""

from __future__ import annotations

import typing as t

import pytest
from manglings import ENCODING, ESCAPING, UNICODE

from ansible_collections.tenantops.qlik.plugins.module_utils._keys import texts

PEM = "-----BEGIN PUBLIC KEY-----\nAB+/\nCD==\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize("encoding", [*ESCAPING, *ENCODING])
@pytest.mark.parametrize("unicode", UNICODE)
def test_an_encoding_is_undone(encoding: str, unicode: str) -> None:
    mangle: t.Callable[[str], str] = {**ESCAPING, **ENCODING}[encoding]
    assert PEM.strip() in texts.decode(UNICODE[unicode](mangle(PEM)))


def test_encodings_within_each_other() -> None:
    text = ENCODING["base64 in lines"](ENCODING["percent-encoded"](ESCAPING[r"\\n"](PEM)))
    assert texts.decode(text.encode("utf-16")) == PEM


@pytest.mark.parametrize(
    "text", ["", "banana", "YmFuYW5h!", "AAAA", "100 % \\x", "%zz", "ordinary text with + and /", "é\u2028"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert texts.decode(text.encode()) == text


def test_a_plus_sign_stays_one_outside_of_a_form() -> None:
    assert texts.decode(ENCODING["percent-encoded"](PEM).replace("%2B", "+").encode()) == PEM


def test_bytes_that_are_no_text() -> None:
    assert texts.decode(b"\xff\xfe\xfd") and texts.decode(b"\0\0\0\0") is not None
