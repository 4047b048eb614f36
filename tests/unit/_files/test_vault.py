# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible Vault has encrypted: recognised everywhere, decrypted only where somebody says how."""

from __future__ import annotations

import contextlib
import pathlib
import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError, OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import read, vault
from ansible_collections.tenantops.qlik.plugins.plugin_utils._vault import decrypting

SECRET = b"a key\r\n\xff"


def decrypting_with(*passwords: bytes) -> contextlib.AbstractContextManager[None]:
    """Decrypt with these passwords, as the plugins do with those that Ansible has been given."""
    loader = DataLoader()
    loader.set_vault_secrets([("default", VaultSecret(password)) for password in passwords])
    return decrypting(loader)


@pytest.fixture(scope="module", params=[None, "prod"])
def encrypted(request: pytest.FixtureRequest) -> bytes:
    """Encrypted bytes, with a vault ID and without one, which is another version of the format."""
    return VaultLib([("default", VaultSecret(b"right"))]).encrypt(SECRET, vault_id=request.param)


def test_it_is_decrypted_as_long_as_somebody_says_how(encrypted: bytes) -> None:
    assert vault.is_encrypted(encrypted)
    with decrypting_with(b"wrong", b"right"):
        with decrypting_with(b"wrong"), pytest.raises(FileError):
            vault.decrypted(encrypted, "key")
        assert vault.decrypted(encrypted, "key") == SECRET
    with pytest.raises(FileError, match="^key is .* an ordinary module cannot decrypt .*: decrypt it first.$"):
        vault.decrypted(encrypted, "key", "decrypt it first")


@pytest.mark.parametrize("passwords", [(), (b"wrong",), (b"", b"wrong")])
def test_without_the_password_a_sentence_says_how_to_give_it(encrypted: bytes, passwords: tuple[bytes, ...]) -> None:
    with decrypting_with(*passwords), pytest.raises(FileError, match="^key is .* --vault-password-f"):
        vault.decrypted(encrypted, "key")


@pytest.mark.parametrize("damage", [slice(0, 20), slice(0, 200), slice(0, -30)])
def test_a_damaged_file_is_no_other_key(encrypted: bytes, damage: slice) -> None:
    with decrypting_with(b"right"), pytest.raises(FileError):
        vault.decrypted(encrypted[damage], "key")


@pytest.mark.parametrize("content", [b"", b"ANSIBLE_VAULT;1.1", b"-----BEGIN X-----\n$ANSIBLE_VAULT;1.1;AES256"])
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    with decrypting_with(b"wrong", b"right"):
        assert vault.decrypted(content, "key") is content


@pytest.mark.parametrize("option", ["private_key_path", "certificate_path", "public_key_path", "token_path"])
def test_a_file_is_read_or_the_expression_that_reads_it_is_shown(
    encrypted: bytes, tmp_path: pathlib.Path, option: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(encrypted)
    assert read.stored(str(path), option) == encrypted
    with decrypting_with(b"wrong", b"right"):
        assert read.content(str(path), option) == SECRET
    with pytest.raises(FileError) as caught:
        read.content(str(path), option)
    instead = "token" if option == "token_path" else option.replace("_path", "_content")
    expression = f"\"{{{{ lookup('ansible.builtin.file', '{path}') }}}}\""
    assert str(caught.value).startswith(f"{option}: {path} is encrypted with Ansible Vault, ")
    assert str(caught.value).endswith(f": set {instead} to {expression} instead.")


@pytest.mark.parametrize("start", ["", "\n  "])
def test_text_that_is_still_encrypted_is_refused_and_not_repeated(encrypted: bytes, start: str) -> None:
    text = start + encrypted.decode()
    with pytest.raises(OptionError, match="^api_key is still encrypted with Ansible Vault: .* !vault ") as caught:
        vault.check_options({"issuer": "acme", "size": 2048, "groups": None, "api_key": text})
    assert caught.value.option == "api_key" and encrypted.decode().splitlines()[1] not in str(caught.value)


def test_other_options_are_left_alone() -> None:
    options: dict[str, t.Any] = {"issuer": "acme", "name": "see $ANSIBLE_VAULT;", "groups": ["a"], "jti": None}
    vault.check_options(options)
