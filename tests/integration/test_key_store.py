# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys in a real OpenBao: tokens and certificates that are signed there."""

from __future__ import annotations

import pathlib
import typing as t

import openbao as bao
import pytest
import shared_run
from joserfc import jwt
from joserfc.jwk import RSAKey
from plays import cryptography_of_modules
from simulator import Simulator
from tenant_client import Client

from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.uri import FORMS

ANNA = {"issuer": "acme", "name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}

PROXY = {"private_key_uri": "hashivault://signs", "user_id": "anna", "user_directory": "GRUSGRUS"}
ALGORITHMS = ("RS256", "RS384", "RS512")

pytestmark = pytest.mark.thorough

SECRETS = {"WRONG_TOKEN": "s.correct-horse", "PASSPHRASE": "correct horse battery"}


@pytest.fixture(scope="module")
def environment(mode: str, openbao: bao.OpenBao) -> dict[str, str]:
    """The variables for the server and its keys. Ansible shows parts of a playbook, so that has no secret."""
    bao.skip_if_too_old(cryptography_of_modules(mode))
    openbao.create("signs")
    # Both modes use the same server.
    if "rotated" not in openbao.key_names():
        openbao.create("rotated")
        openbao.ask("POST", "transit/keys/rotated/rotate")
    openbao.create("exportable", exportable=True)
    openbao.create("ec", "ecdsa-p256")
    return {
        "VAULT_ADDR": openbao.url,
        "VAULT_CACERT": openbao.ca_path,
        "VAULT_TOKEN": openbao.token,
        "LIMITED_TOKEN": openbao.new_token(bao.SIGNING.format(key="signs")),
        **SECRETS,
    }


def variable(name: str) -> str:
    """An expression for a variable of the environment."""
    return f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}"


def sign(name: str, private_key_uri: str, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """A task that signs."""
    return shared_run.task(
        name, "qscloud_jwt", {"private_key_uri": private_key_uri, **ANNA, **options}, check_mode=check_mode
    )


@pytest.fixture(scope="module")
def tokens(
    openbao: bao.OpenBao, environment: dict[str, str], run_together: t.Callable[..., shared_run.Together]
) -> shared_run.Together:
    """All tasks that sign, in one run."""
    lookup = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"
    given = {"vault_address": openbao.url, "vault_ca_path": openbao.ca_path}
    return run_together(
        [
            sign("newest", "hashivault://rotated"),
            sign("version", "hashivault://rotated?version=1"),
            sign("limited", "hashivault://signs", vault_token=variable("LIMITED_TOKEN"), **given),
            *(
                shared_run.task(f"proxy {algorithm}", "qseow_jwt", {**PROXY, "algorithm": algorithm})
                for algorithm in ALGORITHMS
            ),
            sign("exportable", "hashivault://exportable"),
            sign("ec", "hashivault://ec"),
            sign("missing", "hashivault://missing"),
            sign("missing in check mode", "hashivault://missing", check_mode=True),
            sign("passphrase", "hashivault://signs", private_key_passphrase=variable("PASSPHRASE")),
            sign("path", "hashivault://signs", private_key_path="key.pem"),
            sign("scheme", "gcpkms://acme"),
            sign("wrong token", "hashivault://signs", vault_token=variable("WRONG_TOKEN")),
            {
                "name": "lookup",
                "ansible.builtin.set_fact": {"looked_up": lookup},
                "vars": {"options": {"private_key_uri": "hashivault://signs", **ANNA}},
            },
        ],
        env=environment,
    )


@pytest.mark.parametrize(
    ("task", "key", "version"), [("newest", "rotated", 2), ("version", "rotated", 1), ("limited", "signs", 1)]
)
def test_a_token(tokens: shared_run.Together, openbao: bao.OpenBao, task: str, key: str, version: int) -> None:
    result, public = tokens.results[task], RSAKey.import_key(openbao.public_key(key, version))
    token = jwt.decode(result["token"], public, algorithms=["RS256"])
    assert token.header["kid"] == public.thumbprint() == result["key_id"]
    assert token.claims["email"] == "anna@grusgrus.com" and not result["changed"]
    assert result["token"] not in tokens.run.output


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_for_a_virtual_proxy(tokens: shared_run.Together, openbao: bao.OpenBao, algorithm: str) -> None:
    token, public = tokens.results[f"proxy {algorithm}"]["token"], RSAKey.import_key(openbao.public_key("signs"))
    assert jwt.decode(token, public, algorithms=[algorithm]).claims["userId"] == "anna"


def test_the_lookup(tokens: shared_run.Together, openbao: bao.OpenBao) -> None:
    token = tokens.results["lookup"]["ansible_facts"]["looked_up"]
    assert (
        jwt.decode(token, RSAKey.import_key(openbao.public_key("signs")), algorithms=["RS256"]).claims["iss"] == "acme"
    )


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("ec", "hashivault://transit/ec is a key of type ecdsa-p256, but Qlik Cloud requires RSA: use an RSA key."),
        (
            "missing",
            "private_key_uri: hashivault://transit/missing does not exist: create it with qscloud_keypair, or correct"
            " its name.",
        ),
        (
            "passphrase",
            "private_key_passphrase is set, but a key in a key store has no passphrase: leave the option out.",
        ),
        ("path", "parameters are mutually exclusive: private_key_path|private_key_content|private_key_uri"),
        (
            "scheme",
            f"private_key_uri has an unknown scheme: write it as {' or '.join(FORMS.values())}.",
        ),
    ],
)
def test_a_refusal(tokens: shared_run.Together, task: str, said: str) -> None:
    assert tokens.results[task]["msg"] == said and tokens.results[task]["failed"]


