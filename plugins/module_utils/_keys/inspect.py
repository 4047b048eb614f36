# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is of a key pair, and what is wrong with it. It changes nothing, and does not stop at what is wrong."""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._errors import QlikError
from .._files import read
from . import certificates, pair, private_keys, public_keys

if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa


class Inspection:
    """What has been found so far. :meth:`facts` is what modules return; problems name options as ``O(name)``."""

    def __init__(self, now: datetime.datetime, renew_before_days: int) -> None:
        self.now = now
        self.renew_before_days = renew_before_days
        self.exists = False
        self.problems: list[str] = []
        self.public_key: rsa.RSAPublicKey | None = None
        self.certificate: x509.Certificate | None = None

    def facts(self) -> dict[str, t.Any]:
        """All of it."""
        left = self.certificate and certificates.not_after(self.certificate) - self.now
        return {
            **pair.describe(self.public_key, self.certificate),
            "exists": self.exists,
            "days_left": left and left.days,
            "problems": self.problems,
        }

    def look_at_directory(self, directory: str, names: pair.Names, passphrase: str | None) -> None:
        """Look at the three files of a key pair."""
        if not read.exists(directory):
            self.problems.append(f"{directory} does not exist.")
            return
        private_key, public_key, certificate = (os.path.join(directory, name) for name in names)
        self.look_at_private_key(self.read(private_key, "directory"), private_key, passphrase, pair.PASSPHRASE_OPTION)
        if read.exists(private_key):
            with self._noting_problems():
                if (mode := read.mode(private_key)) & 0o077:
                    self.problems.append(f"{private_key} has the mode {mode:04o}: others may use it.")
        self._look_at_public_key(self.read(public_key, "directory"), public_key)
        self.look_at_certificate(self.read(certificate, "directory"), certificate)

    def look_at_private_key(
        self, content: bytes | None, source: str, passphrase: str | None, passphrase_option: str
    ) -> None:
        """Look at a private key; of it, only the public key is remembered."""
        if content is None:
            return
        self.exists = True
        with self._noting_problems():
            key = private_keys.load(content, passphrase, source, passphrase_option)
            self.public_key = key.public_key()
            private_keys.check_size(key, source)

    def look_at_certificate(self, content: bytes | None, source: str) -> None:
        """Look at a certificate."""
        if content is None:
            return
        self.exists = True
        with self._noting_problems():
            if certificates.is_issued_by_another(content):
                self.problems.append(f"{source} was issued by somebody else.")
            self.certificate = certificates.load(content, source)
            its_key = certificates.public_key(self.certificate, source)
            faults = certificates.faults_of_time(self.certificate, self.renew_before_days, self.now)
            if not certificates.is_issued_by_another(content):
                faults = [*certificates.signature_faults(self.certificate, its_key), *faults]
            if self.public_key and self.public_key.public_numbers() != its_key.public_numbers():
                faults = ["it is for another key", *faults]
            self.public_key = self.public_key or its_key
            self.problems += [f"{source}: {fault}." for fault in faults]

    def _look_at_public_key(self, content: bytes | None, source: str) -> None:
        if content is None:
            return
        self.exists = True
        with self._noting_problems():
            key = public_keys.load(content, source)
            if self.public_key and self.public_key.public_numbers() != key.public_numbers():
                self.problems.append(f"{source} does not match the private key.")
            self.public_key = self.public_key or key

    def read(self, path: str, option: str) -> bytes | None:
        """The content of a file, None if there is none or it cannot be read.

        :param option: the option that names it, for messages.
        """
        with self._noting_problems():
            if read.exists(path):
                return read.content(path, option)
            self.problems.append(f"{path} does not exist.")
        return None

    @contextlib.contextmanager
    def _noting_problems(self) -> t.Iterator[None]:
        try:
            yield
        except QlikError as error:
            self.problems.append(error.message)
