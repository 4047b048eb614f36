# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the programs in tests/qlik_clients, with the libraries that they need."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "qlik_clients"
NODE_MODULES = ROOT / ".build" / "npm"

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not on this machine"
)


def run(name: str, order: dict[str, t.Any], ca_path: str = "") -> t.Any:
    """Run one for Node, and return what it saw.

    :param order: what it is asked to do.
    :param ca_path: the certificate of the CA that it trusts, if it reaches a tenant.
    """
    return run_script((CLIENTS / name).read_text(), {"NODE_EXTRA_CA_CERTS": ca_path, "ORDER": json.dumps(order)})


def run_script(script: str, environment: dict[str, str]) -> t.Any:
    """Run a script for Node, and return its standard output, which is JSON."""
    assert NODE_MODULES.exists(), "make .build/npm/stamp"
    # From standard input, so that what it imports is looked for in the working folder.
    return finished(["node", "--input-type=module", "-"], environment, input=script, cwd=NODE_MODULES)


def finished(command: list[t.Any], environment: dict[str, str], **keywords: t.Any) -> t.Any:
    """Run a program, and return its standard output, which is JSON."""
    environment = {"PATH": os.environ["PATH"], **environment}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **keywords)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
