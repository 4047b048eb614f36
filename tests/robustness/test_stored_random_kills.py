# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs with a key in a key store, killed at random moments: modules, and a whole playbook with the role.

Not with SoftHSM, which may lose all of its keys then: see ``kill_at_change_of_token`` in ``test_stored_keys.py``.

KILLS: how many in all, 100 if it is not given. SEED: the seed that a failed test has printed.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import subprocess
import time
import typing as t

import forked
import openbao as bao
import plays
import pytest
import stored
import yaml
from simulator import Simulator
from stored import TENANT_RUNS, Pair, Store, Tenant

KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", random.randrange(10**9)))
PAIR_RUNS: dict[str, dict[str, t.Any]] = {"creation": {}, "renewal": {"valid_days": 400}}
ROLE = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}

pytestmark = bao.needs_cryptography


def kill_at_random(new: t.Callable[[], stored.Subject], what: str, options: dict[str, t.Any], kills: int) -> None:
    """Kill runs at any moment of the time that a complete one takes."""
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} {what}")
    durations, killed = [], 0
    while killed < kills:
        subject = new()
        if what != "creation":
            assert subject.run().result["changed"]
        # The time to create a key in the store varies a lot.
        delay = dice.uniform(0, max(durations, default=0.5))
        started = time.monotonic()
        finished = subject.run(forked.kill_after(delay), **options)
        print(f"{what}: {'killed' if finished.signal else 'completed'} after {delay:.4f} seconds")
        if not finished.signal:
            durations = [*durations[-4:], time.monotonic() - started]
        killed += bool(finished.signal)
        subject.check_what_is_left()
        assert not subject.run(**options).result.get("failed")
        subject.check()
        assert not subject.run(**options).result["changed"]


@pytest.mark.parametrize("what", PAIR_RUNS)
@pytest.mark.parametrize(("store", "tenths"), [("openbao", 3), ("kms", 1)], indirect=["store"])
def test_keypair(store: Store, folder_in_memory: pathlib.Path, what: str, tenths: int) -> None:
    kill_at_random(lambda: Pair(store, folder_in_memory), what, PAIR_RUNS[what], -(-KILLS * tenths // 10))


@pytest.mark.parametrize("store", ["openbao"], indirect=True)
@pytest.mark.parametrize("what", TENANT_RUNS)
def test_tenant(store: Store, simulator: Simulator, folder_in_memory: pathlib.Path, what: str) -> None:
    def new() -> Tenant:
        simulator.reset()
        return Tenant(store, folder_in_memory, simulator)

    kill_at_random(new, what, TENANT_RUNS[what], -(-KILLS // 10))


# ---- A playbook


def playbook(project: pathlib.Path, tenants: t.Sequence[Tenant], changes: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Write the inventory of the tenants, and return a play for them."""
    hosts = {}
    for number, tenant in enumerate(tenants):
        tenant.prefixes = [key["prefix"] for key in changes.get("keys", [{"prefix": ""}])]
        options = tenant.options(tenant=f"tenant-{number}.eu.qlikcloud.com", **changes)
        hosts[f"tenant-{number}"] = {f"tenant_jwt_{name}": value for name, value in options.items()}
    (project / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts}}))
    return [plays.play(ROLE, hosts="tenants")]


def new_tenants(store: Store, simulator: Simulator, folder: pathlib.Path) -> list[Tenant]:
    """Several tenants."""
    simulator.reset()
    return [Tenant(store, folder, simulator, url) for url in simulator.urls]


@pytest.fixture(scope="module")
def duration(
    openbao: bao.OpenBao,
    running_simulator: Simulator,
    tmp_path_factory: pytest.TempPathFactory,
    module_home: pathlib.Path,
) -> float:
    """How many seconds a complete run of the playbook takes."""
    base = tmp_path_factory.mktemp("duration")
    run, project = plays.playbook_runner(base, module_home), base / "project"
    content = playbook(project, new_tenants(openbao, running_simulator, project), {})
    started = time.monotonic()
    run(content, "-i", "inventory.yml")
    return time.monotonic() - started


@pytest.mark.parametrize("what", TENANT_RUNS)
def test_playbook(
    openbao: bao.OpenBao,
    simulator: Simulator,
    duration: float,
    run_playbook: t.Callable[..., plays.Run],
    tmp_path: pathlib.Path,
    home: pathlib.Path,
    what: str,
) -> None:
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} playbook {what}")
    project = tmp_path / "project"
    for number in range(-(-KILLS // 30)):
        tenants = new_tenants(openbao, simulator, project / str(number))
        if what != "creation":
            run_playbook(playbook(project, tenants, {}), "-i", "inventory.yml")
        (killed,) = playbook(project, tenants, TENANT_RUNS[what])
        (project / "playbook.yml").write_text(yaml.safe_dump([killed]))
        command = [plays.ANSIBLE_PLAYBOOK, "-i", "inventory.yml", "playbook.yml"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=project, env=plays.environment(home), **quiet)
        # What comes before takes a third of the time, and changes nothing.
        moment = dice.uniform(duration / 3, duration)
        print(f"{number}: {what}, killed after {moment:.3f} seconds")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        plays.kill_all(home)
        process.wait()
        for tenant in tenants:
            tenant.check_what_is_left()

        run = run_playbook([killed, {**killed, "name": "Again"}], "-i", "inventory.yml")
        assert "changed: [" not in run.output.partition("PLAY [Again]")[2].partition("PLAY RECAP")[0]
        for tenant in tenants:
            tenant.check([other for other in tenants if other is not tenant])
