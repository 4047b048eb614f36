# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another user who may write to a folder on the way, or to whom the folder belongs, gets nothing of root's.

Neither does a file of root's get another content, mode or owner, nor does a secret get to where that user can read it.
With FAULTS=all, the swaps come before every system call, not only before those that use a name.
RACES: how many runs race against a process of that user in each test of a race, 30 if it is not given.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import random
import signal
import typing as t

import forked
import pytest
import system_calls as calls
from scenarios import make_keys_quickly

pytestmark = forked.needs_chown

HARD = os.environ.get("FAULTS") == "all"
RACES = int(os.environ.get("RACES", "30"))
ATTACKER = forked.NOBODY
OWNER = {"owner": str(ATTACKER)}
GROUP = {"group": str(ATTACKER), "mode": "0640"}
TOKEN = "anna.jwt"


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the making of keys."""
    make_keys_quickly(monkeypatch)


class Ground(t.NamedTuple):
    """Where it happens."""

    top: pathlib.Path

    @property
    def open(self) -> pathlib.Path:
        """A folder that belongs to the attacker."""
        return self.top / "open"

    @property
    def keys(self) -> pathlib.Path:
        """The folder in it that the options of the task name."""
        return self.open / "keys"

    @property
    def pair(self) -> pathlib.Path:
        """A folder of root's with a key pair and a token, which the attacker may look at but not read."""
        return self.top / "root" / "pair"

    @property
    def empty(self) -> pathlib.Path:
        """An empty folder of root's."""
        return self.top / "root" / "empty"

    def roots(self) -> dict[str, t.Any]:
        """All that belongs to root and is not what the task is about."""
        return forked.state(self.top / "root")

    def check_that_nothing_can_be_read(self) -> None:
        """No whole or half private key or token anywhere that the attacker could open, if it is root's."""
        for path in self.top.rglob("*"):
            status = path.lstat()
            if path.is_file() and not path.is_symlink() and status.st_uid == 0:
                content = path.read_bytes()
                if b"PRIVATE" in content or content.startswith(b"eyJ"):
                    assert status.st_mode & 0o077 == 0, path


@pytest.fixture
def ground() -> t.Iterator[Ground]:
    with forked.folder_for_all() as top:
        ground = Ground(top)
        (top / "root").mkdir()
        ground.empty.mkdir()
        forked.put(ground.pair, forked.ready_pair()).chmod(0o755)
        assert forked.token(ground.pair / TOKEN).result["changed"]
        ground.open.mkdir()
        os.chown(ground.open, ATTACKER, ATTACKER)
        yield ground


def link(path: pathlib.Path, target: pathlib.Path | str, user: int = ATTACKER) -> None:
    """Make a link that belongs to a user."""
    path.symlink_to(target)
    os.chown(path, user, user, follow_symlinks=False)


RUNS: dict[str, dict[str, t.Any]] = {
    "present": {},
    "renewal": {"common_name": "another"},
    "replacement": {"regenerate": "always"},
    "for the attacker": OWNER,
    "for a group of the attacker": GROUP,
    "replacement for the attacker": {**OWNER, "regenerate": "always"},
    "removal": {"state": "absent"},
    "removal without backup": {"state": "absent", "backup": False},
    "removal for the attacker": {**OWNER, "state": "absent"},
}


def run(name: str, folder: pathlib.Path, **keywords: t.Any) -> forked.Finished:
    """Run the module, or sign a token there."""
    if name == "token":
        return forked.token(folder / TOKEN, force=True, **keywords)
    return forked.keypair(folder, **RUNS[name], **keywords)


# Where the link is, as a function of the ground; and the folder that the task then names.
PLACES: dict[str, t.Callable[[Ground, pathlib.Path], pathlib.Path]] = {
    "folder": lambda ground, target: link(ground.keys, target) or ground.keys,
    "folder, with a slash": lambda ground, target: link(ground.keys, target) or pathlib.Path(f"{ground.keys}/."),
    "parent": lambda ground, target: link(ground.keys, target.parent) or ground.keys / target.name,
    "relative": lambda ground, target: link(ground.keys, f"../root/{target.name}") or ground.keys,
    "behind root's link": lambda ground, target: (
        link(ground.keys, target) or link(ground.top / "link", ground.keys, 0) or ground.top / "link"
    ),
    "link to a link": lambda ground, target: (
        link(ground.open / "second", target) or link(ground.keys, "second", 0) or ground.keys
    ),
}


