# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RSA private keys: generate, load, check, encrypt."""

from __future__ import annotations

import functools
import shlex
import typing as t

from .. import _text
from .._errors import MAYBE_UNSET, KeyMismatchError, OptionError, PassphraseError, PrivateKeyError
from .._files import read, vault
from . import der, pem

try:
    import cryptography
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
except ImportError:
    pass  # Modules report it: see _module.run.

PUBLIC_EXPONENT = 65537
SIZES = (2048, 3072, 4096)
"""Supported sizes of new keys, in bits."""

MINIMUM_SIZE = 2048
"""Bits. Smaller RSA keys are broken or nearly so (NIST SP 800-131A)."""

PASSPHRASE_OPTION = "passphrase"
OLD_PASSPHRASE_OPTION = "old_passphrase"

MINIMUM_PASSPHRASE_LENGTH = 12
MAXIMUM_PASSPHRASE_BYTES = 1023
"""The limit of OpenSSL."""

_TRADITIONAL_CIPHERS = ("AES-128-CBC", "AES-256-CBC", "DES-EDE3-CBC")
"""The ciphers of OpenSSL's traditional format that all supported releases of cryptography can decrypt."""


def generate(size: int) -> rsa.RSAPrivateKey:
    """Generate a private key of ``size`` bits."""
    return rsa.generate_private_key(public_exponent=PUBLIC_EXPONENT, key_size=size)


def check_new_passphrase(passphrase: str | None, option: str) -> None:
    """Reject a passphrase that cannot protect a new key.

    :raises OptionError: if it has fewer than 12 characters or more than 1023 bytes, is not valid UTF-8, or has an
        invisible character at one of its ends.
    """
    if passphrase == "":
        raise OptionError(
            f"O({option}) is empty ({MAYBE_UNSET}): specify a passphrase of at least {MINIMUM_PASSPHRASE_LENGTH}"
            " characters, or leave the option out."
        )
    if passphrase is not None and len(passphrase) < MINIMUM_PASSPHRASE_LENGTH:
        raise OptionError(
            f"O({option}) has fewer than {MINIMUM_PASSPHRASE_LENGTH} characters, which is too short to protect a new"
            " private key: choose a longer one."
        )
    try:
        length = len((passphrase or "").encode())
    except UnicodeEncodeError as error:
        raise OptionError(f"O({option}) is not valid UTF-8: choose another one.") from error
    if length > MAXIMUM_PASSPHRASE_BYTES:
        raise OptionError(f"O({option}) has more than {MAXIMUM_PASSPHRASE_BYTES} bytes: choose a shorter one.")
    if found := _text.invisible_end(passphrase or ""):
        raise OptionError(
            f"O({option}) {found} Otherwise, it would be lost as soon as the passphrase is typed or copied."
        )


def wrong_passphrase_advice(passphrases: t.Mapping[str, str | None]) -> str:
    """What to do if none of these passphrases decrypts a private key.

    :param passphrases: by option.
    """
    for option, passphrase in passphrases.items():
        if found := _text.invisible_end(passphrase or ""):
            return f"O({option}) {found}"
    return "Specify the right passphrase, or restore the key from a backup."


class Loaded(t.NamedTuple):
    """A private key. ``repairs`` is a warning about what is wrong with its text, or None."""

    key: rsa.RSAPrivateKey
    repairs: str | None


# Cached so that signing for many users loads the key once. The cache key is the content, so any change of the file is
# noticed, regardless of its size and modification time.
@functools.lru_cache(maxsize=32)
def load(data: bytes, passphrase: str | None, source: str, passphrase_option: str) -> Loaded:
    """Load a private key (PKCS#1 or PKCS#8, PEM or DER) and check that its numbers are consistent.

    The check in cryptography tests the primes, which takes 0.3 s for 4096 bits. It is skipped in favor of
    :func:`_numbers_are_consistent`, which detects a damaged key in 0.05 ms.

    :param source: the file or option, for messages.
    :param passphrase_option: the option that contains the passphrase, for messages.
    :raises PemError: if the data is not a private key.
    :raises KeyMismatchError: if the key is valid, but not an RSA key.
    :raises PassphraseError: if the passphrase is wrong, or the damage is indistinguishable from that.
    :raises PrivateKeyError: if the key cannot be read, or is damaged.
    """
    block = pem.find(data, "PRIVATE KEY", source)
    if block.label == "OPENSSH PRIVATE KEY":
        # ssh-keygen converts no other kind.
        if b"ssh-rsa" not in block.body.content:
            raise PrivateKeyError(f"{source} is not an RSA key, but Qlik Cloud requires RSA: use an RSA key.")
        raise PrivateKeyError(
            f"{source} is in OpenSSH's own format: convert a copy of it with 'ssh-keygen -p -m PEM -f FILE'."
        )
    cipher = block.body.cipher
    if not cipher and not block.body.label:
        raise PrivateKeyError(
            f"{source} is damaged, or encrypted without its lines Proc-Type and DEK-Info: copy the whole text again, or"
            " restore it from a backup."
        )
    encrypted = block.label == "ENCRYPTED PRIVATE KEY" or bool(cipher)
    if encrypted and not passphrase:
        if passphrase is None:
            raise PassphraseError(f"{source} is encrypted: specify its passphrase in O({passphrase_option}).")
        raise PassphraseError(
            f"{source} is encrypted, but O({passphrase_option}) is empty ({MAYBE_UNSET}): specify its passphrase."
        )
    if passphrase and not encrypted:
        raise PassphraseError(
            f"{source} is not encrypted, but O({passphrase_option}) is set: leave the option out, or encrypt the key."
        )
    if cipher and cipher not in _TRADITIONAL_CIPHERS:
        raise PrivateKeyError(
            f"{source} is encrypted with {cipher}, which is not supported: encrypt a copy of it with AES, using"
            " 'openssl pkey -in FILE -aes256 -out NEW' (for older ciphers, OpenSSL 3 also needs '-provider legacy"
            " -provider default')."
        )
    damaged = PrivateKeyError(f"{source} is damaged: it cannot be read as a private key. Restore it from a backup.")
    # In an encrypted key, damage and a wrong passphrase cannot be distinguished.
    undecryptable = PassphraseError(
        f"{source} cannot be decrypted: O({passphrase_option}) is not its passphrase, or the key is damaged, or of an"
        f" unsupported kind. {wrong_passphrase_advice({passphrase_option: passphrase})}"
    )
    try:
        key = serialization.load_pem_private_key(
            block.text.encode(),
            passphrase.encode(errors="replace") if passphrase else None,
            **_skip_prime_test(),
        )
    except UnsupportedAlgorithm as error:
        kind = block.label.split()[0]
        raise _not_rsa(source, "unknown" if kind in ("ENCRYPTED", "PRIVATE") else kind) from error
    except (ValueError, TypeError) as error:
        _reject_more_primes(block, source)
        raise (undecryptable if encrypted else damaged) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        # Older releases of cryptography name the class of EC keys _EllipticCurvePrivateKey.
        kind = type(key).__name__.replace("PrivateKey", "").lstrip("_")
        raise _not_rsa(source, kind.replace("EllipticCurve", "EC"))
    if not _numbers_are_consistent(key.private_numbers()):
        _reject_more_primes(block, source)
        raise damaged
    return Loaded(key, pem.warning(block, source))


