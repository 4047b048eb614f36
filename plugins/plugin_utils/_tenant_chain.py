# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of steps for one tenant: key pairs, certificates, a token for each user, identity providers, and a login.

Each link of the chain is a module of this collection, which validates its own options. A failure at any link breaks
nothing that worked before, and the next run continues there: the chain creates the new identity providers, proves that
they work, and only then deletes the old ones and their keys.
"""

from __future__ import annotations

import re
import typing as t

from ..module_utils._text import host_name
from ..modules import qscloud_jwt, qscloud_keypair, qscloud_keypair_info
from ._links import LinkFailedError, Links

if t.TYPE_CHECKING:
    from ._registration import Registration

KEY_PAIR_FACTS = ("key_id", "private_key_path", "certificate_path", "not_after", "actions")
"""Return values for each key pair. Few, because Ansible keeps them in memory for each tenant until the run ends."""

LOGIN_EXPIRES_IN = "5m"
"""Lifetime of the token for the login check, which takes seconds."""


class Chain:
    """Runs the links in order, and collects what they found and created."""

    def __init__(
        self, options: t.Mapping[str, t.Any], links: Links, registration: Registration | None, check_mode: bool
    ) -> None:
        """:param options: the options of qscloud_tenant_jwt by name; None for options that are not set.

        :param registration: the tenant side of the chain; None if the tenant is not contacted.
        """
        self._options = options
        self._links = links
        self._registration = registration
        self._check_mode = check_mode
        self._has_existing_key = bool(_given(options, "private_key_path", "private_key_content"))
        self.key_pairs: list[dict[str, t.Any]] = []
        self.tokens: dict[str, str | None] = {}
        self.idp: dict[str, t.Any] | None = None
        self._signing_key: dict[str, t.Any] = {}
        # Keys to register: the key pair, its key id, and the module option that specifies the key. In check mode, the
        # last two are not known for a key that does not exist yet.
        self._keys_to_register: list[tuple[dict[str, t.Any], str | None, dict[str, str]]] = []
        # Existing keys to remove: the prefix (None for the user's own key, whose file we must keep), and the key id.
        self._absent_keys: list[tuple[str | None, str | None]] = []

    def run(self) -> None:
        """Run all links.

        :raises LinkFailedError: if a link fails; the links before it are complete.
        """
        if message := next(_option_errors(self._options, self._has_existing_key), None):
            raise LinkFailedError({"msg": message})
        self._links.warnings += _spelling_warnings(self._options["tenant"], self._options["issuer"])
        present = self._options["state"] == "present"
        if not self._has_existing_key:
            self._ensure_keys(present)
        elif not present:
            self._absent_keys.append((None, self._options["key_id"]))
        if present:
            self._sign()
            if self._registration:
                self._register(self._registration)
        self._remove()

    def _ensure_keys(self, present: bool) -> None:
        # Start with the current key: tokens need it even if another key has a problem.
        for key in sorted(self._options["keys"], key=lambda entry: entry["state"] != "current"):
            found = None if present and key["state"] == "current" else self._find(key)
            if not present or key["state"] == "absent":
                if found:
                    self._absent_keys.append((key["prefix"], self._options["key_id"] or found["key_id"]))
            elif key["state"] == "current" or found:
                # A retiring key is maintained, but never created.
                self._ensure_key_pair(key)

    def _find(self, key: dict[str, str]) -> dict[str, t.Any] | None:
        info = self._links.run(
            qscloud_keypair_info,
            directory=self._options["directory"],
            file_prefix=key["prefix"],
            passphrase=self._options["private_key_passphrase"],
        )
        return info if info["exists"] else None

    def _ensure_key_pair(self, key: dict[str, str]) -> None:
        result = self._links.run(
            qscloud_keypair,
            directory=self._options["directory"],
            file_prefix=key["prefix"],
            passphrase=self._options["private_key_passphrase"],
            old_passphrase=self._options["private_key_old_passphrase"],
            **_given(self._options, "size", "common_name", "valid_days", "renew_before_days"),
        )
        key_pair = {**key, **{name: result[name] for name in KEY_PAIR_FACTS}}
        self.key_pairs.append(key_pair)
        if key["state"] == "current":
            self._signing_key = result
        if result["certificate"]:
            key_option = {"certificate_path": result["certificate_path"]}
        else:
            # In check mode, a certificate that would be renewed does not exist yet.
            key_option = {"public_key_content": result["public_key"]}
        self._keys_to_register.append((key_pair, self._options["key_id"] or result["key_id"], key_option))

    def _sign(self) -> None:
        for user in self._options["users"]:
            try:
                signed = self._token(user)
            except LinkFailedError as error:
                raise LinkFailedError({**error.result, "user": user_id(user)}) from error
            self.tokens[user_id(user)] = signed["token"]
            self._signing_key = self._signing_key or signed
        self.idp = {
            "issuer": self._options["issuer"],
            "key_id": self._options["key_id"] or self._signing_key["key_id"],
            "certificate": self._signing_key.get("certificate"),
            "public_key": self._signing_key["public_key"],
        }

    def _token(self, user: t.Mapping[str, t.Any], **more: str) -> dict[str, t.Any]:
        if self._has_existing_key:
            private_key = _given(self._options, "private_key_path", "private_key_content")
        else:
            private_key = {"private_key_path": self._signing_key["private_key_path"]}
        shared_options = _given(self._options, "private_key_passphrase", "issuer", "key_id", "not_before", "expires_in")
        if self._check_mode and self._signing_key.get("passphrase_changed"):
            # In check mode, the file is still encrypted with the old passphrase, if any.
            shared_options["private_key_passphrase"] = self._options["private_key_old_passphrase"] or None
        user_options = {name: value for name, value in user.items() if name != "id" and value is not None}
        return self._links.run(qscloud_jwt, **{**private_key, **shared_options, **user_options, **more})

    def _register(self, registration: Registration) -> None:
        if self._has_existing_key:
            registration.register(self.idp["key_id"], public_key_content=self.idp["public_key"])
        for key_pair, key_id, key in self._keys_to_register:
            key_pair["actions"] = key_pair["actions"] + registration.register(key_id, **key)
        users = self._options["users"]
        registration.ensure_groups(signs_groups=any(user["groups"] for user in users))
        if not self._check_mode and registration.needs_login(deletes=bool(self._absent_keys)):
            registration.verify_login(lambda: self._token(users[0], expires_in=LOGIN_EXPIRES_IN)["token"])

    def _remove(self) -> None:
        if self._registration:
            # Delete the identity providers before the key files, from which their key ids are read.
            for _prefix, key_id in self._absent_keys:
                if key_id:
                    self._registration.delete(key_id)
        for prefix, _key_id in self._absent_keys:
            if prefix is not None:
                self._links.run(
                    qscloud_keypair, directory=self._options["directory"], file_prefix=prefix, state="absent"
                )


def user_id(user: t.Mapping[str, t.Any]) -> str | None:
    """The key of a user's token in the results."""
    return next((user[name] for name in ("id", "email", "name") if user[name] is not None), None)


