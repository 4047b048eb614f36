# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write files that hold no secrets, such as reports, atomically and wherever the user wants them."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat

from .._errors import FileError
from . import places
from .failures import as_file_error


def absolute(path: str, playbook_folder: str) -> str:
    """The absolute path of a file that an option names.

    A relative path starts at the folder of the playbook, or at the current directory if the playbook belongs to an
    installed collection, which an upgrade replaces.
    """
    return os.path.normpath(os.path.join(places.start_folder(playbook_folder), path))


def check(path: str, option: str) -> None:
    """Reject a path to which no file can be written, before there is anything to write.

    :param path: an absolute path.
    :param option: the option that names the file, for messages.
    :raises FileError: if its folder is missing or read-only for this user, or if there is something other than a file
        that this user can replace.
    """
    folder = os.path.dirname(path)
    with as_file_error(f"O({option}): cannot use the folder {folder}"):
        os.stat(os.path.join(folder, "."))
        status = os.lstat(path) if os.path.lexists(path) else None
    if status and stat.S_ISDIR(status.st_mode):
        raise FileError(f"O({option}): {path} is a directory: specify a file.")
    if status and stat.S_ISLNK(status.st_mode):
        raise FileError(f"O({option}): {path} is a symbolic link: specify the file that it points to.")
    if status and not stat.S_ISREG(status.st_mode):
        raise FileError(f"O({option}): {path} is not a regular file: specify one.")
    for place in (folder, path) if status else (folder,):
        if not os.access(place, os.W_OK):
            raise FileError(
                f"O({option}): this user cannot write to {place}: change its permissions, or specify another path."
            )


def write(path: str, content: bytes, option: str) -> None:
    """Write a file: a reader sees either the old or the new version.

    A new file gets its mode from the umask. A replaced one keeps its mode, so that the same users can read it.

    :param path: an absolute path.
    :param option: the option that names the file, for messages.
    :raises FileError: if it cannot be written.
    """
    check(path, option)
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{secrets.token_hex(8)}.tmp")
    try:
        with as_file_error(f"O({option}): cannot write {path}"):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(temporary, flags, 0o666), "wb") as file:
                with contextlib.suppress(FileNotFoundError):
                    os.fchmod(file.fileno(), stat.S_IMODE(os.lstat(path).st_mode))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
