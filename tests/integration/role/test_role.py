# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and its playbook, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest
import yaml
from fleet import FILES, SAVING, failed_hosts, numbers, saving_recap, with_status
from joserfc import jwk, jwt
from plays import play, playbook_runner, snapshot

TENANT = "acme.eu.qlikcloud.com"
SPELLED, HOST = "Spelled.EU.qlikcloud.com.", "spelled.eu.qlikcloud.com"
"""A host name as it stands in an inventory, and as it is used."""
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
SERVICE = {"id": "reload", "name": "Nightly reload", "subject": "nightly-reload", "expires_in": "60s"}
USERS_AS_TEXT = {
    "json": json.dumps([ANNA, SERVICE]),
    "yaml": yaml.safe_dump([ANNA, SERVICE]),
    "yaml-in-one-line": yaml.safe_dump([ANNA, SERVICE], default_flow_style=True, width=10000).strip(),
}
FACTS = ("tenant_jwt_token", "tenant_jwt_tokens", "tenant_jwt_idp")
LARGER = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]
PASSPHRASE = "correct horse battery"


def claims(token, key):
    return jwt.decode(token, jwk.RSAKey.import_key(key), algorithms=["RS256"]).claims


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def private_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("existing") / "existing.pem"
    openssl("genrsa", "-out", str(path), "2048")
    return path


class Result:
    """What the role did for one tenant, in a run for several of them."""

    def __init__(self, tenant, finished):
        self.changed = int(re.search(rf"^{tenant} +: .*changed=(\d+)", finished.output, re.M)[1])
        self.token, self.tokens, self.idp = finished.registered(tenant)
        self.output = finished.output
        self._tenant = tenant

    def copied(self, label):
        """The PEM that a user would copy from the terminal: all that the tenant's instructions show."""
        (shown,) = re.findall(rf"^Issuer: {self._tenant}\n(?:.*\n)*?-----END .*-----$", self.output, re.M)
        return re.search(rf"^-----BEGIN {label}-----\n(?:[A-Za-z0-9+/=]+\n)+-----END {label}-----$", shown, re.M)[0]


class Role:
    """Runs the role for several tenants."""

    def __init__(self, base, home):
        self._run = playbook_runner(base, home)
        self.project = base / "project"

    def keys(self, tenant):
        """The folder of a tenant's keys."""
        return self.project / "keys" / tenant

    def run(self, hosts, *options, **keywords):
        """Run it for these tenants, with their variables."""
        common = {"tenant_jwt_key_size": 2048, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        inventory = {"all": {"hosts": hosts, "vars": common}}
        (self.project / "inventory.json").write_text(json.dumps(inventory))
        role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
        facts = [f"{{{{ {fact} }}}}" for fact in FACTS]
        save = {"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": facts}}
        finished = self._run([play(role, save, hosts="all")], "-i", "inventory.json", *options, **keywords)
        return {tenant: Result(tenant, finished) for tenant in hosts}


@pytest.fixture(scope="module")
def role(tmp_path_factory, module_home):
    return Role(tmp_path_factory.mktemp("role"), module_home)


@pytest.fixture(scope="module")
def tenants(private_key):
    """Tenants and their variables."""
    # Nothing is new, so the values for the identity provider have to be asked for.
    existing = {"tenant_jwt_key_id": "my-key", "tenant_jwt_users": [ANNA], "tenant_jwt_show_idp": "always"}
    from_environment = "{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY') }}"
    return {
        TENANT: {"tenant_jwt_users": [ANNA, SERVICE]},
        "existing-path": {**existing, "tenant_jwt_private_key_path": str(private_key)},
        "existing-content": {**existing, "tenant_jwt_private_key_content": from_environment},
        **{
            f"users-as-{form}": {"tenant_jwt_private_key_path": str(private_key), "tenant_jwt_users": text}
            for form, text in USERS_AS_TEXT.items()
        },
        "without-users": {"tenant_jwt_show_idp": "never"},
        "encrypted": {"tenant_jwt_private_key_passphrase": PASSPHRASE, "tenant_jwt_users": [ANNA]},
        SPELLED: {"tenant_jwt_users": [ANNA]},
        "grows": {"tenant_jwt_users": [ANNA]},
    }


