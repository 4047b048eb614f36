# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both ways to run a module: inside Ansible's process, and as an ordinary module."""

from __future__ import annotations

import pathlib

from project import Project, seconds_a_tenant
from rows import Row
from timing import in_turn, rounds

ORDINARY = {"environment": {"WAY": "ordinary"}}
"""Any environment makes our modules ordinary ones."""

KEY_PAIR = {"tenantops.qlik.qscloud_keypair": {"directory": "{{ folder }}"}}
CHAIN = {"tenantops.qlik.qscloud_tenant_jwt": {"variables": "tenant_jwt_"}}


def in_process(folder: pathlib.Path, keys: list[pathlib.Path]) -> Row:
    """One task over many tenants, in both ways."""
    project = Project(folder / "in-process", 50, keys)
    plays = {"in process": {"tasks": [KEY_PAIR]}, "ordinary": {"tasks": [KEY_PAIR], **ORDINARY}}
    each, count = _each(project, plays)
    measured = f"{1000 * each['in process']:.0f} ms / {1000 * each['ordinary']:.0f} ms a tenant, {rounds(count)}"
    what = f"in-process task / the same as ordinary module, {project.tenants} tenants"
    return Row(what, measured, each["in process"] / each["ordinary"], 0.1, "x")


def ordinary(folder: pathlib.Path, keys: list[pathlib.Path]) -> Row:
    """The whole chain as an ordinary module, against one that only looks at the key pair.

    It needs the same libraries, whose import takes most of the time. So a module that needs none is named, too.
    """
    project = Project(folder / "ordinary", 20, keys)
    tasks = {"chain": CHAIN, "key pair": KEY_PAIR, "ping": {"ansible.builtin.ping": {}}}
    each, count = _each(project, {name: {"tasks": [task], **ORDINARY} for name, task in tasks.items()})
    chain, key_pair, ping = (f"{1000 * each[name]:.0f} ms" for name in tasks)
    measured = f"{chain} / {key_pair} a tenant of {project.tenants} (ansible.builtin.ping: {ping}), {rounds(count)}"
    what = "unchanged tenant: qscloud_tenant_jwt / qscloud_keypair, both as ordinary modules"
    return Row(what, measured, each["chain"] / each["key pair"], 1.2, "x")


def _each(project: Project, plays: dict[str, dict[str, object]]) -> tuple[dict[str, float], int]:
    """Seconds a tenant for each play, and the number of rounds."""
    for name, keywords in plays.items():
        project.add(name, keywords)
    found = in_turn([(name, lambda name=name: project.run(name)) for name in ("empty", *plays)])
    return {name: seconds_a_tenant(project, found[name], found["empty"]) for name in plays}, len(found["empty"])
