# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first run for tenants that have no keys yet, against nothing but generating the keys on the same processors."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import shutil
import statistics
import time

from cryptography.hazmat.primitives.asymmetric import rsa
from project import ROLE, Project
from rows import Row
from timing import in_turn, rounds

TENANTS = 40
HERE = pathlib.Path(__file__).parent


def against_generation(folder: pathlib.Path) -> Row:
    """The ratio of the two, had both had the same luck with primes.

    Some keys take several times as long as others, so that the sums of forty differ, too. So each side's seconds are
    divided by the processor time that its own keys took to generate, which is measured within.
    """
    processes = os.cpu_count() or 1
    project = Project(folder / "first", TENANTS, forks=processes)
    project.add("role", ROLE)
    found = in_turn([("ours", lambda: _role(project)), ("theirs", lambda: _pool(processes))])
    ours, theirs = (statistics.median(whole / keys for whole, keys in found[name]) for name in ("ours", "theirs"))
    sides = (
        f"{statistics.median(run[0] for run in runs):.1f} s, keys {statistics.median(run[1] for run in runs):.1f} s"
        for runs in found.values()
    )
    measured = f"{' / '.join(sides)} of processor time, {processes} forks, {rounds(len(found['ours']))}"
    return Row(f"first run of {TENANTS} tenants / bare generation of their keys", measured, ours / theirs, 1.5, "x")


def _role(project: Project) -> tuple[float, float]:
    """Seconds of a first run, less start-up, and those of the processor in which keys were generated."""
    clock = project.folder / "clock"
    environment = {"PYTHONPATH": str(HERE / "generation_clock"), "GENERATION_CLOCK": str(clock)}
    empty = project.run("empty", environment=environment)
    run = project.run("role", unchanged=False, environment=environment)
    keys = [float(line) for line in clock.read_text().split()]
    assert len(keys) == TENANTS, keys
    shutil.rmtree(project.folder / "keys")
    clock.unlink()
    return run.seconds - empty.seconds, sum(keys)


def _pool(processes: int) -> tuple[float, float]:
    """The same for nothing but the keys; the processes have started before."""
    with multiprocessing.Pool(processes) as pool:
        pool.map(abs, range(processes))
        begin = time.perf_counter()
        keys = pool.map(_generate, range(TENANTS), chunksize=1)
        return time.perf_counter() - begin, sum(keys)


def _generate(_number: int) -> float:
    begin = time.thread_time()
    rsa.generate_private_key(public_exponent=65537, key_size=4096)
    return time.thread_time() - begin
