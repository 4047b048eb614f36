# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status on the screen: within 80 columns, however much there is to say."""

from __future__ import annotations

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, terminal

SCREEN = """
12 tenants: 2 healthy, 4 failed, 2 expiring, 1 drift, 1 stray, 1 manual, 2
  pending, 2 unchecked.

Unchecked (something was not looked at):
  manual.eu: The tenant was not examined, because there are no credentials.
  skipped.eu: It was skipped: is_open | bool.

Pending (the playbook provision would change something):
  ended.eu: would write publickey.cer: it has expired
  ended.eu: would replace identity provider 5f1c
  pending.eu: would create identity provider for key id rMQB

Manual (something must be entered in the tenant by hand):
  manual.eu: Enter the certificate /keys/acme/publickey.cer in the tenant by
    hand.

Stray (a provider or a key file belongs to no declared key):
  stray.eu: The identity provider 77aa of this issuer belongs to no declared
    key.

Drift (the tenant differs from what is declared):
  ended.eu: The tenant has another certificate for key ID rMQB than
    /keys/acme/publickey.cer.

Expiring (a certificate has ended or ends soon):
  ended.eu: The certificate /keys/acme/publickey.cer ended on 2026-11-20.
  ending.eu: The certificate in the tenant ends on 2026-12-05.

Failed (could not be looked at):
  =cmd|" /C calc"!A0: It has no result: it was not reached.
  damaged.eu: keys/acme/privatekey.pem is damaged: it cannot be read as a
    private key. Restore it from a backup.
  hostile.eu: HTTP 500, <script>alert(1)</script> [31m xxxxxxxxxxxxxxxxxxxxxxxxx
"""


def test_the_whole_screen() -> None:
    said = terminal.text(data.read(fleet_status.situations()))
    assert said.startswith(SCREEN)
    assert said.endswith("\n  unreachable.eu: Failed to connect to the host via ssh\n")
    assert max(map(len, said.splitlines())) <= 80


def test_healthy_tenants_are_only_counted() -> None:
    healthy = {f"t{number}": fleet_status.result("t") for number in range(500)}
    assert terminal.text(data.read(healthy)) == "\n500 tenants: 500 healthy.\n"
    assert terminal.text(data.read({"t": fleet_status.result("t")})) == "\n1 tenant: 1 healthy.\n"


@pytest.mark.parametrize(
    ("number", "last"), [(20, "t20: It broke."), (21, "... and 1 more."), (500, "... and 480 more.")]
)
def test_a_long_list_is_cut_with_a_count(number: int, last: str) -> None:
    failed = {f"t{one:02}": {"failed": True, "msg": "It broke."} for one in range(1, number + 1)}
    lines = terminal.text(data.read(failed)).splitlines()
    assert lines[1] == f"{number} tenants: 0 healthy, {number} failed."
    assert lines[-1] == f"  {last}"


def test_a_long_text_is_cut() -> None:
    (tenant,) = data.read({"t": fleet_status.result("t", findings=[fleet_status.finding("drift", "word " * 1000)])})
    lines = terminal.text([tenant]).splitlines()[4:]
    assert len(lines) == 3 and lines[-1].endswith(" ...") and max(map(len, lines)) <= 80


def test_a_failure_is_not_cut_because_it_ends_with_what_to_do() -> None:
    (tenant,) = data.read({"t": {"failed": True, "msg": "word " * 80 + "Do this."}})
    lines = terminal.text([tenant]).splitlines()[4:]
    assert lines[-1].endswith("Do this.") and max(map(len, lines)) <= 80
