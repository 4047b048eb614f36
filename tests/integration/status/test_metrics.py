# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of the status, and the example of an alert, as Prometheus itself sees them."""

from __future__ import annotations

import importlib

import fleet_status
import pytest
import yaml

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, prometheus

pytestmark = pytest.mark.thorough

GUIDE = "docs/docsite/rst/guide_fleets.rst"


FLEETS = {
    "twelve": fleet_status.situations(),
    "signs": {'a"b\\c\nd{}=,é': fleet_status.result("t"), "x": None},
    "only failed": {"x": None},
}


@pytest.mark.parametrize("name", FLEETS)
def test_the_metrics_are_well_formed(promtool, name):
    text = prometheus.text(data.read(FLEETS[name]), fleet_status.NOW)
    checked = promtool("check", "metrics", input=text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_tool_would_notice(promtool):
    text = prometheus.text(data.read(fleet_status.situations()), fleet_status.NOW)
    assert promtool("check", "metrics", input=text.replace("} 1\n", "} one\n", 1)).returncode != 0
    assert "no help text" in promtool("check", "metrics", input=text.replace("# HELP", "# HELLO")).stderr


@pytest.fixture
def rules(tmp_path):
    """The file of rules that the guide shows. Only `make test-all` installs what reads a guide."""
    blocks = importlib.import_module("documented").blocks(GUIDE)
    (text,) = [block.text for block in blocks if block.name == "qscloud-alerts.yml"]
    path = tmp_path / "qscloud-alerts.yml"
    path.write_text(text)
    return path


def test_the_rules_of_the_guide_are_well_formed(promtool, rules):
    checked = promtool("check", "rules", "--lint-fatal", rules)
    assert checked.returncode == 0 and "3 rules found" in checked.stdout, checked.stderr


# Seconds since 1970, as Prometheus counts them in its tests: each begins then.
DAY = 86400
SERIES = {
    "qscloud_status_timestamp_seconds": 0,
    'qscloud_tenant_failed{tenant="a"}': 1,
    'qscloud_tenant_failed{tenant="b"}': 0,
    'qscloud_tenant_findings{tenant="b",kind="stray"}': 1,
    'qscloud_tenant_findings{tenant="b",kind="drift"}': 0,
    'qscloud_tenant_findings{tenant="b",kind="unchecked"}': 1,
    'qscloud_certificate_not_after_timestamp_seconds{tenant="b",key_id="x",place="tenant"}': 22 * DAY,
    'qscloud_certificate_not_after_timestamp_seconds{tenant="b",key_id="y",place="file"}': 90 * DAY,
}
CERTIFICATE = {"tenant": "b", "key_id": "x", "place": "tenant"}
ALERTS = {
    "QlikTenantNeedsAttention": (0, [({"tenant": "a"}, "a: failed"), ({"tenant": "b", "kind": "stray"}, "b: stray")]),
    "QlikCertificateEndsSoon": (2, [(CERTIFICATE, "b: the certificate of key ID x ends soon or has ended")]),
    "QlikStatusIsOld": (3, [({}, "The status of the tenants is more than two days old")]),
}


def test_the_rules_of_the_guide_alert(promtool, rules):
    names = {line.split("{")[0] for line in SERIES}
    text = prometheus.text(data.read(fleet_status.situations()), fleet_status.NOW)
    assert all(f"# TYPE {name} gauge\n" in text for name in names)
    asked = [
        {
            "eval_time": f"{day}d",
            "alertname": alert,
            "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"summary": said}} for labels, said in alerts],
        }
        for alert, (first, alerts) in ALERTS.items()
        # A day before, there is none.
        for day, alerts in ((first, alerts), *([(first - 1, [])] if first else []))
    ]
    series = [{"series": name, "values": f"{value}x5"} for name, value in SERIES.items()]
    test = {"rule_files": [str(rules)], "evaluation_interval": "1d"}
    test["tests"] = [{"interval": "1d", "input_series": series, "alert_rule_test": asked}]
    path = rules.with_name("test.yml")
    path.write_text(yaml.safe_dump(test))
    checked = promtool("test", "rules", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
