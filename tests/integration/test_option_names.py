# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages name an option as the task has written it: by its name, or by the alias that qs-jwt's users know."""

from __future__ import annotations

import pytest
from plays import play, playbook_runner

USER = {"issuer": "acme", "subject": "x", "username": "X", "useremail": "x@y.z", "useremail_verified": True}
CASES = {
    "file that is missing": ("qscloud_jwt", {**USER, "cert_privatekey_file": "missing.pem"}, "cert_privatekey_file: "),
    "empty path": ("qscloud_jwt", {**USER, "cert_privatekey_file": ""}, "cert_privatekey_file "),
    "key as text": ("qscloud_jwt", {**USER, "cert_privatekey": "banana"}, "cert_privatekey "),
    "duration": ("qscloud_jwt", {**USER, "cert_privatekey": "banana", "expires": "soon"}, "expires "),
    "by its name": ("qscloud_jwt", {**USER, "private_key_content": "banana", "expires_in": "soon"}, "expires_in "),
    "user of a virtual proxy": ("qseow_jwt", {"userid": "", "userdir": "X", "cert_privatekey": "banana"}, "userid "),
    "days": ("qscloud_keypair", {"path": "keys", "cert_create_expires_days": 0}, "cert_create_expires_days "),
    "prefix": ("qscloud_keypair", {"path": "keys", "cert_file_prefix": "a/"}, "cert_file_prefix "),
    "folder": ("qscloud_keypair_info", {"path": ""}, "path "),
}
LOOKUP = "lookup('tenantops.qlik.qscloud_jwt', issuer='a', subject='b', cert_privatekey='banana')"


@pytest.fixture(scope="module")
def messages(tmp_path_factory, module_home):
    """What each task answered, by case, and the lookup."""
    tasks = []
    results = {}
    for name, (module, options, _beginning) in CASES.items():
        register = f"result_{len(tasks)}"
        tasks.append({f"tenantops.qlik.{module}": options, "register": register, "ignore_errors": True})
        results[name] = f"{{{{ {register}.msg }}}}"
    lookup = {"ansible.builtin.set_fact": {"token": f"{{{{ {LOOKUP} }}}}"}, "register": "lookup", "ignore_errors": True}
    results["lookup"] = "{{ lookup.msg }}"
    save = {"save": {"path": "{{ saved }}/results", "value": results}}
    run = playbook_runner(tmp_path_factory.mktemp("names"), module_home)
    return run([play(*tasks, lookup, save)]).registered("results")


@pytest.mark.parametrize("name", CASES)
def test_a_message_begins_with_what_was_written(messages, name):
    assert messages[name].startswith(CASES[name][2])


def test_so_does_that_of_the_lookup(messages):
    assert "cert_privatekey is not a private key" in messages["lookup"]
    assert "private_key_content" not in messages["lookup"]
