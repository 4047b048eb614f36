# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key or token that is given in the option for something else is refused, and not repeated."""

from __future__ import annotations

import pathlib
import typing as t

import forked
import pytest

from ansible_collections.tenantops.qlik.plugins.modules import (
    qscloud_identity_provider,
    qscloud_jwt,
    qscloud_jwt_info,
    qscloud_keypair,
    qscloud_keypair_info,
    qscloud_oauth_client,
)

SIGN = {"issuer": "acme", "subject": "x"}
CONNECTION = {"tenant_url": "https://127.0.0.1:1", "api_key": "abcdefghijkl"}
TENANT = {**CONNECTION, "issuer": "acme", "key_id": "x"}

CASES = {
    "private_key_path": (qscloud_jwt, {**SIGN, "private_key_path": "key"}),
    "its alias": (qscloud_jwt, {**SIGN, "cert_privatekey_file": "key"}),
    "path": (qscloud_jwt, {**SIGN, "private_key_content": "key", "path": "token"}),
    "path, a key": (qscloud_jwt, {**SIGN, "private_key_content": "key", "path": "key"}),
    "directory": (qscloud_keypair, {"directory": "key"}),
    "directory of info": (qscloud_keypair_info, {"directory": "key"}),
    "certificate_path": (qscloud_keypair_info, {"certificate_path": "key"}),
    "token_path": (qscloud_jwt_info, {"token_path": "token"}),
    "public_key_path": (qscloud_jwt_info, {"token": "token", "public_key_path": "key"}),
    "public_key_content": (qscloud_jwt_info, {"token": "token", "public_key_content": "key"}),
    "certificate_content": (qscloud_jwt_info, {"token": "token", "certificate_content": "key"}),
    "of a provider": (qscloud_identity_provider, {**TENANT, "public_key_content": "key"}),
    "path of a provider": (qscloud_identity_provider, {**TENANT, "certificate_path": "key"}),
    "of a client": (qscloud_oauth_client, {**CONNECTION, "name": "x", "keys": [{"public_key_content": "key"}]}),
    "path of a client": (qscloud_oauth_client, {**CONNECTION, "name": "x", "keys": [{"public_key_path": "key"}]}),
}


def filled(value: t.Any, secrets: dict[str, str]) -> t.Any:
    """Options with secrets in place of their names."""
    if isinstance(value, dict):
        return {option: filled(inner, secrets) for option, inner in value.items()}
    return [filled(inner, secrets) for inner in value] if isinstance(value, list) else secrets.get(value, value)


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_and_not_repeated(name: str, tmp_path: pathlib.Path) -> None:
    module, options = CASES[name]
    path = tmp_path / "anna.jwt"
    assert forked.token(path).result["changed"]
    secrets = {"key": forked.ready_pair()[forked.PRIVATE].decode(), "token": path.read_text()}
    given = filled(options, secrets)
    finished = forked.run(module, given)
    assert finished.refusal
    for secret in (*secrets["key"].splitlines()[1:-1], secrets["token"].rpartition(".")[2]):
        assert secret not in finished.output


def test_paths_that_only_look_alike(tmp_path: pathlib.Path) -> None:
    for name in ("eyJ", "eyJ.pem", "eyJhbGciOi.b", "BEGIN PRIVATE KEY"):
        assert forked.keypair(tmp_path / name).result["changed"]
        assert forked.token(tmp_path / name / "eyJhbGciOi.eyJ.x").result["changed"]
