# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the key pairs in a folder by the names of their private keys."""

from __future__ import annotations

from .._files import read
from . import pair


def prefixes(directory: str) -> list[str]:
    """The prefix of each key pair in the folder, sorted. Backups are none.

    A pair has its private key as long as it exists: it is written first and removed last. Other files may be anybody's.

    :raises FileError: if the folder cannot be listed.
    """
    suffix = pair.names("").private_key
    return sorted(name.removesuffix(suffix) for name in read.names(directory) if name.endswith(suffix))
