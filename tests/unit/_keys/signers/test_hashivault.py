# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in the transit engine of a real OpenBao, and what it refuses."""

from __future__ import annotations

import itertools
import re
import typing as t

import openbao as bao
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import public_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import hashivault, uri
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

UNSET = dict.fromkeys(hashivault.VARIABLES)
SERVER = {"vault_address": "https://127.0.0.1:1", "vault_token": "s.hunter2"}


def key(
    text: str, options: dict[str, str], environment: dict[str, str] | None = None, pauses: list[float] | None = None
) -> hashivault.Key:
    """The library's key for a URI, with these of its options."""
    parsed = uri.parse(text)
    return hashivault.Key(parsed, UNSET | options, environment or {}, (pauses if pauses is not None else []).append)


# ---- URIs, options and variables; no server is asked


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("hashivault://acme", "hashivault://transit/acme"),
        ("hashivault://acme.eu.qlikcloud.com?version=2", "hashivault://transit/acme.eu.qlikcloud.com"),
        ("hashivault://keys/acme", "hashivault://keys/acme"),
        ("hashivault://team/eu-1/acme_2", "hashivault://team/eu-1/acme_2"),
    ],
)
def test_a_key(text: str, source: str) -> None:
    assert key(text, SERVER).source == source


NAMES = (
    "has no valid name of a key, which starts and ends with a letter, a digit or _, and also has - and . in between"
)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", NAMES),
        ("/", NAMES),
        ("transit/", NAMES),
        ("/acme", NAMES),
        ("a//b", NAMES),
        ("../sys/seal", NAMES),
        ("transit/..", NAMES),
        ("ac%2Fme", NAMES),
        ("acme#1", NAMES),
        ("user:hunter2@host/acme", NAMES),
        ("acme?version=0", "has a version that is not a number"),
        ("acme?version=latest", "has a version that is not a number"),
        ("acme?version=-1", "has a version that is not a number"),
        ("acme?version=1234567890", "has a version that is not a number"),
        ("acme?hash=sha2-256", "has the option 'hash', which is unknown"),
    ],
)
def test_a_wrong_uri(rest: str, said: str) -> None:
    with pytest.raises(_errors.OptionError) as caught:
        key(f"hashivault://{rest}", SERVER)
    assert str(caught.value) == f"private_key_uri {said}: write it as {uri.FORMS['hashivault']}."


ENVIRONMENT = {"VAULT_ADDR": "https://vault.example.com:8200/", "VAULT_TOKEN": "s.hunter2"}
HTTPS = "write it as https://vault.example.com:8200"


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        ({}, {}, f"vault_address is missing: {HTTPS}, or set VAULT_ADDR in the environment."),
        ({}, {"VAULT_ADDR": ""}, f"vault_address is missing: {HTTPS}, or set VAULT_ADDR in the environment."),
        (
            {"vault_address": ""},
            ENVIRONMENT,
            "vault_address is empty (an environment variable or a CI secret may not be set): specify it, or leave the"
            " option out.",
        ),
        ({"vault_address": "vault:8200"}, ENVIRONMENT, f"vault_address is not a URL with a scheme: {HTTPS}."),
        ({}, {"VAULT_ADDR": "vault"}, f"VAULT_ADDR is not a URL with a scheme: {HTTPS}."),
        (
            {"vault_address": "https://vault:8200/v1"},
            ENVIRONMENT,
            "vault_address contains more than the Vault or OpenBao server's host: leave out the path, and "
            + HTTPS
            + ".",
        ),
        (
            {"vault_address": "http://vault:8200"},
            ENVIRONMENT,
            "vault_address uses http, so anyone on the network could read the secrets: use https.",
        ),
        (
            {"vault_address": "https://s:hunter2@vault"},
            ENVIRONMENT,
            "vault_address contains credentials: remove them, and use vault_token.",
        ),
        (
            {"vault_address": "https://vault"},
            {},
            "vault_token is missing: specify it, or set VAULT_TOKEN in the environment.",
        ),
        (
            {**SERVER, "vault_token": "s.hunter2\n"},
            {},
            "vault_token contains spaces, line breaks or non-ASCII characters: copy it again.",
        ),
        (
            {},
            {**ENVIRONMENT, "VAULT_TOKEN": "s. hunter2"},
            "VAULT_TOKEN contains spaces, line breaks or non-ASCII characters: copy it again.",
        ),
        # A mistake in a playbook must not send the token of the environment elsewhere.
        (
            {"vault_address": "https://elsewhere.example.com"},
            ENVIRONMENT,
            "VAULT_TOKEN is only sent to the server in VAULT_ADDR, which differs from vault_address: set vault_token.",
        ),
        (
            {"vault_address": "https://vault.example.com"},
            {"VAULT_TOKEN": "s.hunter2"},
            "VAULT_TOKEN is only sent to the server in VAULT_ADDR, which differs from vault_address: set vault_token.",
        ),
        (
            {**SERVER, "vault_namespace": "a b"},
            {},
            "vault_namespace contains spaces, line breaks or non-ASCII characters: correct it.",
        ),
        (
            {},
            {**ENVIRONMENT, "VAULT_CACERT": "/etc/hostname"},
            "VAULT_CACERT: /etc/hostname contains no certificate in PEM format: specify the file of the CA"
            " certificate.",
        ),
        (
            {**SERVER, "vault_ca_path": "/no/such/file"},
            {},
            "vault_ca_path: cannot read /no/such/file: No such file or directory. Specify an existing path.",
        ),
    ],
)
def test_a_wrong_option(options: dict[str, str], environment: dict[str, str], said: str) -> None:
    with pytest.raises(_errors.QlikError) as caught:
        key("hashivault://acme", options, environment)
    assert str(caught.value) == said


