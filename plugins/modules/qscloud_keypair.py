#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_keypair
short_description: Create a key pair and a certificate for the JWT authentication of a Qlik Cloud tenant
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Creates an RSA key pair and a self-signed certificate, and repairs or renews them when necessary. The private key
    signs JWTs, see M(tenantops.qlik.qscloud_jwt). The certificate is registered in the tenant's JWT identity provider.
  - 'The module manages three files in O(directory): C(privatekey.pem), C(publickey.pem) and C(publickey.cer), named as
    by C(qs-jwt). It adopts a folder created by C(qs-jwt): it keeps the private key, corrects its mode, and replaces
    the SHA-1 certificate.'
  - The private key is authoritative. If the public key or the self-signed certificate is missing, damaged or does not
    match the private key, the module recreates it from the private key. If the certificate expires soon, or is not yet
    valid because a clock was wrong, the module renews it with the same key. A tenant that has the old certificate
    still has the right public key; Qlik does not document whether the validity of a registered certificate matters.
    See O(tenantops.qlik.qscloud_identity_provider#module:compare).
  - The module never replaces a private key unless O(regenerate) requests it, and never without a backup.
  - With O(private_key_uri), the private key is in a key store and never in a file. The module creates it there if it is
    missing, has it sign the certificate, and manages the other two files. It never replaces or deletes a key in a
    store.
  - On the controller, files that Ansible Vault has encrypted are decrypted in memory. The module does not replace such
    a private key, because the new file would not be encrypted.
  - The folder must not be writable by other users. Symbolic links in place of the files are rejected. Symbolic links
    in the path to the folder are rejected if they belong to another user, unless the folder belongs to the same user.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.key_store
  - tenantops.qlik.key_store.stores
attributes:
  check_mode:
    support: full
    details: A key store is only asked to read.
  diff_mode:
    support: full
    details: Shows names, modes, dates and fingerprints, and never secrets.
  idempotent:
    support: partial
    details: With O(regenerate=always), every run creates a new key pair.
  safe_file_operations:
    support: full
options:
  directory:
    description:
      - The folder for the three files. If it does not exist, it is created with mode V(0700), including missing
        parents.
      - If its name is a host name, and a folder next to it has a key for this host name in another spelling, the task
        warns that it creates another key.
    type: path
    required: true
    aliases: [path]
  file_prefix:
    description: Prefix of the file names.
    type: str
    default: ''
    aliases: [cert_file_prefix]
  size:
    description: The size of the key in bits.
    type: int
    choices: [2048, 3072, 4096]
    default: 4096
  passphrase:
    description:
      - The passphrase that encrypts the private key. For a new key, it must have at least 12 characters,
        and no blank, line break or invisible character at its ends.
      - If the key exists, this must be its passphrase, unless O(old_passphrase) is.
    type: str
  old_passphrase:
    description:
      - The previous passphrase of the private key. If the key still has it, the key is encrypted with O(passphrase)
        instead. Set it to an empty string if the key may still be unencrypted.
      - The key itself does not change, and neither do its key id, its public key and its certificate. The key file is
        replaced atomically.
      - No backup of the key is made in this case, because the old passphrase would decrypt it. Earlier backups keep
        their passphrase.
      - You can keep this option set while some keys still have the old passphrase. A key that already has the new
        passphrase is not changed.
    type: str
  common_name:
    description: The common name of the certificate, at most 64 characters.
    type: str
    default: qs-jwt
  valid_days:
    description: Validity of the certificate in days, at most 36500.
    type: int
    default: 365
    aliases: [cert_create_expires_days]
  renew_before_days:
    description:
      - How many days before it expires the certificate is renewed, with the same key. It must be less than
        O(valid_days).
      - If not set, the default is V(30), or a third of O(valid_days) if O(valid_days) is 30 or less.
    type: int
  regenerate:
    description:
      - What to do with an existing private key.
      - V(fail) never replaces it. The task fails if the key has another size or is not an RSA key. The message names
        the options that keep the key and its certificate.
      - V(mismatch) replaces it if it has another size or is not an RSA key. It also replaces a certificate that was
        issued by a third party, such as a CA.
      - V(always) always replaces it.
      - With O(private_key_uri), V(fail) rejects files of another key than the one in the store, for example after it
        was rotated there, or of a key that the store does not have. V(mismatch) replaces them. V(always) is rejected.
      - If the private key cannot be read, the task fails regardless of this option.
    type: str
    choices: [fail, mismatch, always]
    default: fail
  backup:
    description:
      - Whether to create a backup of each file, with a timestamp in its name, before the file is replaced or removed.
      - A private key is always backed up before it is replaced, even if this is V(false).
    type: bool
    default: true
  state:
    description:
      - V(absent) removes the three files and keeps the folder. With O(backup=false), no copy of them remains. In that
        case, the task fails if the private key cannot be read, for example because O(passphrase) is missing.
      - With O(private_key_uri), the private key remains in its store, and RV(actions) says how to delete it there.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description: Name or numeric ID of the user who should own the files, and the folder if it is new or empty.
    type: str
  group:
    description: Name or numeric ID of the group that should own the files, and the folder if it is new or empty.
    type: str
  mode:
    description:
      - The mode of the private key, as a quoted octal number. Permissions for others are rejected.
    type: raw
    default: '0600'
  public_mode:
    description: The mode of the public key and the certificate, as a quoted octal number.
    type: raw
    default: '0644'
notes:
  - 'To create a key, the policies of O(vault_token) must also allow C(create) and C(update) on C(MOUNT/keys/NAME). The
    key is not exportable. The transit secrets engine can also decrypt with any RSA key: only a policy can prevent that.'
  - A key that is created on a token only signs, is sensitive and cannot be extracted. It gets a random C(id) unless
    O(private_key_uri) has one.
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - name: Create Signed Tokens for JWT Authorization
    description: How Qlik Cloud uses the key pair.
    link: https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/
"""

EXAMPLES = r"""
- name: Create a key pair and a certificate
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Show the certificate to register in the tenant's identity provider
  ansible.builtin.debug:
    msg: "{{ keypair.certificate.splitlines() }}"

- name: Create the files that qs-jwt would create, with a certificate that is valid for 400 days
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    cert_file_prefix: qsjwt_
    cert_create_expires_days: 400

- name: Create an encrypted private key
  tenantops.qlik.qscloud_keypair:
    directory: keys/encrypted
    passphrase: "{{ lookup('ansible.builtin.env', 'KEY_PASSPHRASE') | default('correct horse battery', true) }}"

- name: Change its passphrase
  tenantops.qlik.qscloud_keypair:
    directory: keys/encrypted
    old_passphrase: "{{ lookup('ansible.builtin.env', 'KEY_PASSPHRASE') | default('correct horse battery', true) }}"
    passphrase: "{{ lookup('ansible.builtin.env', 'NEW_KEY_PASSPHRASE') | default('staple of correct horses', true) }}"

- name: Create a key in Vault or OpenBao, and its public key and certificate in the folder
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: store_
    private_key_uri: hashivault://acme
  register: stored
  when: lookup('ansible.builtin.env', 'VAULT_TOKEN') is truthy

- name: Create a key on a token, such as an HSM, and its public key and certificate in the folder
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: token_
    private_key_uri: pkcs11:token=qlik;object=acme
    pkcs11_module_path: /usr/lib/softhsm/libsofthsm2.so
    pkcs11_pin: "{{ lookup('ansible.builtin.env', 'PIN') }}"
  when: lookup('ansible.builtin.env', 'PIN') is truthy

- name: Create a key in AWS KMS, with an alias for it, and its public key and certificate in the folder
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: kms_
    private_key_uri: awskms:///alias/qlik/acme
  when: lookup('ansible.builtin.env', 'AWS_PROFILE') is truthy

- name: Remove a key pair and keep a backup
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: qsjwt_
    state: absent
"""

RETURN = r"""
private_key_path:
  description: Path to the private key file. Null with O(private_key_uri).
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/privatekey.pem
private_key_uri:
  description:
    - The URI of the private key with its version, its C(id) or, in AWS KMS, its ARN, so that it keeps naming this key. It
      never has a PIN, nor the path of a module.
    - Null in check mode if the key would be created.
  returned: when O(private_key_uri) is specified, and O(state=present)
  type: str
  sample: hashivault://transit/acme?version=1
public_key_path:
  description: Path to the public key file.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.pem
certificate_path:
  description: Path to the certificate file.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.cer
certificate:
  description: The certificate in PEM format. Null in check mode if it would be created or renewed.
  returned: O(state=present)
  type: str
  sample: "-----BEGIN CERTIFICATE-----\nMIIE2TCCAsGgAwIBAgIUf...\n-----END CERTIFICATE-----\n"
certificate_line:
  description:
    - The certificate on a single line, as the tenant's REST API requires it. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "-----BEGIN CERTIFICATE-----MIIE2TCCAsGgAwIBAgIUf...-----END CERTIFICATE-----"
public_key:
  description: The public key in PEM format. Null in check mode if the key would be created.
  returned: O(state=present)
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
key_id:
  description:
    - The RFC 7638 thumbprint of the public key, used as the key id. It changes only when the key changes.
    - Null in check mode if the key would be created.
  returned: O(state=present)
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
jwk:
  description:
    - The public key as a JSON Web Key, the form in which Qlik Cloud takes the public keys of OAuth clients. Its C(kid) is
      RV(key_id).
    - Null in check mode if the key would be created.
  returned: O(state=present)
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
    - The SHA-256 fingerprint of the certificate, formatted as C(openssl) prints it. Null in check mode like
      RV(certificate).
  returned: O(state=present)
  type: str
  sample: "ED:FF:82:81:0D:67:BF:DA:B8:C5:34:7F:B6:B1:89:6A:CA:0D:0F:B0:33:5C:92:E3:B4:55:C1:4C:13:DB:26:D4"
serial_number:
  description: The serial number of the certificate. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: int
  sample: 174612823018265028765432109876543210987654321
not_before:
  description: Start of the validity of the certificate, in UTC. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "2026-11-23T21:42:26Z"
not_after:
  description: When the certificate expires, in UTC. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "2027-12-28T21:42:26Z"
key_size:
  description: The size of the key in bits. Null in check mode if the key would be created.
  returned: O(state=present)
  type: int
  sample: 4096
actions:
  description:
    - What was created, renewed, repaired or removed, and why. In check mode, what would be, as in C(would write ...).
  returned: success
  type: list
  elements: str
  sample: ["wrote publickey.cer: it expires on 2026-12-01"]
passphrase_changed:
  description: Whether O(passphrase) replaced O(old_passphrase). In check mode, whether it would.
  returned: O(state=present)
  type: bool
  sample: false
backup_files:
  description: The backups of files that were replaced or removed.
  returned: success
  type: list
  elements: str
  sample: ["keys/acme.eu.qlikcloud.com/publickey.cer.4711.2026-11-23@21:42:26~"]
"""

import datetime
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module
from ..module_utils._files import options as file_options
from ..module_utils._files.folder import Access
from ..module_utils._keys import certificates, pair, removal, stored_pair
from ..module_utils._keys.signers import stores


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the key pair into the requested state."""
    wanted = read_options(module.params)
    paths = wanted.paths()
    _module.refuse_masked(module, paths)
    present = module.params["state"] == "present"
    if present:
        outcome = (stored_pair if wanted.store else pair).ensure_present(
            wanted,
            datetime.datetime.now(datetime.timezone.utc),
            module.check_mode,
            accept=lambda facts: _module.refuse_masked(module, facts),
        )
    else:
        outcome = (stored_pair if wanted.store else removal).ensure_absent(wanted, module.check_mode)
    _module.warn(module, outcome.warnings)
    return {
        "changed": any(step.changed for step in outcome.steps),
        "actions": [step.text for step in outcome.steps],
        "backup_files": outcome.backup_files,
        **({"passphrase_changed": outcome.passphrase_changed} if present else {}),
        **({"private_key_uri": outcome.uri} if present and wanted.store else {}),
        "diff": _module.diff(f"key pair {wanted.name()}", outcome.before, outcome.after),
        **paths,
        **outcome.facts,
    }


def read_options(options: dict[str, t.Any]) -> pair.Wanted:
    """Validate the options and convert them for the library."""
    file_options.check_path(options["directory"], "directory")
    store = None
    if options["private_key_uri"] is not None:
        stored_pair.check_regenerate(options["regenerate"])
        store = stores.key(options, "passphrase")
    uid = file_options.user_id(options["owner"], "owner")
    gid = file_options.group_id(options["group"], "group")
    return pair.Wanted(
        directory=options["directory"],
        names=pair.names(options["file_prefix"]),
        size=options["size"],
        passphrase=options["passphrase"],
        old_passphrase=options["old_passphrase"],
        terms=certificates.terms(options["common_name"], options["valid_days"], options["renew_before_days"]),
        regenerate=options["regenerate"],
        instead="set O(regenerate) to mismatch to replace it",
        backup=options["backup"],
        private_access=Access(file_options.parse_mode(options["mode"], "mode", forbidden=0o007), uid, gid),
        public_access=Access(file_options.parse_mode(options["public_mode"], "public_mode", forbidden=0o022), uid, gid),
        store=store,
    )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True, "aliases": ["path"]},
            "file_prefix": {"type": "str", "default": "", "aliases": ["cert_file_prefix"]},
            "size": {"type": "int", "choices": [2048, 3072, 4096], "default": 4096},
            "passphrase": {"type": "str", "no_log": True},
            "old_passphrase": {"type": "str", "no_log": True},
            "common_name": {"type": "str", "default": "qs-jwt"},
            "valid_days": {"type": "int", "default": 365, "aliases": ["cert_create_expires_days"]},
            "renew_before_days": {"type": "int"},
            "regenerate": {"type": "str", "choices": ["fail", "mismatch", "always"], "default": "fail"},
            "backup": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "owner": {"type": "str"},
            "group": {"type": "str"},
            "mode": {"type": "raw", "default": "0600"},
            "public_mode": {"type": "raw", "default": "0644"},
            **_argument_specs.KEY_STORE,
        },
        required_by={"old_passphrase": ["passphrase"]},
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], ensure)


if __name__ == "__main__":
    main()
