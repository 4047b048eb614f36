# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage the JWT identity providers of a tenant: find, describe, create, replace without interruption, delete.

Only the description of a JWT identity provider can be patched (https://qlik.dev/apis/rest/identity-providers/). For any
other change, a new identity provider is created before the old one is deleted, so that users can log in throughout.
"""

from __future__ import annotations

import contextlib
import re
import typing as t

from .._errors import NoAnswerError, QlikError, TenantError
from .._keys import given
from .._steps import Step, Words

if t.TYPE_CHECKING:
    from .api import Tenant

PATH = "/api/v1/identity-providers"
PROTOCOL = "jwtAuth"
KIND = "identity_provider"
"""In the data of a step."""

DESCRIPTION = "Managed by Ansible (tenantops.qlik)"
"""The default description of a new identity provider. It ends with our mark."""

_MARK = "(tenantops.qlik)"

_BODY = (
    "tenantIds",
    "provider",
    "protocol",
    "interactive",
    "active",
    "description",
    "clockToleranceSec",
    "options",
)
"""The members of the request that creates an identity provider. The tenant sets all others."""

# Appended to the description of a replacement until the old identity provider is deleted. After a killed run, both
# exist, and this tells the next run which one to delete.
_REPLACES = re.compile(r" \(replaces ([^ ()]+)\)$")

# Only unreserved characters (RFC 3986, section 2.3), so that an ID cannot change the path of a request.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~-]*")


class Wanted(t.NamedTuple):
    """The desired identity provider. None keeps the current value.

    ``key`` is None in check mode if the key does not exist yet, and so is ``key_id`` if it depends on the key.
    """

    issuer: str
    key_id: str | None
    key: given.PublicKey | None
    description: str | None
    clock_tolerance: int | None
    tenant_ids: list[str] | None
    compare: str
    allow_gap: bool


class Outcome(t.NamedTuple):
    """The steps taken, or predicted in check mode, and the resulting identity provider.

    ``before`` and ``after`` are for diff mode.
    """

    steps: list[Step]
    replaced: list[str]
    provider: dict[str, t.Any] | None
    before: dict[str, t.Any]
    after: dict[str, t.Any]


def title(tenant: Tenant, wanted: Wanted) -> str:
    """What an identity provider is called above its differences."""
    key = f"the key id {wanted.key_id}" if wanted.key_id is not None else "a new key"
    return f"identity provider with the issuer {wanted.issuer} and {key} in {tenant.url}"


def find(tenant: Tenant, issuer: str | None, key_id: str | None) -> list[dict[str, t.Any]]:
    """The JWT identity providers with this issuer and key id (None: any), as the tenant returns them.

    :raises TenantError: if they cannot be read.
    """
    return [
        _validated(tenant, provider)
        for provider in tenant.pages(PATH)
        if provider.get("protocol") == PROTOCOL
        and (issuer is None or _options(provider).get("issuer") == issuer)
        and (key_id is None or key_id in key_ids(provider))
    ]


def key_ids(provider: dict[str, t.Any]) -> list[str | None]:
    """The key ids of an identity provider. Qlik documents one."""
    return [entry.get("kid") for entry in _static_keys(provider)]


def is_ours(provider: dict[str, t.Any]) -> bool:
    """Whether this collection created an identity provider, and nobody has described it otherwise since then."""
    return _MARK in (provider.get("description") or "")


def describe(provider: dict[str, t.Any]) -> dict[str, t.Any]:
    """The return value for an identity provider, with the names used in this collection."""
    static_keys = _static_keys(provider)
    entry = static_keys[0] if static_keys else {}
    its_key = _key_of(provider, None)
    return {
        "id": provider.get("id"),
        "issuer": _options(provider).get("issuer"),
        "key_id": entry.get("kid"),
        "key_thumbprint": its_key and its_key.thumbprint,
        "fingerprint_sha256": its_key and its_key.fingerprint,
        "not_after": its_key and its_key.not_after,
        "pem": entry.get("pem"),
        "active": provider.get("active"),
        "description": _REPLACES.sub("", provider.get("description") or ""),
        "clock_tolerance": provider.get("clockToleranceSec"),
        "tenant_ids": provider.get("tenantIds"),
    }


def ensure_present(
    tenant: Tenant, wanted: Wanted, check_mode: bool, existing: list[dict[str, t.Any]] | None = None
) -> Outcome:
    """Create, patch or replace the identity provider if it differs from the desired one.

    :param existing: those of the issuer, if they have been read already.
    :raises QlikError: if that fails. Logins that worked before continue to work.
    """
    found = _matching(tenant, wanted, existing)
    # No identity provider can have the key id of a key that does not exist yet.
    match, superseded = _current_and_superseded(found if wanted.key_id is not None else [], wanted)
    before = describe(match) if match else {}
    description = wanted.description if wanted.description is not None else before.get("description", DESCRIPTION)
    words = Words(check_mode)
    reasons = _reasons_to_replace(match, wanted, words) if match else []

    if match and not reasons:
        provider = match
    elif check_mode:
        provider = _body(wanted, description)
    else:
        provider = _create(tenant, wanted, description, match)
    to_delete = [*superseded, *([match] if reasons else [])]
    if not check_mode:
        for one in to_delete:
            tenant.delete(f"{PATH}/{one['id']}")
        if (provider.get("description") or "") != description:
            tenant.replace(f"{PATH}/{provider['id']}", "/description", description)
    after = describe({**provider, "description": description})

    steps = [_step(words, "delete", one["id"], wanted, f"it {words.had} been replaced") for one in superseded]
    if not match:
        steps.append(_step(words, "create", after["id"], wanted))
    elif reasons:
        steps.append(_step(words, "replace", match["id"], wanted, " and ".join(reasons)))
    elif before["description"] != description:
        text = f"the description of identity provider {match['id']}"
        steps.append(words.step("change", KIND, text, name=match["id"]))
    return Outcome(steps, [one["id"] for one in to_delete], after, _in_diff(before), _in_diff(after))


def ensure_absent(
    tenant: Tenant, wanted: Wanted, check_mode: bool, existing: list[dict[str, t.Any]] | None = None
) -> Outcome:
    """Delete the identity provider.

    :param existing: see :func:`ensure_present`.
    :raises QlikError: if that fails.
    """
    match, superseded = _current_and_superseded(_matching(tenant, wanted, existing), wanted)
    to_delete = [*superseded, *([match] if match else [])]
    if not check_mode:
        for one in to_delete:
            tenant.delete(f"{PATH}/{one['id']}")
    before = _in_diff(describe(match)) if match else {}
    words = Words(check_mode)
    return Outcome([_step(words, "delete", one["id"], wanted) for one in to_delete], [], None, before, {})


def remove(tenant: Tenant, provider: dict[str, t.Any], check_mode: bool) -> Outcome:
    """Delete an identity provider that :func:`find` has returned.

    :raises TenantError: if that fails.
    """
    if not check_mode:
        tenant.delete(f"{PATH}/{provider['id']}")
    described = describe(provider)
    what = f"identity provider {described['id']} for key id {described['key_id']}"
    step = Words(check_mode).step("delete", KIND, what, name=described["id"])
    return Outcome([step], [described["id"]], None, _in_diff(described), {})


def _matching(
    tenant: Tenant, wanted: Wanted, existing: list[dict[str, t.Any]] | None
) -> list[dict[str, t.Any]]:
    if existing is None:
        return find(tenant, wanted.issuer, wanted.key_id)
    return [one for one in existing if wanted.key_id in (None, *key_ids(one))]


def _step(words: Words, action: str, its_id: str | None, wanted: Wanted, reason: str | None = None) -> Step:
    """A step with an identity provider, whose id is not known yet if it does not exist."""
    which = f"identity provider {its_id}" if its_id is not None else "an identity provider"
    whose = f"key id {wanted.key_id}" if wanted.key_id is not None else "the new key"
    return words.step(action, KIND, f"{which} for {whose}", reason, its_id)


def _in_diff(described: dict[str, t.Any]) -> dict[str, t.Any]:
    """An identity provider for diff mode: thumbprint and fingerprint stand for the PEM."""
    return {name: value for name, value in described.items() if name != "pem"}


def _current_and_superseded(
    matches: list[dict[str, t.Any]], wanted: Wanted
) -> tuple[dict[str, t.Any] | None, list[dict[str, t.Any]]]:
    """The current identity provider, and those that a killed run replaced with it but did not delete."""
    replaced = {found[1] for one in matches if (found := _REPLACES.search(one.get("description") or ""))}
    superseded = [one for one in matches if one["id"] in replaced]
    remaining = [one for one in matches if one["id"] not in replaced]
    if len(remaining) > 1:
        raise TenantError(
            f"The tenant has {len(remaining)} identity providers with the issuer {wanted.issuer} and the key id"
            f" {wanted.key_id}: {', '.join(sorted(one['id'] for one in remaining))}.",
            "Delete those that are not needed.",
        )
    return (remaining[0] if remaining else None), superseded


def _reasons_to_replace(match: dict[str, t.Any], wanted: Wanted, words: Words) -> list[str]:
    its_key = _key_of(match, wanted.key_id)
    reasons = []
    if match.get("active") is False:
        reasons.append(f"it {words.was} inactive")
    if _options(match).get("jwtLoginEnabled") is False:
        reasons.append(f"it {words.did_not} allow logins")
    if not its_key:
        reasons.append(f"its key {words.could_not} be read")
    elif not wanted.key or its_key.thumbprint != wanted.key.thumbprint:
        reasons.append(f"it {words.had} another key")
    elif wanted.compare == "certificate" and its_key.fingerprint != wanted.key.fingerprint:
        reasons.append(f"it {words.had} another certificate")
    if wanted.clock_tolerance not in (None, match.get("clockToleranceSec")):
        reasons.append(f"it {words.had} another clock tolerance")
    if wanted.tenant_ids is not None and set(wanted.tenant_ids) != set(match.get("tenantIds") or []):
        reasons.append(f"it {words.was} for other tenants")
    return reasons


def _body(wanted: Wanted, description: str) -> dict[str, t.Any]:
    body = {
        "tenantIds": wanted.tenant_ids,
        "provider": "external",
        "protocol": PROTOCOL,
        "interactive": False,
        "active": True,
        "description": description,
        "clockToleranceSec": wanted.clock_tolerance,
        "options": {
            "jwtLoginEnabled": True,
            "issuer": wanted.issuer,
            "staticKeys": [{"kid": wanted.key_id, "pem": wanted.key and wanted.key.line}],
        },
    }
    return {name: value for name, value in body.items() if value is not None}


def _create(tenant: Tenant, wanted: Wanted, description: str, old: dict[str, t.Any] | None) -> dict[str, t.Any]:
    def create(body: dict[str, t.Any]) -> dict[str, t.Any]:
        return _validated(tenant, {**body, **tenant.create(PATH, body, lambda: _find_created(tenant, body, old))})

    if not old:
        return create(_body(wanted, description))
    try:
        return create(_body(wanted, f"{description} (replaces {old['id']})"))
    except TenantError as error:
        if isinstance(error, NoAnswerError) or error.status not in (400, 403, 409):
            raise
        if not wanted.allow_gap:
            raise TenantError(
                f"{error.answer} Therefore, {old['id']} was not replaced.",
                "If the tenant does not accept two identity providers with the same issuer and key id, use another"
                " O(key_id), or set O(allow_gap) to delete the old one first, which interrupts logins for a moment.",
                error.status,
            ) from error
    tenant.delete(f"{PATH}/{old['id']}")
    try:
        return create(_body(wanted, description))
    except QlikError:
        # Restore the old identity provider, whatever the reason, so that logins work as before.
        create({name: old[name] for name in _BODY if old.get(name) is not None})
        raise


def _find_created(tenant: Tenant, body: dict[str, t.Any], old: dict[str, t.Any] | None) -> dict[str, t.Any] | None:
    """The identity provider that was created although there was no response, if any."""
    static_key = body["options"]["staticKeys"][0]
    for provider in find(tenant, body["options"]["issuer"], static_key["kid"]):
        if provider["id"] != (old or {}).get("id") and provider.get("description") == body["description"]:
            return provider
    return None


def _key_of(provider: dict[str, t.Any], key_id: str | None) -> given.PublicKey | None:
    """The key of an identity provider, in either PEM format; None if it cannot be read."""
    for entry in _static_keys(provider):
        if key_id in (None, entry.get("kid")):
            pem = str(entry.get("pem"))
            label = "CERTIFICATE" if "CERTIFICATE" in pem else "PUBLIC KEY"
            with contextlib.suppress(QlikError):
                return given.parse(pem.encode(errors="replace"), label, "")
    return None


def _validated(tenant: Tenant, provider: dict[str, t.Any]) -> dict[str, t.Any]:
    """Check the members that are used in paths and comparisons, so that the wrong object is never deleted."""
    name, description, tenant_ids = (provider.get(member) for member in ("id", "description", "tenantIds"))
    if (
        not (isinstance(name, str) and _ID.fullmatch(name))
        or not isinstance(description, (str, type(None)))
        or not isinstance(tenant_ids, (list, type(None)))
        or not all(isinstance(one, str) for one in tenant_ids or [])
    ):
        raise TenantError(
            f"{tenant.url} returned an identity provider with an invalid id, description or tenantIds.",
            "Nothing was changed because of it. Check O(tenant_url).",
        )
    return provider


def _options(provider: dict[str, t.Any]) -> dict[str, t.Any]:
    options = provider.get("options")
    return options if isinstance(options, dict) else {}


def _static_keys(provider: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    static_keys = _options(provider).get("staticKeys")
    return [entry for entry in static_keys if isinstance(entry, dict)] if isinstance(static_keys, list) else []
