# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key pairs that Ansible Vault has encrypted: used where Ansible has the password, and never replaced by plain keys."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import forked
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.tenantops.qlik.plugins.plugin_utils._vault import decrypting

SECRETS = [("default", VaultSecret(b"the password of the vault"))]
NEW = "correct horse battery"


@pytest.fixture(scope="module")
def encrypted() -> dict[str, bytes]:
    """The three files of the ready pair, each encrypted."""
    return {name: VaultLib(SECRETS).encrypt(content) for name, content in forked.ready_pair().items()}


@pytest.fixture
def folder(tmp_path: pathlib.Path, encrypted: dict[str, bytes]) -> pathlib.Path:
    """A folder with them."""
    return forked.put(tmp_path / "keys", encrypted)


def on_the_controller() -> contextlib.AbstractContextManager[None]:
    """What a module is run in there."""
    loader = DataLoader()
    loader.set_vault_secrets(SECRETS)
    return decrypting(loader)


def test_a_pair_is_as_declared(folder: pathlib.Path) -> None:
    before = forked.state(folder)
    with on_the_controller():
        result = forked.keypair(folder).result
    assert result["changed"] is False and result["public_key"].encode() == forked.ready_pair()[forked.PUBLIC]
    assert forked.state(folder) == before


@pytest.mark.parametrize("name", [forked.PUBLIC, forked.CERTIFICATE])
def test_what_is_missing_is_made_of_the_private_key(
    folder: pathlib.Path, encrypted: dict[str, bytes], name: str
) -> None:
    (folder / name).unlink()
    with on_the_controller():
        assert forked.keypair(folder).result["actions"] == [f"wrote {name}: it was missing"]
    files = forked.contents(folder)
    assert {**files, name: b""} == {**encrypted, name: b""}
    assert forked.public_key_of(files[name]) == forked.ready_pair()[forked.PUBLIC].decode()


@pytest.mark.parametrize(
    "options",
    [{"regenerate": "always"}, {"regenerate": "mismatch", "size": 3072}, {"old_passphrase": "", "passphrase": NEW}],
    ids=str,
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_plain_key_never_takes_its_place(folder: pathlib.Path, options: dict[str, t.Any], check_mode: bool) -> None:
    before = forked.state(folder)
    with on_the_controller():
        result = forked.keypair(folder, _ansible_check_mode=check_mode, **options).result
    assert result["msg"] == (
        f"{folder}/privatekey.pem is encrypted with Ansible Vault, but the file that replaces it would not be: run"
        " 'ansible-vault decrypt' on it before this task, and 'ansible-vault encrypt' after it."
    )
    assert forked.state(folder) == before


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in forked.NAMES),
        (forked.PRIVATE, {"regenerate": "always"}),
        (forked.PRIVATE, {"state": "absent", "backup": False}),
    ],
    ids=str,
)
def test_without_the_password_nothing_is_touched(tmp_path: pathlib.Path, encrypted, name, options) -> None:
    folder = forked.put(tmp_path / "keys", {**forked.ready_pair(), name: encrypted[name]})
    before = forked.state(folder)
    message = forked.keypair(folder, **options).result["msg"]
    assert message.startswith(f"{folder}/{name} is encrypted with Ansible Vault, which an ordinary module cannot")
    assert forked.state(folder) == before


def test_the_backup_of_what_is_removed_is_encrypted_too(folder: pathlib.Path, encrypted: dict[str, bytes]) -> None:
    # The password is not needed for this.
    assert forked.keypair(folder, state="absent").result["changed"]
    assert sorted(forked.contents(folder).values()) == sorted(encrypted.values())
