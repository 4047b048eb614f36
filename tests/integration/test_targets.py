# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of ``ansible-test integration``, in both ways that a module runs."""

from __future__ import annotations

import pathlib

import pytest
from plays import MODES, play, playbook_runner
from shared_run import PIPELINING, sections

# They need community.crypto.
pytestmark = pytest.mark.thorough

TARGETS = sorted(path.name for path in (pathlib.Path(__file__).parent / "targets").iterdir())


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, module_home, mode):
    """What Ansible printed for each target. A target that fails does not keep the others from running."""
    base = tmp_path_factory.mktemp("targets")
    run = playbook_runner(base, module_home)
    plays = []
    for target in TARGETS:
        folder = base / "project" / target
        folder.mkdir()
        role = str(pathlib.Path(__file__).parent / "targets" / target)
        include = {"ansible.builtin.include_role": {"name": role}, "vars": {"output_dir": str(folder)}}
        done = {"ansible.builtin.debug": {"msg": f"{target} has passed"}}
        failed = {"ansible.builtin.debug": {"msg": f"{target} has failed"}}
        plays.append(play({"block": [include, done], "rescue": [failed]}, name=target, **MODES[mode]))
    return sections(run(plays, "-v", env=PIPELINING).output, "PLAY")


@pytest.mark.parametrize("target", TARGETS)
def test_target(outputs, mode, target):
    assert f"{target} has passed" in outputs[target], outputs[target]
    assert ("runs as an ordinary module" in outputs[target]) == (mode == "ordinary")
