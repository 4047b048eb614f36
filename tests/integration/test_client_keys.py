# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OAuth clients that prove themselves with a private key: with simulated tenants, which verify assertions with joserfc."""

from __future__ import annotations

import json
import typing as t

import openbao as bao
import own_tenants
import pytest
import secret_hunt as hunt
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import RSAKey
from own_tenants import Tenant
from plays import cryptography_of_modules
from shared_run import Together, task
from tenant_client import Pair, public_jwk

MODULE = "qscloud_group_settings"
PASSPHRASE = "correct horse battery"

ACCEPTED = ("path", "content", "store", "key id", "form", "json", "silent at first", "rate limit")
"""Ways to give the key, and what a tenant may want."""

REFUSED: dict[str, tuple[dict[str, t.Any], str]] = {
    "unknown key id": (
        {"client_key_id": "another"},
        "SIMULATED-KID, ...The client has no public key of the kid of the assertion (traceId ...). The OAuth client in client_id"
        " must have private_key_jwt in its allowedAuthMethods, and in its publicKeys this key with the key id another: add what"
        " is missing, or set client_key_id to the key id that this key has there. client_id must be the id of an OAuth client"
        " that may be used for this tenant.",
    ),
    "another method": ({}, "SIMULATED-AUTH-METHOD, ...The OAuth client in client_id must have private_key_jwt in ..."),
    "unknown client": ({"client_id": "nobody"}, "SIMULATED-CLIENT, ...The OAuth client in client_id must have ..."),
    "status 400": (
        {"client_key_id": "another"},
        "...HTTP 400, SIMULATED-KID, ...the key id another: add what is missing, ...",
    ),
    "status 403": ({"client_key_id": "another"}, "...HTTP 403, SIMULATED-KID, ...An IP policy ..."),
    "clock behind": (
        {},
        "SIMULATED-EXP, ...This machine's clock is 3600 seconds behind the tenant's, by which the client assertion has already"
        " expired: set this machine's clock (for example with chrony; for WSL, run 'wsl --shutdown' in Windows), and run again.",
    ),
    "clock ahead": (
        {},
        "SIMULATED-IAT, ...This machine's clock is 3600 seconds ahead of the tenant's, by which the client assertion is not"
        " valid yet: set this machine's clock (for example with chrony; for WSL, run 'wsl --shutdown' in Windows), and run again.",
    ),
}
SWITCHES: dict[str, dict[str, t.Any]] = {
    "form": {"token_body": "form"},
    "json": {"token_body": "json", "assertion_client_id": "required"},
    "status 400": {"token_refusal_status": "400"},
    "status 403": {"token_refusal_status": "403"},
    "clock behind": {"clock_offset_s": 3600},
    "clock ahead": {"clock_offset_s": -3600},
}
FAULTS: dict[str, dict[str, t.Any]] = {
    "silent at first": {"kind": "lost_answer", "path": "/oauth/token"},
    "rate limit": {"kind": "status", "value": 429, "retry_after": 1, "path": "/oauth/token"},
}
BAD_INPUT: dict[str, tuple[dict[str, t.Any], str]] = {
    "secret and key": (
        {"client_secret": "a-client-secret"},
        "client_secret and client_private_key_content are set together: an OAuth client proves itself with its secret or with"
        " one private key, so leave all but one out.",
    ),
    "API key and key": (
        {"api_key": "an-api-key"},
        "api_key and an OAuth client (client_id, client_private_key_content) are both set: leave one out.",
    ),
    "path and content": (
        {"client_private_key_path": "/key.pem"},
        "client_private_key_path and client_private_key_content are set together: an OAuth client proves itself with its secret"
        " or with one private key, so leave all but one out.",
    ),
    "content and URI": (
        {"client_private_key_uri": "hashivault://client"},
        "client_private_key_content and client_private_key_uri are set together: an OAuth client proves itself with its secret"
        " or with one private key, so leave all but one out.",
    ),
    "blank id": (
        {"client_id": "the client"},
        "client_id contains spaces, line breaks or non-ASCII characters: copy it again.",
    ),
    "no id": (
        {"client_id": None},
        "client_id is missing: an OAuth client needs its id, and its secret or private key.",
    ),
    "no key": (
        {"client_private_key_content": None, "client_key_id": "k"},
        "client_key_id is set without the private key that it is about: set client_private_key_path, for example, or leave it"
        " out.",
    ),
    "small key": (
        {"client_private_key_content": "1024 bits"},
        "client_private_key_content has 1024 bits, which is not safe: use an RSA key of 2048 bits or more.",
    ),
    "EC key": (
        {"client_private_key_content": "EC"},
        "client_private_key_content is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.",
    ),
    "encrypted key": (
        {"client_private_key_content": "encrypted PKCS#8"},
        "client_private_key_content is encrypted: specify its passphrase in client_private_key_passphrase.",
    ),
    "wrong passphrase": (
        {"client_private_key_content": "encrypted PKCS#8", "client_private_key_passphrase": "another horse battery"},
        "client_private_key_content cannot be decrypted: client_private_key_passphrase is not its passphrase, or the key is ...",
    ),
    "public key": (
        {"client_private_key_content": "public"},
        "client_private_key_content contains a public key, not a private key: specify the private key.",
    ),
    "key in the wrong option": (
        {"client_private_key_content": None, "client_private_key_path": "PKCS#8"},
        "client_private_key_path ...",
    ),
    "missing file": (
        {"client_private_key_content": None, "client_private_key_path": "/nowhere/key.pem"},
        "client_private_key_path: cannot read /nowhere/key.pem: No such file or directory...",
    ),
    "no URI": (
        {"client_private_key_content": None, "client_private_key_uri": "acme"},
        "client_private_key_uri is not a URI: write it as ..., or set client_private_key_path if the key is in a file.",
    ),
}
SECRET = (
    "client_private_key_content",
    "client_private_key_path",
    "client_private_key_passphrase",
    "client_secret",
    "api_key",
)
CHAINS = ("chain", "chain refused")
SUBJECTS = (*ACCEPTED, *REFUSED, *CHAINS, "bad input")


