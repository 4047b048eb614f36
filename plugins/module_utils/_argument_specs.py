# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specifications that several modules and plugins share, named after their documentation fragments.

Options of a single module are specified in that module.
"""

from __future__ import annotations

import typing as t

from ._tokens.claims import AUDIENCE

SIGNING: dict[str, dict[str, t.Any]] = {
    "private_key_path": {"type": "path", "aliases": ["cert_privatekey_file"]},
    "private_key_content": {"type": "str", "no_log": True, "aliases": ["cert_privatekey"]},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "issuer": {"type": "str", "required": True},
    "key_id": {"type": "str", "aliases": ["keyid"]},
    "subject": {"type": "str"},
    "name": {"type": "str", "aliases": ["username"]},
    "email": {"type": "str", "aliases": ["useremail"]},
    "email_verified": {"type": "bool", "aliases": ["useremail_verified"]},
    "groups": {"type": "raw"},
    "audience": {"type": "str", "default": AUDIENCE},
    "jti": {"type": "str"},
    "claims": {"type": "dict"},
    "not_before": {"type": "str", "default": "-10s"},
    "expires_in": {"type": "str", "default": "30m", "aliases": ["expires"]},
    "strict": {"type": "bool", "default": False},
}
"""The options for signing a token."""

SIGNING_KEYS = ("private_key_path", "private_key_content")
"""The options for the private key, exactly one of which is required."""

TENANT: dict[str, dict[str, t.Any]] = {
    "tenant_url": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
}
"""The options for connecting to a tenant."""


def as_written(argument_spec: t.Mapping[str, dict[str, t.Any]], options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The alias that the user wrote for an option, by the option's name.

    :param options: as validated by Ansible, which keeps aliases next to the names.
    """
    return {
        option: alias
        for option, definition in argument_spec.items()
        for alias in definition.get("aliases", ())
        if alias in options
    }
