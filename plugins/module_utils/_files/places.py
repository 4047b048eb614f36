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


def is_relative(path: object) -> bool:
    """Whether a value is a path that depends on the current directory. ``~`` and variables of the environment do not."""
    return isinstance(path, str) and bool(path) and not path.startswith(("/", "~", "$"))


def default_keys(playbook_folder: str, tenant: str) -> str:
    """The default folder for the keys of a tenant: next to the playbook, unless that belongs to a collection."""
    base = os.getcwd() if is_in_collection(playbook_folder) else playbook_folder
    return os.path.join(base, "keys", tenant)


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
