# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A locked folder: read its files, write them atomically, and back them up.

Every file is opened relative to the descriptor of its folder and never through a symbolic link. Otherwise, an attacker
could redirect a write or a change of mode by putting a link in place of a file or folder.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import time
import typing as t

from .._errors import FileError
from .._text import host_name
from . import read, safety
from .failures import as_file_error, failure

LOCK_TIMEOUT = 120
"""Seconds to wait for the lock. Our own runs hold it for a second or two each, so a longer wait has another cause."""


class Access(t.NamedTuple):
    """Permission bits and numeric owner and group of a file. None leaves the owner or group unchanged."""

    mode: int
    uid: int | None = None
    gid: int | None = None


class Found(t.NamedTuple):
    """An existing file."""

    content: bytes
    access: Access


@contextlib.contextmanager
def new_folder(path: str) -> t.Iterator[None]:
    """Create a folder with mode 0700, and missing parents as ``mkdir -p`` does.

    If the body of the ``with`` statement fails, the new folders are removed again.

    :raises FileError: if a folder cannot be created.
    """
    missing = [path]
    while (parent := os.path.dirname(missing[-1].rstrip("/"))) and not read.exists(parent):
        missing.append(parent)
    created = []
    try:
        for folder in reversed(missing):
            # Another run may create it at the same time.
            with as_file_error(f"Cannot create the folder {folder}"), contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700 if folder == path else 0o755)
                created.append(folder)
                _sync_folder(os.path.dirname(folder.rstrip("/")) or ".")
        yield
    except BaseException:
        for folder in reversed(created):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        raise


def other_spellings(path: str) -> list[str]:
    """The paths of folders beside a missing one whose name is the same host name in another spelling.

    A name without a dot need not be a host name, so it has no other spelling.
    """
    parent, name = os.path.split(path.rstrip("/"))
    names = []
    if "." in name:
        with contextlib.suppress(OSError):
            names = os.listdir(parent or ".")
    return [os.path.join(parent, other) for other in sorted(names) if host_name(other) == host_name(name)]


