# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decrypt files with the passwords of Ansible Vault that this run of Ansible has."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.errors import AnsibleError

from ..module_utils._files import vault

if t.TYPE_CHECKING:
    from ansible.parsing.dataloader import DataLoader


def decrypting(loader: DataLoader) -> contextlib.AbstractContextManager[None]:
    """Let the library decrypt files in the body of the ``with`` statement, if this ansible-core allows it."""
    # The public method, get_real_file, writes the decrypted text to a temporary file.
    internal = getattr(loader, "_vault", None)
    if internal is None:
        return contextlib.nullcontext()

    def decrypt(content: bytes) -> bytes | None:
        try:
            return internal.decrypt(content)
        except AnsibleError:
            return None

    return vault.decrypting_with(decrypt)
