# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..modules import qseow_jwt
from ..plugin_utils._in_process import InProcessAction


class ActionModule(InProcessAction):
    """Runs M(tenantops.qlik.qseow_jwt) in this process if possible."""

    MODULE = qseow_jwt
    SECRETS = ("token",)
