# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants that need nothing: against the tasks of another collection, and against fewer tenants.

All that a playbook does is counted, except what a play without tasks takes on the same inventory. So the first import
of cryptography counts, and in the playbook ``provision`` its other plays and the recap.
"""

from __future__ import annotations

import pathlib
import re
import statistics
import typing as t

import peers
from project import FORKS, PROVISION, ROLE, Project, Run, seconds_a_tenant
from rows import Row
from timing import in_turn, rounds

TENANTS = 300
SAMPLE = 10
"""Tenants of the other collection, which takes seconds for each."""

FEW, MANY = 100, 1000


def against_community_crypto(folder: pathlib.Path, keys: list[pathlib.Path]) -> list[Row]:
    """What users run, against tasks that only make keys and certificates. The role also signs a token."""
    ours = Project(folder / "ours", TENANTS, keys)
    ours.add("role", ROLE)
    theirs = Project(folder / "theirs", SAMPLE, keys, program=peers.ANSIBLE_PLAYBOOK)
    theirs.add("chain", {"tasks": peers.community_crypto(4096)})
    # It adopts the keys, and writes the rest in its own way.
    theirs.run("chain", unchanged=False)
    found = in_turn(
        [
            ("our empty", lambda: ours.run("empty")),
            ("provision", lambda: ours.run(PROVISION)),
            ("role", lambda: ours.run("role")),
            ("their empty", lambda: theirs.run("empty")),
            ("chain", lambda: theirs.run("chain")),
        ]
    )
    chain = seconds_a_tenant(theirs, found["chain"], found["their empty"])

    def row(name: str, what: str, limit: float) -> Row:
        each = seconds_a_tenant(ours, found[name], found["our empty"])
        measured = (
            f"{1000 * chain:.0f} ms a tenant of {theirs.tenants} / {1000 * each:.1f} ms a tenant of {ours.tenants},"
            f" {FORKS} forks, {rounds(len(found[name]))}"
        )
        return Row(f"unchanged tenant: community.crypto / {what}", measured, chain / each, limit, "x", at_least=True)

    return [row("provision", "provision", 100), row("role", "play with the role", 45)]


def split(folder: pathlib.Path, keys: list[pathlib.Path]) -> dict[str, float]:
    """In which tasks of the role the time goes: milliseconds a tenant, the most first, as ansible.posix counts it."""
    project = Project(folder / "split", 50, keys)
    project.add("role", ROLE)
    output = project.run("role", environment={"ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks"}).output
    found = re.findall(r"^tenantops\.qlik\.tenant_jwt : (.+?) -{3,} ([0-9.]+)s$", output, re.MULTILINE)
    return {task: 1000 * float(seconds) / project.tenants for task, seconds in found}


def growing(folder: pathlib.Path, keys: list[pathlib.Path]) -> list[Row]:
    """What a tenant takes among many, and how much memory the controller takes for all of them."""
    few, many = Project(folder / "few", FEW, keys), Project(folder / "many", MANY, keys)

    def run(project: Project, what: str) -> tuple[str, t.Callable[[], Run]]:
        arguments = {"empty": ["empty"], "one": [PROVISION, "--limit=tenant0.*"], "all": [PROVISION]}[what]
        return f"{what} of {project.tenants}", lambda: project.run(*arguments)

    # The few come before and after the many: that takes long, and the machine may be another one by then.
    of_few, of_many = ([run(project, what) for what in ("one", "all")] for project in (few, many))
    found = in_turn([*of_few, *of_many, run(many, "empty"), *of_few])
    return [_cost(few, many, found), _memory(many, found)]


def _cost(few: Project, many: Project, found: dict[str, list[Run]]) -> Row:
    """Here, start-up is a run for one tenant of the same inventory: it would weigh more among few than among many."""

    def each(project: Project) -> float:
        whole, first = (
            statistics.median(run.seconds for run in found[f"{what} of {project.tenants}"]) for what in ("all", "one")
        )
        return (whole - first) / (project.tenants - 1)

    of_few, of_many = each(few), each(many)
    count = len(found[f"all of {many.tenants}"])
    measured = f"{1000 * of_many:.1f} ms / {1000 * of_few:.1f} ms, {FORKS} forks, {rounds(count)}"
    what = f"further unchanged tenant through provision, one of {many.tenants} / one of {few.tenants}"
    return Row(what, measured, of_many / of_few, 1.2, "x")


def _memory(many: Project, found: dict[str, list[Run]]) -> Row:
    what = f"memory of the controller for {many.tenants} tenants through provision, above that of an empty play"
    peaks = [[run.peak_mib for run in found[f"{name} of {many.tenants}"]] for name in ("all", "empty")]
    if None in peaks[0] + peaks[1]:
        return Row(what, "this system has no /proc", None, 48, "MiB")
    provision, empty = map(statistics.median, peaks)
    return Row(what, f"peak of {provision:.0f} MiB / {empty:.0f} MiB, without workers", provision - empty, 48, "MiB")
