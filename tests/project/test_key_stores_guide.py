# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for keys in key stores: its policies give the rights that a run needs, and no others."""

from __future__ import annotations

import json

import documented
import kms as aws_kms
import openbao as bao
import pytest
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault, stores
from ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_jwt import ARGUMENT_SPEC

PAGE = "docs/docsite/rst/guide_key_stores.rst"
POLICIES = {
    command.split()[-1]: text
    for command, text in (block.text.split("\n", 1) for block in documented.blocks(PAGE) if block.text[:5] == "$ cat")
}
ACME = "acme.eu.qlikcloud.com"
DENIED = ["deny"]

RIGHTS = {
    "qlik-sign": {f"keys/{ACME}": ["read"], f"sign/{ACME}": ["update"], "sign/other": ["update"]},
    "qlik-provision": {
        f"keys/{ACME}": ["create", "read", "update"],
        f"sign/{ACME}": ["update"],
        "sign/other": ["update"],
    },
    "qlik-sign-acme": {f"keys/{ACME}": ["read"], f"sign/{ACME}": ["update"], "sign/other": DENIED},
}
OTHERS = ("keys/{}/config", "keys/{}/rotate", "keys/{}/import", "export/signing-key/{}", "backup/{}", "decrypt/{}")


@pytest.mark.parametrize("policy", RIGHTS)
def test_the_rights_of_a_token(openbao: bao.OpenBao, policy: str) -> None:
    token = openbao.new_token(POLICIES[f"{policy}.hcl"])
    wanted = RIGHTS[policy] | {path.format(ACME): DENIED for path in OTHERS}
    paths = {f"qlik/{path}": rights for path, rights in wanted.items()} | {"transit/keys/acme": DENIED}
    answer = openbao.ask("POST", "sys/capabilities", token=token, paths=list(paths))
    assert {path: answer[path] for path in paths} == paths


@pytest.mark.parametrize("policy", ["qlik-sign", "qlik-provision"])
def test_the_actions_of_an_iam_policy(kms: aws_kms.Kms, monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    for name, value in kms.environment.items():
        monkeypatch.setenv(name, value)
    alias = aws_kms.new_alias() if policy == "qlik-provision" else kms.create()[1]
    # A key without an alias, which may be one of ours.
    kms.client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    options = dict.fromkeys((*hashivault.VARIABLES, "pkcs11_module_path", "pkcs11_pin", "passphrase"))
    kms.requests()
    key = stores.key({**options, "private_key_uri": f"awskms:///{alias}"}, "passphrase")
    found = key.find() or key.create(2048)
    found.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
    used = {f"kms:{request['operation']}" for request in kms.requests()}
    shown = json.loads(POLICIES[f"{policy}.json"])
    assert used == {action for one in shown.get("Statement", [shown]) for action in one["Action"]}


def test_the_credential_types_set_what_is_known() -> None:
    blocks = [yaml.safe_load(block.text) for block in documented.blocks(PAGE) if block.language == "yaml"]
    shown = [block for block in blocks if isinstance(block, dict)]
    types = [[field["id"] for field in one["fields"]] for one in shown if "fields" in one]
    injectors = [one for one in shown if {"env", "extra_vars"} & set(one)]
    assert len(types) == len(injectors) == 2
    for fields, one in zip(types, injectors):
        assert set(one.get("env", [])) <= set(hashivault.VARIABLES.values())
        assert set(one.get("extra_vars", [])) <= {f"tenant_jwt_{name}" for name in ARGUMENT_SPEC}
        used = " ".join(value for values in one.values() for value in values.values())
        assert all(f"{{{{ {field} }}}}" in used for field in fields)
