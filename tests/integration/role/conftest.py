# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role, and one simulated tenant to run it for."""

from __future__ import annotations

import pytest
from side_by_side import Runner, Tenant


@pytest.fixture
def runner(tmp_path, home):
    """What runs the role, in a folder of the test's own."""
    return Runner(tmp_path, home)


@pytest.fixture
def tenant(runner, simulator):
    """The tenant."""
    return Tenant("acme.eu.qlikcloud.com", simulator, simulator.url, runner.project)
