# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three files of a key pair as one consistent set: private key, public key, certificate.

The private key is the root of truth. It is written first and removed last, so that whatever a killed run leaves behind,
the next run makes the other two from it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._errors import CertificateError, FileError, KeyMismatchError, OptionError, PassphraseError
from .._files import read
from .._files.folder import Access, Folder, Found, locked_folder, new_folder
from . import certificates, private_keys, public_keys

if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

PASSPHRASE_OPTION = "passphrase"
OLD_PASSPHRASE_OPTION = "old_passphrase"

FACTS = (
    "certificate",
    "certificate_line",
    "public_key",
    "key_id",
    "fingerprint_sha256",
    "serial_number",
    "not_before",
    "not_after",
    "key_size",
)
"""What is returned about a key pair, besides the paths. Never the private key."""


class Names(t.NamedTuple):
    """The names of the three files, in the order in which they are written."""

    private_key: str
    public_key: str
    certificate: str


def names(file_prefix: str) -> Names:
    """The file names with this prefix.

    :raises OptionError: if the prefix would lead out of the folder.
    """
    if "/" in file_prefix or "\0" in file_prefix:
        raise OptionError("O(file_prefix) must not contain a slash: name the folder in the option O(directory).")
    return Names(f"{file_prefix}privatekey.pem", f"{file_prefix}publickey.pem", f"{file_prefix}publickey.cer")


def paths(directory: str, file_names: Names) -> dict[str, str]:
    """Where the files are, as modules return it."""
    return {f"{role}_path": os.path.join(directory, name) for role, name in file_names._asdict().items()}


class Wanted(t.NamedTuple):
    """What the key pair is to be; the options of the module, checked."""

    directory: str
    names: Names
    size: int
    passphrase: str | None
    old_passphrase: str | None
    terms: certificates.Terms
    regenerate: str
    backup: bool
    private_access: Access
    public_access: Access

    def access(self, name: str) -> Access:
        """The access that a file of the pair gets."""
        return self.private_access if name == self.names.private_key else self.public_access

    def paths(self) -> dict[str, str]:
        """Where the files are, as modules return it."""
        return paths(self.directory, self.names)


def describe(public_key: rsa.RSAPublicKey | None, certificate: x509.Certificate | None) -> dict[str, t.Any]:
    """What is returned about a key pair; None for what is not there."""
    facts: dict[str, t.Any] = dict.fromkeys(FACTS)
    if public_key:
        facts["key_id"] = public_keys.thumbprint(public_key)
        facts["key_size"] = public_key.key_size
        facts["public_key"] = public_keys.to_pem(public_key).decode()
    if certificate:
        facts.update(certificates.describe(certificate))
    return facts


class Outcome(t.NamedTuple):
    """What was done, or would be done in check mode, in words; and what is there then (None: not known before)."""

    actions: list[str]
    backup_files: list[str]
    facts: dict[str, t.Any]
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    passphrase_changed: bool = False


def ensure_present(
    wanted: Wanted, now: datetime.datetime, check_mode: bool, accept: t.Callable[[dict[str, t.Any]], None]
) -> Outcome:
    """Make, renew or repair what is missing or does not fit.

    :param accept: called with the facts before anything is written; it raises to refuse them.
    :raises QlikError: if something is there that must not be replaced; then nothing has changed.
    """
    if read.exists(wanted.directory):
        with locked_folder(wanted.directory, wanted.private_access.uid) as folder:
            return _Repair(wanted, now, folder).run(check_mode, accept)
    plan = _Repair(wanted, now, None)
    if check_mode:
        return plan.run(check_mode, accept)
    plan.look()  # so that a wrong option is found before the folder is made
    with new_folder(wanted.directory):
        return ensure_present(wanted, now, check_mode, accept)


def ensure_absent(wanted: Wanted, check_mode: bool) -> Outcome:
    """Remove the three files; the folder stays.

    :raises QlikError: if the private key would be lost although nobody could read it.
    """
    empty = Outcome([], [], {}, {}, {})
    if not read.exists(wanted.directory):
        return empty
    with locked_folder(wanted.directory, wanted.private_access.uid) as folder:
        found = {name: file for name in reversed(wanted.names) if (file := folder.read(name))}
        leftovers = folder.leftovers(wanted.names)
        private_key = found.get(wanted.names.private_key)
        if private_key and not wanted.backup:
            _load(private_key.content, folder.path_of(wanted.names.private_key), wanted)
        outcome = empty._replace(
            actions=[f"removed {name}" for name in [*found, *leftovers]], before=dict.fromkeys(found, "present")
        )
        if check_mode:
            return outcome
        backups = _backups(folder, wanted, found) if wanted.backup else {}
        folder.write(backups)
        for name in [*found, *leftovers]:
            folder.remove(name)
        return outcome._replace(backup_files=[folder.path_of(name) for name in backups])


