# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret gets out: not on the terminal, in logs, on the command line, or in files that are left behind."""

from __future__ import annotations

import pathlib
import re
import subprocess
import threading
import time

import pytest
from joserfc import jwk
from plays import MODES, play, save
from secret_hunt import NO_SYSTEM_LOG, system_log

pytestmark = pytest.mark.thorough

PASSPHRASE = "correct horse battery staple"
ROLE = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
# The middle of a JWT in base64url; with the header in front, so that no other long text is taken for one.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{100,}")


@pytest.fixture
def private_key(tmp_path):
    path = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    return path


def pieces(pem):
    """Each line of a key by itself: line breaks may come out as anything."""
    return [line for line in pem.splitlines() if len(line) == 64]


def all_text_below(*folders):
    return "\n".join(
        path.read_bytes().decode(errors="replace") for folder in folders for path in folder.rglob("*") if path.is_file()
    )


class ProcessList(threading.Thread):
    """Command lines of a playbook's processes, known by their home directory: other tests run beside it."""

    def __init__(self, home):
        super().__init__(daemon=True)
        self.mark = f"HOME={home}".encode()
        self.seen = set()
        self.stop = False

    def run(self):
        while not self.stop:
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    if self.mark in (process / "environ").read_bytes().split(b"\0"):
                        self.seen.add((process / "cmdline").read_bytes().decode(errors="replace"))
                except OSError:
                    continue
            time.sleep(0.005)


@pytest.mark.parametrize("verbosity", ["-v", "-vvvvv"])
def test_a_plain_playbook_tells_nothing(run_playbook, mode, private_key, tmp_path, home, verbosity):
    sign = {
        "tenantops.qlik.qscloud_jwt": {
            "private_key_content": "{{ lookup('ansible.builtin.env', 'KEY') }}",
            "issuer": "acme",
            "subject": "x",
            "path": "token.jwt",
        },
        "register": "token",
    }
    create = {
        "tenantops.qlik.qscloud_keypair": {"directory": "keys", "size": 2048, "passphrase": PASSPHRASE},
        "register": "keypair",
    }
    sign_with_passphrase = {
        "tenantops.qlik.qscloud_jwt": {
            "private_key_path": "{{ keypair.private_key_path }}",
            "private_key_passphrase": PASSPHRASE,
            "issuer": "acme",
            "subject": "x",
        },
        "loop": [1, 2],
        "register": "looped",
    }
    wrong = {
        "tenantops.qlik.qscloud_jwt": {
            **sign["tenantops.qlik.qscloud_jwt"],
            "private_key_passphrase": PASSPHRASE,
            "groups": [1],
        },
        "ignore_errors": True,
    }
    tasks = [task | MODES[mode] for task in (create, sign, sign_with_passphrase, wrong)]
    processes = ProcessList(home)
    processes.start()
    log = home / "ansible.log"
    run = run_playbook(
        [play(*tasks, save("token"), save("looped"))],
        verbosity,
        "--diff",
        env={
            "KEY": private_key.read_text(),
            "ANSIBLE_LOG_PATH": str(log),
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
            "ANSIBLE_RETRY_FILES_ENABLED": "true",
        },
    )
    processes.stop = True
    processes.join()

    # The test can see what it looks for: the processes and the tokens are there.
    assert any("ansible-playbook" in command for command in processes.seen)
    assert TOKEN.fullmatch(run.registered("token")["token"])
    assert all(TOKEN.fullmatch(result["token"]) for result in run.registered("looped")["results"])
    (tmp_path / "project" / "playbook.yml").unlink()  # holds the passphrase itself

    signatures = [result["token"].rsplit(".", 1)[1] for result in run.registered("looped")["results"]]
    numbers = jwk.RSAKey.import_key(private_key.read_text()).as_dict(private=True)
    secrets = [*pieces(private_key.read_text()), PASSPHRASE, *signatures, numbers["d"]]
    places = {
        "output": run.output,
        "left behind": all_text_below(home),
        "log": log.read_text(),
        "process list": "\n".join(processes.seen),
    }
    for place, text in places.items():
        assert not TOKEN.search(text), place
        for secret in secrets:
            assert secret not in text, place


def test_the_role_tells_nothing(run_playbook, private_key, home, tmp_path):
    user = {"name": "Anna", "email": "a@b.c", "email_verified": True}
    for variables in (
        {"tenant_jwt_private_key_passphrase": PASSPHRASE},
        {"tenant_jwt_private_key_content": "{{ lookup('ansible.builtin.env', 'KEY') }}"},
    ):
        variables = {"tenant_jwt_tenant": "acme", "tenant_jwt_key_size": 2048, "tenant_jwt_users": [user], **variables}
        run = run_playbook(
            [play(ROLE, save("tenant_jwt_tokens"), vars=variables)],
            "-vvvvv",
            "--diff",
            env={
                "KEY": private_key.read_text(),
                "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
            },
        )
        assert TOKEN.fullmatch(run.registered("tenant_jwt_tokens")["a@b.c"])
        for text in (run.output, all_text_below(home)):
            assert not TOKEN.search(text)
            assert PASSPHRASE not in text
            assert not any(piece in text for piece in pieces(private_key.read_text()))


def test_the_role_tells_nothing_when_its_variables_are_wrong(run_playbook, private_key):
    variables = {
        "tenant_jwt_tenant": "acme",
        "tenant_jwt_private_key_content": "{{ lookup('ansible.builtin.env', 'KEY') }}",
        "tenant_jwt_private_key_passphrase": PASSPHRASE,
        "tenant_jwt_key_size": "banana",
    }
    run = run_playbook([play(ROLE, vars=variables)], "-vvvvv", env={"KEY": private_key.read_text()}, check=False)
    assert run.returncode != 0 and "tenant_jwt_key_size" in run.output
    assert PASSPHRASE not in run.output
    assert not any(piece in run.output for piece in pieces(private_key.read_text()))


def test_the_line_in_the_system_log(run_playbook, private_key):
    options = {
        "cert_privatekey": "{{ lookup('ansible.builtin.env', 'KEY') }}",
        "private_key_passphrase": PASSPHRASE,
        "issuer": "acme",
        "subject": "x",
    }
    # In both ways, one after the other: there is one system log.
    tasks = [{"tenantops.qlik.qscloud_jwt": options, "ignore_errors": True, **way} for way in MODES.values()]
    with system_log() as lines:
        if lines is None:
            pytest.skip(NO_SYSTEM_LOG)
        run_playbook([play(*tasks)], env={"KEY": private_key.read_text()})
    ours = "\n".join(line for line in lines if "qscloud_jwt" in line)
    assert ours.count("Invoked with") >= 2 and "issuer=acme" in ours
    assert PASSPHRASE not in ours
    assert not any(piece in ours for piece in pieces(private_key.read_text()))


def test_nothing_is_left_in_temporary_folders(run_playbook, mode, private_key, home):
    options = {"private_key_path": str(private_key), "issuer": "acme", "subject": "x"}
    run_playbook([play({"tenantops.qlik.qscloud_jwt": options, **MODES[mode]})])
    left = [path for path in home.rglob("*") if path.is_file()]
    assert left == []
