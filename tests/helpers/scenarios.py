# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that a run of qscloud_keypair can be about, and what holds however it is stopped."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import forked
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa


@functools.lru_cache(maxsize=None)
def _ready_keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _number in range(2)]


def make_keys_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """To make a key changes no file, but takes most of the time: a run takes a ready one, and the next run another.

    Certificates have one serial number, so that those of the same key and second are the same, and are judged once.
    """
    forked.ready_pair()  # has a key of its own, and another serial number
    keys = _ready_keys()
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_: keys[forked.Running.count % len(keys)])
    monkeypatch.setattr(x509, "random_serial_number", lambda: 1)


class Scenario(t.NamedTuple):
    """What is there, and the options of the run that is stopped; ``then`` are other options of the run that follows."""

    files: t.Callable[[], dict[str, bytes]]
    options: dict[str, t.Any]
    modes: dict[str, int] = forked.MODES
    then: dict[str, t.Any] | None = None
    below: str = ""
    """Folders that are missing, too, between the one of the test and the one of the keys."""

    @property
    def last_options(self) -> dict[str, t.Any]:
        """The options of the run that follows."""
        return self.options if self.then is None else self.then

    def prepare(self, top: pathlib.Path) -> pathlib.Path:
        """Put the files in place; returns their folder, which is missing if there are none."""
        folder = top / self.below / "keys"
        return forked.put(folder, self.files(), self.modes) if self.files() else folder

    def check_what_is_left(self, folder: pathlib.Path) -> set[bytes]:
        """No file is half written or open to others, and the old private key is still there.

        Returns all private keys.
        """
        files = forked.contents(folder)
        new = {name: content for name, content in files.items() if content not in self.files().values()}
        assert all(forked.public_key_of(content) for name, content in new.items() if not name.startswith("."))
        widest = self.modes.get(forked.PRIVATE, 0o600)
        secret = [folder / name for name in files if forked.PRIVATE in name]
        assert not any(forked.mode_of(path) & ~widest for path in secret), "a private key is open to others"
        keys = forked.private_keys(files)
        removal = self.options.get("state") == "absent"
        if self.files() and not (removal and self.options.get("backup") is False):
            assert self.files()[forked.PRIVATE] in keys, "the old private key is gone"
        assert forked.PRIVATE in files or removal or not self.files()
        assert forked.PRIVATE in files or not {forked.PUBLIC, forked.CERTIFICATE} & set(files), "nothing to repair from"
        return keys

    def check_next_run(self, folder: pathlib.Path, keys: set[bytes]) -> None:
        """One more run ends with one consistent set, the one after it has nothing to do, and these keys are kept."""
        assert "failed" not in forked.keypair(folder, **self.last_options).result
        if self.last_options.get("state") == "absent":
            forked.check_backups(folder, ()) if folder.exists() else None
        else:
            forked.check_pair(folder)
        if self.last_options.get("backup") is not False or self.last_options.get("state") != "absent":
            assert keys <= forked.private_keys(forked.contents(folder)), "a private key is gone"
        if self.last_options.get("regenerate") != "always":
            assert not forked.keypair(folder, **self.last_options).result["changed"]


def damaged_pair() -> dict[str, bytes]:
    """A private key, and beside it a public key of somebody else and half a certificate."""
    ready = forked.ready_pair()
    return ready | {
        forked.PUBLIC: forked.qs_jwt_pair()[forked.PUBLIC],
        forked.CERTIFICATE: ready[forked.CERTIFICATE][: len(ready[forked.CERTIFICATE]) // 2],
    }


def pair_and_leftovers() -> dict[str, bytes]:
    """A pair, and what a killed run has left beside it."""
    return forked.ready_pair() | {f".{name}.0123456789abcdef.tmp": b"x" for name in forked.NAMES}


OPEN_MODES = dict.fromkeys(forked.NAMES, 0o644)

SCENARIOS = {
    "creation": Scenario(dict, {}),
    "creation in new folders": Scenario(dict, {}, below="a/b"),
    "renewal": Scenario(forked.ready_pair, {"common_name": "another"}),
    "renewal without backup": Scenario(forked.ready_pair, {"common_name": "another", "backup": False}),
    "repair": Scenario(damaged_pair, {}),
    "replacement": Scenario(forked.ready_pair, {"regenerate": "always"}),
    "replacement without backup": Scenario(forked.ready_pair, {"regenerate": "always", "backup": False}),
    "adoption": Scenario(forked.qs_jwt_pair, {}, OPEN_MODES),
    "change of mode": Scenario(forked.ready_pair, {}, OPEN_MODES),
    "leftovers": Scenario(pair_and_leftovers, {}),
    "removal": Scenario(forked.ready_pair, {"state": "absent"}),
    "removal without backup": Scenario(forked.ready_pair, {"state": "absent", "backup": False}),
    "removal, and a change of mind": Scenario(forked.ready_pair, {"state": "absent"}, then={"state": "present"}),
}
