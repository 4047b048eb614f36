# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for a token for client-managed Qlik Sense, shared by the module and the lookup."""

    DOCUMENTATION = r"""
options:
  user_id:
    description:
      - The C(userId) claim, which identifies the user in O(user_directory). Enter V(userId) in the virtual proxy as the
        JWT attribute for the user id.
      - Blanks, line breaks and invisible characters at the ends of this option are rejected, because they would make
        it another user. The same applies to O(user_directory), O(name), O(email), O(audience), O(groups_claim), and
        each of O(groups).
    type: str
    required: true
    aliases: [userid]
  user_directory:
    description:
      - The C(userDirectory) claim. Enter V(userDirectory) in the virtual proxy as the JWT attribute for the user
        directory.
    type: str
    required: true
    aliases: [userdir]
  name:
    description: The C(name) claim, which is the display name.
    type: str
    aliases: [username]
  email:
    description: The C(email) claim.
    type: str
    aliases: [useremail]
  groups:
    description:
      - A list of group names, in the claim that O(groups_claim) names.
      - Each name must be a string. Enclose numbers in quotes. A text such as V(group1, group 2) is not a list.
    type: raw
  groups_claim:
    description:
      - The claim for O(groups). It must be the one that the JWT attribute mapping of the virtual proxy names.
      - The default is the claim that C(qs-jwt) writes. Qlik Cloud reads V(groups) instead.
    type: str
    default: group
  audience:
    description:
      - The C(aud) claim, which must match the audience that the virtual proxy is configured with.
      - If not set, the token has no audience.
    type: str
  algorithm:
    description: The signature algorithm.
    type: str
    choices: [RS256, RS384, RS512]
    default: RS256
  claims:
    description:
      - Additional claims, such as further attributes that the virtual proxy maps. Claims that have a separate option or
        a fixed value are rejected here.
    type: dict
  expires_in:
    description:
      - Lifetime of the token from C(iat) to C(exp), such as V(30s), V(60m), V(48h), V(365d), V(2w), V(5y), or a whole
        number of seconds. A year has 365.25 days, as in C(jsonwebtoken).
      - Unlike Qlik Cloud, client-managed Qlik Sense has no limit of one hour. Whoever has the token can use it until it
        expires, so keep it short.
    type: str
    default: 30m
    aliases: [expires]
"""
