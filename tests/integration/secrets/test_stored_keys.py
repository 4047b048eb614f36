# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private key in a key store is nowhere else: the hunt for it in all that comes out of a playbook, and in its memory.

Only after the run, the server is made to give the key away, to know what to look for. The same hunt in a run with its key in
a file finds it.
"""

from __future__ import annotations

import contextlib
import pathlib
import re
import typing as t

import key_hunt
import openbao as bao
import pytest
import secret_hunt as hunt
import yaml
from plays import MODES, Run, cryptography_of_modules, new_home, play, playbook_runner, save
from simulator import Simulator

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
ISSUER = "acme.eu.qlikcloud.com"

pytestmark = [pytest.mark.thorough, bao.needs_cryptography]


class Everything(t.NamedTuple):
    """A run, all that came out of it, and what it must not have had, or must have kept to itself."""

    run: Run
    folders: tuple[pathlib.Path, ...]
    watcher: hunt.Watcher
    memories: list[key_hunt.Memory]
    key: list[bytes]
    secrets: dict[str, list[str]]

    def found(self, places: dict[str, str]) -> set[tuple[str, str]]:
        """Which secret is in which place. The tokens for Qlik Cloud are the matter of another test."""
        return {(secret, place) for secret, place in hunt.found(self.secrets, places) if secret != "token"}


def tasks(simulator: Simulator, store: dict[str, str]) -> list[dict[str, t.Any]]:
    """All that uses a private key: what creates, signs, reissues, looks, and fails.

    :param store: the options for a key in the store. Without any, the role alone.
    """
    role = {"ansible.builtin.include_role": {"name": "tenantops.qlik.tenant_jwt"}}
    variables = {
        "tenant_jwt_tenant": ISSUER,
        "tenant_jwt_key_size": 2048,
        "tenant_jwt_key_directory": "keys",
        "tenant_jwt_users": [ANNA],
        "tenant_jwt_register_idp": True,
        "tenant_jwt_verify_login": "always",
        "tenant_jwt_url": simulator.url,
        "tenant_jwt_ca_path": simulator.ca_path,
        "tenant_jwt_api_key": "{{ qlik_api_key }}",
        **{f"tenant_jwt_{name}": value for name, value in store.items()},
    }
    if not store:
        return [{"name": "the role", **role, "vars": variables}]
    sign = {**store, "issuer": ISSUER, **ANNA}
    lookup = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"
    return [
        {"name": "the role", **role, "vars": variables},
        {"name": "the role reissues", **role, "vars": {**variables, "tenant_jwt_certificate_days": 400}},
        {"tenantops.qlik.qscloud_keypair": {"directory": "keys", "size": 2048, **store}, "register": "kept"},
        {"tenantops.qlik.qscloud_keypair_info": {"directory": "keys", **store}, "register": "info"},
        {"tenantops.qlik.qscloud_jwt": sign, "register": "signed"},
        {"ansible.builtin.set_fact": {"looked_up": lookup}, "vars": {"options": sign}, "no_log": True},
        {"tenantops.qlik.qscloud_tenant_jwt_info": {"variables": "tenant_jwt_"}, "vars": variables, "register": "seen"},
        {"ansible.builtin.set_fact": {"cached": "{{ tenant_jwt_key_pairs + [kept, info, seen] }}", "cacheable": True}},
        {"tenantops.qlik.qscloud_jwt": {**sign, "groups": [1]}, "ignore_errors": True, "register": "refused"},
        *map(save, ("kept", "info", "signed", "looked_up", "seen", "refused", "tenant_jwt_key_pairs")),
    ]


Hunt = t.Callable[[bool], Everything]


@pytest.fixture(scope="module")
def go(
    openbao: bao.OpenBao, running_simulator: Simulator, tmp_path_factory: pytest.TempPathFactory, mode: str
) -> t.Iterator[Hunt]:
    """Run everything with the key in the store, or else in a file, and return what came of it."""
    bao.skip_if_too_old(cryptography_of_modules(mode))
    with contextlib.ExitStack() as homes:

        def hunted(in_store: bool) -> Everything:
            folder, name = tmp_path_factory.mktemp("everything"), f"hunted-{mode}"
            home = homes.enter_context(contextlib.contextmanager(new_home)())
            token = openbao.new_token(bao.PROVISIONING.format(key=name))
            store = {
                "private_key_uri": f"hashivault://{name}",
                "vault_address": openbao.url,
                "vault_ca_path": openbao.ca_path,
                "vault_token": "{{ vault_token }}",
            }
            # Whatever is below this folder is searched.
            given = tmp_path_factory.mktemp("given") / "secrets.yml"
            given.write_text(yaml.safe_dump({"vault_token": token, "qlik_api_key": running_simulator.api_key}))
            running_simulator.reset()
            run_playbook = playbook_runner(folder, home)
            plays = [play(*tasks(running_simulator, store if in_store else {}), **MODES[mode])]
            watcher, at_login = hunt.Watcher(home), key_hunt.AtLogin(running_simulator, f"HOME={home}")
            with watcher, at_login:
                run = run_playbook(plays, "-vvvvv", "-e", f"@{given}", env=hunt.places_of_home(home))
            assert at_login.error is None
            key = folder / "project" / "keys" / "privatekey.pem"
            if in_store:
                assert not key.exists()
                key = given.with_name("key.pem")
                key.write_text(openbao.export(name))
            secrets = {"private key": hunt.of_private_key(key), "token of the store": [token]}
            forms = key_hunt.forms(key.read_text())
            return Everything(run, (home, folder), watcher, at_login.memories, forms, secrets)

        yield hunted


@pytest.fixture(scope="module")
def stored(go: Hunt) -> Everything:
    """The run with the key in the store."""
    return go(True)


@pytest.fixture(scope="module")
def in_file(go: Hunt) -> Everything:
    """The run with the key in a file."""
    return go(False)


def test_the_run_is_complete(stored: Everything) -> None:
    assert stored.run.recap["failed"] == 0 and stored.run.recap["ignored"] == 1
    assert [key["certificate_path"] for key in stored.run.registered("seen")["key_pairs"]] == ["keys/publickey.cer"]
    for name in ("kept", "info"):
        assert re.fullmatch(
            r"hashivault://transit/hunted-[a-z-]+\?version=1", stored.run.registered(name)["private_key_uri"]
        )
    assert stored.run.registered("looked_up").count(".") == 2


def test_it_is_not_in_what_comes_out(stored: Everything) -> None:
    left = hunt.below(*stored.folders)
    for name in ("ansible.log", "facts", "tree", "junit", "publickey.cer", "tenant_jwt_key_pairs"):
        assert any(name in path for path in left), name
    assert stored.found({"output": hunt.plain(stored.run.output), **left, **stored.watcher.processes}) == set()
    assert key_hunt.files_with(stored.key, *stored.folders)[0] == []
    # Not any other private key either. The code of the modules, which knows the word, is not among these files.
    assert [path for path, text in left.items() if "PRIVATE KEY-----" in text] == []


def test_it_is_not_in_temporary_files(stored: Everything, mode: str) -> None:
    seen = stored.found(stored.watcher.files)
    # So Ansible brings its options to an ordinary module, if not through a pipe; nobody else can read that.
    allowed = {"token of the store"} if mode == "ordinary" else set()
    assert {secret for secret, _place in seen} == allowed
    assert not {place.split()[0] for _secret, place in seen} & stored.watcher.open_files


def test_it_is_not_in_memory(stored: Everything, mode: str) -> None:
    (token,) = stored.secrets["token of the store"]
    # The token is there, so this is the process that has signed. The others are the one that started it, and so on.
    signing = [memory for memory in stored.memories if memory.has([token.encode()])]
    assert signing and len(stored.memories) >= 2
    assert ("AnsiballZ" in " ".join(memory.command for memory in signing)) == (mode == "ordinary")
    assert [memory.command for memory in stored.memories if memory.has(stored.key)] == []


def test_the_hunt_finds_a_key_in_a_file(in_file: Everything) -> None:
    assert {secret for secret, _place in in_file.found(hunt.below(*in_file.folders))} == {"private key"}
    assert [path.name for path in key_hunt.files_with(in_file.key, *in_file.folders)[0]] == ["privatekey.pem"]
    assert any(memory.has(in_file.key) for memory in in_file.memories)
