# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text with the values for a tenant's identity provider, to copy from the terminal."""

from __future__ import annotations


def instructions(issuer: str, key_id: str | None, certificate: str | None, public_key: str | None) -> str:
    """The text that says what to enter where, with the unchanged PEM on separate lines."""
    pem = certificate or public_key
    if not key_id or not pem:
        return f"\nJWT identity provider for {issuer}: the key does not exist yet. Run without --check to create it.\n"
    return "\n".join(
        [
            "",
            "Enter these values once in the tenant's JWT identity provider:",
            "",
            f"Issuer: {issuer}",
            f"Key ID: {key_id}",
            "Certificate:" if certificate else "Public key (in the field for the certificate):",
            pem.strip(),
            "",
        ]
    )
