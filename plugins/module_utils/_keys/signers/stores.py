# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of private keys, by the scheme of their URIs.

To add one, write a file like ``hashivault.py``, with a class ``Key`` that has the same methods, add it here and
to ``uri.FORMS``, and its options to ``_argument_specs.KEY_STORE`` and the documentation fragment ``key_store``.
"""

from __future__ import annotations

import os
import typing as t

from ..._errors import OptionError
from . import uri
from .signer import check_cryptography

if t.TYPE_CHECKING:
    from . import hashivault


def key(options: t.Mapping[str, t.Any], passphrase_option: str) -> hashivault.Key:
    """The key that ``private_key_uri`` names, which need not exist. Nothing is asked of its store yet.

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
    # Its import takes long as an ordinary module, and most keys are in files.
    from . import hashivault

    return {"hashivault": hashivault.Key}[parsed.scheme](parsed, options, os.environ)
