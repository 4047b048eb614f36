#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_idp_instructions
short_description: Print what the JWT identity provider of a Qlik Cloud tenant has to be given
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Prints issuer, key id, and certificate or public key, so that they can be copied from the terminal into the
    management console of the tenant. (M(ansible.builtin.debug) would print a PEM as one line with C(\n) in it.)
  - It changes nothing, and prints nothing that is secret.
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: Says so if the key does not exist yet.
  diff_mode:
    support: none
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: Touches no file.
  action:
    support: full
  async:
    support: none
options:
  issuer:
    description: The issuer, which the tokens have in the claim C(iss).
    type: str
    required: true
  key_id:
    description: The key id, which the tokens have in the header C(kid).
    type: str
  certificate:
    description: The certificate in PEM form.
    type: str
  public_key:
    description: The public key in PEM form. It is printed if there is no certificate.
    type: str
seealso:
  - module: tenantops.qlik.qscloud_keypair
  - name: Create Signed Tokens for JWT Authorization
    description: Where these values go in the management console.
    link: https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/
"""

EXAMPLES = r"""
- name: Create a key pair and a certificate
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Print what the identity provider is given
  tenantops.qlik.qscloud_idp_instructions:
    issuer: acme.eu.qlikcloud.com
    key_id: "{{ keypair.key_id }}"
    certificate: "{{ keypair.certificate }}"
"""

RETURN = r"""
instructions:
  description: What was printed.
  returned: success
  type: str
  sample: "Identity provider of acme.eu.qlikcloud.com..."
"""
