# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and its playbook, as a user runs them."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from joserfc import jwk, jwt
from plays import play, save, snapshot

TENANT = "acme.eu.qlikcloud.com"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
SERVICE = {"id": "reload", "name": "Nightly reload", "subject": "nightly-reload", "expires_in": "60s"}
ROLE = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
FACTS = ("tenant_jwt_token", "tenant_jwt_tokens", "tenant_jwt_idp")


@pytest.fixture
def run_role(run_playbook):
    """Run the role with these variables and return the run with its facts."""

    def run(variables, *arguments, **keywords):
        variables = {"tenant_jwt_tenant": TENANT, "tenant_jwt_key_size": 2048, **variables}
        return run_playbook([play(ROLE, *map(save, FACTS), vars=variables)], *arguments, **keywords)

    return run


def claims(token, key):
    return jwt.decode(token, jwk.RSAKey.import_key(key), algorithms=["RS256"]).claims


def pem_in(output, label):
    """The PEM that a user would copy from the terminal."""
    return re.search(rf"^-----BEGIN {label}-----\n(?:[A-Za-z0-9+/=]+\n)+-----END {label}-----$", output, re.M)[0]


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def private_key(tmp_path):
    path = tmp_path / "existing.pem"
    openssl("genrsa", "-out", str(path), "2048")
    return path


def test_new_keys(run_role, tmp_path):
    run = run_role({"tenant_jwt_users": [ANNA, SERVICE]})
    assert run.recap["changed"] == 1
    folder = tmp_path / "project" / "keys" / TENANT
    assert (folder / "privatekey.pem").stat().st_mode & 0o777 == 0o600

    token, tokens, idp = map(run.registered, FACTS)
    certificate = (folder / "publickey.cer").read_text()
    public_key = openssl("x509", "-noout", "-pubkey", stdin=certificate)
    assert idp == {
        "issuer": TENANT,
        "key_id": jwk.RSAKey.import_key(public_key).thumbprint(),
        "certificate": certificate,
        "public_key": public_key,
    }
    assert set(tokens) == {"anna@grusgrus.com", "reload"}
    assert token == tokens["anna@grusgrus.com"]
    assert claims(token, public_key)["groups"] == ["group1", "group 2"]
    service = claims(tokens["reload"], public_key)
    assert service["sub"] == "nightly-reload" and service["exp"] - service["nbf"] == 60 and "groups" not in service

    copied = pem_in(run.output, "CERTIFICATE")
    assert copied == certificate.strip()
    assert "CN = qs-jwt" in openssl("x509", "-noout", "-subject", stdin=copied)
    assert f"Issuer: {TENANT}\nKey ID: {idp['key_id']}\n" in run.output

    again = run_role({"tenant_jwt_users": [ANNA, SERVICE]})
    assert again.recap["changed"] == 0
    assert again.registered("tenant_jwt_idp") == idp
    assert again.registered("tenant_jwt_token") != token


@pytest.mark.parametrize("way", ["path", "content"])
def test_existing_key(run_role, private_key, tmp_path, way):
    value = str(private_key) if way == "path" else "{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY') }}"
    run = run_role(
        {f"tenant_jwt_private_key_{way}": value, "tenant_jwt_key_id": "my-key", "tenant_jwt_users": [ANNA]},
        env={"QSJWTPRIVKEY": private_key.read_text()},
    )
    assert run.recap["changed"] == 0
    public_key = openssl("pkey", "-pubout", stdin=private_key.read_text())
    assert pem_in(run.output, "PUBLIC KEY") == public_key.strip()
    assert "CERTIFICATE" not in run.output
    assert run.registered("tenant_jwt_idp") == {
        "issuer": TENANT,
        "key_id": "my-key",
        "certificate": None,
        "public_key": public_key,
    }
    assert claims(run.registered("tenant_jwt_token"), public_key)["name"] == "Anna Anderson"
    assert not (tmp_path / "project" / "keys").exists()


@pytest.mark.parametrize("variable", ["private_key_path", "private_key_content", "private_key_passphrase", "key_id"])
@pytest.mark.parametrize("validate", [True, False])
def test_an_expression_that_gives_nothing_makes_no_other_key(run_playbook, tmp_path, variable, validate):
    # Such as the key of a tenant that is missing in a credential.
    variables = {
        "tenant_jwt_tenant": TENANT,
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_users": [ANNA],
        "keys": {},
        f"tenant_jwt_{variable}": "{{ keys[tenant_jwt_tenant] }}",
    }
    role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt", "rolespec_validate": validate}}
    run = run_playbook([play(role, vars=variables)], check=False)
    assert run.returncode != 0 and "undefined" in run.output.lower() or "no attribute" in run.output
    assert not (tmp_path / "project" / "keys").exists()


def test_check_mode_on_an_empty_folder(run_role, tmp_path):
    run = run_role({"tenant_jwt_users": [ANNA]}, "--check", "--diff")
    assert run.recap["changed"] == 1
    assert not (tmp_path / "project" / "keys").exists()
    assert "does not exist yet" in run.output


def test_check_mode_on_a_full_folder(run_role, tmp_path):
    run_role({"tenant_jwt_users": [ANNA]})
    before = snapshot(tmp_path / "project" / "keys")
    run = run_role({"tenant_jwt_users": [ANNA]}, "--check", "--diff")
    assert run.recap["changed"] == 0
    assert snapshot(tmp_path / "project" / "keys") == before
    assert run.registered("tenant_jwt_token")


def test_without_users_and_without_a_word(run_role):
    run = run_role({"tenant_jwt_show_idp": False})
    assert "CERTIFICATE" not in run.output
    # Before ansible-core 2.19, an expression that gives nothing gives an empty text.
    assert run.registered("tenant_jwt_token") in (None, "")
    assert run.registered("tenant_jwt_tokens") == {}


