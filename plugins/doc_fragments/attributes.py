# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes that modules of this collection have."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and say what would change, without changing anything.
  diff_mode:
    description: Says in diff mode what has changed, or would change in check mode.
  idempotent:
    description: Changes nothing when it is run again in the same way, unless something else has changed meanwhile.
  safe_file_operations:
    description: Replaces files atomically, so that nobody ever sees half of one, or one that too many can read.
"""

    ACTION = r"""
options: {}
attributes:
  action:
    description: Has a corresponding action plugin, so that something happens on the controller.
  async:
    description: Supports the keyword C(async).
"""
