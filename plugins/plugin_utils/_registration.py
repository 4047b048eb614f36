# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side of the chain: its identity providers, its groups, and the proof that a user can log in."""

from __future__ import annotations

import typing as t

from ..modules import qscloud_group_settings, qscloud_identity_provider, qscloud_session
from ._links import LinkFailedError, Links

CONNECTION = ("tenant_url", "api_key", "client_id", "client_secret", "ca_path")

PAUSES = (1, 2, 4, 8, 15)
"""Seconds before each further attempt to log in: nobody knows how soon a new identity provider can be used."""


class Registration:
    """What is asked of the tenant."""

    def __init__(
        self, links: Links, options: t.Mapping[str, t.Any], issuer: str, wait: t.Callable[[int], None]
    ) -> None:
        """:param options: the suboptions of ``registration``.

        :param wait: called with a number of seconds.
        """
        self._links = links
        self._options = options
        self._connection = {name: options[name] for name in CONNECTION}
        self._issuer = issuer
        self._wait = wait
        self._is_new = False

    def register(self, key_id: str, **key: str) -> None:
        """See to the identity provider of a key.

        :param key: the option that gives the key, as qscloud_identity_provider has it.
        """
        result = self._links.run(
            qscloud_identity_provider, issuer=self._issuer, key_id=key_id, **key, **self._connection
        )
        self._is_new |= result["changed"]

    def delete(self, key_id: str) -> None:
        """Delete the identity provider of a key."""
        self._links.run(
            qscloud_identity_provider, issuer=self._issuer, key_id=key_id, state="absent", **self._connection
        )

    def let_groups_through(self, signs_groups: bool) -> None:
        """Let the groups of tokens reach the users, or say that they do not.

        :param signs_groups: whether there are tokens with groups.
        """
        wanted = self._options["auto_create_groups"]
        if wanted is not None or signs_groups:
            self._links.run(qscloud_group_settings, auto_create_groups=wanted, **self._connection)

    def wants_proof(self, deletes: bool) -> bool:
        """Whether a user has to log in.

        :param deletes: whether identity providers are going to be deleted.
        """
        wanted = self._options["verify_login"]
        return wanted == "always" or wanted == "changed" and (self._is_new or deletes)

    def prove(self, sign: t.Callable[[], str]) -> None:
        """Log in; with a new identity provider, try until it can be used.

        :param sign: signs a token, since a login spends it.
        :raises LinkFailedError: if nobody can log in.
        """
        for pause in PAUSES if self._is_new else ():
            try:
                self._log_in(sign())
            except LinkFailedError:
                self._wait(pause)
            else:
                return
        self._log_in(sign())

    def _log_in(self, token: str) -> None:
        # The tenant needs no credentials for it but the token.
        self._links.run(
            qscloud_session,
            token=token,
            tenant_url=self._options["tenant_url"],
            ca_path=self._options["ca_path"],
        )
