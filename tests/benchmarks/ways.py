# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both ways to run a module: inside Ansible's process, and as an ordinary module."""

from __future__ import annotations

import pathlib

from project import ROLE, Project, seconds_a_tenant
from rows import Row
from timing import in_turn, rounds

ORDINARY = {"environment": {"WAY": "ordinary"}}
"""Any environment makes our modules ordinary ones."""


def one_task(folder: pathlib.Path, keys: list[pathlib.Path]) -> Row:
    """One task over many tenants."""
    project = Project(folder / "one-task", 50, keys)
    task = {"tenantops.qlik.qscloud_keypair": {"directory": "{{ folder }}"}}
    ours, theirs, count = _both(project, {"tasks": [task]})
    measured = f"{1000 * ours:.0f} ms / {1000 * theirs:.0f} ms a tenant, {rounds(count)}"
    what = f"in-process task / the same as ordinary module, {project.tenants} tenants"
    return Row(what, measured, ours / theirs, 0.1, "x")


def whole_role(folder: pathlib.Path, keys: list[pathlib.Path]) -> Row:
    """The role, with all that it does around our modules."""
    project = Project(folder / "whole-role", 20, keys)
    ours, theirs, count = _both(project, ROLE)
    measured = f"{1000 * theirs:.0f} ms / {1000 * ours:.0f} ms a tenant, {rounds(count)}"
    what = f"unchanged tenant: role with ordinary modules / role, {project.tenants} tenants"
    return Row(what, measured, theirs / ours, 8, "x", at_least=True)


def _both(project: Project, keywords: dict[str, object]) -> tuple[float, float, int]:
    """Seconds a tenant in one way and the other, and the number of rounds."""
    project.add("in-process", keywords)
    project.add("ordinary", {**keywords, **ORDINARY})
    names = ("empty", "in-process", "ordinary")
    found = in_turn([(name, lambda name=name: project.run(name)) for name in names])
    ours, theirs = (seconds_a_tenant(project, found[name], found["empty"]) for name in names[1:])
    return ours, theirs, len(found["empty"])
