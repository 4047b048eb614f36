# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private key of an OAuth client: where it comes from, and what is said about one that cannot be used."""

from __future__ import annotations

import pathlib
import typing as t

import openbao as bao
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils import _argument_specs
from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import client_keys

NAMES = {name: f"O({name})" for name in client_keys.OPTIONS}
VARIABLES = {name: f"QSCLOUD_{name.upper()}" for name in client_keys.OPTIONS}
AUDIENCE = "https://acme.eu.qlikcloud.com/oauth/token"


@pytest.fixture
def path(private_keys: dict[str, bytes], tmp_path: pathlib.Path) -> t.Callable[..., str]:
    """Write a private key, and return its path."""

    def write(kind: str, mode: int = 0o600) -> str:
        file = tmp_path / "key.pem"
        file.write_bytes(private_keys[kind])
        file.chmod(mode)
        return str(file)

    return write


def refusal(given: dict[str, str], names: dict[str, str] | None = None) -> str:
    """Why a key is refused."""
    with pytest.raises(QlikError) as caught:
        client_keys.load(given, names or NAMES, {})
    return str(caught.value)


def test_the_key_id_is_the_thumbprint_or_the_given_one(path: t.Callable[..., str], rsa_key: rsa.RSAPrivateKey) -> None:
    given = {"client_private_key_path": path("PKCS#8")}
    found = client_keys.load(given, NAMES, {})
    assert found.private_key.private_numbers() == rsa_key.private_numbers()
    assert found.key_id == RSAKey.import_key(pathlib.Path(path("PKCS#8")).read_bytes()).thumbprint()
    assert found.warnings == []
    assert client_keys.load({**given, "client_key_id": "my key"}, NAMES, {}).key_id == "my key"


def test_its_assertion_is_verified(path: t.Callable[..., str], rsa_pem: bytes) -> None:
    found = client_keys.load({"client_private_key_path": path("PKCS#1")}, NAMES, {})
    signed = found.sign("the-client", AUDIENCE, 1_800_000_000)
    verified = jwt.decode(signed.text, RSAKey.import_key(rsa_pem), algorithms=["RS256"])
    assert verified.header["kid"] == found.key_id and verified.claims["iss"] == "the-client"


@pytest.mark.parametrize("names", [NAMES, VARIABLES], ids=["options", "environment"])
def test_what_is_wrong_names_what_the_user_has_set(path: t.Callable[..., str], names: dict[str, str]) -> None:
    called = {name: its.replace("O(", "").replace(")", "") for name, its in names.items()}
    file, phrase = called["client_private_key_path"], called["client_private_key_passphrase"]

    def said(kind: str, **more: str) -> str:
        return refusal({"client_private_key_path": path(kind), **more}, names)

    small = said("1024 bits")
    assert small.startswith(f"{file}: ")
    assert small.endswith("key.pem has 1024 bits, which is not safe: use an RSA key of 2048 bits or more.")
    assert said("EC").endswith("is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.")
    assert said("encrypted PKCS#8").endswith(f"is encrypted: specify its passphrase in {phrase}.")
    assert f"{phrase} is not its passphrase" in said("encrypted PKCS#8", client_private_key_passphrase="another one")
    assert said("public").startswith(f"{file}: ") and "contains a public key, not a private key" in said("public")
    assert refusal({"client_private_key_path": "/no/key"}, names).startswith(f"{file}: cannot read /no/key")
    content, uri = called["client_private_key_content"], called["client_private_key_uri"]
    assert refusal({"client_private_key_content": "/no/key"}, names).startswith(f"{content} ")
    assert refusal({"client_private_key_uri": "acme"}, names) == (
        f"{uri} is not a URI: write it as awskms://[HOST[:PORT]]/(alias/NAME|KEY-ID|ARN) or"
        " hashivault://[MOUNT/]NAME[?version=NUMBER] or"
        " pkcs11:token=LABEL;object=LABEL[;id=ID][;serial=NUMBER][?module-path=PATH&pin-source=PATH], or set"
        f" {file} if the key is in a file."
    )
    assert refusal({"client_private_key_uri": "hashivault://a", "client_private_key_passphrase": "x"}, names) == (
        f"{phrase} is set, but a key in a key store has no passphrase: leave the option out."
    )
    blank = {"client_private_key_path": path("PKCS#8"), "client_key_id": "k "}
    assert (
        refusal(blank, names) == f"{called['client_key_id']} ends with a blank: remove it, for example with '| trim'."
    )


