# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole playbook with the role, killed at random moments: no key is lost, and the next run sets everything right.

PLAYBOOK_KILLS: how many times, 8 if it is not given. SEED: the seed that a failed test has printed.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import time

import pytest
import yaml
from plays import ANSIBLE_PLAYBOOK, environment, kill_all, play, playbook_runner

KILLS = int(os.environ.get("PLAYBOOK_KILLS", "8"))
SEED = int(os.environ.get("SEED", random.randrange(10**9)))
TENANTS = [f"{letter}.eu.qlikcloud.com" for letter in "abc"]
ROLE = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
USER = {"name": "Anna", "email": "a@b.c", "email_verified": True}
STEPS = {
    "renewal": {"tenant_jwt_certificate_days": 400},
    "second key": {"tenant_jwt_keys": [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]},
    "removal": {"tenant_jwt_state": "absent"},
    "nothing": {},
}


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def plays(variables):
    inventory = {"tenants": {"hosts": dict.fromkeys(TENANTS, {})}}
    common = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [USER], "tenant_jwt_show_idp": "never"}
    common["tenant_jwt_allow_absent"] = True
    return inventory, [play(ROLE, hosts="tenants", vars={**common, **variables})]


def private_keys(project):
    """All private keys with a final name, backups included; each is whole, and nobody else may read it."""
    keys = set()
    for path in project.glob("keys/*/*privatekey.pem*"):
        assert path.stat().st_mode & 0o777 == 0o600, path
        if not path.name.startswith("."):
            openssl("pkey", "-noout", "-in", str(path))
            keys.add(path.read_bytes())
    return keys


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory, module_home):
    """The keys of tenants after their first run, and how many seconds it took."""
    base = tmp_path_factory.mktemp("provisioned")
    run = playbook_runner(base, module_home)
    inventory, playbook = plays({})
    (base / "project" / "inventory.yml").write_text(yaml.safe_dump(inventory))
    started = time.monotonic()
    run(playbook, "-i", "inventory.yml")
    return base / "project" / "keys", time.monotonic() - started


@pytest.mark.parametrize("first", STEPS)
def test_playbook_that_is_killed(first, provisioned, run_playbook, tmp_path, home):
    print(f"SEED={SEED}")
    dice = random.Random(f"{SEED} {first}")
    project = tmp_path / "project"
    keys_before, duration = provisioned
    # Without keys, a run with nothing special creates them.
    if first != "nothing":
        shutil.copytree(keys_before, project / "keys")
    keys = private_keys(project)
    for number in range(-(-KILLS // len(STEPS))):
        what = first if number == 0 else dice.choice(list(STEPS))
        inventory, playbook = plays(STEPS[what])
        (project / "inventory.yml").write_text(yaml.safe_dump(inventory))
        (project / "playbook.yml").write_text(yaml.safe_dump(playbook))
        command = [ANSIBLE_PLAYBOOK, "-i", "inventory.yml", "playbook.yml"]
        process = subprocess.Popen(
            command, cwd=project, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # What comes before takes half of the time, and changes nothing.
        moment = dice.uniform(duration / 2, duration)
        print(f"{number}: {what}, killed after {moment:.3f} seconds")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        kill_all(home)
        process.wait()
        assert keys <= private_keys(project), "a private key is gone"
        keys = private_keys(project)
        assert list(project.glob("keys/*/*publickey*")) == [] or keys

        # A second play, to see that nothing is left to do for it.
        run = run_playbook([*playbook, {**playbook[0], "name": "Again"}], "-i", "inventory.yml")
        again = run.output.partition("PLAY [Again]")[2].partition("PLAY RECAP")[0]
        assert [again.count(f"ok: [{tenant}]") > 0 for tenant in TENANTS] == [True] * len(TENANTS)
        assert "changed: [" not in again
        assert keys <= private_keys(project), "a private key is gone"
        keys = private_keys(project)
        assert list(project.rglob("*.tmp")) == []
        for tenant in TENANTS:
            prefixes = {"removal": [], "second key": ["new_"]}.get(what, [""])
            for prefix in prefixes:
                folder = project / "keys" / tenant
                certificate = folder / f"{prefix}publickey.cer"
                public = openssl("pkey", "-pubout", "-in", str(folder / f"{prefix}privatekey.pem"))
                assert (folder / f"{prefix}publickey.pem").read_bytes() == public
                assert openssl("x509", "-noout", "-pubkey", "-in", str(certificate)) == public
                days = 400 if what == "renewal" else 365
                openssl("x509", "-noout", "-checkend", str((days - 1) * 86400), "-in", str(certificate))
