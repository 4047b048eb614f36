# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look whether the tests can run at all, and only then import what they share."""

from __future__ import annotations

import installed
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures, which need what only `make` installs.

    :raises pytest.UsageError: if it is not installed; it says what to run first.
    """
    if reason := installed.missing():
        raise pytest.UsageError(reason)
    for plugin in ("key_fixtures", "playbook_fixtures"):
        config.pluginmanager.import_plugin(plugin)
