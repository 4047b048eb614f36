# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where keys are by default, and what keeps one variable from deleting the keys of all tenants."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

NAMES = [f"{letter}.eu.qlikcloud.com" for letter in "ab"]


@pytest.fixture
def provision(run_playbook: t.Callable[..., t.Any], tmp_path: t.Any) -> t.Callable[..., t.Any]:
    """Run ``provision`` for two tenants, whose inventory is in a folder of its own."""
    inventory = tmp_path / "inventory" / "hosts.yml"
    inventory.parent.mkdir()
    variables = {"tenant_jwt_key_size": 2048}
    inventory.write_text(yaml.safe_dump({"tenants": {"hosts": dict.fromkeys(NAMES), "vars": variables}}))
    return lambda *arguments, **keywords: run_playbook(
        "tenantops.qlik.provision", "-i", str(inventory), *arguments, **keywords
    )


def _private_keys(folder: t.Any) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("privatekey.pem"))


def test_keys_are_next_to_the_inventory_and_all_go_only_on_demand(provision, tmp_path, monkeypatch) -> None:
    provision()
    expected = [f"inventory/keys/{name}/privatekey.pem" for name in NAMES]
    assert _private_keys(tmp_path) == expected
    # The other tenant of the play is not absent, so this is no mistake.
    provision("-e", "tenant_jwt_state=absent", "--limit", NAMES[0])
    assert _private_keys(tmp_path) == expected[1:]
    provision()
    refused = provision("-e", "tenant_jwt_state=absent", check=False)
    assert _private_keys(tmp_path) == expected and refused.returncode
    assert len(set(re.findall(
        r"tenant_jwt_state is absent for several hosts of the play, such as ([ab])\.eu\.qlikcloud\.com: to delete the keys of"
        r" all of them, set tenant_jwt_allow_absent to true\.",
        refused.output.replace("\n", " "),
    ))) == 2  # fmt: skip
    provision("-e", "tenant_jwt_state=absent", "-e", "tenant_jwt_allow_absent=true")
    assert _private_keys(tmp_path) == []


@pytest.mark.thorough
def test_no_play_deletes_the_keys_of_all_because_of_its_variables(provision, run_playbook, tmp_path) -> None:
    inventory = ("-i", str(tmp_path / "inventory" / "hosts.yml"))
    provision()
    absent, role = {"tenant_jwt_state": "absent"}, "tenantops.qlik.tenant_jwt"
    keywords = {"hosts": "tenants", "connection": "local", "gather_facts": False}
    include = {"ansible.builtin.include_role": {"name": role}, "vars": absent}
    plays = [
        {**keywords, "vars": absent, "roles": [role]},
        {**keywords, "roles": [{"role": role, **absent}]},
        {**keywords, "tasks": [include]},
    ]
    for one in plays:
        run = run_playbook([one], *inventory, check=False)
        assert run.output.count("tenant_jwt_state is absent for several hosts of the play") >= len(NAMES)
        assert len(_private_keys(tmp_path)) == len(NAMES)
    run_playbook(plays[:1], *inventory, "--limit", NAMES[0])
    assert _private_keys(tmp_path) == [f"inventory/keys/{NAMES[1]}/privatekey.pem"]


@pytest.mark.thorough
def test_the_status_says_what_provision_would_refuse(provision, run_playbook, tmp_path) -> None:
    inventory = ("-i", str(tmp_path / "inventory" / "hosts.yml"))
    provision()
    key = ("-e", "tenant_jwt_api_key=the-api-key", "-e", "tenant_jwt_url=https://127.0.0.1:1")
    folder = ("-e", f"tenant_jwt_key_directory={tmp_path}/shared")
    refused = rf"({'|'.join(NAMES)}) and ({'|'.join(NAMES)}) share the key folder {tmp_path}/shared"
    warned = rf"^\[WARNING\]: ({'|'.join(NAMES)}) and ({'|'.join(NAMES)}) get the same API key: set tenant_jwt_api_key "
    for playbook, is_sent in (("provision", False), ("status", True)):
        for arguments, shares in ((key, False), (folder, True)):
            run = run_playbook(f"tenantops.qlik.{playbook}", *inventory, *arguments, check=False)
            assert bool(re.search(refused, " ".join(run.output.split()))) == shares, run.output
            assert len(re.findall(warned, run.output, re.M)) == (is_sent and not shares), run.output
            assert "the-api-key" not in run.output


@pytest.mark.thorough
def test_a_mistake_in_the_state_of_a_tenant_concerns_no_other(provision, tmp_path) -> None:
    hosts = tmp_path / "inventory" / "host_vars"
    hosts.mkdir()
    for name, state in zip(NAMES, ("absent", "{{ missing }}")):
        (hosts / name).write_text(yaml.safe_dump({"tenant_jwt_state": state}))
    run = provision(check=False)
    assert "1 unchanged, 0 changed, 1 failed" in run.output, run.output
    assert "The value of tenant_jwt_state cannot be determined" in run.output


@pytest.mark.thorough
def test_keys_that_an_earlier_release_put_elsewhere_are_found(provision, run_playbook, tmp_path) -> None:
    old = tmp_path / "project" / "keys" / NAMES[0]
    run_playbook("tenantops.qlik.provision", "-e", f"tenant_jwt_tenant={NAMES[0]}", "-e", "tenant_jwt_key_size=2048")
    before = (old / "privatekey.pem").read_bytes()
    provision()
    assert (old / "privatekey.pem").read_bytes() == before
    assert _private_keys(tmp_path) == [
        f"inventory/keys/{NAMES[1]}/privatekey.pem",
        f"project/keys/{NAMES[0]}/privatekey.pem",
    ]


@pytest.mark.thorough
def test_keys_are_not_inside_of_an_inventory_that_is_a_folder(run_playbook, tmp_path) -> None:
    folder = tmp_path / "inventories" / "production"
    folder.mkdir(parents=True)
    (folder / "hosts.yml").write_text(yaml.safe_dump({"tenants": {"hosts": {NAMES[0]: {"tenant_jwt_key_size": 2048}}}}))
    for changed in (True, False):
        run = run_playbook("tenantops.qlik.provision", "-i", str(folder))
        assert _private_keys(tmp_path) == [f"inventories/keys/{NAMES[0]}/privatekey.pem"]
        assert ("wrote privatekey.pem" in run.output) == changed and "WARNING" not in run.output


@pytest.mark.thorough
@pytest.mark.parametrize("playbook", ["provision", "status"])
@pytest.mark.parametrize("batch", ["x", "0", "10%%"])
def test_a_batch_that_is_no_number(run_playbook, playbook: str, batch: str) -> None:
    arguments = ("-i", f"{NAMES[0]},", "-e", f"{playbook}_group=all", "-e", f"{playbook}_batch={batch}")
    for more in ((), ("--limit", NAMES[0])):
        run = run_playbook(f"tenantops.qlik.{playbook}", *arguments, *more, check=False)
        assert run.returncode == 2 and "Traceback" not in run.output
        assert f"The size of a batch is {batch}: set it to a number of tenants" in run.output.replace("\n", " ")
