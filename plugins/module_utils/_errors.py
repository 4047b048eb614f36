# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that the library raises. Each message is a complete sentence for the user who runs the playbook.

A message marks up options as Ansible's documentation does, for example ``O(private_key_path)``. The code that reports
the message replaces them with what the user wrote, such as an alias: see :func:`replace_options`.
"""

from __future__ import annotations

import re
import typing as t

_MAXIMUM_TEXT_LENGTH = 300  # characters of external text in a message
_OPTION = re.compile(r"O\(([a-z0-9_]+)\)")

MAYBE_UNSET = "an environment variable or a CI secret may not be set"
"""Why a secret may be empty: Ansible's lookup ``env`` gives an empty text for a variable that does not exist."""


def printable(text: str, longest: int = _MAXIMUM_TEXT_LENGTH) -> str:
    """Make external text safe for a message: no control characters, and no more than so many characters."""
    text = "".join(character if character.isprintable() else " " for character in text[: longest + 1])
    return text if len(text) <= longest else f"{text[:longest].rstrip()}..."


def replace_options(message: str, names: t.Mapping[str, str]) -> str:
    """Replace the option markup in a message with what the user wrote.

    :param names: what the user wrote for an option, if that is not the option's name.
    """
    return _OPTION.sub(lambda found: names.get(found[1], found[1]), message)


class QlikError(Exception):
    """A problem that the user has to fix. Modules report it with ``fail_json``."""

    def __init__(self, message: str) -> None:
        """:param message: marks up options as ``O(name)``."""
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return replace_options(self.message, {})


class OptionError(QlikError):
    """An option has an invalid value."""

    @property
    def option(self) -> str | None:
        """The name of the option: the first one in the message. None if an environment variable is at fault."""
        found = _OPTION.search(self.message)
        return found and found[1]


class FileError(QlikError):
    """A file or folder cannot be used, or is unsafe."""


class PemError(QlikError):
    """A text is not the expected PEM."""


class PrivateKeyError(QlikError):
    """A private key cannot be used because it is unreadable, damaged or encrypted."""


class PassphraseError(PrivateKeyError):
    """A private key cannot be decrypted with the given passphrase, or is encrypted and no passphrase is given."""


class KeyMismatchError(PrivateKeyError):
    """A private key is valid, but its type or size differs from the requested one."""


class PublicKeyError(QlikError):
    """A public key cannot be used."""


class CertificateError(QlikError):
    """A certificate cannot be read."""


class TokenError(QlikError):
    """A text is not a JWT."""


class ServerError(QlikError):
    """A server cannot be reached, or rejects a request.

    ``answer`` is a sentence about the response, and ``advice`` one about what to do. ``status`` is the HTTP status,
    ``code`` Qlik Cloud's error code and ``date`` the server's clock in seconds since 1970, as far as the response has
    them. All are None if something other than the server may have sent the response.
    """

    def __init__(
        self, answer: str, advice: str, status: int | None = None, code: str | None = None, date: int | None = None
    ) -> None:
        super().__init__(f"{answer} {advice}")
        self.answer = answer
        self.advice = advice
        self.status = status
        self.code = code
        self.date = date


class TenantError(ServerError):
    """The tenant cannot be reached, or rejects a request."""


class NoAnswerError(TenantError):
    """A request was sent, but no response says whether the tenant processed it."""


class KeyStoreError(ServerError):
    """A key store cannot be reached, or rejects a request."""


class SilentKeyStoreError(KeyStoreError):
    """A request was sent, but no response says whether the key store processed it."""