@pytest.fixture(scope="module")
def first(role, tenants, private_key):
    """The first run for them."""
    return role.run(tenants, env={"QSJWTPRIVKEY": private_key.read_text()})


@pytest.fixture(scope="module")
def again(role, tenants, first):
    """Another run, for those whose keys the role has made."""
    hosts = {name: variables for name, variables in tenants.items() if role.keys(name).exists()}
    # What the error about another size advises.
    hosts["grows"] = {**hosts["grows"], "tenant_jwt_key_size": 3072, "tenant_jwt_keys": LARGER}
    return role.run(hosts)


@pytest.fixture(scope="module")
def checked(role, tenants, first):
    """A run in check mode for a tenant that has all its keys and one that has none; what it changed in their folders."""
    before = snapshot(role.project / "keys")
    empty = {"tenant_jwt_users": [ANNA], "tenant_jwt_show_idp": "always"}
    results = role.run({TENANT: tenants[TENANT], "empty": empty}, "--check", "--diff")
    after = snapshot(role.project / "keys")
    return results, {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def test_new_keys(role, first):
    result = first[TENANT]
    assert result.changed == 1
    folder = role.keys(TENANT)
    assert (folder / "privatekey.pem").stat().st_mode & 0o777 == 0o600

    certificate = (folder / "publickey.cer").read_text()
    public_key = openssl("x509", "-noout", "-pubkey", stdin=certificate)
    assert result.idp == {
        "issuer": TENANT,
        "key_id": jwk.RSAKey.import_key(public_key).thumbprint(),
        "certificate": certificate,
        "public_key": public_key,
    }
    assert set(result.tokens) == {"anna@grusgrus.com", "reload"}
    assert result.token == result.tokens["anna@grusgrus.com"]
    assert claims(result.token, public_key)["groups"] == ["group1", "group 2"]
    service = claims(result.tokens["reload"], public_key)
    assert service["sub"] == "nightly-reload" and service["exp"] - service["nbf"] == 60 and "groups" not in service

    copied = result.copied("CERTIFICATE")
    assert copied == certificate.strip()
    assert "CN = qs-jwt" in openssl("x509", "-noout", "-subject", stdin=copied)
    assert (
        f"Enter these values once in the JWT identity provider of {TENANT}:\n\nIssuer: {TENANT}\n"
        f"Key ID: {result.idp['key_id']}\nCertificate, from {folder}/publickey.cer:\n{copied}\n\n"
        "To print this again, set tenant_jwt_show_idp to always.\n"
    ) in result.output


def test_a_host_name_in_another_spelling(role, first):
    assert not role.keys(SPELLED).exists()
    assert first[SPELLED].idp["issuer"] == HOST
    assert claims(first[SPELLED].token, (role.keys(HOST) / "publickey.pem").read_text())["iss"] == HOST
    # Whoever has registered it as it stands in the inventory has to know.
    output = " ".join(first[SPELLED].output.split())
    assert re.findall(r"\[WARNING\]: The tenant (\S+) has the issuer (\S+):", output) == [(SPELLED, HOST)]


def test_unchanged(first, again):
    assert again[TENANT].changed == 0
    assert again[TENANT].idp == first[TENANT].idp
    assert again[TENANT].token != first[TENANT].token
    assert f"Issuer: {TENANT}\n" not in again[TENANT].output


def test_a_new_key_of_another_size_and_the_old_one_beside_it(role, first, again):
    assert again["grows"].changed == 1
    keys = role.keys("grows")
    new, old = (
        openssl("rsa", "-noout", "-text", "-in", str(keys / f"{prefix}privatekey.pem")) for prefix in ("new_", "")
    )
    assert "(3072 bit" in new and "(2048 bit" in old
    assert claims(again["grows"].token, (keys / "new_publickey.pem").read_text())["name"] == ANNA["name"]
    assert jwk.RSAKey.import_key((keys / "publickey.pem").read_text()).thumbprint() == first["grows"].idp["key_id"]


@pytest.mark.parametrize("way", ["path", "content"])
def test_existing_key(role, first, private_key, way):
    tenant = f"existing-{way}"
    result = first[tenant]
    assert result.changed == 0
    public_key = openssl("pkey", "-pubout", stdin=private_key.read_text())
    # And there is no certificate, since nothing else is shown.
    assert result.copied("PUBLIC KEY") == public_key.strip()
    assert result.idp == {
        "issuer": tenant,
        "key_id": "my-key",
        "certificate": None,
        "public_key": public_key,
    }
    assert claims(result.token, public_key)["name"] == "Anna Anderson"
    assert not role.keys(tenant).exists()


@pytest.mark.parametrize("form", USERS_AS_TEXT)
def test_users_as_text_are_the_list_that_it_says(first, private_key, form):
    check_users(first[f"users-as-{form}"], private_key)


@pytest.mark.thorough
def test_users_of_the_command_line(role, private_key):
    tenants = {"users-as-extra": {"tenant_jwt_private_key_path": str(private_key)}}
    results = role.run(tenants, "-e", f"tenant_jwt_users='{USERS_AS_TEXT['json']}'")
    check_users(results["users-as-extra"], private_key)


def check_users(result, private_key):
    """The tokens are those of Anna and the service."""
    public_key = openssl("pkey", "-pubout", stdin=private_key.read_text())
    assert set(result.tokens) == {"anna@grusgrus.com", "reload"}
    anna = claims(result.token, public_key)
    assert (anna["email_verified"], anna["groups"]) == (True, ["group1", "group 2"])
    assert claims(result.tokens["reload"], public_key)["sub"] == "nightly-reload"


def test_check_mode_on_an_empty_folder(role, checked):
    results, changed = checked
    assert results["empty"].changed == 1
    assert changed == set() and not role.keys("empty").exists()
    output = results["empty"].output
    assert "JWT identity provider for empty: the key does not exist yet. Run without --check to create it.\n" in output
    for name in FILES:
        assert f"\nempty: would write {name}: it is missing\n" in output


def test_check_mode_on_a_full_folder(checked):
    results, changed = checked
    assert results[TENANT].changed == 0
    assert changed == set()
    assert results[TENANT].token


def test_without_users_and_without_a_word(role, first):
    result = first["without-users"]
    assert "Issuer: without-users" not in result.output
    assert (role.keys("without-users") / "publickey.cer").read_text().strip() not in result.output
    # Before ansible-core 2.19, an expression that gives nothing gives an empty text.
    assert result.token in (None, "")
    assert result.tokens == {}


def test_encrypted_key(role, first, again):
    assert first["encrypted"].token
    path = role.keys("encrypted") / "privatekey.pem"
    assert "ENCRYPTED" in path.read_text()
    openssl("pkey", "-in", str(path), "-passin", f"pass:{PASSPHRASE}", "-noout")
    assert again["encrypted"].changed == 0


# Such as the key of a tenant that is missing in a credential.
NOTHING = [
    (variable, validate)
    for variable in ("private_key_path", "private_key_content", "private_key_passphrase", "key_id")
    for validate in (True, False)
]


@pytest.fixture(scope="module")
def with_nothing(tmp_path_factory, module_home):
    """Run the role with an expression that gives nothing for one of the variables; the project, and the reasons."""
    base = tmp_path_factory.mktemp("nothing")
    run = playbook_runner(base, module_home)
    groups = {
        f"validate_{validate}": {
            "hosts": {
                f"{variable}-{validate}": {f"tenant_jwt_{variable}": "{{ keys[tenant_jwt_tenant] }}"}
                for variable, its_validate in NOTHING
                if its_validate == validate
            }
        }
        for validate in (True, False)
    }
    common = {
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_users": [ANNA],
        "keys": {},
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    (base / "project" / "inventory.json").write_text(json.dumps({"all": {"children": groups, "vars": common}}))
    plays = []
    for validate in (True, False):
        role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt", "rolespec_validate": validate}}
        save = {"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": "{{ ansible_failed_result }}"}}
        plays.append(play({"block": [role], "rescue": [save]}, hosts=f"validate_{validate}"))
    finished = run(plays, "-i", "inventory.json")
    return base / "project", {path.name: finished.registered(path.name) for path in finished.saved.iterdir()}


@pytest.mark.thorough
@pytest.mark.parametrize(("variable", "validate"), NOTHING)
def test_an_expression_that_gives_nothing_makes_no_other_key(with_nothing, variable, validate):
    project, results = with_nothing
    result = results[f"{variable}-{validate}"]
    assert result["failed"]
    assert "undefined" in result["msg"].lower() or "no attribute" in result["msg"]
    assert not (project / "keys" / f"{variable}-{validate}").exists()


def test_provision_one_tenant_of_the_command_line(run_playbook, tmp_path):
    arguments = ["-e", f"tenant_jwt_tenant={TENANT}", "-e", "tenant_jwt_key_size=2048"]
    run = run_playbook("tenantops.qlik.provision", *arguments)
    assert re.search(rf"{TENANT} +: ok=\d+ +changed=1 ", run.output)
    assert (tmp_path / "project" / "keys" / TENANT / "publickey.cer").exists()
    again = run_playbook("tenantops.qlik.provision", *arguments, "-e", "tenant_jwt_tenant=Acme.EU.QlikCloud.com.")
    assert not re.search(r"changed=[1-9]", again.output)
    assert [path.name for path in (tmp_path / "project" / "keys").iterdir()] == [TENANT]


def test_provision_a_group_with_one_tenant_that_fails(run_playbook, tmp_path):
    inventory = tmp_path / "inventory.yml"
    names = [f"{letter}.eu.qlikcloud.com" for letter in "abc"]
    hosts = {
        names[0]: None,
        names[1]: {"tenant_jwt_key_directory": str(tmp_path / "elsewhere")},
        names[2]: {"tenant_jwt_key_directory": str(tmp_path / "file" / "keys")},
    }
    variables = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]}
    inventory.write_text(yaml.safe_dump({"customers": {"hosts": hosts, "vars": variables}}))
    (tmp_path / "file").touch()
    arguments = ["-i", str(inventory), "-e", "provision_group=customers"]
    run = run_playbook("tenantops.qlik.provision", *arguments, *saving_recap(tmp_path), env=SAVING, check=False)
    assert numbers(run) == (3, 0, 2, 1)
    assert list(with_status(run, "failed")) == failed_hosts(run) == names[2:]
    assert list(with_status(run, "changed")) == names[:2]
    changed = re.findall(r"^(\S*qlikcloud.com) +: ok=\d+ +changed=1 ", run.output, re.M)
    assert changed == names[:2]
    assert (tmp_path / "keys" / names[0] / "privatekey.pem").exists(), "next to the inventory"
    assert (tmp_path / "elsewhere" / "privatekey.pem").exists()

    (tmp_path / "file").unlink()
    again = run_playbook("tenantops.qlik.provision", *arguments)
    assert numbers(again) == (3, 2, 1, 0)
    assert re.findall(r"^(\S*qlikcloud.com) +: ok=\d+ +changed=[1-9]", again.output, re.M) == names[2:]
    # --limit leaves out the play that chooses the tenants.
    limited = run_playbook("tenantops.qlik.provision", *arguments, "--limit", names[0])
    assert re.search(rf"{names[0]} +: ok=\d+ +changed=0 ", limited.output)


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
        {"tenant_jwt_issuer": "portal", "tenant_jwt_private_key_path": "{private_key}"},
        "a.eu.qlikcloud.com and b.eu.qlikcloud.com share issuer and private key.",
    ),
}


