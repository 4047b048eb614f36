# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two entry points of the role: `steps`, task by task, does the same as `main` with the same variables."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import typing as t

import openbao as bao
import pytest
import yaml
from joserfc import jwk, jwt
from plays import Run, play, playbook_runner, snapshot

pytestmark = pytest.mark.thorough

ENTRIES = ("steps", "main")
FACTS = ("tenant_jwt_token", "tenant_jwt_tokens", "tenant_jwt_idp")
PASSPHRASE = "correct horse battery"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
FOLDER = {"tenant_jwt_key_directory": "{{ inventory_dir }}/keys/{{ inventory_hostname | lower }}"}
OF_EACH_TOKEN = ("jti", "iat", "nbf", "exp")

# Variables for which both entry points do the same. All that steps reads are in one of them.
SAME = {
    "Defaults.EU.qlikcloud.com.": {"tenant_jwt_users": [ANNA]},
    "without-users": {"tenant_jwt_show_idp": "always"},
    "options": {
        "tenant_jwt_tenant": "{{ inventory_hostname }}.example",
        "tenant_jwt_issuer": "the portal of {{ inventory_hostname }}",
        "tenant_jwt_key_directory": "{{ playbook_dir }}/elsewhere/{{ inventory_hostname }}",
        "tenant_jwt_state": "present",
        "tenant_jwt_keys": [{"prefix": "new_"}],
        "tenant_jwt_key_size": 3072,
        "tenant_jwt_certificate_days": 20,
        "tenant_jwt_private_key_passphrase": PASSPHRASE,
        "tenant_jwt_expires_in": "10m",
        "tenant_jwt_show_idp": "never",
        "tenant_jwt_users": [
            {"id": "reload", "name": "Nightly", "subject": "nightly-reload", "expires_in": "60s", "claims": {"a": [1]}},
            {**ANNA, "email_verified": False},
            {"name": "Only a name", "subject": "another"},
        ],
    },
}

STORED = {
    "stored": {
        "tenant_jwt_private_key_uri": "hashivault://transit/{prefix}{{ inventory_hostname }}",
        "tenant_jwt_show_idp": "never",
        "tenant_jwt_users": [ANNA],
    },
    "stored-uri": {
        "tenant_jwt_keys": [{"prefix": "new_", "uri": "hashivault://{{ inventory_hostname }}"}],
        "tenant_jwt_private_key_uri": "hashivault://not-this-one",
        "tenant_jwt_show_idp": "never",
        "tenant_jwt_users": [ANNA],
        "tenant_jwt_vault_address": "{{ lookup('ansible.builtin.env', 'OPENBAO') }}",
        "tenant_jwt_vault_token": "{{ lookup('ansible.builtin.env', 'OPENBAO_TOKEN') }}",
        "tenant_jwt_vault_ca_path": "{{ lookup('ansible.builtin.env', 'OPENBAO_CA') }}",
    },
}
"""The same, with a key in a key store."""

if not bao.needs_cryptography.args[0]:
    SAME |= STORED

NOT_ONE = (
    "tasks_from: steps takes one key in tenant_jwt_keys, and users with different ids (or else emails, or else names)."
    " Run the role without it to use more."
)
NOT_READ = {
    **dict.fromkeys(("audience", "common_name", "key_id", "not_before", "private_key_path"), "another"),
    **{"private_key_content": "{{ nothing }}", "private_key_old_passphrase": ""},
    **{"renew_before_days": 1, "strict": False},
}
"""Variables, without their prefix, that only `main` reads although `steps` signs and creates keys, too."""

