# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens for Anna, fresh or kept in a file, as the library issues them."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims, keep, sign

NOW = 1780000000  # date -u -d @1780000000: 2026-05-28T20:26:40Z
ANNA = {
    "private_key_path": None,
    "private_key_content": None,
    "private_key_passphrase": None,
    "issuer": "acme.eu.qlikcloud.com",
    "key_id": None,
    "subject": None,
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1", "group 2"],
    "audience": "qlik.api/login/jwt-session",
    "jti": None,
    "claims": None,
    "not_before": "-10s",
    "expires_in": "30m",
    "strict": False,
    "path": None,
    "renew_before": None,
    "force": False,
}


CLIENT_MANAGED_ANNA = {
    "private_key_path": None,
    "private_key_content": None,
    "private_key_passphrase": None,
    "user_id": "anna",
    "user_directory": "GRUSGRUS",
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "groups": ["group1", "group 2"],
    "groups_claim": "group",
    "audience": "hdJh34wkK",
    "algorithm": "RS256",
    "claims": None,
    "expires_in": "365d",
    "path": None,
    "renew_before": None,
    "force": False,
}


class Issuer:
    """The library with a key and the options for Anna."""

    def __init__(
        self,
        key_path: pathlib.Path,
        token_path: pathlib.Path,
        profile: claims.Profile = claims.QLIK_CLOUD,
        anna: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self.key_path = key_path
        self.token_path = token_path
        self.profile = profile
        self.anna = ANNA if anna is None else anna

    def issue(
        self,
        later: int = 0,
        check_mode: bool = False,
        accept: t.Callable[[dict[str, t.Any]], None] = lambda facts: None,
        **options: t.Any,
    ) -> sign.Outcome:
        """Issue a token, some seconds later."""
        key = {} if "private_key_content" in options else {"private_key_path": str(self.key_path)}
        return keep.issue({**self.anna, **key, **options}, NOW + later, check_mode, accept, self.profile)

    def keep(self, **options: t.Any) -> sign.Outcome:
        """Issue one that is kept in the file."""
        return self.issue(**{"path": str(self.token_path), **options})

    def kept(self) -> str:
        """The token in the file."""
        return self.token_path.read_text()

    def put(self, content: str | bytes) -> None:
        """Write the file as a user would leave it."""
        self.token_path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.token_path.chmod(0o600)
