# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run inside Ansible's process, a module gives what it gives as an ordinary one, and stays out of the way otherwise."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import sys

import pytest
import yaml
from plays import MODES, TARGET_PYTHON, play, playbook_runner
from shared_run import PIPELINING, run_together, runner, sections, task

pytestmark = pytest.mark.thorough

JWT = {"issuer": "acme", "subject": "x", "name": "X", "email": "x@y.z", "email_verified": True}
OPTIONS = [
    JWT,
    {**JWT, "expires_in": "365d"},
    {**JWT, "path": "token.jwt"},
    {**JWT, "groups": ["a", 1]},
    {**JWT, "banana": 1},
    {**JWT, "claims": {"n": 1, "t": True, "nothing": None, "text": "1", "nested": {"list": [1.5, "a"]}}},
    {**JWT, "name": 5, "email_verified": "yes"},
    {**JWT, "strict": True, "expires_in": "2h"},
    {"issuer": "acme", "private_key_passphrase": "a secret passphrase"},
]
SPECIAL = [
    ({"environment": {"A": "b"}}, "environment is set"),
    ({"become": True, "become_user": "nobody", "become_method": "ansible.builtin.su"}, "become is set"),
    ({"async": 30, "poll": 1}, "async is set"),
    ({"vars": {"ansible_python_interpreter": "/usr/bin/python3"}}, "the interpreter is /usr/bin/python3"),
    ({"vars": {"ansible_connection": "ansible.builtin.ssh"}, "delegate_to": "127.0.0.2"}, "the connection is"),
]
PYTHONS = ("python", "python3")
SLOW_TO_IMPORT = ["ansible.module_utils.urls", "cryptography"]
RANDOM = {"token", "iat", "nbf", "exp", "jti", "issued_at", "not_before", "expires_at"}


@pytest.fixture(scope="module")
def private_key(tmp_path_factory, rsa_pem):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(rsa_pem)
    return str(path)


@pytest.fixture(scope="module")
def sign(private_key):
    """A function that makes a task which signs a token."""
    return lambda name, **keywords: task(name, "qscloud_jwt", {**JWT, "private_key_path": private_key}, **keywords)


def without_random(value):
    if isinstance(value, dict):
        return {name: without_random(inner) for name, inner in value.items() if name not in RANDOM}
    return [without_random(inner) for inner in value] if isinstance(value, list) else value


def variants(number, options):
    """Three tasks with the same options: in check mode, once, and in a loop."""
    loop = {"loop": ["qlik.api/login/jwt-session", "another", "qlik.api/login/jwt-session"]}
    return {
        f"checked_{number}": task(f"checked {number}", "qscloud_jwt", options, check_mode=True),
        f"result_{number}": task(f"result {number}", "qscloud_jwt", options),
        f"looped_{number}": task(f"looped {number}", "qscloud_jwt", {**options, "audience": "{{ item }}"}, **loop),
    }


@pytest.fixture(scope="module")
def compared(tmp_path_factory, module_home, private_key):
    """What all options gave, by mode and number: the results of their tasks, and the warnings that were printed."""
    base = tmp_path_factory.mktemp("compared")
    run = runner(base, module_home)
    found = {}
    for mode, keywords in MODES.items():
        # Which file system a relative path is on must not depend on the way.
        (base / "project" / "token.jwt").unlink(missing_ok=True)
        tasks = {}
        for number, options in enumerate(OPTIONS):
            tasks |= variants(number, {"private_key_path": private_key, **options})
        registered = [{**one, "register": name, "ignore_errors": True} for name, one in tasks.items()]
        save = {"name": "Save", "save": {"path": "{{ saved }}/results", "value": {n: f"{{{{ {n} }}}}" for n in tasks}}}
        finished = run([play(*registered, save, **keywords)], "--diff", "-v", env=PIPELINING)
        outputs = sections(finished.output, "TASK")
        results = {name: without_random(result) for name, result in finished.registered("results").items()}
        found[mode] = []
        for number in range(len(OPTIONS)):
            names = [f"{kind}_{number}" for kind in ("checked", "result", "looped")]
            printed = "".join(outputs[tasks[name]["name"]] for name in names)
            warnings = {text for text in re.findall(r"\[WARNING\]: .*", printed) if "discover" not in text}
            found[mode].append({"warnings": warnings, **{name: results[name] for name in names}})
    return found


