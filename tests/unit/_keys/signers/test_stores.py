# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which store a URI means."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError, PrivateKeyError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import (
    awskms,
    hashivault,
    signer,
    stores,
    uri,
)

OPTIONS = {**dict.fromkeys(hashivault.VARIABLES), "vault_token": "s.hunter2", "passphrase": None}


def test_the_scheme_chooses_and_the_environment_complements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "MINIMUM_CRYPTOGRAPHY", 3)
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example.com")
    key = stores.key({**OPTIONS, "private_key_uri": "hashivault://acme"}, "passphrase")
    assert isinstance(key, hashivault.Key) and key.url == "https://vault.example.com"
    assert isinstance(stores.key({**OPTIONS, "private_key_uri": "awskms:///alias/acme"}, "passphrase"), awskms.Key)


def test_an_unknown_scheme() -> None:
    with pytest.raises(OptionError) as caught:
        stores.key({**OPTIONS, "private_key_uri": "gcpkms://acme"}, "passphrase")
    known = " or ".join(uri.FORMS.values())
    assert str(caught.value) == f"private_key_uri has an unknown scheme: write it as {known}."


def test_each_scheme_has_a_store_and_a_form() -> None:
    assert set(stores._CLASSES) == set(uri.FORMS)
    for load in stores._CLASSES.values():
        assert signer.StoredKey in load().__mro__


def test_the_release_of_cryptography_comes_before_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "MINIMUM_CRYPTOGRAPHY", 1000)
    with pytest.raises(PrivateKeyError, match="private_key_uri requires cryptography 1000 or newer"):
        stores.key({**OPTIONS, "private_key_uri": "hashivault://acme"}, "passphrase")


def test_such_a_key_has_no_passphrase() -> None:
    options = {**OPTIONS, "private_key_uri": "hashivault://acme", "passphrase": "correct horse battery"}
    with pytest.raises(OptionError) as caught:
        stores.key(options, "passphrase")
    assert str(caught.value) == "passphrase is set, but a key in a key store has no passphrase: leave the option out."


def test_a_store_is_only_imported_to_use_it() -> None:
    """Otherwise each ordinary module would take longer, also with a key in a file."""
    names = {load().__module__ for load in stores._CLASSES.values()}
    modules = f"{stores.__name__.partition('.module_utils')[0]}.modules"
    imports = f"import sys, {modules}.qscloud_jwt, {modules}.qscloud_keypair"
    code = f"{imports}; sys.exit(bool({names} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