def _given(options: t.Mapping[str, t.Any], *names: str) -> dict[str, t.Any]:
    return {name: options[name] for name in names if options[name] is not None}


def _spelling_warnings(tenant: str, issuer: str) -> t.Iterator[str]:
    """A warning if the role derived the issuer from another spelling of the host name, which earlier releases kept."""
    if tenant != issuer == host_name(tenant):
        yield (
            f"The tenant {tenant} has the issuer {issuer}: write the host name like this. If its identity provider has"
            f" the issuer {tenant}, set issuer to that instead, because the subjects of users are derived from it."
        )


def _option_errors(options: t.Mapping[str, t.Any], has_existing_key: bool) -> t.Iterator[str]:
    """Messages about invalid options that an argument specification cannot detect."""
    present = options["state"] == "present"
    keys, users = options["keys"], options["users"]
    ids = [user_id(user) for user in users]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\.?", options["tenant"] or ""):
        yield "tenant must be a host name such as acme.eu.qlikcloud.com: leave out the scheme and the path."
    if sum(key["state"] == "current" for key in keys) != 1:
        yield "keys must contain exactly one key with the state current, which signs the tokens."
    if len({key["prefix"] for key in keys}) != len(keys):
        yield "keys contains two keys with the same prefix: use a different prefix for each."
    if options["key_id"] is not None and len(keys) > 1:
        yield "key_id is set, but keys contains several keys, which need different key ids: leave it out."
    if has_existing_key and options["private_key_old_passphrase"] is not None:
        yield (
            "private_key_old_passphrase only applies to keys created here, but an existing private key is specified:"
            " leave it out."
        )
    if has_existing_key and not present and options["key_id"] is None:
        yield ("key_id is missing: set it to identify which identity provider of the existing private key to delete.")
    if has_existing_key and present and not users:
        yield "users is empty, so there is nothing to sign with the existing private key: specify at least one user."
    registration = options["registration"]
    if registration and registration["verify_login"] != "never" and present and not users:
        yield "users is empty, so no login can be checked: specify at least one user."
    if None in ids:
        yield "users contains a user without id, email and name: set an id."
    if len(set(ids)) != len(ids):
        yield "users contains two users with the same id (or else email, or else name): set a different id for each."
