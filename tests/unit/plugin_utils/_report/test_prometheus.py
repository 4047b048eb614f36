# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status as metrics. Whether Prometheus itself accepts them is in tests/integration/status."""

from __future__ import annotations

import re

import fleet_status

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, prometheus

TEXT = prometheus.text(data.read(fleet_status.situations()), fleet_status.NOW)


def samples(name: str, text: str = TEXT) -> dict[str, float]:
    """The values of a metric by their labels."""
    return {labels: float(value) for labels, value in re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", text, re.MULTILINE)}


def test_when() -> None:
    # date --utc --date=2026-11-26T06:30:00Z +%s
    assert samples("qscloud_status_timestamp_seconds") == {"": 1795674600}


def test_failed() -> None:
    failed = samples("qscloud_tenant_failed")
    assert len(failed) == 12 and sum(failed.values()) == 4
    assert failed['tenant="damaged.eu"'] == failed[r'tenant="=cmd|\" /C calc\"!A0"'] == 1
    assert failed['tenant="ended.eu"'] == failed['tenant="skipped.eu"'] == 0


def test_pending() -> None:
    pending = samples("qscloud_tenant_pending_steps")
    assert {labels: value for labels, value in pending.items() if value} == {
        'tenant="ended.eu"': 2,
        'tenant="pending.eu"': 1,
    }
    assert 'tenant="damaged.eu"' not in pending and 'tenant="healthy-1.eu"' in pending


def test_findings() -> None:
    findings = samples("qscloud_tenant_findings")
    assert {labels for labels, value in findings.items() if value} == {
        'tenant="ending.eu",kind="expiring"',
        'tenant="ended.eu",kind="expiring"',
        'tenant="ended.eu",kind="drift"',
        'tenant="stray.eu",kind="stray"',
        'tenant="manual.eu",kind="manual"',
        'tenant="manual.eu",kind="unchecked"',
        'tenant="skipped.eu",kind="unchecked"',
    }
    # An alert ends only if there is a zero.
    assert findings['tenant="healthy-1.eu",kind="drift"'] == 0
    # Nothing is said about what was not looked at.
    assert not [labels for labels in findings if "damaged.eu" in labels]
    assert len([labels for labels in findings if "skipped.eu" in labels]) == 1


def test_ends_of_certificates() -> None:
    ends = samples("qscloud_certificate_not_after_timestamp_seconds")
    labels = f'tenant="ending.eu",key_id="{fleet_status.KEY_ID}"'
    # date --utc --date=2026-12-05T08:00:00Z +%s, and 2027-11-23T21:42:26Z
    assert ends[f'{labels},place="tenant"'] == 1796457600 and ends[f'{labels},place="file"'] == 1827006146
    assert not [labels for labels in ends if "9999" in labels]


def test_no_series_is_there_twice() -> None:
    twins = [
        fleet_status.provider(id=name, certificate_not_after=end)
        for name, end in (("a", "2027-01-01T00:00:00Z"), ("b", "2026-12-31T00:00:00Z"))
    ]
    text = prometheus.text(data.read({"t": fleet_status.result("t", providers=twins)}), fleet_status.NOW)
    lines = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    (of_tenant,) = [
        value for labels, value in samples("qscloud_certificate_\\w+", text).items() if '="tenant"' in labels
    ]
    assert of_tenant == 1798675200  # the earlier one


def test_labels_are_escaped() -> None:
    text = prometheus.text(data.read({'a"b\\c\nd': None}), fleet_status.NOW)
    assert samples("qscloud_tenant_failed", text) == {r'tenant="a\"b\\c d"': 1}
