# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run inside Ansible's process, a module gives what it gives as an ordinary one, and stays out of the way otherwise."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest
from plays import MODES, TARGET_PYTHON, play, save

JWT = {"issuer": "acme", "subject": "x", "name": "X", "email": "x@y.z", "email_verified": True}


@pytest.fixture
def private_key(tmp_path):
    path = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    return str(path)


def task(module, options, name="result", **keywords):
    return {f"tenantops.qlik.{module}": options, "register": name, **keywords}


RANDOM = {"token", "iat", "nbf", "exp", "jti", "issued_at", "not_before", "expires_at"}


def without_random(value):
    if isinstance(value, dict):
        return {name: without_random(inner) for name, inner in value.items() if name not in RANDOM}
    return [without_random(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "options",
    [
        JWT,
        {**JWT, "expires_in": "365d"},
        {**JWT, "path": "token.jwt"},
        {**JWT, "groups": ["a", 1]},
        {**JWT, "banana": 1},
        {**JWT, "claims": {"n": 1, "t": True, "nothing": None, "text": "1", "nested": {"list": [1.5, "a"]}}},
        {**JWT, "name": 5, "email_verified": "yes"},
        {**JWT, "strict": True, "expires_in": "2h"},
        {"issuer": "acme", "private_key_passphrase": "a secret passphrase"},
    ],
)
def test_both_ways_give_the_same(run_playbook, private_key, options):
    options = {"private_key_path": private_key, **options}
    arguments = ["--diff", "-v"]
    results = {}
    for mode, keywords in MODES.items():
        one = task("qscloud_jwt", options, ignore_errors=True, **keywords)
        looped = task("qscloud_jwt", options | {"audience": "{{ item }}"}, "looped", ignore_errors=True, **keywords)
        checked = task("qscloud_jwt", options, "checked", ignore_errors=True, check_mode=True, **keywords)
        loop = {"loop": ["qlik.api/login/jwt-session", "another", "qlik.api/login/jwt-session"]}
        remove = {"ansible.builtin.file": {"path": "token.jwt", "state": "absent"}}
        names = ("result", "looped", "checked")
        run = run_playbook([play(remove, checked, one, looped | loop, *map(save, names))], *arguments)
        results[mode] = {name: without_random(run.registered(name)) for name in names}
        warnings = set(re.findall(r"\[WARNING\]: .*", run.output))
        results[mode]["warnings"] = {warning for warning in warnings if "discover" not in warning}
    # Which file system a relative path is on must not depend on the way either.
    assert results["in-process"] == results["ordinary"]


def test_keypair_both_ways_give_the_same(run_playbook, tmp_path):
    options = {"directory": "keys", "size": 2048, "common_name": "{{ 'a' ~ 'b' }}"}
    for mode, keywords in MODES.items():
        run = run_playbook([play(task("qscloud_keypair", options, **keywords), save("result"))], "--diff")
        result = run.registered("result")
        if mode == "in-process":
            assert result.pop("changed") and result.pop("actions") and result.pop("diff")
            first = result
    assert (tmp_path / "project" / "keys" / "privatekey.pem").exists()
    assert not result.pop("changed") and not result.pop("actions") and result.pop("diff")
    assert result == first


@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({"environment": {"A": "b"}}, "environment is set"),
        ({"become": True, "become_user": "nobody", "become_method": "ansible.builtin.su"}, "become is set"),
        ({"async": 30, "poll": 1}, "async is set"),
        ({"vars": {"ansible_python_interpreter": "/usr/bin/python3"}}, "the interpreter is /usr/bin/python3"),
        ({"vars": {"ansible_connection": "ansible.builtin.ssh"}, "delegate_to": "127.0.0.2"}, "the connection is"),
    ],
)
def test_anything_special_is_handed_to_an_ordinary_module(run_playbook, private_key, keywords, reason):
    one = task("qscloud_jwt", {**JWT, "private_key_path": private_key}, **keywords)
    run = run_playbook([play(one)], "-v", check=False)
    assert f"tenantops.qlik.qscloud_jwt runs as an ordinary module: {reason}" in run.output


