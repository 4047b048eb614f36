# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options for a private key that is given as a file or as text."""

    DOCUMENTATION = r"""
options:
  private_key_path:
    description:
      - Path to the private key file. It must be an RSA key of at least 2048 bits, in PEM (PKCS#1 or PKCS#8) or DER
        format.
      - A file that Ansible Vault has encrypted is decrypted in memory. Only the controller has the password for this,
        so it does not work on another host, or with C(become), C(async) or C(environment).
      - Exactly one of O(private_key_path), O(private_key_content) and O(private_key_uri) must be specified.
    type: path
    aliases: [cert_privatekey_file]
  private_key_content:
    description:
      - The content of the private key.
      - Line breaks may have been changed, lost, or written as the two characters C(\n), and the whole text may be
        encoded in base64. If anything else was repaired, the task warns.
    type: str
    aliases: [cert_privatekey]
  private_key_passphrase:
    description: The passphrase of the private key, if it is encrypted.
    type: str
"""