def shared_inventory(folder, private_key, groups):
    """An inventory in which two tenants share something, for each of these groups, and one more tenant shares nothing."""
    hosts = {"c.eu.qlikcloud.com": {}}
    for number, what in enumerate(groups):
        replaced = {"{folder}": str(folder), "{private_key}": str(private_key)}
        variables = json.dumps(SHARED[what][0])
        for name, value in replaced.items():
            variables = variables.replace(name, value)
        letters = "ab" if len(groups) == 1 else f"a{number} b{number}".split()
        hosts |= {f"{letter}.eu.qlikcloud.com": json.loads(variables) for letter in letters}
    common = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": common}}))
    return ["-i", str(folder / "inventory.yml")]


@pytest.mark.thorough
@pytest.mark.parametrize("what", SHARED)
def test_provision_refuses_tenants_that_share_a_key(run_playbook, tmp_path, private_key, what):
    arguments = shared_inventory(tmp_path, private_key, [what])
    run = run_playbook("tenantops.qlik.provision", *arguments, *saving_recap(tmp_path), env=SAVING, check=False)
    message = SHARED[what][1].replace("{folder}", str(tmp_path))
    sentence = f"{message} Use a different one for each, or set tenant_jwt_allow_shared_key to true."
    assert with_status(run, "failed") == {f"{letter}.eu.qlikcloud.com": sentence for letter in "ab"}
    assert failed_hosts(run) == list(with_status(run, "failed"))
    # The third tenant shares nothing.
    assert numbers(run) == (3, 0, 1, 2)
    assert os.listdir(tmp_path / "keys") == ["c.eu.qlikcloud.com"] and not (tmp_path / "same").exists()