@pytest.fixture(scope="module")
def running_tenants() -> t.Iterator[dict[str, Tenant]]:
    with own_tenants.running(SUBJECTS) as started:
        yield started


@pytest.fixture(scope="module")
def tenants(running_tenants: dict[str, Tenant], mode: str) -> dict[str, Tenant]:
    """The tenants by subject, as if they were new."""
    running_tenants["path"].region.reset()
    return running_tenants


def add_client(tenant: Tenant, key: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    """Add a client with this public key to a tenant, and return the options for the tenant and the client's id."""
    client = {"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [key], **changes}
    (added,) = tenant.region.add_clients(client, url=tenant.url)
    return {**tenant.public, "client_id": added["clientId"]}


def accepted(tenant: Tenant, name: str, pair: Pair, path: str, openbao: t.Any) -> dict[str, t.Any]:
    own_id = public_jwk(pair, "2026")
    thumbprint = {**own_id, "kid": RSAKey.import_key(pair.private_pem).thumbprint()}
    tenant.region.switches(tenant.url, **SWITCHES.get(name, {}))
    if name in FAULTS:
        tenant.region.faults(FAULTS[name], url=tenant.url)
    if name == "store":
        stored = RSAKey.import_key(openbao.public_key("client"), {"use": "sig", "alg": "RS256"})
        client = add_client(tenant, {**stored.as_dict(private=False), "kid": stored.thumbprint()})
        return {**client, **openbao.options, "client_private_key_uri": openbao.uri("client")}
    if name == "key id":
        return {**add_client(tenant, own_id), "client_private_key_path": path, "client_key_id": "2026"}
    client = add_client(tenant, thumbprint)
    if name == "content":
        key = serialization.load_pem_private_key(pair.private_pem, None)
        encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        return {**client, "client_private_key_content": pem.decode(), "client_private_key_passphrase": PASSPHRASE}
    return {**client, "client_private_key_path": path}


def refused(tenant: Tenant, name: str, pair: Pair, path: str) -> dict[str, t.Any]:
    tenant.region.switches(tenant.url, **SWITCHES.get(name, {}))
    changes = {"allowedAuthMethods": ["client_secret"]} if name == "another method" else {}
    key = public_jwk(pair, RSAKey.import_key(pair.private_pem).thumbprint())
    return {**add_client(tenant, key, **changes), "client_private_key_path": path, **REFUSED[name][0]}


def bad(tenant: Tenant, name: str, private_keys: dict[str, bytes]) -> dict[str, t.Any]:
    changes = {
        option: private_keys[value].decode() if value in private_keys else value
        for option, value in BAD_INPUT[name][0].items()
    }
    content = private_keys["PKCS#8"].decode()
    options = {**tenant.public, "client_id": "c", "client_private_key_content": content, **changes}
    return {option: value for option, value in options.items() if value is not None}


def chain(tenant: Tenant, name: str, pair: Pair, path: str) -> list[dict[str, t.Any]]:
    key = public_jwk(pair, RSAKey.import_key(pair.private_pem).thumbprint())
    client = add_client(tenant, key, **({"allowedAuthMethods": ["client_secret"]} if name == "chain refused" else {}))
    options = {
        "tenant": "acme.eu.qlikcloud.com",
        "url": tenant.url,
        "ca_path": tenant.region.ca_path,
        "client_id": client["client_id"],
        "client_private_key_path": path,
        "key_directory": f"keys of {name}",
        "key_size": 2048,
        "register_idp": True,
    }
    its = {name: options[name] for name in options if name != "register_idp"}
    return [
        task(name, "qscloud_tenant_jwt", options),
        task(f"{name} again", "qscloud_tenant_jwt", options),
        task(f"{name} examined", "qscloud_tenant_jwt_info", its),
    ]


@pytest.fixture(scope="module")
def together(
    run_together: t.Callable[..., Together],
    tenants: dict[str, Tenant],
    pair: Pair,
    private_keys: dict[str, bytes],
    openbao: t.Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Together:
    """All tasks in one run, with all that Ansible can print."""
    file = tmp_path_factory.mktemp("client") / "key.pem"
    file.write_bytes(pair.private_pem)
    file.chmod(0o600)
    path = str(file)
    if "client" not in openbao.key_names():
        openbao.create("client")
    tasks = [task(name, MODULE, accepted(tenants[name], name, pair, path, openbao)) for name in ACCEPTED]
    tasks += [task(name, MODULE, refused(tenants[name], name, pair, path)) for name in REFUSED]
    tasks += [task(name, MODULE, bad(tenants["bad input"], name, private_keys)) for name in BAD_INPUT]
    tasks += [one for name in CHAINS for one in chain(tenants[name], name, pair, path)]
    # Ansible shows lines of a playbook that fails, so secrets are elsewhere, as they should be.
    secrets: dict[str, str] = {}
    for one in tasks:
        for options in one.values():
            for option in SECRET if isinstance(options, dict) else ():
                if option in options:
                    secrets[f"secret_{len(secrets)}"] = options[option]
                    options[option] = f"{{{{ secret_{len(secrets) - 1} }}}}"
    (file.parent / "secrets.json").write_text(json.dumps(secrets))
    return run_together(tasks, "-vvvvv", "-e", f"@{file.parent}/secrets.json")


def token_requests(tenant: Tenant) -> list[dict[str, t.Any]]:
    """The requests for access tokens that a tenant got."""
    return [one for one in tenant.region.recorded(tenant.url) if one["path"] == "/oauth/token"]


def matches(message: str, expected: str) -> bool:
    """Whether a message has these parts, between which and after which there may be others."""
    at = 0
    for part in expected.split("..."):
        at = message.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return expected.endswith("...") or at == len(message)


def skip_if_unusable(name: str, mode: str) -> None:
    """Skip a key in a store where the modules have a release of cryptography that cannot use it."""
    if name == "store":
        bao.skip_if_too_old(cryptography_of_modules(mode))


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_client_proves_itself(together: Together, tenants: dict[str, Tenant], name: str, mode: str) -> None:
    skip_if_unusable(name, mode)
    result = together.results[name]
    assert not result.get("failed"), result["_output"]
    requests = token_requests(tenants[name])
    assert [one["status"] for one in requests][-1] == 200
    assert all(one["client_authentication"] == "client_assertion" for one in requests if one["status"] == 200)


@pytest.mark.parametrize("name", ["path", "content", "store", "key id", "form"])
def test_one_access_token_is_enough_for_a_task(
    together: Together, tenants: dict[str, Tenant], name: str, mode: str
) -> None:
    skip_if_unusable(name, mode)
    assert together.results[name]["changed"] is False
    (request,) = token_requests(tenants[name])
    assert request["content_type"] == "application/x-www-form-urlencoded"


def test_the_other_form_is_tried(together: Together, tenants: dict[str, Tenant]) -> None:
    assert not together.results["json"].get("failed")
    assert [one["status"] for one in token_requests(tenants["json"])][1:] == [200]


@pytest.mark.parametrize("name", ["silent at first", "rate limit"])
def test_each_attempt_has_an_assertion_of_its_own(together: Together, tenants: dict[str, Tenant], name: str) -> None:
    """The tenant takes none twice."""
    assert not together.results[name].get("failed")
    assert len(token_requests(tenants[name])) == 2


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_to_change(together: Together, tenants: dict[str, Tenant], name: str) -> None:
    result = together.results[name]
    message, expected = result["msg"], REFUSED[name][1]
    assert result["failed"] and matches(message, expected), message
    # With 400, it may have been the form of the body.
    assert len(token_requests(tenants[name])) == (2 if name == "status 400" else 1)


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_gets_a_sentence(together: Together, name: str) -> None:
    result = together.results[name]
    message, expected = result["msg"], BAD_INPUT[name][1]
    assert result["failed"] and message.startswith(expected.split("...")[0]) and matches(message, expected), message
    assert "Traceback" not in result["_output"]


def test_bad_input_reaches_no_tenant(together: Together, tenants: dict[str, Tenant]) -> None:
    assert together.results and tenants["bad input"].region.recorded(tenants["bad input"].url) == []


def test_the_chain(together: Together, tenants: dict[str, Tenant]) -> None:
    first, again, examined = (together.results[f"chain{rest}"] for rest in ("", " again", " examined"))
    assert first["changed"] and not again["changed"], again["_output"]
    (provider,) = tenants["chain"].region.jwt_providers(tenants["chain"].url)
    assert examined["examined"] and [one["id"] for one in examined["providers"]] == [provider["id"]]
    # One for each task.
    assert [one["status"] for one in token_requests(tenants["chain"])] == [200] * 3


def test_a_chain_that_is_refused_changes_nothing(together: Together, tenants: dict[str, Tenant]) -> None:
    for rest in ("", " again", " examined"):
        assert "SIMULATED-AUTH-METHOD" in together.results[f"chain refused{rest}"]["msg"]
    assert together.results["chain refused"]["steps"] == together.results["chain refused again"]["steps"] == []
    assert tenants["chain refused"].region.jwt_providers(tenants["chain refused"].url) == []


def test_nothing_secret_is_printed(
    together: Together, tenants: dict[str, Tenant], pair: Pair, private_keys: dict[str, bytes], tmp_path: t.Any
) -> None:
    (tmp_path / "key").write_bytes(pair.private_pem)
    (tmp_path / "encrypted").write_bytes(private_keys["encrypted PKCS#8"])
    sent = {secret for one in tenants.values() for secret in one.region.secrets(one.url)}
    assertions = [secret for secret in sent if secret.startswith("eyJ")]
    assert len(assertions) >= len(ACCEPTED) + len(REFUSED)
    secrets = {
        "made by a tenant, or sent to it": [*sent],
        "piece of an assertion": [piece for one in assertions for piece in hunt.pieces(one.rpartition(".")[2])],
        "private key": hunt.of_private_key(tmp_path / "key"),
        "encrypted private key": hunt.of_private_key(tmp_path / "encrypted", PASSPHRASE),
        "passphrase": [PASSPHRASE, "another horse battery"],
        "client secret": ["a-client-secret"],
    }
    assert not hunt.found(secrets, {"output": hunt.plain(together.run.output)})


@pytest.mark.thorough
def test_the_key_can_be_in_the_environment(
    together: Together,
    run_together: t.Callable[..., Together],
    tenants: dict[str, Tenant],
    pair: Pair,
    openbao: t.Any,
    tmp_path: t.Any,
) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pair.private_pem)
    file.chmod(0o644)
    tenant = tenants["path"]
    client = accepted(tenant, "path", pair, str(file), openbao)
    environment = {
        "QSCLOUD_TENANT_URL": tenant.url,
        "QSCLOUD_CLIENT_ID": client["client_id"],
        "QSCLOUD_CLIENT_PRIVATE_KEY_PATH": client["client_private_key_path"],
    }
    elsewhere = {**tenants["content"].public, "auto_create_groups": True}
    tasks = [task("here", MODULE, tenant.public), task("elsewhere", MODULE, elsewhere)]
    results = run_together([*tasks], "-vvvvv", env=environment).results
    assert not results["here"].get("failed")
    assert "has mode 0644, which lets other users access the private key" in " ".join(
        results["here"]["_output"].split()
    )
    assert results["elsewhere"]["msg"].startswith(
        "The credentials in the environment are for the tenant in QSCLOUD_TENANT_URL"
    )
