# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run does, step by step: as data for programs, and as a sentence for people."""

from __future__ import annotations

import typing as t

_PAST = {
    "add": "added",
    "write": "wrote",
    "change": "changed",
    "remove": "removed",
    "create": "created",
    "replace": "replaced",
    "delete": "deleted",
    "turn on": "turned on",
    "turn off": "turned off",
    "log in": "logged in",
    "keep": "kept",
    "sign": "signed",
    "request": "requested",
}


class Step(t.NamedTuple):
    """A step that was taken, or would be without check mode.

    ``object`` is the kind of thing that it is about, such as ``certificate``, and ``id`` is its path or identifier.
    ``action`` is a verb, and ``text`` is the whole sentence.
    """

    object: str
    action: str
    text: str
    reason: str | None = None
    id: str | None = None
    changed: bool = True


class Words:
    """Words for steps and their reasons: in the past, or for steps that check mode only predicts."""

    def __init__(self, check_mode: bool) -> None:
        self._check_mode = check_mode
        self.was = "is" if check_mode else "was"
        self.had = "has" if check_mode else "had"
        self.did_not = "does not" if check_mode else "did not"
        self.could_not = "cannot" if check_mode else "could not"

    def step(
        self,
        action: str,
        kind: str,
        rest: str,
        reason: str | None = None,
        name: str | None = None,
        *,
        changed: bool = True,
    ) -> Step:
        """A step.

        :param action: its verb, in the infinitive.
        :param kind: the kind of its object.
        :param rest: the rest of the sentence, after the verb.
        :param name: the path or identifier of its object.
        :param changed: whether it changes anything.
        """
        verb = f"would {action}" if self._check_mode and action not in ("keep", "sign") else _PAST[action]
        because = f": {reason}" if reason else ""
        return Step(kind, action, f"{verb} {rest}{because}", reason, name, changed)
