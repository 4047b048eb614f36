# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the chain inside a worker, without Ansible's own for a task.

As a worker of Ansible's, each sample is a fork of a process that has loaded the action plugin and has not used it: what
is touched for the first time in a worker is touched for the first time here. So this is also a program of its own, with
the folder of a key pair as its argument. A sample begins with the options of the task, after templating, and ends with
the result: both are serialized within.
"""

from __future__ import annotations

import json
import multiprocessing
import pathlib
import statistics
import subprocess
import sys
import typing as t

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from project import ANNA
from rows import Row
from timing import ROUNDS, seconds

from ansible_collections.tenantops.qlik.plugins.action.qscloud_tenant_jwt import ActionModule

SAMPLES = 20 * ROUNDS


def own_work(folder: pathlib.Path) -> Row:
    """An unchanged tenant with one user, and the part of it that cryptography needs."""
    run = subprocess.run([sys.executable, __file__, folder], stdout=subprocess.PIPE, check=True)
    whole, cryptography = (1000 * statistics.median(samples) for samples in json.loads(run.stdout))
    measured = f"{SAMPLES} workers; bare cryptography {cryptography:.2f} ms of it"
    return Row("work of the chain in a worker, unchanged tenant", measured, whole, 5, "ms")


def main(folder: pathlib.Path) -> None:
    """Print the seconds of all samples, with the collection and without it."""
    action, data = _action(), b"x" * 500
    options = {"tenant": "acme.eu.qlikcloud.com", "key_directory": str(folder), "users": [ANNA]}
    key, certificate = ((folder / name).read_bytes() for name in ("privatekey.pem", "publickey.cer"))

    def chain() -> None:
        result = action._run_in_process("tenantops.qlik.qscloud_tenant_jwt", dict(options), {})
        assert result["token"] and not result["changed"], result

    def bare() -> None:
        """The cryptography that is needed: read and check the pair, sign a token and verify it."""
        private = serialization.load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        issued = x509.load_pem_x509_certificate(certificate)
        public = issued.public_key()
        public.verify(issued.signature, issued.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256())
        signature = private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())

    samples = [(_in_fork(chain), _in_fork(bare)) for _sample in range(SAMPLES)]
    json.dump(list(zip(*samples)), sys.stdout)


def _in_fork(function: t.Callable[[], None]) -> float:
    """How long a call takes in a fork of this process."""
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=lambda: sender.send(seconds(function)))
    process.start()
    sender.close()
    found = receiver.recv()
    process.join()
    return found


def _action() -> ActionModule:
    """The action plugin, with a task and a local connection."""
    context, loader = PlayContext(), DataLoader()
    connection = connection_loader.get("local", context, "/dev/null")
    return ActionModule(Task(), connection, context, loader, Templar(loader), None)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
