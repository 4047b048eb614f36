# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The option for a private key in a key store, and those for the stores."""

    DOCUMENTATION = r"""
options:
  private_key_uri:
    description:
      - The private key in a key store, which signs there. The key never leaves the store.
      - V(awskms:///alias/NAME) is a key in AWS KMS, in the region that the AWS settings name. Its id or its ARN can take
        the place of C(alias/NAME), and a host can precede the third slash, as in
        V(awskms://kms.example.com/alias/NAME). boto3, which must be installed on the machine where the task runs, finds
        credentials and region as usual, such as by E(AWS_PROFILE) or E(AWS_DEFAULT_REGION). The credentials must allow
        C(kms:GetPublicKey) and C(kms:Sign). KMS receives what it signs, or its digest if that exceeds 4096 bytes.
      - V(hashivault://[MOUNT/]NAME) is a key in the transit secrets engine of HashiCorp Vault or OpenBao. The
        default of C(MOUNT) is C(transit). The newest version of the key signs, unless the URI ends with
        V(?version=NUMBER).
      - V(pkcs11:token=LABEL;object=LABEL) is a key on a token with a PKCS#11 module, such as an HSM, in the form of
        RFC 7512. V(;id=ID) after it chooses one of several keys with the same label, and V(;serial=NUMBER) one of
        several tokens. V(?module-path=PATH) and V(?pin-source=PATH) may take the place of O(pkcs11_module_path) and
        O(pkcs11_pin). In all values, other characters than letters, digits, and C(-._~) are written as C(%) and two
        hexadecimal digits. Requires python-pkcs11 0.9 or newer on the machine where the task runs.
      - The key must be an RSA key of at least 2048 bits. If it can be exported from its store, the task warns.
      - Requires cryptography 38 or newer on the machine where the task runs.
    type: str
"""

    STORES = r"""
options:
  vault_address:
    description:
      - The URL of Vault or OpenBao, such as V(https://vault.example.com:8200).
      - If not set, the environment variable E(VAULT_ADDR) is used.
    type: str
  vault_token:
    description:
      - The token for Vault or OpenBao. To sign, its policies must allow C(read) on C(MOUNT/keys/NAME) and C(update) on
        C(MOUNT/sign/NAME), and nothing else.
      - If not set, the environment variable E(VAULT_TOKEN) is used. Its value is only sent to the server in
        E(VAULT_ADDR).
    type: str
  vault_namespace:
    description: The namespace in Vault or OpenBao. If not set, the environment variable E(VAULT_NAMESPACE) is used.
    type: str
  vault_ca_path:
    description:
      - Path to a file in PEM format with the CA certificates to trust for Vault or OpenBao, instead of the system's.
      - If not set, the environment variable E(VAULT_CACERT) is used.
    type: path
  pkcs11_module_path:
    description:
      - Absolute path to the PKCS#11 module of a token, a library that comes with it, such as
        V(/usr/lib/softhsm/libsofthsm2.so).
      - C(module-path) in the URI of the key takes precedence. If neither is set, the environment variable
        E(PKCS11_MODULE_PATH) is used.
    type: path
  pkcs11_pin:
    description:
      - The PIN of the token's user. Each task tries it once, because tokens lock after a few wrong PINs. If only one try
        is left, it is not tried at all.
      - Alternatively, write the path of a file with the PIN in the URI of the key, after V(?pin-source=). Other users must
        not be able to read it. It may be encrypted with Ansible Vault.
    type: str
"""
