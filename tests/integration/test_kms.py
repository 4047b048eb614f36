# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys in a simulated AWS KMS: key pairs, tokens and the whole chain."""

from __future__ import annotations

import pathlib
import typing as t

import openbao as bao
import plays
import pytest
import shared_run
from joserfc import jwt
from joserfc.jwk import RSAKey
from kms import SECRETS, Kms, new_alias
from simulator import Simulator
from tenant_client import Client

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}

pytestmark = [
    pytest.mark.thorough,
    bao.needs_cryptography,
    pytest.mark.skipif(
        bool(plays.TARGET_PYTHON), reason="the Pythons that `make compat` runs modules with have no boto3"
    ),
]


class Made(t.NamedTuple):
    """What there is before the run: keys by their ARN, with an alias each."""

    arn: str
    alias: str
    other: str
    other_alias: str
    disabled: str
    new: str


@pytest.fixture(scope="module")
def made(kms: Kms) -> Made:
    """Two keys, one that is disabled, and an alias for one that the run creates."""
    disabled, _alias = kms.create()
    kms.client.disable_key(KeyId=disabled.rpartition("/")[2])
    return Made(*kms.create(), *kms.create(), disabled, new_alias())


@pytest.fixture(scope="module")
def together(
    kms: Kms,
    made: Made,
    mode: str,
    running_simulator: Simulator,
    tmp_path_factory: pytest.TempPathFactory,
    run_together: t.Callable[..., shared_run.Together],
) -> shared_run.Together:
    """All tasks, in one run."""
    running_simulator.reset()
    folder = tmp_path_factory.mktemp("kms")
    (folder / "config").write_text(
        "[profile acme]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    new = f"awskms:///{made.new}-{mode}"

    def keypair(name: str, uri: str, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        given = {"directory": str(folder / "keys"), "size": 2048, "private_key_uri": uri, **options}
        return shared_run.task(name, "qscloud_keypair", given, check_mode=check_mode)

    def sign(uri: str) -> dict[str, t.Any]:
        return {"private_key_uri": uri, "issuer": "acme", **ANNA}

    chain = {
        "tenant": "acme.eu.qlikcloud.com",
        "key_directory": str(folder / "chain"),
        "key_size": 2048,
        "private_key_uri": f"awskms://{kms.host}/{made.new}-{mode}/{{prefix}}chain",
        "users": [ANNA],
        "register_idp": True,
        "verify_login": "changed",
        "url": running_simulator.url,
        "ca_path": running_simulator.ca_path,
        "api_key": "{{ lookup('ansible.builtin.env', 'API_KEY') }}",
    }
    other = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "acme"}
    long = {**sign(f"awskms:///{made.alias}"), "groups": [f"group {number}" for number in range(400)]}
    return run_together(
        [
            keypair("in check mode", new, check_mode=True),
            keypair("create", new),
            keypair("again", new),
            keypair("again in check mode", new, check_mode=True),
            shared_run.task("sign", "qscloud_jwt", sign("{{ result_1.private_key_uri }}")),
            shared_run.task("long", "qscloud_jwt", long),
            {
                "name": "lookup",
                "ansible.builtin.set_fact": {"looked_up": "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"},
                "vars": {"options": sign(f"awskms:///{made.arn}")},
            },
            # Variables for a task make it an ordinary module, which is all that boto3 needs to use them.
            {
                "name": "profile",
                "action": {"module": "tenantops.qlik.qscloud_jwt", **sign(f"awskms:///{made.alias}")},
                "environment": {**other, "AWS_CONFIG_FILE": str(folder / "config"), "AWS_SESSION_TOKEN": ""},
            },
            shared_run.task("info", "qscloud_keypair_info", {"private_key_uri": f"awskms:///{made.alias}"}),
            shared_run.task("missing", "qscloud_jwt", sign(f"awskms:///{made.new}")),
            shared_run.task("disabled", "qscloud_jwt", sign(f"awskms:///{made.disabled}")),
            keypair("before the alias was moved", f"awskms:///{made.arn}", file_prefix="moved-"),
            keypair("after the alias was moved", f"awskms:///{made.other_alias}", file_prefix="moved-"),
            keypair("absent", new, state="absent"),
            shared_run.task("set up", "qscloud_tenant_jwt", chain),
            shared_run.task("set up again", "qscloud_tenant_jwt", chain),
        ],
        "--diff",
        env={**kms.environment, "API_KEY": running_simulator.api_key},
    )


def test_a_key_pair(together: shared_run.Together, kms: Kms, made: Made, mode: str) -> None:
    results, name = together.results, f"{made.new}-{mode}"
    changed = [task for task, result in results.items() if result["changed"]]
    assert changed == ["in check mode", "create", "before the alias was moved", "absent", "set up"]
    assert f"would create awskms:///{name}: it is missing" in results["in check mode"]["actions"]
    created, (key,) = results["create"], kms.keys_of(name)
    assert created["private_key_uri"] == f"awskms:///{key['Arn']}" and created["private_key_path"] is None
    certificate = RSAKey.import_key(created["certificate"])
    assert certificate.thumbprint() == created["key_id"] == RSAKey.import_key(kms.public_key(name)).thumbprint()
    assert jwt.decode(results["sign"]["token"], certificate, algorithms=["RS256"]).claims["iss"] == "acme"
    assert results["absent"]["actions"][-1].startswith(
        f"kept awskms:///{name} in its store: to delete it there, run 'aws kms schedule-key-deletion --key-id $(aws kms"
    )


@pytest.mark.parametrize("task", ["long", "profile", "lookup"])
def test_a_token(together: shared_run.Together, kms: Kms, made: Made, task: str) -> None:
    result = together.results[task]
    token = result["ansible_facts"]["looked_up"] if task == "lookup" else result["token"]
    assert jwt.decode(token, RSAKey.import_key(kms.public_key(made.arn)), algorithms=["RS256"]).claims["name"]
    assert (len(token) > 4096) == (task == "long")
    assert together.results["info"]["private_key_uri"] == f"awskms:///{made.arn}"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (
            "missing",
            "private_key_uri: awskms:///{made.new} does not exist: create it with qscloud_keypair, or correct its"
            " name.",
        ),
        (
            "disabled",
            "awskms:///{made.disabled} is disabled: run 'aws kms enable-key --region eu-central-1 --key-id"
            " {made.disabled}', or use another key.",
        ),
        (
            "after the alias was moved",
            "moved-publickey.pem is for another key than awskms:///{made.other}: if the key was rotated in its store,"
            " set private_key_uri to the previous version or key to keep that, or set regenerate to mismatch to"
            " replace it.",
        ),
    ],
)
def test_a_refusal(together: shared_run.Together, made: Made, task: str, said: str) -> None:
    assert together.results[task]["msg"].endswith(said.format(made=made)) and together.results[task]["failed"]


def test_the_whole_chain(
    together: shared_run.Together, kms: Kms, made: Made, running_simulator: Simulator, mode: str
) -> None:
    (pair,) = together.results["set up"]["key_pairs"]
    (key,) = kms.keys_of(f"{made.new}-{mode}/chain")
    assert pair["private_key_uri"] == f"awskms://{kms.host}/{key['Arn']}"
    client = Client(running_simulator.url, running_simulator.ca_path, running_simulator.api_key)
    assert client.login(together.results["set up again"]["token"]).status_code == 200


def test_no_secret_is_shown(together: shared_run.Together) -> None:
    tokens = [together.results[task]["token"] for task in ("sign", "long", "set up", "set up again")]
    for secret in ("PRIVATE KEY", "AKIA", *SECRETS.values(), *tokens):
        assert secret not in together.run.output


def test_nothing_but_public_files(together: shared_run.Together) -> None:
    folder = pathlib.Path(together.results["create"]["certificate_path"]).parents[1]
    files = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert files and not any("PRIVATE" in content for content in files)
