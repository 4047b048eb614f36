# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for a token for Qlik Cloud, shared by the module and the lookup."""

    DOCUMENTATION = r"""
options:
  issuer:
    description:
      - The C(iss) claim. It must equal the issuer of the tenant's JWT identity provider.
      - Blanks, line breaks and invisible characters at the ends of this option are rejected, because they would make
        it another issuer. The same applies to O(key_id), O(subject), O(name), O(email), O(audience), O(jti), and each
        of O(groups).
      - No claim names the tenant. If two tenants share an issuer and a key, a token for one of them is also valid in
        the other. Use a different issuer for each tenant.
    type: str
    required: true
  key_id:
    description:
      - The C(kid) in the header. It must equal the key id of the tenant's JWT identity provider.
      - If not set, the RFC 7638 thumbprint of the public key is used, as returned by M(tenantops.qlik.qscloud_keypair).
    type: str
    aliases: [keyid]
  subject:
    description:
      - The C(sub) claim, which identifies the user in Qlik Cloud.
      - 'If not set, it is derived from O(issuer) and O(email), so that the same user keeps the same identity. The
        derived value is the UUIDv5, in the namespace V(da98542e-27b3-5e8b-979f-d5f06e281591), of the JSON array
        C(["issuer","email"]) without spaces, with the address trimmed, in Unicode normalization form C, and in lower
        case.'
      - Required if O(email) is not set.
    type: str
  name:
    description: The C(name) claim, which is the display name.
    type: str
    aliases: [username]
  email:
    description: The C(email) claim. It requires O(email_verified).
    type: str
    aliases: [useremail]
  email_verified:
    description:
      - The C(email_verified) claim, which states whether you vouch for the address.
      - With V(true), Qlik Cloud can link the login to an account that has the same address.
    type: bool
    aliases: [useremail_verified]
  groups:
    description:
      - The C(groups) claim, a list of group names. The tenant drops them unless it is configured to create groups.
      - Each name must be a string. Enclose numbers in quotes. A text such as V(group1, group 2) is not a list.
    type: raw
  audience:
    description: The C(aud) claim. Qlik Cloud requires the default.
    type: str
    default: qlik.api/login/jwt-session
  jti:
    description:
      - The C(jti) claim, which prevents a token from being used more than once. If not set, a random UUID is used.
    type: str
  claims:
    description: Additional claims. Claims that have a separate option or a fixed value are rejected here.
    type: dict
  not_before:
    description:
      - When the token becomes valid (C(nbf)), relative to now, in the notation of O(expires_in). The default allows
        for a tenant whose clock is slow.
    type: str
    default: '-10s'
  expires_in:
    description:
      - Lifetime of the token from C(nbf) to C(exp), such as V(30s), V(60m), V(48h), V(365d), V(2w), V(5y), or a whole
        number of seconds. A year has 365.25 days, as in C(jsonwebtoken).
      - Qlik Cloud rejects tokens that are valid for more than one hour, so a longer lifetime causes a warning.
    type: str
    default: 30m
    aliases: [expires]
  strict:
    description: Whether to fail instead of warning if the token violates a rule of Qlik Cloud.
    type: bool
    default: false
"""
