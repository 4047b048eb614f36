# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the three files of a key pair consistent: private key, public key and certificate.

The private key is authoritative. It is written first and removed last, so that after a killed run, the next run can
recreate the other two files from it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import typing as t

from .._errors import CertificateError, FileError, KeyMismatchError, OptionError, printable
from .._files import read, vault
from .._files.folder import Access, Folder, Found, locked_folder, new_folder, other_spellings
from .._steps import Step, Words
from . import certificates, private_keys, public_keys
from .private_keys import OLD_PASSPHRASE_OPTION, PASSPHRASE_OPTION

if t.TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    from .signers.signer import StoredKey

FACTS = (*public_keys.FACTS, *certificates.FACTS)
"""Return values for a key pair, in addition to the paths. The private key is never returned."""


class Names(t.NamedTuple):
    """The names of the three files, in the order in which they are written."""

    private_key: str
    public_key: str
    certificate: str

    def kind_of(self, name: str) -> str:
        """The kind of a file, as in the data of a step."""
        return next((kind for kind, its_name in self._asdict().items() if its_name == name), "temporary_file")


def names(file_prefix: str) -> Names:
    """The file names with the given prefix.

    :raises OptionError: if the prefix would lead outside the folder.
    """
    if "/" in file_prefix or "\0" in file_prefix:
        raise OptionError("O(file_prefix) must not contain a slash: set the folder in O(directory).")
    return Names(f"{file_prefix}privatekey.pem", f"{file_prefix}publickey.pem", f"{file_prefix}publickey.cer")


def paths(directory: str, file_names: Names) -> dict[str, str]:
    """The paths of the files, as return values."""
    return {f"{role}_path": os.path.join(directory, name) for role, name in file_names._asdict().items()}