@contextlib.contextmanager
def locked_folder(path: str, owner: int | None = None) -> t.Iterator[Folder]:
    """Open a folder and hold an exclusive lock on it, so that two runs never use it at the same time.

    :param owner: a user who may own the folder, in addition to the current user and root.
    :raises FileError: if the folder is missing, another user can write to it, another process keeps it locked, or
        Kubernetes has mounted it.
    """
    # Errors without a more specific message get this one.
    with as_file_error(f"Cannot use the folder {path}"):
        descriptor, link_owners = safety.open_folder(path)
        try:
            safety.check_not_mounted(descriptor, path)
            _lock(descriptor, f"folder {path}")
            status = os.fstat(descriptor)
            safety.check_folder(status, path, {os.geteuid(), 0} | ({owner} if owner is not None else set()))
            safety.check_links(link_owners - {os.geteuid(), 0, status.st_uid}, path)
            yield Folder(path, descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def locked_file(path: str, option: str) -> t.Iterator[None]:
    """Hold an exclusive lock on a file that nobody changes, in place of what it stands for.

    :param option: what names the file, for messages.
    :raises FileError: if it cannot be opened, or another process keeps it locked.
    """
    with as_file_error(f"{option}: cannot read {path}"):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _lock(descriptor, f"file {path}")
        yield
    finally:
        os.close(descriptor)


class Folder:
    """An open and locked folder; see :func:`locked_folder`."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def path_of(self, name: str) -> str:
        """The path of a file in this folder."""
        return os.path.join(self.path, name)

    def read(self, name: str) -> Found | None:
        """Read a file; None if it does not exist.

        :raises FileError: if it is a symbolic link, has several hard links, is not a regular file, or cannot be read.
        """
        path = self.path_of(name)
        try:
            descriptor = self._open(name, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileError(f"{path} is a symbolic link: replace it with the file itself.") from error
            raise failure(f"Cannot read {path}", error) from error
        try:
            status = os.fstat(descriptor)
            content = read.content_of(descriptor, status, path)
        finally:
            os.close(descriptor)
        safety.check_not_hard_linked(status, path)
        return Found(content, Access(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid))

    def write(self, files: t.Mapping[str, tuple[bytes, Access]]) -> None:
        """Write files atomically, in the given order: a reader sees either the old or the new version of a file.

        All files are written under temporary names before the first is renamed, so a full disk changes nothing.
        No file ever has a wider mode than its final one.

        :raises FileError: if writing fails.
        """
        temporary = {name: f".{name}.{secrets.token_hex(8)}.tmp" for name in files}
        try:
            for name, (content, access) in files.items():
                with as_file_error(f"Cannot write {self.path_of(name)}"):
                    self._write_new(temporary[name], content, access, replaces=name)
            for name in files:
                with as_file_error(f"Cannot write {self.path_of(name)}"):
                    os.rename(temporary[name], name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
                    # Otherwise, a power failure could lose the first file but keep the second.
                    _sync(self._descriptor)
                del temporary[name]
        finally:
            for leftover in temporary.values():
                with contextlib.suppress(OSError):
                    os.unlink(leftover, dir_fd=self._descriptor)

    def set_access(self, name: str, access: Access) -> None:
        """Set the mode and owner of a file.

        :raises FileError: if that is not allowed.
        """
        with as_file_error(f"Cannot change mode or owner of {self.path_of(name)}"):
            descriptor = self._open(name, os.O_RDONLY | os.O_NONBLOCK)
            try:
                # The owner of the folder may have replaced the file since it was read.
                safety.check_not_hard_linked(os.fstat(descriptor), self.path_of(name))
                _set_access(descriptor, access)
            finally:
                os.close(descriptor)

    def backup_name(self, name: str) -> str:
        """An unused name for a backup, in Ansible's style. The lock prevents other runs from using it."""
        copy = f"{name}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S')}~"
        while copy in self._names():
            copy = f"{copy[:-1]}+~"
        return copy

    def remove(self, name: str) -> None:
        """Remove a file.

        :raises FileError: if it cannot be removed.
        """
        with as_file_error(f"Cannot remove {self.path_of(name)}"):
            os.unlink(name, dir_fd=self._descriptor)
            _sync(self._descriptor)

    def leftovers(self, names: t.Iterable[str]) -> list[str]:
        """Names of temporary files that a killed run left behind while writing these files or their backups."""
        temporary = [name for name in self._names() if name.endswith(".tmp")]
        if not temporary:
            return []
        ours = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})(?:\.[^/]*~)?\.[0-9a-f]{{16}}\.tmp")
        return sorted(filter(ours.fullmatch, temporary))

    def is_empty(self) -> bool:
        """Whether the folder is empty."""
        return not self._names()

    def set_owner(self, owner: Access) -> None:
        """Set the owner of the folder to the owner of its files, without changing its mode.

        :raises FileError: if that is not allowed.
        """
        with as_file_error(f"Cannot change the owner of the folder {self.path}"):
            _set_owner(self._descriptor, owner)

    def _names(self) -> list[str]:
        with as_file_error(f"Cannot list the folder {self.path}"):
            return os.listdir(self._descriptor)

    def _write_new(self, name: str, content: bytes, access: Access, replaces: str) -> None:
        with open(self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, access.mode & 0o600), "wb") as file:
            # As in Ansible itself, a replaced file keeps its owner if that is allowed.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                old = os.stat(replaces, dir_fd=self._descriptor, follow_symlinks=False)
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            _set_access(file.fileno(), access)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _open(self, name: str, flags: int, mode: int = 0) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self._descriptor)


def _lock(descriptor: int, what: str) -> None:
    # Any user who may read it can lock it. An unlimited wait would let them block an unattended run.
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise FileError(
                    f"The {what} has been locked by another process for {LOCK_TIMEOUT} seconds: end that"
                    " process (fuser shows it), and run again."
                ) from error
            time.sleep(0.05)
        except OSError as error:
            raise failure(f"Cannot lock the {what}", error) from error


def _sync_folder(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # a folder that is writable but not readable cannot be synchronized
        return
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: int) -> None:
    """Flush the entries of a folder to disk. Some file systems do not support this for folders (fsync(2))."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def _set_access(descriptor: int, access: Access) -> None:
    # Set the owner first: until then, the new mode could grant access to the old group.
    _set_owner(descriptor, access)
    os.fchmod(descriptor, access.mode)


def _set_owner(descriptor: int, access: Access) -> None:
    if access.uid is not None or access.gid is not None:
        os.fchown(descriptor, -1 if access.uid is None else access.uid, -1 if access.gid is None else access.gid)
