# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that several modules share: they are those of the documentation fragments, and known by what users write."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.tenantops.qlik.plugins.doc_fragments import (
    chain,
    key_store,
    private_key,
    signing,
    tenant,
    token_file,
    virtual_proxy,
)
from ansible_collections.tenantops.qlik.plugins.module_utils import _argument_specs


@pytest.mark.parametrize(
    ("texts", "spec"),
    [
        ([signing.ModuleDocFragment.DOCUMENTATION], _argument_specs.SIGNING),
        ([virtual_proxy.ModuleDocFragment.DOCUMENTATION], _argument_specs.VIRTUAL_PROXY),
        ([private_key.ModuleDocFragment.DOCUMENTATION], _argument_specs.PRIVATE_KEY),
        ([token_file.ModuleDocFragment.DOCUMENTATION], _argument_specs.TOKEN_FILE),
        ([key_store.ModuleDocFragment.DOCUMENTATION, key_store.ModuleDocFragment.STORES], _argument_specs.KEY_STORE),
        ([tenant.ModuleDocFragment.DOCUMENTATION, key_store.ModuleDocFragment.STORES], _argument_specs.TENANT),
        ([chain.ModuleDocFragment.DOCUMENTATION, chain.ModuleDocFragment.KEYS], _argument_specs.CHAIN),
    ],
    ids=["signing", "virtual_proxy", "private_key", "token_file", "key_store", "tenant", "chain"],
)
def test_what_is_documented_is_what_is_taken(texts: list[str], spec: dict[str, dict[str, t.Any]]) -> None:
    documented = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    assert _plain(documented) == _plain(spec)


def _plain(options: dict[str, dict[str, t.Any]]) -> dict[str, dict[str, t.Any]]:
    names = ("type", "elements", "aliases", "choices", "default", "required")
    return {
        name: {
            **{key: option[key] for key in names if key in option},
            "options": _plain(option.get("suboptions", option.get("options", {}))),
        }
        for name, option in options.items()
    }


def test_an_option_is_known_by_its_alias_where_that_was_written() -> None:
    options = {"expires_in": "5m", "expires": "5m", "name": "Anna", "key_id": "k", "private_key_path": None}
    assert _argument_specs.as_written(_argument_specs.SIGNING, options) == {"expires_in": "expires"}