@pytest.mark.parametrize("number", range(len(OPTIONS)))
def test_both_ways_give_the_same(compared, number):
    assert compared["in-process"][number] == compared["ordinary"][number]


def test_keypair_both_ways_give_the_same(run_playbook, tmp_path):
    options = {"directory": "keys", "size": 2048, "common_name": "{{ 'a' ~ 'b' }}"}
    tasks = []
    results = {}
    for number, (mode, keywords) in enumerate(MODES.items()):
        tasks.append(task(mode, "qscloud_keypair", options, register=f"result_{number}", **keywords))
        results[mode] = f"{{{{ result_{number} }}}}"
    save = {"save": {"path": "{{ saved }}/results", "value": results}}
    results = run_playbook([play(*tasks, save)], "--diff").registered("results")
    first, again = results["in-process"], results["ordinary"]
    assert first.pop("changed") and first.pop("actions") and first.pop("diff")
    assert (tmp_path / "project" / "keys" / "privatekey.pem").exists()
    assert not again.pop("changed") and not again.pop("actions") and again.pop("diff")
    assert again == first


@pytest.fixture(scope="module")
def special(tmp_path_factory, module_home, sign):
    """A run of tasks that are each special in one way; what they give does not matter, but for the one with async."""
    run = playbook_runner(tmp_path_factory.mktemp("special"), module_home)
    tasks = [
        {**sign(reason), "register": f"result_{number}", "ignore_errors": True, "ignore_unreachable": True, **keywords}
        for number, (keywords, reason) in enumerate(SPECIAL)
    ]
    results = {reason: f"{{{{ result_{number} }}}}" for number, (_keywords, reason) in enumerate(SPECIAL)}
    save = {"name": "Save", "save": {"path": "{{ saved }}/results", "value": results}}
    # Where jobs write their results; by default ansible-core looks in another place than $HOME for it.
    return run([play(*tasks, save)], "-v", env={"ANSIBLE_ASYNC_DIR": str(module_home / "async")})


@pytest.mark.parametrize("reason", [reason for _keywords, reason in SPECIAL])
def test_anything_special_is_handed_to_an_ordinary_module(special, reason):
    output = sections(special.output, "TASK")[reason]
    assert f"tenantops.qlik.qscloud_jwt runs as an ordinary module: {reason}" in output


def test_async_returns_the_token(special):
    result = special.registered("results")["async is set"]
    assert result["finished"] and result["token"].count(".") == 2


@pytest.fixture(scope="module")
def in_process(tmp_path_factory, module_home, sign):
    """A run of tasks that all stay in process, in which each import of what takes long is noted in a file beside it."""
    base = tmp_path_factory.mktemp("in-process")
    trace = base / "site"
    trace.mkdir()
    (trace / "sitecustomize.py").write_text(
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name in {SLOW_TO_IMPORT!r}:\n"
        f"            open({str(base / 'imports')!r}, 'a').write(f'{{name}}\\n')\n"
        "sys.meta_path.insert(0, Watch())\n"
    )
    hosts = [
        {
            "name": f"host {name}",
            "ansible.builtin.add_host": {
                "name": name,
                "ansible_connection": "local",
                "ansible_python_interpreter": str(pathlib.Path(sys.executable).with_name(name)),
            },
        }
        for name in PYTHONS
    ]
    tasks = [*(sign(name, delegate_to=name) for name in PYTHONS), *(sign(f"task {number}") for number in range(3))]
    run = runner(base, module_home)
    return run_together(run, "in-process", [*hosts, *tasks], env={"PYTHONPATH": str(trace)}), base / "imports"


