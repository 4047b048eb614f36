# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that connect to a tenant."""

    DOCUMENTATION = r"""
options:
  tenant_url:
    description:
      - The URL of the tenant, such as V(https://acme.eu.qlikcloud.com).
      - If not set, the environment variable E(QSCLOUD_TENANT_URL) is used.
    type: str
  api_key:
    description:
      - An API key of a tenant admin.
      - If neither O(api_key) nor any option whose name begins with C(client_) is set, the environment variables
        E(QSCLOUD_API_KEY), or E(QSCLOUD_CLIENT_ID) with E(QSCLOUD_CLIENT_SECRET) or the other variables that are named
        below, are used. They are only used for the tenant in E(QSCLOUD_TENANT_URL).
    type: str
  client_id:
    description:
      - The ID of a machine-to-machine OAuth client that may administer the tenant, as an alternative to O(api_key). It
        requires either O(client_secret) or one of O(client_private_key_path), O(client_private_key_content) and
        O(client_private_key_uri).
      - The environment variable is E(QSCLOUD_CLIENT_ID).
    type: str
  client_secret:
    description: The secret of the OAuth client. The environment variable is E(QSCLOUD_CLIENT_SECRET).
    type: str
  client_private_key_path:
    description:
      - Path to a private key of the OAuth client, which proves itself with a signed client assertion instead of a
        secret. Neither the key nor a secret leaves this machine.
      - The client must have C(private_key_jwt) in its C(allowedAuthMethods), and the public key in its C(publicKeys). It
        must be an RSA key of at least 2048 bits. Signing requires cryptography and PyJWT where the task runs.
      - The environment variable is E(QSCLOUD_CLIENT_PRIVATE_KEY_PATH).
    type: path
    version_added: 0.2.0
  client_private_key_content:
    description:
      - The content of the private key of the OAuth client.
      - The environment variable is E(QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT).
    type: str
    version_added: 0.2.0
  client_private_key_uri:
    description:
      - The URI of the private key of the OAuth client in a key store, which signs there. It has the form of
        O(tenantops.qlik.qscloud_jwt#module:private_key_uri).
      - The environment variable is E(QSCLOUD_CLIENT_PRIVATE_KEY_URI).
    type: str
    version_added: 0.2.0
  client_private_key_passphrase:
    description:
      - The passphrase of the private key of the OAuth client, if it is encrypted.
      - The environment variable is E(QSCLOUD_CLIENT_PRIVATE_KEY_PASSPHRASE).
    type: str
    version_added: 0.2.0
  client_key_id:
    description:
      - The key id (C(kid)) that the public key has in the OAuth client. If not set, it is the RFC 7638 thumbprint of the
        public key, as M(tenantops.qlik.qscloud_keypair) returns it.
      - The environment variable is E(QSCLOUD_CLIENT_KEY_ID).
    type: str
    version_added: 0.2.0
  validate_certs:
    description:
      - Whether to validate the tenant's TLS certificate. Leave this enabled, and use O(ca_path) for a CA that the
        system does not trust.
    type: bool
    default: true
  ca_path:
    description: Path to a file in PEM format with the CA certificates to trust, instead of the system's.
    type: path
  timeout:
    description: How many seconds to wait for each response.
    type: int
    default: 30
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/tenantops.qlik.qscloud) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - tenantops.qlik.qscloud
"""
