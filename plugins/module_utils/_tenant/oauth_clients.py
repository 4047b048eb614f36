# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the OAuth clients of a tenant: find, describe, create, change, delete.

What a client is made of, and what of it can be changed: https://qlik.dev/apis/rest/oauth-clients/ and the declarations
of Qlik's typed client, ``@qlik/api``.
"""

from __future__ import annotations

import contextlib
import json
import re
import typing as t
import urllib.parse

from .._errors import OptionError, TenantError
from .._steps import Step, Words
from . import oauth_keys
from .oauth_keys import Key

if t.TYPE_CHECKING:
    from .api import Tenant

PATH = "/api/v1/oauth-clients"
KIND = "oauth_client"
"""In the data of a step."""

DESCRIPTION = "Managed by Ansible (tenantops.qlik)"
"""The default description of a new client. It ends with our mark."""

KEY_METHOD = "private_key_jwt"
SECRET_METHOD = "client_secret"

_MARK = "(tenantops.qlik)"

_TEXTS = {"name": "clientName", "description": "description"}
_LISTS = {
    "scopes": "allowedScopes",
    "grant_types": "allowedGrantTypes",
    "allowed_origins": "allowedOrigins",
    "redirect_uris": "redirectUris",
    "auth_methods": "allowedAuthMethods",
}
"""What can be patched, by its name in this collection. The order of a list does not matter."""

_SPOKEN = {
    "clientName": "another name",
    "description": "another description",
    "allowedScopes": "other scopes",
    "allowedGrantTypes": "other grant types",
    "allowedOrigins": "other allowed origins",
    "redirectUris": "other redirect URIs",
    "allowedAuthMethods": "other auth methods",
}
"""What a client had if it is changed."""

_REFUSED = (400, 409, 422)
"""The statuses of what the tenant does not accept, whoever asks for it."""

_POSSIBLE_REASONS = {
    "allowedScopes": "O(scopes) may have a scope that Qlik Cloud does not know.",
    "allowedGrantTypes": "Qlik documents O(grant_types) only for a client whose O(app_type) is web.",
    "allowedOrigins": "Qlik documents O(allowed_origins) only for a client whose O(app_type) is spa.",
    oauth_keys.MEMBER: "If the client can have no more public keys, remove one first: list it in O(keys) as absent.",
}
"""What to do about a refusal, by what has been sent."""

# Only unreserved characters (RFC 3986, section 2.3), so that an ID cannot change the path of a request.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~-]*")


class Wanted(t.NamedTuple):
    """The desired client. None keeps the current value, or leaves it to Qlik Cloud in a new client.

    ``keys`` are the public keys; those that are not listed are kept unless ``purge`` is true. A client that gets keys
    may also use them: if ``auth_methods`` is None, ``private_key_jwt`` is added, and a new client is allowed nothing
    else.
    """

    name: str | None
    app_type: str | None
    scopes: list[str] | None
    grant_types: list[str] | None
    allowed_origins: list[str] | None
    redirect_uris: list[str] | None
    auth_methods: list[str] | None
    consent_method: str | None
    keys: list[Key] | None
    purge: bool
    description: str | None = None


class Outcome(t.NamedTuple):
    """The steps taken, or predicted in check mode, and the resulting client, as the tenant has it.

    ``before`` and ``after`` are for diff mode. ``secret`` is one that Qlik Cloud has generated for the client, or None.
    """

    steps: list[Step]
    client: dict[str, t.Any] | None
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    secret: str | None = None


def read(tenant: Tenant, client_id: str) -> dict[str, t.Any]:
    """The client with this id, as the tenant returns it.

    :raises TenantError: if it cannot be read; with status 404 if it does not exist.
    """
    client = _validated(tenant, tenant.get(_path(client_id)))
    if client["clientId"] != client_id:
        raise _invalid(tenant)
    return client


def find(tenant: Tenant, name: str, client_id: str | None = None) -> dict[str, t.Any] | None:
    """The client with this id, or else the one with this name; None if there is none.

    :raises TenantError: if the clients cannot be read, or several have the name.
    """
    matches = []
    for client in find_all(tenant):
        if client["clientId"] == client_id:
            return client
        if client.get("clientName") == name:
            matches.append(client)
    if len(matches) > 1:
        raise TenantError(
            f"{tenant.url} has {len(matches)} OAuth clients named {name}:"
            f" {', '.join(sorted(one['clientId'] for one in matches))}.",
            "Delete or rename those that are not needed.",
        )
    return matches[0] if matches else None


def find_by_id(tenant: Tenant, client_id: str) -> dict[str, t.Any] | None:
    """The client with this id, as :func:`read` returns it; None if there is none.

    :raises TenantError: if it cannot be read.
    """
    try:
        return read(tenant, client_id)
    except TenantError as error:
        if error.status != 404:
            raise
        return None


def find_all(tenant: Tenant) -> t.Iterator[dict[str, t.Any]]:
    """All clients of the tenant, as it returns them.

    Qlik's filter is not used: if it overlooked a client, that client would be created again.

    :raises TenantError: if they cannot be read.
    """
    return (_validated(tenant, client) for client in tenant.pages(PATH, "clientId"))


def key_ids(client: dict[str, t.Any]) -> list[str]:
    """The key ids of the public keys of a client."""
    return oauth_keys.ids(client)


def auth_methods(client: t.Mapping[str, t.Any]) -> list[str]:
    """How a client may authenticate.

    Qlik declares the member as optional. Without it, a client has a secret if its type can keep one (RFC 6749, 2.1).
    """
    return client.get("allowedAuthMethods") or ([SECRET_METHOD] if client.get("appType") == "web" else [])


def is_ours(client: dict[str, t.Any]) -> bool:
    """Whether this collection created a client, and nobody has described it otherwise since then."""
    return _MARK in (client.get("description") or "")


def describe(client: dict[str, t.Any]) -> dict[str, t.Any]:
    """The return value for a client, with the names used in this collection."""
    return {
        "id": client.get("clientId"),
        "app_type": client.get("appType"),
        **{option: client.get(member) or "" for option, member in _TEXTS.items()},
        **{option: client.get(member) or [] for option, member in _LISTS.items()},
        "auth_methods": auth_methods(client),
        "consent_method": _consent_method(client),
        "keys": oauth_keys.describe(client),
    }


def ensure_present(
    tenant: Tenant, wanted: Wanted, check_mode: bool, existing: dict[str, t.Any] | None
) -> Outcome:
    """Create the client, or change what differs from the desired one.

    All that can be patched is patched in one request. So no key is removed before another one is added.

    :param existing: the client, as :func:`read` or :func:`find` has returned it.
    :raises OptionError: if it cannot be as desired.
    :raises TenantError: if a request fails. A run after that continues where this one has stopped.
    """
    client = existing or {"appType": wanted.app_type or "web"}
    if wanted.app_type not in (None, client.get("appType")):
        raise OptionError(
            f"O(app_type) is {wanted.app_type}, but OAuth client {client['clientId']} is of the type"
            f" {client.get('appType')}, which Qlik Cloud cannot change: delete the client first, or choose another"
            " name."
        )
    changes = _changes(client, wanted)
    if not existing:
        return _create(tenant, {**client, **changes}, wanted.consent_method, check_mode)
    before, words, secret = _in_diff(client), Words(check_mode), None
    if changes and not check_mode:
        secret = _patch(tenant, client, changes).get("clientSecret")
    after = {**client, **changes}
    after, has_other_consent = _ensure_consent(tenant, after, wanted.consent_method, check_mode)
    steps = oauth_keys.steps(client, oauth_keys.of(after), words)
    others = [spoken for member, spoken in _SPOKEN.items() if member in changes]
    if has_other_consent:
        others.append("another consent method")
    if others:
        reason = f"it {words.had} {' and '.join(others)}"
        steps.append(words.step("change", KIND, f"OAuth client {client['clientId']}", reason, client["clientId"]))
    return Outcome(steps, after, before, _in_diff(after), secret)


def remove(tenant: Tenant, client: dict[str, t.Any], check_mode: bool) -> Outcome:
    """Delete a client that :func:`read` or :func:`find` has returned.

    :raises TenantError: if that fails.
    """
    its_id = client["clientId"]
    if not check_mode:
        tenant.delete(_path(its_id))
    step = Words(check_mode).step("delete", KIND, f"OAuth client {its_id}", name=its_id)
    return Outcome([step], None, _in_diff(client), {})


def _changes(client: t.Mapping[str, t.Any], wanted: Wanted) -> dict[str, t.Any]:
    """The members of a client that differ from the desired ones, with their new values.

    :param client: as it is; only a type for a new one.
    """
    is_new = "clientId" not in client
    methods, keys = wanted.auth_methods, oauth_keys.of(client)
    if wanted.keys is not None:
        keys = oauth_keys.merge(client, wanted.keys, wanted.purge)
    if methods is None and any(key.state != "absent" for key in wanted.keys or ()):
        methods = list(dict.fromkeys([*([] if is_new else auth_methods(client)), KEY_METHOD]))
    description = DESCRIPTION if is_new and wanted.description is None else wanted.description
    wanted = wanted._replace(auth_methods=methods, description=description)
    changes: dict[str, t.Any] = {}
    for option, member in _TEXTS.items():
        text = getattr(wanted, option)
        if text is not None and text != (client.get(member) or ""):
            changes[member] = text
    for option, member in _LISTS.items():
        items = getattr(wanted, option)
        current = auth_methods(client) if option == "auth_methods" and not is_new else client.get(member) or []
        if items is not None and set(items) != set(current):
            changes[member] = list(dict.fromkeys(items))
    if keys != oauth_keys.of(client):
        changes[oauth_keys.MEMBER] = keys
    allowed = changes.get("allowedAuthMethods", () if is_new else auth_methods(client))
    needs_key = KEY_METHOD in allowed and "jwksUri" not in client
    if needs_key and not keys and changes.keys() & {oauth_keys.MEMBER, "allowedAuthMethods"}:
        raise OptionError(
            "O(keys) would leave the OAuth client without a public key to authenticate with: list a current key, or"
            " allow client_secret alone with O(auth_methods)."
        )
    return changes


def _create(tenant: Tenant, body: dict[str, t.Any], consent_method: str | None, check_mode: bool) -> Outcome:
    if consent_method == "trusted":  # the only one that a new client can be given
        body["connectionConfig"] = {"consentMethod": consent_method}
    secret = None
    if not check_mode:
        # A new client has no public key that could be removed first.
        with _explained(body.keys() - {oauth_keys.MEMBER}):
            answer = tenant.create(PATH, body, lambda: find(tenant, body["clientName"]))
        secret = answer.get("clientSecret")
        body = _validated(tenant, {**body, **{name: answer[name] for name in answer if name != "clientSecret"}})
    body, _changed = _ensure_consent(tenant, body, consent_method, check_mode)
    its_id = body.get("clientId")
    which = f"OAuth client {its_id}" if its_id is not None else f"an OAuth client named {body['clientName']}"
    step = Words(check_mode).step("create", KIND, which, name=its_id)
    return Outcome([step], body, {}, _in_diff(body), secret)


def _patch(tenant: Tenant, client: dict[str, t.Any], changes: dict[str, t.Any]) -> dict[str, t.Any]:
    """Patch these members, and return the answer."""

    def patch(members: dict[str, t.Any]) -> dict[str, t.Any]:
        operations = [
            {"op": "add" if client.get(name) is None else "replace", "path": f"/{name}", "value": value}
            for name, value in members.items()
        ]
        return tenant.patch(_path(client["clientId"]), operations)

    with _explained(changes):
        try:
            return patch(changes)
        except TenantError as error:
            if error.status != 400 or oauth_keys.MEMBER not in changes:
                raise
            refused = error
        # Qlik's typed client declares a public key as an object, but what a patch sets as a text or a list of texts.
        texts = [json.dumps(key) for key in changes[oauth_keys.MEMBER]]
        for value in (texts, f"[{','.join(texts)}]"):
            try:
                return patch({**changes, oauth_keys.MEMBER: value})
            except TenantError as error:
                if error.status != 400:
                    raise
        raise refused


@contextlib.contextmanager
def _explained(sent: t.Container[str]) -> t.Iterator[None]:
    """Say what to do if the tenant refuses what is sent.

    :param sent: the names of its members.
    """
    try:
        yield
    except TenantError as error:
        reasons = [reason for name, reason in _POSSIBLE_REASONS.items() if name in sent]
        if error.status not in _REFUSED or not reasons:
            raise
        raise TenantError(error.answer, " ".join(reasons), error.status, error.code, error.date) from error


def _ensure_consent(
    tenant: Tenant, client: dict[str, t.Any], wanted: str | None, check_mode: bool
) -> tuple[dict[str, t.Any], bool]:
    """Set the consent method, and return the client with it, and whether it had another one."""
    if wanted is None or _consent_method(client) == wanted:
        return client, False
    changed = {**client, "connectionConfig": {"consentMethod": wanted}}
    if "clientId" not in client:
        return changed, True
    path = f"{_path(client['clientId'])}/connection-configs/me"
    # Qlik declares it as optional where a client is read.
    if _consent_method(client) is None and tenant.get(path).get("consentMethod") == wanted:
        return changed, False
    if not check_mode:
        tenant.replace(path, "/consentMethod", wanted)
    return changed, True


def _consent_method(client: t.Mapping[str, t.Any]) -> str | None:
    connection = client.get("connectionConfig")
    return connection.get("consentMethod") if isinstance(connection, dict) else None


def _in_diff(client: dict[str, t.Any]) -> dict[str, t.Any]:
    """A client for diff mode. The order of its lists does not matter."""
    described = describe(client)
    return {name: sorted(described[name]) if name in _LISTS else value for name, value in described.items()}


def _path(client_id: str) -> str:
    return f"{PATH}/{urllib.parse.quote(client_id, safe='')}"


def _validated(tenant: Tenant, client: dict[str, t.Any]) -> dict[str, t.Any]:
    """Check the members that are used in paths and comparisons, so that the wrong object is never changed."""
    client_id, keys = client.get("clientId"), client.get(oauth_keys.MEMBER)
    texts = [client[member] for member in _TEXTS.values() if client.get(member) is not None]
    lists = [client[member] for member in _LISTS.values() if client.get(member) is not None]
    if (
        not (isinstance(client_id, str) and _ID.fullmatch(client_id))
        or not all(isinstance(text, str) for text in texts)
        or not all(isinstance(items, list) and all(isinstance(one, str) for one in items) for items in lists)
        or not isinstance(keys, (list, type(None)))
        or not all(isinstance(key, dict) and isinstance(key.get("kid"), str) for key in keys or [])
    ):
        raise _invalid(tenant)
    return client


def _invalid(tenant: Tenant) -> TenantError:
    return TenantError(
        f"{tenant.url} returned an OAuth client with invalid members.",
        "Nothing was changed because of it. Check O(tenant_url).",
    )
