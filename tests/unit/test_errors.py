# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages: they name options in the user's words, and show nothing of others that a terminal would act on."""

from __future__ import annotations

import ast
import pathlib

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors

LIBRARY = pathlib.Path(__file__).parents[2] / "plugins"


def test_an_option_error_knows_its_option() -> None:
    error = _errors.OptionError("O(email) needs O(email_verified): say with true or false.")
    assert error.option == "email"
    assert str(error) == "email needs email_verified: say with true or false."


def test_a_message_names_what_the_user_has_written() -> None:
    message = "O(expires_in) and O(not_before) of /O(x)/y"
    assert _errors.replace_options(message, {"expires_in": "expires"}) == "expires and not_before of /x/y"


def option_errors() -> list[str]:
    """The code that raises an OptionError, by file and line."""
    return [
        f"{path.relative_to(LIBRARY)}:{node.lineno} {ast.unparse(node.args[0])}"
        for path in sorted(LIBRARY.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "OptionError"
    ]


@pytest.mark.parametrize("raised", option_errors())
def test_every_option_error_names_an_option(raised: str) -> None:
    # What is at fault may be a variable of the environment instead; then the caller says which of the two it is.
    assert any(part in raised for part in ("O(", "source}", "names[", "{URL_VARIABLE}", "name}", "_option}", "{problem}"))


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[2Jb\n", "a [2Jb "), ("x" * 301, "x" * 300 + "..."), ("x" * 300, "x" * 300), ("é", "é")]
)
def test_text_of_others_is_shown_so_that_it_does_no_harm(text: str, shown: str) -> None:
    assert _errors.printable(text) == shown
