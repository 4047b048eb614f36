# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand between a process and the kernel, and let any of its system calls fail.

The kernel itself asks (seccomp_unotify(2)), so that no call is left out, whichever function or library makes it, and
the process cannot tell the error from a real one. Calls that have nothing to do with the folder of the test, such as
those of an import, are let through and not counted.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pathlib
import platform
import select
import signal
import socket
import struct
import threading
import typing as t

import pytest

# asm/unistd.h. "path": the first argument that is a path; "at": the descriptor that it is relative to comes before it.
_NUMBERS = {
    "x86_64": {
        "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "pread64": 17, "pwrite64": 18,
        "writev": 20, "flock": 73, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "rename": 82, "mkdir": 83,
        "rmdir": 84, "unlink": 87, "readlink": 89, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93,
        "getdents64": 217, "openat": 257, "mkdirat": 258, "fchownat": 260, "newfstatat": 262, "unlinkat": 263,
        "renameat": 264, "linkat": 265, "readlinkat": 267, "fchmodat": 268, "renameat2": 316, "statx": 332,
    },
    "aarch64": {
        "flock": 32, "mkdirat": 34, "unlinkat": 35, "linkat": 37, "renameat": 38, "ftruncate": 46, "fchmod": 52,
        "fchmodat": 53, "fchownat": 54, "fchown": 55, "openat": 56, "close": 57, "getdents64": 61, "read": 63,
        "write": 64, "writev": 66, "pread64": 67, "pwrite64": 68, "readlinkat": 78, "newfstatat": 79, "fstat": 80,
        "fsync": 82, "fdatasync": 83, "renameat2": 276, "statx": 291,
    },
}  # fmt: skip

_BY_DESCRIPTOR = frozenset(
    "read write close fstat pread64 pwrite64 writev flock fsync fdatasync ftruncate fchmod fchown getdents64".split()
)
_BY_PATH = frozenset("open stat lstat rename mkdir rmdir unlink readlink chmod chown".split())

_CHANGING = frozenset(
    "write pwrite64 writev fsync fdatasync ftruncate fchmod fchown mkdir mkdirat rename renameat renameat2 rmdir unlink"
    " unlinkat chmod chown fchmodat fchownat linkat".split()
)
"""Calls that change the file system, or put a change on the disk; opening with O_CREAT is one too."""

_AT_FDCWD = 2**32 - 100  # as 32 bits
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1
_PR_SET_NO_NEW_PRIVS, _SECCOMP_NUMBER = 38, {"x86_64": 317, "aarch64": 277}

KILL = -1
"""What a test says of a call so that ``kill -9`` strikes before it."""


class Call(t.NamedTuple):
    """A system call that is about to be made."""

    name: str
    path: str
    creates: bool

    @property
    def changes(self) -> bool:
        """Whether it changes the file system."""
        return self.name in _CHANGING or self.creates

    @property
    def names(self) -> bool:
        """Whether it finds what it is about by a name."""
        return self.name not in _BY_DESCRIPTOR

    def __str__(self) -> str:
        return f"{self.name}{' to create' if self.creates else ''} {self.path}"


class Watch:
    """What a process asks of the kernel, as far as it is about a folder, or what is in it.

    :param folder: the folder.
    :param decide: gets each call and its number from 1, and says how it ends: 0 (as it does), an errno, or KILL.
    """

    def __init__(self, folder: pathlib.Path, decide: t.Callable[[int, Call], int] = lambda _number, _call: 0) -> None:
        self._folder = str(folder)
        self._decide = decide
        self._socket, self._its_socket = socket.socketpair()
        self.calls: list[Call] = []
        """Those that there were."""
        self.answers: list[int] = []
        """How they ended."""
        self._thread = threading.Thread(target=self._serve)

    def enter(self) -> None:
        """To be called in the process that is to be watched; its children are watched as well."""
        listener = _install()
        socket.send_fds(self._its_socket, [b"x"], [listener])
        os.close(listener)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._its_socket.close()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        # No process that entered, no descriptor.
        _data, descriptors, _flags, _address = socket.recv_fds(self._socket, 1, 1)
        if not descriptors:
            return
        (listener,) = descriptors
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        try:
            while not poll.poll()[0][1] & select.POLLHUP:
                self._answer(listener)
        finally:
            os.close(listener)

    def _answer(self, listener: int) -> None:
        notification = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, notification)
        except OSError:  # killed before it was heard
            return
        identifier, pid, _flags, number, _arch, _pointer, *arguments = struct.unpack("=QIIiIQ6Q", notification)
        answer = 0
        call = self._about(pid, _NAMES[number], arguments)
        if call:
            self.calls.append(call)
            answer = self._decide(len(self.calls), call)
            self.answers.append(answer)
        if answer == KILL:
            os.kill(pid, signal.SIGKILL)
            return
        reply = struct.pack("=QqiI", identifier, 0, -answer, 0 if answer else _CONTINUE)
        with contextlib.suppress(FileNotFoundError):  # killed meanwhile
            fcntl.ioctl(listener, _SEND, bytearray(reply))

    def _about(self, pid: int, name: str, arguments: list[int]) -> Call | None:
        try:
            if name in _BY_DESCRIPTOR:
                path, flags = os.readlink(f"/proc/{pid}/fd/{arguments[0] & 0xFFFFFFFF}"), 0
            elif name in _BY_PATH:
                path, flags = _path(pid, _AT_FDCWD, arguments[0]), arguments[1]
            else:
                path, flags = _path(pid, arguments[0] & 0xFFFFFFFF, arguments[1]), arguments[2]
        except OSError:
            return None
        if not (path + "/").startswith(self._folder + "/"):
            return None
        return Call(name, os.path.relpath(path, self._folder), name.startswith("open") and bool(flags & os.O_CREAT))


_MACHINE = platform.machine()
_NAMES = {number: name for name, number in _NUMBERS.get(_MACHINE, {}).items()}


def _path(pid: int, folder: int, address: int) -> str:
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(address)
        # A page at a time at most: what comes after may not be mapped.
        text = memory.read(4096 - address % 4096)
        if b"\0" not in text:
            text += memory.read(4096)
    name = os.fsdecode(text.split(b"\0", 1)[0])
    start = os.readlink(f"/proc/{pid}/cwd" if folder == _AT_FDCWD else f"/proc/{pid}/fd/{folder}")
    return os.path.join(start, name)


def _install() -> int:
    """Have the kernel ask about the calls of this process from now on; returns the descriptor for the answers."""
    lines = [(0x20, 0, 0, 0)]  # the number of the call
    for left, number in zip(range(len(_NAMES), 0, -1), _NAMES):
        lines.append((0x15, left, 0, number))
    lines += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _NOTIFY)]
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    # SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_NEW_LISTENER
    listener = libc.syscall(_SECCOMP_NUMBER[_MACHINE], 1, 8, program)
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def _is_possible() -> bool:
    if _MACHINE not in _NUMBERS:
        return False
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if _install() >= 0 else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


needs_watch = pytest.mark.skipif(
    not _is_possible(), reason="NOT TESTED: faults in system calls. This kernel does not ask about them (seccomp)."
)
