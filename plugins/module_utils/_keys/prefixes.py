# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the key pairs in a folder by the names of their files."""

from __future__ import annotations

from .._files import read
from . import pair


def prefixes(directory: str) -> list[str]:
    """The prefix of each key pair of which the folder has a file, sorted. Backups are none.

    :raises FileError: if the folder cannot be listed.
    """
    suffixes = pair.names("")
    return sorted(
        {
            name.removesuffix(suffix)
            for name in read.names(directory)
            if not name.startswith(".")
            for suffix in suffixes
            if name.endswith(suffix)
        }
    )
