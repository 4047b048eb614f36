# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key stores, each in the same way, for tests of what is the same with all of them.

To add one, write a class with what :class:`KeyStore` has, and add it to :data:`KINDS`.
"""

from __future__ import annotations

import contextlib
import typing as t

import openbao as bao


class KeyStore(t.Protocol):
    """A real key store."""

    options: t.Mapping[str, str]
    """Those of a task that uses it."""

    def uri(self, name: str) -> str:
        """The URI of a key. With ``{prefix}`` in the name, a template for several."""

    def source(self, name: str) -> str:
        """What messages call a key."""

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all versions of a key, or of all keys of this name, in PEM."""

    def delete(self, name: str) -> None:
        """Delete a key."""

    def away(self) -> t.ContextManager[None]:
        """Let it refuse to do anything for as long as the body of the ``with`` statement runs."""


class Bao:
    """OpenBao's transit engine."""

    def __init__(self, server: bao.OpenBao) -> None:
        self._server = server
        self.options = server.options

    def uri(self, name: str) -> str:
        """See :class:`KeyStore`."""
        return f"hashivault://{name}"

    def source(self, name: str) -> str:
        """See :class:`KeyStore`."""
        return f"hashivault://transit/{name}"

    def public_keys(self, name: str) -> list[str]:
        """See :class:`KeyStore`."""
        if name not in self._server.key_names():
            return []
        versions = self._server.ask("GET", f"transit/keys/{name}")["data"]["keys"]
        return [versions[number]["public_key"] for number in sorted(versions, key=int)]

    def delete(self, name: str) -> None:
        """See :class:`KeyStore`."""
        self._server.ask("POST", f"transit/keys/{name}/config", deletion_allowed=True)
        self._server.ask("DELETE", f"transit/keys/{name}")

    def away(self) -> contextlib.AbstractContextManager[None]:
        """See :class:`KeyStore`."""
        return self._server.sealed()


KINDS: dict[str, t.Callable[..., KeyStore]] = {"openbao": Bao}
"""How to use each store, by the name of the fixture that runs it."""
