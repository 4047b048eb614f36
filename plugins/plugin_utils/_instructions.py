# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text with the values for a tenant's identity provider, to copy from the terminal."""

from __future__ import annotations


def instructions(
    issuer: str,
    key_id: str | None,
    certificate: str | None,
    public_key: str | None,
    tenant: str | None = None,
    path: str | None = None,
    again: str | None = None,
) -> str:
    """The text that says what to enter where, with the unchanged PEM on separate lines.

    :param path: the file that contains the certificate.
    :param again: how to print the text again.
    """
    pem = certificate or public_key
    if not key_id or not pem:
        return f"\nJWT identity provider for {issuer}: the key does not exist yet. Run without --check to create it.\n"
    kind = "Certificate" if certificate else "Public key (in the field for the certificate)"
    return "\n".join(
        [
            "",
            f"Enter these values once in the JWT identity provider of {tenant or 'the tenant'}:",
            "",
            f"Issuer: {issuer}",
            f"Key ID: {key_id}",
            f"{kind}, from {path}:" if path else f"{kind}:",
            pem.strip(),
            *(["", again] if again else []),
            "",
        ]
    )
