# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lookup looks for files, and which credentials it takes from the environment."""

from __future__ import annotations

import shutil

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from joserfc.jwk import RSAKey
from tenant_client import public_jwk

from ansible_collections.tenantops.qlik.plugins.lookup.qscloud_access_token import LookupModule


@pytest.fixture
def look_up(tmp_path):
    """Evaluate the lookup in a playbook of a folder, which is not the working folder."""
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))
    return lambda **options: LookupModule(loader=loader).run([], {}, **options)


@pytest.fixture
def client_id(simulator, pair):
    """A client whose key id is the thumbprint."""
    public = public_jwk(pair, RSAKey.import_key(pair.private_pem).thumbprint())
    (added,) = simulator.add_clients({"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [public]})
    return added["clientId"]


def test_relative_paths_start_from_the_playbook(look_up, tmp_path, simulator, pair, client_id):
    (tmp_path / "key.pem").write_bytes(pair.private_pem)
    (tmp_path / "key.pem").chmod(0o600)
    shutil.copy(simulator.ca_path, tmp_path / "ca.pem")
    options = {"tenant_url": simulator.url, "ca_path": "ca.pem", "client_id": client_id}
    (token,) = look_up(**options, client_private_key_path="key.pem")
    assert token in simulator.secrets()


def test_credentials_of_the_environment(look_up, simulator, pair, client_id, monkeypatch):
    monkeypatch.setenv("QSCLOUD_TENANT_URL", simulator.url)
    monkeypatch.setenv("QSCLOUD_CLIENT_ID", client_id)
    monkeypatch.setenv("QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT", pair.private_pem.decode())
    (token,) = look_up(ca_path=simulator.ca_path, user_subject="auth0|ordinary")
    assert token in simulator.secrets()
    monkeypatch.setenv("QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT", "garbage")
    with pytest.raises(AnsibleLookupError, match="^QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT"):
        look_up(ca_path=simulator.ca_path)


def test_a_term_is_no_option(look_up):
    with pytest.raises(AnsibleLookupError, match="takes no positional terms"):
        LookupModule(loader=DataLoader()).run(["acme"], {})
    with pytest.raises(AnsibleLookupError, match="verify"):
        look_up(verify=True)
