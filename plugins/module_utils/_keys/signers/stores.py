# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of private keys, by the scheme of their URIs.

To add one, write a file like ``hashivault.py`` with a class ``Key``, which is a ``signer.StoredKey``, and add it to
``_CLASSES`` and ``uri.FORMS``. Add its options to ``_argument_specs.KEY_STORES`` and to the documentation fragments
``key_store`` and ``chain``.
"""

from __future__ import annotations

import os
import typing as t

from ..._errors import OptionError
from . import uri
from .signer import StoredKey, check_cryptography


def _awskms() -> type[StoredKey]:
    from . import awskms

    return awskms.Key


def _hashivault() -> type[StoredKey]:
    from . import hashivault

    return hashivault.Key


def _pkcs11() -> type[StoredKey]:
    from . import pkcs11

    return pkcs11.Key


_CLASSES = {"awskms": _awskms, "hashivault": _hashivault, "pkcs11": _pkcs11}
"""Functions that return the class of each store, by scheme. They import its file only when it is used, because that
takes long in an ordinary module, and most keys are in files. It must be an import statement: Ansible looks for these to
find out which files to send to the host."""


def key(options: t.Mapping[str, t.Any], passphrase_option: str) -> StoredKey:
    """The key that ``private_key_uri`` names, which need not exist. No request is sent to its store yet.

    :param options: those of the documentation fragment ``key_store`` by name. The environment complements them.
    :param passphrase_option: the option for the passphrase of a private key in a file.
    :raises QlikError: if one of them is missing or invalid, or this Python's cryptography is too old.
    """
    if options[passphrase_option] is not None:
        raise OptionError(
            f"O({passphrase_option}) is set, but a key in a key store has no passphrase: leave the option out."
        )
    parsed = uri.parse(options[uri.OPTION])
    check_cryptography()
    return _CLASSES[parsed.scheme]()(parsed, options, os.environ)