def test_encrypted_key(run_role, tmp_path):
    secret = "correct horse battery"
    run = run_role({"tenant_jwt_private_key_passphrase": secret, "tenant_jwt_users": [ANNA]})
    assert run.registered("tenant_jwt_token")
    path = tmp_path / "project" / "keys" / TENANT / "privatekey.pem"
    assert "ENCRYPTED" in path.read_text()
    openssl("pkey", "-in", str(path), "-passin", f"pass:{secret}", "-noout")
    assert run_role({"tenant_jwt_private_key_passphrase": secret, "tenant_jwt_users": [ANNA]}).recap["changed"] == 0


def test_provision_one_tenant_of_the_command_line(run_playbook, tmp_path):
    arguments = ["-e", f"tenant_jwt_tenant={TENANT}", "-e", "tenant_jwt_key_size=2048"]
    run = run_playbook("tenantops.qlik.provision", *arguments)
    assert re.search(rf"{TENANT} +: ok=\d+ +changed=1 ", run.output)
    assert (tmp_path / "project" / "keys" / TENANT / "publickey.cer").exists()
    again = run_playbook("tenantops.qlik.provision", *arguments)
    assert not re.search(r"changed=[1-9]", again.output)


def test_provision_a_group(run_playbook, tmp_path):
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(
        yaml.safe_dump(
            {
                "customers": {
                    "hosts": {
                        "a.eu.qlikcloud.com": None,
                        "b.eu.qlikcloud.com": {"tenant_jwt_key_directory": str(tmp_path / "elsewhere")},
                    },
                    "vars": {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]},
                }
            }
        )
    )
    arguments = ["-i", str(inventory), "-e", "provision_group=customers"]
    run = run_playbook("tenantops.qlik.provision", *arguments)
    assert len(re.findall(r"qlikcloud.com +: ok=\d+ +changed=1 ", run.output)) == 2
    assert (tmp_path / "project" / "keys" / "a.eu.qlikcloud.com" / "privatekey.pem").exists()
    assert (tmp_path / "elsewhere" / "privatekey.pem").exists()
    again = run_playbook("tenantops.qlik.provision", *arguments)
    assert not re.search(r"changed=[1-9]", again.output)
    # --limit leaves out the play that chooses the tenants.
    limited = run_playbook("tenantops.qlik.provision", *arguments, "--limit", "a.eu.qlikcloud.com")
    assert re.search(r"a.eu.qlikcloud.com +: ok=\d+ +changed=0 ", limited.output)


SHARED = {
    "key folder": (
        {"tenant_jwt_key_directory": "{folder}/same"},
        "a.eu.qlikcloud.com and b.eu.qlikcloud.com share the key folder {folder}/same.",
    ),
    "issuer and key id": (
        {"tenant_jwt_issuer": "portal", "tenant_jwt_key_id": "k"},
        "a.eu.qlikcloud.com and b.eu.qlikcloud.com share issuer and key id.",
    ),
    "issuer and private key": (
        {"tenant_jwt_issuer": "portal", "tenant_jwt_private_key_path": "{folder}/existing.pem"},
        "a.eu.qlikcloud.com and b.eu.qlikcloud.com share issuer and private key.",
    ),
}


@pytest.mark.parametrize("what", SHARED)
def test_provision_refuses_tenants_that_share_a_key(run_playbook, tmp_path, private_key, what):
    variables, message = SHARED[what]
    variables = {name: value.replace("{folder}", str(tmp_path)) for name, value in variables.items()}
    hosts = {name: variables for name in ("a.eu.qlikcloud.com", "b.eu.qlikcloud.com")}
    hosts["c.eu.qlikcloud.com"] = {}
    common = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": common}}))
    arguments = ["-i", str(tmp_path / "inventory.yml")]
    run = run_playbook("tenantops.qlik.provision", *arguments, check=False)
    assert run.returncode != 0
    sentence = f"{message.replace('{folder}', str(tmp_path))} Give each its own, or set tenant_jwt_allow_shared_key to"
    assert sentence in " ".join(run.output.split())
    assert not (tmp_path / "project" / "keys").exists() and not (tmp_path / "same").exists()
    assert not re.search(r"changed=[1-9]", run.output)
    # One at a time, so that only the question of sharing is asked.
    run_playbook("tenantops.qlik.provision", *arguments, "-e", "tenant_jwt_allow_shared_key=true", "--forks", "1")


def test_provision_makes_no_keys_in_the_folder_of_the_collection(run_playbook, tmp_path):
    hosts = {"a.eu.qlikcloud.com": {}, "b.eu.qlikcloud.com": {"tenant_jwt_key_directory": "some/keys"}}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts}}))
    arguments = ["tenantops.qlik.provision", "-i", str(tmp_path / "inventory.yml")]
    for more, host in ((), "b"), (("-e", "tenant_jwt_key_directory=some/keys"), "a"):
        run = run_playbook(*arguments, *more, check=False)
        assert run.returncode != 0
        sentence = f"tenant_jwt_key_directory of {host}.eu.qlikcloud.com is not absolute: begin it with /"
        assert sentence in " ".join(run.output.split())
        assert not re.search(r"changed=[1-9]", run.output)


def test_provision_takes_tenants_that_share_no_more_than_an_issuer(run_playbook, tmp_path):
    hosts = {name: {"tenant_jwt_issuer": "portal"} for name in ("a.eu.qlikcloud.com", "b.eu.qlikcloud.com")}
    common = {"tenant_jwt_key_size": 2048}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": common}}))
    run_playbook("tenantops.qlik.provision", "-i", str(tmp_path / "inventory.yml"))
