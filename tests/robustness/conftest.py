# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where tests with hundreds of runs put their files and keys."""

from __future__ import annotations

import pathlib
import tempfile
import typing as t

import forked
import pytest
from stored import Store


@pytest.fixture
def folder_in_memory() -> t.Iterator[pathlib.Path]:
    """An empty folder on no disk, where there is such a file system; see ``forked.MEMORY``."""
    with tempfile.TemporaryDirectory(dir=forked.MEMORY) as folder:
        yield pathlib.Path(folder)


@pytest.fixture(params=["openbao", "softhsm", "kms"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A key store: two real ones, and a simulated AWS KMS."""
    running = request.getfixturevalue(request.param)
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    return running
