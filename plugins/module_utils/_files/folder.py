# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""Files that hold secrets: read, write atomically, back up, under a lock. The only place that touches the file system.

Every name is used relative to the descriptor of its folder and never through a link, so that nobody can redirect a
write or a change of mode by swapping something for a link.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import pwd
import re
import secrets
import stat
import time
import typing as t

from .._errors import FileError, OptionError

MAXIMUM_SIZE = 1024 * 1024
"""Bytes. No key, certificate or token comes near it."""

LOCK_PATIENCE = 120
"""Seconds. The runs that are ahead need a second or two each; whoever holds the lock for longer is no run of ours."""

_WAYS_OUT = {
    errno.EACCES: "Run as a user who may, or change the permissions.",
    errno.EDQUOT: "Free some space.",
    errno.ENAMETOOLONG: "Give a shorter name.",
    errno.ENOENT: "Give the path of something that exists.",
    errno.ENOSPC: "Free some space.",
    errno.ENOTDIR: "There is a file where a folder is needed: give another path.",
    errno.EPERM: "Run as a user who may.",
    errno.EROFS: "Give a path that can be written to.",
}

_MAXIMUM_LINKS = 40
"""How many links on the way to a file the kernel follows (path_resolution(7))."""

_NO_ID = 2**32 - 1
"""The number that means no user and no group (chown(2))."""


class Access(t.NamedTuple):
    """Who may use a file: permission bits, and numeric owner and group (None: leave as it is)."""

    mode: int
    uid: int | None = None
    gid: int | None = None


class Found(t.NamedTuple):
    """A file that exists."""

    content: bytes
    access: Access


def check_path(path: str | None, option: str) -> None:
    """Refuse a path that cannot be one.

    :raises OptionError: if it is empty, has a zero byte in it, or is a key or token itself, which is not repeated.
    """
    if not path:
        raise OptionError(f"{option} is empty: give a path.")
    if is_content(path):
        raise OptionError(f"{option} is what belongs in a file, not the path of one: give a path, or another option.")
    if "\0" in path:
        raise OptionError(f"{option} has a zero byte: give a path without.")


def is_content(text: str) -> bool:
    """Whether a text is a PEM or a JWT, which somebody may take for the path of one, or give in the wrong option."""
    return "-----BEGIN " in text or re.fullmatch(r"\s*eyJ[\w-]+\.[\w-]+\.[\w-]+\s*", text) is not None


