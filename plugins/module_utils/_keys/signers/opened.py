# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task opens in a key store and uses until its end."""

from __future__ import annotations

import contextlib

OPENED = contextlib.ExitStack()
"""A task is a ``with`` statement of it. A store adds what to close then, because the process may go on, even as another
one: Ansible forks one for each host, and a connection must not be used by two."""
