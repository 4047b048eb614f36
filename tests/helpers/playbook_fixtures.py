# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks in folders of their own, and simulated tenants."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import bad_input
import installed
import key_stores
import kms as aws_kms
import material as key_material
import openbao as bao
import pytest
import shared_run
import simulator as tenant_simulator
import softhsm as hsm
from plays import Run, new_home, playbook_runner
from tenant_client import Client, Pair


@pytest.fixture
def home() -> t.Iterator[pathlib.Path]:
    """A home directory and a temporary folder that belong to one test, to look for what is left there."""
    yield from new_home()


@pytest.fixture(scope="module")
def module_home() -> t.Iterator[pathlib.Path]:
    """The same for all tests of a file."""
    yield from new_home()


@pytest.fixture
def run_playbook(tmp_path: pathlib.Path, home: pathlib.Path) -> t.Callable[..., Run]:
    """Run plays, or a playbook by name, in an empty folder of the test's own."""
    return playbook_runner(tmp_path, home)


@pytest.fixture(params=["in-process", pytest.param("ordinary", marks=pytest.mark.thorough)], scope="module")
def mode(request: pytest.FixtureRequest) -> str:
    """Both ways in which a module runs: see :data:`plays.MODES`. For `make test`, the first one is enough."""
    return request.param


@pytest.fixture(scope="module")
def run_together(
    tmp_path_factory: pytest.TempPathFactory, module_home: pathlib.Path, mode: str
) -> t.Callable[..., shared_run.Together]:
    """Run many tasks in one playbook, in both ways: see :func:`shared_run.run_together`."""
    run = shared_run.runner(tmp_path_factory.mktemp("together"), module_home)
    return functools.partial(shared_run.run_together, run, mode)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Keys and certificates in good and in bad order, by what is special about them."""
    return key_material.make(tmp_path_factory.mktemp("material"))


@pytest.fixture(scope="module")
def ask(
    tmp_path_factory: pytest.TempPathFactory, module_home: pathlib.Path, mode: str, material: dict[str, str]
) -> t.Iterator[t.Callable[..., dict[str, bad_input.Answer]]]:
    """Run one task for each case and return the answers by name: see :func:`bad_input.asking`."""
    with bad_input.asking(tmp_path_factory.mktemp("cases"), module_home, mode, material) as ask_all:
        yield ask_all


@pytest.fixture(scope="session")
def running_simulator() -> t.Iterator[tenant_simulator.Simulator]:
    """Three simulated tenants, for all tests of a process."""
    running = tenant_simulator.start("--tenants=3")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def openbao(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[bao.OpenBao]:
    """A real server with a transit engine, for all tests of a process."""
    if not bao.program():
        installed.report_missing(pytestconfig, "OpenBao", "make .venv/test-all.stamp")
    running = bao.start(tmp_path_factory.mktemp("openbao"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def kms(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[aws_kms.Kms]:
    """A simulated AWS KMS, for all tests of a process."""
    if not aws_kms.is_installed():
        installed.report_missing(pytestconfig, "moto with boto3", "make .venv/test-all.stamp")
    running = aws_kms.start(tmp_path_factory.mktemp("kms"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def softhsm(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> hsm.SoftHsm:
    """A folder for tokens, for all tests of a process."""
    if not hsm.module_path():
        installed.report_missing(pytestconfig, "SoftHSM", "apt-get install softhsm2, or make .build/debian/stamp")
    return hsm.SoftHsm(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture(params=key_stores.FIXTURES)
def key_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> key_stores.KeyStore:
    """Each key store, one after the other. This process may use it, too."""
    store = request.getfixturevalue(request.param)
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return store


@pytest.fixture
def simulator(running_simulator: tenant_simulator.Simulator) -> tenant_simulator.Simulator:
    """Simulated tenants that are as if they were new."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def client(simulator: tenant_simulator.Simulator) -> Client:
    """A client of the first tenant."""
    return Client(simulator.url, simulator.ca_path, simulator.api_key)


@pytest.fixture(scope="session")
def pair() -> Pair:
    """A key, for what needs no special one."""
    return Pair.generate()


@pytest.fixture(scope="session")
def other_pair() -> Pair:
    """Another key."""
    return Pair.generate()
