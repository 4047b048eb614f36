# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of one tenant: create, renew and find them, and remove those that it no longer needs."""

from __future__ import annotations

import datetime
import typing as t

from .._errors import KeyMismatchError
from .._files import read
from .._files.folder import Access
from .._keys import (
    certificates,
    given,
    inspect,
    pair,
    prefixes,
    private_keys,
    public_keys,
    removal,
    stored_pair,
)
from .._tokens import sign
from .options import Key as Declared
from .options import Wanted, naming_uri, store
from .report import Difference, Report

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

KIND = "key_pair"
"""In the data of a step."""


class Key(t.NamedTuple):
    """A key of the tenant that exists now. In check mode, None is what is not known of a key that would be created.

    ``key_id`` is that of its identity provider, and ``certificate_path`` is None for a private key of the user's own.
    ``private_key_uri`` is set if the private key is in a key store.
    """

    prefix: str | None
    state: str
    key_id: str | None
    private: rsa.RSAPrivateKey | None
    public_key: str | None
    certificate: str | None
    private_key_path: str | None
    certificate_path: str | None
    not_after: str | None
    private_key_uri: str | None = None

    def facts(self) -> dict[str, t.Any]:
        """The return values for a key pair: few, because Ansible keeps them in memory for each tenant."""
        names = ("prefix", "state", "key_id", "private_key_path", "certificate_path", "not_after")
        of_store = {"private_key_uri": self.private_key_uri} if self.private_key_uri else {}
        return {**{name: getattr(self, name) for name in names}, **of_store}

    def values_to_enter(self, issuer: str) -> dict[str, str | None]:
        """The values for the tenant's identity provider."""
        return {"issuer": issuer, **{name: getattr(self, name) for name in ("key_id", "certificate", "public_key")}}

    def to_register(self) -> given.PublicKey | None:
        """The certificate, or else the public key, for the identity provider."""
        if self.certificate:
            return given.parse(self.certificate.encode(), "CERTIFICATE", self.certificate_path)
        return given.parse(self.public_key.encode(), "PUBLIC KEY", "the key") if self.public_key else None


class Retired(t.NamedTuple):
    """A key to remove. ``prefix`` is None for a private key of the user's own, whose file is kept."""

    prefix: str | None
    key_id: str | None


Accept = t.Callable[[dict[str, t.Any]], None]
"""Is called with facts before anything is written, and raises an exception to reject them."""


def provide(wanted: Wanted, now: datetime.datetime, accept: Accept, report: Report) -> list[Key]:
    """Create, renew or repair the key pairs, or load the private key of the user's own.

    The current one comes first: tokens need it even if another one has a problem. A retiring key is maintained, but never
    created. It exists if its private key does, in a file or in its store. With ``state: absent``, there are none.

    :raises QlikError: if that fails.
    """
    if not wanted.present:
        return []
    if wanted.has_existing_key:
        return [_existing(wanted, report)]
    _check_distinct(wanted, now)
    existing = prefixes.prefixes(wanted.options["key_directory"])
    return [
        _provide(wanted, key, now, accept, report)
        for key in sorted(wanted.keys, key=lambda key: key.state != "current")
        if key.state == "current" or key.state == "retiring" and _exists(wanted, key, existing, now)
    ]


def retired(wanted: Wanted, key_ids: t.Collection[str | None], now: datetime.datetime) -> list[Retired]:
    """The keys to remove that exist: those with files, or those in a store whose key id is one of these.

    :param key_ids: those of the identity providers that no other key owns. If there are none, no store is asked.
    :raises QlikError: if a private key is in a file instead of its store, or a store does not answer.
    """
    if wanted.has_existing_key:
        return [] if wanted.present else [Retired(None, wanted.options["key_id"])]
    found = []
    for key in wanted.keys:
        if key.state == "absent" or not wanted.present:
            with naming_uri(key):
                if key.uri:
                    stored_pair.check_no_private_key(_private_key_path(wanted, key))
            facts = look(wanted, key, now, asks_store=bool(key_ids))
            key_id = wanted.options["key_id"] or facts["key_id"]
            if facts["exists"] and (not facts["private_key_uri"] or key_id in key_ids):
                found.append(Retired(key.prefix, key_id))
    return found if wanted.present else [*found, *_existing_pairs(wanted, _undeclared(wanted), now)]


def private_keys_found(wanted: Wanted) -> t.Iterator[rsa.RSAPrivateKey]:
    """The private keys that exist, each loaded when it is its turn: the current one, those to retire, and all others.

    :raises QlikError: if one cannot be loaded.
    """
    order = ("current", "retiring", "absent")
    declared = sorted(wanted.keys, key=lambda key: order.index(key.state))
    for key in [*declared, *(Declared(prefix, "absent") for prefix in _undeclared(wanted))]:
        if private := _private_key(wanted, key):
            yield private


