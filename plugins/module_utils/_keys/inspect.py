# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe an existing key pair and its problems, without changing anything or stopping at the first problem."""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._errors import QlikError
from .._files import read
from . import certificates, pair, private_keys, public_keys, stored_pair

if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    from .signers.signer import StoredKey


class Inspection:
    """Collects facts and problems. :meth:`facts` returns them for modules; problems mark up options as ``O(name)``."""

    def __init__(self, now: datetime.datetime, renew_before_days: int) -> None:
        self.now = now
        self.renew_before_days = renew_before_days
        self.exists = False
        self.problems: list[str] = []
        self.uri: str | None = None
        self.public_key: rsa.RSAPublicKey | None = None
        self.certificate: x509.Certificate | None = None

    def facts(self) -> dict[str, t.Any]:
        """All facts and problems found."""
        remaining = self.certificate and certificates.not_after(self.certificate) - self.now
        return {
            **pair.describe(self.public_key, self.certificate),
            "exists": self.exists,
            "days_left": remaining and remaining.days,
            "problems": self.problems,
        }

    def inspect_directory(
        self, directory: str, names: pair.Names, passphrase: str | None, store: StoredKey | None = None
    ) -> None:
        """Inspect the three files of a key pair, or two files and the private key in its store."""
        if store:
            self.inspect_stored_key(store)
        if not read.exists(directory):
            self.problems.append(f"{directory} does not exist.")
            return
        private_key, public_key, certificate = (os.path.join(directory, name) for name in names)
        if store:
            with self._recording_problems():
                stored_pair.check_no_private_key(private_key)
        else:
            self.inspect_private_key(self.read_file(private_key, "directory"), private_key, passphrase)
            if read.exists(private_key):
                with self._recording_problems():
                    self._add(private_keys.exposure(private_key, "directory", forbidden=0o077))
        self._inspect_public_key(self.read_file(public_key, "directory"), public_key)
        self.inspect_certificate(self.read_file(certificate, "directory"), certificate)

    def inspect_private_key(self, content: bytes | None, source: str, passphrase: str | None) -> None:
        """Inspect a private key, and keep only its public key."""
        if content is None:
            return
        self.exists = True
        with self._recording_problems():
            key, repairs = private_keys.load(content, passphrase, source, private_keys.PASSPHRASE_OPTION)
            self.public_key = key.public_key()
            self._add(repairs)
            private_keys.check_size(key, source)

    def inspect_stored_key(self, store: StoredKey) -> None:
        """Inspect a private key in a key store."""
        with self._recording_problems():
            if not (stored := store.find()):
                self.problems.append(f"{store.source} does not exist.")
                return
            self.exists = True
            self.uri = stored.uri
            self.public_key = stored.key.public_key()
            self._add(stored.warning)

    def inspect_certificate(self, content: bytes | None, source: str) -> None:
        """Inspect a certificate."""
        if content is None:
            return
        self.exists = True
        with self._recording_problems():
            if certificates.is_issued_by_another(content):
                self.problems.append(f"{source} was issued by a third party.")
            self.certificate, repairs = certificates.load(content, source)
            self._add(repairs)
            its_key = certificates.public_key(self.certificate, source)
            faults = certificates.validity_faults(self.certificate, self.renew_before_days, self.now)
            if not certificates.is_issued_by_another(content):
                faults = [*certificates.signature_faults(self.certificate, its_key), *faults]
            if self.public_key and self.public_key.public_numbers() != its_key.public_numbers():
                faults = ["it is for another key", *faults]
            self.public_key = self.public_key or its_key
            self.problems += [f"{source}: {fault}." for fault in faults]

    def _inspect_public_key(self, content: bytes | None, source: str) -> None:
        if content is None:
            return
        with self._recording_problems():
            key, repairs = public_keys.load(content, source)
            self._add(repairs)
            if self.public_key and self.public_key.public_numbers() != key.public_numbers():
                self.problems.append(f"{source} does not match the private key.")
            self.public_key = self.public_key or key

    def read_file(self, path: str, option: str) -> bytes | None:
        """Read a file; None if it does not exist or cannot be read.

        :param option: the option that names the file, for messages.
        """
        with self._recording_problems():
            if read.exists(path):
                self.exists = True
                return read.content(path, option)
            self.problems.append(f"{path} does not exist.")
        return None

    def _add(self, problem: str | None) -> None:
        self.problems += [problem] if problem else []

    @contextlib.contextmanager
    def _recording_problems(self) -> t.Iterator[None]:
        try:
            yield
        except QlikError as error:
            self.problems.append(error.message)