@pytest.mark.parametrize("target", ["pair", "empty"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [*RUNS, "token"])
def test_link_of_another_user_to_a_folder_of_roots(name: str, place: str, target: str, ground: Ground) -> None:
    folder = PLACES[place](ground, getattr(ground, target))
    before = ground.roots()
    message = run(name, folder).refusal
    assert "link" in message and str(ATTACKER) in message and str(folder) in message
    assert ground.roots() == before


def test_link_of_another_user_to_a_folder_of_their_own(ground: Ground) -> None:
    own = ground.open / "own"
    own.mkdir(mode=0o700)
    os.chown(own, ATTACKER, ATTACKER)
    link(ground.keys, own)
    assert forked.keypair(ground.keys, **OWNER).result["changed"]
    assert forked.keypair(ground.keys, user=ATTACKER).result["changed"] is False
    forked.check_pair(own)


def test_links_of_root_are_followed(ground: Ground) -> None:
    link(ground.top / "absolute", ground.top, 0)
    link(ground.top / "relative", "./absolute/root/../root", 0)
    folder = ground.top / "relative" / "empty"
    assert forked.keypair(folder).result["changed"]
    forked.check_pair(ground.empty)
    assert forked.token(folder / TOKEN).result["changed"]
    assert not forked.keypair(pathlib.Path("relative/./empty//"), lambda: os.chdir(ground.top)).result["changed"]


def test_links_in_a_circle(ground: Ground) -> None:
    link(ground.top / "one", "two", 0)
    link(ground.top / "two", "one/x", 0)
    for folder in (ground.top / "one", ground.top / "one" / "keys"):
        assert "Too many levels of symbolic links" in forked.keypair(folder).refusal


def test_way_that_may_be_gone_but_not_looked_at(ground: Ground) -> None:
    """To get to a folder, it is enough that the folders on the way may be entered."""
    own = ground.top / "root" / "x" / "own"
    own.mkdir(parents=True)
    own.parent.chmod(0o711)
    own.chmod(0o700)
    os.chown(own, ATTACKER, ATTACKER)
    assert forked.keypair(own, user=ATTACKER).result["changed"]
    forked.check_pair(own)


class Swap(t.NamedTuple):
    """What the attacker puts in place of something; ``is_for_files``: of a file of ours, else of the folder."""

    is_for_files: bool
    strike: t.Callable[[pathlib.Path, Ground], None]


def _link_to(attribute: str) -> Swap:
    return Swap(False, lambda path, ground: link(path, getattr(ground, attribute)))


def _hard_link(path: pathlib.Path, ground: Ground) -> None:
    # As users may do it where fs.protected_hardlinks is off.
    os.link(ground.pair / forked.PRIVATE, path)


def _folder_of_the_attacker(path: pathlib.Path, _ground: Ground) -> None:
    path.mkdir(mode=0o777)
    os.chown(path, ATTACKER, ATTACKER)


SWAPS = {
    "folder by a link to a pair": _link_to("pair"),
    "folder by a link to an empty folder": _link_to("empty"),
    "folder by another one": Swap(False, _folder_of_the_attacker),
    "file by a link": Swap(True, lambda path, ground: link(path, ground.pair / forked.PRIVATE)),
    "file by a hard link": Swap(True, _hard_link),
    "file by a pipe": Swap(True, lambda path, _ground: os.mkfifo(path)),
    "file by a folder": Swap(True, _folder_of_the_attacker),
}


class Striker:
    """Swaps something right before a call, whose number among those that matter is given."""

    def __init__(self, swap: Swap, ground: Ground, step: int) -> None:
        self._swap = swap
        self._ground = ground
        self._left = step
        self.struck: calls.Call | None = None

    def __call__(self, _number: int, call: calls.Call) -> int:
        # What is done by a descriptor cannot be led elsewhere.
        self._left -= HARD or call.names or call.changes
        if self._left == 0 and not self.struck:
            self.struck = call
            self._strike(self._ground.open / call.path if self._swap.is_for_files else self._ground.keys)
        return 0

    def _strike(self, path: pathlib.Path) -> None:
        if self._swap.is_for_files and path.parent != self._ground.keys:
            return
        with contextlib.suppress(FileNotFoundError):
            path.rename(self._ground.open / f"aside{len(os.listdir(self._ground.open))}")
        self._swap.strike(path, self._ground)


@calls.needs_watch
@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
@pytest.mark.parametrize("name", ["replacement for the attacker", "for the attacker", "removal for the attacker"])
def test_swap_before_any_call(name: str, swap: Swap, tmp_path: pathlib.Path) -> None:
    """The folder belongs to the attacker, who strikes right before a call of root's, and knows what it is about."""
    for step in itertools.count(1):
        with forked.folder_for_all() as top:
            ground = next(ground_in(top))
            # One of them is there for a change of its mode.
            forked.put(ground.keys, forked.ready_pair(), dict.fromkeys(forked.NAMES, 0o640))
            for path in [ground.keys, *ground.keys.iterdir()]:
                os.chown(path, ATTACKER, ATTACKER)
            before = ground.roots()

            striker = Striker(swap, ground, step)
            with calls.Watch(ground.open, striker) as watch:
                finished = run(name, ground.keys, before=watch.enter)
            if not striker.struck:
                break
            print(f"struck before {striker.struck}")
            if finished.result.get("failed"):
                assert str(ground.keys) in finished.refusal
            assert ground.roots() == before
            ground.check_that_nothing_can_be_read()
    assert step > 10


def ground_in(top: pathlib.Path) -> t.Iterator[Ground]:
    """The same in this folder."""
    ground = Ground(top)
    ground.open.mkdir()
    os.chown(ground.open, ATTACKER, ATTACKER)
    ground.empty.mkdir(parents=True)
    forked.put(ground.pair, forked.ready_pair()).chmod(0o755)
    yield ground


@contextlib.contextmanager
def attacking(attack: t.Callable[[random.Random], None], seed: int) -> t.Iterator[None]:
    """Let a process of the attacker do this as fast as it can."""
    print(f"seed {seed}")
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(ATTACKER)
            os.setuid(ATTACKER)
            dice = random.Random(seed)
            while True:
                with contextlib.suppress(OSError):
                    attack(dice)
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _swap_folder(ground: Ground) -> t.Callable[[random.Random], None]:
    """The folder is in turn a folder of the attacker's own, a link to one of root's, and missing."""
    own = ground.open / "own"

    def attack(dice: random.Random) -> None:
        what = dice.choice(["own", "pair", "empty", "parent", "missing"])
        with contextlib.suppress(OSError):
            os.rename(ground.keys, ground.open / f"aside{dice.randrange(4)}")
        with contextlib.suppress(OSError):
            os.unlink(ground.keys)
        if what == "own":
            own.mkdir(mode=0o700, exist_ok=True)
            os.rename(own, ground.keys)
        elif what != "missing":
            os.symlink(getattr(ground, what, ground.top / "root"), ground.keys)

    return attack


def _swap_files(ground: Ground) -> t.Callable[[random.Random], None]:
    """All that is in the folder, temporary files included, is in turn itself, a link, a pipe, and missing."""

    def attack(dice: random.Random) -> None:
        names = [*os.listdir(ground.keys), *forked.NAMES]
        path = ground.keys / dice.choice(names)
        target = ground.pair / dice.choice([*forked.NAMES, TOKEN])
        what = dice.choice(["link", "hard link", "pipe", "missing", "other", "other"])
        if what == "other":
            os.rename(path, ground.keys / dice.choice(names))
            return
        os.rename(path, ground.open / "aside") if dice.random() < 0.5 else os.unlink(path)
        if what == "link":
            os.symlink(target, path)
        elif what == "hard link":
            os.link(target, path)
        elif what == "pipe":
            os.mkfifo(path)

    return attack


ATTACKS = {"folder": _swap_folder, "files": _swap_files}


@pytest.mark.parametrize("sticky", [False, True], ids=["", "sticky"])
@pytest.mark.parametrize("what", ATTACKS)
@pytest.mark.parametrize("name", ["replacement for the attacker", "replacement", "removal", "present", "token"])
def test_race(name: str, what: str, sticky: bool, ground: Ground) -> None:
    if sticky:
        os.chown(ground.open, 0, 0)
        ground.open.chmod(0o1777)
    if what == "files":
        ground.keys.mkdir(mode=0o700)
        os.chown(ground.keys, ATTACKER, ATTACKER)
    before = ground.roots()
    succeeded = 0
    with attacking(ATTACKS[what](ground), seed=random.randrange(10**9)):
        for _number in range(RACES):
            finished = run(name, ground.keys)
            if finished.result.get("failed"):
                assert str(ground.keys) in finished.refusal
            else:
                succeeded += 1
            assert ground.roots() == before
    print(f"{succeeded} of {RACES} runs went well")
    ground.check_that_nothing_can_be_read()