# Variables that steps rejects, and what it says about them.
REJECTED = {
    **{
        name: ({f"tenant_jwt_{name}": value}, f"Run the role without it to use tenant_jwt_{name}.")
        for name, value in NOT_READ.items()
    },
    "no-folder": ({}, "missing required arguments: tenant_jwt_key_directory"),
    "uri-null": ({"tenant_jwt_private_key_uri": None}, "private_key_uri is empty"),
    "uri-empty": ({"tenant_jwt_keys": [{"uri": ""}]}, "private_key_uri is empty"),
    "store-passphrase": (
        {"tenant_jwt_private_key_uri": "hashivault://x", "tenant_jwt_private_key_passphrase": PASSPHRASE},
        "passphrase is set, but a key in a key store has no passphrase",
    ),
    "absent": ({"tenant_jwt_state": "absent"}, "value of tenant_jwt_state must be one of: present, got: absent"),
    "passphrase-null": ({"tenant_jwt_private_key_passphrase": None}, "passphrase is empty"),
    "passphrase-undefined": ({"tenant_jwt_private_key_passphrase": "{{ nothing }}"}, "'nothing' is undefined"),
    "retiring": ({"tenant_jwt_keys": [{"state": "retiring"}]}, "value of state must be one of: current, got: retiring"),
    "no-key": ({"tenant_jwt_keys": []}, NOT_ONE),
    "two-keys": ({"tenant_jwt_keys": [{"prefix": "a_"}, {"prefix": "b_"}]}, NOT_ONE),
    "twice": ({"tenant_jwt_users": [{"name": "x", "subject": "a"}, {"id": "x", "subject": "b"}]}, NOT_ONE),
    "nameless": ({"tenant_jwt_users": [{"subject": "a"}]}, NOT_ONE),
    "not-an-option": ({"tenant_jwt_users": [{"username": "x", "subject": "a"}]}, "tenant_jwt_users.username"),
    "text": ({"tenant_jwt_users": "[{name: x, subject: a}]"}, "'tenant_jwt_users' is of type"),
}


def role(entry: str, **keywords: t.Any) -> dict[str, t.Any]:
    """A task that runs the role. Ansible validates only the variables of steps: the module validates those of main."""
    options = {"name": "tenantops.qlik.tenant_jwt", "tasks_from": entry, "rolespec_validate": entry == "steps"}
    return {"ansible.builtin.include_role": options, **keywords}


def save(what: str, value: t.Any) -> dict[str, t.Any]:
    """A task that saves a value of each host."""
    return {"save": {"path": f"{{{{ saved }}}}/{what}-{{{{ inventory_hostname }}}}", "value": value}}


