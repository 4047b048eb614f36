# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public keys of an OAuth client: those it has, those it is to have, and what differs. It sends no request.

A client has a list of JSON Web Keys (https://qlik.dev/apis/rest/oauth-clients/), each of which is known by its key id.
"""

from __future__ import annotations

import typing as t

from .. import _text
from .._errors import OptionError, QlikError
from .._keys import given, private_keys, public_keys
from .._steps import Step, Words

MEMBER = "publicKeys"
KIND = "oauth_client_key"
"""In the data of a step."""


class Key(t.NamedTuple):
    """A key of the desired list.

    ``key_id`` and ``jwk`` are None in check mode if the key does not exist yet. If ``state`` is ``absent``, ``jwk``
    does not matter. The other states, ``current`` and ``retiring``, mean the same to the tenant: the client has the
    key.
    """

    key_id: str | None
    jwk: dict[str, str] | None
    state: str


def from_options(entries: t.Sequence[t.Mapping[str, t.Any]], check_mode: bool) -> tuple[list[Key], list[str]]:
    """The desired list that an option specifies, and warnings about it.

    :param entries: each has the options of :mod:`given`, ``key_id`` and ``state``.
    :param check_mode: whether a key may not exist yet.
    :raises OptionError: if a key cannot be used, or is listed twice.
    """
    keys, warnings = [], []
    for number, entry in enumerate(entries, 1):
        try:
            key, repairs = _from_entry(entry, check_mode)
        except QlikError as error:
            raise OptionError(f"O(keys), key {number}: {error.message}") from error
        if key.key_id is not None and key.key_id in (one.key_id for one in keys):
            raise OptionError(f"O(keys) has two keys with the key id {key.key_id}: remove one, or change its key id.")
        keys.append(key)
        warnings += filter(None, [repairs])
    return keys, warnings


def _from_entry(entry: t.Mapping[str, t.Any], check_mode: bool) -> tuple[Key, str | None]:
    key_id, state = entry["key_id"], entry["state"]
    _text.check_options(entry, ["key_id"])
    its = given.from_options(entry, may_be_missing=check_mode and state != "absent")
    if not its:
        if state == "absent" and key_id is None:
            raise OptionError("O(key_id) is missing: set it, or specify the public key to remove.")
        if state != "absent" and not check_mode:
            raise OptionError(
                "O(public_key_path) is missing: specify the public key in it or in O(public_key_content)."
            )
        return Key(key_id, None, state), None
    # qlik.dev, "Authenticate with Private Key JWT"
    if state != "absent":
        private_keys.check_size(its.key, "the public key")
    key_id = its.thumbprint if key_id is None else key_id
    return Key(key_id, public_keys.jwk(its.key, key_id), state), its.repairs


def of(client: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The public keys of a client, as the tenant returns them."""
    return client.get(MEMBER) or []


def ids(client: t.Mapping[str, t.Any]) -> list[str]:
    """The key ids of the public keys of a client."""
    return [one["kid"] for one in of(client)]


def describe(client: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The return value for the public keys of a client."""
    return [{"key_id": one.get("kid"), "key_thumbprint": _thumbprint(one)} for one in of(client)]


def merge(client: t.Mapping[str, t.Any], wanted: t.Sequence[Key], purge: bool) -> list[dict[str, t.Any]]:
    """The public keys that a client is to have. Those that it has stay in their place, as they are.

    :param client: as it is; empty for a new one.
    :param purge: whether the client loses the keys that are not listed.
    """
    to_have = {key.key_id: key.jwk or {"kid": key.key_id} for key in wanted if key.state != "absent"}
    absent = {key.key_id for key in wanted if key.state == "absent"}
    result = []
    for one in of(client):
        if new := to_have.pop(one["kid"], None):
            result.append(one if "kty" not in new or _is_same(one, new) else new)
        elif one["kid"] not in absent and not purge:
            result.append(one)
    return [*result, *to_have.values()]


def steps(client: t.Mapping[str, t.Any], merged: t.Sequence[dict[str, t.Any]], words: Words) -> list[Step]:
    """What happens to the public keys of a client, key by key.

    :param merged: what :func:`merge` has returned.
    """
    old, new = ({one["kid"]: one for one in keys} for keys in (of(client), merged))
    which = f"OAuth client {client['clientId']}"
    found = []
    for key_id in new:
        if key_id not in old:
            found.append(words.step("add", KIND, f"{_name(key_id)} to {which}", name=key_id))
        elif new[key_id] != old[key_id]:
            reason = f"it {words.was} another key"
            found.append(words.step("replace", KIND, f"{_name(key_id)} in {which}", reason, key_id))
    found += [words.step("remove", KIND, f"{_name(one)} from {which}", name=one) for one in old if one not in new]
    return found


def _name(key_id: str | None) -> str:
    return f"key {key_id}" if key_id is not None else "a new key"


def _is_same(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    """Whether two JWKs hold the same key. A tenant may write it otherwise, for example with other members."""
    return _thumbprint(one) is not None and _thumbprint(one) == _thumbprint(other)


def _thumbprint(members: t.Mapping[str, t.Any]) -> str | None:
    """The RFC 7638 thumbprint of a JWK; None if it is not an RSA key that can be read."""
    key = public_keys.from_jwk(members)
    return key and public_keys.thumbprint(key)
