# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the chain for one tenant without Ansible."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.tenantops.qlik.plugins.module_utils._chain import run
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED

TENANT = "acme.eu.qlikcloud.com"


def user(**given: t.Any) -> dict[str, t.Any]:
    """A user as Ansible hands it over."""
    names = ("id", "name", "email", "email_verified", "groups", "subject", "claims", "expires_in")
    return {**dict.fromkeys(names), **given}


ANNA = user(name="Anna Anderson", email="anna@grusgrus.com", email_verified=True, groups=["group1"])
RELOAD = user(id="reload", subject="nightly-reload", name="Reload", expires_in="60s")


def options(**changes: t.Any) -> dict[str, t.Any]:
    """The options as Ansible hands them over, with changes."""
    return {
        "state": "present",
        "tenant": TENANT,
        "users": [ANNA],
        "expires_in": "30m",
        "not_before": "-10s",
        "audience": "qlik.api/login/jwt-session",
        "strict": False,
        "sign_tokens": True,
        "keys": [{"prefix": "", "state": "current"}],
        "key_size": 2048,
        "certificate_days": 365,
        "common_name": "qs-jwt",
        "register_idp": False,
        "verify_login": "never",
        "timeout": 5,
        "allow_shared_key": False,
        "allow_new_key": False,
        "compare": "public_key",
        "purge": False,
        **dict.fromkeys(
            (
                "issuer",
                "key_directory",
                "renew_before_days",
                "private_key_path",
                "private_key_content",
                "private_key_uri",
                "vault_address",
                "vault_token",
                "vault_namespace",
                "vault_ca_path",
                "pkcs11_module_path",
                "pkcs11_pin",
                "private_key_passphrase",
                "private_key_old_passphrase",
                "key_id",
                "url",
                "api_key",
                "client_id",
                "client_secret",
                "client_private_key_path",
                "client_private_key_content",
                "client_private_key_uri",
                "client_private_key_passphrase",
                "client_key_id",
                "ca_path",
                "auto_create_groups",
            )
        ),
        **changes,
    }


@dataclasses.dataclass
class Chain:
    """A tenant and its folder. ``registered`` are the options that connect to the simulated one."""

    folder: pathlib.Path
    registered: dict[str, t.Any]
    pauses: list[float]

    def run(
        self, check_mode: bool = False, report: Report | None = None, **changes: t.Any
    ) -> tuple[run.Outcome, Report]:
        """Run the chain, as a task does.

        :param report: to look into even if it fails.
        """
        report = report or Report(check_mode)
        given = options(key_directory=str(self.folder), **changes)
        with OPENED:
            return run.run(given, {}, lambda facts: None, report, self.pauses.append), report

    def files(self) -> dict[str, bytes]:
        """The content of each file in the folder."""
        return {path.name: path.read_bytes() for path in self.folder.glob("*")}
