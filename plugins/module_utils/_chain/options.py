# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the chain: their defaults, the rules between them, and their names in the rooms below."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._errors import OptionError, QlikError
from .._files.options import check_path
from .._keys import pair
from .._keys.signers import stores
from .._text import host_name, is_host_name
from .._tokens import sign

if t.TYPE_CHECKING:
    from .._keys.signers.signer import StoredKey

NAMES = {
    "directory": "{key_directory}",
    "file_prefix": "the prefix in {keys}",
    "size": "{key_size}",
    "valid_days": "{certificate_days}",
    "passphrase": "{private_key_passphrase}",
    "old_passphrase": "{private_key_old_passphrase}",
    "tenant_url": "{url}",
    "allow_gap": "allow_gap of the module qscloud_identity_provider",
}
"""What the messages of the rooms below call an option, and what it is called here: ``{option}``."""


class Key(t.NamedTuple):
    """A key pair of the tenant: the prefix of its files, and its state (current, retiring or absent).

    ``uri`` is that of its private key if it is in a key store, and ``uri_option`` where the user has set it.
    """

    prefix: str
    state: str
    uri: str | None = None
    uri_option: str = "O(private_key_uri)"


class User(t.NamedTuple):
    """A user or service to sign a token for. ``options`` are those of qscloud_jwt that are set for it alone."""

    id: str
    options: dict[str, t.Any]


class Wanted(t.NamedTuple):
    """The desired state of a tenant: the validated options of the module, with their defaults."""

    options: t.Mapping[str, t.Any]
    present: bool
    keys: list[Key]
    users: list[User]

    @property
    def has_existing_key(self) -> bool:
        """Whether tokens are signed with a private key of the user's own."""
        return has_existing_key(self.options)


def read(options: t.Mapping[str, t.Any]) -> Wanted:
    """Add the defaults that depend on other options, and check the rules between options.

    :param options: the options of the module qscloud_tenant_jwt by name; None if they are not set.
    :raises OptionError: if they are invalid or contradict each other.
    """
    complete = with_defaults(options, "keys")
    complete["issuer"] = options["issuer"] if options["issuer"] is not None else host_name(options["tenant"])
    keys = declared_keys(complete)
    users = [_user(user) for user in options["users"]]
    if problem := next(_problems(complete, keys, users), None):
        raise problem
    if has_existing_key(complete):
        sign.check_key(complete)
    return Wanted(complete, options["state"] == "present", keys, users)


def with_defaults(options: t.Mapping[str, t.Any], folder: str) -> dict[str, t.Any]:
    """The options, with the defaults that depend on the tenant.

    :param folder: has a folder for the keys of each tenant, by default.
    :raises OptionError: if the tenant is not a host name, or the folder is invalid.
    """
    if not is_host_name(options["tenant"]):
        raise OptionError(
            "O(tenant) must be a host name such as acme.eu.qlikcloud.com: leave out the scheme and the path."
        )
    name = host_name(options["tenant"])
    defaults = {"url": f"https://{name}", "key_directory": os.path.join(folder, name)}
    complete = {**options, **{name: value for name, value in defaults.items() if options[name] is None}}
    check_path(complete["key_directory"], "key_directory")
    return complete


def declared_keys(options: t.Mapping[str, t.Any]) -> list[Key]:
    """The list of keys.

    :raises OptionError: if a prefix or a URI is invalid, or two keys are the same.
    """
    keys = [_key(options, key) for key in options["keys"]]
    for key in keys:
        pair.names(key.prefix)  # rejects invalid prefixes
    if problem := next(_key_problems(options, keys), None):
        raise problem
    for key in keys:
        with naming_uri(key):
            store(options, key)  # rejects invalid URIs
    return keys


def names(options: t.Iterable[str], prefix: str) -> dict[str, str]:
    """What to call options in messages: those of the chain, and those of the rooms below.

    :param options: those of the module.
    :param prefix: of the variables that they come from.
    """
    own = {option: f"{prefix}{option}" for option in options}
    return own | {option: phrase.format_map(own) for option, phrase in NAMES.items()}


