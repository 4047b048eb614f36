#!/usr/bin/python
# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: qscloud_jwt_info
short_description: Decode and verify a JWT, and list which of Qlik Cloud's rules it violates
version_added: 0.1.0
author:
  - tenantops (@tenantops)
description:
  - Decodes a JSON Web Token (RFC 7519), verifies its signature if a key is given, and describes which of Qlik Cloud's
    rules the token violates. The module works offline.
  - The verification key comes only from the options. Keys that the token refers to or contains (C(jku), C(jwk), C(x5u),
    C(x5c)) are ignored, and an algorithm that is not in O(algorithms) is not accepted.
requirements:
  - cryptography >= 3.4.8
  - PyJWT >= 2.3.0
extends_documentation_fragment:
  - tenantops.qlik.attributes
  - tenantops.qlik.attributes.action
  - tenantops.qlik.attributes.in_process
  - tenantops.qlik.attributes.info
options:
  token:
    description:
      - The JWT. Quotes around it and the prefix C(Bearer) are ignored.
      - Exactly one of O(token) and O(token_path) must be specified.
    type: str
  token_path:
    description: Path to a file that contains the JWT.
    type: path
  certificate_path:
    description:
      - Path to the certificate file in PEM or DER format. Its public key verifies the signature.
      - At most one of O(certificate_path), O(certificate_content), O(public_key_path) and O(public_key_content) can be
        specified. If none is, the signature is not verified.
    type: path
  certificate_content:
    description: The content of the certificate in PEM format.
    type: str
  public_key_path:
    description: Path to the public key file in PEM or DER format.
    type: path
  public_key_content:
    description: The content of the public key in PEM format.
    type: str
  algorithms:
    description: The accepted signature algorithms. Qlik Cloud requires V(RS256).
    type: list
    elements: str
    choices: [RS256, RS384, RS512]
    default: [RS256]
  issuer:
    description: The expected issuer. If not set, any issuer is accepted.
    type: str
  audience:
    description: The expected audience. Qlik Cloud requires the default.
    type: str
    default: qlik.api/login/jwt-session
  fail_on_invalid:
    description:
      - Whether the task should fail if the token has any problem.
      - Without a key, it does not fail because of the signature, which is not verified. Anyone can forge such a token.
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

- name: Fail if the token violates a rule of Qlik Cloud, or another key has signed it
  tenantops.qlik.qscloud_jwt_info:
    token: "{{ anna.token }}"
    certificate_path: "{{ keypair.certificate_path }}"
    issuer: acme.eu.qlikcloud.com
    fail_on_invalid: true
  register: decoded

- name: Show when the token expires
  ansible.builtin.debug:
    var: decoded.expires_at

- name: Decode the token without a key
  tenantops.qlik.qscloud_jwt_info:
    token: "{{ anna.token }}"
  register: unverified

- name: Check the claims, but not the signature
  ansible.builtin.assert:
    that:
      - unverified.problems == []
      - unverified.valid is none
"""

RETURN = r"""
valid:
  description:
    - Whether the token has no problems, and the key verifies its signature.
    - Null if no key is given and there are no other problems. The signature was not verified then, and anyone can forge
      such a token.
  returned: success
  type: bool
  sample: true
problems:
  description: The problems found, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["The token expired 86400 seconds (1 day) ago: sign a new one."]
signature_verified:
  description: Whether the key verifies the signature. Null if no key is given.
  returned: success
  type: bool
  sample: true
expired:
  description: Whether the token has expired. Null if this cannot be determined.
  returned: success
  type: bool
  sample: false
not_yet_valid:
  description: Whether the token is not valid yet. Null if this cannot be determined.
  returned: success
  type: bool
  sample: false
header:
  description: The header of the token. Null if the input is not a JWT.
  returned: success
  type: dict
  sample: {"alg": "RS256", "typ": "JWT", "kid": "rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc"}
claims:
  description: The claims of the token. Null if the input is not a JWT.
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
  description: The C(sub) claim.
  returned: success
  type: str
  sample: 6f276bc4-d715-53f9-a145-bddaec3cbdf4
key_id:
  description: The C(kid) in the header.
  returned: success
  type: str
  sample: rMQB93idRgfuUD2YUSJ76jXiAjaGpmvlmHGLsQ-6pPc
issued_at:
  description: When the token was issued (C(iat)), in UTC. Null if the token does not contain it.
  returned: success
  type: str
  sample: "2026-11-23T21:42:26Z"
not_before:
  description: Start of the validity of the token (C(nbf)), in UTC. Null if the token does not contain it.
  returned: success
  type: str
  sample: "2026-11-23T21:42:16Z"
expires_at:
  description: When the token expires (C(exp)), in UTC. Null if the token does not contain it.
  returned: success
  type: str
  sample: "2026-11-23T22:12:16Z"
lifetime:
  description: Lifetime of the token from C(nbf) to C(exp), in seconds. Null if the token does not contain both.
  returned: success
  type: int
  sample: 1800
"""

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _argument_specs, _module, _text
from ..module_utils._errors import TokenError
from ..module_utils._files import read
from ..module_utils._files.options import check_path
from ..module_utils._keys import given
from ..module_utils._tokens import claims, compact, inspect


def decode(module: AnsibleModule) -> dict[str, t.Any]:
    """Decode the token and list its problems."""
    options = module.params
    _text.check_options(options, ("issuer", "audience"))
    key = given.from_options(options)
    _module.warn(module, [key and key.repairs])
    if options["token_path"] is not None:
        check_path(options["token_path"], "token_path")
        content = read.content(options["token_path"], "token_path")
        text, source = content.decode(errors="replace"), f"O(token_path): {options['token_path']}"
    else:
        text, source = options["token"], "O(token)"
    expected = inspect.Expected(
        key=key and key.key,
        algorithms=options["algorithms"],
        issuer=options["issuer"],
        audience=options["audience"],
    )
    facts = inspect.inspect(compact.unwrap(text).encode(errors="replace"), source, expected, int(time.time()))
    if options["fail_on_invalid"] and facts["problems"]:
        raise TokenError(" ".join(facts["problems"]))
    facts["problems"] = [_module.user_message(module, problem) for problem in facts["problems"]]
    return {"changed": False, **facts}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "token": {"type": "str", "no_log": True},
            "token_path": {"type": "path", "no_log": False},
            **_argument_specs.PUBLIC_KEY,
            "algorithms": {
                "type": "list",
                "elements": "str",
                "choices": list(claims.ALGORITHMS),
                "default": [claims.ALGORITHM],
            },
            "issuer": {"type": "str"},
            "audience": {"type": "str", "default": claims.AUDIENCE},
            "fail_on_invalid": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("token", "token_path"), tuple(_argument_specs.PUBLIC_KEY)],
        required_one_of=[("token", "token_path")],
        supports_check_mode=True,
    )
    _module.run(module, ["cryptography", "PyJWT"], decode)


if __name__ == "__main__":
    main()
