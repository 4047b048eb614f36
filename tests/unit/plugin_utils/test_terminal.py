# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps of a task are printed."""

from __future__ import annotations

import pytest
from ansible.utils.display import Display

from ansible_collections.tenantops.qlik.plugins.plugin_utils import _terminal

ROTATED = ("write", "certificate", True)
LOGIN = ("log in", "session", False)
TOKEN = ("request", "access_token", False)
REMOVED = ("remove", "public_key", True)
KEY_STAYS = ("keep", "private_key", False)
PROVIDER_STAYS = ("keep", "identity_provider", False)


@pytest.mark.parametrize(
    ("steps", "verbosity", "printed"),
    [
        ([LOGIN, KEY_STAYS, PROVIDER_STAYS], 0, []),
        ([LOGIN, KEY_STAYS, PROVIDER_STAYS], 1, [LOGIN, KEY_STAYS, PROVIDER_STAYS]),
        ([ROTATED, LOGIN, KEY_STAYS, PROVIDER_STAYS], 0, [ROTATED, LOGIN]),
        ([LOGIN, REMOVED, KEY_STAYS, PROVIDER_STAYS], 0, [LOGIN, REMOVED, KEY_STAYS]),
        ([ROTATED, TOKEN], 0, [ROTATED, TOKEN]),
        ([TOKEN], 0, []),
    ],
    ids=["unchanged", "verbose", "changed", "removed", "proven", "only proven"],
)
def test_what_is_printed(
    steps: list[tuple[str, str, bool]],
    verbosity: int,
    printed: list[tuple[str, str, bool]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    display = Display()
    monkeypatch.setattr(display, "verbosity", verbosity)
    results = [
        {"action": action, "object": kind, "changed": changed, "text": f"{action} {kind}"}
        for action, kind, changed in steps
    ]
    _terminal.say_steps(display, results, "acme: ")
    assert capsys.readouterr().out.splitlines() == [f"acme: {action} {kind}" for action, kind, _changed in printed]
