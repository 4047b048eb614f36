# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key store fails at each request of the chain: nothing is half done, and the next run finishes."""

from __future__ import annotations

import itertools
import pathlib
import shutil
import typing as t

import openbao as bao
import pytest
from joserfc import jwk
from store_proxy import FAULTS, Proxy

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault

if t.TYPE_CHECKING:
    from simulator import Simulator
    from tenant_client import Client

NUMBERS = itertools.count()
MOST = 20
"""More requests than any of these runs sends to the store."""

OLD = {"prefix": "", "state": "current"}
NEW = {"prefix": "new_", "state": "current"}
INTRODUCED = [NEW, {"prefix": "", "state": "retiring"}]
RETIRED = [NEW, {"prefix": "", "state": "absent"}]

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


class Moment(t.NamedTuple):
    """Runs before the store fails, the run while it does, and which keys are in the tenant then."""

    before: list[list[dict[str, t.Any]]]
    keys: list[dict[str, t.Any]]
    without_files: bool = False
    changes: dict[str, t.Any] = {}
    at_first: tuple[str, ...] = ()
    in_the_end: tuple[str, ...] = ()


MOMENTS = {
    "first run": Moment([], [OLD], in_the_end=("",)),
    "renewal": Moment([[OLD]], [OLD], changes={"certificate_days": 400}, at_first=("",), in_the_end=("",)),
    "without files": Moment([[OLD]], [OLD], True, at_first=("",), in_the_end=("",)),
    "introduction": Moment([[OLD]], INTRODUCED, at_first=("",), in_the_end=("", "new_")),
    "retirement": Moment([[OLD], INTRODUCED], RETIRED, at_first=("", "new_"), in_the_end=("new_",)),
    "retirement without files": Moment([[OLD], INTRODUCED], RETIRED, True, at_first=("", "new_"), in_the_end=("new_",)),
}


@pytest.fixture(scope="module")
def proxy(openbao: bao.OpenBao) -> t.Iterator[Proxy]:
    """Stands before the server."""
    running = Proxy(openbao)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between attempts."""
    monkeypatch.setattr(hashivault.Key.__init__, "__defaults__", (lambda seconds: None,))


def stored_keys(openbao: bao.OpenBao, name: str) -> dict[str, list[str]]:
    """The key ids of each version of the keys in the store, by prefix."""
    found = {}
    for prefix in {"", "new_"} & {one.removesuffix(name) for one in openbao.key_names() if one.endswith(name)}:
        versions = openbao.ask("GET", f"transit/keys/{prefix}{name}")["data"]["keys"]
        found[prefix] = [jwk.RSAKey.import_key(its["public_key"]).thumbprint() for its in versions.values()]
    return found


def registered(simulator: Simulator) -> set[str]:
    """The key ids of the identity providers, each of which has one of its own."""
    found = [one["options"]["staticKeys"][0]["kid"] for one in simulator.jwt_providers()]
    assert len(set(found)) == len(found)
    return set(found)


def partial(path: pathlib.Path) -> list[str]:
    """Files that a run left unfinished."""
    return [file.name for file in path.glob("*.tmp*")] if path.exists() else []


CASES = [
    (name, fault)
    for name in MOMENTS
    for fault in FAULTS
    if fault == "away" or name in ("first run", "retirement without files")
]


@pytest.mark.parametrize(("name_of_moment", "fault"), CASES)
def test_a_store_that_fails(
    chain, openbao: bao.OpenBao, proxy: Proxy, simulator: Simulator, client: Client, name_of_moment: str, fault: str
) -> None:
    moment = MOMENTS[name_of_moment]
    for number in range(1, MOST):
        simulator.reset()
        shutil.rmtree(chain.folder, ignore_errors=True)
        name = f"fails-{next(NUMBERS)}"
        options = {**chain.registered, **proxy.options, "private_key_uri": f"hashivault://{{prefix}}{name}"}
        proxy.recover()
        for keys in moment.before:
            chain.run(**options, keys=keys)
        if moment.without_files:
            shutil.rmtree(chain.folder)
        options |= {"keys": moment.keys, **moment.changes}
        made = stored_keys(openbao, name)
        at_first = {key_id for prefix in moment.at_first for key_id in made[prefix]}
        assert registered(simulator) == at_first

        proxy.fail(fault, number)
        try:
            chain.run(**options)
        except _errors.KeyStoreError as error:
            assert proxy.url in error.message
        else:
            assert number > 1 and len(proxy.requests) < number
            break
        # All that worked before still does, and no key was made that is not known.
        assert registered(simulator) >= at_first and not partial(chain.folder)
        assert all(len(versions) == 1 for versions in stored_keys(openbao, name).values())
        assert all(stored_keys(openbao, name)[prefix] == made[prefix] for prefix in made)

        proxy.recover()
        outcome, _report = chain.run(**options)
        now = stored_keys(openbao, name)
        assert registered(simulator) == {key_id for prefix in moment.in_the_end for key_id in now[prefix]}
        assert all(len(versions) == 1 for versions in now.values()) and set(made) <= set(now)
        assert client.login(outcome.tokens["anna@grusgrus.com"]).status_code == 200
        assert not chain.run(**options)[1].changed
    else:
        pytest.fail("a run has more requests than expected")
