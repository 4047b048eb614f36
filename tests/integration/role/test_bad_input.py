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
    "tenant_jwt_users must be a list of users, or the same list as YAML or JSON text: write it as"
    " [{name: Anna Anderson, email: anna@grusgrus.com, email_verified: true}]."
)
TOO_LONG = (
    "The token is valid for 7200 seconds, but Qlik Cloud accepts at most 3600 (one hour) between nbf and exp: it will"
    " reject the login. Sign a short-lived token for each login."
)
SIZE = (
    "{folder}/keys/privatekey.pem has 2048 bits, but tenant_jwt_key_size is 3072: set tenant_jwt_key_size to 2048 to keep"
    " it, or introduce a new key with another prefix in tenant_jwt_keys."
)
REGISTERED = {"tenant_jwt_register_idp": True, "tenant_jwt_api_key": "a"}
OF_ANNA = "tenant_jwt_users, anna@grusgrus.com: "
INVALID = "Validation of arguments failed:\n"
HOST_NAME = "tenant_jwt_tenant must be a host name such as acme.eu.qlikcloud.com: leave out the scheme and the path."
ONE_KEY = "tenant_jwt_keys must contain exactly one key with the state current, which signs the tokens."
NO_ID = "tenant_jwt_users contains a user without id, email and name: set an id."
SAME_ID = (
    "tenant_jwt_users contains two users with the same id (or else email, or else name): set a different id for each."
)
NO_USERS = (
    "tenant_jwt_users is empty, so there is nothing to sign with the existing private key: specify at least one user."
)


def wrong_type(variable, is_type, wanted, value):
    """A case of what Ansible itself finds with the argument specification of the role, in the words of any release."""
    message = (
        f"{INVALID}argument '{variable}' is of type ...{is_type}... and we were unable to convert to {wanted}: ..."
    )
    return Case(message, {variable: value})


def wrong_choice(variable, choices, value):
    """A case of a value that Ansible does not find among the choices."""
    return Case(f"{INVALID}value of {variable} must be one of: {choices}, got: {value}", {variable: value})


def wrong_elements(variable, is_type, value, beginning=f"{INVALID}..."):
    """A case of what Ansible finds inside a list."""
    message = (
        f"{beginning}Elements value for option '{variable}' is of type ...{is_type}... and we were unable to convert to"
        " dict: ..."
    )
    return Case(message, {variable: value})


def as_keys(folder):
    """Make the files of a case those of the tenant."""
    (folder / "keys").mkdir(mode=0o700)
    for path in folder.glob("*.*"):
        path.rename(folder / "keys" / path.name)


