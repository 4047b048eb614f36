# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for a token that is stored in a file."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - Path to a file in which to store the token, with mode V(0600). Its folder must exist and must not be writable by
        others, and the path to it must not contain a symbolic link that belongs to another user.
      - The token in the file is reused if the key verifies its signature, if its header, claims and validity are those
        that the task requests, and if it remains valid for more than O(renew_before).
      - If the file contains anything other than a JWT, the task fails.
    type: path
  renew_before:
    description:
      - How long before it expires the token in O(path) is replaced, in the notation of O(expires_in). It must be
        shorter than O(expires_in).
      - If not set, the default is V(5m), or a third of the remaining validity of a new token if that is shorter.
    type: str
  force:
    description: Whether to sign a new token even if the one in O(path) can be reused.
    type: bool
    default: false
"""