def test_warnings(tokens: shared_run.Together) -> None:
    # Releases of ansible-core wrap lines differently.
    outputs = {task: " ".join(result["_output"].split()) for task, result in tokens.results.items()}
    assert tokens.results["exportable"]["token"]
    assert "can be copied out of its store, because exportable is true" in outputs["exportable"]
    assert tokens.results["missing in check mode"]["token"] is None
    assert "hashivault://missing does not exist yet, so no token was signed." in outputs["missing in check mode"]


def test_no_secret_is_shown(tokens: shared_run.Together, environment: dict[str, str]) -> None:
    assert "Check whether the token in vault_token has expired" in tokens.results["wrong token"]["msg"]
    for name in ("VAULT_TOKEN", "LIMITED_TOKEN", *SECRETS):
        assert environment[name] not in tokens.run.output


def test_an_old_release_of_cryptography(mode: str, run_together: t.Callable[..., shared_run.Together]) -> None:
    release = cryptography_of_modules(mode)
    if bao.is_new_enough(release):
        pytest.skip(f"cryptography {release} can use keys in stores")
    uri = {"private_key_uri": "hashivault://acme"}
    tenant = {"tenant": "acme.eu.qlikcloud.com", "key_directory": "keys", "users": []}
    results = run_together(
        [
            sign("sign", **uri),
            shared_run.task("key pair", "qscloud_keypair", {"directory": "keys", **uri}),
            shared_run.task("info", "qscloud_keypair_info", uri),
            shared_run.task("chain", "qscloud_tenant_jwt", {**tenant, **uri}),
        ]
    ).results
    for result in results.values():
        assert result["msg"] == (
            f"private_key_uri requires cryptography 38 or newer, but this Python has {release}: install a newer release,"
            " or use a key in a file."
        )


# ---- Key pairs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where the files of the key pair are."""
    return tmp_path_factory.mktemp("pair") / "keys"


@pytest.fixture(scope="module")
def pairs(
    environment: dict[str, str], mode: str, folder: pathlib.Path, run_together: t.Callable[..., shared_run.Together]
) -> shared_run.Together:
    """The life of a key pair, and what is refused."""
    options = {"directory": str(folder / mode), "size": 2048, "private_key_uri": f"hashivault://life-of-{mode}"}

    def keypair(name: str, check_mode: bool = False, **more: t.Any) -> dict[str, t.Any]:
        return shared_run.task(name, "qscloud_keypair", {**options, **more}, check_mode=check_mode)

    return run_together(
        [
            keypair("in check mode", check_mode=True),
            keypair("create"),
            keypair("again"),
            keypair("again in check mode", check_mode=True),
            sign("sign", "{{ result_1.private_key_uri }}", key_id="{{ result_1.key_id }}"),
            keypair("reissue", valid_days=400),
            shared_run.task(
                "info", "qscloud_keypair_info", {name: options[name] for name in ("directory", "private_key_uri")}
            ),
            shared_run.task("info of the key", "qscloud_keypair_info", {"private_key_uri": options["private_key_uri"]}),
            keypair("always", regenerate="always"),
            keypair("passphrase", passphrase=variable("PASSPHRASE")),
            keypair("size", size=4096),
            {"name": "files", "ansible.builtin.find": {"paths": options["directory"], "hidden": True}},
            keypair("absent", state="absent", backup=False),
            keypair("absent again", state="absent"),
        ],
        "--diff",
        env=environment,
    )


