# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for a private key in a key store."""

    DOCUMENTATION = r"""
options:
  private_key_uri:
    description:
      - The private key in a key store, which signs there. The key never leaves the store.
      - V(hashivault://[MOUNT/]NAME) is a key in the transit secrets engine of HashiCorp Vault or OpenBao. The
        default of C(MOUNT) is C(transit). The newest version of the key signs, unless the URI ends with
        V(?version=NUMBER).
      - The key must be an RSA key of at least 2048 bits. If it can be exported from its store, the task warns.
      - Requires cryptography 38 or newer on the machine where the task runs.
    type: str
  vault_address:
    description:
      - The URL of Vault or OpenBao, such as V(https://vault.example.com:8200).
      - If not set, the environment variable E(VAULT_ADDR) is used.
    type: str
  vault_token:
    description:
      - The token for Vault or OpenBao. To sign, its policies must allow C(read) on C(MOUNT/keys/NAME) and C(update) on
        C(MOUNT/sign/NAME), and nothing else.
      - If not set, the environment variable E(VAULT_TOKEN) is used. Its value is only sent to the server in
        E(VAULT_ADDR).
    type: str
  vault_namespace:
    description: The namespace in Vault or OpenBao. If not set, the environment variable E(VAULT_NAMESPACE) is used.
    type: str
  vault_ca_path:
    description:
      - Path to a file in PEM format with the CA certificates to trust for Vault or OpenBao, instead of the system's.
      - If not set, the environment variable E(VAULT_CACERT) is used.
    type: path
"""