CASES = {
    "size in words": wrong_type("tenant_jwt_key_size", "str", "int", "big"),
    "size too small": wrong_choice("tenant_jwt_key_size", "2048, 3072, 4096", 1024),
    "days as a duration": wrong_type("tenant_jwt_certificate_days", "str", "int", "400d"),
    "window in words": wrong_type("tenant_jwt_renew_before_days", "str", "int", "a month"),
    "showing in words": wrong_choice("tenant_jwt_show_idp", "changed, always, never", "perhaps"),
    "showing as a boolean": wrong_choice("tenant_jwt_show_idp", "changed, always, never", True),
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
        "Unsupported options: tenant_jwt_users.full_name. Supported parameters include: ...",
        {"tenant_jwt_users": [{**ANNA, "full_name": "Anna Anderson"}]},
    ),
    "email_verified no boolean": Case(
        "argument 'email_verified' is of type ...str... found in 'tenant_jwt_users'... and we were unable to convert to"
        " bool: ...",
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
    "no keys": Case(ONE_KEY, {"tenant_jwt_keys": []}),
    "two keys": Case(ONE_KEY, {"tenant_jwt_keys": [{"prefix": "old_"}, {"prefix": "new_"}]}),
    "no current key": Case(ONE_KEY, {"tenant_jwt_keys": [{"state": "retiring"}, {"prefix": "b_", "state": "absent"}]}),
    "key both current and retiring": Case(
        "tenant_jwt_keys contains two keys with the same prefix: use a different prefix for each.",
        {"tenant_jwt_keys": [{"state": "current"}, {"state": "retiring"}]},
    ),
    "one key id for several keys": Case(
        "tenant_jwt_key_id is set, but tenant_jwt_keys contains several keys, which need different key ids: leave it out.",
        {"tenant_jwt_key_id": "a", "tenant_jwt_keys": [{}, {"prefix": "old_", "state": "retiring"}]},
    ),
    "proof of login without a user": Case(
        "tenant_jwt_users is empty, so no login can be checked: specify at least one user.",
        {"tenant_jwt_register_idp": True, "tenant_jwt_verify_login": "changed", "tenant_jwt_users": []},
    ),
    "absent without a key id": Case(
        "tenant_jwt_key_id is missing: set it to identify which identity provider of the existing private key to delete.",
        {"tenant_jwt_state": "absent", "tenant_jwt_private_key_path": "{folder}/key.pem"},
        {"key.pem": "rsa"},
    ),
    "another state of the role": wrong_choice("tenant_jwt_state", "present, absent", "gone"),
    "proof of login in words": wrong_choice("tenant_jwt_verify_login", "never, changed, always", "sometimes"),
    "prefix with a slash": Case(
        "the prefix in tenant_jwt_keys must not contain a slash: set the folder in tenant_jwt_key_directory.",
        {"tenant_jwt_keys": [{"prefix": "keys/"}]},
    ),
    "key as file and as content": Case(
        "parameters are mutually exclusive: tenant_jwt_private_key_path|tenant_jwt_private_key_content"
        "|tenant_jwt_private_key_uri",
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
    "key as file but empty": Case("tenant_jwt_private_key_path is empty: ...", {"tenant_jwt_private_key_path": ""}),
    "key as content but empty": Case(
        "tenant_jwt_private_key_content is empty (an environment variable or a CI secret may not be set): specify a"
        " private key in PEM format.",
        {"tenant_jwt_private_key_content": "{{ lookup('ansible.builtin.env', 'NOT_SET') }}"},
    ),
    "key missing": Case(
        "tenant_jwt_private_key_path: cannot read {folder}/key.pem: No such file or directory....",
        {"tenant_jwt_private_key_path": "{folder}/key.pem"},
    ),
    "key an EC key": Case(
        "tenant_jwt_private_key_path: {folder}/key.pem is a private key of type EC, but Qlik Cloud requires RSA: use an"
        " RSA key.",
        {"tenant_jwt_private_key_path": "{folder}/key.pem"},
        {"key.pem": "ec"},
    ),
    "wrong passphrase": Case(
        "tenant_jwt_private_key_content cannot be decrypted: tenant_jwt_private_key_passphrase is not its passphrase, or"
        " the key is damaged....",
        {"tenant_jwt_private_key_content": "{{ the_encrypted }}", "tenant_jwt_private_key_passphrase": "{{ wrong }}"},
    ),
    "key id with a line break": Case(
        "tenant_jwt_key_id ends with a line break: remove it, for example with '| trim'.",
        {"tenant_jwt_private_key_content": "{{ the_rsa }}", "tenant_jwt_key_id": "my-key-id\n"},
    ),
    "passphrase too short": Case(
        "tenant_jwt_private_key_passphrase has fewer than 12 characters, which is too short to protect a new private key:"
        " choose a longer one.",
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
    **{
        f"{option} null": Case(
            f"tenant_jwt_{option} is null: give it a value, or do not set it.", {f"tenant_jwt_{option}": None}
        )
        for option in (
            *("tenant", "users", "key_directory", "key_id", "auto_create_groups", "api_key"),
            *("private_key_path", "private_key_content", "private_key_passphrase", "private_key_old_passphrase"),
        )
    },
    "lifetime in words": Case(
        "tenant_jwt_expires_in is 'soon', which is not a duration: ...", {"tenant_jwt_expires_in": "soon"}
    ),
    "lifetime of a user in words": Case(
        f"{OF_ANNA}expires_in is 'soon', which is not a duration: ...",
        {"tenant_jwt_users": [{**ANNA, "expires_in": "soon"}]},
    ),
    "lifetime too long and strict": Case(
        f"{OF_ANNA}tenant_jwt_strict is true: {TOO_LONG}", {"tenant_jwt_strict": True, "tenant_jwt_expires_in": "2h"}
    ),
    "lifetime of a user too long and strict": Case(
        f"tenant_jwt_users, bert@grusgrus.com: tenant_jwt_strict is true: {TOO_LONG}",
        {"tenant_jwt_strict": True, "tenant_jwt_users": [ANNA, {**BERT, "expires_in": "2h"}]},
    ),
    "audience and strict": Case(
        f"{OF_ANNA}tenant_jwt_strict is true: The audience is not qlik.api/login/jwt-session: Qlik Cloud may reject the"
        " login.",
        {"tenant_jwt_strict": True, "tenant_jwt_audience": "another"},
    ),
    "audience empty": Case("tenant_jwt_audience is empty: ...", {"tenant_jwt_audience": ""}),
    "claims that are those of the token": Case(
        f"{OF_ANNA}claims must not contain exp: use the option for that claim, or let the module set it.",
        {"tenant_jwt_users": [{**ANNA, "claims": {"exp": 5}}]},
    ),
    "claims in words": Case(
        "argument 'claims' is of type ...str... found in 'tenant_jwt_users'... and we were unable to convert to dict:"
        " ...",
        {"tenant_jwt_users": [{**ANNA, "claims": "admin"}]},
    ),
    "user without a subject": Case(
        "tenant_jwt_users, Reload: subject is missing, and cannot be derived without email: set subject or email.",
        {"tenant_jwt_users": [{"name": "Reload"}]},
    ),
    "email not vouched for": Case(
        "tenant_jwt_users, a@b.c: email requires email_verified: state with true or false whether you vouch for the"
        " address...",
        {"tenant_jwt_users": [{"useremail": "a@b.c"}]},
    ),
    "groups in words": Case(
        f"{OF_ANNA}groups is one text, 'admin', instead of a list of names: write it as [\"admin\"].",
        {"tenant_jwt_users": [{**ANNA, "groups": "admin"}]},
    ),
    "retiring prefix with a slash": Case(
        "the prefix in tenant_jwt_keys must not contain a slash: set the folder in tenant_jwt_key_directory.",
        {"tenant_jwt_keys": [{}, {"prefix": "keys/", "state": "retiring"}]},
    ),
    "no days": Case(
        "tenant_jwt_certificate_days is 0: specify a number of days from 1 to 36500.",
        {"tenant_jwt_certificate_days": 0},
    ),
    "window longer than the days": Case(
        "tenant_jwt_renew_before_days is 400, but the certificate is valid for 365 days: with such a window, every run"
        " would renew it. Specify fewer days, at least 0.",
        {"tenant_jwt_renew_before_days": 400},
    ),
    "common name too long": Case(
        "tenant_jwt_common_name must have 1 to 64 characters, ...", {"tenant_jwt_common_name": "x" * 65}
    ),
    # Some releases of ansible-core fail before the module says that tenant_jwt_key_directory contains it.
    "key directory with a null byte": Case("...null ...", {"tenant_jwt_key_directory": "{folder}/keys\0"}),
    "key directory empty": Case("tenant_jwt_key_directory is empty: specify a path.", {"tenant_jwt_key_directory": ""}),
    "key of another size": Case(SIZE, {"tenant_jwt_key_size": 3072}, {"privatekey.pem": "rsa"}, as_keys),
    "key and certificate of another size": Case(
        SIZE,
        {"tenant_jwt_key_size": 3072},
        {"privatekey.pem": "rsa", "publickey.pem": "public", "publickey.cer": "certificate"},
        as_keys,
    ),
    "certificate of a third party": Case(
        "{folder}/keys/publickey.cer was issued by a third party: move it away, or introduce a new key with another prefix"
        " in tenant_jwt_keys.",
        {"tenant_jwt_key_size": 2048},
        {"privatekey.pem": "rsa", "publickey.cer": "certificate of a CA"},
        as_keys,
    ),
    "key that is encrypted": Case(
        "{folder}/keys/privatekey.pem is encrypted: specify its passphrase in tenant_jwt_private_key_passphrase.",
        {},
        {"privatekey.pem": "encrypted"},
        as_keys,
    ),
    "key with another passphrase": Case(
        "{folder}/keys/privatekey.pem cannot be decrypted: tenant_jwt_private_key_passphrase is not its passphrase, ...",
        {"tenant_jwt_private_key_passphrase": "{{ wrong }}"},
        {"privatekey.pem": "encrypted"},
        as_keys,
    ),
    "old passphrase of an existing key": Case(
        "tenant_jwt_private_key_old_passphrase only applies to keys created here, but an existing private key is"
        " specified: leave it out.",
        {"tenant_jwt_private_key_old_passphrase": "{{ wrong }}", "tenant_jwt_private_key_content": "{{ the_rsa }}"},
    ),
    "credentials missing": Case(
        "Credentials for the tenant are missing: set tenant_jwt_api_key, or tenant_jwt_client_id with"
        " tenant_jwt_client_secret or tenant_jwt_client_private_key_path. Or set QSCLOUD_API_KEY, or QSCLOUD_CLIENT_ID with"
        " QSCLOUD_CLIENT_SECRET or QSCLOUD_CLIENT_PRIVATE_KEY_PATH, together with QSCLOUD_TENANT_URL in the environment.",
        {"tenant_jwt_register_idp": True},
    ),
    "credentials incomplete": Case(
        "tenant_jwt_client_secret is missing: an OAuth client needs its id, and its secret or private key.",
        {"tenant_jwt_register_idp": True, "tenant_jwt_client_id": "a"},
    ),
    "api key that the environment does not have": Case(
        "tenant_jwt_api_key is empty (an environment variable or a CI secret may not be set): ...",
        {**REGISTERED, "tenant_jwt_api_key": "{{ lookup('ansible.builtin.env', 'NOT_SET') }}"},
    ),
    "url without a scheme": Case(
        "tenant_jwt_url is not a URL with a scheme: write it as https://acme.eu.qlikcloud.com.",
        {**REGISTERED, "tenant_jwt_url": "acme.eu.qlikcloud.com"},
    ),
    "no seconds to wait": Case(
        "tenant_jwt_timeout is 0: it must be at least 1 second.", {**REGISTERED, "tenant_jwt_timeout": 0}
    ),
    "ca missing": Case(
        "tenant_jwt_ca_path: cannot read {folder}/ca.pem: No such file or directory. Specify an existing path.",
        {**REGISTERED, "tenant_jwt_ca_path": "{folder}/ca.pem"},
    ),
}
MODULE_CASES = {
    # What Ansible finds with the specification of the role, it also finds with that of the module.
    **{
        name: case._replace(message=case.message[len(INVALID) :])
        for name, case in CASES.items()
        if case.message.startswith(INVALID)
    },
    # The others of what Ansible says about it do not name the variable.
    "keys a text": wrong_elements("tenant_jwt_keys", "str", "qsjwt_", beginning=""),
    "secret in another variable too": Case(
        "argument 'tenant_jwt_key_size' is of type ...str... and we were unable to convert to int: ...",
        {"tenant_jwt_key_size": "{{ passphrase }}", "tenant_jwt_private_key_passphrase": "{{ passphrase }}"},
    ),
    # They share it, which must not repeat it.
    **{
        f"key in place of the folder of {whose}": Case(
            "tenant_jwt_key_directory contains a PEM or a token instead of a path: specify a path, or use another"
            " option.",
            {"tenant_jwt_key_directory": "{{ the_rsa }}"},
        )
        for whose in ("this tenant", "another tenant")
    },
    "undefined": Case(
        "The value of tenant_jwt_private_key_content cannot be determined: 'vaulted_key' is undefined...",
        {"tenant_jwt_private_key_content": "{{ vaulted_key }}"},
    ),
    "undefined inside": Case(
        "The value of tenant_jwt_users cannot be determined: ...'groups_of_anna' is undefined...",
        {"tenant_jwt_users": [{**ANNA, "groups": "{{ groups_of_anna }}"}]},
    ),
    "attribute missing": Case(
        "The value of tenant_jwt_private_key_passphrase cannot be determined: ...has no attribute 'acme'...",
        {"tenant_jwt_private_key_passphrase": "{{ {}.acme }}"},
    ),
    "expression that is wrong": Case(
        "The value of tenant_jwt_issuer cannot be determined: ...division by zero...",
        {"tenant_jwt_issuer": "{{ 1 / 0 }}"},
    ),
    "default of the module null": Case(
        "tenant_jwt_expires_in is null: give it a value, or do not set it.", {"tenant_jwt_expires_in": None}
    ),
    # Before ansible-core 2.19, it gives an empty text.
    "expression of null": Case(
        "tenant_jwt_private_key_content is ...: ...",
        {"tenant_jwt_private_key_content": "{{ none }}"},
    ),
}
"""For the module without the role, as in the playbook ``provision``: what Ansible says itself if the role validates."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory, module_home, mode, material):
    """Run the role and the module with the variables of all their cases at once, a host for each; the answers of both."""
    base = tmp_path_factory.mktemp("role")
    run = playbook_runner(base, module_home)
    secrets = set(PASSPHRASES.values()).union(*(re.findall("^.{64}$", material[name], re.M) for name in ("rsa", "ec")))
    ways = {
        # Imported, since to include it takes one more fork for each host.
        "role": (CASES, {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}}),
        "module": (MODULE_CASES, {"tenantops.qlik.qscloud_tenant_jwt": {"variables": "tenant_jwt_"}}),
    }
    groups, plays, answers = {}, [], {}
    for way, (cases, task) in ways.items():
        groups[way] = {"hosts": {}}
        for name, case in cases.items():
            host = f"{way}-{name}".replace(" ", "-")
            folder = base / "project" / "cases" / host
            folder.mkdir(parents=True)
            for file, kind in case.files.items():
                (folder / file).write_text(material[kind])
                (folder / file).chmod(0o600)
            case.prepare(folder)
            variables = {"tenant_jwt_key_directory": "{folder}/keys", "tenant_jwt_users": [ANNA], **case.options}
            groups[way]["hosts"][host] = json.loads(json.dumps(variables).replace("{folder}", str(folder)))
            answers[host] = Answer(case, folder, {}, "", snapshot(folder), {}, secrets)
        save = {"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": "{{ ansible_failed_result }}"}}
        plays.append(play({"block": [task], "rescue": [save]}, hosts=way, **MODES[mode]))
    variables = PASSPHRASES | {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    variables |= {f"the_{name}": material[name] for name in ("rsa", "encrypted")}
    (base / "project" / "inventory.json").write_text(json.dumps({"all": {"children": groups, "vars": variables}}))

    finished = run(plays, "-i", "inventory.json", "-vvv", unprivileged=True)
    assert ("runs as an ordinary module" in finished.output) == (mode == "ordinary"), finished.output
    assert not (base / "project" / "keys").exists()
    counters = dict(re.findall(r"^(\S+) +: (.*)", finished.output.rsplit("PLAY RECAP", 1)[1], re.M))
    for host, answer in answers.items():
        answer.result = {"counters": dict(re.findall(r"(\w+)=(\d+)", counters[host]))}
        if (finished.saved / host).exists():
            answer.result |= finished.registered(host)
        answer.output = finished.output
        answer.after = snapshot(answer.folder)
    return answers


@pytest.mark.thorough
@pytest.mark.parametrize(
    "host",
    [f"{way}-{name}".replace(" ", "-") for way, cases in (("role", CASES), ("module", MODULE_CASES)) for name in cases],
)
def test_refused(answers, host):
    counters = answers[host].result["counters"]
    assert (counters["rescued"], counters["changed"]) == ("1", "0")
    answers[host].assert_refused()


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
    failures = re.findall(r'FAILED! => \{.*?^ +"msg": "(.*?)",?$', finished.output, re.M | re.S)
    assert failures == [message]
    assert set(re.findall(r"changed=(\d+) ", finished.output)) == {"0"}
    assert "Traceback" not in finished.output
    assert snapshot(tmp_path / "project") == before
