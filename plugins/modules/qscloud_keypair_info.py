#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_keypair_info
short_description: Provide information about a key pair and its certificate
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Returns information about a key pair created by M(tenantops.qlik.qscloud_keypair) or C(qs-jwt), or about a single
    certificate or private key, and lists problems with them. The module never returns the private key.
  - The module does not modify state. It returns problems with keys and certificates in RV(problems), and fails only if
    its options are wrong.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.attributes.info
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
options:
  directory:
    description:
      - Path to the folder of a key pair.
      - Exactly one of O(directory), O(certificate_path), O(certificate_content), O(private_key_path),
        O(private_key_content) and O(private_key_uri) must be specified, or O(directory) and O(private_key_uri) for a
        key pair whose private key is in a key store.
    type: path
    aliases: [path]
  file_prefix:
    description: Prefix of the file names in O(directory).
    type: str
    default: ''
    aliases: [cert_file_prefix]
  certificate_path:
    description: Path to a certificate file in PEM or DER format.
    type: path
  certificate_content:
    description: The content of a certificate in PEM format.
    type: str
  private_key_path:
    description: Path to a private key file in PEM or DER format.
    type: path
    aliases: [cert_privatekey_file]
  private_key_content:
    description: The content of a private key in PEM format.
    type: str
    aliases: [cert_privatekey]
  passphrase:
    description: The passphrase of the private key, if it is encrypted.
    type: str
  renew_before_days:
    description: Report a problem if the certificate expires within this number of days.
    type: int
    default: 30
seealso:
  - module: tenantops.qlik.qscloud_keypair
"""

EXAMPLES = r"""
- name: Get information about a key pair
  tenantops.qlik.qscloud_keypair_info:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Show its problems
  ansible.builtin.debug:
    msg: "{{ keypair.problems }}"

- name: Get information about a key pair whose private key is in Vault or OpenBao
  tenantops.qlik.qscloud_keypair_info:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: store_
    private_key_uri: hashivault://acme
  when: lookup('ansible.builtin.env', 'VAULT_TOKEN') is truthy

- name: Get information about a certificate
  tenantops.qlik.qscloud_keypair_info:
    certificate_path: keys/acme.eu.qlikcloud.com/publickey.cer
    renew_before_days: 60
"""

RETURN = r"""
exists:
  description: Whether the certificate or private key exists. For a key pair, whether any of its files exists.
  returned: success
  type: bool
  sample: true
problems:
  description: What is missing or wrong, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["keys/acme.eu.qlikcloud.com/publickey.cer: it expires on 2026-12-01."]
days_left:
  description: How many days the certificate remains valid. Negative if it has expired, null if there is no certificate.
  returned: success
  type: int
  sample: 364
private_key_path:
  description: Path to the private key file. Null with O(private_key_uri).
  returned: when O(directory) is specified
  type: str
  sample: keys/acme.eu.qlikcloud.com/privatekey.pem
private_key_uri:
  description:
    - The URI of the private key with its version, its C(id) or, in AWS KMS, its ARN.
    - Null if the key does not exist or cannot be used.
  returned: when O(private_key_uri) is specified
  type: str
  sample: hashivault://transit/acme?version=1
public_key_path:
  description: Path to the public key file.
  returned: when O(directory) is specified
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.pem
certificate_path:
  description: Path to the certificate file.
  returned: when O(directory) is specified
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.cer
certificate:
  description: The certificate in PEM format.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----\nMIIE2TCCAsGgAwIBAgIUf...\n-----END CERTIFICATE-----\n"
certificate_line:
  description:
    - The certificate on a single line, as the tenant's REST API requires it.
  returned: success
  type: str
  sample: "-----BEGIN CERTIFICATE-----MIIE2TCCAsGgAwIBAgIUf...-----END CERTIFICATE-----"
