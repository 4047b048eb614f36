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
  - Creates an RSA key pair and a self-signed certificate, and keeps them right. The private key signs JWTs, see
    M(tenantops.qlik.qscloud_jwt); the certificate is what the JWT identity provider of the tenant is given.
  - 'There are three files in O(directory): C(privatekey.pem), C(publickey.pem) and C(publickey.cer), as C(qs-jwt) names
    them. A folder that C(qs-jwt) has left is adopted: the private key stays, its mode is corrected, and its SHA-1
    certificate is issued anew.'
  - The private key is the root of truth. A public key or self-signed certificate that is missing, damaged or does not
    match is made anew from it. A certificate that will expire soon, or that a wrong clock has made valid only from some
    later day on, is issued anew with the same key. A tenant that has been given the old one still has the right public
    key; Qlik does not say whether the date of a certificate matters there. See
    O(tenantops.qlik.qscloud_identity_provider#module:compare).
  - A private key is never replaced unless O(regenerate) asks for it, and never without a backup.
  - The folder must not be writable by anybody else, and links in place of the files are refused. So are links of another
    user on the way to the folder, unless the folder belongs to the same user.
requirements:
  - cryptography >= 3.4.8
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows names, modes, dates and fingerprints; nothing secret.
  idempotent:
    support: partial
    details: With O(regenerate=always), every run makes a new key pair.
  safe_file_operations:
    support: full
  action:
    support: full
    details: With a local connection the module runs inside Ansible's own process, which is much faster.
  async:
    support: full
options:
  directory:
    description:
      - The folder of the three files. A missing one is made with mode V(0700), and missing parents too.
    type: path
    required: true
    aliases: [path]
  file_prefix:
    description: What the file names begin with.
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
      - The passphrase that encrypts the private key. That of a new key must have at least 12 characters.
      - If the key exists, this must be its passphrase, unless O(old_passphrase) is.
    type: str
  old_passphrase:
    description:
      - The passphrase that the private key may still have. If it does, O(passphrase) takes its place. An empty text stands
        for a key that may still be unencrypted.
      - The key stays the same, and so do its key id, its public key and its certificate. Its file is replaced atomically.
      - No backup is made of it, since whoever knows the old passphrase could open that. Backups that were made before have
        the passphrase that they had.
      - It can stay here for as long as there are keys with the old passphrase. A key that has the new one is left as it is.
    type: str
  common_name:
    description: The common name of the certificate, at most 64 characters.
    type: str
    default: qs-jwt
  valid_days:
    description: For how many days the certificate is valid, at most 36500.
    type: int
    default: 365
    aliases: [cert_create_expires_days]
  renew_before_days:
    description:
      - How many days before its end the certificate is issued anew, with the same key. It must be less than
        O(valid_days).
      - If it is not given, it is V(30), or a third of O(valid_days) if these are 30 or fewer.
    type: int
  regenerate:
    description:
      - What to do with a private key that is there.
      - V(fail) never replaces it. If it has another size, or is no RSA key, the task fails.
      - V(mismatch) replaces it by a new one if it has another size or is no RSA key, and replaces a certificate that
        somebody else has issued.
      - V(always) replaces it by a new one.
      - A private key that cannot be read is always an error, whatever this says.
    type: str
    choices: [fail, mismatch, always]
    default: fail
  backup:
    description:
      - Whether to copy each file to a name with a time before it is replaced or removed.
      - A private key is copied before it is replaced even if this is V(false).
    type: bool
    default: true
  state:
    description:
      - V(absent) removes the three files; the folder stays. With O(backup=false) nothing of them remains, but a private
        key that cannot be read, for instance since O(passphrase) is missing, is not removed in this way.
    type: str
    choices: [present, absent]
    default: present
  owner:
    description: Name or number of the user who is to own the files, and the folder if it is made or empty.
    type: str
  group:
    description: Name or number of the group of the files, and of the folder if it is made or empty.
    type: str
  mode:
    description:
      - The mode of the private key, as an octal number in quotes. Bits for others are refused.
    type: raw
    default: '0600'
  public_mode:
    description: The mode of the public key and the certificate, as an octal number in quotes.
    type: raw
    default: '0644'
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - name: Create Signed Tokens for JWT Authorization
    description: How Qlik Cloud uses the key pair.
    link: https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/
"""

EXAMPLES = r"""
- name: Create a key pair and a certificate, once
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: See the certificate that the identity provider of the tenant is given
  ansible.builtin.debug:
    msg: "{{ keypair.certificate.splitlines() }}"

- name: The files that qs-jwt would make, with a certificate that is valid for 400 days
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    cert_file_prefix: qsjwt_
    cert_create_expires_days: 400

- name: A private key that is encrypted
  tenantops.qlik.qscloud_keypair:
    directory: keys/encrypted
    passphrase: "{{ lookup('ansible.builtin.env', 'KEY_PASSPHRASE') | default('correct horse battery', true) }}"

- name: Give it another passphrase
  tenantops.qlik.qscloud_keypair:
    directory: keys/encrypted
    old_passphrase: "{{ lookup('ansible.builtin.env', 'KEY_PASSPHRASE') | default('correct horse battery', true) }}"
    passphrase: "{{ lookup('ansible.builtin.env', 'NEW_KEY_PASSPHRASE') | default('staple of correct horses', true) }}"

- name: Remove a key pair; a backup stays
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
    file_prefix: qsjwt_
    state: absent
"""

RETURN = r"""
private_key_path:
  description: The file of the private key.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/privatekey.pem
public_key_path:
  description: The file of the public key.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.pem
certificate_path:
  description: The file of the certificate.
  returned: success
  type: str
  sample: keys/acme.eu.qlikcloud.com/publickey.cer
certificate:
  description: The certificate in PEM form. Null in check mode if it would be issued anew.
  returned: O(state=present)
  type: str
  sample: "-----BEGIN CERTIFICATE-----\nMIIE2TCCAsGgAwIBAgIUf...\n-----END CERTIFICATE-----\n"
certificate_line:
  description:
    - The certificate on one line, as the REST API of the tenant wants it. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "-----BEGIN CERTIFICATE-----MIIE2TCCAsGgAwIBAgIUf...-----END CERTIFICATE-----"
public_key:
  description: The public key in PEM form. Null in check mode if it would be new.
  returned: O(state=present)
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkqhkiG9w0BA...\n-----END PUBLIC KEY-----\n"
key_id:
  description:
    - The thumbprint of the public key (RFC 7638). It stays the same as long as the key does, and serves as key id.
    - Null in check mode if the key would be new.
  returned: O(state=present)
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
fingerprint_sha256:
  description:
    - The SHA-256 fingerprint of the certificate, as C(openssl) prints it. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "ED:FF:82:81:0D:67:BF:DA:B8:C5:34:7F:B6:B1:89:6A:CA:0D:0F:B0:33:5C:92:E3:B4:55:C1:4C:13:DB:26:D4"
serial_number:
  description: The serial number of the certificate. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: int
  sample: 174612823018265028765432109876543210987654321
not_before:
  description: From when on the certificate is valid, in UTC. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "2026-11-23T21:42:26Z"
not_after:
  description: Until when the certificate is valid, in UTC. Null in check mode like RV(certificate).
  returned: O(state=present)
  type: str
  sample: "2027-12-28T21:42:26Z"
key_size:
  description: The size of the key in bits. Null in check mode if the key would be new.
  returned: O(state=present)
  type: int
  sample: 4096
actions:
  description: What was made, renewed, repaired or removed, and why; in check mode, what would be.
  returned: success
  type: list
  elements: str
  sample: ["wrote publickey.cer: it expires on 2026-12-01"]
passphrase_changed:
  description: Whether O(passphrase) has taken the place of O(old_passphrase); in check mode, whether it would.
  returned: O(state=present)
  type: bool
  sample: false
backup_files:
  description: The copies that were made of files before they were replaced or removed.
  returned: success
  type: list
  elements: str
  sample: ["keys/acme.eu.qlikcloud.com/publickey.cer.4711.2026-11-23@21:42:26~"]
"""

import datetime
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _module
from ..module_utils._files import options as file_options
from ..module_utils._files.folder import Access
from ..module_utils._keys import certificates, pair


def ensure(module: AnsibleModule) -> dict[str, t.Any]:
    """Bring the key pair into the state that the options ask for."""
    wanted = read_options(module.params)
    paths = wanted.paths()
    _module.refuse_masked(module, paths)
    if module.params["state"] == "present":
        outcome = pair.ensure_present(
            wanted,
            datetime.datetime.now(datetime.timezone.utc),
            module.check_mode,
            accept=lambda facts: _module.refuse_masked(module, facts),
        )
    else:
        outcome = pair.ensure_absent(wanted, module.check_mode)
    return {
        "changed": bool(outcome.actions),
        "actions": outcome.actions,
        "backup_files": outcome.backup_files,
        **({"passphrase_changed": outcome.passphrase_changed} if module.params["state"] == "present" else {}),
        "diff": {"before": outcome.before, "after": outcome.after},
        **paths,
        **outcome.facts,
    }


def read_options(options: dict[str, t.Any]) -> pair.Wanted:
    """Check the options and turn them into what the library works with."""
    file_options.check_path(options["directory"], "directory")
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
        backup=options["backup"],
        private_access=Access(file_options.parse_mode(options["mode"], "mode", forbidden=0o007), uid, gid),
        public_access=Access(file_options.parse_mode(options["public_mode"], "public_mode", forbidden=0o022), uid, gid),
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
        },
        required_by={"old_passphrase": ["passphrase"]},
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography"], ensure)


if __name__ == "__main__":
    main()
