# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.plugins.action import ActionBase

from ..plugin_utils._terminal import say

HEADINGS = {
    "changed_tenants": "Changed",
    "certificates_to_enter": "New certificates to enter by hand in the identity providers",
    "certificates_expiring_soon": "Certificates that expire soon",
    "failed_tenants": "Failed",
}
"""The returned lists and their headings. Failures come last, where they are most visible."""


class ActionModule(ActionBase):
    """Prints a summary of a run over many tenants, and fails if any of them failed."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={"result": {"type": "str", "required": True}, "expiring_days": {"type": "int", "default": 30}}
        )
        hostvars = task_vars["hostvars"]
        tenants = {host: hostvars[host].get(options["result"]) for host in task_vars["ansible_play_hosts_all"]}
        lists = recap(tenants, datetime.date.today() + datetime.timedelta(days=options["expiring_days"]))
        # Print the text directly: callbacks that show only changes and failures would hide it in the result.
        say(self._display, text(lists, len(tenants), self._task.check_mode))
        if failures := len(lists["failed_tenants"]):
            result |= {"failed": True, "msg": f"{failures} of {_tenants(len(tenants))} failed: see the recap above."}
        return {**result, "changed": False, **lists}


def recap(tenants: t.Mapping[str, t.Mapping[str, t.Any] | None], soon: datetime.date) -> dict[str, list[str]]:
    """For each list, a line for each tenant that belongs to it.

    :param tenants: the results of qscloud_tenant_jwt by tenant; None for a tenant that has none.
    :param soon: certificates that expire before this day count as expiring soon.
    """
    lists: dict[str, list[str]] = {name: [] for name in HEADINGS}
    for name, result in tenants.items():
        if result is None or result.get("failed"):
            failure = (result or {}).get("msg", "it was not reached")
            lists["failed_tenants"].append(f"{name}: {' '.join(str(failure).split())}")
            continue
        steps = result["steps"]
        done = [step["text"] for step in steps if step["changed"]]
        if done:
            lists["changed_tenants"].append(f"{name}: {', '.join(done)}")
        is_registered = any(step["object"] == "identity_provider" for step in steps)
        written = [step["id"] for step in steps if step["object"] == "certificate" and step["action"] == "write"]
        for key_pair in result["key_pairs"]:
            path, key_id, not_after = (key_pair[fact] for fact in ("certificate_path", "key_id", "not_after"))
            if path in written and not is_registered:
                # In check mode, the key id of a new key is not known yet.
                lists["certificates_to_enter"].append(f"{name}: {f'key id {key_id}, ' if key_id else ''}{path}")
            # In check mode, a certificate that does not exist yet has no expiry date.
            if not_after and not_after < soon.isoformat():
                lists["certificates_expiring_soon"].append(f"{name}: {path}, {not_after}")
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