public_key:
  description: The public key in PEM format.
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
key_id:
  description:
    - The RFC 7638 thumbprint of the public key, used as the key id. It changes only when the key changes.
  returned: success
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
jwk:
  description:
    - The public key as a JSON Web Key, the form in which Qlik Cloud takes the public keys of OAuth clients. Its C(kid) is
      RV(key_id).
    - Null if there is no key.
  returned: success
  type: dict
  sample:
    alg: RS256
    e: AQAB
    kid: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
    kty: RSA
    n: 0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78...
    use: sig
fingerprint_sha256:
  description:
    - The SHA-256 fingerprint of the certificate, formatted as C(openssl) prints it.
  returned: success
  type: str
  sample: "ED:FF:82:81:0D:67:BF:DA:B8:C5:34:7F:B6:B1:89:6A:CA:0D:0F:B0:33:5C:92:E3:B4:55:C1:4C:13:DB:26:D4"
serial_number:
  description: The serial number of the certificate.
  returned: success
  type: int
  sample: 174612823018265028765432109876543210987654321
not_before:
  description: Start of the validity of the certificate, in UTC.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
not_after:
  description: When the certificate expires, in UTC.
  returned: success
  type: str
  sample: "2027-12-28T21:42:26Z"
key_size:
  description: The size of the key in bits.
  returned: success
  type: int
  sample: 4096
"""

import datetime
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module
from ..module_utils._errors import OptionError
from ..module_utils._files.options import check_path
from ..module_utils._keys import inspect, pair
from ..module_utils._keys.signers import stores

SINGLE = ("certificate_path", "certificate_content", "private_key_path", "private_key_content")
SOURCES = ("directory", *SINGLE, "private_key_uri")


def gather(module: AnsibleModule) -> dict[str, t.Any]:
    """Gather information about the key pair, certificate or private key in the options."""
    options = module.params
    option = next(name for name in SOURCES if options[name] is not None)
    value = options[option]
    if options["renew_before_days"] < 0:
        raise OptionError(f"O(renew_before_days) is {options['renew_before_days']}: it must be 0 or more days.")
    inspection = inspect.Inspection(datetime.datetime.now(datetime.timezone.utc), options["renew_before_days"])
    store = stores.key(options, "passphrase") if options["private_key_uri"] is not None else None
    paths = {}
    if option == "directory":
        check_path(value, option)
        names = pair.names(options["file_prefix"])
        paths = pair.paths(value, names)
        inspection.inspect_directory(value, names, options["passphrase"], store)
    elif store:
        inspection.inspect_stored_key(store)
    else:
        if option.endswith("_content"):
            content, source = value.encode(errors="replace"), f"O({option})"
        else:
            check_path(value, option)
            content, source = inspection.read_file(value, option), value
        if option.startswith("certificate"):
            inspection.inspect_certificate(content, source)
        else:
            inspection.inspect_private_key(content, source, options["passphrase"])
    of_store = {"private_key_path": None, "private_key_uri": inspection.uri} if store else {}
    result = {**paths, **of_store, **inspection.facts()}
    result["problems"] = [_module.user_message(module, problem) for problem in result["problems"]]
    _module.refuse_masked(module, result)
    return {"changed": False, **result}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "aliases": ["path"]},
            "file_prefix": {"type": "str", "default": "", "aliases": ["cert_file_prefix"]},
            "certificate_path": {"type": "path"},
            "certificate_content": {"type": "str"},
            "private_key_path": {"type": "path", "aliases": ["cert_privatekey_file"]},
            "private_key_content": {"type": "str", "no_log": True, "aliases": ["cert_privatekey"]},
            "passphrase": {"type": "str", "no_log": True},
            "renew_before_days": {"type": "int", "default": 30},
            **_argument_specs.KEY_STORE,
        },
        # A folder and a private key in a store belong together.
        mutually_exclusive=[("directory", *SINGLE), (*SINGLE, "private_key_uri")],
        required_one_of=[SOURCES],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], gather)


if __name__ == "__main__":
    main()
