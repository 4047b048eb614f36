# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key pair whose private key is in a key store: only the public key and the certificate are files.

The key in the store is authoritative, and created before the files are written, so that after a killed run, the next
run can recreate them. A store never replaces a key. If its newest version is another key than that of the files, the user
decides what to do, because a tenant may have the certificate for the old one.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._errors import CertificateError, FileError, KeyMismatchError, OptionError, PemError, PublicKeyError
from .._files import read
from .._files.folder import locked_folder
from .._steps import Step, Words
from . import certificates, pair, public_keys, removal

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa


def check_regenerate(regenerate: str) -> None:
    """Reject a value of the option that a store cannot comply with.

    :raises OptionError: if it is ``always``.
    """
    if regenerate == "always":
        raise OptionError(
            "O(regenerate) is always, but a key in a key store is never replaced: rotate it there, and set"
            " O(regenerate) to mismatch to use its new version."
        )


def check_no_private_key(path: str) -> None:
    """Reject a folder that has a private key for files of the same names.

    :param path: of the private key.
    :raises FileError: if it exists.
    """
    if read.exists(path):
        raise FileError(
            f"{path} exists, but O(private_key_uri) is set: set O(file_prefix) or O(directory) to another one, or move"
            " the key pair of this file away."
        )


def ensure_present(
    wanted: pair.Wanted, now: datetime.datetime, check_mode: bool, accept: t.Callable[[dict[str, t.Any]], None]
) -> pair.Outcome:
    """Create the key in its store if it is missing, and create, renew or repair the files.

    :param accept: called with the facts before a file is written; raises an exception to reject them.
    :raises QlikError: if the key cannot be used, or an existing file must not be replaced.
    """
    return pair.ensure_present(wanted, now, check_mode, accept, _StoredRepair)


def ensure_absent(wanted: pair.Wanted, check_mode: bool) -> pair.Outcome:
    """Remove the files, and say that the key stays in its store, which is not asked.

    :raises QlikError: if that fails.
    """
    if read.exists(wanted.directory):
        with locked_folder(wanted.directory, wanted.private_access.uid) as folder:
            check_no_private_key(folder.path_of(wanted.names.private_key))
    outcome = removal.ensure_absent(wanted, check_mode)
    store = wanted.store
    rest = f"{store.source} in its store: to delete it there, run {store.how_to_delete}"
    kept = Words(check_mode).step("keep", "private_key", rest, name=store.source, changed=False)
    return outcome._replace(steps=[*outcome.steps, kept])


class _StoredRepair(pair.Repair):
    """One run over a folder, for a private key in a store."""

    def has_new_key(self) -> bool:
        return self.key is None

    def make_key(self) -> rsa.RSAPrivateKey:
        created = self.wanted.store.create(self.wanted.size)
        self.uri = created.uri
        self.warnings += [created.warning] if created.warning else []
        return created.key

    def inspect_private_key(self) -> None:
        if self.folder:
            check_no_private_key(self.folder.path_of(self.wanted.names.private_key))
        if stored := self.wanted.store.find():
            self.key, self.uri = stored.key, stored.uri
            self.warnings += [stored.warning] if stored.warning else []
            if self.wanted.size not in (None, self.key.key_size):
                raise KeyMismatchError(
                    f"{self.uri} has {self.key.key_size} bits, but O(size) is {self.wanted.size}: set O(size) to"
                    f" {self.key.key_size}, or O(private_key_uri) to another key."
                )
        if self.wanted.regenerate == "fail":
            self._check_same_key()

    def steps(self, wrong_access: list[str]) -> list[Step]:
        steps = super().steps(wrong_access)
        if not self.has_new_key():
            return steps
        source = self.wanted.store.source
        return [self.words.step("create", "private_key", source, f"it {self.words.was} missing", source), *steps]

    def _check_same_key(self) -> None:
        """Reject files of another key than the one in the store, or of a key that the store does not have."""
        load: dict[str, t.Callable[[bytes, str], rsa.RSAPublicKey]] = {
            self.wanted.names.public_key: lambda content, path: public_keys.load(content, path).key,
            self.wanted.names.certificate: lambda content, path: certificates.public_key(
                certificates.load(content, path).certificate, path
            ),
        }
        for name in self.found:
            path = os.path.join(self.wanted.directory, name)
            # One that is damaged is repaired.
            with contextlib.suppress(CertificateError, PemError, PublicKeyError):
                public_key = load[name](self.found[name].content, path)
                if not self.key:
                    raise KeyMismatchError(
                        f"{self.wanted.store.source} does not exist, but {path} was made for it: check"
                        f" O(private_key_uri) and which server, account or region it is in, or {self.wanted.instead}."
                    )
                if public_key.public_numbers() != self.key.public_key().public_numbers():
                    raise KeyMismatchError(
                        f"{path} is for another key than {self.uri}: if the key was rotated in its store, set"
                        f" O(private_key_uri) to the previous version or key to keep that, or {self.wanted.instead}."
                    )
