# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""The errors that the library raises. Each message is a whole sentence for the person who runs the playbook."""

from __future__ import annotations

_LONGEST_TEXT = 300  # characters of somebody else's text in a message


def shown(text: str) -> str:
    """Somebody else's text as part of a sentence: nothing that a terminal would act on, and not too long."""
    text = "".join(character if character.isprintable() else " " for character in text[: _LONGEST_TEXT + 1])
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT].rstrip()}..."


class QlikError(Exception):
    """Something that the user has to change; modules turn it into ``fail_json``."""


class OptionError(QlikError):
    """An option has a value that cannot be used."""


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
