# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the chain has done so far, also if a later step fails."""

from __future__ import annotations

import typing as t

from .._steps import Step, Words


class Difference(t.NamedTuple):
    """A change of one object, for diff mode."""

    what: str
    before: dict[str, t.Any]
    after: dict[str, t.Any]


class Finding(t.NamedTuple):
    """What a run does not change, but somebody should know.

    ``kind`` is one of :data:`KINDS`. ``ends`` is when a certificate ends, in ISO 8601, for the kind ``expiring``.
    """

    kind: str
    text: str
    ends: str | None = None


KINDS = ("expiring", "drift", "stray", "manual", "unchecked")
"""A certificate ends soon, the tenant has something else than is declared, something belongs to no declared key,
something has to be done by hand, or something was not examined."""


class Report:
    """Collects steps, differences, findings and warnings."""

    def __init__(self, check_mode: bool) -> None:
        self.check_mode = check_mode
        self.words = Words(check_mode)
        self.steps: list[Step] = []
        self.differences: list[Difference] = []
        self.findings: list[Finding] = []
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        """Whether any step has changed anything, or would."""
        return any(step.changed for step in self.steps)

    def add(self, steps: t.Iterable[Step], difference: Difference | None = None) -> None:
        """Add steps, and what they change in an object."""
        self.steps += steps
        if difference and difference.before != difference.after:
            self.differences.append(difference)

    def find(self, kind: str, text: str, ends: str | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, text, ends))

    def warn(self, sentences: t.Iterable[str | None]) -> None:
        """Add warnings, except those that are None."""
        self.warnings += [sentence for sentence in sentences if sentence]
