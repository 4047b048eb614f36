# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the modules that speak to a tenant have in common."""

    DOCUMENTATION = r"""
options:
  tenant_url:
    description:
      - The address of the tenant, such as V(https://acme.eu.qlikcloud.com).
      - If it is not given, the environment variable E(QSCLOUD_TENANT_URL) is used.
    type: str
  api_key:
    description:
      - An API key of a user who is a tenant admin.
      - If neither this nor O(client_id) nor O(client_secret) is given, the environment variables E(QSCLOUD_API_KEY), or
        E(QSCLOUD_CLIENT_ID) and E(QSCLOUD_CLIENT_SECRET), are used. They are only sent to the tenant that
        E(QSCLOUD_TENANT_URL) names.
    type: str
  client_id:
    description: The ID of an OAuth client (machine to machine) that may administrate the tenant, instead of O(api_key).
    type: str
  client_secret:
    description: The secret of the OAuth client.
    type: str
  validate_certs:
    description:
      - Whether to check the tenant's TLS certificate. Leave this on, and use O(ca_path) for a CA that is not known to the
        system.
    type: bool
    default: true
  ca_path:
    description: A file with the certificates of the CAs to trust, in PEM form, instead of those that the system knows.
    type: path
  timeout:
    description: How many seconds to wait for each answer.
    type: int
    default: 30
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/tenantops.qlik.qscloud) in C(module_defaults) to set the tenant for all of these modules.
    support: full
    membership:
      - tenantops.qlik.qscloud
"""
