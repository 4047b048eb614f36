# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_qlik_pem_line
short_description: Write a public key or certificate on a single line
version_added: 0.2.0
author:
  - tenantops (@tenantops)
description:
  - Writes a public key or certificate in PEM format on a single line. Qlik Cloud's REST API requires this form for
    identity providers. M(tenantops.qlik.qscloud_identity_provider) writes it by itself.
  - Text around the key or certificate, such as that of C(openssl x509 -text), is left out.
requirements:
  - cryptography >= 3.4.8
options:
  _input:
    description: A public key or certificate in PEM format. Its key must be an RSA key of at least 2048 bits.
    type: str
    required: true
seealso:
  - plugin: tenantops.qlik.to_jwk
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the certificate in the form for a request of your own
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', path) | tenantops.qlik.to_qlik_pem_line }}"
  vars:
    path: keys/acme.eu.qlikcloud.com/publickey.cer
"""

RETURN = r"""
_value:
  description: The public key or certificate on a single line.
  type: str
"""

import typing as t

from ..plugin_utils._filters import public_key


def to_qlik_pem_line(text: t.Any) -> str:
    """Write a public key or certificate on a single line.

    :raises AnsibleFilterError: if the input cannot be used.
    """
    return public_key(text, "to_qlik_pem_line").line


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filter by its name."""
        return {"to_qlik_pem_line": to_qlik_pem_line}