def undeclared(wanted: Wanted, now: datetime.datetime) -> list[Retired]:
    """The key pairs in the folder that the list of keys leaves out, unless other tenants may have theirs there."""
    return _existing_pairs(wanted, _undeclared(wanted) if wanted.present else [], now)


def paths(wanted: Wanted, key: Declared) -> dict[str, str | None]:
    """The paths of the files of a key pair."""
    its = pair.paths(wanted.options["key_directory"], pair.names(key.prefix))
    without = {"private_key_path": None} if key.uri else {}
    return {**{name: its[name] for name in ("private_key_path", "certificate_path")}, **without}


def problem_if_missing(wanted: Wanted, key_ids: t.Collection[str | None], now: datetime.datetime) -> str | None:
    """What to say, and to do about it, if the tenant should have a key on this side, but has none at all.

    A key in a store without files only counts if the tenant knows it: it may be a version that is new there.

    :param key_ids: those of the identity providers of the tenant.
    :raises QlikError: if a store does not answer.
    """
    directory, own_id = wanted.options["key_directory"], wanted.options["key_id"]
    found = set(prefixes.prefixes(directory))
    if wanted.options["allow_shared_key"]:
        found &= {key.prefix for key in wanted.keys}
    if found or not wanted.present or wanted.has_existing_key:
        return None
    problems = []
    for key in sorted(wanted.keys, key=lambda key: key.state != "current"):
        facts = look(wanted, key, now)
        uri = facts["private_key_uri"]
        if key.uri and facts["exists"] and (not uri or (own_id or facts["key_id"]) in key_ids):
            return None
        problems.append(_problem(wanted, key, uri, facts["exists"]))
    return problems[0]


def _problem(wanted: Wanted, key: Declared, uri: str | None, exists: bool) -> str:
    """:param uri: that of the key in the store, if it is there.

    :param exists: whether it or any file is.
    """
    directory, otherwise = wanted.options["key_directory"], "or set O(allow_new_key) to true to"
    nowhere = f"there is no key in {directory}"
    if uri:
        return (
            f"none with the key {uri}, and {nowhere}: set {key.uri_option} to the version or key that the tenant"
            f" knows, {otherwise} register this one"
        )
    if key.uri:
        return (
            f"{store(wanted.options, key).source} does not exist, and {nowhere}: check {key.uri_option} and which server,"
            f" account or region it is in, {otherwise} create another key"
        )
    if exists:
        return (
            f"{directory} has a public key without its private key: set O(private_key_uri) if that is in a key store, or"
            f" O(key_directory) to the folder that has it, {otherwise} create another key"
        )
    return f"{nowhere}: set O(key_directory) to the folder that has the key, {otherwise} create another key"


def remove(wanted: Wanted, keys: t.Iterable[Retired], report: Report) -> None:
    """Remove the files of key pairs, and keep a backup.

    :raises QlikError: if that fails.
    """
    declared = {key.prefix: key for key in wanted.keys}
    for prefix in (key.prefix for key in keys if key.prefix is not None):
        settings = _settings(wanted, declared.get(prefix, Declared(prefix, "absent")))
        outcome = (stored_pair if settings.store else removal).ensure_absent(settings, report.check_mode)
        report.add(outcome.steps, _difference(settings, outcome))


def _check_distinct(wanted: Wanted, now: datetime.datetime) -> None:
    """Reject the same key under two prefixes, because who removes one of them would delete the provider of both.

    URIs do not tell: the newest version of a key also has a number, and an alias an ARN. The store is only asked about the
    current key, and only if no file tells which one it is.

    :raises KeyMismatchError: if the current key is also another one.
    """
    if len(wanted.keys) == 1 or not any(key.uri for key in wanted.keys):
        return
    current = next(key for key in wanted.keys if key.state == "current")
    key_id = look(wanted, current, now)["key_id"]
    for other in wanted.keys:
        if other is not current and key_id and look(wanted, other, now, asks_store=False)["key_id"] == key_id:
            raise KeyMismatchError(
                f"O(keys) has the same key with the prefixes '{current.prefix}' and '{other.prefix}': if it should be a"
                f" new one, rotate it in its store, or set {current.uri_option} to another key."
            )


def _private_key(wanted: Wanted, key: Declared) -> rsa.RSAPrivateKey | None:
    """The private key as it is, in its file or store; None if it does not exist."""
    if key.uri:
        with naming_uri(key):
            stored = store(wanted.options, key).find()
        return stored and stored.key
    path, options = _private_key_path(wanted, key), wanted.options
    if not read.exists(path):
        return None
    content = read.content(path, "key_directory")
    passphrases = options["private_key_passphrase"], options["private_key_old_passphrase"]
    return private_keys.load_with_either(content, *passphrases, path)[0].key


