# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run tests with what the collection supports, the rows of matrix.yml, and print a table of how it went."""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

import matrix
from environments import ROOT, Unavailable, target_python, variables, versions

HEADINGS = ("what", "ansible-core", "Python", "cryptography", "PyJWT", "result")


def main() -> int:
    """Run the rows, and return whether one has failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="only the rows that are marked so")
    parser.add_argument("--only", metavar="TEXT", default="", help="only the rows with this text in their heading")
    arguments = parser.parse_args()

    everything = matrix.read()
    senders = {row.core: row for row in everything if isinstance(row, matrix.Controller) and row.libraries == "newest"}
    table = []
    for row in everything:
        heading = f"{row.name}, ansible-core {row.core}, Python {row.python}"
        if arguments.only in heading and (row.short or not arguments.short):
            print(f"\n== {heading}", flush=True)
            found, result = run(row, senders[row.core])
            table.append((row.name, row.core, *found, result))
    print_table(table)
    return int(not table or any(row[-1].startswith("FAILED") for row in table))


def run(row: matrix.Controller | matrix.Target, sender: matrix.Controller) -> tuple[tuple[str, str, str], str]:
    """Run the tests of a row.

    :param sender: the Ansible that sends modules to a target.
    :returns: the versions of its Python and its libraries, and how it went.
    """
    environment = dict(os.environ)
    found, start = (row.python, "", ""), time.monotonic()
    try:
        if isinstance(row, matrix.Target):
            settings = variables(sender)
            environment["TARGET_PYTHON"] = python = target_python(row)
        else:
            settings = variables(row)
            python = str(pathlib.Path(settings["VENV"]) / "bin" / "python")
    except Unavailable as reason:
        return found, f"skipped: {reason}"
    except subprocess.CalledProcessError as error:
        return found, f"FAILED: {error}"
    passed, summary = make_test(settings, row.tests, environment)
    found = versions(python)
    if isinstance(row, matrix.System) and found[1:] != (row.cryptography, row.pyjwt):
        return found, "FAILED: matrix.yml has other versions"
    return found, f"{'passed' if passed else 'FAILED'}: {summary}, {(time.monotonic() - start) / 60:.1f} min"


def make_test(settings: dict[str, str], tests: tuple[str, ...], environment: dict[str, str]) -> tuple[bool, str]:
    """Run ``make pytest``; return whether it has passed, and what pytest says at its end."""
    command = ["make", "pytest", *(f"{name}={value}" for name, value in settings.items()), f"TESTS={shlex.join(tests)}"]
    summary = "it did not come to the tests"
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if match := re.fullmatch(r"=+ (.*(?:passed|failed|error|deselected).*) in [0-9.]+s.* =+", line.strip()):
                summary = match[1]
    return process.returncode == 0, re.sub(r", \d+ deselected", "", summary)


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Print the rows below their headings."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    print()
    for row in (HEADINGS, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
