# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs of ansible-runner, alone and distributed in slices: where keys end up, and what is in their artifacts."""

from __future__ import annotations

import base64
import concurrent.futures
import io
import json
import re
import zipfile

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jobs import Artifacts, Runner, job

pytestmark = pytest.mark.thorough

PLAYBOOK = "tenantops.qlik.provision"
GUIDE = "docs/docsite/rst/guide_awx.rst"
TENANTS = [f"{letter}.eu.qlikcloud.com" for letter in "abcd"]
PASSPHRASE = "correct horse battery staple"
SECRET = "a secret in the environment"
ANNA = {"name": "Anna", "email": "a@b.c", "email_verified": True}
VARIABLES = {"tenant_jwt_key_size": 2048, "tenant_jwt_users": [ANNA]}
EXTRA = yaml.safe_dump({"tenant_jwt_private_key_passphrase": PASSPHRASE})
# The middle of a JWT in base64url; with the header in front, so that no other long text is taken for one.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{100,}")


@pytest.fixture
def runner(home):
    return Runner(home, {"SECRET": SECRET})


def key_folders(folder):
    """The tenants that have all their files there."""
    return sorted(path.parent.name for path in folder.glob("*/privatekey.pem") if len(list(path.parent.iterdir())) == 3)


def tells_nothing(folder, keys):
    """Whether no file below the folder holds a token, or a line of one of the keys below the other one."""
    everything = "".join(path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file())
    lines = [
        line for path in keys.glob("*/privatekey.pem") for line in path.read_text().splitlines() if len(line) == 64
    ]
    assert lines and "issuer" in everything.lower()
    return not TOKEN.search(everything) and not any(line in everything for line in lines)