def _exists(wanted: Wanted, key: Declared, existing: list[str], now: datetime.datetime) -> bool:
    return look(wanted, key, now)["exists"] if key.uri else key.prefix in existing


def _private_key_path(wanted: Wanted, key: Declared) -> str:
    return pair.paths(wanted.options["key_directory"], pair.names(key.prefix))["private_key_path"]


def _undeclared(wanted: Wanted) -> list[str]:
    if wanted.has_existing_key or wanted.options["allow_shared_key"]:
        return []
    declared = {key.prefix for key in wanted.keys}
    return [one for one in prefixes.prefixes(wanted.options["key_directory"]) if one not in declared]


def _existing_pairs(wanted: Wanted, its_prefixes: t.Iterable[str], now: datetime.datetime) -> list[Retired]:
    all_facts = ((prefix, look(wanted, Declared(prefix, "absent"), now)) for prefix in its_prefixes)
    key_id = wanted.options["key_id"]
    return [Retired(prefix, key_id or facts["key_id"]) for prefix, facts in all_facts if facts["exists"]]


def _existing(wanted: Wanted, report: Report) -> Key:
    options = wanted.options
    path = options["private_key_path"]
    if report.check_mode and sign.is_key_missing(options):
        report.warn([f"{path} does not exist yet, so no token was signed."])
        return Key(None, "current", options["key_id"], None, None, None, path, None, None)
    private, warnings = sign.private_key(options)
    report.warn(warnings)
    public_key = public_keys.to_pem(private.public_key()).decode()
    return Key(None, "current", sign.key_id(options, private), private, public_key, None, path, None, None)


def _provide(wanted: Wanted, key: Declared, now: datetime.datetime, accept: Accept, report: Report) -> Key:
    settings = _settings(wanted, key)
    accept(settings.paths())
    with naming_uri(key):
        outcome = (stored_pair if settings.store else pair).ensure_present(settings, now, report.check_mode, accept)
    report.warn(outcome.warnings)
    name = settings.name()
    report.add(
        outcome.steps or [report.words.step("keep", KIND, f"the key pair {name}", name=name, changed=False)],
        _difference(settings, outcome),
    )
    facts = outcome.facts
    return Key(
        prefix=key.prefix,
        state=key.state,
        key_id=wanted.options["key_id"] or facts["key_id"],
        private=outcome.key,
        public_key=facts["public_key"],
        certificate=facts["certificate"],
        **paths(wanted, key),
        not_after=facts["not_after"],
        private_key_uri=outcome.uri,
    )


def look(wanted: Wanted, key: Declared, now: datetime.datetime, asks_store: bool = True) -> dict[str, t.Any]:
    """The facts about a key pair as it is, without changing it.

    Its store is only asked if no file tells which key it is. Only then, ``private_key_uri`` is set.

    :param asks_store: whether to ask it at all.
    :raises QlikError: if the store does not answer, or the key in it cannot be used.
    """
    inspection = inspect.Inspection(now, 0)
    passphrase = wanted.options["private_key_passphrase"]
    inspection.inspect_directory(wanted.options["key_directory"], pair.names(key.prefix), passphrase)
    if key.uri and asks_store and not inspection.public_key:
        with naming_uri(key):
            if stored := store(wanted.options, key).find():
                inspection.exists, inspection.public_key = True, stored.key.public_key()
                inspection.uri = stored.uri
    return {**inspection.facts(), "private_key_uri": inspection.uri}


def _settings(wanted: Wanted, key: Declared) -> pair.Wanted:
    options = wanted.options
    is_current = key.state == "current"
    return pair.Wanted(
        directory=options["key_directory"],
        names=pair.names(key.prefix),
        # The size is for new keys. One that is retiring because it has another size must not fail for that reason.
        size=options["key_size"] if is_current else None,
        passphrase=options["private_key_passphrase"],
        old_passphrase=options["private_key_old_passphrase"],
        terms=certificates.terms(options["common_name"], options["certificate_days"], options["renew_before_days"]),
        regenerate="fail",
        instead=(
            "introduce a new key with another prefix in O(keys)" if is_current else "set its state in O(keys) to absent"
        ),
        backup=True,
        private_access=Access(0o600),
        public_access=Access(0o644),
        store=store(options, key),
    )


def _difference(settings: pair.Wanted, outcome: pair.Outcome) -> Difference:
    return Difference(f"key pair {settings.name()}", outcome.before, outcome.after)