class Wanted(t.NamedTuple):
    """The desired key pair: the validated options of the module.

    ``size`` is None if an existing key may have any. ``instead`` is what to do, in a message, if a key must not be
    replaced because of ``regenerate``. ``store`` is where the private key is, if that is not in a file.
    """

    directory: str
    names: Names
    size: int | None
    passphrase: str | None
    old_passphrase: str | None
    terms: certificates.Terms
    regenerate: str
    instead: str
    backup: bool
    private_access: Access
    public_access: Access
    store: StoredKey | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files, in the order in which they are written."""
        return self.names[1:] if self.store else self.names

    def access(self, name: str) -> Access:
        """The desired mode and owner of a file."""
        return self.private_access if name == self.names.private_key else self.public_access

    def paths(self) -> dict[str, str | None]:
        """The paths of the files, as return values; None for a private key that is in no file."""
        without = {"private_key_path": None} if self.store else {}
        return paths(self.directory, self.names) | without

    def name(self) -> str:
        """What to call the key pair: its private key."""
        return self.store.source if self.store else os.path.join(self.directory, self.names.private_key)


def describe(public_key: rsa.RSAPublicKey | None, certificate: x509.Certificate | None) -> dict[str, t.Any]:
    """The return values for a key pair; None for anything that does not exist."""
    facts: dict[str, t.Any] = dict.fromkeys(FACTS)
    if public_key:
        facts.update(public_keys.describe(public_key))
    if certificate:
        facts.update(certificates.describe(certificate))
    return facts


class Outcome(t.NamedTuple):
    """The steps, and the resulting facts, private key and URI of it. In check mode, what is not known yet is None."""

    steps: list[Step]
    backup_files: list[str]
    facts: dict[str, t.Any]
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    key: rsa.RSAPrivateKey | None = None
    passphrase_changed: bool = False
    warnings: t.Sequence[str] = ()
    uri: str | None = None


def ensure_present(
    wanted: Wanted,
    now: datetime.datetime,
    check_mode: bool,
    accept: t.Callable[[dict[str, t.Any]], None],
    kind: type[Repair] | None = None,
) -> Outcome:
    """Create, renew or repair the files of the key pair.

    :param accept: called with the facts before anything is written; raises an exception to reject them.
    :param kind: how to do that, if the private key is in no file.
    :raises QlikError: if an existing file must not be replaced. In that case, nothing has changed.
    """
    if read.exists(wanted.directory):
        with locked_folder(wanted.directory, wanted.private_access.uid) as folder:
            return (kind or Repair)(wanted, now, folder, check_mode).run(accept)
    warnings = [
        f"{other} has a key for the same host name as the new folder {wanted.directory}, in another spelling: to keep that"
        " key, remove the new folder, rename the other one, and set the issuer to its spelling."
        for other in other_spellings(wanted.directory)
        if read.exists(os.path.join(other, wanted.names.private_key))
    ]
    plan = (kind or Repair)(wanted, now, None, check_mode)
    if check_mode:
        outcome = plan.run(accept)
    else:
        plan.inspect()  # detects invalid options before the folder is created
        with new_folder(wanted.directory):
            outcome = ensure_present(wanted, now, check_mode, accept, kind)
    return outcome._replace(warnings=[*outcome.warnings, *warnings])


def backups(folder: Folder, wanted: Wanted, found: t.Mapping[str, Found]) -> dict[str, tuple[bytes, Access]]:
    """The backup files to write, by name."""
    return {folder.backup_name(name): (file.content, wanted.access(name)) for name, file in found.items()}


class Repair:
    """One run over a folder: inspect the files, then create or repair them."""

    def __init__(self, wanted: Wanted, now: datetime.datetime, folder: Folder | None, check_mode: bool) -> None:
        self.check_mode = check_mode
        self.words = Words(check_mode)
        self.wanted = wanted
        self.now = now
        self.folder = folder  # None: the folder does not exist (yet)
        self.found: dict[str, Found] = {}
        self.leftovers: list[str] = []
        self.key = None
        self.certificate = None
        self.passphrase_changed = False
        self.uri: str | None = None
        self.warnings: list[str] = []
        # The reason for writing each file. Files that can stay are not listed.
        self.reasons: dict[str, str] = {}

    def run(self, accept: t.Callable[[dict[str, t.Any]], None]) -> Outcome:
        self.inspect()
        wrong_access = self._wrong_access()
        steps = self.steps(wrong_access)
        facts = self._facts()
        before = _summary(facts, {name: file.access.mode for name, file in self.found.items()})
        self._discard_replaced()
        contents = {} if self.check_mode else self._make()
        if self.reasons:
            facts = self._facts()
        accept(facts)
        after = _summary(facts, {name: self.wanted.access(name).mode for name in self.wanted.files})
        if self.passphrase_changed:
            before["opened_by"], after["opened_by"] = OLD_PASSPHRASE_OPTION, PASSPHRASE_OPTION
        outcome = Outcome(steps, [], facts, before, after, self.key, self.passphrase_changed, self.warnings, self.uri)
        if self.check_mode:
            return outcome
        if self.folder.is_empty():
            self.folder.set_owner(self.wanted.private_access)
        # Remove leftovers before writing anything, in case they fill the disk.
        for name in self.leftovers:
            self.folder.remove(name)
        backup_files = self._write(contents)
        for name in wrong_access:
            self.folder.set_access(name, self.wanted.access(name))
        return outcome._replace(backup_files=backup_files)

    def inspect(self) -> None:
        """Read the existing files and determine which must be written."""
        if self.folder:
            self.found = {name: file for name in self.wanted.files if (file := self.folder.read(name))}
            self.leftovers = self.folder.leftovers(self.wanted.files)
        self.inspect_private_key()
        self._inspect_public_key()
        self._inspect_certificate()

    def has_new_key(self) -> bool:
        """Whether the private key does not exist yet, or must be replaced."""
        return self.wanted.names.private_key in self.reasons

    def make_key(self) -> rsa.RSAPrivateKey:
        """A new private key."""
        return private_keys.generate(self.wanted.size)

    def inspect_private_key(self) -> None:
        """Load the private key, or decide that it has to be a new one."""
        name = self.wanted.names.private_key
        path = os.path.join(self.wanted.directory, name)
        if name not in self.found:
            self.reasons[name] = f"it {self.words.was} missing"
        else:
            try:
                (self.key, repairs), self.passphrase_changed = private_keys.load_with_either(
                    self._content(name), self.wanted.passphrase, self.wanted.old_passphrase, path
                )
                self.warnings += [repairs] if repairs else []
                if self.wanted.size not in (None, self.key.key_size):
                    raise KeyMismatchError(
                        f"{path} has {self.key.key_size} bits, but O(size) is {self.wanted.size}:"
                        f" {self._how_to_keep()}{self.wanted.instead}."
                    )
                if self.wanted.regenerate == "always":
                    self.reasons[name] = "regenerate is always"
            except KeyMismatchError:
                if self.wanted.regenerate == "fail":
                    raise
                self.reasons[name] = f"it {self.words.had} another type or size"
        # A new key is encrypted with the new passphrase anyway.
        self.passphrase_changed &= name not in self.reasons
        if name in self.reasons or self.passphrase_changed:
            private_keys.check_new_passphrase(self.wanted.passphrase, PASSPHRASE_OPTION)
            if name in self.found and vault.is_encrypted(self.found[name].content):
                # Ansible Vault's password is not known here, so the new file would be less protected than the old one.
                raise FileError(
                    f"{path} is encrypted with Ansible Vault, but the file that replaces it would not be: run"
                    " 'ansible-vault decrypt' on it before this task, and 'ansible-vault encrypt' after it."
                )

    def _how_to_keep(self) -> str:
        """The options that keep a private key of another size, and its certificate if that is possible."""
        if self.key.key_size not in private_keys.SIZES:
            return ""
        options = [f"O(size) to {self.key.key_size}"]
        if kept := self._terms_to_keep():
            if kept.common_name != self.wanted.terms.common_name:
                options.append(f"O(common_name) to '{printable(kept.common_name)}'")
            if kept.valid_days != self.wanted.terms.valid_days:
                options.append(f"O(valid_days) to {kept.valid_days}")
        *others, last = options
        if not others:
            return f"set {last} to keep it, or "
        return f"set {', '.join(others)} and {last} to keep it and its certificate, or "

    def _terms_to_keep(self) -> certificates.Terms | None:
        name = self.wanted.names.certificate
        if name not in self.found:
            return None
        with contextlib.suppress(CertificateError):
            certificate = certificates.load(self._content(name), name).certificate
            return certificates.terms_to_keep(certificate, self.key.public_key(), self.wanted.terms, self.now)
        return None

    def _inspect_public_key(self) -> None:
        name = self.wanted.names.public_key
        if name not in self.found:
            self.reasons[name] = f"it {self.words.was} missing"
        elif self.has_new_key():
            self.reasons[name] = "the private key is new"
        elif self._content(name) != public_keys.to_pem(self.key.public_key()):
            self.reasons[name] = f"it {self.words.did_not} match the private key"

    def _inspect_certificate(self) -> None:
        name = self.wanted.names.certificate
        path = os.path.join(self.wanted.directory, name)
        if name not in self.found:
            self.reasons[name] = f"it {self.words.was} missing"
            return
        content = self._content(name)
        is_foreign = certificates.is_issued_by_another(content)
        if is_foreign and self.wanted.regenerate == "fail":
            raise FileError(f"{path} was issued by a third party: move it away, or {self.wanted.instead}.")
        with contextlib.suppress(CertificateError):
            self.certificate, repairs = certificates.load(content, path)
            self.warnings += [repairs] if repairs else []
        if is_foreign:
            self.reasons[name] = f"a third party {self.words.had} issued it"
        elif not self.certificate:
            self.reasons[name] = f"it {self.words.could_not} be used"
        elif self.has_new_key():
            self.reasons[name] = "the private key is new"
        elif reasons := certificates.reasons_to_reissue(
            self.certificate, self.key.public_key(), self.wanted.terms, self.now
        ):
            self.reasons[name] = " and ".join(reasons)

    def _content(self, name: str) -> bytes:
        return vault.decrypted(self.found[name].content, os.path.join(self.wanted.directory, name))

    def _wrong_access(self) -> list[str]:
        def differs(name: str) -> bool:
            actual, wanted = self.found[name].access, self.wanted.access(name)
            return any(want is not None and want != have for want, have in zip(wanted, actual))

        return [name for name in self.found if name not in self.reasons and differs(name)]

    def steps(self, wrong_access: list[str]) -> list[Step]:
        """What has to be done, in this order."""
        private_key = self.wanted.names.private_key
        return [
            *(self._step("write", name, name, reason) for name, reason in self.reasons.items()),
            *(
                [self._step("change", private_key, f"the passphrase of {private_key}")]
                if self.passphrase_changed
                else []
            ),
            *(self._step("change", name, f"mode or owner of {name}") for name in wrong_access),
            *(
                self._step("remove", name, name, f"a killed run {self.words.had} left it behind")
                for name in self.leftovers
            ),
        ]

    def _step(self, action: str, name: str, rest: str, reason: str | None = None) -> Step:
        path = os.path.join(self.wanted.directory, name)
        return self.words.step(action, self.wanted.names.kind_of(name), rest, reason, path)

    def _discard_replaced(self) -> None:
        if self.has_new_key():
            self.key = None
        if self.wanted.names.certificate in self.reasons:
            self.certificate = None

    def _make(self) -> dict[str, bytes]:
        # Create all contents before the first file is written, so that a failure leaves the old files in place.
        self.key = self.key or self.make_key()
        self.certificate = self.certificate or certificates.issue(self.key, self.wanted.terms, self.now)
        make = {
            self.wanted.names.private_key: lambda: private_keys.to_pem(self.key, self.wanted.passphrase),
            self.wanted.names.public_key: lambda: public_keys.to_pem(self.key.public_key()),
            self.wanted.names.certificate: lambda: certificates.to_pem(self.certificate),
        }
        return {name: make[name]() for name in self.wanted.files if name in self.reasons or self._is_reencrypted(name)}

    def _is_reencrypted(self, name: str) -> bool:
        return self.passphrase_changed and name == self.wanted.names.private_key

    def _write(self, contents: dict[str, bytes]) -> list[str]:
        # Do not back up a key that is only re-encrypted: others may know its old passphrase, which would decrypt the
        # backup of a key that is still in use.
        replaced = {
            name: self.found[name]
            for name in contents
            if name in self.found
            and (self.wanted.backup or name == self.wanted.names.private_key)
            and not self._is_reencrypted(name)
        }
        copies = backups(self.folder, self.wanted, replaced)
        self.folder.write(copies | {name: (content, self.wanted.access(name)) for name, content in contents.items()})
        return [self.folder.path_of(name) for name in copies]

    def _facts(self) -> dict[str, t.Any]:
        return describe(self.key and self.key.public_key(), self.certificate)


def _summary(facts: dict[str, t.Any], modes: dict[str, int]) -> dict[str, t.Any]:
    """A key pair for diff mode."""
    return {
        "modes": {name: f"{mode:04o}" for name, mode in modes.items()},
        **{fact: facts[fact] for fact in ("key_id", "key_size", "fingerprint_sha256", "not_before", "not_after")},
    }
