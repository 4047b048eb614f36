# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of ``ansible-test integration``, in both ways that a module runs."""

from __future__ import annotations

import pathlib

import pytest
from plays import MODES, play

TARGETS = pathlib.Path(__file__).parent / "targets"


@pytest.mark.parametrize("target", sorted(path.name for path in TARGETS.iterdir()))
def test_target(run_playbook, mode, tmp_path, target):
    variables = {"output_dir": str(tmp_path / "project")}
    include = {"ansible.builtin.include_role": {"name": str(TARGETS / target)}, "vars": variables}
    run = run_playbook([play(include, **MODES[mode])], "-v")
    assert ("runs as an ordinary module" in run.output) == (mode == "ordinary")