def load_with_either(
    data: bytes, passphrase: str | None, old_passphrase: str | None, source: str
) -> tuple[Loaded, bool]:
    """Load a private key whose passphrase may still be the old one, and return whether it is.

    :param source: the file, for messages.
    :raises QlikError: as :func:`load` does.
    """
    try:
        return load(data, passphrase, source, PASSPHRASE_OPTION), False
    except PassphraseError as error:
        if old_passphrase is None:
            raise
        try:
            return load(data, old_passphrase or None, source, OLD_PASSPHRASE_OPTION), True
        except PassphraseError:
            raise PassphraseError(
                f"{source} cannot be decrypted: neither O({PASSPHRASE_OPTION}) nor O({OLD_PASSPHRASE_OPTION}) is its"
                " passphrase, or the key is damaged, or of an unsupported kind. "
                + wrong_passphrase_advice({PASSPHRASE_OPTION: passphrase, OLD_PASSPHRASE_OPTION: old_passphrase})
            ) from error


def check_size(key: rsa.RSAPrivateKey, source: str) -> None:
    """Reject a key that is too small to sign with.

    :raises PrivateKeyError: if it has fewer than 2048 bits.
    """
    if key.key_size < MINIMUM_SIZE:
        raise PrivateKeyError(
            f"{source} has {key.key_size} bits, which is not safe: use an RSA key of {MINIMUM_SIZE} bits or more."
        )


def exposure(path: str, option: str, forbidden: int) -> str | None:
    """A sentence about a private key file that other users can access; None if they cannot, or only when decrypted.

    :param option: the option that names the file or its folder, for messages.
    :param forbidden: the permission bits that must not be set.
    :raises FileError: if the file cannot be accessed.
    """
    mode = read.mode(path)
    if not mode & forbidden or vault.is_encrypted(read.stored(path, option)):
        return None
    return (
        f"{path} has mode {mode:04o}, which lets other users access the private key: run 'chmod go= {shlex.quote(path)}',"
        " or set defaultMode if it is in a volume of Kubernetes."
    )


def to_pem(key: rsa.RSAPrivateKey, passphrase: str | None) -> bytes:
    """The private key as PKCS#8 PEM, encrypted if a passphrase is given.

    :raises PrivateKeyError: if reading it back does not return the same key. It must not replace a key in use then.
    """
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    again = load(data, passphrase, "The private key", "passphrase").key
    if again.private_numbers() != key.private_numbers():
        raise PrivateKeyError("The private key changed when it was read back, so it was not written. Report this.")
    return data


def _skip_prime_test() -> dict[str, bool]:
    # cryptography 39 added the parameter. Older releases always test the primes, which is slow but correct.
    has_parameter = int(cryptography.__version__.split(".", maxsplit=1)[0]) >= 39
    return {"unsafe_skip_rsa_key_validation": True} if has_parameter else {}


def _reject_more_primes(block: pem.PemBlock, source: str) -> None:
    # Some releases of cryptography reject such a key, others load two of its primes.
    if der.is_multi_prime(block.body.content):
        raise PrivateKeyError(
            f"{source} has more than two primes, which is not supported: use an RSA key with two primes."
        )


def _numbers_are_consistent(numbers: rsa.RSAPrivateNumbers) -> bool:
    """Whether the numbers of a two-prime RSA key satisfy the relations of RFC 8017, section 3.2.

    A test signature is not sufficient: a signature by a damaged key often still verifies.
    """
    p, q, d = numbers.p, numbers.q, numbers.d
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    return (
        # With the exponent 1, anyone could forge a signature.
        e >= 3
        and p > 1
        and q > 1
        and p % 2 == 1
        and q % 2 == 1
        and p * q == n
        and e * d % (p - 1) == 1
        and e * d % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and 0 < numbers.iqmp < p
        and q * numbers.iqmp % p == 1
    )


def _not_rsa(source: str, kind: str) -> KeyMismatchError:
    return KeyMismatchError(f"{source} is a private key of type {kind}, but Qlik Cloud requires RSA: use an RSA key.")
