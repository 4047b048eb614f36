# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo-vault` and `make demo-oauth` show what they promise, and leave nothing."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import openbao as bao
import pytest
from plays import environment

ROOT = pathlib.Path(__file__).parents[2]


def output(program: str, home: pathlib.Path) -> str:
    """What a program in the folder of the demonstrations prints."""
    command = [sys.executable, ROOT / "tests" / "demo" / program]
    shown = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return shown.stdout


@pytest.mark.usefixtures("openbao")
@bao.needs_cryptography
def test_a_key_in_a_store(home: pathlib.Path) -> None:
    shown = output("vault.py", home)
    assert re.findall(r"changed=(\d+)", shown) == ["1", "0"]
    last = shown.splitlines()[-1]
    assert re.fullmatch(
        r"The private key is in none of \d+ files, and not in the memory of Ansible while it logged in"
        r" \([2-9] processes, \d+ MB\)\. The same search finds it in the memory of OpenBao\.",
        last,
    )
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_client_without_a_secret(home: pathlib.Path) -> None:
    shown = output("oauth.py", home)
    # The client and the tenant, the second key, no longer the first one, nothing.
    assert re.findall(r"changed=(\d+)", shown) == ["2", "1", "1", "0"]
    machine, anna = "Ansible (tenantops.qlik)", "Anna Anderson"
    names = [re.findall(r'"([^"]+)"', part) for part in re.findall(r'"msg": \[(.*?)\]', shown, re.DOTALL)]
    assert names == [[machine, anna], [machine, anna] * 2, [machine, anna], [machine, anna]]
    # The first key, after it has been removed from the client.
    assert len(re.findall(r'"refused\.msg": ".*401', shown)) == 2
    issued = r"The tenant has issued \d+ access tokens, each for a signed assertion\. The client has no secret\."
    assert re.fullmatch(issued, shown.splitlines()[-1])
    assert [path for path in home.rglob("*") if path.is_file()] == []
