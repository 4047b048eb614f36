# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say how many inputs were tried."""

from __future__ import annotations

import fuzz
import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many inputs the attacks have tried, as far as they were tried by this process."""
    for subject, tried in sorted(fuzz.TRIED.items()):
        terminalreporter.write_line(f"{tried:9,} inputs tried: {subject}")
