# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role with keys in each key store: the main job twice. With OpenBao, check mode, a fleet and what is refused."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import forked
import openbao as bao
import pytest
import simulator as tenant_simulator
from joserfc import jwk, jwt
from plays import Run, play, playbook_runner, snapshot
from side_by_side import ROLE, Runner, Tenant
from store_proxy import Proxy
from tenant_client import Client

if t.TYPE_CHECKING:
    from key_stores import KeyStore

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1"]}
FLEET = [f"t{number}.eu.qlikcloud.com" for number in range(20)]
SPELLING = "hashivault://transit/{{ tenant_jwt_tenant }}-{prefix}"
FACTS = ("tenant_jwt_token", "tenant_jwt_idp", "tenant_jwt_key_pairs", "tenant_jwt_changed")

# Hosts, and what they have of their own.
BY_HAND = {"by-hand.eu.qlikcloud.com": {"tenant_jwt_private_key_uri": "hashivault://{prefix}{{ inventory_hostname }}"}}
REGISTERED = {"registered.eu.qlikcloud.com": {"tenant_jwt_private_key_uri": SPELLING}}
SHARING = {f"shares-{name}": {"tenant_jwt_private_key_uri": "hashivault://shared-{prefix}"} for name in "ab"}
REFUSED = {"refused": {"tenant_jwt_private_key_uri": SPELLING, "tenant_jwt_keys": [{}]}}

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


class Stage(t.NamedTuple):
    """What a playbook did."""

    run: Run
    facts: dict[str, dict[str, t.Any]]
    files: dict[str, t.Any]
    requests: list[str]
    """Those that the store got."""
    providers: list[dict[str, t.Any]]


@pytest.fixture(scope="module")
def proxy(openbao: bao.OpenBao) -> t.Iterator[Proxy]:
    """Stands before the server."""
    running = Proxy(openbao)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared_tenant() -> t.Iterator[tenant_simulator.Simulator]:
    """A simulated tenant for all stages."""
    running = tenant_simulator.start("--tenants=1")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stages(
    tmp_path_factory: pytest.TempPathFactory,
    module_home: pathlib.Path,
    openbao: bao.OpenBao,
    proxy: Proxy,
    shared_tenant: tenant_simulator.Simulator,
) -> dict[str, Stage]:
    """The runs of the role, one after the other."""
    base = tmp_path_factory.mktemp("stored")
    run = playbook_runner(base, module_home)
    registered = {
        "tenant_jwt_register_idp": True,
        "tenant_jwt_auto_create_groups": True,
        "tenant_jwt_verify_login": "changed",
        "tenant_jwt_url": shared_tenant.url,
        "tenant_jwt_ca_path": shared_tenant.ca_path,
        "tenant_jwt_api_key": "{{ lookup('ansible.builtin.env', 'API_KEY') }}",
    }
    fleet = {host: {"tenant_jwt_private_key_uri": SPELLING} for host in FLEET}
    hosts = {**BY_HAND, **{host: its | registered for host, its in REGISTERED.items()}, **fleet, **SHARING, **REFUSED}
    inventory = {
        "all": {
            "hosts": hosts,
            "children": {"tenants": {"hosts": dict.fromkeys(REGISTERED, {})}},
            "vars": {
                "tenant_jwt_tenant": "{{ inventory_hostname }}",
                "tenant_jwt_keys": [{"prefix": "k1"}],
                "tenant_jwt_key_size": 2048,
                "tenant_jwt_users": [ANNA],
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            },
        }
    }
    (base / "project" / "inventory.json").write_text(json.dumps(inventory))
    variables = {"VAULT_ADDR": proxy.url, "VAULT_TOKEN": openbao.token, "VAULT_CACERT": openbao.ca_path}
    found = {}

    def stage(name: str, limit: t.Iterable[str], *options: str, check: bool = True, playbook: str = "") -> None:
        proxy.requests.clear()
        facts = {fact: f"{{{{ {fact} | default(none) }}}}" for fact in FACTS}
        save = {"save": {"path": f"{{{{ saved }}}}/{name}-{{{{ inventory_hostname }}}}", "value": facts}}
        arguments = ("-i", "inventory.json", "--forks=5", f"--limit={','.join(limit)}", *options)
        env = {**variables, "API_KEY": shared_tenant.api_key}
        finished = run(playbook or [play(ROLE, save, hosts="all")], *arguments, env=env, check=check)
        saved = {
            host: json.loads(path.read_text()) for host in limit if (path := base / "saved" / f"{name}-{host}").exists()
        }
        files = snapshot(base / "project" / "keys") if (base / "project" / "keys").exists() else {}
        found[name] = Stage(finished, saved, files, list(proxy.requests), shared_tenant.jwt_providers())

    main = [*BY_HAND, *REGISTERED]
    stage("check", main, "--check", "--diff")
    stage("first", main, "--diff", "-vvvvv")
    stage("second", main, "--diff", "-v")
    stage("provision", ["localhost", *REGISTERED], playbook="tenantops.qlik.provision")
    stage("status", ["localhost", *REGISTERED], playbook="tenantops.qlik.status")
    stage("always", BY_HAND, "-e", "tenant_jwt_show_idp=always")
    stage("fleet", FLEET)
    stage("fleet again", FLEET)
    stage("refused", [*SHARING, *REFUSED], check=False)
    return found