def connection(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of the documentation fragment ``tenant``."""
    return {**options, "tenant_url": options["url"], "validate_certs": True}


def has_existing_key(options: t.Mapping[str, t.Any]) -> bool:
    """Whether the options specify a private key of the user's own."""
    return options["private_key_path"] is not None or options["private_key_content"] is not None


def store(options: t.Mapping[str, t.Any], key: Key) -> StoredKey | None:
    """The private key in its store; None if it is in a file. The passphrase is for those in files.

    :raises QlikError: if the URI or an option for its store is invalid.
    """
    if key.uri is None:
        return None
    return stores.key({**options, "private_key_uri": key.uri, "passphrase": None}, "passphrase")


@contextlib.contextmanager
def naming_uri(key: Key) -> t.Iterator[None]:
    """Let errors say where the user has set the URI of this key."""
    try:
        yield
    except QlikError as error:
        error.message = error.message.replace("O(private_key_uri)", key.uri_option)
        raise


def spelling_warning(options: t.Mapping[str, t.Any]) -> str | None:
    """A warning if the issuer is derived from a host name in another spelling, which earlier releases kept."""
    name = host_name(options["tenant"])
    if options["issuer"] is not None or options["tenant"] == name:
        return None
    return (
        f"The tenant {options['tenant']} has the issuer {name}: write the host name like this. If its identity provider has"
        f" the issuer {options['tenant']}, set O(issuer) to that instead, because the subjects of users are derived from it."
    )


def _key(options: t.Mapping[str, t.Any], key: t.Mapping[str, t.Any]) -> Key:
    if key.get("uri") is not None:
        return Key(key["prefix"], key["state"], key["uri"], "uri in O(keys)")
    template = options["private_key_uri"]
    uri = None if template is None else template.replace("{prefix}", key["prefix"])
    return Key(key["prefix"], key["state"], uri)


def _user(user: t.Mapping[str, t.Any]) -> User:
    name = next((user[name] for name in ("id", "email", "name") if user[name] is not None), None)
    return User(name, {name: value for name, value in user.items() if name != "id" and value is not None})


def _key_problems(options: t.Mapping[str, t.Any], keys: list[Key]) -> t.Iterator[OptionError]:
    """What an argument specification cannot detect in the list of keys."""
    if options["state"] == "present" and sum(key.state == "current" for key in keys) != 1:
        yield OptionError("O(keys) must contain exactly one key with the state current, which signs the tokens.")
    if len({key.prefix for key in keys}) != len(keys):
        yield OptionError("O(keys) contains two keys with the same prefix: use a different prefix for each.")
    uris = [key.uri for key in keys if key.uri is not None]
    if len(set(uris)) != len(uris):
        yield OptionError(
            "O(private_key_uri) is the same for two keys in O(keys): write {prefix} in it, or set uri for each key."
        )


def _problems(options: t.Mapping[str, t.Any], keys: list[Key], users: list[User]) -> t.Iterator[OptionError]:
    """What else it cannot detect."""
    present, existing = options["state"] == "present", has_existing_key(options)
    ids = [user.id for user in users]
    if options["key_id"] is not None and len(keys) > 1:
        yield OptionError(
            "O(key_id) is set, but O(keys) contains several keys, which need different key ids: leave it out."
        )
    if existing and options["private_key_old_passphrase"] is not None:
        yield OptionError(
            "O(private_key_old_passphrase) only applies to keys created here, but an existing private key is specified:"
            " leave it out."
        )
    if existing and not present and options["key_id"] is None:
        yield OptionError(
            "O(key_id) is missing: set it to identify which identity provider of the existing private key to delete."
        )
    if options["purge"] and not (options["register_idp"] and users):
        yield OptionError(
            "O(purge) needs O(register_idp) and at least one of O(users), because a login with the current key is proven first."
        )
    if existing and present and not users:
        yield OptionError(
            "O(users) is empty, so there is nothing to sign with the existing private key: specify at least one user."
        )
    if options["register_idp"] and options["verify_login"] != "never" and present and not users:
        yield OptionError("O(users) is empty, so no login can be checked: specify at least one user.")
    if None in ids:
        yield OptionError("O(users) contains a user without id, email and name: set an id.")
    if len(set(ids)) != len(ids):
        yield OptionError(
            "O(users) contains two users with the same id (or else email, or else name): set a different id for each."
        )