def parse_mode(value: t.Any, option: str, *, forbidden: int) -> int:
    """Read permission bits: an octal string as in ``0600``, or a YAML number as Ansible takes it.

    :param forbidden: bits that may not be set.
    :raises OptionError: if it is not such a number, has forbidden bits, or would lock out the owner.
    """
    try:
        mode = int(value, 8) if isinstance(value, str) else int(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise OptionError(f"{option} is not an octal number: write it in quotes, as in '0600'.") from error
    if mode & ~0o777 or mode & forbidden or not mode & stat.S_IRUSR:
        raise OptionError(
            f"{option} is {mode:04o}: it must let the owner read, and have no bit of {forbidden:04o}. Write it in"
            " quotes, as in '0600'."
        )
    return mode


def user_id(name: str | None, option: str) -> int | None:
    """The number of a user given by name or number; None stays None.

    :raises OptionError: if there is no such user.
    """
    return _account_id(name, option, lambda known: pwd.getpwnam(known).pw_uid)


def group_id(name: str | None, option: str) -> int | None:
    """The number of a group given by name or number; None stays None.

    :raises OptionError: if there is no such group.
    """
    return _account_id(name, option, lambda known: grp.getgrnam(known).gr_gid)


def read(path: str, source: str) -> bytes:
    """Read a whole file that somebody else looks after; links are followed.

    :param source: the option that names it, for messages.
    :raises FileError: if there is no readable regular file, or it is far too large.
    """
    with _as_file_error(f"{source}: cannot read {path}"):
        # O_NONBLOCK: opening a named pipe must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return _content(descriptor, os.fstat(descriptor), f"{source}: {path}")
        finally:
            os.close(descriptor)


def mode(path: str) -> int:
    """The permission bits of a file; links are followed.

    :raises FileError: if nobody lets us look.
    """
    with _as_file_error(f"Cannot look at {path}"):
        return stat.S_IMODE(os.stat(path).st_mode)


def exists(path: str) -> bool:
    """Whether there is anything of this name, if only a link to nowhere.

    :raises FileError: if nobody lets us look.
    """
    with _as_file_error(f"Cannot look for {path}"):
        try:
            os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


@contextlib.contextmanager
def new_folder(path: str) -> t.Iterator[None]:
    """Make a folder that nobody else may enter, and missing parents as ``mkdir -p`` does.

    If what is done with it fails, the folders are taken away again.

    :raises FileError: if it cannot be made.
    """
    missing = [path]
    while (parent := os.path.dirname(missing[-1].rstrip("/"))) and not exists(parent):
        missing.append(parent)
    made = []
    try:
        for folder in reversed(missing):
            # Another run may make it at the same time.
            with _as_file_error(f"Cannot make the folder {folder}"), contextlib.suppress(FileExistsError):
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
    with _as_file_error(f"Cannot use the folder {path}"):
        descriptor, link_owners = _open_folder(path)
        try:
            _lock(descriptor, path)
            status = os.fstat(descriptor)
            _check_folder(status, path, {os.geteuid(), 0} | ({owner} if owner is not None else set()))
            _check_links(link_owners - {os.geteuid(), 0, status.st_uid}, path)
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
            raise _failure(f"Cannot read {path}", error) from error
        try:
            status = os.fstat(descriptor)
            content = _content(descriptor, status, path)
        finally:
            os.close(descriptor)
        _check_single(status, path)
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
                with _as_file_error(f"Cannot write {self.path_of(name)}"):
                    self._write_new(temporary[name], content, access, replaces=name)
            for name in files:
                with _as_file_error(f"Cannot write {self.path_of(name)}"):
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
        with _as_file_error(f"Cannot change mode or owner of {self.path_of(name)}"):
            descriptor = self._open(name, os.O_RDONLY | os.O_NONBLOCK)
            try:
                # Whom the folder belongs to may have put something else in place of what was read.
                _check_single(os.fstat(descriptor), self.path_of(name))
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
        with _as_file_error(f"Cannot remove {self.path_of(name)}"):
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
        with _as_file_error(f"Cannot change the owner of the folder {self.path}"):
            _set_owner(self._descriptor, owner)

    def _names(self) -> list[str]:
        with _as_file_error(f"Cannot list the folder {self.path}"):
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


def _account_id(name: str | None, option: str, look_up: t.Callable[[str], int]) -> int | None:
    if name is None:
        return None
    if re.fullmatch("[0-9]{1,10}", name) and int(name) < _NO_ID:
        return int(name)
    try:
        return look_up(name)
    except (KeyError, ValueError) as error:
        raise OptionError(f"{option}: there is no {option} named {name} on this machine. Give another one.") from error


def _content(descriptor: int, status: os.stat_result, path: str) -> bytes:
    if stat.S_ISDIR(status.st_mode):
        raise FileError(f"{path} is a directory: give a file.")
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"{path} is not a regular file. Give one.")
    with _as_file_error(f"Cannot read {path}"), open(descriptor, "rb", closefd=False) as file:
        content = file.read(MAXIMUM_SIZE + 1)
    if len(content) > MAXIMUM_SIZE:
        raise FileError(
            f"{path} has more than {MAXIMUM_SIZE} bytes: that cannot be a key, certificate or token. Give another file."
        )
    return content


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
            raise _failure(f"Cannot lock the folder {path}", error) from error


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


def _open_folder(path: str) -> tuple[int, set[int]]:
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


def _check_folder(status: os.stat_result, path: str, trusted: set[int]) -> None:
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


def _check_links(strangers: set[int], path: str) -> None:
    # Whoever owns a link can let it lead to any other folder, for instance to one of root's. What leads to a folder of
    # their own is their own affair.
    if strangers:
        raise FileError(
            f"A link on the way to the folder {path} belongs to user {min(strangers)}, who could let it lead elsewhere:"
            " give the path that it leads to."
        )


def _check_single(status: os.stat_result, path: str) -> None:
    if status.st_nlink > 1:
        raise FileError(
            f"{path} has {status.st_nlink} names (hard links), so that others may hold it: copy it, and put the copy in"
            " its place."
        )


def _set_access(descriptor: int, access: Access) -> None:
    # Owner first: as long as the old owner has the file, the mode must not open it for a group that is not meant.
    _set_owner(descriptor, access)
    os.fchmod(descriptor, access.mode)


def _set_owner(descriptor: int, access: Access) -> None:
    if access.uid is not None or access.gid is not None:
        os.fchown(descriptor, -1 if access.uid is None else access.uid, -1 if access.gid is None else access.gid)


@contextlib.contextmanager
def _as_file_error(what_failed: str) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failure(what_failed, error) from error


def _failure(what_failed: str, error: OSError) -> FileError:
    way_out = _WAYS_OUT.get(error.errno, "See what the file system there allows.")
    return FileError(f"{what_failed}: {error.strerror}. {way_out}")
