# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the recap says about the results of tenants."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.tenantops.qlik.plugins.action.qscloud_recap import recap, text

SOON = datetime.date(2026, 12, 24)


def step(kind: str, action: str, sentence: str, name: str | None = None, changed: bool = True) -> dict[str, t.Any]:
    """A step of a result."""
    return {"object": kind, "action": action, "text": sentence, "reason": None, "id": name, "changed": changed}


def result(*steps: dict[str, t.Any], not_after: str | None = "2027-11-23T21:42:26Z") -> dict[str, t.Any]:
    """The result of a tenant with one key."""
    key_pair = {"certificate_path": "/k/publickey.cer", "key_id": "rMQB", "not_after": not_after}
    return {"steps": list(steps), "key_pairs": [key_pair]}


WROTE = step("certificate", "write", "wrote publickey.cer: it was missing", "/k/publickey.cer")
CREATED = step("identity_provider", "create", "created identity provider 5f for key id rMQB", "5f")
KEPT = step("key_pair", "keep", "kept the key pair", changed=False)


def test_each_tenant_is_in_the_lists_that_it_belongs_to() -> None:
    lists = recap(
        {
            "new": result(WROTE),
            "registered": result(WROTE, CREATED),
            "unchanged": result(KEPT),
            "ending": result(KEPT, not_after="2026-12-01T08:00:00Z"),
            "broken": {"failed": True, "msg": "It is\ndamaged."},
            "unreached": None,
        },
        SOON,
    )
    assert lists == {
        "changed_tenants": [
            f"new: {WROTE['text']}",
            f"registered: {WROTE['text']}, {CREATED['text']}",
        ],
        "certificates_to_enter": ["new: key id rMQB, /k/publickey.cer"],
        "certificates_expiring_soon": ["ending: /k/publickey.cer, 2026-12-01T08:00:00Z"],
        "failed_tenants": ["broken: It is damaged.", "unreached: it was not reached"],
    }
    said = text(lists, 6, check_mode=False)
    assert "6 tenants: 2 unchanged, 2 changed, 2 failed." in said


def test_what_is_not_known_yet_in_check_mode() -> None:
    tenant = result(WROTE, not_after=None)
    tenant["key_pairs"][0]["key_id"] = None
    lists = recap({"new": tenant}, SOON)
    assert lists["certificates_to_enter"] == ["new: /k/publickey.cer"] and not lists["certificates_expiring_soon"]
