# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder of ours, locked: read its files, write them atomically, back them up. Nobody sees half a file.

Every name is used relative to the descriptor of its folder and never through a link, so that nobody can redirect a
write or a change of mode by swapping something for a link.
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
from . import read, safety
from .failures import as_file_error, failure

LOCK_PATIENCE = 120
"""Seconds. The runs that are ahead need a second or two each; whoever holds the lock for longer is no run of ours."""


class Access(t.NamedTuple):
    """Who may use a file: permission bits, and numeric owner and group (None: leave as it is)."""

    mode: int
    uid: int | None = None
    gid: int | None = None


class Found(t.NamedTuple):
    """A file that exists."""

    content: bytes
    access: Access


@contextlib.contextmanager
def new_folder(path: str) -> t.Iterator[None]:
    """Make a folder that nobody else may enter, and missing parents as ``mkdir -p`` does.

    If what is done with it fails, the folders are taken away again.

    :raises FileError: if it cannot be made.
    """
    missing = [path]
    while (parent := os.path.dirname(missing[-1].rstrip("/"))) and not read.exists(parent):
        missing.append(parent)
    made = []
    try:
        for folder in reversed(missing):
            # Another run may make it at the same time.
            with as_file_error(f"Cannot make the folder {folder}"), contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700 if folder == path else 0o755)
                made.append(folder)
                _sync_folder(os.path.dirname(folder.rstrip("/")) or ".")
        yield
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        raise


@contextlib.contextmanager
def locked_folder(path: str, owner: int | None = None) -> t.Iterator[Folder]:
    """Open a folder and hold an exclusive lock on it, so that two runs never work in it at once.

    :param owner: a user, besides the one who runs this and root, to whom the folder may belong.
    :raises FileError: if it is missing, somebody else can write to it, or somebody else keeps it locked.
    """
    # All of it, so that whatever fails in between without a message of its own has this one.
    with as_file_error(f"Cannot use the folder {path}"):
        descriptor, link_owners = safety.open_folder(path)
        try:
            _lock(descriptor, path)
            status = os.fstat(descriptor)
            safety.check_folder(status, path, {os.geteuid(), 0} | ({owner} if owner is not None else set()))
            safety.check_links(link_owners - {os.geteuid(), 0, status.st_uid}, path)
            yield Folder(path, descriptor)
        finally:
            os.close(descriptor)


