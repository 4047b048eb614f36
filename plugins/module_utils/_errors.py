# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that the library raises. Each message is a whole sentence for the person who runs the playbook.

A message names options as Ansible's documentation does, as in ``O(private_key_path)``. Whoever reports it knows what the
user has written instead, such as an alias, and says that: see :func:`in_words_of_the_user`.
"""

from __future__ import annotations

import re
import typing as t

_LONGEST_TEXT = 300  # characters of somebody else's text in a message
_OPTION = re.compile(r"O\(([a-z_]+)\)")


def shown(text: str) -> str:
    """Somebody else's text as part of a sentence: nothing that a terminal would act on, and not too long."""
    text = "".join(character if character.isprintable() else " " for character in text[: _LONGEST_TEXT + 1])
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT].rstrip()}..."


def in_words_of_the_user(message: str, names: t.Mapping[str, str]) -> str:
    """A message as the user sees it.

    :param names: what the user has written for an option, where that is not its name.
    """
    return _OPTION.sub(lambda found: names.get(found[1], found[1]), message)


class QlikError(Exception):
    """Something that the user has to change; modules turn it into ``fail_json``."""

    def __init__(self, message: str) -> None:
        """:param message: with options as ``O(name)``."""
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return in_words_of_the_user(self.message, {})


class OptionError(QlikError):
    """An option has a value that cannot be used."""

    @property
    def option(self) -> str:
        """The name of the option: the first one in the message."""
        return _OPTION.search(self.message)[1]


class FileError(QlikError):
    """A file or folder cannot be used, or is not safe to use."""


class PemError(QlikError):
    """A text is not the PEM that it should be."""


class PrivateKeyError(QlikError):
    """A private key cannot be used: unreadable, damaged, or locked by a passphrase."""


class PassphraseError(PrivateKeyError):
    """A private key cannot be opened with this passphrase, or without one."""


class KeyMismatchError(PrivateKeyError):
    """A private key is in good order, but of another kind or size than the one that is wanted."""


class PublicKeyError(QlikError):
    """A public key cannot be used."""


class CertificateError(QlikError):
    """A certificate cannot be read."""


class TokenError(QlikError):
    """A text is not a JWT."""


class TenantError(QlikError):
    """The tenant cannot be reached, or answers with a refusal.

    ``answer`` is a sentence about what it said, ``advice`` one about what to do; ``status`` the HTTP status and ``code``
    Qlik Cloud's own, if there was an answer with them.
    """

    def __init__(self, answer: str, advice: str, status: int | None = None, code: str | None = None) -> None:
        super().__init__(f"{answer} {advice}")
        self.answer = answer
        self.advice = advice
        self.status = status
        self.code = code


class NoAnswerError(TenantError):
    """A request was sent, but no answer came that says whether the tenant has done what it asks for."""
