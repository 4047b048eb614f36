# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Code shared by the modules that take all steps for one tenant: what they report, also if they fail."""

from __future__ import annotations

import typing as t

from . import _module
from ._errors import replace_options

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ._chain.report import Report

WARNED = ("expiring", "drift", "stray")
"""The kinds of findings that the task also warns of."""


def so_far(module: AnsibleModule, report: Report, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The return values about what was done, which are also those of a failure."""
    findings = [one._replace(text=replace_options(one.text, names)) for one in report.findings]
    warned = [one.text for one in findings if one.kind in WARNED]
    for sentence in (*(replace_options(sentence, names) for sentence in report.warnings), *warned):
        module.warn(sentence)
    return {
        "changed": report.changed,
        "steps": [step._asdict() for step in report.steps],
        "findings": [one._asdict() for one in findings],
        "diff": [_module.diff(*difference) for difference in report.differences],
    }
