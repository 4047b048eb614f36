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

import pytest
import yaml
from joserfc import jwk, jwt
from plays import Run, play, playbook_runner, snapshot

pytestmark = pytest.mark.thorough

ENTRIES = ("steps", "main")
FACTS = ("tenant_jwt_token", "tenant_jwt_tokens", "tenant_jwt_idp", "tenant_jwt_key_pairs", "tenant_jwt_changed")
PASSPHRASE = "correct horse battery"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
OF_EACH_TOKEN = ("jti", "iat", "nbf", "exp")

# Variables for which both entry points do the same. All that steps reads are in one of them.
SAME = {
    "Defaults.EU.qlikcloud.com.": {"tenant_jwt_users": [ANNA]},
    "without-users": {"tenant_jwt_show_idp": "always"},
    "options": {
        "tenant_jwt_tenant": "{{ inventory_hostname }}.example",
        "tenant_jwt_issuer": "the portal of {{ inventory_hostname }}",
        "tenant_jwt_key_directory": "{{ playbook_dir }}/elsewhere/{{ inventory_hostname }}",
        "tenant_jwt_keys": [{"prefix": "old_", "state": "retiring"}, {"prefix": "new_"}],
        "tenant_jwt_key_size": 3072,
        "tenant_jwt_common_name": "another",
        "tenant_jwt_certificate_days": 20,
        "tenant_jwt_renew_before_days": 19,
        "tenant_jwt_private_key_passphrase": PASSPHRASE,
        "tenant_jwt_private_key_old_passphrase": "",
        "tenant_jwt_expires_in": "10m",
        "tenant_jwt_not_before": "-20s",
        "tenant_jwt_audience": "another",
        "tenant_jwt_strict": False,
        "tenant_jwt_show_idp": "never",
        "tenant_jwt_users": [
            {"id": "reload", "name": "Nightly", "subject": "nightly-reload", "expires_in": "60s", "claims": {"a": [1]}},
            {**ANNA, "email_verified": False},
            {"name": "Only a name", "subject": "another"},
        ],
    },
    "key-id": {"tenant_jwt_key_id": "my-key-id", "tenant_jwt_users": [ANNA]},
}

ELSEWHERE = "run the role without it to use tenant_jwt_private_key_path, tenant_jwt_private_key_content or"
NOT_ONE = "exactly one key with the state current, and each of tenant_jwt_users must have a different id"

