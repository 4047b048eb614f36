# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module, the lookup and the role, with all kinds of secrets, and the hunt for them in all that comes out.

`make test` hunts in one run of all of them. With HUNT=all, in more ways to run, and with more callbacks.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest
import secret_hunt as hunt
import yaml
from jobs import Artifacts, Runner, job
from joserfc.jwk import RSAKey
from plays import ANSIBLE_PLAYBOOK, HERE, MODES, Run, environment, new_home, play, playbook_runner, save

HARD = os.environ.get("HUNT") == "all"
PASSPHRASE = "correct horse battery staple"
WRONG = "incorrect horse battery staple"
ISSUER = "acme.eu.qlikcloud.com"
ANNA = {"name": "Anna", "email": "a@b.c", "email_verified": True, "groups": ["group1"]}
MISPLACED = re.compile("(path|directory)=(-----BEGIN|eyJ)|public_key_content=-----BEGIN PRIVATE")
SIGN = {"issuer": ISSUER, "key_id": "key-1", **ANNA}
MODULE = re.compile("qs(?:cloud|eow)_[a-z_]+")
PROXY = {"user_id": "anna", "user_directory": "GRUSGRUS", "groups": ["group1", "group 2"]}


class Case(t.NamedTuple):
    """Tasks, the file with the secrets that they use, and the secrets that are known beforehand."""

    tasks: list[dict[str, t.Any]]
    variables: pathlib.Path
    secrets: dict[str, list[str]]

    def also(self, saved: pathlib.Path, project: pathlib.Path, simulator: t.Any) -> dict[str, list[str]]:
        """These, and those that have been made meanwhile."""
        tokens = set()
        for path in saved.iterdir():
            tokens.update(hunt.TOKEN.findall(path.read_text()))
        assert tokens, "no token was signed"
        handed_out = simulator.secrets()
        assert len(handed_out) >= 5, "no access token, or no session"
        keys = list(project.rglob("*privatekey.pem*"))
        assert keys, "no key was made"
        return {
            **self.secrets,
            "token": [piece for token in tokens for piece in hunt.pieces(token.rpartition(".")[2])],
            "made by the tenant": handed_out,
            "new private key": [piece for path in keys for piece in hunt.of_private_key(path, PASSPHRASE)],
        }


@pytest.fixture
def case(tmp_path, simulator):
    """All modules, the lookup and the role, and for each kind of secret an error about it."""
    return _case(tmp_path, simulator)