def changed(stage: Stage) -> set[str]:
    """The hosts that have changed something."""
    recap = stage.run.output.rpartition("PLAY RECAP")[2]
    return set(re.findall(r"^(\S+) +: .*\bchanged=[1-9]", recap, re.M))


def test_the_main_job(
    stages: dict[str, Stage], openbao: bao.OpenBao, shared_tenant: tenant_simulator.Simulator
) -> None:
    first = stages["first"]
    assert changed(first) == {*BY_HAND, *REGISTERED} and changed(stages["second"]) == set()
    for host, key in (
        ("by-hand.eu.qlikcloud.com", "k1by-hand.eu.qlikcloud.com"),
        (*REGISTERED, f"{[*REGISTERED][0]}-k1"),
    ):
        public_key = jwk.RSAKey.import_key(openbao.public_key(key))
        for stage in (first, stages["second"]):
            token = jwt.decode(stage.facts[host]["tenant_jwt_token"], public_key, algorithms=["RS256"])
            (pair,) = stage.facts[host]["tenant_jwt_key_pairs"]
            assert token.header["kid"] == pair["key_id"] == public_key.thumbprint() and token.claims["iss"] == host
            assert pair["private_key_path"] is None and pair["prefix"] == "k1"
            assert pair["private_key_uri"] == f"hashivault://transit/{key}?version=1"
            assert stage.facts[host]["tenant_jwt_idp"]["public_key"] == openbao.public_key(key)
    (provider,) = first.providers
    assert stages["second"].providers == first.providers
    token = stages["second"].facts[[*REGISTERED][0]]["tenant_jwt_token"]
    assert Client(shared_tenant.url, shared_tenant.ca_path, shared_tenant.api_key).login(token).status_code == 200
    assert provider["options"]["staticKeys"][0]["kid"] == pair["key_id"]


def test_the_certificate_is_printed_when_it_is_new_or_wanted(stages: dict[str, Stage]) -> None:
    certificate = stages["first"].facts["by-hand.eu.qlikcloud.com"]["tenant_jwt_idp"]["certificate"]
    for name, is_printed in {"first": True, "second": False, "always": True}.items():
        lines = [line.strip() for line in stages[name].run.output.splitlines()]
        assert all(line in lines for line in certificate.splitlines()) == is_printed, name
        assert (lines.count("Issuer: by-hand.eu.qlikcloud.com") == 1) == is_printed, name
    for step in ("created hashivault://transit/k1by-hand.eu.qlikcloud.com: it was missing", "wrote k1publickey.cer"):
        assert f"by-hand.eu.qlikcloud.com: {step}" in stages["first"].run.output


def test_check_mode_only_reads(stages: dict[str, Stage]) -> None:
    check = stages["check"]
    assert changed(check) == {*BY_HAND, *REGISTERED} and check.files == {} and check.providers == []
    assert {request.split()[0] for request in check.requests} == {"GET"}
    assert "would create hashivault://transit/k1by-hand.eu.qlikcloud.com: it is missing" in check.run.output
    (pair,) = check.facts["by-hand.eu.qlikcloud.com"]["tenant_jwt_key_pairs"]
    assert (pair["key_id"], pair["private_key_path"], pair.get("private_key_uri")) == (None, None, None)


