# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys on a token of SoftHSM: what is signed and created there, also for several hosts at once."""

from __future__ import annotations

import json
import pathlib
import typing as t

import openbao as bao
import pytest
import shared_run
import softhsm as hsm
from joserfc import jwt
from joserfc.jwk import RSAKey
from plays import MODES, play
from simulator import Simulator
from tenant_client import Client

ANNA = {"issuer": "acme", "name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
WRONG_PIN = "correct-horse-battery"
HOSTS = [f"tenant-{number}" for number in range(6)]

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


def variable(name: str) -> str:
    """An expression for a variable of the environment. Ansible shows parts of a playbook, so that has no secret."""
    return f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}"


@pytest.fixture(scope="module")
def token(softhsm: hsm.SoftHsm) -> str:
    """A token with a space in its label."""
    return softhsm.new_token("The token")


@pytest.fixture(scope="module")
def environment(softhsm: hsm.SoftHsm, running_simulator: Simulator) -> dict[str, str]:
    """The variables for the tokens and the tenant."""
    api_key = running_simulator.api_key
    variables = {"PKCS11_MODULE_PATH": softhsm.module_path, "PIN": hsm.PIN, "WRONG_PIN": WRONG_PIN, "API_KEY": api_key}
    return {**softhsm.environment, **variables}


@pytest.fixture(scope="module")
def together(
    softhsm: hsm.SoftHsm,
    token: str,
    environment: dict[str, str],
    mode: str,
    running_simulator: Simulator,
    tmp_path_factory: pytest.TempPathFactory,
    run_together: t.Callable[..., shared_run.Together],
) -> shared_run.Together:
    """The life of a key pair, tokens that are signed with it, what is refused, and a whole tenant, in one run."""
    folder = tmp_path_factory.mktemp("token")
    pin_path = folder / "pin"
    pin_path.write_text(f"{hsm.PIN}\n")
    pin_path.chmod(0o600)
    store = {"pkcs11_pin": variable("PIN")}
    other = softhsm.new_token()
    label = f"pkcs11:token=The%20token;object=life-of-{mode}"
    pair = {**store, "directory": str(folder / "keys"), "size": 2048, "private_key_uri": label}
    softhsm.generate(token, f"ec-of-{mode}", "EC")
    softhsm.generate(token, f"extractable-of-{mode}", EXTRACTABLE=True)

    def keypair(name: str, check_mode: bool = False, **more: t.Any) -> dict[str, t.Any]:
        return shared_run.task(name, "qscloud_keypair", {**pair, **more}, check_mode=check_mode)

    def sign(name: str, uri: str, given: dict[str, t.Any], **keywords: t.Any) -> dict[str, t.Any]:
        return shared_run.task(name, "qscloud_jwt", {"private_key_uri": uri, **given, **ANNA}, **keywords)

    running_simulator.reset()
    chain = {
        **store,
        "tenant": "acme.eu.qlikcloud.com",
        "key_directory": str(folder / "chain"),
        "key_size": 2048,
        "private_key_uri": f"pkcs11:token=The%20token;object={{prefix}}chain-of-{mode}",
        "users": [{name: value for name, value in ANNA.items() if name != "issuer"}],
        "register_idp": True,
        "verify_login": "changed",
        "url": running_simulator.url,
        "ca_path": running_simulator.ca_path,
        "api_key": variable("API_KEY"),
    }
    rotated = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "absent"}]
    with_pin = f"{label}?pin-value={variable('WRONG_PIN')}"
    return run_together(
        [
            keypair("in check mode", check_mode=True),
            keypair("create"),
            keypair("again"),
            sign("sign", "{{ result_1.private_key_uri }}", store),
            sign("sign with a file", f"{label}?pin-source={pin_path}", {}),
            sign("sign twice in a process", label, store, loop=[1, 2]),
            {
                "name": "lookup",
                "ansible.builtin.set_fact": {"looked_up": "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"},
                "vars": {"options": {"private_key_uri": label, **store, **ANNA}},
            },
            shared_run.task("info", "qscloud_keypair_info", {name: pair[name] for name in pair if name != "size"}),
            keypair("reissue", valid_days=400),
            sign("ec", f"pkcs11:token=The%20token;object=ec-of-{mode}", store),
            sign("extractable", f"pkcs11:token=The%20token;object=extractable-of-{mode}", store),
            sign("missing", "pkcs11:token=The%20token;object=missing", store),
            sign("pin in the uri", f"{label}?pin-value={WRONG_PIN}", {}),
            sign("pin in capitals", with_pin.replace("pin-value", "PIN-VALUE"), {}),
            shared_run.task("pin in a list", "qscloud_tenant_jwt", {**chain, "keys": [{"uri": with_pin}]}),
            sign("wrong pin", f"pkcs11:token={other};object=acme", {"pkcs11_pin": variable("WRONG_PIN")}),
            sign("no module", f"{label}?module-path=/etc/hostname", store),
            keypair("absent", state="absent", backup=False),
            shared_run.task("set up", "qscloud_tenant_jwt", chain),
            shared_run.task("unchanged", "qscloud_tenant_jwt", chain),
            shared_run.task("look", "qscloud_tenant_jwt_info", chain),
            shared_run.task("rotate", "qscloud_tenant_jwt", {**chain, "keys": rotated}),
        ],
        "-vvv",
        "--diff",
        env=environment,
    )


