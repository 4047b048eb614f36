# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection costs, against the bare cryptography, ordinary modules and other tools, measured in one run.

Prints one table, and writes it to .build/bench.json. Each figure is a median of at least five, or of as many runs as
take five minutes, which the table says; the limits of times are on ratios, since machines differ. What is compared runs
in turn, and Ansible's start-up is not counted: it is that of an empty play on the same inventory.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile

import bare
import calls
import first_run
import fleet
import key_store
import machine
import memory
import peers
import rows
import tokens
import ways
import worker


def main() -> int:
    """Measure, print, and say by the exit code whether every limit was kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = measure(folder)
        split = fleet.split(folder, bare.folders(folder))
    where = machine.describe()
    print(f"{machine.sentence(where)}\n\n{rows.markdown(found)}\n")
    print("The role's time for an unchanged tenant: " + ", ".join(f"{task} {ms:.0f} ms" for task, ms in split.items()))
    result = {"machine": where, "rows": [row.json() for row in found], "split": split}
    (peers.BUILD / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    return any(row.kept is False for row in found)


def measure(folder: pathlib.Path) -> list[rows.Row]:
    """All rows. The first one makes the key pairs that the others use."""
    pairs = bare.folders(folder)
    return [
        bare.key_pair(folder),
        bare.unchanged(pairs[0]),
        bare.signing(pairs[0]),
        key_store.signing(folder),
        worker.own_work(pairs[0]),
        ways.in_process(folder, pairs),
        ways.ordinary(folder, pairs),
        *memory.modules(folder),
        *fleet.against_community_crypto(folder, pairs),
        *tokens.against_others(folder, pairs[0]),
        first_run.against_generation(folder),
        *fleet.growing(folder, pairs),
        calls.of_an_unchanged_tenant(folder, pairs[0]),
        calls.of_the_status(folder, pairs),
    ]


if __name__ == "__main__":
    sys.exit(main())
