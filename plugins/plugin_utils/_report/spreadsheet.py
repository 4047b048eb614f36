# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of tenants as CSV (RFC 4180): a row for each tenant and key, and one for a tenant without keys."""

from __future__ import annotations

import csv
import types
import typing as t

from .data import HEALTHY, Key, Tenant

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What begins a formula: https://owasp.org/www-community/attacks/CSV_Injection. No text here begins with a blank."""

_FACTS = ("issuer", "key_directory", "examined", "groups")

COLUMNS = ("host", "tenant", "status", *_FACTS, *Key._fields, "remarks")


def text(tenants: t.Iterable[Tenant]) -> str:
    """The whole file. Times are in UTC, and unknown values are empty."""
    lines: list[str] = []
    writer = csv.writer(types.SimpleNamespace(write=lines.append))
    writer.writerow(COLUMNS)
    for tenant in tenants:
        status = " ".join(tenant.words or [HEALTHY])
        remarks = " ".join(f"{remark.word}: {remark.text}" for remark in tenant.remarks)
        facts = [getattr(tenant, fact) for fact in _FACTS]
        for key in tenant.keys or [(None,) * len(Key._fields)]:
            writer.writerow(map(_cell, (tenant.host, tenant.name, status, *facts, *key, remarks)))
    return "".join(lines)


def _cell(value: str | int | bool | None) -> str:
    """A value as text. A quote in front keeps a spreadsheet from running text that looks like a formula."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