def test_the_life_of_a_key_pair(together: shared_run.Together, softhsm: hsm.SoftHsm, token: str, mode: str) -> None:
    results, source = together.results, f"pkcs11:token=The%20token;object=life-of-{mode}"
    changed = [task for task in results if results[task]["changed"]]
    assert changed == ["in check mode", "create", "reissue", "absent", "set up", "rotate"]
    assert f"would create {source}: it is missing" in results["in check mode"]["actions"]
    created = results["create"]
    assert created["private_key_uri"].startswith(f"{source};id=%") and created["private_key_path"] is None
    assert created["public_key"].encode() == softhsm.public_key(token, f"life-of-{mode}")
    assert created["key_id"] == RSAKey.import_key(created["public_key"]).thumbprint() == results["reissue"]["key_id"]
    assert (results["info"]["private_key_uri"], results["info"]["problems"]) == (created["private_key_uri"], [])
    assert results["absent"]["actions"][-1].startswith(
        f"kept {source} in its store: to delete it there, run pkcs11-tool"
    )
    kinds = [key["class"] for key in softhsm.objects(token) if key["label"] == f"life-of-{mode}"]
    assert sorted(kinds) == ["PRIVATE_KEY", "PUBLIC_KEY"]


def test_tokens(together: shared_run.Together) -> None:
    results = together.results
    signed = [results["sign"]["token"], results["sign with a file"]["token"]]
    signed += [one["token"] for one in results["sign twice in a process"]["results"]]
    signed.append(results["lookup"]["ansible_facts"]["looked_up"])
    public = RSAKey.import_key(results["create"]["certificate"])
    assert [jwt.decode(one, public, algorithms=["RS256"]).claims["iss"] for one in signed] == ["acme"] * 5


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("ec", "is a key of type EC, but Qlik Cloud requires RSA: use an RSA key."),
        (
            "missing",
            "private_key_uri: pkcs11:token=The%20token;object=missing does not exist: create it with qscloud_keypair,"
            " or correct its name.",
        ),
        (
            "pin in the uri",
            "private_key_uri has a PIN in pin-value, where it ends up in logs: remove it, change the PIN,",
        ),
        ("pin in capitals", "private_key_uri has an option without a name or a value: write it as pkcs11:token=LABEL;"),
        ("pin in a list", "uri in keys has a PIN in pin-value, where it ends up in logs: remove it, change the PIN,"),
        ("wrong pin", "pkcs11_pin has a wrong PIN for the token token-"),
        (
            "no module",
            "module-path in private_key_uri: /etc/hostname is not a PKCS#11 module that works here (file too sh",
        ),
    ],
)
def test_a_refusal(together: shared_run.Together, task: str, said: str) -> None:
    assert said in together.results[task]["msg"] and together.results[task]["failed"]


def test_a_warning(together: shared_run.Together) -> None:
    # Releases of ansible-core wrap lines differently.
    said = " ".join(together.results["extractable"]["_output"].split())
    assert "can be copied out of its store, because CKA_EXTRACTABLE is true" in said


def test_the_whole_chain(
    together: shared_run.Together, softhsm: hsm.SoftHsm, token: str, running_simulator: Simulator, mode: str
) -> None:
    results, name = together.results, f"chain-of-{mode}"
    (made,) = results["set up"]["key_pairs"]
    assert made["private_key_uri"].startswith(f"pkcs11:token=The%20token;object={name};id=%")
    (seen,) = results["look"]["key_pairs"]
    assert seen["key_id"] == made["key_id"] == RSAKey.import_key(softhsm.public_key(token, name)).thumbprint()
    assert (results["look"]["findings"], results["look"]["pending"]) == ([], [])
    client = Client(running_simulator.url, running_simulator.ca_path, running_simulator.api_key)
    assert client.login(results["rotate"]["token"]).status_code == 200
    assert client.login(results["unchanged"]["token"]).status_code != 200


def test_nothing_is_secret(together: shared_run.Together) -> None:
    for secret in (hsm.PIN, "PRIVATE KEY"):
        assert secret not in together.run.output
    # The task that has it in a URI is in the playbook, which Ansible does not print.
    assert WRONG_PIN not in together.run.output


def test_several_hosts_at_once(
    softhsm: hsm.SoftHsm,
    token: str,
    environment: dict[str, str],
    mode: str,
    tmp_path: pathlib.Path,
    run_playbook: t.Callable[..., t.Any],
) -> None:
    """Each in a fork, with one key for all of them, and one of their own."""
    pairs = [
        shared_run.task(
            "Create",
            "qscloud_keypair",
            {
                "directory": f"{tmp_path}/{{{{ inventory_hostname }}}}-{{{{ item }}}}",
                "size": 2048,
                "private_key_uri": f"pkcs11:token=The%20token;object={{{{ item }}}}-in-{mode}",
                "pkcs11_pin": variable("PIN"),
            },
            loop=["shared", "{{ inventory_hostname }}"],
        )
    ]
    # The name of a play is templated in the process that the forks come from.
    options = {
        "private_key_uri": f"pkcs11:token=The%20token;object=shared-in-{mode}",
        "pkcs11_pin": variable("PIN"),
        **ANNA,
    }
    lookup = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) | length }}"
    plays = [play(*pairs, hosts="all", **MODES[mode])]
    plays.append(
        play(
            *pairs,
            hosts="all",
            name=lookup,
            **{**MODES[mode], "vars": {**MODES[mode].get("vars", {}), "options": options}},
        )
    )
    inventory = tmp_path / "inventory.json"
    own_python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(HOSTS, own_python)}}))
    run = run_playbook(plays, "-i", str(inventory), "--forks=5", env=environment)
    assert run.output.rpartition("PLAY RECAP")[2].count("changed=1 ") == len(HOSTS)
    made = [key["label"] for key in softhsm.objects(token) if key["class"] == "PRIVATE_KEY"]
    assert sorted(label for label in made if label.endswith(f"-in-{mode}")) == sorted(
        f"{name}-in-{mode}" for name in ("shared", *HOSTS)
    )
