# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of simulated tenants: how often, and how long it takes if they are slow."""

from __future__ import annotations

import pathlib
import statistics
import sys

from project import FORKS, PROVISION, ROLE, STATUS, Project
from rows import Row
from timing import in_turn, rounds

# At the end: modules of ours have the same names.
sys.path.append(str(pathlib.Path(__file__).parents[1] / "helpers"))

import simulator  # noqa: E402

REGISTERED = 1000
LATENCY_MS = 50


def of_an_unchanged_tenant(folder: pathlib.Path, pair: pathlib.Path) -> Row:
    """The requests of a second run, which finds the tenant as it should be."""
    tenant = simulator.start()
    try:
        project = Project(folder / "calls", 1, [pair], _variables(tenant), own=[{"tenant_jwt_url": tenant.url}])
        project.add("role", ROLE)
        project.run("role", unchanged=False)
        tenant.forget_requests()
        project.run("role")
        methods = [request["method"] for request in tenant.recorded()]
    finally:
        tenant.stop()
    what = "HTTPS calls for an unchanged registered tenant"
    return Row(what, f"{', '.join(methods)} with a simulated tenant", len(methods), 2, "calls")


def of_the_status(folder: pathlib.Path, pairs: list[pathlib.Path]) -> Row:
    """Look at many registered tenants, against a run that changes nothing. Both include Ansible's start-up."""
    region = simulator.start(f"--tenants={REGISTERED}", f"--latency-ms={LATENCY_MS}", "--set=rate_limits=true")
    try:
        own = [{"tenant_jwt_url": url} for url in region.urls]
        project = Project(folder / "status", REGISTERED, pairs, _variables(region), own=own)
        project.run(PROVISION, unchanged=False)
        found = in_turn([(name, lambda name=name: project.run(name)) for name in (STATUS, PROVISION)])
    finally:
        region.stop()
    status, provision = (statistics.median(run.seconds for run in found[name]) for name in (STATUS, PROVISION))
    count = rounds(len(found[STATUS]))
    measured = f"{status:.0f} s / {provision:.0f} s, answers after {LATENCY_MS} ms, {FORKS} forks, {count}"
    what = f"status of {REGISTERED} registered tenants / unchanged provision"
    return Row(what, measured, status / provision, 1.3, "x")


def _variables(region: simulator.Simulator) -> dict[str, object]:
    return {
        "tenant_jwt_ca_path": region.ca_path,
        "tenant_jwt_api_key": region.api_key,
        "tenant_jwt_register_idp": True,
        "tenant_jwt_auto_create_groups": True,
    }
