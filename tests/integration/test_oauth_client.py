# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules for OAuth clients, with simulated tenants, in both ways to run."""

from __future__ import annotations

import re

import own_tenants
import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey
from own_tenants import pem_of
from shared_run import task

pytestmark = pytest.mark.thorough

MODULE = "qscloud_oauth_client"
NAME = "Provisioning"
SCOPES = ["user_default", "admin_classic"]
MACHINE = "client_credentials"
SUBJECTS = ("rotation", "adopted", "with a secret", "several", "bad input")


def key(pem, **others):
    return {"public_key_content": pem, **others}


@pytest.fixture(scope="module")
def keys(pair, other_pair):
    """Two public keys, one in a certificate, and a weak one."""
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, private=False).as_pem(private=False).decode()
    return {
        "a": pem_of(pair.public_key),
        "b": pem_of(other_pair.certificate),
        "weak": weak,
    }


@pytest.fixture(scope="module")
def thumbprints(pair, other_pair):
    """Those of the keys, by another library than ours."""
    return {
        "a": RSAKey.import_key(pem_of(pair.public_key)).thumbprint(),
        "b": RSAKey.import_key(pem_of(other_pair.public_key)).thumbprint(),
    }


@pytest.fixture(scope="module")
def running_tenants():
    with own_tenants.running(SUBJECTS) as started:
        yield started


@pytest.fixture(scope="module")
def tenants(running_tenants, mode):
    """The tenants by subject, as if they were new."""
    running_tenants["rotation"].region.reset()
    return running_tenants


def clients(tenant):
    return tenant.region.oauth_clients(tenant.url)


# ---- What is run


def rotation(tenant, keys):
    settings = {**tenant.connection, "name": NAME, "scopes": SCOPES, "grant_types": [MACHINE]}
    old = {**settings, "keys": [key(keys["a"])]}
    new = {"certificate_content": keys["b"], "key_id": "2027"}
    both = {**settings, "keys": [new, key(keys["a"], state="retiring")]}
    after = {**settings, "keys": [new, key(keys["a"], state="absent")]}
    missing = {"public_key_path": "no.pem"}
    by_id = {**tenant.connection, "id": "{{ created.id }}"}
    return [
        task("foreseen", MODULE, old, check_mode=True, diff=True),
        task("foreseen with a missing key", MODULE, {**settings, "keys": [missing]}, check_mode=True),
        task("foreseen with a null", MODULE, {**settings, "keys": [key(None)]}, check_mode=True),
        tenant.look("after check mode"),
        task("created", MODULE, old, diff=True),
        {"ansible.builtin.set_fact": {"created": "{{ result_4 }}"}, "name": "keep"},
        task("again", MODULE, old),
        task("introduced", MODULE, both, diff=True),
        task("introduced again", MODULE, both),
        task("retirement foreseen", MODULE, after, check_mode=True),
        task("retired", MODULE, after),
        task("not listed", MODULE, old),
        task("purged", MODULE, {**old, "purge": True}),
        task("renamed", MODULE, {**by_id, "name": "Portal", "consent_method": "trusted"}, diff=True),
        task("info", f"{MODULE}_info", {**tenant.connection, "name": "Portal"}),
        task("info of all", f"{MODULE}_info", tenant.connection),
        task("info by id", f"{MODULE}_info", by_id, check_mode=True),
        task("info of none", f"{MODULE}_info", {**by_id, "id": "no-such-id"}),
        task("gone", MODULE, {**by_id, "state": "absent"}, diff=True),
        task("gone already", MODULE, {**by_id, "state": "absent"}),
        task("gone by name", MODULE, {**tenant.connection, "name": NAME, "state": "absent"}),
    ]


def adopted(tenant, keys):
    tenant.region.add_clients({"clientName": NAME, "description": "By hand"}, url=tenant.url)
    return [task("adopted", MODULE, {**tenant.connection, "name": NAME, "keys": [key(keys["a"])]})]


