# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove the three files of a key pair, the private key last, and keep a backup of them."""

from __future__ import annotations

from .._files import read, vault
from .._files.folder import locked_folder
from .._steps import Words
from . import pair, private_keys


def ensure_absent(wanted: pair.Wanted, check_mode: bool) -> pair.Outcome:
    """Remove the three files and keep the folder.

    :raises QlikError: if a private key that cannot be read would be removed without a backup.
    """
    empty = pair.Outcome([], [], {}, {}, {})
    if not read.exists(wanted.directory):
        return empty
    with locked_folder(wanted.directory, wanted.private_access.uid) as folder:
        found = {name: file for name in reversed(wanted.files) if (file := folder.read(name))}
        leftovers = folder.leftovers(wanted.files)
        private_key = found.get(wanted.names.private_key)
        if private_key and not wanted.backup:
            path = folder.path_of(wanted.names.private_key)
            content = vault.decrypted(private_key.content, path)
            private_keys.load_with_either(content, wanted.passphrase, wanted.old_passphrase, path)
        backups = pair.backups(folder, wanted, found) if wanted.backup and not check_mode else {}
        if not check_mode:
            folder.write(backups)
            for name in [*found, *leftovers]:
                folder.remove(name)
        words = Words(check_mode)
        backup_of = dict(zip(found, backups))
        steps = [
            words.step(
                "remove",
                wanted.names.kind_of(name),
                f"{name}, backup {backup_of[name]}" if name in backup_of else name,
                name=folder.path_of(name),
            )
            for name in [*found, *leftovers]
        ]
        return empty._replace(
            steps=steps,
            before=dict.fromkeys(found, "present"),
            backup_files=[folder.path_of(name) for name in backups],
        )
