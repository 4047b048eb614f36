# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for keys in key stores: its policies give the rights that a run needs, and no others."""

from __future__ import annotations

import documented
import openbao as bao
import pytest
import yaml

from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault

PAGE = "docs/docsite/rst/guide_key_stores.rst"
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
    shown = [block.text.split("\n", 1) for block in documented.blocks(PAGE) if block.text.startswith("$ cat ")]
    policies = {command.split()[-1]: text for command, text in shown}
    token = openbao.new_token(policies[f"{policy}.hcl"])
    wanted = RIGHTS[policy] | {path.format(ACME): DENIED for path in OTHERS}
    paths = {f"qlik/{path}": rights for path, rights in wanted.items()} | {"transit/keys/acme": DENIED}
    answer = openbao.ask("POST", "sys/capabilities", token=token, paths=list(paths))
    assert {path: answer[path] for path in paths} == paths


def test_the_credential_type_sets_the_variables() -> None:
    shown = [yaml.safe_load(block.text) for block in documented.blocks(PAGE) if block.language == "yaml"]
    (fields,) = [{field["id"] for field in one["fields"]} for one in shown if "fields" in one]
    (injectors,) = [one for one in shown if "env" in one]
    assert set(injectors["env"]) <= set(hashivault.VARIABLES.values())
    used = [*injectors["env"].values(), *injectors["file"].values()]
    assert fields == {name for name in fields if any(f"{{{{ {name} }}}}" in value for value in used)}
