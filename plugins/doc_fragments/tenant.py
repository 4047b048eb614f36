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
      - If none of O(api_key), O(client_id) and O(client_secret) is set, the environment variables E(QSCLOUD_API_KEY),
        or E(QSCLOUD_CLIENT_ID) and E(QSCLOUD_CLIENT_SECRET), are used. Their values are only sent to the tenant in
        E(QSCLOUD_TENANT_URL).
    type: str
  client_id:
    description:
      - The ID of a machine-to-machine OAuth client that may administer the tenant, as an alternative to O(api_key).
    type: str
  client_secret:
    description: The secret of the OAuth client.
    type: str
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
