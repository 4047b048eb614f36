# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants: a first run and one that changes nothing, broken tenants, and runs that are cut off."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest
from fleet import FILES, Fleet, counters, failed_hosts, numbers, with_status

pytestmark = pytest.mark.thorough

TENANTS = int(os.environ.get("FLEET_TENANTS", "12"))
"""`make fleet` takes a thousand."""

NAMES = [f"t{number:04d}.eu.qlikcloud.com" for number in range(TENANTS)]

PATIENCE = 15
"""Seconds in which a run has to end after a signal: more than any task takes."""


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory, module_home):
    """Tenants after their first run, and that run."""
    fleet = Fleet(tmp_path_factory.mktemp("provisioned"), module_home, {name: {} for name in NAMES})
    return fleet, fleet.run()


@pytest.fixture
def fleet(provisioned, tmp_path, home):
    """Tenants like them, which a test may break."""
    copy = Fleet(tmp_path, home, {name: {} for name in NAMES})
    shutil.copytree(provisioned[0].folder / "keys", tmp_path / "keys")
    return copy


def assert_consistent(fleet, names=NAMES):
    """Every tenant has its three files, with their modes, and the certificate is one for the private key."""
    for name in names:
        private_key, public_key, certificate = (fleet.keys(name) / file for file in FILES)
        assert private_key.stat().st_mode & 0o777 == 0o600
        assert sorted(path.name for path in fleet.keys(name).iterdir()) == sorted(FILES)
        commands = (("pkey", "-in", private_key, "-pubout"), ("x509", "-in", certificate, "-noout", "-pubkey"))
        for command in commands:
            found = subprocess.run(["openssl", *command], check=True, capture_output=True, text=True).stdout
            assert found == public_key.read_text()


def test_first_run(provisioned):
    fleet, run = provisioned
    assert run.returncode == 0
    assert numbers(run) == (TENANTS, 0, TENANTS, 0)
    assert with_status(run, "changed") == {name: [f"wrote {file}: it was missing" for file in FILES] for name in NAMES}
    assert failed_hosts(run) == [] and "Failed:" not in run.output and "--limit" not in run.output
    assert_consistent(fleet, NAMES[:: max(1, TENANTS // 20)])


def test_unchanged(provisioned):
    fleet, dummy = provisioned
    before = fleet.contents()
    run = fleet.run()
    assert numbers(run) == (TENANTS, TENANTS, 0, 0)
    assert failed_hosts(run) == [] and "[WARNING]" not in run.output
    assert fleet.contents() == before
    # A line for each task, and none for each tenant, before the tasks that save the recap.
    assert "eu.qlikcloud.com" not in run.output.split("TASK [Run the tasks for the recap]")[0]


def test_five_broken_ones(fleet):
    broken = NAMES[:: TENANTS // 5][:5]
    for name in broken:
        (fleet.keys(name) / "privatekey.pem").write_text("garbage\n")
    (fleet.keys(NAMES[1]) / "publickey.cer").unlink()
    before = fleet.contents()
    run = fleet.run()
    assert numbers(run) == (TENANTS, TENANTS - 6, 1, 5)
    failed = with_status(run, "failed")
    assert list(failed) == failed_hosts(run) == broken
    assert f"\n  --limit {','.join(broken)}\n" in run.output
    assert not any(its["ignored"] for its in counters(run).values())
    for name, reason in failed.items():
        assert f"{fleet.keys(name)}/privatekey.pem is not a private key in PEM form" in reason
        assert f"\n{name}: failed: {reason}\n" in run.output
    assert list(with_status(run, "changed")) == [NAMES[1]]
    after = fleet.contents()
    assert set(after) - set(before) == {str(fleet.keys(NAMES[1]) / "publickey.cer")}
    assert {path: after[path] for path in before} == before


def test_a_whole_batch_that_is_broken(fleet):
    batch = max(2, TENANTS // 10)
    for name in NAMES[batch : 2 * batch]:
        (fleet.keys(name) / "privatekey.pem").chmod(0)
        (fleet.keys(name) / "privatekey.pem").write_text("garbage\n")
    for name in (NAMES[0], NAMES[-1]):
        (fleet.keys(name) / "publickey.cer").unlink()
    run = fleet.run("-e", f"provision_batch={batch}")
    assert numbers(run) == (TENANTS, TENANTS - batch - 2, 2, batch)
    assert list(with_status(run, "failed")) == failed_hosts(run) == NAMES[batch : 2 * batch]
    assert list(with_status(run, "changed")) == [NAMES[0], NAMES[-1]]


def test_all_of_them_broken(fleet):
    run = fleet.run("-e", "tenant_jwt_expires_in=soon", "-e", "provision_batch=50%")
    assert numbers(run) == (TENANTS, 0, 0, TENANTS)
    assert failed_hosts(run) == NAMES
    assert all("expires_in is 'soon'" in reason for reason in with_status(run, "failed").values())


def test_check_mode(tmp_path, home):
    fleet = Fleet(tmp_path, home, {name: {} for name in NAMES[:3]})
    run = fleet.run("--check")
    assert run.returncode == 0
    assert numbers(run) == (3, 0, 3, 0)
    would_write = [f"would write {name}: it is missing" for name in FILES]
    assert with_status(run, "changed") == dict.fromkeys(NAMES[:3], would_write)
    assert "\nWould change:\n" in run.output
    assert not (tmp_path / "keys").exists()


def interrupt(fleet, number, process):
    """Send a signal to the controller as soon as a third of the tenants have keys, and wait for its end.

    What Ctrl-C sends goes to the whole group, as a terminal sends it, and again, as people do, if it was in vain: Ansible
    waits for ever if it comes while a worker process is started, or while one writes its result, whatever the task is.
    """
    while len(list(fleet.folder.glob("keys/*/publickey.cer"))) < TENANTS / 3:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    send, times = (os.killpg, 5) if number == signal.SIGINT else (os.kill, 1)
    for dummy in range(times):
        send(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=PATIENCE)
            return
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    raise AssertionError("the run has not ended after a signal")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_next_run_completes_one_that_was_cut_off(tmp_path, home, number):
    fleet = Fleet(tmp_path, home, {name: {} for name in NAMES})
    # With few forks, so that a third is not followed by the rest at once.
    interrupt(fleet, number, fleet.start(forks=3))
    left = fleet.contents()
    done = {path for path in left if path.endswith(".pem") and ".tmp" not in path}
    assert 0 < len(list(tmp_path.glob("keys/*/publickey.cer"))) < TENANTS
    run = fleet.run()
    assert run.returncode == 0
    as_they_were, changed = numbers(run)[1:3]
    assert as_they_were + changed == TENANTS and as_they_were >= TENANTS // 4 and changed
    after = fleet.contents()
    assert {path: after[path] for path in done} == {path: left[path] for path in done}
    assert_consistent(fleet)
    assert numbers(fleet.run()) == (TENANTS, TENANTS, 0, 0)
