# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_jwk
short_description: Convert a public key or certificate to a JSON Web Key
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Converts an RSA public key, or that of a certificate, to a JSON Web Key (JWK) for signatures with RS256. Qlik Cloud
    takes the public keys of OAuth clients in this form.
  - For a key pair, RV(tenantops.qlik.qscloud_keypair#module:jwk) is this key already.
requirements:
  - cryptography >= 3.4.8
options:
  _input:
    description: A public key or certificate in PEM format. Its key must have at least 2048 bits.
    type: str
    required: true
  key_id:
    description: The key id, C(kid). The default is the RFC 7638 thumbprint of the public key.
    type: str
seealso:
  - plugin: tenantops.qlik.to_qlik_pem_line
    plugin_type: filter
  - module: tenantops.qlik.qscloud_keypair
"""

EXAMPLES = r"""
- name: Show the public key in the form that an OAuth client takes
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'keys/acme.eu.qlikcloud.com/publickey.pem') | tenantops.qlik.to_jwk }}"

- name: Show it with a key id of your own
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', path) | tenantops.qlik.to_jwk(key_id='2026') }}"
  vars:
    path: keys/acme.eu.qlikcloud.com/publickey.pem
"""

RETURN = r"""
_value:
  description: The JSON Web Key, with C(kty), C(n), C(e), C(kid), C(use) and C(alg).
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._keys import public_keys
from ..plugin_utils._filters import public_key


def to_jwk(text: t.Any, key_id: str | None = None) -> dict[str, str]:
    """Convert a public key or certificate to a JSON Web Key.

    :raises AnsibleFilterError: if the input or the key id cannot be used.
    """
    if key_id is not None and (not isinstance(key_id, str) or not key_id.strip()):
        raise AnsibleFilterError("The key_id of to_jwk must be a text that is not empty, or be left out.")
    found = public_key(text, "to_jwk")
    return public_keys.jwk(found.key, found.thumbprint if key_id is None else key_id)


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"to_jwk": to_jwk}
