# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is printed next to the results of Ansible's callback: text, diffs, and nothing that breaks JSON."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from ansible import constants as C
from ansible.plugins.loader import callback_loader
from ansible.utils import color
from ansible.utils.display import Display
from fleet import FILES
from plays import ANSIBLE_PLAYBOOK, environment, play

from ansible_collections.tenantops.qlik.plugins.plugin_utils import _terminal

TENANT = "acme.eu.qlikcloud.com"
ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
OWN_CALLBACK = """
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "stdout"
    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps({host: stats.summarize(host) for host in stats.processed}))
"""


# ---- Without a playbook


@pytest.fixture
def callback(request, monkeypatch, tmp_path):
    """The configured callback; the user's own one is written first."""
    if request.param == "my_own":
        (tmp_path / "my_own.py").write_text(OWN_CALLBACK)
        callback_loader.add_directory(str(tmp_path))
    monkeypatch.setattr(C, "DEFAULT_STDOUT_CALLBACK", request.param)
    return request.param


@pytest.mark.parametrize(
    ("callback", "stream"),
    [("default", "out"), ("minimal", "out"), ("oneline", "out"), ("my_own", "err")],
    indirect=["callback"],
)
def test_only_what_shows_text_shares_standard_output(callback, stream, capsys):
    _terminal.say(Display(), "a text")
    printed = capsys.readouterr()
    assert getattr(printed, stream) == "a text\n" and printed.out + printed.err == "a text\n", callback


DIFFS = {
    "unchanged": ([{"before": {"a": 1}, "after": {"a": 1}, "before_header": "x", "after_header": "x"}] * 5, []),
    "none": ([], []),
    "one of two": (
        [
            {"before": {}, "after": {}},
            {"before": {"a": 1}, "after": {"a": 2}, "before_header": "x", "after_header": "y"},
        ],
        ["\033[0;31m--- before: x", "\033[0;32m+++ after: y", '\033[0;31m-    "a": 1', '\033[0;32m+    "a": 2'],
    ),
}


@pytest.mark.parametrize("name", DIFFS)
def test_diffs_look_as_those_of_ansible(monkeypatch, capsys, name):
    monkeypatch.setattr(color, "ANSIBLE_COLOR", True)
    diffs, lines = DIFFS[name]
    before = json.dumps(diffs)
    _terminal.say_diffs(Display(), diffs)
    printed = capsys.readouterr().out
    assert json.dumps(diffs) == before
    assert bool(printed) == bool(lines)
    assert all(line in printed for line in lines), printed


# ---- With playbooks


def run(project, home, playbook, callback, *options):
    """Run a playbook with this callback, with standard output and standard error apart."""
    env = environment(home) | {"ANSIBLE_STDOUT_CALLBACK": callback}
    command = [ANSIBLE_PLAYBOOK, playbook, "--diff", "-e", "tenant_jwt_key_size=2048", *options]
    finished = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    return finished.returncode, finished.stdout, finished.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with a playbook for the role."""
    folder = tmp_path_factory.mktemp("project")
    variables = {"tenant_jwt_tenant": TENANT, "tenant_jwt_users": [ANNA]}
    role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
    (folder / "role.yml").write_text(yaml.safe_dump([play(role, vars=variables)]))
    return folder


TEXT = ("ansible.builtin.default", "minimal", "ansible.posix.debug", "community.general.unixy")
OTHERS = ("ansible.posix.json", "ansible.posix.jsonl", "community.general.selective")


@pytest.fixture(scope="module")
def printed(request, project, module_home):
    """What the role printed with a callback, for a new tenant and then for an unchanged one."""
    callback = request.param
    folder = project / "keys" / callback
    options = ("-e", f"tenant_jwt_key_directory={folder}")
    return folder, [run(project, module_home, "role.yml", callback, *options) for _run in range(2)]


@pytest.mark.thorough
@pytest.mark.parametrize("printed", TEXT + OTHERS, indirect=True)
def test_every_callback_shows_what_changes_and_what_to_enter(printed):
    folder, runs = printed
    (returncode, output, errors), (returncode_again, output_again, errors_again) = runs
    assert returncode == returncode_again == 0
    assert f"Issuer: {TENANT}\n" in output + errors
    # In the diff, a fingerprint stands for it.
    assert (output + errors).count("BEGIN CERTIFICATE") == 1
    assert "Issuer" not in output_again + errors_again
    assert f"before: key pair {folder}/{FILES[0]}\n" in output + errors
    assert "before" not in output_again + errors_again
    assert "\n\n\n" not in output_again + errors_again


@pytest.mark.thorough
@pytest.mark.parametrize("printed", TEXT + OTHERS, indirect=True)
def test_what_is_not_of_the_callback_is_where_it_breaks_nothing(printed, request):
    _folder, runs = printed
    callback = request.node.callspec.params["printed"]
    _code, output, errors = runs[0]
    assert ("Issuer:" in output) == (callback in TEXT) and ("Issuer:" in errors) == (callback in OTHERS)
    for name in FILES:
        assert (f"wrote {name}: it was missing\n" in output) == (callback in TEXT)
    for _code, output, errors in runs:
        assert "wrote " not in errors
        if callback == "ansible.posix.json":
            assert json.loads(output)["stats"]["localhost"]["failures"] == 0
        if callback == "ansible.posix.jsonl":
            assert all(json.loads(line)["_event"] for line in output.splitlines())
    assert "wrote " not in output and "kept " not in output


@pytest.mark.thorough
def test_a_program_gets_steps_and_recap_as_data(project, module_home):
    arguments = ("tenantops.qlik.provision", "ansible.posix.json", "-e", f"tenant_jwt_tenant={TENANT}")
    returncode, output, errors = run(project, module_home, *arguments)
    assert returncode == 0
    tasks = {task["task"]["name"]: task["hosts"] for one in json.loads(output)["plays"] for task in one["tasks"]}
    recap = tasks["Recap"][TENANT]
    assert recap["failed_tenants"] == [] and recap["limit"] == ""
    assert recap["tenants"][TENANT]["status"] == "changed"
    assert "1 changed, 0 failed." in errors
    steps = tasks["Provision the tenant"][TENANT]["steps"]
    assert recap["tenants"][TENANT]["steps"] == steps
    folder = project / "keys" / TENANT
    assert [(step["object"], step["action"], step["reason"], step["id"], step["changed"]) for step in steps] == [
        (kind, "write", "it was missing", str(folder / name), True)
        for kind, name in zip(("private_key", "public_key", "certificate"), FILES)
    ]
    assert [step["text"] for step in steps] == [f"wrote {name}: it was missing" for name in FILES]
    returncode, output, _errors = run(project, module_home, *arguments, "-e", "tenant_jwt_key_size=4096")
    assert returncode != 0
    tasks = {task["task"]["name"]: task["hosts"] for one in json.loads(output)["plays"] for task in one["tasks"]}
    recap = tasks["Recap"][TENANT]
    assert recap["failed_tenants"] == [TENANT] and recap["limit"] == TENANT
    message = tasks["Fail the tenant"][TENANT]["msg"]
    assert "has 2048 bits" in message and recap["tenants"][TENANT]["msg"] == message
