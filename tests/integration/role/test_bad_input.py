# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role and its playbook answer to bad variables: one clear sentence, and nothing is touched."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from bad_input import Answer, Case
from material import PASSPHRASES
from plays import MODES, play, playbook_runner, snapshot

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
BERT = {"name": "Bert Bertson", "email": "bert@grusgrus.com", "email_verified": True}
NO_LIST = (
    "users (tenant_jwt_users in the role) must be a list of users, or the same list as YAML or JSON text: write it as"
    " [{name: Anna Anderson, email: anna@grusgrus.com, email_verified: true}]."
)
INVALID = "Validation of arguments failed:\n"
HOST_NAME = "tenant must be a host name such as acme.eu.qlikcloud.com: leave out the scheme and the path."
ONE_KEY = "keys must contain exactly one key with the state current, which signs the tokens."
NO_ID = "users contains a user without id, email and name: set an id."
SAME_ID = "users contains two users with the same id (or else email, or else name): set a different id for each."
NO_USERS = "users is empty, so there is nothing to sign with the existing private key: specify at least one user."


def wrong_type(variable, is_type, wanted, value):
    """A case of what Ansible itself finds with the argument specification of the role."""
    message = f"{INVALID}argument '{variable}' is of type {is_type} and we were unable to convert to {wanted}: ..."
    return Case(message, {variable: value})


def wrong_elements(variable, is_type, value):
    """A case of what Ansible finds inside a list."""
    message = (
        f"{INVALID}...Elements value for option '{variable}' is of type {is_type} and we were unable to convert to"
        " dict: ..."
    )
    return Case(message, {variable: value})


