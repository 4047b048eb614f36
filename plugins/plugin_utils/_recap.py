# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run over many tenants did: as data for programs, and as text for people."""

from __future__ import annotations

import re
import shlex
import textwrap
import typing as t

from ..module_utils._steps import Words

WIDTH = 80
"""The columns of the text. Only a longer path or URL, and the line to copy, are wider."""

MOST_LINES = 10
"""How many lines there are below a heading, so that the text for hundreds of tenants fits on a screen."""

MOST_NAMES = 3
"""How many tenants of a line are named."""

MOST_LIMITED = 10
"""How many tenants the line to copy may have."""

FAILURES = ("failed", "unreachable")

FINDINGS = {
    "manual": "To enter by hand in the tenant",
    "expiring": "Certificates that expire soon",
    "drift": "Not as declared",
    "stray": "Not declared",
    "unchecked": "Not checked",
}
"""The kinds of findings and their headings."""

Tenant = t.Mapping[str, t.Any]
Entry = tuple[str, str, str]
"""The name of a tenant, what to say about it, and what to say if the same is true of several tenants."""


def outcome(result: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """What happened to a tenant: its ``status``, ``msg``, ``steps`` and ``findings``.

    :param result: of the task with qscloud_tenant_jwt; None if there is none.
    """
    result = {"msg": "The run did not reach it."} if result is None else result
    steps = [dict(step) for step in result.get("steps") or ()]
    is_changed = any(step["changed"] for step in steps)
    if result.get("unreachable"):
        status = "unreachable"
    elif result.get("skipped"):
        status = "skipped"
    elif result.get("failed") or "key_pairs" not in result:
        # Only a success returns key pairs. The flag says nothing if the task has failed_when.
        status = "failed"
    else:
        status = "changed" if is_changed else "unchanged"
    return {
        "status": status,
        "msg": str(result.get("msg", "")) if status in FAILURES else None,
        # A login proves what has changed.
        "steps": [step for step in steps if step["changed"] or is_changed and step["action"] == "log in"],
        "findings": [dict(finding) for finding in result.get("findings") or ()],
    }


def failed(tenants: t.Mapping[str, Tenant]) -> list[str]:
    """The names of the tenants that failed, or could not be reached.

    :param tenants: what :func:`outcome` says, by name.
    """
    return [name for name, its in tenants.items() if its["status"] in FAILURES]


def text(tenants: t.Mapping[str, Tenant], check_mode: bool, has_retry_file: bool) -> str:
    """The recap for people.

    :param tenants: what :func:`outcome` says, by name.
    :param has_retry_file: whether Ansible writes a file with the names of the failed hosts.
    """
    verb = "would change" if check_mode else "changed"
    lines = ["", _counts(tenants, verb)]
    for heading, entries in _sections(tenants, verb.capitalize(), Words(check_mode)):
        if entries:
            lines += ["", f"{heading}:", *_listed(entries)]
    names = failed(tenants)
    # The only tenant of a run may come from the command line, and be no host of an inventory.
    if names and len(tenants) > 1:
        lines += ["", *_to_run_again(names, has_retry_file)]
    return "\n".join([*lines, ""])


def _counts(tenants: t.Mapping[str, Tenant], verb: str) -> str:
    statuses = [its["status"] for its in tenants.values()]
    words = {"unchanged": "unchanged", "changed": verb, "failed": "failed"}
    words |= {status: status for status in ("unreachable", "skipped") if status in statuses}
    counts = ", ".join(f"{statuses.count(status)} {word}" for status, word in words.items())
    return f"{_tenants(len(tenants))}: {counts}."


def _sections(tenants: t.Mapping[str, Tenant], changed: str, words: Words) -> t.Iterator[tuple[str, list[Entry]]]:
    """The headings with their entries. Failures come last, where they are most visible."""

    def done(steps: list[dict[str, t.Any]]) -> tuple[str, str]:
        """What was done, for one tenant, and for several ones whose steps differ in names."""
        kinds = ((step["action"], "" if step["action"] == "log in" else step["object"]) for step in steps)
        deeds = [words.step(action, kind, f"the {kind}" if kind else "").text for action, kind in dict.fromkeys(kinds)]
        return ", ".join(step["text"] for step in steps), ", ".join(deeds).replace("_", " ")

    yield changed, [(name, *done(its["steps"])) for name, its in tenants.items() if its["status"] == "changed"]
    for kind, heading in FINDINGS.items():
        found = [(name, one) for name, its in tenants.items() for one in its["findings"] if one["kind"] == kind]
        found.sort(key=lambda one: one[1]["ends"] or "")
        yield heading, [(name, one["text"], _common(name, one["text"])) for name, one in found]
    for status in FAILURES:
        entries = []
        for name, its in tenants.items():
            if its["status"] == status:
                before = [f" Before that: {deeds}." if deeds else "" for deeds in done(its["steps"])]
                entries.append((name, its["msg"] + before[0], _common(name, its["msg"]) + before[1]))
        yield status.capitalize(), entries


def _common(name: str, sentence: str) -> str:
    """A sentence as it is for several tenants, whose files and URLs differ in nothing but the name."""
    return re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "TENANT", sentence)


def _listed(entries: list[Entry]) -> list[str]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, sentence, common in entries:
        groups.setdefault(common, []).append((name, sentence))
    lines = []
    for common, its in [*groups.items()][:MOST_LINES]:
        names = ", ".join(name for name, _sentence in its[:MOST_NAMES])
        more = f" and {len(its) - MOST_NAMES} more" if len(its) > MOST_NAMES else ""
        lines += _wrapped(f"{names}{more}: {its[0][1] if len(its) == 1 else common}")
    if rest := [name for its in [*groups.values()][MOST_LINES:] for name, _sentence in its]:
        lines += _wrapped(f"... and {len(rest)} more")
    return lines


def _to_run_again(names: list[str], has_retry_file: bool) -> list[str]:
    if len(names) <= MOST_LIMITED:
        return ["To run again for what failed, add:", f"  --limit {shlex.quote(limit(names))}"]
    if has_retry_file:
        return [f"To run again for the {len(names)} that failed, add the --limit that follows below."]
    return [
        f"To run again for the {len(names)} that failed, run again for all, or with",
        "ANSIBLE_RETRY_FILES_ENABLED=true: Ansible then prints a --limit with a file.",
    ]


def limit(names: t.Iterable[str]) -> str:
    """The value of ``--limit`` for these tenants, which is also a pattern for the hosts of a play."""
    # Colons and commas separate patterns, and other characters have a meaning, too. Any one matches a question mark.
    return ",".join(re.sub(r"[^\w.-]", "?", name) for name in names)


def _wrapped(line: str) -> list[str]:
    # What a tenant has sent must not control the terminal.
    line = " ".join("".join(one if one.isprintable() else " " for one in line).split())
    # A path or URL that is broken could not be copied.
    return textwrap.wrap(
        line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _tenants(number: int) -> str:
    return "1 tenant" if number == 1 else f"{number} tenants"
