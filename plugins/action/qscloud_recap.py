# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import re
import typing as t

from ansible.plugins.action import ActionBase

from ..plugin_utils._terminal import say

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "tenants": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "failure": {"type": "str"},
            "changed": {"type": "bool", "default": False},
            "registered": {"type": "bool", "default": False},
            "key_pairs": {"type": "list", "elements": "dict", "default": []},
        },
    },
    "expiring_days": {"type": "int", "default": 30},
}

HEADINGS = {
    "changed_tenants": "Changed",
    "certificates_to_enter": "New certificates to enter by hand in the identity providers",
    "certificates_expiring_soon": "Certificates that expire soon",
    "failed_tenants": "Failed",
}
"""The returned lists and their headings. Failures come last, where they are most visible."""

_NEW_CERTIFICATE = re.compile(r"(wrote|would write) .*publickey\.cer: ")
"""The action that M(tenantops.qlik.qscloud_keypair) returns for a new certificate."""


class ActionModule(ActionBase):
    """Prints a summary of a run over many tenants, and fails if any of them failed."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        tenants = options["tenants"]
        lists = recap(tenants, datetime.date.today() + datetime.timedelta(days=options["expiring_days"]))
        # Print the text directly: callbacks that show only changes and failures would hide it in the result.
        say(self._display, text(lists, len(tenants), self._task.check_mode))
        if failures := len(lists["failed_tenants"]):
            result |= {"failed": True, "msg": f"{failures} of {_tenants(len(tenants))} failed: see the recap above."}
        return {**result, "changed": False, **lists}


def recap(tenants: list[dict[str, t.Any]], soon: datetime.date) -> dict[str, list[str]]:
    """For each list, a line for each tenant that belongs to it.

    :param soon: certificates that expire before this day count as expiring soon.
    """
    lists: dict[str, list[str]] = {name: [] for name in HEADINGS}
    for tenant in tenants:
        name, key_pairs = tenant["name"], tenant["key_pairs"]
        actions = [action for key_pair in key_pairs for action in key_pair["actions"]]
        if tenant["failure"] is not None:
            lists["failed_tenants"].append(f"{name}: {' '.join(tenant['failure'].split())}")
        elif tenant["changed"]:
            lists["changed_tenants"].append(f"{name}: {', '.join(actions) or 'only in the tenant'}")
        for key_pair in key_pairs:
            if not tenant["registered"] and any(map(_NEW_CERTIFICATE.match, key_pair["actions"])):
                # In check mode, the key id of a new key is not known yet.
                key_id = f"key id {key_pair['key_id']}, " if key_pair["key_id"] else ""
                lists["certificates_to_enter"].append(f"{name}: {key_id}{key_pair['certificate_path']}")
            # In check mode, a certificate that does not exist yet has no expiry date.
            if key_pair["not_after"] and key_pair["not_after"] < soon.isoformat():
                lists["certificates_expiring_soon"].append(
                    f"{name}: {key_pair['certificate_path']}, {key_pair['not_after']}"
                )
    return lists


def text(lists: dict[str, list[str]], number: int, check_mode: bool) -> str:
    """The lists with their headings, as printed."""
    failed, changed = len(lists["failed_tenants"]), len(lists["changed_tenants"])
    verb = "would change" if check_mode else "changed"
    headings = {**HEADINGS, "changed_tenants": verb.capitalize()}
    lines = ["", f"{_tenants(number)}: {number - failed - changed} unchanged, {changed} {verb}, {failed} failed."]
    for name, heading in headings.items():
        if lists[name]:
            lines += ["", f"{heading}:", *(f"  {line}" for line in lists[name])]
    return "\n".join([*lines, ""])


def _tenants(number: int) -> str:
    return "1 tenant" if number == 1 else f"{number} tenants"
