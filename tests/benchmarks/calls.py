# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a tenant is asked, by a simulated one."""

from __future__ import annotations

import pathlib
import sys

from project import ROLE, Project
from rows import Row

# At the end: modules of ours have the same names.
sys.path.append(str(pathlib.Path(__file__).parents[1] / "helpers"))

import simulator  # noqa: E402


def of_an_unchanged_tenant(folder: pathlib.Path, pair: pathlib.Path) -> Row:
    """The requests of a second run, which finds the tenant as it should be."""
    tenant = simulator.start()
    try:
        variables = {
            "tenant_jwt_url": tenant.url,
            "tenant_jwt_ca_path": tenant.ca_path,
            "tenant_jwt_api_key": tenant.api_key,
            "tenant_jwt_register_idp": True,
            "tenant_jwt_auto_create_groups": True,
        }
        project = Project(folder / "calls", 1, [pair], variables)
        project.add("role", ROLE)
        project.run("role", unchanged=False)
        tenant.forget_requests()
        project.run("role")
        methods = [request["method"] for request in tenant.recorded()]
    finally:
        tenant.stop()
    what = "HTTPS calls for an unchanged registered tenant"
    return Row(what, f"{', '.join(methods)} with a simulated tenant", len(methods), 2, "calls")
