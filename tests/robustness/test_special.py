# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices and sockets in place of files, folders that hand on their group or access lists, and files that are fixed."""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
import pathlib
import socket
import stat
import struct
import typing as t

import forked
import pytest
from scenarios import make_keys_quickly

TOKEN = "anna.jwt"
READER = forked.NOBODY


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about the making of keys."""
    make_keys_quickly(monkeypatch)


def _socket(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def _device(kind: int, major: int, minor: int) -> t.Callable[[pathlib.Path], None]:
    return lambda path: os.mknod(path, kind | 0o600, os.makedev(major, minor))


TRAPS = {
    "socket": _socket,
    "zero": _device(stat.S_IFCHR, 1, 5),
    "terminal": _device(stat.S_IFCHR, 5, 0),
    "disk": _device(stat.S_IFBLK, 7, 0),
}


@pytest.fixture
def short() -> t.Iterator[pathlib.Path]:
    """A folder with a short path: that of a socket has at most 107 bytes."""
    with forked.folder_for_all() as top:
        yield top


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
@pytest.mark.parametrize("name", [*forked.NAMES, TOKEN])
def test_what_is_no_file_is_refused(name: str, trap: t.Callable[[pathlib.Path], None], short: pathlib.Path) -> None:
    files = {other: content for other, content in forked.ready_pair().items() if other != name}
    folder = forked.put(short / "keys", files)
    try:
        trap(folder / name)
    except PermissionError:
        pytest.skip("NOT TESTED: devices. Run the tests as root.")
    before = forked.state(folder)
    if name == TOKEN:
        assert str(folder / name) in forked.token(folder / TOKEN, force=True).refusal
        key = {"private_key_content": None, "private_key_path": str(folder / TOKEN)}
        assert str(folder / name) in forked.token(folder / "other.jwt", **key).refusal
    else:
        for options in [{}, {"regenerate": "always"}, {"state": "absent"}, {"state": "absent", "backup": False}]:
            assert str(folder / name) in forked.keypair(folder, **options).refusal
    assert forked.state(folder) == before


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/full", "/dev/fd/0"])
def test_devices_as_paths(path: str) -> None:
    assert path in forked.keypair(pathlib.Path(path)).refusal
    assert path in forked.token(pathlib.Path(path)).refusal


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc/self/mem", "/proc/self/environ"])
def test_devices_and_the_like_as_private_key(path: str, tmp_path: pathlib.Path) -> None:
    key = {"private_key_content": None, "private_key_path": path}
    assert path in forked.token(tmp_path / TOKEN, **key).refusal
    assert not (tmp_path / TOKEN).exists()


@forked.needs_chown
@pytest.mark.parametrize("umask", [0o000, 0o022], ids=oct)
def test_folder_that_hands_on_its_group(umask: int, tmp_path: pathlib.Path) -> None:
    parent = forked.put(tmp_path / "parent", {})
    os.chown(parent, 0, READER)
    parent.chmod(0o2755)
    folder = parent / "keys"
    assert forked.keypair(folder, lambda: os.umask(umask)).result["changed"]
    assert forked.mode_of(folder) & 0o777 == 0o700
    forked.check_pair(folder)
    assert not forked.keypair(folder).result["changed"]
    assert forked.token(folder / TOKEN, lambda: os.umask(umask)).result["changed"]
    forked.check_token(folder / TOKEN)


# acl(5) as it is kept in an extended attribute: version 2, and entries of a tag, permissions and a number.
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER, _NONE = 1, 2, 4, 16, 32, 2**32 - 1


def _set_list(path: pathlib.Path, kind: str, reader: int, mask: int) -> None:
    entries = [(_USER_OBJ, 7, _NONE), (_USER, reader, READER), (_GROUP_OBJ, 0, _NONE)]
    entries += [(_MASK, mask, _NONE), (_OTHER, 0, _NONE)]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, f"system.posix_acl_{kind}", value)
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            pytest.skip("NOT TESTED: access lists. The file system here has none.")
        raise


def _can_read(path: pathlib.Path) -> bool:
    """Whether the other user can."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setgid(READER)
            os.setuid(READER)
            os.close(os.open(path, os.O_RDONLY))
            os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


@forked.needs_chown
@pytest.mark.parametrize("where", ["parent", "folder"])
def test_folder_that_hands_on_an_access_list(where: str, short: pathlib.Path) -> None:
    folder = short / "keys"
    if where == "folder":
        folder.mkdir(mode=0o755)
    _set_list(short if where == "parent" else folder, "default", reader=5, mask=7)
    assert forked.keypair(folder).result["changed"]
    assert forked.token(folder / TOKEN).result["changed"]
    assert forked.mode_of(folder / forked.PRIVATE) == forked.mode_of(folder / TOKEN) == 0o600
    assert not _can_read(folder / forked.PRIVATE) and not _can_read(folder / TOKEN)
    assert _can_read(folder / forked.PUBLIC) == (where == "folder")


@forked.needs_chown
def test_private_key_with_an_access_list(short: pathlib.Path) -> None:
    folder = forked.put(short / "keys", forked.ready_pair())
    folder.chmod(0o755)
    _set_list(folder / forked.PRIVATE, "access", reader=4, mask=4)
    assert _can_read(folder / forked.PRIVATE)
    assert forked.keypair(folder).result["changed"]
    assert not _can_read(folder / forked.PRIVATE)
    assert not forked.keypair(folder).result["changed"]


@forked.needs_chown
def test_folder_with_an_access_list_that_lets_another_write(short: pathlib.Path) -> None:
    folder = forked.put(short / "keys", {})
    _set_list(folder, "access", reader=7, mask=7)
    assert str(folder) in forked.keypair(folder).refusal
    _set_list(folder, "access", reader=5, mask=5)
    assert forked.keypair(folder).result["changed"]


_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # ioctl_iflags(2)
IMMUTABLE, APPEND_ONLY = 0x10, 0x20
RUNS = [{"regenerate": "always"}, {"common_name": "another"}, {"state": "absent"}]


@contextlib.contextmanager
def _fixed(path: pathlib.Path, flag: int) -> t.Iterator[None]:
    def change(wanted: bool) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            flags = array.array("l", [0])
            fcntl.ioctl(descriptor, _GET_FLAGS, flags)
            flags[0] = flags[0] | flag if wanted else flags[0] & ~flag
            fcntl.ioctl(descriptor, _SET_FLAGS, flags)
        finally:
            os.close(descriptor)

    try:
        change(True)
    except OSError:
        pytest.skip("NOT TESTED: files that are fixed (chattr). The file system here does not know it, or needs root.")
    try:
        yield
    finally:
        change(False)


@pytest.mark.parametrize("flag", [IMMUTABLE, APPEND_ONLY], ids=["immutable", "append-only"])
@pytest.mark.parametrize("name", [*forked.NAMES, "."])
@pytest.mark.parametrize("options", RUNS, ids=str)
def test_what_is_fixed(options: dict[str, t.Any], name: str, flag: int, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    with _fixed(folder / name, flag):
        result = forked.keypair(folder, **options)
        if result.result.get("failed"):
            assert str(folder) in result.refusal and "Operation not permitted" in result.refusal
            left = [left for left in forked.contents(folder) if left.endswith(".tmp")]
            assert not left or (name, flag) == (".", APPEND_ONLY)
        else:
            assert "common_name" in options and name in (forked.PRIVATE, forked.PUBLIC)
    assert forked.ready_pair()[forked.PRIVATE] in forked.private_keys(forked.contents(folder))
    assert "failed" not in forked.keypair(folder).result
    forked.check_pair(folder)