def test_the_token_of_the_environment_is_for_its_server() -> None:
    options = {"vault_address": "https://VAULT.example.com:8200"}
    assert key("hashivault://acme", options, ENVIRONMENT).url == "https://vault.example.com:8200"


def test_an_option_takes_precedence() -> None:
    assert key("hashivault://acme", SERVER, ENVIRONMENT).url == "https://127.0.0.1:1"


# ---- A real server

NUMBERS = itertools.count()


@pytest.fixture
def name() -> str:
    """A name of the test's own for a key."""
    return f"key-{next(NUMBERS)}"


class TestServer:
    """With OpenBao."""

    pytestmark = bao.needs_cryptography

    def test_it_signs(self, openbao: bao.OpenBao, name: str) -> None:
        found = key(openbao.create(name), openbao.options).find()
        assert (found.uri, found.warning) == (f"hashivault://transit/{name}?version=1", None)
        token = compact.sign({"sub": "anna"}, found.key, "kid-1").text
        public = openbao.public_key(name)
        assert joserfc_jwt.decode(token, RSAKey.import_key(public), algorithms=["RS256"]).claims == {"sub": "anna"}
        assert public_keys.to_pem(found.key.public_key()).decode() == public

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
    def test_it_signs_with_other_algorithms(self, openbao: bao.OpenBao, name: str, algorithm: str) -> None:
        found = key(openbao.create(name), openbao.options).find()
        token = compact.sign({"sub": "anna"}, found.key, None, algorithm).text
        public = RSAKey.import_key(openbao.public_key(name))
        assert joserfc_jwt.decode(token, public, algorithms=[algorithm]).claims == {"sub": "anna"}

    def test_a_token_that_may_read_and_sign_is_enough(self, openbao: bao.OpenBao, name: str) -> None:
        limited = openbao.new_token(bao.SIGNING.format(key=name))
        found = key(openbao.create(name), {**openbao.options, "vault_token": limited}).find()
        assert found.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())

    @pytest.mark.parametrize(
        ("allowed", "needed"), [("sign", "'read' on transit/keys/"), ("keys", "'update' on transit/sign/")]
    )
    def test_a_right_that_is_missing(self, openbao: bao.OpenBao, name: str, allowed: str, needed: str) -> None:
        openbao.create(name)
        limited = openbao.new_token(f'path "transit/{allowed}/{name}" {{ capabilities = ["read", "update"] }}')
        with pytest.raises(_errors.KeyStoreError) as caught:
            found = key(f"hashivault://{name}", {**openbao.options, "vault_token": limited}).find()
            found.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
        said = (
            f"Check whether the token in vault_token has expired, whether its policies allow {needed}{name}, and"
            " whether private_key_uri and vault_namespace are right."
        )
        assert "HTTP 403, " in str(caught.value) and str(caught.value).endswith(f"permission denied. {said}")

    def test_the_newest_version_signs_unless_the_uri_says_another(self, openbao: bao.OpenBao, name: str) -> None:
        text = openbao.create(name)
        openbao.ask("POST", f"transit/keys/{name}/rotate")
        for with_version, version in (("", 2), ("?version=1", 1), ("?version=2", 2)):
            found = key(text + with_version, openbao.options).find()
            assert found.uri == f"hashivault://transit/{name}?version={version}"
            assert public_keys.to_pem(found.key.public_key()).decode() == openbao.public_key(name, version)
            assert found.key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())

    def test_a_version_that_may_not_sign(self, openbao: bao.OpenBao, name: str) -> None:
        text = openbao.create(name)
        openbao.ask("POST", f"transit/keys/{name}/rotate")
        openbao.ask("POST", f"transit/keys/{name}/config", min_encryption_version=2)
        with pytest.raises(
            _errors.PrivateKeyError, match="must not sign with version 1, because its min_encryption_ver"
        ):
            key(f"{text}?version=1", openbao.options).find()
        with pytest.raises(_errors.PrivateKeyError, match="has no version 3: set private_key_uri to one that it has"):
            key(f"{text}?version=3", openbao.options).find()

    def test_no_such_key(self, openbao: bao.OpenBao, name: str) -> None:
        assert key(f"hashivault://{name}", openbao.options).find() is None

    def test_no_such_engine(self, openbao: bao.OpenBao) -> None:
        said = "HTTP 404, .*There may be no transit engine at elsewhere/: check private_key_uri and vault_namespace, or"
        with pytest.raises(_errors.KeyStoreError) as caught:
            key("hashivault://elsewhere/acme", openbao.options).find()
        assert re.search(said, str(caught.value))

    @pytest.mark.parametrize("kind", ["ecdsa-p256", "aes256-gcm96", "ed25519"])
    def test_a_key_of_another_kind(self, openbao: bao.OpenBao, name: str, kind: str) -> None:
        said = f"^hashivault://transit/{name} is a key of type {kind}, but Qlik Cloud requires RSA: use an RSA key.$"
        with pytest.raises(_errors.KeyMismatchError, match=said):
            key(openbao.create(name, kind), openbao.options).find()

    def test_a_key_that_was_deleted_softly(self, openbao: bao.OpenBao, name: str) -> None:
        text = openbao.create(name)
        openbao.ask("DELETE", f"transit/keys/{name}/soft-delete")
        with pytest.raises(
            _errors.PrivateKeyError, match="is marked as deleted: restore it with 'bao write -f transit/"
        ):
            key(text, openbao.options).find()
        openbao.ask("POST", f"transit/keys/{name}/soft-delete-restore")
        assert key(text, openbao.options).find()

    @pytest.mark.parametrize("option", ["exportable", "allow_plaintext_backup"])
    def test_a_key_that_can_leave_its_store(self, openbao: bao.OpenBao, name: str, option: str) -> None:
        assert key(openbao.create(name, **{option: True}), openbao.options).find().warning == (
            f"hashivault://transit/{name} can be copied out of its store, because {option} is true: introduce a key for"
            " which it is false."
        )

    @pytest.mark.parametrize("size", [2048, *(pytest.param(size, marks=pytest.mark.thorough) for size in (3072, 4096))])
    def test_it_is_created_once(self, openbao: bao.OpenBao, name: str, size: int) -> None:
        made = key(f"hashivault://{name}", openbao.options).create(size)
        again = key(f"hashivault://{name}", openbao.options).create(size)
        assert (
            made.uri == again.uri and made.key.public_key().public_numbers() == again.key.public_key().public_numbers()
        )
        data = openbao.ask("GET", f"transit/keys/{name}")["data"]
        kept = {option: data[option] for option in ("type", "exportable", "allow_plaintext_backup", "latest_version")}
        assert kept == {
            "type": f"rsa-{size}",
            "exportable": False,
            "allow_plaintext_backup": False,
            "latest_version": 1,
        }

    def test_a_version_cannot_be_created(self, openbao: bao.OpenBao, name: str) -> None:
        with pytest.raises(_errors.OptionError, match="leave out the version to create the key"):
            key(f"hashivault://{name}?version=1", openbao.options).create(2048)

    def test_a_wrong_token(self, openbao: bao.OpenBao, name: str) -> None:
        with pytest.raises(_errors.KeyStoreError, match="Check whether the token in vault_token has expired") as caught:
            key(f"hashivault://{name}", {**openbao.options, "vault_token": "s.hunter2"}).find()
        assert "hunter2" not in str(caught.value)

    def test_it_is_sealed(self, openbao: bao.OpenBao, name: str) -> None:
        pauses: list[float] = []
        with openbao.sealed(), pytest.raises(_errors.KeyStoreError) as caught:
            key(f"hashivault://{name}", openbao.options, pauses=pauses).find()
        assert str(caught.value) == (
            f"{openbao.url} answered GET /v1/transit/keys/{name} with HTTP 503, Vault is sealed. Somebody may have to"
            " unseal the server: run again when 'bao status' says that it is not sealed."
        )
        assert pauses == []

    def test_its_certificate_is_not_trusted(self, openbao: bao.OpenBao) -> None:
        options = {name: value for name, value in openbao.options.items() if name != "vault_ca_path"}
        with pytest.raises(_errors.KeyStoreError, match="set vault_ca_path to the file of the CA certificate"):
            key("hashivault://acme", options).find()

    def test_the_environment(self, openbao: bao.OpenBao, name: str) -> None:
        openbao.create(name)
        environment = {variable: openbao.options.get(option, "") for option, variable in hashivault.VARIABLES.items()}
        assert key(f"hashivault://{name}", {}, environment).find()