class Folder:
    """A folder that is open and locked; see :func:`locked_folder`."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def path_of(self, name: str) -> str:
        """The path of a file in this folder."""
        return os.path.join(self.path, name)

    def read(self, name: str) -> Found | None:
        """Read one of our files; None if it is missing.

        :raises FileError: if it is a link, has several names, is no regular file, or cannot be read.
        """
        path = self.path_of(name)
        try:
            descriptor = self._open(name, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileError(f"{path} is a link: replace it by the file itself.") from error
            raise failure(f"Cannot read {path}", error) from error
        try:
            status = os.fstat(descriptor)
            content = read.content_of(descriptor, status, path)
        finally:
            os.close(descriptor)
        safety.check_single(status, path)
        return Found(content, Access(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid))

    def write(self, files: t.Mapping[str, tuple[bytes, Access]]) -> None:
        """Put files in place, in this order, each at once: whoever looks sees the old one or the new one.

        All of them are written under temporary names before the first is renamed, so that a full disk changes nothing.
        None of them ever has a wider mode than the one that it gets.

        :raises FileError: if that fails.
        """
        temporary = {name: f".{name}.{secrets.token_hex(8)}.tmp" for name in files}
        try:
            for name, (content, access) in files.items():
                with as_file_error(f"Cannot write {self.path_of(name)}"):
                    self._write_new(temporary[name], content, access, replaces=name)
            for name in files:
                with as_file_error(f"Cannot write {self.path_of(name)}"):
                    os.rename(temporary[name], name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
                    # Without it, a power failure could keep the second file and lose the first.
                    _sync(self._descriptor)
                del temporary[name]
        finally:
            for left in temporary.values():
                with contextlib.suppress(OSError):
                    os.unlink(left, dir_fd=self._descriptor)

    def set_access(self, name: str, access: Access) -> None:
        """Give a file this access.

        :raises FileError: if that is not allowed.
        """
        with as_file_error(f"Cannot change mode or owner of {self.path_of(name)}"):
            descriptor = self._open(name, os.O_RDONLY | os.O_NONBLOCK)
            try:
                # Whom the folder belongs to may have put something else in place of what was read.
                safety.check_single(os.fstat(descriptor), self.path_of(name))
                _set_access(descriptor, access)
            finally:
                os.close(descriptor)

    def backup_name(self, name: str) -> str:
        """A name that is free, in Ansible's style, for a copy of a file. The lock keeps others from taking it."""
        copy = f"{name}.{os.getpid()}.{time.strftime('%Y-%m-%d@%H:%M:%S')}~"
        while copy in self._names():
            copy = f"{copy[:-1]}+~"
        return copy

    def remove(self, name: str) -> None:
        """Remove a file.

        :raises FileError: if that fails.
        """
        with as_file_error(f"Cannot remove {self.path_of(name)}"):
            os.unlink(name, dir_fd=self._descriptor)
            _sync(self._descriptor)

    def leftovers(self, names: t.Iterable[str]) -> list[str]:
        """Names of temporary files that a killed run has left behind when it wrote these files or their backups."""
        ours = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})(?:\.[^/]*~)?\.[0-9a-f]{{16}}\.tmp")
        return sorted(filter(ours.fullmatch, self._names()))

    def is_empty(self) -> bool:
        """Whether there is nothing in the folder."""
        return not self._names()

    def give_to(self, owner: Access) -> None:
        """Give the folder to the owner of its files; its mode stays.

        :raises FileError: if that is not allowed.
        """
        with as_file_error(f"Cannot change the owner of the folder {self.path}"):
            _set_owner(self._descriptor, owner)

    def _names(self) -> list[str]:
        with as_file_error(f"Cannot list the folder {self.path}"):
            return os.listdir(self._descriptor)

    def _write_new(self, name: str, content: bytes, access: Access, replaces: str) -> None:
        with open(self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, access.mode & 0o600), "wb") as file:
            # As Ansible does it: a file that is replaced keeps its owner where that is allowed.
            with contextlib.suppress(FileNotFoundError, PermissionError):
                old = os.stat(replaces, dir_fd=self._descriptor, follow_symlinks=False)
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            _set_access(file.fileno(), access)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _open(self, name: str, flags: int, mode: int = 0) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=self._descriptor)


def _lock(descriptor: int, path: str) -> None:
    # Whoever may read the folder can lock it: waiting without end would let any user stop an unattended run.
    give_up = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > give_up:
                raise FileError(
                    f"The folder {path} has been locked by another process for {LOCK_PATIENCE} seconds: end that"
                    " process (fuser names it), and run this again."
                ) from error
            time.sleep(0.05)
        except OSError as error:
            raise failure(f"Cannot lock the folder {path}", error) from error


def _sync_folder(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # one that may be written to, but not read, cannot be synchronised
        return
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: int) -> None:
    """Put the names in a folder on the disk, where its file system can: some do not know it for folders (fsync(2))."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def _set_access(descriptor: int, access: Access) -> None:
    # Owner first: as long as the old owner has the file, the mode must not open it for a group that is not meant.
    _set_owner(descriptor, access)
    os.fchmod(descriptor, access.mode)


def _set_owner(descriptor: int, access: Access) -> None:
    if access.uid is not None or access.gid is not None:
        os.fchown(descriptor, -1 if access.uid is None else access.uid, -1 if access.gid is None else access.gid)