@pytest.mark.thorough
def test_provision_takes_tenants_that_may_share_a_key(run_playbook, tmp_path, private_key):
    arguments = shared_inventory(tmp_path, private_key, list(SHARED))
    # One at a time, so that only the question of sharing is asked.
    run = run_playbook("tenantops.qlik.provision", *arguments, "-e", "tenant_jwt_allow_shared_key=true", "--forks", "1")
    total, dummy, dummy, failed = numbers(run)
    assert (total, failed) == (2 * len(SHARED) + 1, 0)


@pytest.mark.thorough
def test_provision_makes_no_keys_in_the_folder_of_the_collection(run_playbook, tmp_path):
    hosts = {"a.eu.qlikcloud.com": {}, "b.eu.qlikcloud.com": {"tenant_jwt_key_directory": "some/keys"}}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts}}))
    arguments = ["tenantops.qlik.provision", "-i", str(tmp_path / "inventory.yml")]
    sentence = (
        "tenant_jwt_key_directory is relative, but the playbook is part of a collection, which an upgrade replaces together"
        " with the keys: start it with /, ~ or the variable inventory_dir."
    )
    # In check mode, because a tenant that has no fault is provisioned.
    for more, failed in (
        ((), "b"),
        (("-e", "tenant_jwt_key_directory={{ 'some/keys' }}/{{ inventory_hostname }}"), "ab"),
    ):
        run = run_playbook(*arguments, *more, *saving_recap(tmp_path), "--check", env=SAVING, check=False)
        assert with_status(run, "failed") == {f"{letter}.eu.qlikcloud.com": sentence for letter in failed}
        # The action itself fails there, not its module.
        assert failed_hosts(run) == list(with_status(run, "failed")) and "ignored=1" not in run.output


@pytest.mark.thorough
def test_provision_takes_two_spellings_for_one_tenant(run_playbook, tmp_path):
    """A token for one of them is meant for the other, which is the same tenant: they share a key, and get one."""
    common = {"tenant_jwt_key_size": 2048}
    inventory = {"tenants": {"hosts": {SPELLED: None, HOST: None}, "vars": common}}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(inventory))
    run = run_playbook("tenantops.qlik.provision", "-i", str(tmp_path / "inventory.yml"))
    assert numbers(run) == (2, 1, 1, 0)
    folder = tmp_path / "keys"
    assert os.listdir(folder) == [HOST] and sorted(os.listdir(folder / HOST)) == sorted(FILES)


@pytest.mark.thorough
def test_provision_takes_tenants_that_share_no_more_than_an_issuer(run_playbook, tmp_path):
    hosts = {name: {"tenant_jwt_issuer": "portal"} for name in ("a.eu.qlikcloud.com", "b.eu.qlikcloud.com")}
    common = {"tenant_jwt_key_size": 2048}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": common}}))
    run_playbook("tenantops.qlik.provision", "-i", str(tmp_path / "inventory.yml"))
