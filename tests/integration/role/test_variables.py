# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where options come from: variables of the host, the task itself, or defaults; and who may share a key."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from joserfc import jwk, jwt
from plays import HERE, MODES, play, playbook_runner
from shared_run import sections

pytestmark = pytest.mark.thorough

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
# As qs-jwt calls them.
BERT = {"username": "Bert", "useremail": "bert@grusgrus.com", "useremail_verified": True, "expires": "60s"}
SMALL = {"tenant_jwt_key_size": 2048}
ROLE = {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt"}}
FACTS = ("idp", "key_pairs", "token", "tokens", "changed")
FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")


def module(name, options, **keywords):
    """A task whose result is saved under its name; it may fail."""
    keywords = {"register": name, "ignore_errors": True, **keywords}
    return [
        {"name": name, "tenantops.qlik.qscloud_tenant_jwt": options, **keywords},
        {"save": {"path": f"{{{{ saved }}}}/{name}", "value": f"{{{{ {name} }}}}"}},
    ]


OF_VARIABLES = {"variables": "tenant_jwt_"}
EXPLICIT = {
    # By name: the options of the task, and what it answers to a host whose variables are all right.
    "size": ({"key_size": 1024}, "value of key_size must be one of: 2048, 3072, 4096, got: 1024"),
    "lifetime": ({"expires_in": "soon"}, "expires_in is 'soon', which is not a duration: "),
    "users": ({"users": "Anna"}, "users must be a list of users, or the same list as YAML or JSON text: "),
    "prefix": (
        {"keys": [{"prefix": "a/"}]},
        "the prefix in keys must not contain a slash: set the folder in tenant_jwt_key_d",
    ),
    "exclusive": (
        {"private_key_path": "x", "private_key_content": "y"},
        "parameters are mutually exclusive: private_key_path|private_key_content",
    ),
    "days": ({"certificate_days": 0}, "certificate_days is 0: specify a number of days from 1 to 36500."),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tmp_path_factory.mktemp("variables")


@pytest.fixture(scope="module")
def finished(project, module_home):
    """One run of plays that do not need each other."""
    run = playbook_runner(project, module_home)
    connections = project / "project" / "connection_plugins"
    shutil.copytree(HERE / "connection_plugins", connections, ignore=shutil.ignore_patterns("__pycache__"))
    hosts = {
        "role.example.com": {"tenant_jwt_users": [ANNA], **SMALL},
        "Module.example.com": {},
        "written.example.com": {"tenant_jwt_users": [ANNA], "tenant_jwt_key_id": "of-variable", **SMALL},
        "special.example.com": {
            "tenant_jwt_users": [{**BERT, "claims": {"department": "sales"}}],
            "tenant_jwt_audience": "another",
            "tenant_jwt_keysize": 2048,
            "tenant_jwt_qqqq": 1,
            **SMALL,
        },
        **{
            f"{kind}{number}.example.com": {"tenant_jwt_key_directory": f"{{{{ playbook_dir }}}}/{folder}", **SMALL}
            for kind, folder in (("hosts", "of hosts"), ("allowed", "allowed"))
            for number in (1, 2)
        },
        "hosts3.example.com": SMALL,
        "plays1.example.com": SMALL,
        "plays2.example.com": SMALL,
        **{
            f"remote{number}.example.com": {
                "tenant_jwt_key_directory": f"{project}/remote",
                "ansible_connection": "elsewhere",
            }
            for number in (1, 2)
        },
    }
    common = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    (project / "project" / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    facts = {name: f"{{{{ tenant_jwt_{name} }}}}" for name in FACTS}
    save_facts = {"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": facts}}
    told = {
        "rescue": [{"save": {"path": "{{ saved }}/{{ inventory_hostname }}", "value": "{{ ansible_failed_result }}"}}]
    }
    options = {"key_size": 2048, "users": [ANNA]}
    written = [
        one for name, (more, _said) in EXPLICIT.items() for one in module(f"bad_{name}", {**OF_VARIABLES, **more})
    ]
    looped = {"key_size": 2048, "tenant": "{{ item }}", "key_directory": "of a loop"}
    plays = [
        play(ROLE, save_facts, hosts="role.example.com", name="role"),
        play(ROLE, hosts="role.example.com", name="role again"),
        play(*module("plain", options), hosts="Module.example.com", name="module"),
        play(
            *module("written", {**OF_VARIABLES, "key_id": "of-task"}),
            *module("omitted", {**OF_VARIABLES, "key_id": "{{ omit }}"}),
            *module("ordinary", OF_VARIABLES, **MODES["ordinary"]),
            *module("late", OF_VARIABLES, **{"async": 60, "poll": 1}),
            *written,
            hosts="written.example.com",
            name="written",
        ),
        play(ROLE, save_facts, hosts="special.example.com", name="special"),
        play({"block": [ROLE], **told}, hosts="hosts*", name="hosts"),
        play(
            {"block": [ROLE], **told},
            hosts="plays*",
            name="plays",
            vars={"tenant_jwt_key_directory": "{{ playbook_dir }}/of plays"},
        ),
        play(ROLE, save_facts, hosts="allowed*", name="allowed", vars={"tenant_jwt_allow_shared_key": True}, serial=1),
        play(*module("looped", looped, loop=["l1.example.com", "l2.example.com"]), name="loop"),
        play(ROLE, save_facts, hosts="remote*", name="remote", connection="elsewhere", vars=SMALL, serial=1),
    ]
    # Where jobs write their results; by default ansible-core looks in another place than $HOME for it.
    environment = {"ANSIBLE_ASYNC_DIR": str(module_home / "async")}
    return run(plays, "-i", "inventory.json", "-v", env=environment, check=False)


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def claims(token, folder):
    """The claims of a token that the key in a folder has signed."""
    key = jwk.RSAKey.import_key((folder / "publickey.pem").read_text())
    return jwt.decode(token, key, algorithms=["RS256"]).claims


def of(finished, name):
    return sections(finished.output, "PLAY")[name]


def sentences(text):
    """Without the line breaks of warnings."""
    return " ".join(text.split())


def test_the_run_ends_as_it_should(finished):
    assert finished.returncode == 0, finished.output
    assert "Traceback" not in finished.output


def test_no_token_is_printed_not_even_by_a_job_that_ansible_polls_for(finished):
    assert finished.registered("late")["token"] not in finished.output
    assert not re.search(r"eyJ[\w-]+\.eyJ", finished.output)


def test_the_module_has_the_defaults_of_the_role(finished, project):
    role, plain = finished.registered("role.example.com"), finished.registered("plain")
    made = {}
    for host, result in {"role.example.com": role, "module.example.com": plain}.items():
        folder = project / "project" / "keys" / host
        assert sorted(os.listdir(folder)) == sorted(FILES)
        certificate = folder / "publickey.cer"
        dates = openssl("x509", "-in", certificate, "-noout", "-subject", "-checkend", str(364 * 86400))
        its = claims(result["token"], folder)
        assert its.pop("iss") == result["idp"]["issuer"] == host
        assert its["exp"] - its["nbf"] == 1800 and its["iat"] - its["nbf"] == 10
        for name in ("iat", "nbf", "exp", "jti", "sub"):
            del its[name]
        (pair,) = result["key_pairs"]
        assert pair["certificate_path"] == str(certificate) and pair["key_id"] == result["idp"]["key_id"]
        made[host] = (dates, its, set(result["tokens"]), set(pair), pair["state"], result["changed"])
    assert made["role.example.com"] == made["module.example.com"]
    assert "CN = qs-jwt" in made["role.example.com"][0] and made["role.example.com"][-1] is True


def test_facts_of_the_role_are_no_variables_that_are_misspelt(finished):
    assert "WARNING" not in of(finished, "role again")


def test_the_options_of_the_task_win(finished):
    assert finished.registered("written")["idp"]["key_id"] == "of-task"
    assert finished.registered("omitted")["idp"]["key_id"] == "of-variable"


@pytest.mark.parametrize("name", EXPLICIT)
def test_a_message_names_an_option_of_the_task_as_such(finished, name):
    result = finished.registered(f"bad_{name}")
    assert result["failed"] and result["msg"].startswith(EXPLICIT[name][1]), result["msg"]


def test_variables_reach_the_module_however_it_runs(finished, project):
    folder = project / "project" / "keys" / "written.example.com"
    output = of(finished, "written")
    for name in ("ordinary", "late"):
        result = finished.registered(name)
        assert result["idp"]["key_id"] == "of-variable" and not result["changed"], result
        assert claims(result["token"], folder)["name"] == "Anna Anderson"
        assert result["token"] not in output
        assert [step["action"] for step in result["steps"]] == ["keep", "sign"]


def test_aliases_claims_and_audience(finished, project):
    result = finished.registered("special.example.com")
    its = claims(result["tokens"]["bert@grusgrus.com"], project / "project" / "keys" / "special.example.com")
    assert (its["name"], its["email_verified"], its["aud"]) == ("Bert", True, "another")
    assert its["department"] == "sales" and its["exp"] - its["nbf"] == 60
    assert "The audience is not qlik.api/login/jwt-session: Qlik Cloud may reject" in sentences(of(finished, "special"))


def test_a_misspelt_variable_is_told_and_stops_nothing(finished):
    output = sentences(of(finished, "special"))
    for sentence in (
        "The variable tenant_jwt_keysize has no effect, because there is no option of this name: perhaps"
        " tenant_jwt_key_size is meant.",
        "The variable tenant_jwt_qqqq has no effect, because there is no option of this name.",
    ):
        assert output.count(sentence) == 1, output


def shares(one, other, folder, option="tenant_jwt_allow_shared_key"):
    return f"{one} and {other} share the key folder {folder}. Use a different one for each, or set {option} to true."


def test_tenants_that_share_a_key_in_their_variables_are_both_refused(finished, project):
    folder = project / "project" / "of hosts"
    sentence = shares("hosts1.example.com", "hosts2.example.com", folder)
    for number in (1, 2):
        result = finished.registered(f"hosts{number}.example.com")
        assert (result["msg"], result["changed"]) == (sentence, False)
    assert not folder.exists()
    assert sorted(os.listdir(project / "project" / "keys" / "hosts3.example.com")) == sorted(FILES)


def test_of_tenants_that_share_a_key_in_the_play_only_one_gets_it(finished, project):
    folder = project / "project" / "of plays"
    ((refused, result),) = [
        (path.name, finished.registered(path.name)) for path in finished.saved.glob("plays*.example.com")
    ]
    other = {"plays1.example.com": "plays2.example.com"}.get(refused, "plays1.example.com")
    assert (result["msg"], result["changed"]) == (shares(other, refused, folder), False)
    assert sorted(os.listdir(folder)) == sorted(FILES)


def test_tenants_of_a_loop_that_share_a_key(finished, project):
    first, second = finished.registered("looped")["results"]
    folder = project / "project" / "of a loop"
    assert not first["failed"] and sorted(os.listdir(folder)) == sorted(FILES)
    assert second["msg"] == shares("l1.example.com", "l2.example.com", folder, "allow_shared_key")


def test_tenants_may_share_a_key_if_that_is_allowed(finished):
    first, second = (finished.registered(f"allowed{number}.example.com") for number in (1, 2))
    assert first["idp"]["key_id"] == second["idp"]["key_id"] and (first["changed"], second["changed"]) == (True, False)


def test_folders_of_other_machines_are_not_those_of_this_one(finished):
    # Here, both are this machine, which the collection does not know.
    first, second = (finished.registered(f"remote{number}.example.com") for number in (1, 2))
    assert first["idp"]["key_id"] == second["idp"]["key_id"] and (first["changed"], second["changed"]) == (True, False)
    assert re.search(r"remote1.example.com: ok=\d+ +changed=1 ", re.sub(" +:", ":", finished.output))
