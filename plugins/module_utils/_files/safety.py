# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who else could swap a folder, or hold a file: open a folder and check that only those can whom we trust."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from .._errors import FileError

_MAXIMUM_LINKS = 40
"""How many links on the way to a file the kernel follows (path_resolution(7))."""


def open_folder(path: str) -> tuple[int, set[int]]:
    """Open a folder. Returns its descriptor, and to whom the links belong that lead to it.

    Nobody can swap a link between the look at it and its use: it is read through the descriptor that is looked at.
    """
    if not hasattr(os, "O_PATH"):  # only Linux has it
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), set()
    owners = []
    ahead = path.split("/")[::-1]
    with contextlib.ExitStack() as opened:

        def enter(name: str, folder: int | None = None) -> int:
            entry = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            opened.callback(os.close, entry)
            return entry

        here = enter("/" if path.startswith("/") else ".")
        while ahead:
            entry = enter(ahead.pop() or ".", here)
            if not stat.S_ISLNK((status := os.fstat(entry)).st_mode):
                here = entry
                continue
            owners.append(status.st_uid)
            if len(owners) > _MAXIMUM_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink("", dir_fd=entry)
            ahead += target.split("/")[::-1]
            if target.startswith("/"):
                here = enter("/")
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=here), set(owners)


def check_folder(status: os.stat_result, path: str, trusted: set[int]) -> None:
    """Refuse a folder in which others can swap files.

    :param trusted: the users to whom it may belong.
    :raises FileError: if it belongs to another user, or others can write to it.
    """
    if status.st_uid not in trusted:
        raise FileError(
            f"The folder {path} belongs to user {status.st_uid}, who could swap the files in it: run as that user, or"
            " take another folder."
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise FileError(
            f"The folder {path} has mode {stat.S_IMODE(status.st_mode):04o}, so that others can write to it: take that"
            " away with 'chmod go-w', or take another folder."
        )


def check_links(strangers: set[int], path: str) -> None:
    """Refuse a folder that is reached by a link of another user.

    :param strangers: the owners of the links on the way who are not trusted.
    :raises FileError: if there is one.
    """
    # Whoever owns a link can let it lead to any other folder, for instance to one of root's. What leads to a folder of
    # their own is their own affair.
    if strangers:
        raise FileError(
            f"A link on the way to the folder {path} belongs to user {min(strangers)}, who could let it lead elsewhere:"
            " give the path that it leads to."
        )


def check_single(status: os.stat_result, path: str) -> None:
    """Refuse a file that has several names.

    :raises FileError: if it has.
    """
    if status.st_nlink > 1:
        raise FileError(
            f"{path} has {status.st_nlink} names (hard links), so that others may hold it: copy it, and put the copy in"
            " its place."
        )
