# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a folder safely, and check that only trusted users can replace it or the files in it."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat

from .._errors import FileError

_MAXIMUM_LINKS = 40
"""How many symbolic links the kernel follows in a path (path_resolution(7))."""


def open_folder(path: str) -> tuple[int, set[int]]:
    """Open a folder, and return its descriptor and the owners of the symbolic links in its path.

    A link cannot be replaced between check and use, because it is read through the descriptor that was checked.
    """
    if not hasattr(os, "O_PATH"):  # only Linux has it
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), set()
    owners = []
    remaining = path.split("/")[::-1]
    with contextlib.ExitStack() as opened:

        def enter(name: str, folder: int | None = None) -> int:
            entry = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            opened.callback(os.close, entry)
            return entry

        current = enter("/" if path.startswith("/") else ".")
        while remaining:
            entry = enter(remaining.pop() or ".", current)
            if not stat.S_ISLNK((status := os.fstat(entry)).st_mode):
                current = entry
                continue
            owners.append(status.st_uid)
            if len(owners) > _MAXIMUM_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink("", dir_fd=entry)
            remaining += target.split("/")[::-1]
            if target.startswith("/"):
                current = enter("/")
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=current), set(owners)


def check_not_mounted(descriptor: int, path: str) -> None:
    """Reject a folder that Kubernetes has mounted, such as a Secret.

    Its files are links to those in the folder ``..data``, which Kubernetes replaces as a whole:
    https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go.

    :raises FileError: if it is.
    """
    if "..data" in os.listdir(descriptor):
        raise FileError(
            f"The folder {path} is a mounted Kubernetes volume, whose files are links that only Kubernetes can replace:"
            " use another folder, or sign with a key in this one by setting O(private_key_path), which follows links."
        )


def check_folder(status: os.stat_result, path: str, trusted: set[int]) -> None:
    """Reject a folder in which other users can replace files.

    :param trusted: the users who may own it.
    :raises FileError: if it belongs to another user, or other users can write to it.
    """
    if status.st_uid not in trusted:
        raise FileError(
            f"The folder {path} belongs to {_user(status.st_uid)}, who could replace the files in it: run as that user,"
            " or use another folder."
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise FileError(
            f"The folder {path} has mode {stat.S_IMODE(status.st_mode):04o}, which lets other users write to it: fix"
            " this with 'chmod go-w', or use another folder."
        )


def check_links(untrusted_owners: set[int], path: str) -> None:
    """Reject a folder whose path contains a symbolic link of another user.

    :param untrusted_owners: the owners of links in the path who are not trusted.
    :raises FileError: if there are any.
    """
    # The owner of a link can point it to any folder, for example to one that belongs to root. A link to the owner's own
    # folder is harmless.
    if untrusted_owners:
        raise FileError(
            f"A symbolic link in the path of the folder {path} belongs to {_user(min(untrusted_owners))}, who could"
            " point it elsewhere: specify the path that it points to."
        )


def _user(uid: int) -> str:
    """The user, by name if there is an account."""
    try:
        return f"user {pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"user {uid}"


def check_not_hard_linked(status: os.stat_result, path: str) -> None:
    """Reject a file that has several hard links.

    :raises FileError: if it has.
    """
    if status.st_nlink > 1:
        raise FileError(
            f"{path} has {status.st_nlink} hard links, so other users may have access to it: replace it with a copy of"
            " itself."
        )
