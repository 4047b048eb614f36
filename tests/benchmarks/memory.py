# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our modules take of another machine's memory."""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys

from rows import Row
from timing import ROUNDS

MODULES = "ansible_collections.tenantops.qlik.plugins.modules"


def modules(folder: pathlib.Path) -> list[Row]:
    """The peak of a module in a process of its own, as on another machine."""
    options = {
        "qscloud_keypair": {"directory": str(folder / "memory")},
        "qscloud_jwt": {"private_key_path": str(folder / "memory/privatekey.pem"), "issuer": "acme", "subject": "x"},
    }
    rows = []
    for module, arguments in options.items():
        peaks = []
        for _round in range(ROUNDS):
            with subprocess.Popen(
                [sys.executable, "-m", f"{MODULES}.{module}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as process:
                process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
                process.stdin.close()
                assert b"certificate" in (output := process.stdout.read()) or b"token" in output, output
                peaks.append(os.wait4(process.pid, 0)[2].ru_maxrss / 1024)
                process.returncode = 0
        rows.append(Row(f"peak memory of {module}", f"{ROUNDS} runs", statistics.median(peaks), 80, "MiB"))
    return rows