def places(text, folder):
    """The files below a folder that hold this text."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and text in path.read_bytes().decode(errors="replace")
    }


def unpacked(stream, folder):
    """What a stream between ansible-runners carries: its lines of JSON in a file, and the files of its archives."""
    rest = []
    folder.mkdir()
    while match := re.search(rb'^\{"zipfile": (\d+)\}\n', stream, re.MULTILINE):
        end = match.end() + -(-int(match[1]) // 3) * 4
        zipfile.ZipFile(io.BytesIO(base64.b64decode(stream[match.end() : end], validate=True))).extractall(folder)
        rest.append(stream[: match.start()])
        stream = stream[end:]
    (folder / "lines").write_bytes(b"".join([*rest, stream]))
    return folder


def test_a_job_provisions_all_tenants(runner, tmp_path):
    data = job(tmp_path / "job", {name: {} for name in TENANTS[:3]}, VARIABLES, EXTRA)
    assert runner("run", data, "-p", PLAYBOOK, "-vvvvv").returncode == 0
    first = Artifacts.of(data)
    assert (first.rc, first.status) == (0, "successful")
    assert first.statistics["changed"] == {name: 1 for name in TENANTS[:3]}
    # The inventory is a folder, and the keys are beside it.
    assert key_folders(data / "keys") == TENANTS[:3]

    assert runner("run", data, "-p", PLAYBOOK).returncode == 0
    second = Artifacts.of(data)
    assert second.folder != first.folder and second.statistics["changed"] == {}

    assert tells_nothing(data / "artifacts", data / "keys")
    assert places(PASSPHRASE, data) == {"env/extravars"}
    # The runner itself writes down the environment of Ansible, and nothing else does.
    assert places(SECRET, data) == {f"artifacts/{run.folder.name}/command" for run in (first, second)}
    actions = {event["event_data"].get("task_action") for event in first.events if event["event"] == "runner_on_ok"}
    assert "tenantops.qlik.qscloud_tenant_jwt" in actions
    for path in data.glob("artifacts/*/fact_cache/*"):
        # Newer releases of ansible-core write a file even if there is nothing to keep.
        assert json.loads(path.read_text()) in ({}, {"__payload__": "{}"})


def test_a_tenant_that_fails_fails_the_job(runner, tmp_path):
    (tmp_path / "file").touch()
    hosts = {TENANTS[0]: {}, TENANTS[1]: {"tenant_jwt_key_directory": str(tmp_path / "file" / "keys")}}
    data = job(tmp_path / "job", hosts, VARIABLES, EXTRA)
    assert runner("run", data, "-p", PLAYBOOK, "-vvvvv").returncode != 0
    artifacts = Artifacts.of(data)
    assert artifacts.rc != 0 and artifacts.status == "failed"
    assert key_folders(data / "keys") == TENANTS[:1]
    assert tells_nothing(data / "artifacts", data / "keys")

    # On the way back to where the job came from, its exit status is lost: only the artifacts have it.
    transmitted = runner("transmit", data, "-p", PLAYBOOK)
    worked = runner("worker", stdin=transmitted.stdout)
    assert worked.returncode != 0
    assert runner("process", tmp_path / "back", stdin=worked.stdout).returncode == 0
    artifacts = Artifacts.of(tmp_path / "back")
    assert artifacts.rc != 0 and artifacts.status == "failed"


def run_slices(runner, folder, hosts, variables):
    """Distribute a job over two workers, and return what went there and what came back."""

    def run_slice(number):
        data = job(folder / f"slice{number}", hosts, variables, EXTRA, slice_of=(number, 2))
        transmitted = runner("transmit", data, "-p", PLAYBOOK, "-vvvvv")
        worked = runner("worker", stdin=transmitted.stdout)
        processed = runner("process", data, stdin=worked.stdout)
        assert (transmitted.returncode, processed.returncode) == (0, 0), processed.stderr
        there = unpacked(transmitted.stdout, folder / f"there{number}")
        back = unpacked(worked.stdout, folder / f"back{number}")
        return Artifacts.of(data), there, back

    with concurrent.futures.ThreadPoolExecutor() as executor:
        return list(executor.map(run_slice, (1, 2)))


def test_slices_provision_all_tenants(runner, tmp_path):
    keys = tmp_path / "volume"
    variables = {**VARIABLES, "tenant_jwt_key_directory": f"{keys}/{{{{ inventory_hostname }}}}"}
    hosts = {name: {} for name in TENANTS}
    for attempt, changed in (("first", 1), ("second", 0)):
        slices = run_slices(runner, tmp_path / attempt, hosts, variables)
        for number, (artifacts, there, back) in enumerate(slices):
            its = TENANTS[number::2]
            assert (artifacts.rc, artifacts.status) == (0, "successful")
            assert artifacts.statistics["changed"] == ({name: changed for name in its} if changed else {})
            assert set(artifacts.statistics["ok"]) - {"localhost"} == set(its)
            assert tells_nothing(artifacts.folder, keys) and tells_nothing(back, keys)
            # There go the inventory and the variables that the job needs.
            assert places(PASSPHRASE, there) == {"env/extravars"} and places(PASSPHRASE, back) == set()
            assert places("PRIVATE KEY", there) == set()
            assert places("PRIVATE KEY", back) == set()
        assert key_folders(keys) == TENANTS


def test_a_slice_does_not_see_tenants_of_another_that_share_a_key(runner, tmp_path):
    variables = {**VARIABLES, "tenant_jwt_key_directory": str(tmp_path / "shared")}
    hosts = {name: {} for name in TENANTS[:2]}
    data = job(tmp_path / "whole", hosts, variables, EXTRA)
    # This is how the guide says to find out beforehand.
    assert runner("run", data, "-p", PLAYBOOK, "--cmdline=--check").returncode != 0
    assert f"{TENANTS[0]} and {TENANTS[1]} share the key folder" in " ".join(Artifacts.of(data).stdout.split())
    slices = run_slices(runner, tmp_path / "slices", hosts, variables)
    assert [artifacts.rc for artifacts, _there, _back in slices] == [0, 0]


def test_a_slice_without_a_tenant_fails(runner, tmp_path):
    # AWX slices all hosts of the inventory: those of a slice may all be outside of the group.
    data = job(tmp_path / "job", {}, VARIABLES)
    assert runner("run", data, "-p", PLAYBOOK).returncode != 0
    assert Artifacts.of(data).status == "failed"


@pytest.mark.parametrize(
    ("options", "stays"),
    [((), False), (("--private-data-dir", "worker"), True), (("--private-data-dir", "worker", "--delete"), False)],
    ids=["temporary", "folder", "deleted"],
)
def test_keys_are_left_with_the_worker_or_lost(runner, home, tmp_path, options, stays):
    data = job(tmp_path / "job", {TENANTS[0]: {}}, VARIABLES)
    options = [str(home / "worker") if option == "worker" else option for option in options]
    worked = runner("worker", *options, stdin=runner("transmit", data, "-p", PLAYBOOK).stdout)
    assert worked.returncode == 0
    runner("process", data, stdin=worked.stdout)
    assert Artifacts.of(data).statistics["changed"] == {TENANTS[0]: 1}
    assert list(tmp_path.rglob("*.pem")) == []
    assert key_folders(home / "worker" / "keys") == (TENANTS[:1] if stays else [])
    assert bool(list(home.rglob("*.pem"))) == stays


def test_keys_below_the_private_data_directory_go_to_the_worker(runner, tmp_path):
    data = job(tmp_path / "job", {TENANTS[0]: {}}, VARIABLES)
    key = data / "keys" / TENANTS[0] / "privatekey.pem"
    key.parent.mkdir(parents=True)
    key.write_text("PRIVATE KEY")
    there = unpacked(runner("transmit", data, "-p", PLAYBOOK).stdout, tmp_path / "there")
    assert places("PRIVATE KEY", there) == {f"keys/{TENANTS[0]}/privatekey.pem"}


def shown(key):
    """The block of YAML in the guide that begins with this key."""
    # It needs docutils, which is not there where only the tests of `make test` run.
    import documented

    (text,) = [block.text for block in documented.blocks(GUIDE) if re.match(rf"(- )?{key}:", block.text)]
    return yaml.safe_load(text)


def unsafe_yaml(variables):
    """Extra variables as AWX writes those of a credential: their text is never taken for a template."""

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))
    return yaml.dump(variables, Dumper=Dumper)


def credential(values):
    """The extra variables of a job with this credential, rendered as AWX does."""
    assert set(shown("fields")["required"]) == {field["id"] for field in shown("fields")["fields"]} == set(values)
    render = ImmutableSandboxedEnvironment().from_string
    return unsafe_yaml({name: render(text).render(values) for name, text in shown("extra_vars")["extra_vars"].items()})


@pytest.fixture
def registered(run_playbook, tmp_path, simulator):
    """Tenants whose keys have been made on a machine that keeps them, as hosts and variables, and the credential."""
    hosts = {name: {"tenant_jwt_url": url} for name, url in zip(TENANTS, simulator.urls[:2], strict=False)}
    variables = {**VARIABLES, "tenant_jwt_register_idp": True, "tenant_jwt_ca_path": simulator.ca_path}
    secrets = {"tenant_jwt_api_key": simulator.api_key, "tenant_jwt_private_key_passphrase": PASSPHRASE}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": variables | secrets}}))
    run_playbook(PLAYBOOK, "-i", str(inventory))
    values = {
        "api_keys": yaml.safe_dump(dict.fromkeys(hosts, simulator.api_key)),
        "private_keys": yaml.safe_dump(
            {path.parent.name: path.read_text() for path in tmp_path.glob("keys/*/privatekey.pem")}
        ),
        "passphrase": PASSPHRASE,
    }
    return hosts, variables, values


def test_a_job_with_the_credential_of_the_guide(runner, registered, simulator, tmp_path):
    hosts, variables, values = registered
    before = [simulator.jwt_providers(url) for url in simulator.urls[:2]]
    assert [len(providers) for providers in before] == [1, 1]
    hosts[TENANTS[2]] = {"tenant_jwt_url": simulator.urls[2]}  # its keys have been forgotten
    data = job(tmp_path / "job", hosts, variables | shown("tenant_jwt_api_key"), credential(values))
    (data / "project" / "provision.yml").write_text(yaml.safe_dump(shown("name")))
    assert runner("run", data, "-p", "provision.yml", "-vvvvv").returncode != 0
    artifacts = Artifacts.of(data)
    assert artifacts.statistics["changed"] == {}
    assert artifacts.statistics["failures"] == {TENANTS[2]: 1} and artifacts.statistics["ignored"] == {}
    # The providers have been looked at, and are as they were.
    assert [simulator.jwt_providers(url) for url in simulator.urls[:2]] == before
    assert all(simulator.recorded(url)[-1]["method"] == "GET" for url in simulator.urls[:2])
    assert simulator.recorded(simulator.urls[2]) == []
    assert not (data / "keys").exists()
    assert tells_nothing(data / "artifacts", tmp_path / "keys")
    for secret in (PASSPHRASE, simulator.api_key):
        assert places(secret, data) == {"env/extravars"}
