#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_jwt_info
short_description: Decode a JWT, verify it, and see what Qlik Cloud would refuse
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Takes a JSON Web Token (RFC 7519) apart, verifies its signature if a key is given, and says in words which of Qlik
    Cloud's rules it breaks. It contacts nobody.
  - The key comes from the options alone. Keys that the token names or holds itself (C(jku), C(jwk), C(x5u), C(x5c)) are
    ignored, and so is any algorithm that is not in O(algorithms).
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
attributes:
  check_mode:
    support: full
    details: It changes nothing.
  diff_mode:
    support: N/A
    details: It changes nothing.
  idempotent:
    support: full
  safe_file_operations:
    support: full
    details: It writes no files.
  action:
    support: full
    details: With a local connection the module runs inside Ansible's own process, which is much faster.
  async:
    support: full
options:
  token:
    description:
      - The token.
      - Exactly one of O(token) and O(token_path) must be given.
    type: str
  token_path:
    description: A file that holds the token.
    type: path
  certificate_path:
    description:
      - The file of the certificate whose key is to verify the signature, in PEM form.
      - At most one of O(certificate_path), O(certificate_content), O(public_key_path) and O(public_key_content) can be
        given. With none of them, the signature is not looked at.
    type: path
  certificate_content:
    description: The certificate itself, in PEM form.
    type: str
  public_key_path:
    description: The file of the public key, in PEM form.
    type: path
  public_key_content:
    description: The public key itself, in PEM form.
    type: str
  algorithms:
    description: The algorithms that the signature may have. Qlik Cloud takes V(RS256) alone.
    type: list
    elements: str
    choices: [RS256, RS384, RS512]
    default: [RS256]
  issuer:
    description: The issuer to expect. If it is not given, any will do.
    type: str
  audience:
    description: The audience to expect. Qlik Cloud takes only the default.
    type: str
    default: qlik.api/login/jwt-session
  fail_on_invalid:
    description: Whether the task is to fail if anything is wrong with the token.
    type: bool
    default: false
seealso:
  - module: tenantops.qlik.qscloud_jwt
  - module: tenantops.qlik.qscloud_session
"""

EXAMPLES = r"""
- name: Create the key pair
  tenantops.qlik.qscloud_keypair:
    directory: keys/acme.eu.qlikcloud.com
  register: keypair

- name: Sign a token for Anna
  tenantops.qlik.qscloud_jwt:
    private_key_path: "{{ keypair.private_key_path }}"
    issuer: acme.eu.qlikcloud.com
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
  register: anna

- name: Fail unless Qlik Cloud would take it
  tenantops.qlik.qscloud_jwt_info:
    token: "{{ anna.token }}"
    certificate_path: "{{ keypair.certificate_path }}"
    issuer: acme.eu.qlikcloud.com
    fail_on_invalid: true
  register: decoded

- name: Show until when it is good
  ansible.builtin.debug:
    var: decoded.expires_at
"""

RETURN = r"""
valid:
  description: Whether nothing is wrong with the token. Its signature counts only if a key is given.
  returned: success
  type: bool
  sample: true
problems:
  description: What is wrong, in sentences.
  returned: success
  type: list
  elements: str
  sample: ["The token expired 86400 seconds ago: sign a fresh one."]
signature_verified:
  description: Whether the key verifies the signature. Null without a key.
  returned: success
  type: bool
  sample: true
expired:
  description: Whether the token has expired. Null if it does not say.
  returned: success
  type: bool
  sample: false
not_yet_valid:
  description: Whether the token is valid only later. Null if it does not say.
  returned: success
  type: bool
  sample: false
header:
  description: The header. Null if this is no token.
  returned: success
  type: dict
  sample: {"alg": "RS256", "typ": "JWT", "kid": "rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc"}
claims:
  description: The claims. Null if this is no token.
  returned: success
  type: dict
  sample:
    iss: acme.eu.qlikcloud.com
    aud: qlik.api/login/jwt-session
    sub: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
    subType: user
    name: Anna Anderson
    email: anna@grusgrus.com
    email_verified: true
    jti: c120649c-de36-4b3b-966c-07fe9b1706e9
    iat: 1795470146
    nbf: 1795470136
    exp: 1795471936
subject:
  description: The claim C(sub).
  returned: success
  type: str
  sample: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
key_id:
  description: The C(kid) in the header.
  returned: success
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
issued_at:
  description: When the token was signed, in UTC. Null if it does not say.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
not_before:
  description: From when on the token is valid, in UTC. Null if it does not say.
  returned: success
  type: str
  sample: "2026-11-23T21:42:16Z"
expires_at:
  description: Until when the token is valid, in UTC. Null if it does not say.
  returned: success
  type: str
  sample: "2026-11-23T22:12:16Z"
lifetime:
  description: For how long the token is valid, from C(nbf) to C(exp), in seconds. Null if it does not say.
  returned: success
  type: int
  sample: 1800
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _module
from ..module_utils._errors import TokenError
from ..module_utils._files import read
from ..module_utils._files.options import check_path
from ..module_utils._keys import given
from ..module_utils._tokens import claims, inspect


def decode(module: AnsibleModule) -> dict[str, t.Any]:
    """Decode the token and judge it."""
    options = module.params
    key = given.from_options(options)
    if options["token_path"] is not None:
        check_path(options["token_path"], "token_path")
        text, source = read.content(options["token_path"], "token_path"), f"O(token_path): {options['token_path']}"
    else:
        text, source = options["token"].encode(errors="replace"), "O(token)"
    expected = inspect.Expected(
        key=key and key.key,
        algorithms=options["algorithms"],
        issuer=options["issuer"],
        audience=options["audience"],
    )
    facts = inspect.inspect(text, source, expected, int(time.time()))
    if options["fail_on_invalid"] and facts["problems"]:
        raise TokenError(" ".join(facts["problems"]))
    facts["problems"] = [_module.told(module, problem) for problem in facts["problems"]]
    return {"changed": False, **facts}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "token": {"type": "str", "no_log": True},
            "token_path": {"type": "path", "no_log": False},
            "certificate_path": {"type": "path"},
            "certificate_content": {"type": "str"},
            "public_key_path": {"type": "path"},
            "public_key_content": {"type": "str"},
            "algorithms": {
                "type": "list",
                "elements": "str",
                "choices": list(inspect.ALGORITHMS),
                "default": [claims.ALGORITHM],
            },
            "issuer": {"type": "str"},
            "audience": {"type": "str", "default": claims.AUDIENCE},
            "fail_on_invalid": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("token", "token_path"), tuple(given.OPTIONS)],
        required_one_of=[("token", "token_path")],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography", "PyJWT"], decode)


if __name__ == "__main__":
    main()