def _case(folder, simulator):
    outside = folder / "outside"
    outside.mkdir()
    key = outside / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    encrypted = outside / "encrypted.pem"
    encrypt = ["openssl", "pkey", "-in", key, "-aes256", "-passout", f"pass:{PASSPHRASE}", "-out", encrypted]
    subprocess.run(encrypt, check=True, capture_output=True)
    variables = outside / "secrets.yml"
    variables.write_text(
        yaml.safe_dump(
            {
                "key": key.read_text(),
                "encrypted_key": encrypted.read_text(),
                "key_passphrase": PASSPHRASE,
                "wrong_passphrase": WRONG,
                "qlik_api_key": simulator.api_key,
                "qlik_client_secret": simulator.client_secret,
            }
        )
    )
    its_key = RSAKey.import_key(key.read_bytes(), {"use": "sig", "alg": "RS256"})
    public = {**its_key.as_dict(private=False), "kid": its_key.thumbprint()}
    (client,) = simulator.add_clients({"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [public]})
    secrets = {
        "private key": hunt.of_private_key(key),
        "encrypted private key": hunt.of_private_key(encrypted, PASSPHRASE),
        "passphrase": [PASSPHRASE],
        "wrong passphrase": [WRONG],
        "API key": [simulator.api_key],
        "client secret": [simulator.client_secret],
    }
    return Case(_tasks(simulator, client["clientId"]), variables, secrets)


def _tasks(simulator, client_id):
    def task(module, options, **keywords):
        return {"name": f"{module} {keywords.get('register', '')}", f"tenantops.qlik.{module}": options, **keywords}

    tenant = {"tenant_url": simulator.url, "ca_path": simulator.ca_path}
    api_key = {**tenant, "api_key": "{{ qlik_api_key }}"}
    client = {**tenant, "client_id": simulator.client_id, "client_secret": "{{ qlik_client_secret }}"}
    with_client_key = {**tenant, "client_id": client_id, "client_private_key_content": "{{ encrypted_key }}"}
    with_client_key["client_private_key_passphrase"] = "{{ key_passphrase }}"
    content = {"private_key_content": "{{ key }}"}
    encrypted = {"private_key_content": "{{ encrypted_key }}"}
    new_passphrase = {"passphrase": "{{ key_passphrase }}", "old_passphrase": "{{ wrong_passphrase }}"}
    fails = {"ignore_errors": True}
    public = {"public_key_content": "{{ signed.public_key }}", "issuer": ISSUER, "key_id": "key-1"}
    public_key = {"public_key_content": "{{ signed.public_key }}"}
    with_secret = {"name": "y", "auth_methods": ["client_secret"], "return_secret": True}
    common = {
        "tenant_jwt_tenant": ISSUER,
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_users": [ANNA],
        "tenant_jwt_private_key_passphrase": "{{ key_passphrase }}",
        "tenant_jwt_register_idp": True,
        "tenant_jwt_verify_login": "always",
        "tenant_jwt_url": simulator.url,
        "tenant_jwt_ca_path": simulator.ca_path,
        "tenant_jwt_key_directory": "role keys",
    }
    with_key = {"tenant_jwt_api_key": "{{ qlik_api_key }}"}
    with_key_of_client = {"tenant_jwt_client_id": client_id, "tenant_jwt_client_private_key_content": "{{ key }}"}
    with_client = {"tenant_jwt_client_id": simulator.client_id, "tenant_jwt_client_secret": "{{ qlik_client_secret }}"}
    # A secret in another variable too, in the wrong one, or in an expression that fails.
    wrong_variables = [
        {"tenant_jwt_key_size": "{{ key_passphrase }}"},
        {"tenant_jwt_show_idp": "{{ qlik_api_key }}"},
        {"tenant_jwt_key_directory": "{{ key }}"},
        {"tenant_jwt_private_key_path": "{{ key }}"},
        {"tenant_jwt_users": "{{ key }}"},
        {"tenant_jwt_users": [{**ANNA, "claims": "{{ qlik_api_key }}"}]},
        {"tenant_jwt_url": "https://a:{{ key_passphrase }}@b"},
        {"tenant_jwt_private_key_content": "{{ key.nothing }}"},
        {"tenant_jwt_private_key_passphrase": "{{ wrong_passphrase }}"},
        {
            "tenant_jwt_private_key_passphrase": "{{ wrong_passphrase }}",
            "tenant_jwt_private_key_content": "{{ encrypted_key }}",
        },
    ]
    rescue = [{"ansible.builtin.debug": {"msg": "failed as it should"}}]
    role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
    return [
        task("qscloud_keypair", {"directory": "keys", "size": 2048, "passphrase": "{{ key_passphrase }}"}),
        task("qscloud_keypair", {"directory": "keys", "size": 2048, "passphrase": "{{ wrong_passphrase }}"}, **fails),
        task("qscloud_keypair", {"directory": "keys", "size": 2048, "regenerate": "always"}, **fails),
        task(
            "qscloud_keypair",
            {"directory": "keys", "size": 2048, "regenerate": "always", "passphrase": "{{ key_passphrase }}"},
        ),
        # If it is the second time.
        task("qscloud_keypair", {"directory": "more keys", "state": "absent", "passphrase": "{{ key_passphrase }}"}),
        task("qscloud_keypair", {"directory": "more keys", "size": 2048, "passphrase": "{{ wrong_passphrase }}"}),
        task("qscloud_keypair", {"directory": "more keys", "size": 2048, **new_passphrase}),
        task("qscloud_keypair_info", {"directory": "keys", "passphrase": "{{ key_passphrase }}"}),
        task("qscloud_keypair_info", {"directory": "keys", "passphrase": "{{ wrong_passphrase }}"}),
        task("qscloud_jwt", {**SIGN, **content}, register="signed"),
        task("qscloud_jwt", {**SIGN, **content, "path": "token.jwt"}, register="kept"),
        task("qscloud_jwt", {**SIGN, **content, "path": "token.jwt", "force": True}, loop=[1, 2], register="looped"),
        task("qscloud_jwt", {**SIGN, **encrypted, "private_key_passphrase": "{{ key_passphrase }}"}, register="third"),
        task("qscloud_jwt", {**SIGN, **encrypted, "private_key_passphrase": "{{ wrong_passphrase }}"}, **fails),
        task("qscloud_jwt", {**SIGN, **content, "private_key_passphrase": "{{ key_passphrase }}"}, **fails),
        task("qscloud_jwt", {**SIGN, **content, "groups": [1]}, **fails),
        task("qscloud_jwt", {**SIGN, **content, "no_such_option": 1}, **fails),
        task("qscloud_jwt", {**SIGN, "private_key_path": "{{ key }}"}, **fails),
        task("qseow_jwt", {**PROXY, **content}, register="for_proxy"),
        task("qseow_jwt", {**PROXY, **content, "path": "proxy.jwt"}, loop=[1, 2], register="looped_for_proxy"),
        task("qseow_jwt", {**PROXY, **encrypted, "private_key_passphrase": "{{ wrong_passphrase }}"}, **fails),
        task("qseow_jwt", {**PROXY, **content, "private_key_path": "{{ key }}"}, **fails),
        task("qscloud_jwt_info", {"token_path": "{{ signed.token }}"}, **fails),
        task("qscloud_keypair_info", {"certificate_path": "{{ key }}"}, **fails),
        task("qscloud_keypair", {"directory": "{{ key }}"}, **fails),
        task("qscloud_jwt_info", {"token": "{{ signed.token }}", "public_key_content": "{{ signed.public_key }}"}),
        task("qscloud_jwt_info", {"token_path": "token.jwt", "issuer": "another", "fail_on_invalid": True}, **fails),
        task("qscloud_jwt_info", {"token": "{{ signed.token[:-4] }}", "public_key_content": "{{ key }}"}, **fails),
        task("qscloud_identity_provider", {**client, **public}),
        task("qscloud_identity_provider", {**api_key, **public, "description": "Portal"}),
        task("qscloud_identity_provider", {**api_key, **public, "api_key": "wrong {{ qlik_api_key }}"}, **fails),
        task("qscloud_identity_provider", {**api_key, **public, "public_key_content": "{{ key }}"}, **fails),
        task("qscloud_identity_provider_info", client),
        task("qscloud_identity_provider_info", {**client, "client_id": "wrong"}, **fails),
        task("qscloud_oauth_client", {**client, "name": "x", "keys": [public_key]}),
        task("qscloud_oauth_client", {**api_key, **with_secret}, register="secret_client"),
        task("qscloud_oauth_client", {**api_key, "name": "y", "keys": [{"public_key_content": "{{ key }}"}]}, **fails),
        task("qscloud_oauth_client", {**api_key, "name": "x", "id": "{{ key }}"}, **fails),
        task("qscloud_oauth_client_info", client),
        task("qscloud_group_settings", {**client, "auto_create_groups": True}),
        task("qscloud_identity_provider_info", with_client_key),
        task("qscloud_identity_provider_info", {**with_client_key, "client_key_id": "another"}, **fails),
        task(
            "qscloud_identity_provider_info",
            {**with_client_key, "client_private_key_passphrase": "{{ wrong_passphrase }}"},
            **fails,
        ),
        task(
            "qscloud_identity_provider_info",
            {**tenant, "client_id": client_id, "client_private_key_path": "{{ key }}"},
            **fails,
        ),
        task("qscloud_identity_provider_info", {**with_client_key, "client_secret": "{{ qlik_client_secret }}"}, **fails),
        task("qscloud_session", {**tenant, "token": "{{ signed.token }}", "return_cookies": True}, register="session"),
        task("qscloud_session", {**tenant, "token": "{{ signed.token }}"}, register="refused", **fails),
        task("qscloud_session", {**tenant, "token": "{{ third.token }}"}, register="second_session"),
        task("qscloud_access_token", {**client, "verify": True}, register="granted"),
        task("qscloud_access_token", {**with_client_key, "user_subject": "auth0|ordinary", "verify": True}, register="user"),
        task("qscloud_access_token", with_client_key, loop=[1, 2]),
        task("qscloud_access_token", {**with_client_key, "user_subject": "nobody"}, **fails),
        task("qscloud_access_token", {**with_client_key, "client_key_id": "{{ key }}"}, **fails),
        task("qscloud_access_token", {**client, "user_subject": "{{ key }}"}, **fails),
        task("qscloud_group_settings", {**tenant, "api_key": "{{ granted.access_token }}"}),
        {
            "name": "the lookup of an access token",
            "ansible.builtin.set_fact": {
                "access_token": "{{ lookup('tenantops.qlik.qscloud_access_token', **client_with_key) }}"
            },
            "vars": {"client_with_key": with_client_key},
            "no_log": True,
        },
        {
            "name": "the lookup of an access token fails",
            "ansible.builtin.set_fact": {
                "no_access_token": "{{ lookup('tenantops.qlik.qscloud_access_token', **client_with_key) }}"
            },
            "vars": {"client_with_key": {**with_client_key, "user_subject": "nobody"}},
            **fails,
        },
        {
            "name": "the lookup",
            "ansible.builtin.set_fact": {
                "looked_up": "{{ lookup('tenantops.qlik.qscloud_jwt', private_key_content=key, issuer='acme',"
                " subject='x', name='x', email='a@b.c', email_verified=true) }}"
            },
            "no_log": True,
        },
        {
            "name": "the lookup fails",
            "ansible.builtin.set_fact": {
                "looked_up_wrongly": "{{ lookup('tenantops.qlik.qscloud_jwt', private_key_content=encrypted_key,"
                " private_key_passphrase=wrong_passphrase, issuer='acme', subject='x') }}"
            },
            **fails,
        },
        {"name": "the role", **role, "vars": {**common, **with_key}},
        task("qscloud_tenant_jwt_info", {"variables": "tenant_jwt_"}, vars={**common, **with_key_of_client}),
        {"name": "the role again", **role, "vars": {**common, **with_client, "tenant_jwt_certificate_days": 400}},
        {"block": [{**role, "vars": {**common, "tenant_jwt_api_key": "{{ key_passphrase }}"}}], "rescue": rescue},
        {"block": [{**role, "vars": {**common, **with_key, "tenant_jwt_key_size": "x"}}], "rescue": rescue},
        {"name": "the role warns", **role, "vars": {**common, **with_key, "tenant_jwt_apikey": "{{ qlik_api_key }}"}},
        *(
            task("qscloud_tenant_jwt", {"variables": "tenant_jwt_"}, vars={**common, **with_key, **wrong}, **fails)
            for wrong in wrong_variables
        ),
        task("qscloud_tenant_jwt", {"variables": "tenant_jwt_"}, vars={**common, **with_key}, register="by_variables"),
        task("qscloud_tenant_jwt_info", {"variables": "tenant_jwt_"}, vars={**common, **with_key}),
        task("qscloud_tenant_jwt_info", {"variables": "tenant_jwt_"}, vars={**common, **with_key, **wrong_variables[0]}, **fails),
        save("signed"), save("looped"), save("session"), save("tenant_jwt_tokens"), save("looked_up"),
    ]  # fmt: skip


def run(case, run_playbook, home, mode, *options, watches=False, **variables):
    """Run the tasks in this way; returns the run, and what has been seen of it while it ran."""
    watcher = hunt.Watcher(home)
    plays = [play(*case.tasks, **MODES[mode])]
    with watcher if watches else contextlib.nullcontext():
        finished = run_playbook(plays, "-e", f"@{case.variables}", *options, env=hunt.places_of_home(home) | variables)
    return finished, watcher


class Everything(t.NamedTuple):
    """A run, and all that came out of it."""

    mode: str
    pipelining: bool
    secrets: dict[str, list[str]]
    finished: Run
    watcher: hunt.Watcher
    left: dict[str, str]
    system_log: list[str] | None


# How a module is run, and how it is sent if it is not run in-process.
WAYS = {
    "in-process": pytest.param(("in-process", False)),
    "ordinary": pytest.param(("ordinary", False), marks=pytest.mark.thorough),
}
if HARD:
    WAYS["ordinary, pipelining"] = pytest.param(("ordinary", True), marks=pytest.mark.thorough)


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def everything(request, tmp_path_factory, running_simulator):
    """One run in each way, for all who look at it."""
    mode, pipelining = request.param
    folder = tmp_path_factory.mktemp("everything")
    running_simulator.reset()
    case = _case(folder, running_simulator)
    with contextlib.contextmanager(new_home)() as home:
        run_playbook = playbook_runner(folder, home)
        with hunt.system_log() as lines:
            finished, watcher = run(
                case, run_playbook, home, mode, "-vvvvv", watches=True, ANSIBLE_PIPELINING=str(pipelining)
            )
        secrets = case.also(folder / "saved", folder / "project", running_simulator)
        return Everything(mode, pipelining, secrets, finished, watcher, hunt.below(home), lines)


def test_all_that_comes_out(everything):
    secrets, output, left, watcher = everything.secrets, everything.finished.output, everything.left, everything.watcher
    assert len(re.findall("failed as it should", output)) >= 2
    assert not hunt.found(secrets, {"output": hunt.plain(output)})
    assert {"ansible.log", "localhost"} <= {pathlib.Path(path).name for path in left}
    for name in ("junit", *hunt.LOG_PLAYS):
        assert any(name in path for path in left), name
    assert not hunt.found(secrets, left)
    assert any("ansible-playbook" in text for text in watcher.processes.values())
    assert not hunt.found(secrets, watcher.processes)
    # How Ansible brings the options of an ordinary module to it, if not through a pipe; nobody else can read that.
    seen = {path.split()[0] for _secret, path in hunt.found(secrets, watcher.files)}
    assert all("/.ansible/tmp/ansible-" in path for path in seen)
    assert bool(seen) == (everything.mode == "ordinary" and not everything.pipelining), seen
    assert not seen & watcher.open_files


def test_system_log(everything):
    if everything.system_log is None:
        pytest.skip(hunt.NO_SYSTEM_LOG)
    ours = [line for line in everything.system_log if MODULE.search(line)]
    assert len({MODULE.search(line)[0] for line in ours}) >= 9
    # Ansible logs the options of a module before the module runs: what is given in the wrong option is in it.
    ours = [line for line in ours if not MISPLACED.search(line)]
    assert not hunt.found(everything.secrets, {line[:200]: hunt.plain(line) for line in ours})


CALLBACKS = {
    "minimal": {},
    "ansible.posix.json": {},
    "default": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
}
MORE_CALLBACKS = ["oneline", "ansible.posix.jsonl", "ansible.posix.debug"]
MORE_CALLBACKS += [f"community.general.{name}" for name in ("unixy", "selective", "default_without_diff", "dense")]
if HARD:
    CALLBACKS |= {name: {} for name in MORE_CALLBACKS}


@pytest.mark.thorough
@pytest.mark.parametrize("callback", CALLBACKS)
def test_callbacks(case, run_playbook, home, tmp_path, simulator, callback):
    finished, _watcher = run(
        case, run_playbook, home, "in-process", "-vvv", ANSIBLE_STDOUT_CALLBACK=callback, **CALLBACKS[callback]
    )
    secrets = case.also(tmp_path / "saved", tmp_path / "project", simulator)
    assert len(finished.output) > 1000 or "selective" in callback
    assert not hunt.found(secrets, {"output": hunt.plain(finished.output), **hunt.below(home)})


@pytest.mark.parametrize("mode", MODES if HARD else ["in-process"])
def test_the_hunt_finds_what_is_there(case, run_playbook, home, tmp_path, simulator, mode):
    """What nobody should do: then each secret is found in each place, or the tests above would mean nothing."""
    values = ["key", "encrypted_key", "key_passphrase", "qlik_api_key", "qlik_client_secret", "signed.token"]
    careless = [
        {"ansible.builtin.set_fact": {"cached": "{{ [" + ", ".join(values) + "] }}", "cacheable": True}},
        {"ansible.builtin.command": "true {{ [" + ", ".join(values) + "] | map('quote') | join(' ') }}"},
        {"ansible.builtin.copy": {"content": "{{ [" + ", ".join(values) + "] }}", "dest": str(home / "copy")}},
        {"ansible.builtin.shell": "sleep 0.1", "environment": {"KEYS": "{{ [" + ", ".join(values) + "] | string }}"}},
        # The last one: of all results, the callback tree keeps no other.
        {"ansible.builtin.debug": {"msg": "{{ " + " ~ ".join([*values, "session.cookies | string"]) + " }}"}},
    ]
    finished, watcher = run(case._replace(tasks=[*case.tasks, *careless]), run_playbook, home, mode, "-v", watches=True)
    secrets = case.also(tmp_path / "saved", tmp_path / "project", simulator)
    expected = {"private key", "encrypted private key", "passphrase", "API key", "client secret", "token"}

    def names(places):
        return {secret for secret, _place in hunt.found(secrets, places)}

    assert names({"output": hunt.plain(finished.output)}) >= expected | {"made by the tenant"}
    left = hunt.below(home)
    for place in ("ansible.log", "facts", "tree", "junit", "copy", *hunt.LOG_PLAYS):
        assert names({path: text for path, text in left.items() if place in path}) >= expected, place
    assert names(watcher.processes) >= expected
    assert names(watcher.files) >= expected


@pytest.mark.thorough
def test_debug_output(case, run_playbook, home, tmp_path, simulator):
    """Of ordinary modules, Ansible shows all that it sends and gets then, and says so in its documentation."""
    finished, _watcher = run(case, run_playbook, home, "in-process", "-vvvvv", ANSIBLE_DEBUG="true")
    secrets = case.also(tmp_path / "saved", tmp_path / "project", simulator)
    assert "worker is" in finished.output or "WORKER PROCESS" in finished.output
    assert not hunt.found(secrets, {"output": hunt.plain(finished.output), **hunt.below(home)})


@pytest.mark.thorough
def test_ad_hoc(case, home, tmp_path):
    tree = tmp_path / "tree"
    options = {**SIGN, "private_key_content": "{{ key }}"}
    wrong = {**SIGN, "private_key_content": "{{ encrypted_key }}", "private_key_passphrase": "{{ wrong_passphrase }}"}
    for arguments, returncode in ((options, 0), (wrong, 2)):
        command = [ANSIBLE_PLAYBOOK.with_name("ansible"), "localhost", "-vvvvv", "-t", tree]
        command += ["-m", "tenantops.qlik.qscloud_jwt", "-a", json.dumps(arguments), "-e", f"@{case.variables}"]
        done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
        assert done.returncode == returncode, done.stdout + done.stderr
        assert ("the output has been hidden" in done.stdout) == (returncode == 0)
        places = {"output": hunt.plain(done.stdout + done.stderr), **hunt.below(home, tree)}
        assert not hunt.found(case.secrets, places)
        assert os.listdir(tree) == ["localhost"]


@pytest.mark.thorough
def test_events_of_a_job(case, home, tmp_path, simulator):
    """What AWX keeps of a job."""
    data = job(tmp_path / "job", {"localhost": {"ansible_connection": "local"}}, {})
    saved = tmp_path / "saved"
    saved.mkdir()
    (data / "env" / "extravars").write_text(case.variables.read_text() + f"saved: {saved}\n")
    shutil.copytree(HERE / "action_plugins", data / "project" / "action_plugins")
    (data / "project" / "playbook.yml").write_text(yaml.safe_dump([play(*case.tasks)]))
    assert Runner(home)("run", data, "-p", "playbook.yml", "-vvvvv").returncode == 0
    secrets = case.also(saved, data / "project", simulator)
    assert len(Artifacts.of(data).events) > 100
    assert not hunt.found(secrets, hunt.below(data / "artifacts", home))
