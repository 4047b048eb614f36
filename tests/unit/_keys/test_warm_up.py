# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The warm-up, which must not fail with any release of cryptography."""

from __future__ import annotations

from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys, warm_up


def test_it_loads_a_key_as_modules_do() -> None:
    private_keys.load.cache_clear()
    before = private_keys.load.cache_info().misses
    warm_up.warm_up()
    assert private_keys.load.cache_info().misses == before + 1