def test_the_life_of_a_key_pair(pairs: shared_run.Together, openbao: bao.OpenBao, mode: str) -> None:
    results, name = pairs.results, f"life-of-{mode}"
    changed = [task for task, result in results.items() if result["changed"]]
    assert changed == ["in check mode", "create", "reissue", "absent"]
    assert results["in check mode"]["private_key_uri"] is None
    assert f"would create hashivault://transit/{name}: it is missing" in results["in check mode"]["actions"]
    created = results["create"]
    assert (
        created["private_key_uri"] == f"hashivault://transit/{name}?version=1" and created["private_key_path"] is None
    )
    assert created["public_key"] == openbao.public_key(name)
    assert results["reissue"]["key_id"] == created["key_id"] == RSAKey.import_key(created["public_key"]).thumbprint()
    assert jwt.decode(results["sign"]["token"], RSAKey.import_key(created["certificate"]), algorithms=["RS256"]).claims
    files = sorted(pathlib.PurePath(file["path"]).name.partition(".cer")[0] for file in results["files"]["files"])
    assert files == ["publickey", "publickey", "publickey.pem"]  # one of them is a backup of the certificate
    for task in ("info", "info of the key"):
        for fact in ("private_key_uri", "private_key_path", "key_id"):
            assert results[task][fact] == created[fact]
        assert results[task]["problems"] == []
    assert results["absent again"]["actions"][0].startswith(f"kept hashivault://transit/{name} in its store")
    assert openbao.public_key(name) == created["public_key"]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("always", "regenerate is always, but a key in a key store is never replaced: rotate it there, and set"),
        ("passphrase", "passphrase is set, but a key in a key store has no passphrase: leave the option out."),
        ("size", "has 2048 bits, but size is 4096: set size to 2048, or private_key_uri to another key."),
    ],
)
def test_a_key_pair_is_refused(pairs: shared_run.Together, task: str, said: str) -> None:
    assert said in pairs.results[task]["msg"] and pairs.results[task]["failed"]


def test_nothing_of_a_key_pair_is_secret(pairs: shared_run.Together, environment: dict[str, str]) -> None:
    for secret in ("PRIVATE KEY", environment["VAULT_TOKEN"], SECRETS["PASSPHRASE"]):
        assert secret not in pairs.run.output


# ---- The whole chain


@pytest.fixture(scope="module")
def chains(
    environment: dict[str, str],
    mode: str,
    running_simulator: Simulator,
    tmp_path_factory: pytest.TempPathFactory,
    run_together: t.Callable[..., shared_run.Together],
) -> shared_run.Together:
    """A tenant with its key in the store: set up, unchanged, looked at, and the same with a key id of its own."""
    running_simulator.reset()
    options = {
        "tenant": "acme.eu.qlikcloud.com",
        "key_directory": str(tmp_path_factory.mktemp("chain") / "keys"),
        "key_size": 2048,
        "private_key_uri": f"hashivault://{{prefix}}chain-of-{mode}",
        "users": [{name: value for name, value in ANNA.items() if name != "issuer"}],
        "register_idp": True,
        "verify_login": "changed",
        "url": running_simulator.url,
        "ca_path": running_simulator.ca_path,
        "api_key": variable("API_KEY"),
    }
    both = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "absent"}]
    last = shared_run.task("rotate", "qscloud_tenant_jwt", {**options, "keys": both})
    tasks = [shared_run.task(name, "qscloud_tenant_jwt", options) for name in ("set up", "again")]
    look = shared_run.task("look", "qscloud_tenant_jwt_info", options)
    return run_together([*tasks, look, last], env={**environment, "API_KEY": running_simulator.api_key})


def test_the_whole_chain(
    chains: shared_run.Together, openbao: bao.OpenBao, running_simulator: Simulator, mode: str
) -> None:
    results, name = chains.results, f"chain-of-{mode}"
    assert [task for task, result in results.items() if result["changed"]] == ["set up", "rotate"]
    (made,) = results["set up"]["key_pairs"]
    assert made["private_key_uri"] == f"hashivault://transit/{name}?version=1" and made["private_key_path"] is None
    (seen,) = results["look"]["key_pairs"]
    assert seen["key_id"] == made["key_id"] == RSAKey.import_key(openbao.public_key(name)).thumbprint()
    assert seen["private_key_uri"] == made["private_key_uri"]
    assert (seen["private_key_path"], results["look"]["findings"], results["look"]["pending"]) == (None, [], [])
    client = Client(running_simulator.url, running_simulator.ca_path, running_simulator.api_key)
    assert client.login(results["rotate"]["token"]).status_code == 200
    assert client.login(results["again"]["token"]).status_code != 200
    assert openbao.public_key(name) and openbao.public_key(f"new_{name}")


def test_nothing_of_a_chain_is_secret(chains: shared_run.Together, environment: dict[str, str]) -> None:
    tokens = [chains.results[task]["token"] for task in ("set up", "again", "rotate")]
    for secret in ("PRIVATE KEY", environment["VAULT_TOKEN"], *tokens):
        assert secret not in chains.run.output
