# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where folders are, and what the processes of one run know of each other."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import typing as t


def real(path: str, base: str) -> str:
    """An absolute path without links, so that two paths of the same folder are equal.

    :param base: where a relative path starts.
    """
    return os.path.realpath(os.path.join(base, os.path.expanduser(path)))


def is_in_collection(folder: str) -> bool:
    """Whether a folder belongs to an installed collection, which an upgrade replaces."""
    return "ansible_collections" in pathlib.PurePath(folder).parts


def start_folder(playbook_folder: str) -> str:
    """Where relative paths start: at the playbook, or, if that is in a collection, at the current directory."""
    return os.getcwd() if is_in_collection(playbook_folder) else playbook_folder


def is_relative(path: object) -> bool:
    """Whether a value is a path that depends on the current directory. ``~`` and variables of the environment do not."""
    # Ansible takes a number or a list as the text of it.
    return path != "" and not str(path).startswith(("/", "~", "$"))


def next_to_inventory(folder: str | None, sources: t.Iterable[str]) -> str | None:
    """The folder next to an inventory, which is a file or a folder. Ansible would read keys inside of it as inventories.

    None if there is no such folder, or if keys in it would be lost.

    :param folder: that of the file from which the host comes (``inventory_dir``); None, or the text ``None``, without one.
    :param sources: the inventories of this run (``ansible_inventory_sources``).
    """
    # An inventory that is piped to Ansible is a file in /dev or /proc.
    if not folder or not os.path.isabs(folder) or folder.split("/")[1] in ("dev", "proc") or is_in_collection(folder):
        return None
    for source in sorted(sources, key=len):  # the outermost one
        if os.path.isdir(source) and pathlib.PurePath(folder).is_relative_to(source):
            return os.path.dirname(source)
    return folder


def default_keys(tenant: str, inventory_folder: str | None, playbook_folder: str, is_local: bool) -> str:
    """The default folder for the keys of a tenant: next to the inventory, so that each playbook and command finds the same.

    :param tenant: its host name, perhaps after the name of a folder for keys of one kind.
    :param inventory_folder: see :func:`next_to_inventory`; None if there is none. The default is then next
        to the playbook, or in the current directory if the playbook belongs to a collection. It also is if the tenant already
        has a folder there, and none next to the inventory.
    :param is_local: whether the folder is on this machine.
    """
    playbook_keys = os.path.join(start_folder(playbook_folder), "keys", tenant)
    if not inventory_folder:
        return playbook_keys
    inventory_keys = os.path.join(inventory_folder, "keys", tenant)
    is_old = is_local and os.path.isdir(playbook_keys) and not os.path.isdir(inventory_keys)
    return playbook_keys if is_old else inventory_keys


def claim(folder: str, what: str, owner: str) -> str:
    """Claim something, and return its owner, who claimed it first.

    The claim is a symbolic link, since one call creates it with its content, or fails because it exists.

    :param folder: where the processes of this run keep their claims.
    :param what: a text that identifies it, of which only a hash is stored.
    """
    path = _path(folder, "claim", what)
    with contextlib.suppress(FileExistsError):
        os.symlink(owner, path)
    return os.readlink(path)


def once(folder: str, what: str, compute: t.Callable[[], str]) -> str:
    """A text that the first process computes, while the others wait for it.

    :param folder: where the processes of this run keep their texts.
    :param what: a text that identifies it.
    """
    with open(_path(folder, "once", what), "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        if not text:
            text = compute()
            file.write(text)
        return text


def _path(folder: str, kind: str, what: str) -> str:
    return os.path.join(folder, f"{kind}-{hashlib.sha256(what.encode(errors='surrogatepass')).hexdigest()}")
