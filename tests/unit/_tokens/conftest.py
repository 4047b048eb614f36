# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder to issue tokens in, and another library to read them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from issuer import CLIENT_MANAGED_ANNA, Issuer
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._tokens.claims import CLIENT_MANAGED


@pytest.fixture
def issuer(tmp_path: pathlib.Path, rsa_pem: bytes) -> Issuer:
    """A folder with a key and no token."""
    key_path = tmp_path / "privatekey.pem"
    key_path.write_bytes(rsa_pem)
    key_path.chmod(0o600)
    return Issuer(key_path, tmp_path / "anna.jwt")


@pytest.fixture
def client_managed(issuer: Issuer) -> Issuer:
    """The same folder and key, for client-managed Qlik Sense."""
    return Issuer(issuer.key_path, issuer.token_path, CLIENT_MANAGED, CLIENT_MANAGED_ANNA)


@pytest.fixture
def verified(rsa_pem: bytes) -> t.Callable[[str], jwt.Token]:
    """What joserfc reads in a token that the key of ``rsa_pem`` has signed."""
    return lambda token: jwt.decode(token, RSAKey.import_key(rsa_pem), algorithms=["RS256"])
