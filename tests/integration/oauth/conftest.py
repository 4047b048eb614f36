# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated tenants to run the role tenant_oauth for."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import simulator as tenant_simulator
from oauth_fleet import Fleet
from simulator import Simulator


@pytest.fixture
def fleet(tmp_path: pathlib.Path, home: pathlib.Path, simulator: Simulator) -> Fleet:
    """Three tenants."""
    return Fleet(tmp_path, home, simulator)


@pytest.fixture(scope="module")
def fifty(tmp_path_factory: pytest.TempPathFactory, module_home: pathlib.Path) -> t.Iterator[Fleet]:
    """Fifty tenants."""
    region = tenant_simulator.start("--tenants=50")
    yield Fleet(tmp_path_factory.mktemp("fifty"), module_home, region)
    region.stop()
