# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection costs, against the bare cryptography and against ordinary modules, measured in one run.

Prints one table. Each figure is a median of at least five; the limits are on ratios, since machines differ.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

import ansible.release
import cryptography
import jwt
import yaml
from ansible_collections.tenantops.qlik.plugins.module_utils import (
    _certificate,
    _claims,
    _files,
    _keypair,
    _keys,
    _token,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

ROUNDS = 5
TENANTS = 50
MODULES = "ansible_collections.tenantops.qlik.plugins.modules"


class Row(t.NamedTuple):
    """A line of the table."""

    what: str
    measured: str
    value: float
    limit: float
    unit: str


def main() -> int:
    """Measure, print, and say by the exit code whether every limit was kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = [
            key_pair(folder / "new"),
            unchanged(folder / "new-0"),
            signing(folder / "new-0"),
            in_process(folder),
            *memory(folder),
        ]
    print(
        f"ansible-core {ansible.release.__version__}, cryptography {cryptography.__version__}, PyJWT {jwt.__version__},"
        f" Python {platform.python_version()}, {os.cpu_count()} processors ({platform.machine()})\n"
    )
    print("| what | measured | result | limit |\n|---|---|---|---|")
    for row in rows:
        mark = "" if row.value <= row.limit else " **missed**"
        print(f"| {row.what} | {row.measured} | {row.value:.2f} {row.unit}{mark} | {row.limit:g} {row.unit} |")
    return any(row.value > row.limit for row in rows)


def key_pair(folder: pathlib.Path) -> Row:
    """How long a key pair takes takes luck: so the generation is timed within, for the very same keys."""
    ratios, totals = [], []
    for number in range(2 * ROUNDS):
        generating = 0.0

        def generate(size: int) -> t.Any:
            nonlocal generating
            begin = time.perf_counter()
            key = bare_generate(size)
            generating += time.perf_counter() - begin
            return key

        bare_generate = _keys.generate
        with replaced(_keys, "generate", generate):
            total = seconds(lambda number=number: ensure(pathlib.Path(f"{folder}-{number}")))
        ratios.append(total / generating)
        totals.append(total)
    measured = f"{1000 * statistics.median(totals):.0f} ms a pair, {len(totals)} pairs"
    return Row(
        "key pair and certificate, 4096 bits / bare key generation", measured, statistics.median(ratios), 1.3, "x"
    )


def unchanged(folder: pathlib.Path) -> Row:
    """A second run that changes nothing."""
    times = [1000 * seconds(lambda: ensure(folder)) for _round in range(20 * ROUNDS)]
    return Row("unchanged key pair recognised", f"{len(times)} times", statistics.median(times), 5, "ms")


def signing(folder: pathlib.Path) -> Row:
    """A token, which is verified too, against one bare signature and one verification."""
    key = _keys.load_private((folder / "privatekey.pem").read_bytes(), None, "the key", "passphrase")
    options = dict.fromkeys(("subject", "groups", "jti", "claims", "key_id")) | {
        "issuer": "acme.eu.qlikcloud.com",
        "audience": _claims.AUDIENCE,
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
    }
    data = b"x" * 500

    def token() -> None:
        now = int(time.time())
        _token.sign(_claims.build(options, _claims.window("-10s", "30m", now), now), key, "key-id")

    def bare() -> None:
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        key.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())

    ours, theirs = alternate(token, bare, 40 * ROUNDS)
    measured = f"{1000 * ours:.2f} ms / {1000 * theirs:.2f} ms"
    return Row("token with a loaded key / bare signature and verification", measured, ours / theirs, 1.3, "x")


def in_process(folder: pathlib.Path) -> Row:
    """One task over many tenants in one way and the other, less what an empty play takes."""
    inventory = folder / "inventory.yml"
    hosts = {f"tenant{number}": {"folder": str(folder / f"new-{number % 10}")} for number in range(TENANTS)}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    task = {"tenantops.qlik.qscloud_keypair": {"directory": "{{ folder }}"}}
    tasks = {"empty": [], "in process": [task], "ordinary": [{**task, "environment": {"WAY": "ordinary"}}]}
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for name in tasks:
        play = {
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": tasks[name],
        }
        (folder / f"{name}.yml").write_text(yaml.safe_dump([play]))
    for _round in range(ROUNDS):
        for name, found in times.items():
            command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, f"{name}.yml"]
            found.append(
                seconds(lambda command=command: subprocess.run(command, cwd=folder, check=True, capture_output=True))
            )
    empty, ours, theirs = (statistics.median(found) for found in times.values())
    measured = f"{1000 * (ours - empty) / TENANTS:.0f} ms / {1000 * (theirs - empty) / TENANTS:.0f} ms a tenant"
    what = f"in-process task / the same as ordinary module, {TENANTS} tenants"
    return Row(what, measured, (ours - empty) / (theirs - empty), 0.1, "x")


def memory(folder: pathlib.Path) -> list[Row]:
    """The peak of a module in a process of its own, as on another machine."""
    options = {
        "qscloud_keypair": {"directory": str(folder / "memory")},
        "qscloud_jwt": {"private_key_path": str(folder / "memory/privatekey.pem"), "issuer": "acme", "subject": "x"},
    }
    rows = []
    for module, arguments in options.items():
        peaks = []
        for _round in range(ROUNDS):
            with subprocess.Popen(
                [sys.executable, "-m", f"{MODULES}.{module}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as process:
                process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
                process.stdin.close()
                assert b"certificate" in (output := process.stdout.read()) or b"token" in output, output
                peaks.append(os.wait4(process.pid, 0)[2].ru_maxrss / 1024)
                process.returncode = 0
        rows.append(Row(f"peak memory of {module}", f"{ROUNDS} runs", statistics.median(peaks), 80, "MiB"))
    return rows


def ensure(folder: pathlib.Path) -> None:
    """What the module qscloud_keypair does, with its defaults."""
    wanted = _keypair.Wanted(
        directory=str(folder),
        names=_keypair.names(""),
        size=4096,
        passphrase=None,
        terms=_certificate.terms("qs-jwt", 365, None),
        regenerate="fail",
        backup=True,
        private_access=_files.Access(0o600),
        public_access=_files.Access(0o644),
    )
    _keypair.ensure_present(wanted, datetime.datetime.now(datetime.timezone.utc), False, lambda facts: None)


def seconds(function: t.Callable[[], object]) -> float:
    """How long a call takes."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def alternate(one: t.Callable[[], None], other: t.Callable[[], None], rounds: int) -> tuple[float, float]:
    """Medians of two functions, called in turn so that a machine that slows down slows both."""
    pairs = [(seconds(one), seconds(other)) for _round in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


@contextlib.contextmanager
def replaced(owner: t.Any, name: str, value: t.Any) -> t.Iterator[None]:
    """Replace an attribute for a while."""
    saved = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, saved)


if __name__ == "__main__":
    sys.exit(main())
