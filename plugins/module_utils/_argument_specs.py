# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specifications that several modules and plugins share, named after their documentation fragments.

Options of a single module are specified in that module.
"""

from __future__ import annotations

import typing as t

from ._tokens.claims import ALGORITHM, ALGORITHMS, AUDIENCE

PRIVATE_KEY: dict[str, dict[str, t.Any]] = {
    "private_key_path": {"type": "path", "aliases": ["cert_privatekey_file"]},
    "private_key_content": {"type": "str", "no_log": True, "aliases": ["cert_privatekey"]},
    "private_key_passphrase": {"type": "str", "no_log": True},
}
"""The options for a private key that is given as a file or as text."""

SIGNING: dict[str, dict[str, t.Any]] = {
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
"""The options for a token for Qlik Cloud."""

VIRTUAL_PROXY: dict[str, dict[str, t.Any]] = {
    "user_id": {"type": "str", "required": True, "aliases": ["userid"]},
    "user_directory": {"type": "str", "required": True, "aliases": ["userdir"]},
    **{name: SIGNING[name] for name in ("name", "email", "groups")},
    "groups_claim": {"type": "str", "default": "group"},
    "audience": {"type": "str"},
    "algorithm": {"type": "str", "choices": list(ALGORITHMS), "default": ALGORITHM},
    **{name: SIGNING[name] for name in ("claims", "expires_in")},
}
"""The options for a token for a virtual proxy of client-managed Qlik Sense."""

TOKEN_FILE: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path"},
    "renew_before": {"type": "str"},
    "force": {"type": "bool", "default": False},
}
"""The options for a token that is stored in a file."""

PUBLIC_KEY: dict[str, dict[str, t.Any]] = {
    "certificate_path": {"type": "path"},
    "certificate_content": {"type": "str"},
    "public_key_path": {"type": "path"},
    "public_key_content": {"type": "str"},
}
"""The options for a public key, of which one at most may be set."""

SIGNING_KEYS = ("private_key_path", "private_key_content", "private_key_uri")
"""The options for the private key, of which one at most may be set, and which are required to sign a token."""

KEY_STORES: dict[str, dict[str, t.Any]] = {
    "vault_address": {"type": "str"},
    "vault_token": {"type": "str", "no_log": True},
    "vault_namespace": {"type": "str"},
    "vault_ca_path": {"type": "path"},
    "pkcs11_module_path": {"type": "path"},
    "pkcs11_pin": {"type": "str", "no_log": True},
}
"""The options for the key stores."""

KEY_STORE: dict[str, dict[str, t.Any]] = {"private_key_uri": {"type": "str", "no_log": False}, **KEY_STORES}
"""The options for a private key in a key store."""

OAUTH_CLIENT: dict[str, dict[str, t.Any]] = {
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "client_private_key_path": {"type": "path"},
    "client_private_key_content": {"type": "str", "no_log": True},
    "client_private_key_uri": {"type": "str", "no_log": False},
    "client_private_key_passphrase": {"type": "str", "no_log": True},
    "client_key_id": {"type": "str", "no_log": False},
}
"""The options for an OAuth client with a secret or a private key."""

TENANT: dict[str, dict[str, t.Any]] = {
    "tenant_url": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    **OAUTH_CLIENT,
    **KEY_STORES,
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
}
"""The options for connecting to a tenant."""

ACCESS_TOKEN: dict[str, dict[str, t.Any]] = {
    "user_subject": {"type": "str"},
    "user_id": {"type": "str"},
    "scope": {"type": "list", "elements": "str"},
}
"""The options for what access token to request."""

ACCESS_TOKEN_USERS = ("user_subject", "user_id")
"""The options for the user, of which one at most may be set."""

CHAIN: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "allow_absent": {"type": "bool", "default": False},
    "tenant": {"type": "str"},
    "issuer": {"type": "str"},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str"},
            **{name: SIGNING[name] for name in ("name", "email", "email_verified", "groups", "subject", "claims")},
            "expires_in": {"type": "str", "aliases": ["expires"]},
        },
        "default": [],
    },
    **{name: {"type": "str", "default": SIGNING[name]["default"]} for name in ("expires_in", "not_before", "audience")},
    "strict": SIGNING["strict"],
    "key_directory": {"type": "path"},
    "keys": {
        "type": "list",
        "elements": "dict",
        "no_log": False,
        "options": {
            "prefix": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["current", "retiring", "absent"], "default": "current"},
            "uri": {"type": "str"},
        },
        "default": [{"prefix": "", "state": "current"}],
    },
    "key_size": {"type": "int", "choices": [2048, 3072, 4096], "default": 4096},
    "certificate_days": {"type": "int", "default": 365},
    "renew_before_days": {"type": "int"},
    "common_name": {"type": "str", "default": "qs-jwt"},
    "private_key_path": {"type": "path"},
    "private_key_content": {"type": "str", "no_log": True},
    **KEY_STORE,
    "private_key_passphrase": {"type": "str", "no_log": True},
    "private_key_old_passphrase": {"type": "str", "no_log": True},
    "key_id": {"type": "str", "no_log": False},
    "allow_shared_key": {"type": "bool", "default": False, "no_log": False},
    "allow_new_key": {"type": "bool", "default": False, "no_log": False},
    "register_idp": {"type": "bool", "default": False},
    "compare": {"type": "str", "choices": ["public_key", "certificate"], "default": "public_key"},
    "purge": {"type": "bool", "default": False},
    "url": {"type": "str"},
    **{name: TENANT[name] for name in ("api_key", *OAUTH_CLIENT, "ca_path", "timeout")},
    "auto_create_groups": {"type": "bool"},
    "verify_login": {"type": "str", "choices": ["never", "changed", "always"], "default": "never"},
    "variables": {"type": "str"},
}
"""The options for all of a tenant's JWT authentication."""


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