@pytest.mark.parametrize("name", ["python", "python3"])
def test_the_controllers_own_python_stays_in_process(run_playbook, private_key, name):
    interpreter = str(pathlib.Path(sys.executable).with_name(name))
    one = task("qscloud_jwt", {**JWT, "private_key_path": private_key}, delegate_to="other")
    hosts = [
        {
            "ansible.builtin.add_host": {
                "name": "other",
                "ansible_connection": "local",
                "ansible_python_interpreter": interpreter,
            }
        }
    ]
    run = run_playbook([play(*hosts, one)], "-v")
    assert "ordinary module" not in run.output


def test_async_returns_the_token(run_playbook, private_key, home):
    one = task("qscloud_jwt", {**JWT, "private_key_path": private_key}, **{"async": 30, "poll": 1})
    # Where jobs write their results; by default ansible-core looks in another place than $HOME for it.
    run = run_playbook([play(one, save("result"))], env={"ANSIBLE_ASYNC_DIR": str(home / "async")})
    result = run.registered("result")
    assert result["finished"] and result["token"].count(".") == 2


def test_a_missing_internal_is_seen_and_told(run_playbook, private_key, tmp_path):
    # As an ansible-core would be that has renamed it.
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'ansible-playbook' in sys.argv[0]:\n"
        "    from ansible.module_utils import basic\n"
        "    del basic._ANSIBLE_ARGS\n"
    )
    one = task("qscloud_jwt", {**JWT, "private_key_path": private_key})
    run = run_playbook([play(one, save("result"))], "-v", env={"PYTHONPATH": str(site)})
    reason = "this ansible-core has no ansible.module_utils.basic._ANSIBLE_ARGS"
    assert f"tenantops.qlik.qscloud_jwt runs as an ordinary module: {reason}" in run.output
    assert run.registered("result")["token"]


@pytest.mark.parametrize("library", ["cryptography", "jwt"])
def test_a_missing_library_is_named(run_module, private_key, tmp_path, mode, library):
    hidden = tmp_path / "hidden" / library
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text(f"raise ImportError('No module named {library}')\n")
    result = run_module("qscloud_jwt", {**JWT, "private_key_path": private_key}, env={"PYTHONPATH": str(hidden.parent)})
    name = {"jwt": "PyJWT"}.get(library, library)
    assert result["failed"]
    assert f"Failed to import the required Python library ({name})" in result["msg"]
    assert os.path.dirname((mode == "ordinary" and TARGET_PYTHON) or sys.executable) in result["msg"]


def test_timeout_ends_a_task_that_waits(run_playbook, tmp_path):
    # A second run that holds the lock of the folder.
    folder = tmp_path / "project" / "keys"
    folder.mkdir(parents=True, mode=0o700)
    script = f"import fcntl, os, time; fcntl.flock(os.open({str(folder)!r}, 0), 2); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        one = task("qscloud_keypair", {"directory": "keys", "size": 2048}, timeout=1, ignore_errors=True)
        run = run_playbook([play(one, save("result"))])
        holder.kill()
    assert re.search("(?i)timed out|in the expected time", str(run.registered("result")["msg"]))
    assert not list(folder.iterdir())


def test_cryptography_is_imported_once_before_the_fork(run_playbook, private_key, tmp_path):
    trace = tmp_path / "site"
    trace.mkdir()
    (trace / "sitecustomize.py").write_text(
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'cryptography':\n"
        f"            import os; open({str(tmp_path / 'imports')!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "sys.meta_path.insert(0, Watch())\n"
    )
    tasks = [task("qscloud_jwt", {**JWT, "private_key_path": private_key}) for _number in range(3)]
    run_playbook([play(*tasks)], env={"PYTHONPATH": str(trace)})
    assert len((tmp_path / "imports").read_text().split()) == 1
