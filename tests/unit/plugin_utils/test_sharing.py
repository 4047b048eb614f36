# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants that share a key: which do, and how they are named."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.errors import AnsibleError

from ansible_collections.tenantops.qlik.plugins.plugin_utils import _sharing


def refused(hosts: dict[str, dict[str, t.Any]], is_local: bool = True, kind: str = "") -> dict[str, str]:
    """The refusals of hosts with these variables."""
    hostvars = {host: {f"p_{name}": value for name, value in its.items()} for host, its in hosts.items()}
    found = _sharing.refusals(hosts, hostvars, "p_", "/project", is_local, kind)
    return {host: "; ".join(sentences.values()) for host, sentences in found.items()}


SHARED = {
    "the key folder /same": ({"key_directory": "/same"}, {"key_directory": "/same/"}),
    "issuer and private key": (
        {"issuer": "portal", "private_key_path": "/k.pem"},
        {"issuer": "portal", "private_key_path": "/k.pem"},
    ),
    "issuer and key id": ({"issuer": "portal", "key_id": "x"}, {"issuer": "portal", "key_id": "x"}),
}


@pytest.mark.parametrize("what", SHARED)
def test_both_are_refused_and_the_others_are_not(what: str) -> None:
    first, second = SHARED[what]
    sentence = f"a and c share {what}. Use a different one for each, or set p_allow_shared_key to true."
    assert refused({"a": first, "b": {}, "c": second}) == {"a": sentence, "c": sentence}
    assert refused({"a": {**first, "allow_shared_key": "yes"}, "c": second}) == {}


URI = {"private_key_uri": "hashivault://acme"}
IN_ONE_STORE = {
    "the same": (URI, URI),
    "with equal issuers": ({"issuer": "portal", **URI}, {"issuer": "portal", **URI}),
    "a template": (*[{"private_key_uri": "hashivault://{prefix}acme", "keys": [{"prefix": "new_"}]}] * 2,),
    "a template without keys": ({"private_key_uri": "hashivault://{prefix}acme"}, URI),
    "in the list": (
        {"keys": [{"uri": "hashivault://acme"}]},
        {"keys": [{"prefix": "x"}, {"uri": "hashivault://acme"}]},
    ),
    "in the list, and as a template": (
        {"keys": [{"uri": "hashivault://acme"}], "private_key_uri": "hashivault://x"},
        URI,
    ),
    "a retiring one": ({"keys": [{"state": "retiring"}], **URI}, URI),
    "a mount that is the default": ({"private_key_uri": "hashivault://transit/acme"}, URI),
    "another version": ({"private_key_uri": "hashivault://acme?version=2"}, URI),
    "an address with a slash": (
        {"vault_address": "https://v:8200/", **URI},
        {"vault_address": "https://v:8200", **URI},
    ),
}


@pytest.mark.parametrize("what", IN_ONE_STORE)
def test_a_key_in_a_store(what: str) -> None:
    first, second = IN_ONE_STORE[what]
    sentence = (
        "a and b share a private key in a key store. Use a different one for each, or set p_allow_shared_key to true."
    )
    assert refused({"a": first, "b": second}) == {"a": sentence, "b": sentence}
    assert refused({"a": {**first, "allow_shared_key": True}, "b": second}) == {}
    assert refused({"a": {**first, "tenant": "b"}, "b": {**second, "key_directory": "/k"}}) == {}


