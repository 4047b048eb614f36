# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hunt for one private key in files, and in the memory of processes, in every form that gives it away."""

from __future__ import annotations

import base64
import contextlib
import os
import pathlib
import signal
import threading
import typing as t

from cryptography.hazmat.primitives import serialization

if t.TYPE_CHECKING:
    from simulator import Simulator

LOGIN = "/login/jwt-session"
HELD = 5
"""Seconds for which the answer to a login is held back: the processes have signed by then, and are stopped meanwhile."""


def forms(pem: str) -> list[bytes]:
    """Parts of the numbers of a private key: as bytes (so in DER), as libraries have them in memory, and as text (so in PEM).

    Each of them is from the middle of a prime or of the private exponent, so no public key or certificate has it.
    """
    numbers = serialization.load_pem_private_key(pem.encode(), None).private_numbers()
    found = []
    for number in (numbers.p, numbers.q, numbers.d):
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        digits = data.hex()[64:112]
        texts = [digits, digits.upper(), str(number)[64:112]]
        for shift in range(3):  # where the number starts within three bytes decides on the characters
            encoded = base64.b64encode(bytes(shift) + data).decode()
            # A line of PEM ends within one of them at most.
            pieces = [encoded[40:64], encoded[72:96]]
            texts += [*pieces, *(piece.replace("+", "-").replace("/", "_") for piece in pieces)]
        found += [data[32:56], data[::-1][32:56], *(text.encode() for text in texts)]
    return found


def is_in(content: bytes, key: t.Iterable[bytes]) -> bool:
    """Whether one of these forms of a key is in it."""
    return any(form in content for form in key)


def files_with(key: t.Iterable[bytes], *folders: pathlib.Path) -> tuple[list[pathlib.Path], int]:
    """The files below folders that have the key, and how many there are in all."""
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if is_in(path.read_bytes(), key)], len(paths)


class Memory(t.NamedTuple):
    """What was in the memory of a process, part by part."""

    command: str
    parts: list[bytes]

    def has(self, key: t.Iterable[bytes]) -> bool:
        """Whether one of these forms of a key is in it."""
        return any(is_in(part, key) for part in self.parts)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.parts))


def memory(process: int) -> Memory:
    """All that a process can write to: its heap, its stacks, and what libraries have put elsewhere.

    :raises OSError: if this machine does not allow it.
    """
    folder = pathlib.Path("/proc") / str(process)
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    parts = []
    with (folder / "mem").open("rb", buffering=0) as content:
        for line in (folder / "maps").read_text().splitlines():
            addresses, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(address, 16) for address in addresses.split("-"))
                # The kernel keeps some to itself.
                with contextlib.suppress(OSError):
                    content.seek(start)
                    parts.append(content.read(end - start))
    return Memory(command, parts)


def memories(mark: str) -> list[Memory]:
    """Those of all processes whose environment has this variable, as NAME=value. They are stopped meanwhile.

    :raises OSError: if this machine does not allow it.
    """
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        # Others may have ended by now, or belong to somebody else.
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    for process in found:
        os.kill(process, signal.SIGSTOP)
    try:
        return [memory(process) for process in found]
    finally:
        for process in found:
            os.kill(process, signal.SIGCONT)


class AtLogin(threading.Thread):
    """Reads the memory of a playbook's processes while one of them waits for the tenant's answer to a login.

    By then, the key was created or loaded, the certificate issued and the token signed.
    """

    def __init__(self, simulator: Simulator, mark: str) -> None:
        super().__init__(daemon=True)
        self._simulator = simulator
        self._mark = mark
        self._end = threading.Event()
        self.memories: list[Memory] = []
        self.error: OSError | None = None

    def __enter__(self) -> AtLogin:
        self._simulator.faults({"kind": "slow", "value": HELD, "path": LOGIN})
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        """Wait for the first login, and read."""
        while not self._end.wait(0.05):
            if any(request["path"] == LOGIN for request in self._simulator.recorded()):
                try:
                    self.memories = memories(self._mark)
                except OSError as error:
                    self.error = error
                return
