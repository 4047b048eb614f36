# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of an OAuth client, killed before and after each request, and each change of a file: the next run ends well."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import typing as t

import pytest
from oauth_chains import INTRODUCED, OLD, RETIRED, Chain

from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import Folder
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant.api import Tenant

if t.TYPE_CHECKING:
    from simulator import Simulator

MOST = 80
"""More moments than any of these runs has."""

pytestmark = pytest.mark.thorough


class Moment(t.NamedTuple):
    """Runs before the one that is killed, that one, and how many keys the client has in the end; None without a client."""

    before: list[list[dict[str, t.Any]]]
    killed: dict[str, t.Any]
    keys: int | None


MOMENTS = {
    "first run": Moment([], {"keys": OLD}, 1),
    "introduction": Moment([OLD], {"keys": INTRODUCED}, 2),
    "retirement": Moment([OLD, INTRODUCED], {"keys": RETIRED}, 1),
    "both at once": Moment([OLD], {"keys": RETIRED}, 1),
    "purge": Moment([OLD], {"keys": RETIRED[:1], "purge": True}, 1),
    "end": Moment([OLD, INTRODUCED], {"state": "absent"}, None),
}


def is_killed(oauth: Chain, number: int, given: dict[str, t.Any]) -> bool:
    """Run the chain in a process that is killed at this moment, and return whether it lived so long."""
    process = os.fork()
    if process == 0:
        left = number

        def reach() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def between(original: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
            def call(*arguments: t.Any, **keywords: t.Any) -> t.Any:
                reach()
                result = original(*arguments, **keywords)
                reach()
                return result

            return call

        for owner, name in ((Tenant, "_request"), (Folder, "write"), (Folder, "remove")):
            setattr(owner, name, between(getattr(owner, name)))
        status = 1
        try:
            oauth.run(**given)
            status = 0
        finally:
            os._exit(status)
    _process, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


@pytest.fixture
def prepared(oauth: Chain, simulator: Simulator, tmp_path: pathlib.Path) -> t.Callable[[Moment], None]:
    """Bring tenant and folder into the state before a moment."""

    def prepare(moment: Moment) -> None:
        simulator.reset()
        shutil.rmtree(oauth.folder, ignore_errors=True)
        for keys in moment.before:
            oauth.run(**oauth.first, keys=keys)

    return prepare


@pytest.mark.parametrize("name", MOMENTS)
def test_killed(oauth: Chain, simulator: Simulator, prepared: t.Callable[[Moment], None], name: str) -> None:
    moment = MOMENTS[name]
    # From the second run on, the client has no other credential than its keys.
    first = {} if moment.before else oauth.first
    for number in range(1, MOST):
        prepared(moment)
        if not is_killed(oauth, number, {**first, **moment.killed}):
            assert number > 10
            break
        if moment.before and moment.keys:
            # What worked before still does.
            assert oauth.run(True, keys=OLD)[1].warnings == []
        _outcome, report = oauth.run(**first, **moment.killed)
        assert report.warnings == [] and not [path for path in oauth.folder.iterdir() if path.name.endswith(".tmp")]
        clients = simulator.oauth_clients()
        assert [len(one["publicKeys"]) for one in clients] == ([] if moment.keys is None else [moment.keys])
        assert not oauth.run(**moment.killed)[1].changed
    else:
        pytest.fail("a run has more moments than expected")
