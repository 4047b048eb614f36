# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any instant, a run loses no private key, and one more run makes one consistent set."""

from __future__ import annotations

import functools
import itertools
import pathlib
import signal
import typing as t

import pytest
import trust_tools as trust
from cryptography.hazmat.primitives.asymmetric import rsa


@functools.lru_cache(maxsize=None)
def _ready_keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _number in range(2)]


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make a key changes no file, but takes most of the time: a run takes a ready one, and the next run another."""
    trust.ready_pair()  # has a key of its own
    keys = _ready_keys()
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_: keys[trust.Running.count % len(keys)])


class Scenario(t.NamedTuple):
    """What is there, and what a run is killed over; ``then`` are other options of the run that follows."""

    files: t.Callable[[], dict[str, bytes]]
    options: dict[str, t.Any]
    modes: dict[str, int] = trust.MODES
    then: dict[str, t.Any] | None = None


QS_JWT_MODES = dict.fromkeys(trust.NAMES, 0o644)

SCENARIOS = {
    "creation": Scenario(dict, {}),
    "renewal": Scenario(trust.ready_pair, {"common_name": "another"}),
    "renewal without backup": Scenario(trust.ready_pair, {"common_name": "another", "backup": False}),
    "replacement": Scenario(trust.ready_pair, {"regenerate": "always"}),
    "replacement without backup": Scenario(trust.ready_pair, {"regenerate": "always", "backup": False}),
    "adoption": Scenario(trust.qs_jwt_pair, {}, QS_JWT_MODES),
    "removal": Scenario(trust.ready_pair, {"state": "absent"}),
    "removal, and a change of mind": Scenario(trust.ready_pair, {"state": "absent"}, then={"state": "present"}),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_killed_before_any_change(scenario: Scenario, tmp_path: pathlib.Path) -> None:
    last_options = scenario.options if scenario.then is None else scenario.then
    for step in itertools.count(1):
        folder = tmp_path / str(step)
        if scenario.files():
            trust.put(folder, scenario.files(), scenario.modes)
        killed = trust.keypair(folder, trust.kill_at(step), **scenario.options)
        keys = _check_what_is_left(folder, scenario)

        assert "failed" not in trust.keypair(folder, **last_options).result
        if last_options.get("state") == "absent":
            trust.check_backups(folder, ())
        else:
            trust.check_pair(folder)
        assert keys <= trust.private_keys(trust.contents(folder)), f"step {step}: a private key is gone"
        if not killed.signal:
            break
    assert step > 10, "nothing was killed"


def _check_what_is_left(folder: pathlib.Path, scenario: Scenario) -> set[bytes]:
    """No file is half written, and the old private key is still there. Returns all private keys."""
    files = trust.contents(folder)
    assert all(trust.public_key_of(content) for name, content in files.items() if not name.startswith("."))
    keys = trust.private_keys(files)
    if scenario.files():
        assert scenario.files()[trust.PRIVATE] in keys
        assert trust.PRIVATE in files or scenario.options.get("state") == "absent"
    assert trust.PRIVATE in files or not {trust.PUBLIC, trust.CERTIFICATE} & set(files), "nothing to repair them from"
    return keys


@pytest.mark.parametrize("size", [0, 1, 450, 1000, 1703])
@pytest.mark.parametrize("name", ["creation", "renewal", "replacement", "adoption"])
def test_killed_in_the_middle_of_a_write(name: str, size: int, tmp_path: pathlib.Path) -> None:
    scenario = SCENARIOS[name]
    folder = trust.put(tmp_path / "keys", scenario.files(), scenario.modes)
    killed = trust.keypair(folder, trust.file_size_limit(size, signal.SIG_DFL), **scenario.options)
    # Of what a renewal writes, no file is larger than a certificate.
    assert killed.signal == signal.SIGXFSZ or (size > 1000 and name in ("renewal", "adoption"))
    keys = _check_what_is_left(folder, scenario)
    assert "failed" not in trust.keypair(folder, **scenario.options).result
    trust.check_pair(folder)
    assert keys <= trust.private_keys(trust.contents(folder))


@pytest.mark.parametrize("there", [False, True], ids=["first token", "replacement"])
def test_killed_while_a_token_is_written(there: bool, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "keys" / "anna.jwt"
    path.parent.mkdir()
    for step in itertools.count(1):
        path.unlink(missing_ok=True)
        if there:
            trust.token(path)
        killed = trust.token(path, trust.kill_at(step), force=there)
        if there or path.exists():
            trust.check_token(path)

        assert "failed" not in trust.token(path).result
        trust.check_token(path)
        if not killed.signal:
            break
        assert [name.name for name in path.parent.iterdir()] == [path.name], f"step {step}: something is left over"
    assert step > 3, "nothing was killed"


@trust.needs_chown
def test_killed_creation_for_another_user(tmp_path: pathlib.Path) -> None:
    for step in itertools.count(1):
        folder = tmp_path / str(step)
        options = {"owner": str(trust.NOBODY), "group": str(trust.NOBODY)}
        killed = trust.keypair(folder, trust.kill_at(step), **options)
        assert "failed" not in trust.keypair(folder, **options).result
        # A folder that its owner may not enter would be no consistent set either.
        for path in [folder, *folder.iterdir()]:
            assert (path.stat().st_uid, path.stat().st_gid) == (trust.NOBODY, trust.NOBODY), f"step {step}: {path.name}"
        if not killed.signal:
            break
