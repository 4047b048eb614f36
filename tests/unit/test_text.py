# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text with something at its ends that nobody sees. That the advice works is judged by Jinja."""

from __future__ import annotations

import jinja2
import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _text
from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError

TRIM = "remove it, for example with '| trim'"
# By input: what is said about it.
REFUSED = {
    "my-key-id\n": f"ends with a line break: {TRIM}",
    "my-key-id\r\n": f"ends with a line break: {TRIM}",
    "my-key-id\r": f"ends with a line break: {TRIM}",
    "my-key-id\u2028": f"ends with a line break: {TRIM}",
    "my-key-id ": f"ends with a blank: {TRIM}",
    "my-key-id\t": f"ends with a blank: {TRIM}",
    "my-key-id\u00a0": f"ends with a blank: {TRIM}",
    "my-key-id\u3000": f"ends with a blank: {TRIM}",
    " my-key-id": f"begins with a blank: {TRIM}",
    "\nmy-key-id": f"begins with a line break: {TRIM}",
    " my-key-id\n": f"ends with a line break: {TRIM}",
    "\ufeffmy-key-id": "begins with the invisible character U+FEFF: remove it",
    "my-key-id\u200b": "ends with the invisible character U+200B: remove it",
    "my-key-id\u202e": "ends with the invisible character U+202E: remove it",
    "my-key-id\x00": "ends with the invisible character U+0000: remove it",
    "\x1b[31m": "begins with the invisible character U+001B: remove it",
}


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_an_invisible_end_is_refused(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        _text.check(text, "key_id")
    assert str(caught.value) == f"key_id {REFUSED[text]}."
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_the_advice_works(text: str) -> None:
    trimmed = jinja2.Environment().call_filter("trim", text)
    if TRIM in REFUSED[text]:
        _text.check(trimmed, "key_id")
    else:
        assert trimmed == text


@pytest.mark.parametrize(
    "text", ["x", "group 2", "a\u00a0b", "a\u200bb", "Ünïcode  Text", "漢字", "Zoë\u0308", "😀", "-"]
)
def test_what_is_inside_is_the_users_own(text: str) -> None:
    _text.check(text, "name")
    assert _text.invisible_end(text) is None


@pytest.mark.parametrize("text", ["", " ", "\n", "\u00a0\t"], ids=ascii)
def test_empty_text_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="^issuer is empty: specify a value"):
        _text.check(text, "issuer")


def test_options_that_are_not_set_are_not_checked() -> None:
    options = {"issuer": None, "key_id": "a", "other": ""}
    _text.check_options(options, ("issuer", "key_id"))
    with pytest.raises(OptionError, match="^key_id ends with a blank"):
        _text.check_options({**options, "key_id": "a "}, ("issuer", "key_id"))


@pytest.mark.parametrize("text", ["\udcff", "a\ud83d\ude00b", "x\udcff "], ids=ascii)
def test_text_that_cannot_be_encoded_is_refused(text: str) -> None:
    assert not _text.is_unicode(text)
    with pytest.raises(OptionError, match="^issuer is not valid UTF-8"):
        _text.check(text, "issuer")


def test_no_text_has_no_end() -> None:
    assert _text.invisible_end("") is None


@pytest.mark.parametrize("name", ["acme.eu.qlikcloud.com", "ACME.eu.QlikCloud.com", "Acme.EU.qlikcloud.com."])
def test_a_host_name_has_one_spelling(name: str) -> None:
    assert _text.host_name(name) == "acme.eu.qlikcloud.com"


@pytest.mark.parametrize(
    ("text", "is_one"),
    {
        "acme.eu.qlikcloud.com": True,
        "ACME.eu.qlikcloud.com.": True,
        "acme_1-test": True,
        "127.0.0.1": True,
        "": False,
        None: False,
        "acme..com": False,
        "../acme": False,
        "-acme.com": False,
        "acme.com:443": False,
        "https://acme.com": False,
        "acme.com/path": False,
        "Acme Ltd": False,
        "acme.com\n": False,
        "{{acme}}": False,
        "ächme.com": False,
    }.items(),
)
def test_host_names(text: str | None, is_one: bool) -> None:
    assert _text.is_host_name(text) is is_one
