# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print text and diffs next to the results that Ansible's callback shows."""

from __future__ import annotations

import copy
import typing as t

from ansible import constants as C
from ansible.plugins.loader import callback_loader

if t.TYPE_CHECKING:
    from ansible.utils.display import Display

_TEXT_CALLBACKS = {
    f"{package}.plugins.callback.{name}"
    for package in ("ansible", "ansible_collections.ansible.builtin")
    for name in ("default", "minimal", "oneline")
}
"""Ansible's own callbacks for standard output. The loader imports them under either name."""


def say(display: Display, text: str) -> None:
    """Print text for people: to standard output, unless that could break what a callback writes there for programs."""
    display.display(text, stderr=not _shows_text(C.DEFAULT_STDOUT_CALLBACK))


def say_steps(display: Display, steps: t.Iterable[dict[str, t.Any]], head: str) -> None:
    """Print the steps that changed something, what proves it, and which key stays in its store; at ``-v``, all.

    Nothing is printed beside a callback that writes something for programs, which gets the steps as data.

    :param head: what to print before each of them.
    """
    steps = list(steps)
    if not _shows_text(C.DEFAULT_STDOUT_CALLBACK):
        return
    changed = any(step["changed"] for step in steps)
    removed = any(step["action"] == "remove" for step in steps)
    for step in steps:
        proves = changed and step["action"] in ("log in", "request")
        remains = removed and (step["action"], step["object"]) == ("keep", "private_key")
        if step["changed"] or display.verbosity or proves or remains:
            display.display(f"{head}{step['text']}", color=C.COLOR_CHANGED if step["changed"] else C.COLOR_OK)


def say_failure(display: Display, text: str) -> None:
    """Print what has failed, unless a callback writes something for programs, which gets it as data."""
    if _shows_text(C.DEFAULT_STDOUT_CALLBACK):
        display.display(text, color=C.COLOR_ERROR)


def say_warning(display: Display, text: str) -> None:
    """Print a warning, or add it to the result if a callback writes that for programs.

    With ansible-core 2.19 and newer, all warnings of a task belong to its result, and callbacks that show only changes and
    failures hide them together.
    """
    if _shows_text(C.DEFAULT_STDOUT_CALLBACK):
        display.display(f"[WARNING]: {text}", color=C.COLOR_WARN, stderr=True)
    else:
        display.warning(text)


def say_diffs(display: Display, diffs: dict[str, t.Any] | list[dict[str, t.Any]]) -> None:
    """Print diffs as Ansible prints those of its own modules. Nothing is printed for what has not changed."""
    callback = callback_loader.get("default")
    callback.set_options()
    # The callback replaces parts of what it gets.
    if text := callback._get_diff(copy.deepcopy(diffs)):
        say(display, text)


def _shows_text(callback: str) -> bool:
    """Whether the callback is one of Ansible's own, or derives from one. Any other one may write JSON, for example.

    The name does not tell: it can be short, redirected, or that of the user's own callback.
    """
    loaded = callback_loader.get(callback, class_only=True)
    return any(base.__module__ in _TEXT_CALLBACKS for base in getattr(loaded, "__mro__", ()))
