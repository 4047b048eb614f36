# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys in a real OpenBao: tokens that are signed there."""

from __future__ import annotations

import typing as t

import openbao as bao
import pytest
import shared_run
from joserfc import jwt
from joserfc.jwk import RSAKey

ANNA = {"issuer": "acme", "name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}

pytestmark = pytest.mark.thorough


SECRETS = {"WRONG_TOKEN": "s.correct-horse", "PASSPHRASE": "correct horse battery"}


@pytest.fixture(scope="module")
def environment(openbao: bao.OpenBao) -> dict[str, str]:
    """The variables for the server and its keys. No secret is in a playbook, which Ansible shows along with an error."""
    openbao.create("signs")
    if "rotated" not in openbao.ask("LIST", "transit/keys")["data"]["keys"]:
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


def sign(name: str, uri: str, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
    """A task that signs."""
    return shared_run.task(name, "qscloud_jwt", {"private_key_uri": uri, **ANNA, **options}, check_mode=check_mode)


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
            "private_key_uri has an unknown scheme: write it as hashivault://[MOUNT/]NAME[?version=NUMBER].",
        ),
    ],
)
def test_a_refusal(tokens: shared_run.Together, task: str, said: str) -> None:
    assert tokens.results[task]["msg"] == said and tokens.results[task]["failed"]


def test_warnings(tokens: shared_run.Together) -> None:
    assert tokens.results["exportable"]["token"]
    assert "can be copied out of its store, because exportable is true" in tokens.results["exportable"]["_output"]
    assert tokens.results["missing in check mode"]["token"] is None
    assert (
        "hashivault://missing does not exist yet, so no token was signed."
        in (tokens.results["missing in check mode"]["_output"])
    )


def test_no_secret_is_shown(tokens: shared_run.Together, environment: dict[str, str]) -> None:
    assert "The token in vault_token may have expired" in tokens.results["wrong token"]["msg"]
    for name in ("VAULT_TOKEN", "LIMITED_TOKEN", *SECRETS):
        assert environment[name] not in tokens.run.output
