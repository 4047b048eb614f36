# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is killed while it uses a key in a key store, and what holds whenever that happens.

The store itself says which keys there are, and openssl what a file is of.
"""

from __future__ import annotations

import itertools
import pathlib
import typing as t

import forked
from chains import TENANT
from forked import CERTIFICATE, PUBLIC
from own_tenants import pem_of
from simulator import Simulator

from ansible_collections.tenantops.qlik.plugins.modules import qscloud_tenant_jwt

NUMBERS = itertools.count()
USER = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
TENANT_RUNS: dict[str, dict[str, t.Any]] = {
    "creation": {},
    "renewal": {"certificate_days": 400},
    "rotation": {"keys": [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]},
}
"""What a run for a tenant does, by the options that differ from those of its first run."""


class Store(t.Protocol):
    """A real key store."""

    options: t.Mapping[str, str]
    """Those of a task that uses it."""
    environment: t.Mapping[str, str]
    """What such a task needs in its environment besides."""

    def uri(self, name: str) -> str:
        """The URI of a key, or, with ``{prefix}`` in its name, of several."""

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all keys or versions of a key that have this name, in PEM."""

    def key_names(self) -> list[str]:
        """All keys, with those that are incomplete."""


class Subject:
    """A key of its own in the store, the folder for its files, and what is run with both."""

    prefixes: t.Sequence[str] = ("",)
    """Those of the key pairs that the next complete run leaves."""

    def __init__(self, store: Store, folder: pathlib.Path) -> None:
        self.store = store
        self.name = f"killed-{next(NUMBERS)}"
        self.folder = folder / self.name
        self._others = set(store.key_names())
        self._seen: dict[str, list[str]] = {}

    def run(self, before: t.Callable[[], None] | None = None, **options: t.Any) -> forked.Finished:
        """Run the module."""
        raise NotImplementedError

    def keys(self, prefix: str = "") -> list[str]:
        """The public keys of the key in the store: at most one, and always the same."""
        keys = self.store.public_keys(prefix + self.name)
        assert len(keys) < 2, "a key was made twice"
        assert keys == self._seen.get(prefix, keys), "a key was lost or replaced"
        if keys:
            self._seen[prefix] = keys
        return keys

    def check_what_is_left(self) -> None:
        """After a kill: each key is there once, and each file is of the key in the store."""
        files = forked.contents(self.folder)
        for prefix in ("", "new_"):
            keys = self.keys(prefix)
            for name in {prefix + PUBLIC, prefix + CERTIFICATE} & set(files):
                assert [forked.public_key_of(files[name])] == keys, f"{name} disagrees with the store"
        assert not any(b"PRIVATE KEY" in content for content in files.values())

    def check(self, siblings: t.Sequence[Subject] = ()) -> None:
        """After a complete run: nothing is missing, and nothing else is there but backups.

        :param siblings: others that have got their keys since this one is there.
        """
        self.check_what_is_left()
        files = [prefix + name for prefix in self.prefixes for name in (PUBLIC, CERTIFICATE)]
        assert set(files) <= set(forked.contents(self.folder))
        made = sum(len(subject.prefixes) for subject in (self, *siblings))
        assert len(set(self.store.key_names()) - self._others) == made and len(self._seen) == len(self.prefixes)
        forked.check_backups(self.folder, files)


class Pair(Subject):
    """With the module qscloud_keypair."""

    def run(self, before: t.Callable[[], None] | None = None, **options: t.Any) -> forked.Finished:
        uri = self.store.uri(self.name)
        return forked.keypair(self.folder, before, private_key_uri=uri, **self.store.options, **options)


class Tenant(Subject):
    """With the module qscloud_tenant_jwt, and a simulated tenant.

    :param url: that of the tenant, if it is not the first one.
    """

    def __init__(self, store: Store, folder: pathlib.Path, simulator: Simulator, url: str | None = None) -> None:
        super().__init__(store, folder)
        self._simulator = simulator
        self._url = url or simulator.url

    def options(self, **changes: t.Any) -> dict[str, t.Any]:
        """Those of the module."""
        return {
            "tenant": TENANT,
            "key_directory": str(self.folder),
            "key_size": 2048,
            "private_key_uri": self.store.uri("{prefix}" + self.name),
            "users": [USER],
            "register_idp": True,
            "verify_login": "changed",
            "url": self._url,
            "ca_path": self._simulator.ca_path,
            "api_key": self._simulator.api_key,
            **self.store.options,
            **changes,
        }

    def run(self, before: t.Callable[[], None] | None = None, **options: t.Any) -> forked.Finished:
        self.prefixes = [key["prefix"] for key in options.get("keys", [{"prefix": ""}])]
        return forked.run(qscloud_tenant_jwt, self.options(**options), before)

    def check(self, siblings: t.Sequence[Subject] = ()) -> None:
        super().check(siblings)
        registered = [
            forked.public_key_of(pem_of(provider["options"]["staticKeys"][0]["pem"]).encode())
            for provider in self._simulator.jwt_providers(self._url)
        ]
        assert sorted(registered) == sorted(key for prefix in self.prefixes for key in self.keys(prefix))
