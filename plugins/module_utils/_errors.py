# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""The errors that the library raises. Each message is a whole sentence for the person who runs the playbook."""

from __future__ import annotations


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


class KeyMismatchError(PrivateKeyError):
    """A private key is in good order, but of another kind or size than the one that is wanted."""


class CertificateError(QlikError):
    """A certificate cannot be read."""


class TokenError(QlikError):
    """A text is not a JWT."""
