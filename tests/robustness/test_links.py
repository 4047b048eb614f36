# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links and other traps in place of our files, folders that others can write to, and what killed runs have left."""

from __future__ import annotations

import os
import pathlib
import typing as t

import forked
import pytest

TOKEN = "anna.jwt"
HEX = "0123456789abcdef"


def _run(folder: pathlib.Path, name: str, **options: t.Any) -> forked.Finished:
    """Run the module whose file this is."""
    return forked.token(folder / TOKEN, **options) if name == TOKEN else forked.keypair(folder, **options)


def _files(name: str) -> dict[str, bytes]:
    return dict(forked.ready_pair()) if name != TOKEN else {}


def _link(path: pathlib.Path, target: pathlib.Path) -> None:
    path.symlink_to(target)


def _dangling_link(path: pathlib.Path, target: pathlib.Path) -> None:
    path.symlink_to(target.with_name("missing"))


def _second_name(path: pathlib.Path, target: pathlib.Path) -> None:
    os.link(target, path)


@pytest.mark.parametrize("trap", [_link, _dangling_link, _second_name])
@pytest.mark.parametrize("name", [*forked.NAMES, TOKEN])
def test_link_is_refused(name: str, trap: t.Callable[..., None], tmp_path: pathlib.Path) -> None:
    files = _files(name)
    # The content is what should be there, so that nothing but the link is wrong; the mode is not, so that it would be
    # changed.
    target = tmp_path / "target"
    forked.token(target) if name == TOKEN else target.write_bytes(files.pop(name))
    target.chmod(0o660)
    folder = forked.put(tmp_path / "keys", files)
    trap(folder / name, target)
    before = forked.state(tmp_path)
    removals = [{"state": "absent"}, {"state": "absent", "backup": False}]
    for options in [{}, {"force": True}] if name == TOKEN else [{}, {"regenerate": "always"}, *removals]:
        message = _run(folder, name, **options).refusal
        assert str(folder / name) in message and "link" in message
    assert forked.state(tmp_path) == before