class Runs(t.NamedTuple):
    """Two runs: in the second one, each tenant has the other entry point."""

    first: Run
    second: Run
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    """The folders with the keys, before and after the second run."""

    def facts(self, when: str, entry: str, case: str) -> dict[str, t.Any]:
        """Those of the tenant whose first entry point is this one."""
        return self.first.registered(f"{when}-{entry}-{case}")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, module_home: t.Any, openbao: bao.OpenBao) -> Runs:
    """Everything in two runs, since starting ansible-playbook takes longer than all the rest."""
    environment = {
        "VAULT_ADDR": openbao.url,
        "VAULT_TOKEN": openbao.token,
        "VAULT_CACERT": openbao.ca_path,
        "OPENBAO": f"{openbao.url}/",
        "OPENBAO_TOKEN": openbao.token,
        "OPENBAO_CA": openbao.ca_path,
    }
    base = tmp_path_factory.mktemp("steps")
    run = playbook_runner(base, module_home)
    groups = {
        **{entry: {f"{entry}-{case}": FOLDER | its for case, its in SAME.items()} for entry in ENTRIES},
        **{
            f"check_{entry}": {
                f"{entry}-new": {**FOLDER, "tenant_jwt_users": [ANNA]},
                f"{entry}-newly-stored": {**FOLDER, **STORED["stored"], "tenant_jwt_users": [ANNA]},
            }
            for entry in ENTRIES
        },
        "rejected": {case: its if case == "no-folder" else FOLDER | its for case, (its, dummy) in REJECTED.items()},
        "loop": {
            "loop": {
                "tenant_jwt_users": [ANNA],
                "tenant_jwt_tenant": "{{ item }}",
                "tenant_jwt_key_directory": "{{ inventory_dir }}/keys/{{ item }}",
            }
        },
    }
    inventory = {
        "all": {
            "children": {group: {"hosts": hosts} for group, hosts in groups.items()},
            "vars": {"tenant_jwt_key_size": 2048, "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        }
    }
    (base / "project" / "inventory.json").write_text(json.dumps(inventory))
    facts = {fact: f"{{{{ {fact} }}}}" for fact in FACTS}
    rescued = {"rescue": [save("rejected", "{{ ansible_failed_result }}")]}
    arguments = ("-i", "inventory.json", "-vvv")
    first = run(
        [
            *(play(role(entry), save("first", facts), hosts=entry) for entry in ENTRIES),
            *(play(role(entry), save("check", facts), hosts=f"check_{entry}", check_mode=True) for entry in ENTRIES),
            play({"block": [role("steps")], **rescued}, hosts="rejected"),
            play(role("steps", loop=["one", "two"]), save("loop", facts), hosts="loop"),
        ],
        *arguments,
        env=environment,
    )
    before = snapshot(base / "project")
    second = run(
        [
            *(
                play(role(other), save("second", facts), hosts=entry)
                for entry, other in zip(ENTRIES, reversed(ENTRIES), strict=True)
            ),
            play(role("steps"), save("again", facts), hosts="main", check_mode=True),
        ],
        *arguments,
        env=environment,
    )
    after = snapshot(base / "project")
    return Runs(first, second, before, after)


def claims(facts: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """The claims of all tokens without what each token has of its own, but with its lifetime and start."""
    key = jwk.RSAKey.import_key(facts["tenant_jwt_idp"]["public_key"])
    found = {}
    for user, token in facts["tenant_jwt_tokens"].items():
        decoded = jwt.decode(token, key, algorithms=["RS256"])
        assert decoded.header["kid"] == facts["tenant_jwt_idp"]["key_id"]
        its = decoded.claims
        times = {"lifetime": its["exp"] - its["nbf"], "start": its["nbf"] - its["iat"]}
        found[user] = {name: value for name, value in its.items() if name not in OF_EACH_TOKEN} | times
    return found


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_other_entry_point_changes_nothing(runs, entry, case):
    first, second = (runs.facts(when, entry, case) for when in ("first", "second"))
    assert first["tenant_jwt_idp"] == second["tenant_jwt_idp"]
    assert claims(first) == claims(second)
    assert list(first["tenant_jwt_tokens"]) == list(second["tenant_jwt_tokens"])
    for facts in first, second:
        # Before ansible-core 2.19, an expression that gives nothing gives an empty text.
        assert (facts["tenant_jwt_token"] or None) == next(iter(facts["tenant_jwt_tokens"].values()), None)


def test_nothing_at_all_is_changed(runs):
    names = {name for name in runs.before | runs.after if name.startswith(("keys/", "elsewhere/"))}
    assert {name for name in names if runs.before.get(name) != runs.after.get(name)} == set()
    recap = runs.second.output.rpartition("PLAY RECAP")[2]
    assert set(re.findall(r"^((?:steps|main)-\S+) +: ok=\d+ +changed=0 ", recap, re.M)) == {
        f"{entry}-{case}" for entry in ENTRIES for case in SAME
    }


@pytest.mark.parametrize("case", [case for case in STORED if case in SAME])
def test_a_key_in_a_store(runs, openbao, case):
    for entry in ENTRIES:
        facts = runs.facts("first", entry, case)
        assert facts["tenant_jwt_idp"]["public_key"] == openbao.public_key(f"{entry}-{case}")
    assert "not-this-one" not in openbao.key_names()
    assert not [name for name in runs.after if "-stored" in name and name.endswith("privatekey.pem")]


def test_both_take_all_options(runs):
    (anna, nightly, other) = (
        claims(runs.facts("first", "steps", "options"))[user] for user in ("anna@grusgrus.com", "reload", "Only a name")
    )
    assert (anna["iss"], anna["email_verified"]) == ("the portal of steps-options", False)
    assert (anna["lifetime"], nightly["lifetime"], nightly["a"]) == (600, 60, [1])
    assert other["sub"] == "another"


@pytest.mark.parametrize("case", ["new", "newly-stored"])
def test_check_mode_without_a_key(runs, case):
    checked = {entry: runs.first.registered(f"check-{entry}-{case}") for entry in ENTRIES}
    as_text = {entry: json.dumps(checked[entry], sort_keys=True).replace(f"{entry}-new", "new") for entry in ENTRIES}
    assert as_text["steps"] == as_text["main"]
    assert checked["steps"]["tenant_jwt_tokens"] == {"anna@grusgrus.com": None}
    assert not [name for name in runs.after if name.startswith("keys/") and name.endswith(f"-{case}")]


@pytest.mark.parametrize("case", SAME)
def test_check_mode_with_a_key(runs, case):
    again, first = (runs.facts(when, "main", case) for when in ("again", "first"))
    assert claims(again) == claims(first)


@pytest.mark.parametrize("case", REJECTED)
def test_what_steps_rejects(runs, case):
    result = runs.first.registered(f"rejected-{case}")
    assert result["failed"]
    assert REJECTED[case][1] in result["msg"] + " ".join(result.get("argument_errors", []))
    assert f"keys/{case}" not in runs.after


def test_a_loop_over_tenants(runs):
    facts = runs.first.registered("loop-loop")
    assert facts["tenant_jwt_idp"]["issuer"] == "two"
    assert claims(facts)["anna@grusgrus.com"]["iss"] == "two"


def test_no_secret_is_printed(runs, openbao):
    output = runs.first.output + runs.second.output
    saved = [json.loads(path.read_text()) for path in runs.first.saved.iterdir()]
    tokens = [token for facts in saved for token in facts.get("tenant_jwt_tokens", {}).values() if token]
    assert len(tokens) > 20
    # The signature, too, is not there on its own.
    assert [part for token in tokens for part in (token, token.rsplit(".")[-1]) if part in output] == []
    assert PASSPHRASE not in output and openbao.token not in output


def test_the_values_are_printed_when_they_are_new_or_wanted(runs):
    printed = [sorted(re.findall(r"^Issuer: (steps-.*)", run.output, re.M)) for run in (runs.first, runs.second)]
    # Never for the case with options.
    assert printed == [
        ["steps-defaults.eu.qlikcloud.com", "steps-without-users"],
        ["steps-without-users"],
    ]


ROLE = pathlib.Path(__file__).parents[3] / "roles" / "tenant_jwt"
STEPS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["steps"]["options"]


def test_the_specification_names_the_variables_that_steps_reads():
    text = (ROLE / "tasks/steps.yml").read_text()
    # The state is only validated. A pattern names what is rejected.
    assert {*re.findall(r"\btenant_jwt_\w+", text), "tenant_jwt_state"} - set(FACTS) == set(STEPS)


def test_steps_rejects_what_it_does_not_read_of_the_options_of_its_modules():
    """Each option that `main` hands to the key and the tokens, except for what several tenants share."""
    options = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    names = [name.removeprefix("tenant_jwt_") for name in options]
    last, elsewhere = names.index("key_id"), {"allow_absent"}
    assert set(names[: last + 1]) - {name.removeprefix("tenant_jwt_") for name in STEPS} - elsewhere == set(NOT_READ)


@pytest.mark.parametrize("name", STEPS)
def test_a_variable_of_steps_is_an_option_of_the_module(name):
    module = importlib.import_module("ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_jwt")
    option = module.ARGUMENT_SPEC[name.removeprefix("tenant_jwt_")]
    rules = ("type", "elements", "default")
    assert [STEPS[name].get(rule) for rule in rules] == [option.get(rule) for rule in rules]
    assert set(STEPS[name].get("choices", ())) <= set(option.get("choices", ()))
    if "options" in option:
        inner = {name: its["type"] for name, its in option["options"].items()}
        assert {name: its["type"] for name, its in STEPS[name]["options"].items()} == inner