# Variables that steps rejects, and what it says about them.
REJECTED = {
    "existing-path": ({"tenant_jwt_private_key_path": "privatekey.pem"}, ELSEWHERE),
    "existing-content": ({"tenant_jwt_private_key_content": "{{ nothing }}"}, ELSEWHERE),
    "absent": ({"tenant_jwt_state": "absent"}, ELSEWHERE),
    "passphrase-null": ({"tenant_jwt_private_key_passphrase": None}, "passphrase is empty"),
    "passphrase-undefined": ({"tenant_jwt_private_key_passphrase": "{{ nothing }}"}, "'nothing' is undefined"),
    "no-current": ({"tenant_jwt_keys": [{"state": "retiring"}]}, NOT_ONE),
    "two-current": ({"tenant_jwt_keys": [{"prefix": "a_"}, {"prefix": "b_"}]}, NOT_ONE),
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
def runs(tmp_path_factory: pytest.TempPathFactory, module_home: t.Any) -> Runs:
    """Everything in two runs, since starting ansible-playbook takes longer than all the rest."""
    base = tmp_path_factory.mktemp("steps")
    run = playbook_runner(base, module_home)
    groups = {
        **{entry: {f"{entry}-{case}": its for case, its in SAME.items()} for entry in ENTRIES},
        **{f"check_{entry}": {f"{entry}-new": {"tenant_jwt_users": [ANNA]}} for entry in ENTRIES},
        "rejected": {case: its for case, (its, dummy) in REJECTED.items()},
        "strict": {"strict": {"tenant_jwt_strict": True, "tenant_jwt_expires_in": "2h", "tenant_jwt_users": [ANNA]}},
        "loop": {"loop": {"tenant_jwt_users": [ANNA], "tenant_jwt_tenant": "{{ item }}"}},
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
            play({"block": [role("steps")], **rescued}, hosts="rejected:strict"),
            play(role("steps", loop=["one", "two"]), save("loop", facts), hosts="loop"),
        ],
        *arguments,
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
    assert (first["tenant_jwt_changed"], second["tenant_jwt_changed"]) == (True, False)
    for fact in ("tenant_jwt_idp", "tenant_jwt_key_pairs"):
        assert first[fact] == second[fact]
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


def test_both_take_all_options(runs):
    (anna, nightly, other) = (
        claims(runs.facts("first", "steps", "options"))[user] for user in ("anna@grusgrus.com", "reload", "Only a name")
    )
    assert (anna["iss"], anna["aud"], anna["email_verified"]) == ("the portal of steps-options", "another", False)
    assert (anna["lifetime"], anna["start"], nightly["lifetime"], nightly["a"]) == (600, -20, 60, [1])
    assert other["sub"] == "another"


def test_check_mode_without_a_key(runs):
    checked = {entry: runs.first.registered(f"check-{entry}-new") for entry in ENTRIES}
    as_text = {entry: json.dumps(checked[entry], sort_keys=True).replace(f"{entry}-new", "new") for entry in ENTRIES}
    assert as_text["steps"] == as_text["main"]
    assert checked["steps"]["tenant_jwt_tokens"] == {"anna@grusgrus.com": None}
    assert checked["steps"]["tenant_jwt_changed"] is True
    assert not [name for name in runs.after if name.startswith("keys/") and name.endswith("-new")]


@pytest.mark.parametrize("case", SAME)
def test_check_mode_with_a_key(runs, case):
    again, first = (runs.facts(when, "main", case) for when in ("again", "first"))
    assert again["tenant_jwt_changed"] is False
    assert claims(again) == claims(first)


@pytest.mark.parametrize("case", REJECTED)
def test_what_steps_rejects(runs, case):
    result = runs.first.registered(f"rejected-{case}")
    assert result["failed"]
    assert REJECTED[case][1] in result["msg"] + " ".join(result.get("argument_errors", []))
    assert f"keys/{case}" not in runs.after


def test_strict(runs):
    result = runs.first.registered("rejected-strict")
    assert "7200 seconds" in json.dumps(result)


def test_a_loop_over_tenants(runs):
    facts = runs.first.registered("loop-loop")
    assert facts["tenant_jwt_idp"]["issuer"] == "two"
    assert claims(facts)["anna@grusgrus.com"]["iss"] == "two"


def test_no_secret_is_printed(runs):
    output = runs.first.output + runs.second.output
    saved = [json.loads(path.read_text()) for path in runs.first.saved.iterdir()]
    tokens = [token for facts in saved for token in facts.get("tenant_jwt_tokens", {}).values() if token]
    assert len(tokens) > 20
    # The signature, too, is not there on its own.
    assert [part for token in tokens for part in (token, token.rsplit(".")[-1]) if part in output] == []
    assert PASSPHRASE not in output


def test_the_values_are_printed_when_they_are_new_or_wanted(runs):
    printed = [sorted(re.findall(r"^Issuer: (steps-.*)", run.output, re.M)) for run in (runs.first, runs.second)]
    # Never for the case with options.
    assert printed == [
        ["steps-defaults.eu.qlikcloud.com", "steps-key-id", "steps-without-users"],
        ["steps-without-users"],
    ]


ROLE = pathlib.Path(__file__).parents[3] / "roles" / "tenant_jwt"
STEPS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["steps"]["options"]


def test_the_specification_names_the_variables_that_steps_reads():
    text = (ROLE / "tasks/steps.yml").read_text()
    tasks = re.sub("^#.*|fail_msg: >-\n(?: {10}.*\n)*", "", text, flags=re.M)
    # What is rejected instead of read.
    others = {*FACTS, "tenant_jwt_state", "tenant_jwt_private_key_"}
    assert set(re.findall(r"\btenant_jwt_\w+", tasks)) - others == set(STEPS)


@pytest.mark.parametrize("name", STEPS)
def test_a_variable_of_steps_is_an_option_of_the_module(name):
    module = importlib.import_module("ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_jwt")
    option = module.ARGUMENT_SPEC[name.removeprefix("tenant_jwt_")]
    rules = ("type", "elements", "default", "choices")
    assert [STEPS[name].get(rule) for rule in rules] == [option.get(rule) for rule in rules]
    if "options" in option:
        inner = {name: its["type"] for name, its in option["options"].items()}
        assert {name: its["type"] for name, its in STEPS[name]["options"].items()} == inner
