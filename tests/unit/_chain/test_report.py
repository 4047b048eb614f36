# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report says about what was done so far."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Difference, Report


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_report_has_changed_if_a_step_has(check_mode: bool) -> None:
    report = Report(check_mode)
    assert not report.changed
    report.add([report.words.step("keep", "key_pair", "the key pair", changed=False)])
    assert not report.changed
    report.add([report.words.step("write", "certificate", "publickey.cer")])
    assert report.changed and len(report.steps) == 2


def test_only_differences_are_kept() -> None:
    report = Report(False)
    report.add([], Difference("a", {"x": 1}, {"x": 1}))
    assert report.differences == []
    report.add([], Difference("a", {"x": 1}, {"x": 2}))
    assert report.differences == [("a", {"x": 1}, {"x": 2})]


def test_warnings_that_are_none_are_left_out() -> None:
    report = Report(False)
    report.warn([None, "Mind the gap.", None])
    assert report.warnings == ["Mind the gap."]
