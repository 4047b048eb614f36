# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: elsewhere
short_description: Run on this machine what is meant for another one
description:
  - Does what the connection C(local) does, under another name, so that this machine counts as another one.
extends_documentation_fragment:
  - connection_pipelining
"""

from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    """A connection to another machine, as far as the collection knows."""

    transport = "elsewhere"
