# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Prints raw text: only an action can, since a module's result is printed as JSON."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _result, options = self.validate_argument_spec(
            argument_spec={
                "issuer": {"type": "str", "required": True},
                "key_id": {"type": "str"},
                "certificate": {"type": "str"},
                "public_key": {"type": "str"},
            }
        )
        text = instructions(**options)
        self._display.display(text)
        return {**result, "changed": False, "instructions": text}


def instructions(issuer: str, key_id: str | None, certificate: str | None, public_key: str | None) -> str:
    """The text: what to enter where, and the PEM as it is, on lines of its own."""
    pem = certificate or public_key
    if not key_id or not pem:
        return f"\nJWT identity provider for {issuer}: the key does not exist yet. Run without --check to create it.\n"
    return "\n".join(
        [
            "",
            "The JWT identity provider of the tenant has to be given these values once:",
            "",
            f"Issuer: {issuer}",
            f"Key ID: {key_id}",
            "Certificate:" if certificate else "Public key (in the field for the certificate):",
            pem.strip(),
            "",
        ]
    )
