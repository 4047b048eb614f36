# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules make of what the library returns."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _module

IN_CHECK_MODE = {
    "wrote privatekey.pem: it was missing": "would write privatekey.pem: it is missing",
    "wrote publickey.cer: it expires on 2026-12-01": "would write publickey.cer: it expires on 2026-12-01",
    "wrote publickey.pem: it did not match the private key": (
        "would write publickey.pem: it does not match the private key"
    ),
    "wrote publickey.cer: a third party had issued it": "would write publickey.cer: a third party has issued it",
    "wrote this was: had publickey.pem: it was damaged": "would write this was: had publickey.pem: it is damaged",
    "changed the passphrase of was privatekey.pem": "would change the passphrase of was privatekey.pem",
    "changed mode or owner of publickey.cer": "would change mode or owner of publickey.cer",
    "removed .publickey.cer.0.tmp: a killed run had left it behind": (
        "would remove .publickey.cer.0.tmp: a killed run has left it behind"
    ),
    "created an identity provider for the new key": "would create an identity provider for the new key",
    "replaced identity provider 1: its key could not be read and it was inactive": (
        "would replace identity provider 1: its key cannot be read and it is inactive"
    ),
    "deleted identity provider 1: it had been replaced": ("would delete identity provider 1: it has been replaced"),
}


@pytest.mark.parametrize("action", IN_CHECK_MODE)
def test_check_mode_speaks_of_what_would_be_done(action: str) -> None:
    assert _module.actions([action], check_mode=True) == [IN_CHECK_MODE[action]]
    assert _module.actions([action], check_mode=False) == [action]