def with_a_secret(tenant, keys):
    tenant.region.switches(tenant.url, unused_secret="returned")
    options = {**tenant.connection, "auth_methods": ["client_secret"]}
    return [
        task("secret", MODULE, {**options, "name": "secret", "return_secret": True}),
        task("secret again", MODULE, {**options, "name": "secret", "return_secret": True}),
        task("secret not returned", MODULE, {**options, "name": "not returned"}),
        task("unused secret", MODULE, {**tenant.connection, "name": "unused", "keys": [key(keys["a"])]}),
        task("secret foreseen", MODULE, {**options, "name": "no", "return_secret": True}, check_mode=True),
    ]


def several(tenant):
    tenant.region.add_clients({"clientName": NAME}, {"clientName": NAME}, url=tenant.url)
    return [
        task("several", MODULE, {**tenant.connection, "name": NAME}),
        task("several absent", MODULE, {**tenant.connection, "name": NAME, "state": "absent"}),
    ]


# By name: the options that are wrong, and what the user is told; <a> and <weak> are public keys.
BAD_INPUT = {
    "no name": ({"name": "{{ omit }}"}, "one of the following is required: name, id"),
    "empty name": ({"name": " "}, "name is empty: specify a value, or leave the option out if it is not required."),
    "no such id": (
        {"id": "no-such-id"},
        "id is no-such-id, but <url> has no such OAuth client: correct it, or leave it out to create one.",
    ),
    "an id that is a path": ({"id": "../identity-providers?x"}, "id is ../identity-providers?x, but ..."),
    "purge without keys": ({"purge": True}, "purge is true, but keys is missing: list the keys to keep."),
    "weak key": (
        {"keys": [key("<a>"), key("<weak>")]},
        "keys, key 2: the public key has 1024 bits, which is not safe: use an RSA key of 2048 bits or more.",
    ),
    "key twice": (
        {"keys": [key("<a>"), key("<a>", state="absent")]},
        "keys has two keys with the key id <thumbprint>: remove one, or change its key id.",
    ),
    "key id twice": (
        {"keys": [key("<a>", key_id="2027"), {"key_id": "2027", "state": "absent"}]},
        "keys has two keys with the key id 2027: remove one, or change its key id.",
    ),
    "garbage": ({"keys": [key("garbage")]}, "keys, key 1: public_key_content..."),
    "a private key": ({"keys": [key("<private>")]}, "keys, key 1: public_key_content...private key..."),
    "no key": (
        {"keys": [{"key_id": "2027"}]},
        "keys, key 1: public_key_path is missing: specify the public key in it or in public_key_content.",
    ),
    "missing file": ({"keys": [{"public_key_path": "no.pem"}]}, "keys, key 1: public_key_path: ...no.pem..."),
    "absent without anything": (
        {"keys": [{"state": "absent"}]},
        "keys, key 1: key_id is missing: set it, or specify the public key to remove.",
    ),
    "empty key id": ({"keys": [key("<a>", key_id="")]}, "keys, key 1: key_id is empty: specify a value, ..."),
    "key and certificate": (
        {"keys": [key("<a>", public_key_path="x")]},
        "parameters are mutually exclusive: ... found in keys",
    ),
    "all keys removed": (
        {"name": "with a key", "keys": [key("<a>", state="absent")]},
        "keys would leave the OAuth client without a public key to authenticate with: list a current key, or allow"
        " client_secret alone with auth_methods.",
    ),
    "another type": (
        {"name": "with a key", "app_type": "spa"},
        "app_type is spa, but OAuth client ... is of the type web, which Qlik Cloud cannot change: delete the client"
        " first, or choose another name.",
    ),
    "unknown scope": (
        {"scopes": ["no.such.scope"]},
        "<url> answered POST /api/v1/oauth-clients with HTTP 400, ... scopes may have a scope that Qlik Cloud does not"
        " know.",
    ),
    "full list": (
        {"name": "with a key", "keys": [key("<a>"), key("<a>", key_id="2"), key("<a>", key_id="3")]},
        "<url> answered PATCH ... with HTTP 400, ... If the client can have no more public keys, remove one first: list"
        " it in keys as absent.",
    ),
    "wrong API key": ({"api_key": "not-the-api-key"}, "...HTTP 401, ...The API key must belong to this tenant ..."),
    "secret and key": (
        {"api_key": "{{ omit }}", "client_id": "x", "client_secret": "not-a-secret", "client_private_key_path": "x"},
        "client_secret and client_private_key_path are set together: ...",
    ),
    "two credentials": ({"client_id": "x", "client_secret": "not-a-secret"}, "api_key and an OAuth client ..."),
}


