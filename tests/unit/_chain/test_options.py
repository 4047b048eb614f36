# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the chain: what they are if nobody sets them, and which do not go together."""

from __future__ import annotations

import re

import openbao as bao
import pytest
from chains import ANNA, RELOAD, options, user

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._argument_specs import TENANT
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.options import (
    NAMES,
    connection,
    read,
    spelling_warning,
)


def test_defaults_that_depend_on_the_tenant() -> None:
    wanted = read(options(tenant="Acme.EU.QlikCloud.com."))
    found = [wanted.options[name] for name in ("issuer", "url", "key_directory")]
    assert found == ["acme.eu.qlikcloud.com", "https://acme.eu.qlikcloud.com", "keys/acme.eu.qlikcloud.com"]
    wanted = read(options(issuer="portal", url="https://other.example", key_directory="/k"))
    assert [wanted.options[name] for name in ("issuer", "url", "key_directory")] == [
        "portal",
        "https://other.example",
        "/k",
    ]


def test_users_have_the_id_that_is_given_or_their_email_or_their_name() -> None:
    wanted = read(options(users=[ANNA, RELOAD, user(name="Bert", subject="b")]))
    assert [one.id for one in wanted.users] == ["anna@grusgrus.com", "reload", "Bert"]
    assert wanted.users[1].options == {"subject": "nightly-reload", "name": "Reload", "expires_in": "60s"}


def test_a_host_name_in_another_spelling_is_told() -> None:
    assert spelling_warning(options()) is None
    assert spelling_warning(options(tenant="ACME.eu.qlikcloud.com", issuer="ACME.eu.qlikcloud.com")) is None
    assert "set O(issuer) to that instead" in spelling_warning(options(tenant="ACME.eu.qlikcloud.com"))


def test_the_connection_is_that_of_the_other_modules() -> None:
    found = connection(read(options(api_key="k", ca_path="/ca")).options)
    its = {"tenant_url": "https://acme.eu.qlikcloud.com", "api_key": "k", "ca_path": "/ca", "timeout": 5}
    assert {name: found[name] for name in TENANT} == {**dict.fromkeys(TENANT), **its, "validate_certs": True}


REFUSED = [
    ({"tenant": tenant}, "^O.tenant. must be a host name")
    for tenant in (None, "", "https://acme", "acme/console", "../acme", "acme eu", "acme\n")
] + [
    ({"keys": []}, "^O.keys. must contain exactly one"),
    ({"keys": [{"prefix": "", "state": "current"}] * 2}, "^O.keys. must contain exactly one"),
    (
        {"keys": [{"prefix": "", "state": "current"}, {"prefix": "", "state": "retiring"}]},
        "^O.keys. contains two keys with the same prefix",
    ),
    (
        {"keys": [{"prefix": "", "state": "current"}, {"prefix": "a", "state": "retiring"}], "key_id": "x"},
        "^O.key_id. is set, but O.keys.",
    ),
    ({"private_key_uri": "acme"}, "^O.private_key_uri. is not a URI"),
    ({"keys": [{"prefix": "", "state": "current", "uri": ""}]}, "^uri in O.keys. is empty"),
    ({"private_key_uri": ""}, "^O.private_key_uri. is empty"),
    (
        {
            "private_key_uri": "hashivault://acme",
            "keys": [{"prefix": "", "state": "current"}, {"prefix": "a_", "state": "retiring"}],
            "vault_address": "https://vault.example.com",
            "vault_token": "s.hunter2",
        },
        "^O.private_key_uri. is the same for two keys in O.keys.: write {prefix} in it, or set uri for each key.$",
    ),
    ({"private_key_path": "k", "private_key_old_passphrase": "p"}, "^O.private_key_old_passphrase. only applies"),
    ({"private_key_path": "k", "state": "absent"}, "^O.key_id. is missing"),
    ({"private_key_path": "k", "users": []}, "^O.users. is empty, so there is nothing"),
    ({"private_key_path": ""}, "^O.private_key_path. is empty"),
    ({"private_key_content": " "}, "^O.private_key_content. is empty"),
    ({"register_idp": True, "verify_login": "changed", "users": []}, "^O.users. is empty, so no login"),
    ({"users": [user(subject="s")]}, "^O.users. contains a user without id"),
    ({"users": [ANNA, ANNA]}, "^O.users. contains two users"),
    ({"key_directory": ""}, "^O.key_directory. is empty"),
]


@bao.needs_cryptography
def test_each_key_has_its_own_uri() -> None:
    keys = [{"prefix": "a_", "state": "current"}, {"prefix": "b_", "state": "retiring", "uri": "hashivault://b"}]
    server = {"vault_address": "https://vault.example.com", "vault_token": "s.hunter2"}
    assert [key.uri for key in read(options(keys=keys, **server)).keys] == [None, "hashivault://b"]
    wanted = read(options(keys=keys, private_key_uri="hashivault://{prefix}acme", **server))
    assert [key.uri for key in wanted.keys] == ["hashivault://a_acme", "hashivault://b"]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_does_not_go_together(changes: dict[str, object], message: str) -> None:
    with pytest.raises(_errors.OptionError) as raised:
        read(options(**changes))
    assert re.search(message, raised.value.message)


def test_every_name_is_that_of_an_option() -> None:
    known = {*options(), "key_directory"}
    assert {name for phrase in NAMES.values() for name in re.findall(r"{(\w+)}", phrase)} <= known
