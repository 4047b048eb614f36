# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our modules take of another machine's memory."""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import sys

from rows import Row
from timing import ROUNDS

MODULES = "ansible_collections.tenantops.qlik.plugins.modules"

WATCHED = """
import atexit, re, runpy, sys
peak = lambda: print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
atexit.register(peak)
runpy.run_module(sys.argv.pop(), run_name="__main__")
"""
"""Runs a module, and tells its peak at the end. The usage that :func:`os.wait4` tells is no help: it begins with what
this program had when it started the process."""


def modules(folder: pathlib.Path) -> list[Row]:
    """The peak of a module in a process of its own, as on another machine."""
    options = {
        "qscloud_keypair": {"directory": str(folder / "memory")},
        "qscloud_jwt": {"private_key_path": str(folder / "memory/privatekey.pem"), "issuer": "acme", "subject": "x"},
    }
    rows = []
    for module, arguments in options.items():
        what = f"peak memory of {module}"
        if not pathlib.Path("/proc/self/status").exists():
            rows.append(Row(what, "this system has no /proc", None, 80, "MiB"))
            continue
        command = [sys.executable, "-c", WATCHED, f"{MODULES}.{module}"]
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
        peaks = []
        for _round in range(ROUNDS):
            run = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
            assert "certificate" in run.stdout or "token" in run.stdout, run.stdout
            peaks.append(int(run.stderr.split()[-1]) / 1024)
        rows.append(Row(what, f"{ROUNDS} runs", statistics.median(peaks), 80, "MiB"))
    return rows