def filled(value, texts):
    """Options of BAD_INPUT with what is known only when the tests run."""
    if isinstance(value, dict):
        return {name: filled(inner, texts) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, texts) for inner in value]
    for name, text in texts.items():
        value = value.replace(f"<{name}>", text) if isinstance(value, str) else value
    return value


@pytest.fixture(scope="module")
def texts(tenants, keys, thumbprints, pair):
    private = pair.private_pem.decode()
    return {"url": tenants["bad input"].url, "private": private, "thumbprint": thumbprints["a"], **keys}


def bad_input(tenant, texts):
    tenant.region.switches(tenant.url, public_keys_limit="2")
    good = {**tenant.connection, "name": NAME}
    with_key = {**tenant.connection, "name": "with a key", "keys": [key(texts["a"])]}
    cases = BAD_INPUT.items()
    return [
        task("with a key", MODULE, with_key),
        *(task(f"bad {name}", MODULE, {**good, **filled(wrong, texts)}) for name, (wrong, _message) in cases),
    ]


@pytest.fixture(scope="module")
def together(run_together, tenants, keys, texts):
    """All of that, in one run, and with all that Ansible can print."""
    tasks = [
        *rotation(tenants["rotation"], keys),
        *adopted(tenants["adopted"], keys),
        *with_a_secret(tenants["with a secret"], keys),
        *several(tenants["several"]),
        *bad_input(tenants["bad input"], texts),
    ]
    return run_together(tasks, "-vvvvv")


@pytest.fixture(scope="module")
def answers(together):
    return together.results


# ---- What came of it


def test_created(answers, tenants, thumbprints):
    foreseen, created = answers["foreseen"], answers["created"]
    assert foreseen["changed"] and foreseen["id"] is None
    assert foreseen["actions"] == [f"would create an OAuth client named {NAME}"]
    for name in ("foreseen with a missing key", "foreseen with a null"):
        assert answers[name]["oauth_client"]["keys"] == [{"key_id": None, "key_thumbprint": None}]
    assert not answers["after check mode"]["json"]["clients"]
    assert created["changed"] and created["actions"] == [f"created OAuth client {created['id']}"]
    assert created["oauth_client"] == {
        "id": created["id"],
        "name": NAME,
        "app_type": "web",
        "description": "Managed by Ansible (tenantops.qlik)",
        "scopes": SCOPES,
        "grant_types": [MACHINE],
        "allowed_origins": [],
        "redirect_uris": [],
        "auth_methods": ["private_key_jwt"],
        "consent_method": "required",
        "keys": [{"key_id": thumbprints["a"], "key_thumbprint": thumbprints["a"]}],
    }
    assert f'+            "key_id": "{thumbprints["a"]}"' in created["_output"]
    assert f"before: OAuth client {NAME} in {tenants['rotation'].url}\n" in created["_output"]
    assert not answers["again"]["changed"] and answers["again"]["oauth_client"] == created["oauth_client"]
    assert "client_secret" not in created