def _backups(folder: Folder, wanted: Wanted, found: t.Mapping[str, Found]) -> dict[str, tuple[bytes, Access]]:
    """What to write so that these files are kept under other names."""
    return {folder.backup_name(name): (file.content, wanted.access(name)) for name, file in found.items()}


def _load(content: bytes, path: str, wanted: Wanted) -> tuple[rsa.RSAPrivateKey, bool]:
    """Load the private key; and whether it still has the old passphrase."""
    try:
        return private_keys.load(content, wanted.passphrase, path, PASSPHRASE_OPTION), False
    except PassphraseError as error:
        if wanted.old_passphrase is None:
            raise
        try:
            return private_keys.load(content, wanted.old_passphrase or None, path, OLD_PASSPHRASE_OPTION), True
        except PassphraseError:
            raise PassphraseError(
                f"{path} cannot be decrypted: neither O({PASSPHRASE_OPTION}) nor O({OLD_PASSPHRASE_OPTION}) is its passphrase,"
                " or the key is damaged. Give the right passphrase, or restore the key from a backup."
            ) from error


class _Repair:
    """One run over a folder: look at what is there, then do what it needs."""

    def __init__(self, wanted: Wanted, now: datetime.datetime, folder: Folder | None) -> None:
        self.wanted = wanted
        self.now = now
        self.folder = folder  # None: the folder does not exist (yet)
        self.found: dict[str, Found] = {}
        self.leftovers: list[str] = []
        self.key = None
        self.certificate = None
        self.passphrase_changed = False
        # Why each file is to be written; a file that fits is not here.
        self.reasons: dict[str, str] = {}

    def run(self, check_mode: bool, accept: t.Callable[[dict[str, t.Any]], None]) -> Outcome:
        self.look()
        wrong_access = self._wrong_access()
        actions = self._actions(wrong_access)
        before = self._summary({name: file.access.mode for name, file in self.found.items()})
        self._forget_what_is_replaced()
        contents = {} if check_mode else self._make()
        facts = self._facts()
        accept(facts)
        after = self._summary({name: self.wanted.access(name).mode for name in self.wanted.names})
        if self.passphrase_changed:
            before["opened_by"], after["opened_by"] = OLD_PASSPHRASE_OPTION, PASSPHRASE_OPTION
        outcome = Outcome(actions, [], facts, before, after, self.passphrase_changed)
        if check_mode:
            return outcome
        if self.folder.is_empty():
            self.folder.give_to(self.wanted.private_access)
        # Before anything is written: they may be what fills the disk.
        for name in self.leftovers:
            self.folder.remove(name)
        backup_files = self._write(contents)
        for name in wrong_access:
            self.folder.set_access(name, self.wanted.access(name))
        return outcome._replace(backup_files=backup_files)

    def look(self) -> None:
        """Read what is there and find out what does not fit."""
        if self.folder:
            self.found = {name: file for name in self.wanted.names if (file := self.folder.read(name))}
            self.leftovers = self.folder.leftovers(self.wanted.names)
        self._look_at_private_key()
        self._look_at_public_key()
        self._look_at_certificate()

    def _look_at_private_key(self) -> None:
        name = self.wanted.names.private_key
        path = os.path.join(self.wanted.directory, name)
        if name not in self.found:
            self.reasons[name] = "it was missing"
        else:
            try:
                self.key, self.passphrase_changed = _load(self.found[name].content, path, self.wanted)
                if self.key.key_size != self.wanted.size:
                    can_stay = self.key.key_size in private_keys.SIZES
                    keep = f"O(size) to {self.key.key_size} to keep it, or " if can_stay else ""
                    raise KeyMismatchError(
                        f"{path} has {self.key.key_size} bits, but O(size) is {self.wanted.size}: set {keep}O(regenerate)"
                        " to mismatch to replace it."
                    )
                if self.wanted.regenerate == "always":
                    self.reasons[name] = "regenerate is always"
            except KeyMismatchError:
                if self.wanted.regenerate == "fail":
                    raise
                self.reasons[name] = "it was of another kind or size"
        # A new key is encrypted with the new passphrase anyway.
        self.passphrase_changed &= name not in self.reasons
        if name in self.reasons or self.passphrase_changed:
            private_keys.check_new_passphrase(self.wanted.passphrase, PASSPHRASE_OPTION)

    def _look_at_public_key(self) -> None:
        name = self.wanted.names.public_key
        if name not in self.found:
            self.reasons[name] = "it was missing"
        elif self.wanted.names.private_key in self.reasons:
            self.reasons[name] = "the private key is new"
        elif self.found[name].content != public_keys.to_pem(self.key.public_key()):
            self.reasons[name] = "it did not match the private key"

    def _look_at_certificate(self) -> None:
        name = self.wanted.names.certificate
        path = os.path.join(self.wanted.directory, name)
        if name not in self.found:
            self.reasons[name] = "it was missing"
            return
        content = self.found[name].content
        is_foreign = certificates.is_issued_by_another(content)
        if is_foreign and self.wanted.regenerate == "fail":
            raise FileError(
                f"{path} was issued by somebody else: move it away, or set O(regenerate) to mismatch to replace it by a"
                " self-signed certificate."
            )
        with contextlib.suppress(CertificateError):
            self.certificate = certificates.load(content, path)
        if is_foreign:
            self.reasons[name] = "somebody else had issued it"
        elif not self.certificate:
            self.reasons[name] = "it was damaged"
        elif self.wanted.names.private_key in self.reasons:
            self.reasons[name] = "the private key is new"
        elif reasons := certificates.reasons_to_issue_anew(
            self.certificate, self.key.public_key(), self.wanted.terms, self.now
        ):
            self.reasons[name] = " and ".join(reasons)

    def _wrong_access(self) -> list[str]:
        def differs(name: str) -> bool:
            there, wanted = self.found[name].access, self.wanted.access(name)
            return any(want is not None and want != is_ for want, is_ in zip(wanted, there))

        return [name for name in self.found if name not in self.reasons and differs(name)]

    def _actions(self, wrong_access: list[str]) -> list[str]:
        return [
            *(f"wrote {name}: {reason}" for name, reason in self.reasons.items()),
            *([f"changed the passphrase of {self.wanted.names.private_key}"] if self.passphrase_changed else []),
            *(f"changed mode or owner of {name}" for name in wrong_access),
            *(f"removed {name}: a killed run had left it" for name in self.leftovers),
        ]

    def _forget_what_is_replaced(self) -> None:
        if self.wanted.names.private_key in self.reasons:
            self.key = None
        if self.wanted.names.certificate in self.reasons:
            self.certificate = None

    def _make(self) -> dict[str, bytes]:
        # All is made before the first file is written, so that a failure on the way leaves the old set.
        self.key = self.key or private_keys.generate(self.wanted.size)
        self.certificate = self.certificate or certificates.issue(self.key, self.wanted.terms, self.now)
        make = {
            self.wanted.names.private_key: lambda: private_keys.to_pem(self.key, self.wanted.passphrase),
            self.wanted.names.public_key: lambda: public_keys.to_pem(self.key.public_key()),
            self.wanted.names.certificate: lambda: certificates.to_pem(self.certificate),
        }
        return {
            name: make[name]() for name in self.wanted.names if name in self.reasons or self._is_encrypted_anew(name)
        }

    def _is_encrypted_anew(self, name: str) -> bool:
        return self.passphrase_changed and name == self.wanted.names.private_key

    def _write(self, contents: dict[str, bytes]) -> list[str]:
        # No copy that the old passphrase opens stays: the key is the same, and the old passphrase may be known to others.
        replaced = {
            name: self.found[name]
            for name in contents
            if name in self.found
            and (self.wanted.backup or name == self.wanted.names.private_key)
            and not self._is_encrypted_anew(name)
        }
        backups = _backups(self.folder, self.wanted, replaced)
        self.folder.write(backups | {name: (content, self.wanted.access(name)) for name, content in contents.items()})
        return [self.folder.path_of(name) for name in backups]

    def _facts(self) -> dict[str, t.Any]:
        return describe(self.key and self.key.public_key(), self.certificate)

    def _summary(self, modes: dict[str, int]) -> dict[str, t.Any]:
        facts = self._facts()
        return {
            "modes": {name: f"{mode:04o}" for name, mode in modes.items()},
            **{fact: facts[fact] for fact in ("key_id", "key_size", "fingerprint_sha256", "not_before", "not_after")},
        }
