# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task opens in a key store and uses until its end."""

from __future__ import annotations

import contextlib

OPENED = contextlib.ExitStack()
"""Each task runs in a ``with`` statement of this, and a store adds what must be closed when the task ends. The process
may go on, and Ansible forks a process for each host: two processes must not use the same connection."""
