# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps as sentences: in the past, and in the conditional in check mode."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._steps import Step, Words


@pytest.mark.parametrize(
    ("action", "past"),
    [
        ("write", "wrote x"),
        ("change", "changed x"),
        ("remove", "removed x"),
        ("create", "created x"),
        ("replace", "replaced x"),
        ("delete", "deleted x"),
        ("turn on", "turned on x"),
        ("turn off", "turned off x"),
        ("log in", "logged in x"),
    ],
)
def test_verbs(action: str, past: str) -> None:
    assert Words(False).step(action, "thing", "x") == Step("thing", action, past)
    assert Words(True).step(action, "thing", "x").text == f"would {action} x"


@pytest.mark.parametrize(("action", "text"), [("keep", "kept x"), ("sign", "signed x")])
def test_what_check_mode_does_as_well(action: str, text: str) -> None:
    assert [Words(mode).step(action, "thing", "x", changed=False).text for mode in (False, True)] == [text, text]


def test_reasons() -> None:
    found = []
    for check_mode in (False, True):
        words = Words(check_mode)
        reason = f"it {words.was}, {words.had}, {words.did_not}, {words.could_not}"
        found.append(words.step("write", "thing", "x", reason, "/x"))
    assert found[0] == Step(
        "thing", "write", "wrote x: it was, had, did not, could not", "it was, had, did not, could not", "/x"
    )
    assert found[1].text == "would write x: it is, has, does not, cannot"
