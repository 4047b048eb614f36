# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of what is the same with all key stores use each of them by.

To add one, write a fixture for something that has what :class:`KeyStore` has, and add it to :data:`FIXTURES`.
"""

from __future__ import annotations

import typing as t

import openbao as bao
import pytest


class KeyStore(t.Protocol):
    """A key store."""

    options: t.Mapping[str, str]
    """Those of a task that uses it."""
    environment: t.Mapping[str, str]
    """What such a task needs in its environment besides."""

    def uri(self, name: str) -> str:
        """The URI of a key. With ``{prefix}`` in the name, a template for several."""

    def source(self, name: str) -> str:
        """What messages call a key."""

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all versions of a key, or of all keys of this name, in PEM."""

    def sign(self, name: str, data: bytes) -> bytes:
        """Sign as RS256 does."""

    def delete(self, name: str) -> None:
        """Delete a key."""

    def away(self) -> t.ContextManager[None]:
        """Let it refuse to do anything for as long as the body of the ``with`` statement runs."""


FIXTURES = (
    pytest.param("openbao", marks=bao.needs_cryptography),
    *(pytest.param(name, marks=[pytest.mark.thorough, bao.needs_cryptography]) for name in ("softhsm", "kms")),
)
"""The fixture for each store. `make test` has only the first one."""
