# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files that an option names and that this collection does not manage. Symbolic links are followed."""

from __future__ import annotations

import os
import stat

from .._errors import FileError
from . import vault
from .failures import as_file_error

MAXIMUM_SIZE = 1024 * 1024
"""Bytes. Keys, certificates and tokens are much smaller."""

CONTENT_OPTIONS = {
    "certificate_path": "certificate_content",
    "private_key_path": "private_key_content",
    "public_key_path": "public_key_content",
    "token_path": "token",
}
"""For an option that names a file, the option that takes the content of such a file instead."""


def content(path: str, option: str) -> bytes:
    """Read a whole file, and decrypt it if Ansible Vault has encrypted it.

    :param option: the option that names the file or its folder, for messages.
    :raises FileError: if it is not a readable regular file, is too large, or cannot be decrypted.
    """
    lookup = f"\"{{{{ lookup('ansible.builtin.file', '{path}') }}}}\""
    instead = f"set O({CONTENT_OPTIONS[option]}) to {lookup} instead" if option in CONTENT_OPTIONS else vault.INSTEAD
    return vault.decrypted(stored(path, option), f"O({option}): {path}", instead)


def stored(path: str, option: str) -> bytes:
    """Read a whole file as it is.

    :param option: the option that names the file, for messages.
    :raises FileError: if it is not a readable regular file, or is too large.
    """
    with as_file_error(f"O({option}): cannot read {path}"):
        # O_NONBLOCK: do not wait for a writer if the path is a named pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return content_of(descriptor, os.fstat(descriptor), f"O({option}): {path}")
        finally:
            os.close(descriptor)


def mode(path: str) -> int:
    """The permission bits of a file. Symbolic links are followed.

    :raises FileError: if the file cannot be accessed.
    """
    with as_file_error(f"Cannot look at {path}"):
        return stat.S_IMODE(os.stat(path).st_mode)


def exists(path: str) -> bool:
    """Whether the path exists. A dangling symbolic link counts as existing.

    :raises FileError: if the path cannot be accessed.
    """
    with as_file_error(f"Cannot look for {path}"):
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def names(path: str) -> list[str]:
    """The names of the entries of a folder, sorted; empty if it does not exist.

    :raises FileError: if it cannot be listed.
    """
    with as_file_error(f"Cannot list the folder {path}"):
        try:
            return sorted(os.listdir(path))
        except FileNotFoundError:
            return []


def content_of(descriptor: int, status: os.stat_result, path: str) -> bytes:
    """Read an open file.

    :param path: the path of the file, for messages.
    :raises FileError: if it is not a regular file, cannot be read, or is too large.
    """
    if stat.S_ISDIR(status.st_mode):
        raise FileError(f"{path} is a directory: specify a file.")
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"{path} is not a regular file: specify one.")
    with as_file_error(f"Cannot read {path}"), open(descriptor, "rb", closefd=False) as file:
        content = file.read(MAXIMUM_SIZE + 1)
    if len(content) > MAXIMUM_SIZE:
        raise FileError(
            f"{path} has more than {MAXIMUM_SIZE} bytes, which is too large for a key, certificate or token: specify"
            " another file."
        )
    return content
