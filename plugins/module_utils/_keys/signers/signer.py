# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private key that is somewhere else: it signs by asking its store, and is an RSA private key to all other code."""

from __future__ import annotations

import sys
import typing as t

from ..._errors import PrivateKeyError

try:
    import cryptography
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    _Base = rsa.RSAPrivateKey
except ImportError:  # Modules report it: see _module.run.
    _Base = object

MINIMUM_CRYPTOGRAPHY = 38
"""The first release that signs certificates with a key of another library."""


HASHES = ("sha256", "sha384", "sha512")
"""The hash functions of RS256, RS384 and RS512, by their names in cryptography and in hashlib."""


def check_cryptography() -> None:
    """Reject a release of cryptography that cannot use such a key.

    :raises PrivateKeyError: if it is too old.
    """
    if int(cryptography.__version__.split(".", maxsplit=1)[0]) < MINIMUM_CRYPTOGRAPHY:
        raise PrivateKeyError(
            f"O(private_key_uri) requires cryptography {MINIMUM_CRYPTOGRAPHY} or newer, but this Python has"
            f" {cryptography.__version__}: install a newer release, or use a key in a file."
        )


def missing(library: str, minimum: str = "") -> PrivateKeyError:
    """The error if this Python does not have the library for a store.

    :param library: the name under which it is installed.
    :param minimum: the oldest release that will do, if older ones are around.
    """
    newer = f" {minimum} or newer" if minimum else ""
    return PrivateKeyError(
        f"O(private_key_uri) requires the Python library {library}{newer}, which is not installed: run"
        f" '{sys.executable} -m pip install {'--upgrade ' if minimum else ''}{library}'."
    )


class Stored(t.NamedTuple):
    """A private key in a store. ``uri`` names exactly this key, and ``warning`` is about how it is kept, or None."""

    key: rsa.RSAPrivateKey
    uri: str
    warning: str | None


class StoredKey(t.Protocol):
    """A private key in a store, which need not exist there yet. Each store has a class with these members.

    Creating an object of it sends no request. ``source`` names the key in messages, and contains no secret.
    """

    source: str

    @property
    def how_to_delete(self) -> str:
        """Commands that delete the key in its store."""

    def find(self) -> Stored | None:
        """The key; None if there is no such key.

        :raises QlikError: if it cannot be read, or cannot sign.
        """

    def create(self, size: int) -> Stored:
        """Create the key, as an RSA key that only signs and cannot leave its store. It never replaces a key.

        :param size: in bits.
        :raises QlikError: if that fails.
        """


class Signer(_Base):
    """The private key for a public key. It signs with PKCS #1 v1.5 only, which is all that is used here."""

    def __init__(self, source: str, public_key: rsa.RSAPublicKey, sign: t.Callable[[bytes, str], bytes]) -> None:
        """:param source: the key in messages.

        :param sign: returns the signature for data, with one of :data:`HASHES`.
        """
        self._source = source
        self._public_key = public_key
        self._sign = sign

    @property
    def key_size(self) -> int:
        """The size of the modulus in bits."""
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public key."""
        return self._public_key

    def sign(self, data: bytes, padding: padding.AsymmetricPadding, algorithm: hashes.HashAlgorithm) -> bytes:
        """Have data signed.

        :raises QlikError: if the store does not sign, or its signature does not verify.
        """
        if padding.name != "EMSA-PKCS1-v1_5" or algorithm.name not in HASHES:
            raise NotImplementedError(f"only PKCS #1 v1.5 with {', '.join(HASHES)}")
        signature = self._sign(data, algorithm.name)
        try:
            self._public_key.verify(signature, data, padding, algorithm)
        except InvalidSignature:
            raise PrivateKeyError(
                f"{self._source} returned a signature that does not verify, so it was not used: check the key in its"
                " store."
            ) from None
        return signature

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        """Not for such a key."""
        raise NotImplementedError("a key in a store only signs")

    def private_numbers(self) -> t.NoReturn:
        """Not for such a key."""
        raise NotImplementedError("a key in a store never leaves it")

    def private_bytes(self, *arguments: t.Any, **keywords: t.Any) -> t.NoReturn:
        """Not for such a key."""
        raise NotImplementedError("a key in a store never leaves it")

    def __copy__(self) -> Signer:
        return self

    def __deepcopy__(self, memo: dict[int, t.Any]) -> Signer:
        return self