def test_rotation(answers, thumbprints):
    which, a = f"OAuth client {answers['created']['id']}", thumbprints["a"]
    assert answers["introduced"]["actions"] == [f"added key 2027 to {which}"]
    assert answers["introduced"]["oauth_client"]["keys"][1] == {"key_id": "2027", "key_thumbprint": thumbprints["b"]}
    assert not answers["introduced again"]["changed"]
    assert answers["retirement foreseen"]["actions"] == [f"would remove key {a} from {which}"]
    assert answers["retired"]["actions"] == [f"removed key {a} from {which}"]
    unlisted = answers["not listed"]
    assert unlisted["actions"] == [f"added key {a} to {which}"]
    text = re.sub(r"\s+", " ", unlisted["_output"])
    assert f"{which} has public keys that are not in keys (key ids: 2027): add them, or set purge to true" in text
    assert answers["purged"]["actions"] == [f"removed key 2027 from {which}"]
    assert "WARNING" not in answers["purged"]["_output"]


def test_renamed_and_seen(answers):
    renamed = answers["renamed"]
    assert renamed["actions"] == [
        f"changed OAuth client {renamed['id']}: it had another name and another consent method",
    ]
    for name in ("info", "info of all", "info by id"):
        assert answers[name]["oauth_clients"] == [renamed["oauth_client"]] and not answers[name]["changed"]
    assert renamed["oauth_client"]["name"] == "Portal" and renamed["oauth_client"]["consent_method"] == "trusted"
    assert answers["info of none"]["oauth_clients"] == []


def test_gone(answers, tenants):
    gone = answers["gone"]
    assert gone["changed"] and gone["actions"] == [f"deleted OAuth client {answers['created']['id']}"]
    assert not answers["gone already"]["changed"] and not answers["gone by name"]["changed"]
    assert clients(tenants["rotation"]) == []


def test_a_client_that_was_created_by_hand(answers, tenants):
    (client,) = clients(tenants["adopted"])
    assert answers["adopted"]["id"] == client["clientId"] and client["description"] == "By hand"
    assert client["allowedAuthMethods"] == ["client_secret", "private_key_jwt"]


def test_a_secret_is_returned_once_and_stays_hidden(together, tenants, module_home):
    answers, tenant = together.results, tenants["with a secret"]
    secret = answers["secret"]["client_secret"]
    assert secret in tenant.region.secrets(tenant.url)
    assert not answers["secret again"]["changed"] and "client_secret" not in answers["secret again"]
    not_returned = re.sub(r"\s+", " ", answers["secret not returned"]["_output"])
    assert "was not returned, because return_secret is false: if it is needed, generate another" in not_returned
    assert "client_secret" not in answers["secret foreseen"]
    for name in ("secret not returned", "unused secret"):
        assert answers[name]["changed"] and "client_secret" not in answers[name]
    assert "WARNING" not in answers["unused secret"]["_output"]
    texts = [together.run.output, *(one.read_text(errors="replace") for one in module_home.rglob("*") if one.is_file())]
    for one in tenant.region.secrets(tenant.url):
        assert not any(one in text for text in texts)


@pytest.mark.parametrize("name", ["several", "several absent"])
def test_several_of_one_name(answers, tenants, name):
    ids = sorted(one["clientId"] for one in clients(tenants["several"]))
    assert answers[name]["failed"] and answers[name]["msg"] == (
        f"{tenants['several'].url} has 2 OAuth clients named {NAME}: {', '.join(ids)}. Delete or rename those that are"
        " not needed."
    )


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input(answers, texts, name):
    result, message = answers[f"bad {name}"], filled(BAD_INPUT[name][1], texts)
    assert result["failed"] is True and not result.get("changed")
    assert re.fullmatch(re.escape(message).replace(r"\.\.\.", ".*"), result["msg"]), result["msg"]
    assert "Traceback" not in result["_output"] and "\n" not in result["msg"]


def test_bad_input_changes_nothing(answers, together, tenants, texts):
    (client,) = clients(tenants["bad input"])
    assert client["clientId"] == answers["with a key"]["id"] and len(client["publicKeys"]) == 1
    assert texts["private"].splitlines()[1] not in together.run.output
