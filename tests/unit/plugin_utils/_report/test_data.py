# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of each tenant: of the results of the module, and of hosts that have none."""

from __future__ import annotations

import datetime
import typing as t

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data

TENANTS = {tenant.host: tenant for tenant in data.read(fleet_status.situations())}


def test_tenants_are_in_the_order_of_their_names() -> None:
    assert list(TENANTS) == sorted(fleet_status.WORDS)


@pytest.mark.parametrize("host", fleet_status.WORDS)
def test_words(host: str) -> None:
    assert TENANTS[host].words == fleet_status.WORDS[host]


def test_counts() -> None:
    expected = {"failed": 4, "expiring": 2, "drift": 1, "stray": 1, "manual": 1, "pending": 2, "unchecked": 2}
    assert data.count(TENANTS.values()) == {**expected, "healthy": 2}


NO_RESULTS = {
    "none": (None, "failed", "It has no result: it was not reached."),
    "a text": ("done", "failed", "Its result is not the result of a task."),
    "another module's": ({"changed": False}, "failed", "Its result is not one of the module qscloud_tenant_jwt_info."),
    "failed": ({"failed": True, "msg": "It is\n damaged."}, "failed", "It is damaged."),
    "failed in spite of failed_when": (
        {"failed": False, "failed_when_result": False, "msg": "It is damaged."},
        "failed",
        "It is damaged.",
    ),
    "failed without a word": ({"failed": True}, "failed", "It failed without a message."),
    "unreachable": ({"unreachable": True, "msg": "No route."}, "failed", "No route."),
    "skipped": ({"skipped": True, "false_condition": "x"}, "unchecked", "It was skipped: x."),
    "skipped, as before": (
        {"skipped": True, "skip_reason": "Conditional"},
        "unchecked",
        "It was skipped: Conditional.",
    ),
}


@pytest.mark.parametrize("name", NO_RESULTS)
def test_a_host_without_a_result_says_why(name: str) -> None:
    result, word, text = NO_RESULTS[name]
    (tenant,) = data.read({"a": result})
    assert tenant == data.Tenant("a", None, None, None, None, None, [data.Remark(word, text)], [], [])


def test_keys_are_those_declared_and_those_that_only_the_tenant_has() -> None:
    declared, undeclared = TENANTS["stray.eu"].keys
    assert (declared.state, declared.provider_id, declared.same_certificate) == ("current", "5f1c", True)
    assert (undeclared.state, undeclared.provider_id, undeclared.key_id) == (
        "undeclared",
        "77aa",
        fleet_status.OTHER_ID,
    )
    states = [key.state for key in TENANTS["pending.eu"].keys]
    assert states == ["current", "retiring", "undeclared"]


def test_certificates_are_those_of_the_issuer() -> None:
    pair = (fleet_status.LATER, fleet_status.KEY_ID)
    assert [tuple(one) for one in TENANTS["pending.eu"].certificates] == [(*pair, "file")]
    assert [tuple(one) for one in TENANTS["healthy-1.eu"].certificates] == [(*pair, "file"), (*pair, "tenant")]
    assert TENANTS["ended.eu"].certificates[0].ends == fleet_status.PAST


def test_text_of_others_is_short_and_printable() -> None:
    def texts(value: t.Any) -> t.Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, tuple)):
            for part in value:
                yield from texts(part)

    found = [text for tenant in TENANTS.values() for text in texts(tenant)]
    assert any("<script>" in text for text in found)
    assert all(text.isprintable() and len(text) < 700 for text in found)


def test_a_moment_is_in_utc() -> None:
    noon = datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.timezone.utc)
    assert data.moment("2027-01-31T12:00:00Z") == noon