def test_others_who_can_read_it_are_told(path: t.Callable[..., str]) -> None:
    (warning,) = client_keys.load({"client_private_key_path": path("PKCS#8", 0o644)}, NAMES, {}).warnings
    assert "has mode 0644, which lets other users access the private key" in warning


def test_what_was_repaired_is_told(rsa_pem: bytes) -> None:
    quoted = "> " + rsa_pem.decode().replace("\n", "\n> ")
    (warning,) = client_keys.load({"client_private_key_content": quoted}, NAMES, {}).warnings
    assert warning.startswith("O(client_private_key_content) is not well-formed: it has quotation marks (>).")


@pytest.fixture
def in_store(openbao: bao.OpenBao) -> t.Callable[..., client_keys.ClientKey]:
    """Load a key in a real store, perhaps with a token that may do less than everything."""

    def load(name: str, policy: str | None = None) -> client_keys.ClientKey:
        options = {**dict.fromkeys(_argument_specs.KEY_STORES), **openbao.options}
        if policy:
            options["vault_token"] = openbao.new_token(policy)
        return client_keys.load({"client_private_key_uri": openbao.uri(name)}, NAMES, options)

    return load


@bao.needs_cryptography
def test_a_key_in_a_store_signs(openbao: bao.OpenBao, in_store: t.Callable[..., client_keys.ClientKey]) -> None:
    openbao.create("signing-client")
    found = in_store("signing-client")
    key = RSAKey.import_key(openbao.public_key("signing-client"))
    assert found.key_id == key.thumbprint()
    signed = found.sign("the-client", AUDIENCE, 1_800_000_000)
    assert jwt.decode(signed.text, key, algorithms=["RS256"]).claims["aud"] == AUDIENCE


@bao.needs_cryptography
def test_a_store_that_refuses_names_the_option_of_the_client(
    openbao: bao.OpenBao, in_store: t.Callable[..., client_keys.ClientKey]
) -> None:
    with pytest.raises(QlikError, match="^client_private_key_uri: hashivault://transit/nowhere does not exist"):
        in_store("nowhere")
    openbao.create("silent-client")
    with pytest.raises(QlikError, match="'read' on transit/keys/silent-client, and whether client_private_key_uri and"):
        in_store("silent-client", 'path "transit/sign/silent-client" { capabilities = ["update"] }')
    found = in_store("silent-client", 'path "transit/keys/silent-client" { capabilities = ["read"] }')
    # It is asked once more to sign.
    with pytest.raises(
        QlikError, match="'update' on transit/sign/silent-client, and whether client_private_key_uri and"
    ):
        found.sign("the-client", AUDIENCE, 1_800_000_000)


NOTHING = dict.fromkeys(_argument_specs.TENANT)


def test_a_key_that_does_not_exist_yet(path: t.Callable[..., str], tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "missing.pem")
    assert client_keys.missing({**NOTHING, "client_private_key_path": missing}) == missing
    assert client_keys.missing({**NOTHING, "client_private_key_path": path("PKCS#1")}) is None
    assert client_keys.missing({**NOTHING, "client_private_key_content": "garbage"}) is None
    # What is set too often, or not at all, is for others to say.
    assert client_keys.missing({**NOTHING, "client_private_key_path": missing, "client_private_key_uri": "x"}) is None
    assert client_keys.missing(NOTHING) is None
    with pytest.raises(QlikError, match="^client_private_key_path is empty"):
        client_keys.missing({**NOTHING, "client_private_key_path": ""})


@bao.needs_cryptography
def test_a_key_that_does_not_exist_yet_in_a_store(openbao: bao.OpenBao) -> None:
    options = {**NOTHING, **openbao.options}
    uri = "hashivault://of-a-client-not-yet"
    assert client_keys.missing({**options, "client_private_key_uri": uri}) == uri
    with pytest.raises(QlikError, match="^client_private_key_uri"):
        client_keys.missing({**options, "client_private_key_uri": "nonsense"})