# ---- Other answers


def test_nobody_is_there() -> None:
    with pytest.raises(_errors.KeyStoreError, match="refuses connections. Check VAULT_ADDR, and whether a proxy is"):
        key("hashivault://acme", {}, {"VAULT_ADDR": "https://127.0.0.1:1", "VAULT_TOKEN": "s.hunter2"}).find()


NUMBERED = {"keys": {"1": {"public_key": "hunter2"}}, "min_encryption_version": 1}
ANSWERS: list[tuple[dict[str, t.Any], str]] = [
    ({"kind": "redirect", "value": "https://127.0.0.1:1/"}, "It may be a standby node: set vault_address to the addr"),
    (
        {"kind": "html", "value": 403},
        "A proxy or firewall may have answered instead of Vault or OpenBao: check vault_a",
    ),
    ({"kind": "status", "value": 200, "body": {}}, "is a key of type None, but Qlik Cloud requires RSA"),
    ({"kind": "status", "value": 200, "body": {"data": {"type": "rsa-2048"}}}, "has no version that can sign"),
    (
        {"kind": "status", "value": 200, "body": {"data": {"type": "rsa-2048", **NUMBERED, "latest_version": "1"}}},
        "has no version that can sign",
    ),
    (
        {"kind": "status", "value": 200, "body": {"data": {"type": "rsa-2048", **NUMBERED, "latest_version": 1}}},
        r"\?version=1 is not a public key",
    ),
    (
        {"kind": "status", "value": 500, "body": {"errors": ["s.hunter2\n"]}},
        r"HTTP 500, \*\*\*\. The log of the server",
    ),
    (
        {"kind": "status", "value": 500, "body": {"errors": {}}},
        r"HTTP 500\. The log of the server may have the reason\.$",
    ),
]


