# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants that need nothing: against the tasks of another collection, and against fewer tenants."""

from __future__ import annotations

import pathlib
import re
import statistics

import peers
from project import FORKS, ROLE, Project, Run, seconds_a_tenant
from rows import Row
from timing import in_turn, rounds


def against_community_crypto(folder: pathlib.Path, keys: list[pathlib.Path]) -> Row:
    """The role, which signs a token as well, against keys and certificates alone."""
    ours = Project(folder / "ours", 200, keys)
    ours.add("role", ROLE)
    theirs = Project(folder / "theirs", 10, keys, program=peers.ANSIBLE_PLAYBOOK)
    theirs.add("chain", {"tasks": peers.community_crypto(4096)})
    # It adopts the keys, and writes the rest in its own way.
    theirs.run("chain", unchanged=False)
    found = in_turn(
        [
            ("our empty", lambda: ours.run("empty")),
            ("role", lambda: ours.run("role")),
            ("their empty", lambda: theirs.run("empty")),
            ("chain", lambda: theirs.run("chain")),
        ]
    )
    role = seconds_a_tenant(ours, found["role"], found["our empty"])
    chain = seconds_a_tenant(theirs, found["chain"], found["their empty"])
    measured = (
        f"{1000 * chain:.0f} ms a tenant of {theirs.tenants} / {1000 * role:.1f} ms a tenant of {ours.tenants},"
        f" {FORKS} forks, {rounds(len(found['role']))}"
    )
    return Row("unchanged tenant: community.crypto / role", measured, chain / role, 40, "x", at_least=True)


def split(folder: pathlib.Path, keys: list[pathlib.Path]) -> dict[str, float]:
    """In which tasks of the role the time goes: milliseconds a tenant, the most first, as ansible.posix counts it."""
    project = Project(folder / "split", 50, keys)
    project.add("role", ROLE)
    output = project.run("role", environment={"ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks"}).output
    found = re.findall(r"^tenantops\.qlik\.tenant_jwt : (.+?) -{3,} ([0-9.]+)s$", output, re.MULTILINE)
    return {task: 1000 * float(seconds) / project.tenants for task, seconds in found}


def growing(folder: pathlib.Path, keys: list[pathlib.Path]) -> list[Row]:
    """What a tenant takes among many, and how much memory the controller takes for all of them."""
    few, many = Project(folder / "few", 100, keys), Project(folder / "many", 1000, keys)
    for project in (few, many):
        project.add("role", ROLE)
    # The few come before and after the many: that takes long, and the machine may be another one by then.
    order = [("few", few), ("many", many), ("few", few)]
    runs = [
        (f"{size} {name}", lambda project=project, name=name: project.run(name))
        for size, project in order
        for name in ("empty", "role")
    ]
    found = in_turn(runs)
    return [_cost(few, many, found), _memory(many, found)]


def _cost(few: Project, many: Project, found: dict[str, list[Run]]) -> Row:
    of_few = seconds_a_tenant(few, found["few role"], found["few empty"])
    of_many = seconds_a_tenant(many, found["many role"], found["many empty"])
    measured = f"{1000 * of_many:.1f} ms / {1000 * of_few:.1f} ms, {FORKS} forks, {rounds(len(found['many role']))}"
    what = f"unchanged tenant, one of {many.tenants} / one of {few.tenants}"
    return Row(what, measured, of_many / of_few, 1.2, "x")


def _memory(many: Project, found: dict[str, list[Run]]) -> Row:
    what = f"memory of the controller for {many.tenants} tenants, above that of an empty play"
    peaks = [[run.peak_mib for run in found[name]] for name in ("many role", "many empty")]
    if None in peaks[0] + peaks[1]:
        return Row(what, "this system has no /proc", None, 64, "MiB")
    role, empty = map(statistics.median, peaks)
    return Row(what, f"peak of {role:.0f} MiB / {empty:.0f} MiB, without workers", role - empty, 64, "MiB")
