# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The library, connected to a simulated tenant."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, credentials


@pytest.fixture
def pauses():
    """The seconds that would have been waited."""
    return []


@pytest.fixture
def connect(simulator, pauses):
    """Make the library's tenant, with other options than the usual ones."""

    def connect_with(**options):
        options = {
            "tenant_url": simulator.url,
            "ca_path": simulator.ca_path,
            "validate_certs": True,
            "timeout": 5,
            **dict.fromkeys(credentials.CREDENTIAL_VARIABLES),
            **(options if {"api_key", "client_id"} & set(options) else {"api_key": simulator.api_key, **options}),
        }
        return api.Tenant(credentials.from_options(options, {}), sleep=pauses.append)

    return connect_with
