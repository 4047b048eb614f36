# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant to run the chain for."""

from __future__ import annotations

import pathlib

import pytest
from oauth_chains import Chain
from simulator import Simulator


@pytest.fixture
def oauth(tmp_path: pathlib.Path, simulator: Simulator) -> Chain:
    """A simulated tenant, and a folder for the keys of an OAuth client."""
    connected = {"url": simulator.url, "ca_path": simulator.ca_path}
    return Chain(tmp_path / "keys", connected, {"api_key": simulator.api_key}, [])
