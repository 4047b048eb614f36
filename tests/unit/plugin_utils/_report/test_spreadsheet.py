# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status as CSV: read back by Python, and what a spreadsheet would make of it."""

from __future__ import annotations

import csv
import re

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, spreadsheet

TEXT = spreadsheet.text(data.read(fleet_status.situations()))
ROWS = list(csv.DictReader(TEXT.splitlines(keepends=True), strict=True))


def rfc_4180(text: str) -> list[list[str]]:
    """A reader that follows the grammar of RFC 4180, section 2, and rejects everything else."""
    field = r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))'
    assert re.fullmatch(rf"(?:{field}(?:,{field})*\r\n)*", text)
    rows = re.findall(rf"{field}(,|\r\n)", text)
    read: list[list[str]] = [[]]
    for quoted, plain, end in rows:
        read[-1].append(quoted.replace('""', '"') or plain)
        if end != ",":
            read.append([])
    return read[:-1]


def test_a_row_for_each_tenant_and_key() -> None:
    keys = {tenant.host: len(tenant.keys) for tenant in data.read(fleet_status.situations())}
    hosts = [row["host"].lstrip("'") for row in ROWS]
    assert {host: hosts.count(host) for host in hosts} == {host: number or 1 for host, number in keys.items()}


def test_two_readers_agree() -> None:
    assert rfc_4180(TEXT) == [list(spreadsheet.COLUMNS), *([*row.values()] for row in ROWS)]


def test_a_row_says_what_is_known() -> None:
    (row,) = (row for row in ROWS if row["host"] == "ended.eu")
    assert row == {
        "host": "ended.eu",
        "tenant": "ended.eu",
        "status": "expiring drift pending",
        "issuer": "acme",
        "key_directory": "/keys/acme",
        "examined": "true",
        "groups": "true",
        "prefix": "",
        "state": "current",
        "key_id": fleet_status.KEY_ID,
        "size": "4096",
        "certificate_path": "/keys/acme/publickey.cer",
        "file_not_after": fleet_status.PAST,
        "provider_id": "5f1c",
        "provider_issuer": "",
        "provider_description": "",
        "provider_active": "true",
        "provider_ours": "true",
        "provider_not_after": fleet_status.LATER,
        "same_certificate": "true",
        "remarks": f"expiring: {fleet_status.ENDED} drift: {fleet_status.DRIFT}"
        " pending: would write publickey.cer: it has expired pending: would replace identity provider 5f1c",
    }


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1", "＝1+1", " =1+1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula: str) -> None:
    # Wherever a text comes from: the inventory, the tenant, an error.
    provider = fleet_status.provider(id=formula, key_id=formula, issuer=formula, description=formula, prefix=None)
    pair = fleet_status.key_pair(None, prefix=formula, key_id=formula, certificate_path=formula)
    result = fleet_status.result(formula, providers=[provider], key_pairs=[pair])
    for row in csv.reader(spreadsheet.text(data.read({formula: result, "x": None})).splitlines()):
        assert all(not cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r", " ")) for cell in row)


def test_a_number_stays_a_number() -> None:
    assert {row["size"] for row in ROWS} == {"4096", ""}