@pytest.mark.parametrize("name", PYTHONS)
def test_the_controllers_own_python_stays_in_process(in_process, name):
    result = in_process[0].results[name]
    assert not result["failed"] and "ordinary module" not in result["_output"]


def test_what_takes_long_is_imported_once_before_the_fork(in_process):
    together, imports = in_process
    assert not any(together.results[f"task {number}"]["failed"] for number in range(3))
    assert sorted(imports.read_text().split()) == SLOW_TO_IMPORT


def test_a_missing_internal_is_seen_and_told(run_playbook, sign, tmp_path):
    # As an ansible-core would be that has renamed it.
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'ansible-playbook' in sys.argv[0]:\n"
        "    from ansible.module_utils import basic\n"
        "    del basic._ANSIBLE_ARGS\n"
    )
    save = {"save": {"path": "{{ saved }}/result", "value": "{{ result }}"}}
    run = run_playbook([play(sign("signed", register="result"), save)], "-v", env={"PYTHONPATH": str(site)})
    reason = "this ansible-core has no ansible.module_utils.basic._ANSIBLE_ARGS"
    assert f"tenantops.qlik.qscloud_jwt runs as an ordinary module: {reason}" in run.output
    assert run.registered("result")["token"]


@pytest.fixture(scope="module", params=["cryptography", "jwt"])
def library(request):
    return request.param


@pytest.fixture(scope="module")
def without_library(tmp_path_factory, module_home, sign, library):
    """A run of a task in each way, where a library cannot be imported."""
    base = tmp_path_factory.mktemp("missing")
    hidden = base / "hidden" / library
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text(f"raise ImportError('No module named {library}')\n")
    tasks = []
    results = {}
    for number, (mode, keywords) in enumerate(MODES.items()):
        tasks.append(sign(mode, register=f"result_{number}", ignore_errors=True, **keywords))
        results[mode] = f"{{{{ result_{number} }}}}"
    save = {"name": "Save", "save": {"path": "{{ saved }}/results", "value": results}}
    environment = {"PYTHONPATH": str(hidden.parent)}
    return playbook_runner(base, module_home)([play(*tasks, save)], "-v", env=environment)


@pytest.mark.parametrize("way", MODES)
def test_a_missing_library_is_named(without_library, library, way):
    result = without_library.registered("results")[way]
    output = sections(without_library.output, "TASK")[way]
    name = {"jwt": "PyJWT"}.get(library, library)
    assert ("runs as an ordinary module" in output) == (way == "ordinary")
    assert result["failed"]
    assert f"Failed to import the required Python library ({name})" in result["msg"]
    assert os.path.dirname((way == "ordinary" and TARGET_PYTHON) or sys.executable) in result["msg"]


def test_timeout_ends_a_task_that_waits(run_playbook, tmp_path):
    folder = tmp_path / "project" / "keys"
    folder.mkdir(parents=True, mode=0o700)
    # As a second run that is at work in the folder.
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    waiting = task(
        "wait", "qscloud_keypair", {"directory": "keys", "size": 2048}, timeout=1, register="result", ignore_errors=True
    )
    run = run_playbook([play(waiting, {"save": {"path": "{{ saved }}/result", "value": "{{ result }}"}})])
    os.close(held)
    assert re.search("(?i)timed out|in the expected time", str(run.registered("result")["msg"]))
    assert not list(folder.iterdir())


def test_relative_paths_start_at_the_folder_of_the_playbook(tmp_path, home):
    run = playbook_runner(tmp_path, home)
    folder = tmp_path / "project" / "below"
    folder.mkdir()
    for mode, keywords in MODES.items():
        create = {"tenantops.qlik.qscloud_keypair": {"directory": mode, "size": 2048}, **keywords}
        (folder / "playbook.yml").write_text(yaml.safe_dump([play(create)]))
        run("below/playbook.yml")
        assert (folder / mode / "privatekey.pem").exists()