@pytest.mark.parametrize("trap", [_link, _dangling_link, _second_name])
@pytest.mark.parametrize("name", [forked.PRIVATE, TOKEN])
def test_name_that_is_taken_at_the_last_instant(name: str, trap: t.Callable[..., None], tmp_path: pathlib.Path) -> None:
    """Whatever name the code takes for a new file: if it leads elsewhere by then, the secret must not go there."""
    target = tmp_path / "target"
    target.write_text("mine")
    target.chmod(0o666)
    folder = forked.put(tmp_path / "keys", {})

    def be_quicker() -> None:
        real_open = os.open

        def taken_open(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if flags & os.O_CREAT:
                trap(folder / path, target)
            return real_open(path, flags, mode, dir_fd=dir_fd)

        os.open = taken_open

    assert str(folder / name) in _run(folder, name, before=be_quicker).refusal
    assert target.read_text() == "mine" and sorted(os.listdir(tmp_path)) == ["keys", "target"]


@pytest.mark.parametrize("trap", [os.mkfifo, os.mkdir], ids=["fifo", "directory"])
@pytest.mark.parametrize("name", [*forked.NAMES, TOKEN])
def test_what_is_no_file_is_refused(name: str, trap: t.Callable[[str], None], tmp_path: pathlib.Path) -> None:
    """And it does not hang: whoever opens a named pipe waits for the other end, if not careful."""
    files = _files(name)
    files.pop(name, None)
    folder = forked.put(tmp_path / "keys", files)
    trap(str(folder / name))
    before = forked.state(folder)
    for options in [{}] if name == TOKEN else [{}, {"state": "absent"}]:
        assert str(folder / name) in _run(folder, name, **options).refusal
    assert forked.state(folder) == before


def test_named_pipe_as_private_key_of_a_token(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refusal = forked.token(tmp_path / TOKEN, private_key_content=None, private_key_path=str(tmp_path / "pipe")).refusal
    assert str(tmp_path / "pipe") in refusal
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o720, 0o702, 0o1777], ids=oct)
@pytest.mark.parametrize("name", [forked.PRIVATE, TOKEN])
def test_folder_that_others_can_write_to_is_refused(name: str, mode: int, tmp_path: pathlib.Path) -> None:
    for files in ({}, _files(name)):
        folder = forked.put(tmp_path / "keys", files)
        folder.chmod(mode)
        message = _run(folder, name).refusal
        assert str(folder) in message and f"{mode:04o}" in message
        assert forked.contents(folder) == files
        assert forked.mode_of(folder) == mode


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750], ids=oct)
@pytest.mark.parametrize("name", [forked.PRIVATE, TOKEN])
def test_folder_that_others_can_read_is_good(name: str, mode: int, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    folder.chmod(mode)
    assert _run(folder, name).result["changed"]
    assert forked.mode_of(folder) == mode


@forked.needs_chown
@pytest.mark.parametrize("name", [forked.PRIVATE, TOKEN])
def test_folder_of_another_user_is_refused(name: str, tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", _files(name))
    os.chown(folder, forked.NOBODY, forked.NOBODY)
    before = forked.state(folder)
    message = _run(folder, name).refusal
    assert str(folder) in message and str(forked.NOBODY) in message
    assert forked.state(folder) == before
    if name == TOKEN:
        assert "as owner" not in message, "advises an option that the module does not have"


@forked.needs_chown
def test_folder_of_the_owner_is_good(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    os.chown(folder, forked.NOBODY, forked.NOBODY)
    assert forked.keypair(folder, owner=str(forked.NOBODY)).result["changed"]
    forked.check_pair(folder)
    # Another owner than the one who is named is as bad as before.
    os.chown(folder, forked.NOBODY - 1, forked.NOBODY)
    assert str(forked.NOBODY - 1) in forked.keypair(folder, owner=str(forked.NOBODY)).refusal


def test_link_to_the_folder_is_followed_once(tmp_path: pathlib.Path) -> None:
    """A user may well keep the keys behind a link; then all files are in the folder that it leads to."""
    folder = forked.put(tmp_path / "real", {})
    (tmp_path / "keys").symlink_to(folder)
    assert forked.keypair(tmp_path / "keys").result["changed"]
    forked.check_pair(folder)


@pytest.mark.parametrize("trap", ["file", "dangling link"])
def test_what_is_no_folder_is_refused(trap: str, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "keys"
    folder.write_text("mine") if trap == "file" else folder.symlink_to(tmp_path / "missing")
    assert str(folder) in forked.keypair(folder).refusal
    assert os.listdir(tmp_path) == ["keys"]


def test_refusal_names_the_file_as_it_is_written(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    (folder / forked.PRIVATE).symlink_to("/dev/null")
    message = forked.keypair(pathlib.Path("keys"), before=lambda: os.chdir(tmp_path)).refusal
    assert f"keys/{forked.PRIVATE}" in message


LEFT_OVER = [
    *(f".{name}.{HEX}.tmp" for name in forked.NAMES),
    f".{forked.PRIVATE}.4711.2026-01-31@23:59:59~.{HEX}.tmp",
    f".{forked.CERTIFICATE}.4711.2026-01-31@23:59:59+~.{HEX}.tmp",
]

SIMILAR = [
    f"{forked.PRIVATE}.{HEX}.tmp",
    f".{forked.PRIVATE}.{HEX}.tmp~",
    f".{forked.PRIVATE}.{HEX}.tmp.swp",
    f".{forked.PRIVATE}.{HEX.upper()}.tmp",
    f".{forked.PRIVATE}.{HEX}0.tmp",
    f".{forked.PRIVATE}.{HEX[1:]}.tmp",
    f".{forked.PRIVATE}.tmp",
    f".{forked.PRIVATE}.backup.{HEX}.tmp",
    f".privatekeyXpem.{HEX}.tmp",
    f".other_{forked.PRIVATE}.{HEX}.tmp",
    f"x.{forked.PRIVATE}.{HEX}.tmp",
    f".{forked.PRIVATE}.{HEX}.tmp\n",
    f".{forked.PRIVATE}.swp",
    f"{forked.PRIVATE}~",
    f"{forked.PRIVATE}.4711.2026-01-31@23:59:59~",
]


@pytest.mark.parametrize("options", [{}, {"state": "absent", "backup": False}], ids=["present", "absent"])
def test_leftovers_are_removed_and_nothing_else(options: dict[str, t.Any], tmp_path: pathlib.Path) -> None:
    ours = forked.ready_pair()
    folder = forked.put(tmp_path / "keys", {**ours, **dict.fromkeys(LEFT_OVER + SIMILAR, b"")})
    before = forked.state(folder)
    assert forked.keypair(folder, _ansible_check_mode=True, **options).result["changed"]
    assert forked.state(folder) == before
    result = forked.keypair(folder, **options).result
    assert result["changed"] and all(any(name in action for action in result["actions"]) for name in LEFT_OVER)
    assert sorted(forked.contents(folder)) == sorted([*SIMILAR, *(ours if not options else ())])
    assert not forked.keypair(folder, **options).result["changed"]


def test_leftover_token_is_removed(tmp_path: pathlib.Path) -> None:
    folder = forked.put(tmp_path / "keys", {})
    forked.token(folder / TOKEN)
    similar = [f".other.jwt.{HEX}.tmp", f"{TOKEN}.{HEX}.tmp", f".{TOKEN}.{HEX[1:]}.tmp"]
    forked.put(folder, dict.fromkeys([f".{TOKEN}.{HEX}.tmp", *similar], b""))
    assert forked.token(folder / TOKEN).result["changed"]
    assert sorted(forked.contents(folder)) == sorted([TOKEN, *similar])


def test_leftover_that_is_a_link(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    folder = forked.put(tmp_path / "keys", forked.ready_pair())
    (folder / LEFT_OVER[0]).symlink_to(target)
    assert forked.keypair(folder).result["changed"]
    assert target.read_text() == "mine"
    forked.check_pair(folder)
