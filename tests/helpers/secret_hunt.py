# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hunt for secrets in all that a playbook shows, writes and leaves, and in what others can see of its processes."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import importlib.util
import os
import pathlib
import re
import socket
import subprocess
import threading
import typing as t

# The middle of a JWT in base64url; with the header in front, so that no other long text is taken for one.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{100,}")
PIECE = 24
"""Characters of a private key or token that are long enough to be known for a part of it."""


def pieces(secret: str) -> list[str]:
    """Pieces of a secret such that one of them is in each part of it that has two lengths of a piece."""
    return [secret[at : at + PIECE] for at in range(0, len(secret) - PIECE + 1, PIECE)]


def of_private_key(path: pathlib.Path, passphrase: str = "") -> list[str]:
    """What gives a private key away: the text of the file, and its numbers in base64, hexadecimal and decimal."""

    def openssl(*arguments: str) -> bytes:
        command = ["openssl", *arguments, "-in", path, "-passin", f"pass:{passphrase}"]
        return subprocess.run(command, check=True, capture_output=True).stdout

    modulus = bytes.fromhex(openssl("rsa", "-noout", "-modulus").decode().strip().partition("=")[2])
    found = []
    for text in (path.read_text(), openssl("pkey").decode(), openssl("rsa", "-traditional").decode()):
        body = "".join(line for line in text.splitlines() if re.fullmatch("[A-Za-z0-9+/=]+", line))
        # In front is what a key has in common with all others, and, if it is not encrypted, with the certificate.
        at = base64.b64decode(body).find(modulus)
        start = 64 if at < 0 else (at + len(modulus) + 8) * 4 // 3
        found += pieces(body[start:])
    described = openssl("rsa", "-noout", "-text").decode()
    for name in ("privateExponent", "prime1", "prime2"):
        digits = re.search(rf"{name}:\s+((?:[0-9a-f]{{2}}:?\s*)+)", described)[1]
        number = int(re.sub(r"[:\s]", "", digits), 16)
        data = number.to_bytes(-(-number.bit_length() // 8), "big")
        found += pieces(str(number)) + pieces(data.hex()) + pieces(base64.urlsafe_b64encode(data).decode())
    return found


def readable(path: pathlib.Path) -> str:
    """What is in a file, with escaped line breaks and the like taken out, so that no text is cut in two."""
    return plain(path.read_bytes().decode(errors="replace"))


def plain(text: str) -> str:
    """The text, and once more without what stands between two lines of PEM."""
    return text + re.sub(r"\\r|\\n|[\s\"'\\+]", "", text)


def below(*folders: pathlib.Path) -> dict[str, str]:
    """All files below folders."""
    return {str(path): readable(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


class Watcher(threading.Thread):
    """Looks again and again at the processes and the temporary files of a playbook while it runs.

    A process is known by its home directory, since other tests run beside it.
    """

    def __init__(self, home: pathlib.Path) -> None:
        super().__init__(daemon=True)
        self._home = home
        self._mark = f"HOME={home}".encode()
        self._end = threading.Event()
        self._others = self._all_processes()
        self._read: set[tuple[str, bytes]] = set()
        self.processes: dict[str, str] = {}
        """Command lines and environments."""
        self.files: dict[str, str] = {}
        """By path and state, all that there ever was in its temporary folders."""
        self.open_files: set[str] = set()
        """Those that others could have read."""

    def __enter__(self) -> Watcher:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        while not self._end.wait(0.005):
            self._look_at_processes()
            for top in ("tmp", ".ansible"):
                for folder, _folders, names in os.walk(self._home / top):
                    for name in names:
                        with contextlib.suppress(OSError):
                            self._look_at(os.path.join(folder, name))

    def _look_at(self, path: str) -> None:
        status = os.stat(path)
        key = f"{path} {status.st_ino} {status.st_mtime_ns} {status.st_size}"
        if key not in self.files:
            self.files[key] = readable(pathlib.Path(path))
            # What nobody else may enter is not open, whatever its files are.
            if status.st_mode & 0o077 and os.stat(os.path.dirname(path)).st_mode & 0o011:
                self.open_files.add(path)

    def _look_at_processes(self) -> None:
        now = self._all_processes()
        # Those that were there before the playbook have nothing to do with it, until others get their numbers.
        self._others &= now
        for number in now - self._others:
            with contextlib.suppress(OSError):
                process = pathlib.Path("/proc") / number
                environment = (process / "environ").read_bytes()
                if self._mark in environment.split(b"\0"):
                    content = (process / "cmdline").read_bytes() + b"\n" + environment
                    if (number, content) not in self._read:
                        self._read.add((number, content))
                        self.processes[f"{number} {len(self._read)}"] = plain(content.decode(errors="replace"))

    @staticmethod
    def _all_processes() -> set[str]:
        return {name for name in os.listdir("/proc") if name.isdecimal()}


_CHARACTERS = "A-Za-z0-9+/=_-"
_PIECE_ONLY = re.compile(f"[{_CHARACTERS}]{{{PIECE}}}")
_MAY_HOLD_PIECES = re.compile(f"[{_CHARACTERS}]{{{PIECE},}}")


def found(secrets: t.Mapping[str, t.Sequence[str]], places: t.Mapping[str, str]) -> set[tuple[str, str]]:
    """Which secret is in which place; whatever looks like a token counts as one, too."""
    pieces_of: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for name, needles in secrets.items():
        for needle in needles:
            # There are thousands of pieces: a text is cut into what may be one, rather than searched for each of them.
            (pieces_of if _PIECE_ONLY.fullmatch(needle) else others).setdefault(needle, set()).add(name)

    # Large parts, such as the code of a module that is sent, are in many places.
    @functools.lru_cache(maxsize=None)
    def names_in(part: str) -> set[str]:
        cut = {part[at : at + PIECE] for at in range(len(part) - PIECE + 1)}
        return set().union(*(pieces_of[piece] for piece in cut & pieces_of.keys()))

    hits = set()
    for place, text in places.items():
        names = {"token"} if TOKEN.search(text) else set()
        names.update(*(of for needle, of in others.items() if needle in text))
        names.update(*map(names_in, _MAY_HOLD_PIECES.findall(text)))
        hits.update((name, place) for name in names)
    return hits


_EVERYWHERE = {
    "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
    "ANSIBLE_RETRY_FILES_ENABLED": "true",
    "ANSIBLE_DIFF_ALWAYS": "true",
    "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
}


def _is_installed(collection: str) -> bool:
    try:
        return importlib.util.find_spec(f"ansible_collections.{collection}") is not None
    except ModuleNotFoundError:
        return False


# `make test` installs no other collections, and so has fewer callbacks.
_FROM_COLLECTIONS = {
    "ansible.posix": ["profile_tasks", "profile_roles", "timer"],
    "community.general": ["log_plays", "print_task", "timestamp", "counter_enabled"],
}
_WRITERS = ["ansible.builtin.tree", "ansible.builtin.junit"] + [
    f"{collection}.{name}"
    for collection, names in _FROM_COLLECTIONS.items()
    if _is_installed(collection)
    for name in names
]
LOG_PLAYS = ["log_plays"] if "community.general.log_plays" in _WRITERS else []
"""The folder of that callback, if it is installed."""


def places_of_home(home: pathlib.Path) -> dict[str, str]:
    """Where Ansible is asked to write, below the home directory."""
    return _EVERYWHERE | {
        # Otherwise below the home directory that the account has, whatever HOME says.
        "ANSIBLE_REMOTE_TMP": str(home / ".ansible" / "tmp"),
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(home / "retry"),
        "ANSIBLE_CALLBACK_TREE_DIR": str(home / "tree"),
        "JUNIT_OUTPUT_DIR": str(home / "junit"),
        "ANSIBLE_LOG_FOLDER": str(home / "log_plays"),
        "ANSIBLE_CALLBACKS_ENABLED": ",".join(_WRITERS),
    }


NO_SYSTEM_LOG = "NOT TESTED: the system log. There is one here, or it cannot be stood in for."


@contextlib.contextmanager
def _locked(folder: str) -> t.Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def system_log() -> t.Iterator[list[str] | None]:
    """Stand in for the system log, and collect its lines; None if that is not possible here. One test at a time."""
    path = "/dev/log"
    with _locked(os.path.dirname(path)):
        if os.path.exists(path) or os.geteuid() != 0:
            yield None
            return
        lines: list[str] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:

            def read() -> None:
                while line := log.recv(65536).decode(errors="replace"):
                    lines.append(line)

            log.bind(path)
            # At once, since whoever logs has to wait once a few lines are unread: other tests' playbooks too.
            reader = threading.Thread(target=read, daemon=True)
            reader.start()
            try:
                yield lines
            finally:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                    last.sendto(b"", path)
                reader.join()
                os.unlink(path)
