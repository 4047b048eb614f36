# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for what access token to request."""

    DOCUMENTATION = r"""
options:
  user_subject:
    description:
      - The subject of the user to impersonate, who must exist in the tenant. The client must have
        C(urn:qlik:oauth:user-impersonation) in its C(allowedGrantTypes).
      - If neither O(user_subject) nor O(user_id) is set, the token is for the client itself, which must have
        C(client_credentials) in its C(allowedGrantTypes).
    type: str
  user_id:
    description: The ID in the tenant of the user to impersonate, instead of O(user_subject).
    type: str
  scope:
    description:
      - The scopes to request, such as V(user_default). Each must be in the C(allowedScopes) of the client.
      - If not set, the tenant decides. Qlik advises setting the scopes of impersonation tokens explicitly.
    type: list
    elements: str
"""