ALLOWED = {
    "nothing set": ({}, {}),
    "an issuer": ({"issuer": "portal"}, {"issuer": "portal"}),
    "a key, with other issuers": ({"private_key_content": "k"}, {"private_key_content": "k"}),
    "a key id, with other issuers": ({"key_id": "x"}, {"key_id": "x"}),
    "contents, with other issuers": ({"private_key_content": "k", "key_id": "x"}, {"private_key_content": "k"}),
    # A private key of one's own is not in the folder.
    "a folder that is not used": (
        {"key_directory": "/k", "private_key_path": "/a"},
        {"key_directory": "/k", "private_key_path": "/b"},
    ),
    "a store": ({"private_key_uri": "hashivault://a"}, {"private_key_uri": "hashivault://b"}),
    "a key's name, on two servers": ({"vault_address": "https://a", **URI}, {"vault_address": "https://b", **URI}),
    "a key's name, in two namespaces": ({"vault_namespace": "a", **URI}, {"vault_namespace": "b", **URI}),
    "a key's name, in two mounts": (URI, {"private_key_uri": "hashivault://other/acme"}),
    "a template that gives different names": (
        *[{"private_key_uri": "hashivault://{prefix}acme", "keys": [{"prefix": prefix}]} for prefix in "xy"],
    ),
    # So that they can go on to keys of their own.
    "a key that is absent": (
        *[{**URI, "keys": [{"state": "absent"}, {"uri": f"hashivault://{name}"}]} for name in "ab"],
    ),
    "what is no list of keys": (*[{**URI, "keys": keys} for keys in ("x", ["x"])],),
    "a tenant": ({"tenant": "acme", "key_directory": "/k"}, {"tenant": "ACME.", "key_directory": "/k"}),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_what_tenants_may_share(what: str) -> None:
    assert refused(dict(zip("ab", ALLOWED[what], strict=True))) == {}


def test_what_is_omitted_or_null_is_not_shared() -> None:
    hosts = {host: {"key_directory": "__omit__", "key_id": None, "issuer": "portal"} for host in "ab"}
    hostvars = {
        host: {**{f"p_{name}": value for name, value in its.items()}, "omit": "__omit__"} for host, its in hosts.items()
    }
    assert _sharing.refusals(hosts, hostvars, "p_", "/project", True) == {}


def test_no_private_key_is_in_what_the_processes_of_a_run_tell_each_other() -> None:
    hostvars = {host: {"p_issuer": "portal", "p_private_key_content": "the secret key"} for host in "ab"}
    found = _sharing.refusals(hostvars, hostvars, "p_", "/project", True)
    assert set(found) == {"a", "b"} and "secret" not in json.dumps(found)
    options = {"tenant": "a", "key_directory": "/k", "private_key_content": "the secret key"}
    assert "secret" not in json.dumps(_sharing.claims(options, "", "/project"))


def test_a_secret_is_only_looked_up_if_an_issuer_is_shared() -> None:
    class Counting(dict):
        """Variables that tell which of them were read."""

        def __getitem__(self, name: str) -> t.Any:
            read.append(name)
            return super().__getitem__(name)

    read: list[str] = []
    for issuers, expected in (("ab", 0), ("aa", 2)):
        hostvars = {
            host: Counting(p_issuer=issuer, p_private_key_content="k")
            for host, issuer in zip("xy", issuers, strict=True)
        }
        assert bool(_sharing.refusals(hostvars, hostvars, "p_", "/project", True)) == bool(expected)
        assert read.count("p_private_key_content") == expected


KEY = "the secret key"
SENT = {"api_key": KEY}
SENTENCE = "a and b get the same API key: set p_api_key for each tenant, so that none receives the key of another."
API_KEYS = {
    "the same": ((SENT, SENT), [None, SENTENCE]),
    "the same, for a third one": ((SENT, SENT, SENT), [None, SENTENCE, None]),
    "others": ((SENT, {"api_key": "another"}), [None, None]),
    "not set": (({}, {}), [None, None]),
    "a client": (({"client_id": "c", "client_secret": KEY},) * 2, [None, None]),
    "a client with a key": (({"client_id": "c", "client_private_key_content": KEY},) * 2, [None, None]),
    "one tenant": (({**SENT, "tenant": "A."}, {**SENT, "tenant": "a"}), [None, None]),
    "no tenant": (({**SENT, "tenant": "https://a"}, {**SENT, "tenant": ""}), [None, None]),
}


@pytest.mark.parametrize("what", API_KEYS)
def test_the_first_two_tenants_with_the_same_api_key_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, what: str
) -> None:
    monkeypatch.setattr(_sharing.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    tenants, sentences = API_KEYS[what]
    names = {"api_key": "p_api_key"}
    found = [_sharing.shared_api_key({"tenant": name, **its}, names) for name, its in zip("abc", tenants)]
    assert found == sentences
    assert not any(KEY in f"{path.name} {path.readlink()}" for path in tmp_path.iterdir())


def test_the_hash_of_an_api_key_is_another_one_in_each_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    names = {"api_key": "p_api_key"}
    for run in ("run1", "run2"):
        (tmp_path / run).mkdir()
        monkeypatch.setattr(_sharing.C, "DEFAULT_LOCAL_TMP", str(tmp_path / run))
        assert _sharing.shared_api_key({"tenant": "a", **SENT}, names) is None
    assert len({path.name for path in tmp_path.glob("run*/*")}) == 2


def test_two_spellings_of_one_tenant_are_one_tenant() -> None:
    assert refused({"acme": {}, "ACME": {}}) == {}


def test_a_link_to_the_same_folder(tmp_path: pathlib.Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    assert refused({"a": {"key_directory": f"{tmp_path}/keys"}, "b": {"key_directory": f"{tmp_path}/link"}})


def test_a_relative_path_and_the_default() -> None:
    assert refused({"a": {}, "b": {"key_directory": "keys/a"}})
    assert refused({"a": {}, "b": {"key_directory": "keys/oauth/a"}}, kind="oauth")
    assert not refused({"a": {}, "b": {"key_directory": "keys/a"}}, kind="oauth")


def test_folders_of_the_same_name_on_two_machines() -> None:
    hosts = {"a": {"key_directory": "/keys"}, "b": {"key_directory": "/keys"}}
    assert refused(hosts) and not refused(hosts, is_local=False)


def test_a_variable_that_cannot_be_read_is_left_to_its_own_host() -> None:
    class Broken(dict):
        """Variables, of which none can be templated."""

        def __getitem__(self, name: str) -> t.NoReturn:
            raise AnsibleError("undefined")

    hostvars = {"a": Broken(p_key_id="x"), "b": {"p_key_directory": "/k"}, "c": {"p_key_directory": "/k"}}
    assert set(_sharing.refusals(hostvars, hostvars, "p_", "/project", True)) == {"b", "c"}