CASES = {
    "size in words": wrong_type("tenant_jwt_key_size", "str", "int", "big"),
    "size too small": Case(
        f"{INVALID}value of tenant_jwt_key_size must be one of: 2048, 3072, 4096, got: 1024",
        {"tenant_jwt_key_size": 1024},
    ),
    "days as a duration": wrong_type("tenant_jwt_certificate_days", "str", "int", "400d"),
    "window in words": wrong_type("tenant_jwt_renew_before_days", "str", "int", "a month"),
    "showing no boolean": wrong_type("tenant_jwt_show_idp", "str", "bool", "perhaps"),
    "users a dict": Case(NO_LIST, {"tenant_jwt_users": ANNA}),
    "users a text": Case(NO_LIST, {"tenant_jwt_users": "Anna"}),
    "users an empty text": Case(NO_LIST, {"tenant_jwt_users": ""}),
    "users a text of a dict": Case(NO_LIST, {"tenant_jwt_users": json.dumps(ANNA)}),
    "users a text of a list of texts": Case(NO_LIST, {"tenant_jwt_users": "[Anna]"}),
    "users a text that is cut off": Case(NO_LIST, {"tenant_jwt_users": json.dumps([ANNA])[:-1]}),
    "users a boolean": Case(NO_LIST, {"tenant_jwt_users": True}),
    "user a number": Case(NO_LIST, {"tenant_jwt_users": [1]}),
    "user without id in a text": Case(NO_ID, {"tenant_jwt_users": "[{subject: nightly-reload}]"}),
    "user with an unknown key": Case(
        "Unsupported parameters for (...qscloud_tenant_jwt) module: users.full_name. Supported parameters include: ...",
        {"tenant_jwt_users": [{**ANNA, "full_name": "Anna Anderson"}]},
    ),
    "email_verified no boolean": Case(
        "argument 'email_verified' is of type str found in 'users'... and we were unable to convert to bool: ...",
        {"tenant_jwt_users": [{**ANNA, "email_verified": "perhaps"}]},
    ),
    "key in another state": Case(
        f"{INVALID}value of state must be one of: current, retiring, absent, got: retired found in tenant_jwt_keys",
        {"tenant_jwt_keys": [{"state": "retired"}]},
    ),
    "keys a text": wrong_elements("tenant_jwt_keys", "str", "qsjwt_"),
    "tenant with a scheme": Case(HOST_NAME, {"tenant_jwt_tenant": "https://acme.eu.qlikcloud.com"}),
    "tenant with a path": Case(HOST_NAME, {"tenant_jwt_tenant": "acme.eu.qlikcloud.com/console"}),
    "tenant that leads out": Case(HOST_NAME, {"tenant_jwt_tenant": "../acme"}),
    "tenant with a blank": Case(HOST_NAME, {"tenant_jwt_tenant": "acme eu"}),
    "tenant with a line end": Case(HOST_NAME, {"tenant_jwt_tenant": "acme.eu.qlikcloud.com\n"}),
    "tenant empty": Case(HOST_NAME, {"tenant_jwt_tenant": ""}),
    "tenant null": Case(HOST_NAME, {"tenant_jwt_tenant": None}),
    "no keys": Case(ONE_KEY, {"tenant_jwt_keys": []}),
    "two keys": Case(ONE_KEY, {"tenant_jwt_keys": [{"prefix": "old_"}, {"prefix": "new_"}]}),
    "no current key": Case(ONE_KEY, {"tenant_jwt_keys": [{"state": "retiring"}, {"prefix": "b_", "state": "absent"}]}),
    "key both current and retiring": Case(
        "keys contains two keys with the same prefix: use a different prefix for each.",
        {"tenant_jwt_keys": [{"state": "current"}, {"state": "retiring"}]},
    ),
    "one key id for several keys": Case(
        "key_id is set, but keys contains several keys, which need different key ids: leave it out.",
        {"tenant_jwt_key_id": "a", "tenant_jwt_keys": [{}, {"prefix": "old_", "state": "retiring"}]},
    ),
    "proof of login without a user": Case(
        "users is empty, so no login can be checked: specify at least one user.",
        {"tenant_jwt_register_idp": True, "tenant_jwt_verify_login": "changed", "tenant_jwt_users": []},
    ),
    "absent without a key id": Case(
        "key_id is missing: set it to identify which identity provider of the existing private key to delete.",
        {"tenant_jwt_state": "absent", "tenant_jwt_private_key_path": "{folder}/key.pem"},
        {"key.pem": "rsa"},
    ),
    "another state of the role": Case(
        f"{INVALID}value of tenant_jwt_state must be one of: present, absent, got: gone",
        {"tenant_jwt_state": "gone"},
    ),
    "proof of login in words": Case(
        f"{INVALID}value of tenant_jwt_verify_login must be one of: never, changed, always, got: sometimes",
        {"tenant_jwt_verify_login": "sometimes"},
    ),
    "prefix with a slash": Case(
        "file_prefix must not contain a slash: set the folder in directory.",
        {"tenant_jwt_keys": [{"prefix": "keys/"}]},
    ),
    "key as file and as content": Case(
        "parameters are mutually exclusive: private_key_path|private_key_content",
        {"tenant_jwt_private_key_path": "{folder}/key.pem", "tenant_jwt_private_key_content": "{{ the_rsa }}"},
        {"key.pem": "rsa"},
    ),
    "key as file and no users": Case(
        NO_USERS,
        {"tenant_jwt_private_key_path": "{folder}/key.pem", "tenant_jwt_users": []},
        {"key.pem": "rsa"},
    ),
    "key as content and no users": Case(
        NO_USERS, {"tenant_jwt_private_key_content": "{{ the_rsa }}", "tenant_jwt_users": []}
    ),
    "key as file but empty": Case("private_key_path is empty: ...", {"tenant_jwt_private_key_path": ""}),
    "key as content but empty": Case(
        "private_key_content is empty (an environment variable or a CI secret may not be set): specify a private key in"
        " PEM format.",
        {"tenant_jwt_private_key_content": "{{ lookup('ansible.builtin.env', 'NOT_SET') }}"},
    ),
    "key missing": Case(
        "private_key_path: cannot read {folder}/key.pem: No such file or directory....",
        {"tenant_jwt_private_key_path": "{folder}/key.pem"},
    ),
    "key an EC key": Case(
        "private_key_path: {folder}/key.pem is a private key of type EC, but Qlik Cloud requires RSA: use an RSA key.",
        {"tenant_jwt_private_key_path": "{folder}/key.pem"},
        {"key.pem": "ec"},
    ),
    "wrong passphrase": Case(
        "private_key_content cannot be decrypted: private_key_passphrase is not its passphrase, or the key is"
        " damaged....",
        {"tenant_jwt_private_key_content": "{{ the_encrypted }}", "tenant_jwt_private_key_passphrase": "{{ wrong }}"},
    ),
    "key id with a line break": Case(
        "key_id ends with a line break: remove it, for example with '| trim'.",
        {"tenant_jwt_private_key_content": "{{ the_rsa }}", "tenant_jwt_key_id": "my-key-id\n"},
    ),
    "passphrase too short": Case(
        "passphrase has fewer than 12 characters, which is too short to protect a new private key: choose a longer"
        " one.",
        {"tenant_jwt_private_key_passphrase": "{{ short }}"},
    ),
    "user without id and email and name": Case(NO_ID, {"tenant_jwt_users": [ANNA, {"subject": "nightly-reload"}]}),
    "user empty": Case(NO_ID, {"tenant_jwt_users": [{}]}),
    "user with nothing but null": Case(NO_ID, {"tenant_jwt_users": [{"id": None, "email": None, "name": None}]}),
    "two users with one id": Case(SAME_ID, {"tenant_jwt_users": [{**ANNA, "id": "a"}, {**BERT, "id": "a"}]}),
    "two users with one email": Case(SAME_ID, {"tenant_jwt_users": [ANNA, {**BERT, "email": ANNA["email"]}]}),
    "two users with one name": Case(
        SAME_ID, {"tenant_jwt_users": [{"name": "Reload", "subject": "a"}, {"name": "Reload", "subject": "b"}]}
    ),
    "id of one and email of another": Case(SAME_ID, {"tenant_jwt_users": [ANNA, {**BERT, "id": ANNA["email"]}]}),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory, module_home, mode, material):
    """Run the role with the variables of all cases at once, a host for each."""
    base = tmp_path_factory.mktemp("role")
    run = playbook_runner(base, module_home)
    secrets = set(PASSPHRASES.values()).union(*(re.findall("^.{64}$", material[name], re.M) for name in ("rsa", "ec")))
    hosts = {}
    answers = {}
    for name, case in CASES.items():
        host = name.replace(" ", "-")
        folder = base / "project" / "cases" / host
        folder.mkdir(parents=True)
        for file, kind in case.files.items():
            (folder / file).write_text(material[kind])
        variables = {"tenant_jwt_key_directory": "{folder}/keys", "tenant_jwt_users": [ANNA], **case.options}
        hosts[host] = json.loads(json.dumps(variables).replace("{folder}", str(folder)))
        answers[name] = Answer(case, folder, {}, "", snapshot(folder), {}, secrets)
    variables = PASSPHRASES | {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    variables |= {f"the_{name}": material[name] for name in ("rsa", "encrypted")}
    (base / "project" / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))

    role = {
        # Imported, since to include it takes one more fork for each host.
        "block": [{"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}}],
        "rescue": [{"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": "{{ ansible_failed_result }}"}}],
    }
    finished = run([play(role, hosts="all", **MODES[mode])], "-i", "inventory.json", "-vvv", unprivileged=True)
    assert ("runs as an ordinary module" in finished.output) == (mode == "ordinary"), finished.output
    assert not (base / "project" / "keys").exists()
    counters = dict(re.findall(r"^(\S+) +: (.*)", finished.output.rsplit("PLAY RECAP", 1)[1], re.M))
    for name, answer in answers.items():
        host = name.replace(" ", "-")
        answer.result = {"counters": dict(re.findall(r"(\w+)=(\d+)", counters[host]))}
        if (finished.saved / host).exists():
            result = finished.registered(host)
            # That of a loop holds those of its rounds, of which the first failed.
            answer.result |= result.get("results", [result])[0]
        answer.output = finished.output
        answer.after = snapshot(answer.folder)
    return answers


@pytest.mark.thorough
@pytest.mark.parametrize("name", CASES)
def test_refused(answers, name):
    counters = answers[name].result["counters"]
    assert (counters["rescued"], counters["changed"]) == ("1", "0")
    answers[name].assert_refused()


ACME = ("-e", "tenant_jwt_tenant=acme.eu.qlikcloud.com")
INVENTORY = ("-i", "inventory.yml")
LIMIT = ("--limit", "one.eu.qlikcloud.com")
PLAYBOOK_CASES = {
    "both ways": (
        (*ACME, *INVENTORY),
        "The command line names the tenant acme.eu.qlikcloud.com, but the inventory has the group tenants with 2"
        " hosts: use one or the other.",
    ),
    "both ways with another group": (
        (*ACME, *INVENTORY, "-e", "provision_group=others"),
        "The command line names the tenant acme.eu.qlikcloud.com, but the inventory has the group others with 1"
        " hosts: use one or the other.",
    ),
    # The play that looks at both is left out then.
    "both ways with a limit": (
        (*ACME, *INVENTORY, *LIMIT),
        "The command line names the tenant acme.eu.qlikcloud.com, but this is a host of an inventory: use one or the"
        " other.",
    ),
    "neither": (
        (),
        "There is no tenant: specify one with -e tenant_jwt_tenant=acme.eu.qlikcloud.com, or use an inventory with the"
        " group tenants.",
    ),
    "a group that is missing": (
        (*INVENTORY, "-e", "provision_group=missing"),
        "There is no tenant: specify one with -e tenant_jwt_tenant=acme.eu.qlikcloud.com, or use an inventory with the"
        " group missing.",
    ),
    "a tenant with a scheme": (("-e", "tenant_jwt_tenant=https://acme.eu.qlikcloud.com"), HOST_NAME),
    "an empty tenant": (
        ("-e", "tenant_jwt_tenant="),
        "There is no tenant: specify one with -e tenant_jwt_tenant=acme.eu.qlikcloud.com, or use an inventory with the"
        " group tenants.",
    ),
}


def most_are_thorough(names, short):
    """Parameters, of which only this one is for `make test`."""
    return [name if name == short else pytest.param(name, marks=pytest.mark.thorough) for name in names]


@pytest.mark.parametrize("name", most_are_thorough(PLAYBOOK_CASES, short="a tenant with a scheme"))
def test_playbook_refuses(run_playbook, tmp_path, name):
    options, message = PLAYBOOK_CASES[name]
    groups = {"tenants": ("one.eu.qlikcloud.com", "two.eu.qlikcloud.com"), "others": ("three.eu.qlikcloud.com",)}
    inventory = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in groups.items()}
    (tmp_path / "project" / "inventory.yml").write_text(yaml.safe_dump(inventory))
    before = snapshot(tmp_path / "project")
    finished = run_playbook("tenantops.qlik.provision", *options, "-vvv", check=False)
    assert finished.returncode != 0
    failures = re.findall(r'FAILED! => \{.*?^ +"msg": "(.*?)"$', finished.output, re.M | re.S)
    # A tenant that fails does so again in the recap.
    assert set(failures) - {"1 of 1 tenant failed: see the recap above."} == {message}
    assert set(re.findall(r"changed=(\d+) ", finished.output)) == {"0"}
    assert "Traceback" not in finished.output
    assert snapshot(tmp_path / "project") == before
