# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant side of the chain: identity providers, groups, and the check that a user can log in."""

from __future__ import annotations

import typing as t

from ..modules import qscloud_group_settings, qscloud_identity_provider, qscloud_session
from ._links import LinkFailedError, Links

CONNECTION = ("tenant_url", "api_key", "client_id", "client_secret", "ca_path")

LOGIN_RETRY_DELAYS = (1, 2, 4, 8, 15)
"""Seconds to wait before each further login attempt. It is unknown how soon a new identity provider can be used."""


class Registration:
    """Configures the tenant and checks the login."""

    def __init__(
        self, links: Links, options: t.Mapping[str, t.Any], issuer: str, wait: t.Callable[[int], None]
    ) -> None:
        """:param options: the suboptions of ``registration``.

        :param wait: waits for the given number of seconds.
        """
        self._links = links
        self._options = options
        self._connection = {name: options[name] for name in CONNECTION}
        self._issuer = issuer
        self._wait = wait
        self._is_new = False

    def register(self, key_id: str | None, **key: str | None) -> list[str]:
        """Ensure that the identity provider of a key exists, and return the actions.

        :param key: the option of qscloud_identity_provider that specifies the key. It and ``key_id`` are None in check
            mode if the key does not exist yet.
        """
        result = self._links.run(
            qscloud_identity_provider, issuer=self._issuer, key_id=key_id, **key, **self._connection
        )
        self._is_new |= result["changed"]
        return result["actions"]

    def delete(self, key_id: str) -> None:
        """Delete the identity provider of a key."""
        self._links.run(
            qscloud_identity_provider, issuer=self._issuer, key_id=key_id, state="absent", **self._connection
        )

    def ensure_groups(self, signs_groups: bool) -> None:
        """Apply the tenant's group setting, or warn if the tenant drops the groups in tokens.

        :param signs_groups: whether any token contains groups.
        """
        wanted = self._options["auto_create_groups"]
        if wanted is not None or signs_groups:
            self._links.run(qscloud_group_settings, auto_create_groups=wanted, **self._connection)

    def needs_login(self, deletes: bool) -> bool:
        """Whether to check that a user can log in.

        :param deletes: whether identity providers are about to be deleted.
        """
        wanted = self._options["verify_login"]
        return wanted == "always" or wanted == "changed" and (self._is_new or deletes)

    def verify_login(self, sign: t.Callable[[], str]) -> None:
        """Log in. With a new identity provider, retry until it can be used.

        :param sign: returns a new token for each attempt, because a login uses it up.
        :raises LinkFailedError: if the login fails.
        """
        for pause in LOGIN_RETRY_DELAYS if self._is_new else ():
            try:
                self._log_in(sign())
            except LinkFailedError:
                self._wait(pause)
            else:
                return
        self._log_in(sign())

    def _log_in(self, token: str) -> None:
        # The token is the only credential that a login needs.
        self._links.run(
            qscloud_session,
            token=token,
            tenant_url=self._options["tenant_url"],
            ca_path=self._options["ca_path"],
        )
