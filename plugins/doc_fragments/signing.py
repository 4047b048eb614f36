# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What there is to say about a token, as a module and as a lookup."""

    DOCUMENTATION = r"""
options:
  private_key_path:
    description:
      - The file of the private key. It must be an RSA key of 2048 bits or more, in PEM form (PKCS#1 or PKCS#8).
      - Exactly one of O(private_key_path) and O(private_key_content) must be given.
    type: path
    aliases: [cert_privatekey_file]
  private_key_content:
    description:
      - The private key itself, instead of O(private_key_path).
      - Windows line ends, and line breaks that have become the two characters C(\n), are understood.
    type: str
    aliases: [cert_privatekey]
  private_key_passphrase:
    description: The passphrase of the private key, if it has one.
    type: str
  issuer:
    description:
      - The claim C(iss). It must be the issuer of the tenant's JWT identity provider.
      - No claim names the tenant. If two tenants share issuer and key, a token for one of them lets its user in to
        both. So let the issuer name the tenant.
    type: str
    required: true
  key_id:
    description:
      - The C(kid) in the header. It must be the key id of the tenant's JWT identity provider.
      - If it is not given, it is the thumbprint of the public key (RFC 7638), as M(tenantops.qlik.qscloud_keypair)
        returns it.
    type: str
    aliases: [keyid]
  subject:
    description:
      - The claim C(sub), by which Qlik Cloud knows the user.
      - 'If it is not given, it is derived from O(issuer) and O(email), so that the same user keeps the same identity.
        It is the UUIDv5 in the namespace V(da98542e-27b3-5e8b-979f-d5f06e281591) of the JSON array
        C(["issuer","email"]), without blanks, the address trimmed, in Unicode normal form C, and in lower case. Without
        O(email) it must be given.'
    type: str
  name:
    description: The claim C(name), the name to show.
    type: str
    aliases: [username]
  email:
    description: The claim C(email). It needs O(email_verified).
    type: str
    aliases: [useremail]
  email_verified:
    description:
      - The claim C(email_verified). Whether you vouch for the address.
      - With V(true), Qlik Cloud can link the login to an account that has the same address.
    type: bool
    aliases: [useremail_verified]
  groups:
    description:
      - The claim C(groups), a list of names. The tenant drops them unless it is set to create groups.
      - Each must be a text; numbers have to be written in quotes.
    type: raw
  audience:
    description: The claim C(aud). Qlik Cloud accepts only the default.
    type: str
    default: qlik.api/login/jwt-session
  jti:
    description: The claim C(jti), by which a token is used only once. A random UUID if it is not given.
    type: str
  claims:
    description: Further claims. Those that have an option of their own, or are always the same, are refused here.
    type: dict
  not_before:
    description:
      - When the token starts to be valid (C(nbf)), relative to now, in the notation of O(expires_in). The default
        allows for a clock of the tenant that is slow.
    type: str
    default: '-10s'
  expires_in:
    description:
      - For how long the token is valid, from C(nbf) to C(exp). V(30s), V(60m), V(48h), V(365d), V(2w), V(5y), or a
        whole number of seconds. A year has 365.25 days, as in C(jsonwebtoken).
      - Qlik Cloud refuses tokens that are valid for more than an hour; so there is a warning.
    type: str
    default: 30m
    aliases: [expires]
  strict:
    description: Whether to fail, rather than to warn, if Qlik Cloud would refuse the token.
    type: bool
    default: false
"""
