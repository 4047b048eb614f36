# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants to run the chain for."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from chains import Chain
from simulator import Simulator

if t.TYPE_CHECKING:
    from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report


@pytest.fixture
def local(tmp_path: pathlib.Path) -> Chain:
    """Without a tenant to connect to."""
    return Chain(tmp_path / "keys", {}, [])


@pytest.fixture
def chain(tmp_path: pathlib.Path, simulator: Simulator) -> Chain:
    """With a simulated tenant."""
    registered = {
        "register_idp": True,
        "url": simulator.url,
        "ca_path": simulator.ca_path,
        "api_key": simulator.api_key,
        "verify_login": "changed",
    }
    return Chain(tmp_path / "keys", registered, [])


@pytest.fixture
def texts() -> t.Callable[[Report], list[str]]:
    """The sentences of the steps that changed something, or logged in."""
    return lambda report: [step.text for step in report.steps if step.changed or step.action == "log in"]
