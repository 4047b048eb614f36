# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Off-boarding after any history: lists of keys, folders, purges, and runs that were killed.

After ``absent``, no login works, no identity provider of ours is left, and all that strangers have is as it was.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import random
import typing as t

import pytest
from chains import Chain
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt
from simulator import Simulator
from tenant_client import ISSUER, Client, Pair, claims, provider_body

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api

HISTORIES = 240
PREFIXES = ("", "2026_", "2027_")
KEYS = 16


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def generated() -> list[rsa.RSAPrivateKey]:
    """Keys, each of which a history creates once. To generate them takes longer than all the rest."""
    return [private_keys.generate(2048) for _key in range(KEYS)]


@pytest.fixture(scope="module")
def strangers() -> list[Pair]:
    """Keys of others."""
    return [Pair.generate() for _stranger in range(2)]


def _keys(dice: random.Random) -> list[dict[str, str]]:
    """A list of keys, one of which is current."""
    prefixes = dice.sample(PREFIXES, dice.randint(1, len(PREFIXES)))
    return [
        {"prefix": prefix, "state": "current" if not number else dice.choice(["retiring", "absent"])}
        for number, prefix in enumerate(prefixes)
    ]


@contextlib.contextmanager
def _killing(dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """Perhaps end a run right before or after one of its requests that change something."""
    left = dice.choice([0, 1, 2, 3, 99, 99, 99])
    before = dice.random() < 0.5

    def dying(original: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def call(*arguments: t.Any) -> t.Any:
            nonlocal left
            left -= 1
            if left == -1 and before:
                raise Killed
            answer = original(*arguments)
            if left == -1:
                raise Killed
            return answer

        return call

    with monkeypatch.context() as patch, contextlib.suppress(Killed, _errors.QlikError):
        for name in ("create", "delete", "replace", "log_in"):
            patch.setattr(api.Tenant, name, dying(getattr(api.Tenant, name)))
        yield


def _logins(client: Client, folders: t.Iterable[pathlib.Path]) -> list[int]:
    """What a login with each private key gets that any of the folders has, or has a backup of."""
    found = set()
    for path in (path for folder in folders for path in folder.glob("*privatekey.pem*")):
        key = jwk.RSAKey.import_key(path.read_bytes())
        header = {"alg": "RS256", "typ": "JWT", "kid": key.thumbprint()}
        found.add(client.login(jwt.encode(header, claims(), key, default_type=None)).status_code)
    return sorted(found)


def _strangers(simulator: Simulator, ids: t.Collection[str]) -> list[dict[str, t.Any]]:
    return [one for one in simulator.state()["providers"] if one["id"] in ids]


@pytest.mark.parametrize("part", range(8))
def test_nothing_of_ours_is_left_and_nothing_of_others_is_lost(
    folder_in_memory: pathlib.Path,
    simulator: Simulator,
    client: Client,
    generated: list[rsa.RSAPrivateKey],
    strangers: list[Pair],
    monkeypatch: pytest.MonkeyPatch,
    part: int,
) -> None:
    for seed in range(part, HISTORIES, 8):
        dice = random.Random(seed)
        simulator.reset()
        simulator.switches(duplicate=dice.choice(["allow", "refuse"]))
        folders = [folder_in_memory / str(seed) / "keys", folder_in_memory / str(seed) / "elsewhere"]
        chain = Chain(folders[0], {}, [])
        fresh = iter(generated)
        monkeypatch.setattr(private_keys, "generate", lambda size, fresh=fresh: next(fresh))

        assert client.create(provider_body(strangers[0], {}, {"kid": "theirs"}, description="Portal")).status_code == 201
        other = provider_body(strangers[1], {"issuer": f"{ISSUER}/"}, description="Managed by Ansible (tenantops.qlik)")
        assert client.create(other).status_code == 201
        others = {one["id"] for one in simulator.state()["providers"]}
        theirs = _strangers(simulator, others)
        given = {
            "register_idp": True,
            "url": simulator.url,
            "ca_path": simulator.ca_path,
            "api_key": simulator.api_key,
            "verify_login": "changed",
            "allow_new_key": True,
        }

        for _run in range(dice.randint(1, 5)):
            chain.folder = dice.choice(folders)
            with _killing(dice, monkeypatch):
                chain.run(
                    **given,
                    keys=_keys(dice),
                    purge=dice.random() < 0.3,
                    compare=dice.choice(["public_key", "certificate"]),
                    certificate_days=dice.choice([40, 400]),
                    state=dice.choice(["present"] * 4 + ["absent"]),
                )
            assert _strangers(simulator, others) == theirs, seed

        with _killing(dice, monkeypatch):
            chain.run(**given, keys=_keys(dice), state="absent")
        _outcome, report = chain.run(**given, keys=_keys(dice), state="absent")
        assert _logins(client, folders) in ([], [401]), (seed, json.dumps([step.text for step in report.steps], indent=1))
        assert _strangers(simulator, others) == theirs == simulator.state()["providers"], seed
        assert all(path.name.endswith("~") for path in chain.folder.glob("*")), seed
        assert [one.kind for one in report.findings] == ["stray"], seed  # Portal has our issuer
        assert not chain.run(**given, keys=_keys(dice), state="absent")[1].changed, seed
