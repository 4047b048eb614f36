#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_idp_instructions
short_description: Print the values to enter in the JWT identity provider of a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Prints the issuer, the key id, and the certificate or public key, so that you can copy them from the terminal into
    the management console of the tenant. M(ansible.builtin.debug) would print a PEM on one line with C(\n) in it.
  - The module does not modify state, and prints no secrets. If the callback for standard output is not derived from one
    of Ansible's own, it may write JSON there, so the module prints to standard error instead.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: If the key does not exist yet, the module prints a message that says so.
  diff_mode:
    support: none
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: This action does not write files.
  action:
    support: full
  async:
    support: none
options:
  issuer:
    description: The issuer, which is the C(iss) claim of the tokens.
    type: str
    required: true
  key_id:
    description: The key id, which is C(kid) in the header of the tokens.
    type: str
  certificate:
    description: The certificate in PEM format.
    type: str
  public_key:
    description: The public key in PEM format. It is printed if no certificate is given.
    type: str
seealso:
  - module: tenantops.qlik.qscloud_keypair
  - name: Create Signed Tokens for JWT Authorization
    description: Where to enter these values in the management console.
    link: https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/
"""

EXAMPLES = r"""
- name: Create a key pair and a certificate
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Print the values for the identity provider
  tenantops.qlik.qscloud_idp_instructions:
    issuer: acme.eu.qlikcloud.com
    key_id: "{{ keypair.key_id }}"
    certificate: "{{ keypair.certificate }}"
"""

RETURN = r"""
instructions:
  description: The printed text.
  returned: success
  type: str
  sample: "Identity provider of acme.eu.qlikcloud.com..."
"""