def test_nothing_secret_is_printed_or_written(stages: dict[str, Stage], openbao: bao.OpenBao) -> None:
    tokens = [its["tenant_jwt_token"] for stage in stages.values() for its in stage.facts.values()]
    secrets = [
        openbao.token,
        "PRIVATE KEY",
        *(part for one in filter(None, tokens) for part in (one, one.split(".")[-1])),
    ]
    assert len(secrets) > 20
    for stage in stages.values():
        assert [secret for secret in secrets if secret in stage.run.output] == []
        assert not any(b"PRIVATE KEY" in (content or b"") for *dummy, content in stage.files.values())
        assert not any(name.endswith("privatekey.pem") for name in stage.files)


@pytest.mark.parametrize("playbook", ["provision", "status"])
def test_a_playbook(stages: dict[str, Stage], playbook: str) -> None:
    stage, (host,) = stages[playbook], REGISTERED
    assert stage.requests == [f"GET transit/keys/{host}-k1"] and changed(stage) == set()
    assert stage.providers == stages["first"].providers and stage.files == stages["second"].files
    said = {"provision": "unchanged", "status": "healthy"}[playbook]
    assert re.search(rf"\b1 {said}", stage.run.output), stage.run.output


def test_a_fleet_asks_twice_for_each_tenant(stages: dict[str, Stage], openbao: bao.OpenBao) -> None:
    """Jinja and the template for the prefix get along in one text, and the names of keys may have dots."""
    assert changed(stages["fleet"]) == set(FLEET) <= {one.removesuffix("-k1") for one in openbao.key_names()}
    again = stages["fleet again"]
    assert changed(again) == set() and set(again.facts) == set(FLEET)
    assert sorted(again.requests) == sorted(
        request for host in FLEET for request in (f"GET transit/keys/{host}-k1", f"POST transit/sign/{host}-k1")
    )


def test_what_is_refused(stages: dict[str, Stage], openbao: bao.OpenBao) -> None:
    output = stages["refused"].run.output
    said = (
        "shares-a and shares-b share a private key in a key store. Use a different one for each, or set"
        " tenant_jwt_allow_shared_key to true.",
        "tenant_jwt_private_key_uri has no valid name of a key, which starts and ends with a letter, a digit or _, and also"
        " has - and . in between: write it as hashivault://[MOUNT/]NAME",
    )
    text = " ".join(output.split())
    for sentence in said:
        assert sentence in text or sentence.replace("shares-a and shares-b", "shares-b and shares-a") in text, output
    assert stages["refused"].requests == [] and not [name for name in openbao.key_names() if name.startswith("shared")]


def test_the_main_job_with_each_store(runner: Runner, tenant: Tenant, key_store: KeyStore) -> None:
    variables = {
        "tenant_jwt_keys": [{"prefix": "k1-"}],
        "tenant_jwt_show_idp": "always",
        "tenant_jwt_private_key_uri": key_store.uri("{prefix}main"),
        **{f"tenant_jwt_{name}": value for name, value in key_store.options.items()},
    }
    first, second = (runner.run_one(tenant, variables, env=key_store.environment) for dummy in range(2))
    assert first.changed and not second.changed
    (public_pem,) = key_store.public_keys("k1-main")
    public_key = jwk.RSAKey.import_key(public_pem)
    certificate = (tenant.keys / "k1-publickey.cer").read_bytes()
    assert forked.public_key_of(certificate) == public_pem
    forked.openssl("verify", "-CAfile", tenant.keys / "k1-publickey.cer", tenant.keys / "k1-publickey.cer")
    (provider,) = tenant.providers
    assert provider["options"]["staticKeys"][0]["kid"] == public_key.thumbprint()
    for result in (first, second):
        assert {*certificate.decode().splitlines()} <= {line.strip() for line in result.output.splitlines()}
        token = jwt.decode(result.facts["tenant_jwt_token"], public_key, algorithms=["RS256"])
        assert token.header["kid"] == result.facts["tenant_jwt_idp"]["key_id"] == public_key.thumbprint()
        assert result.facts["tenant_jwt_idp"]["public_key"] == public_pem
        assert tenant.client.login(result.facts["tenant_jwt_token"]).status_code == 200
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in tenant.keys.iterdir())