@pytest.mark.parametrize(("fault", "said"), ANSWERS, ids=lambda value: str(value)[:40])
def test_an_answer_of_something_else(simulator, fault: dict[str, t.Any], said: str) -> None:
    simulator.faults({**fault, "times": None})
    options = {**SERVER, "vault_address": simulator.url, "vault_ca_path": simulator.ca_path}
    with pytest.raises(_errors.QlikError) as caught:
        key("hashivault://acme", options).find()
    assert re.search(said, str(caught.value)) and "hunter2" not in str(caught.value)


SEALED = {"errors": ["Vault is sealed"]}


@pytest.mark.parametrize(
    ("status", "body", "is_temporary"),
    [
        (412, {"errors": ["required index state not present"]}, True),
        (500, {"errors": ["local node not active but active cluster node not found"]}, True),
        (502, {"errors": ["bad gateway"]}, True),
        (503, {"errors": ["Vault server temporarily overloaded"]}, True),
        (503, SEALED, False),
        (400, {"errors": ["unsupported operation"]}, False),
        (403, {"errors": ["permission denied"]}, False),
        (405, {"errors": ["unsupported operation"]}, False),
    ],
)
def test_what_is_soon_over_is_waited_for(simulator, status: int, body: dict[str, t.Any], is_temporary: bool) -> None:
    simulator.faults({"kind": "status", "value": status, "body": body, "times": 1})
    options = {**SERVER, "vault_address": simulator.url, "vault_ca_path": simulator.ca_path}
    pauses: list[float] = []
    with pytest.raises(_errors.QlikError) as caught:
        key("hashivault://acme", options, pauses=pauses).find()
    # The tenant is no key store, and says so to the repeated request.
    assert len(pauses) == is_temporary and (f"HTTP {status}, " in str(caught.value)) != is_temporary


@pytest.mark.parametrize(
    ("body", "said"),
    [({"errors": ["overloaded"]}, "The server may be overloaded. Run again later, or"), (SEALED, "unseal")],
)
def test_what_a_server_says_that_is_not_available(simulator, body: dict[str, t.Any], said: str) -> None:
    simulator.faults({"kind": "status", "value": 503, "body": body, "times": None})
    options = {**SERVER, "vault_address": simulator.url, "vault_ca_path": simulator.ca_path}
    with pytest.raises(_errors.KeyStoreError, match=said):
        key("hashivault://acme", options).find()
