# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo-vault` shows what it promises, and leaves nothing."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import openbao as bao
import pytest
from plays import environment

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.usefixtures("openbao")
@bao.needs_cryptography
def test_a_key_in_a_store(home: pathlib.Path) -> None:
    command = [sys.executable, ROOT / "tests" / "demo" / "vault.py"]
    shown = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.findall(r"changed=(\d+)", shown.stdout) == ["1", "0"]
    last = shown.stdout.splitlines()[-1]
    assert re.fullmatch(
        r"The private key is in none of \d+ files, and not in the memory of Ansible while it logged in"
        r" \([2-9] processes, \d+ MB\)\. The same search finds it in the memory of OpenBao\.",
        last,
    )
    assert [path for path in home.rglob("*") if path.is_file()] == []
