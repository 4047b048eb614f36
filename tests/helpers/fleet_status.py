# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of twelve tenants, each in one situation, as results of the module qscloud_tenant_jwt_info."""

from __future__ import annotations

import datetime
import typing as t

NOW = datetime.datetime(2026, 11, 26, 6, 30, tzinfo=datetime.timezone.utc)
SOON, LATER, PAST = "2026-12-05T08:00:00Z", "2027-11-23T21:42:26Z", "2026-11-20T08:00:00Z"
KEY_ID, OTHER_ID = "rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc", "kboeycg9u7i0TNmvFEQjc6O_eFNLvQYHQweErB8hts8"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e" + "x" * 10240


def provider(**changes: t.Any) -> dict[str, t.Any]:
    """An identity provider of the tenant."""
    own = {"id": "5f1c", "key_id": KEY_ID, "active": True, "ours": True, "certificate_not_after": LATER, "prefix": ""}
    return {**own, "issuer": "acme", "description": "Made by tenantops.qlik", **changes}


def key_pair(of_tenant: dict[str, t.Any] | None, **changes: t.Any) -> dict[str, t.Any]:
    """A declared key pair, and its provider."""
    facts = ("id", "active", "ours", "certificate_not_after")
    seen = of_tenant and {**{fact: of_tenant[fact] for fact in facts}, "same_certificate": True}
    paths = {"private_key_path": "/keys/acme/privatekey.pem", "certificate_path": "/keys/acme/publickey.cer"}
    own = {"prefix": "", "state": "current", "key_id": KEY_ID, **paths, "not_after": LATER, "key_size": 4096}
    return {**own, "provider": seen, **changes}


def finding(kind: str, text: str, ends: str | None = None) -> dict[str, t.Any]:
    """A finding."""
    return {"kind": kind, "text": text, "ends": ends}


def step(text: str) -> dict[str, t.Any]:
    """A step that provision would take."""
    return {"object": "key_pair", "action": "write", "reason": None, "id": None, "changed": True, "text": text}


def result(host: str, **changes: t.Any) -> dict[str, t.Any]:
    """The result of a healthy tenant."""
    of_tenant = provider()
    own = {"tenant": host, "issuer": "acme", "key_directory": "/keys/acme", "examined": True, "groups": True}
    lists = {"key_pairs": [key_pair(of_tenant)], "providers": [of_tenant], "findings": [], "pending": []}
    return {**own, **lists, "changed": False, "failed": False, **changes}


EXPIRING = "The certificate in the tenant ends on 2026-12-05."
ENDED = "The certificate /keys/acme/publickey.cer ended on 2026-11-20."
DRIFT = "The tenant has another certificate for key ID rMQB than /keys/acme/publickey.cer."
STRAY = "The identity provider 77aa of this issuer belongs to no declared key."
MANUAL = "Enter the certificate /keys/acme/publickey.cer in the tenant by hand."
UNCHECKED = "The tenant was not examined, because there are no credentials."
PENDING = "would create identity provider for key id rMQB"
DAMAGED = "keys/acme/privatekey.pem is damaged: it cannot be read as a private key. Restore it from a backup."
STRANGER = provider(id="9999", issuer="another", ours=False, prefix=None, certificate_not_after=PAST, description=None)


def situations() -> dict[str, t.Any]:
    """The results by host."""
    others = {
        "ending.eu": {
            "findings": [finding("expiring", EXPIRING, SOON)],
            "providers": [provider(certificate_not_after=SOON)],
            "key_pairs": [key_pair(provider(certificate_not_after=SOON))],
        },
        "ended.eu": {
            "findings": [finding("expiring", ENDED, PAST), finding("drift", DRIFT)],
            "key_pairs": [key_pair(provider(), not_after=PAST)],
            "pending": [
                step("would write publickey.cer: it has expired"),
                step("would replace identity provider 5f1c"),
            ],
        },
        "stray.eu": {
            "findings": [finding("stray", STRAY)],
            "providers": [provider(), provider(id="77aa", key_id=OTHER_ID, prefix=None, description=HOSTILE)],
        },
        "manual.eu": {
            "findings": [finding("manual", MANUAL), finding("unchecked", UNCHECKED)],
            "examined": False,
            "groups": None,
            "providers": [],
            "key_pairs": [key_pair(None)],
        },
        "pending.eu": {
            "pending": [step(PENDING)],
            "providers": [STRANGER],
            "key_pairs": [
                key_pair(None),
                key_pair(None, prefix="next_", state="retiring", key_id=None, not_after=None, key_size=None),
            ],
        },
    }
    healthy = {host: result(host) for host in ("healthy-1.eu", "healthy-2.eu")}
    return {
        **{host: result(host, **changes) for host, changes in others.items()},
        **healthy,
        "damaged.eu": {"failed": True, "msg": DAMAGED, "changed": False},
        "hostile.eu": {"failed": True, "msg": f"HTTP 500, {HOSTILE}"},
        "unreachable.eu": {"unreachable": True, "msg": "Failed to connect to the host via ssh"},
        "skipped.eu": {"skipped": True, "changed": False, "false_condition": "is_open | bool"},
        '=cmd|" /C calc"!A0': None,
    }


WORDS = {
    "ending.eu": ["expiring"],
    "ended.eu": ["expiring", "drift", "pending"],
    "stray.eu": ["stray"],
    "manual.eu": ["manual", "unchecked"],
    "pending.eu": ["pending"],
    "healthy-1.eu": [],
    "healthy-2.eu": [],
    "damaged.eu": ["failed"],
    "hostile.eu": ["failed"],
    "unreachable.eu": ["failed"],
    "skipped.eu": ["unchecked"],
    '=cmd|" /C calc"!A0': ["failed"],
}
"""What has to be said of each of them."""
