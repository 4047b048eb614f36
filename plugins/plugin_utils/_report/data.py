# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the results of M(tenantops.qlik.qscloud_tenant_jwt_info) say about each tenant, for all kinds of reports."""

from __future__ import annotations

import collections
import datetime
import typing as t

from ...module_utils._errors import printable

WORDS = {
    "failed": "could not be looked at",
    "expiring": "a certificate has ended or ends soon",
    "drift": "the tenant differs from what is declared",
    "stray": "a provider or a key file belongs to no declared key",
    "manual": "something must be entered in the tenant by hand",
    "pending": "the playbook provision would change something",
    "unchecked": "something was not looked at",
}
"""What can be said of a tenant, and what that means. The most urgent comes first."""

HEALTHY = "healthy"
"""The word for a tenant of which nothing of this is said."""

UNDECLARED = "undeclared"
"""The state of a key that only the tenant has."""

_LONGEST = 600
"""Characters of a text from a result. Our own sentences have fewer; a tenant's description may have thousands."""


class Remark(t.NamedTuple):
    """A sentence about a tenant, under one of the :data:`WORDS`. ``ends`` is the time that it is about, if any."""

    word: str
    text: str
    ends: str | None = None


class Certificate(t.NamedTuple):
    """A certificate of a tenant's issuer. ``place`` is ``file`` or ``tenant``, and ``ends`` a time in UTC."""

    ends: str
    key_id: str
    place: str


class Key(t.NamedTuple):
    """A key that is declared, or that only the tenant has. What is not known is None."""

    prefix: str | None
    state: str
    key_id: str | None
    size: int | None
    certificate_path: str | None
    file_not_after: str | None
    provider_id: str | None
    provider_issuer: str | None
    provider_description: str | None
    provider_active: bool | None
    provider_ours: bool | None
    provider_not_after: str | None
    same_certificate: bool | None


class Tenant(t.NamedTuple):
    """A host and what its result says. Remarks are in the order of :data:`WORDS`. What is not known is None."""

    host: str
    name: str | None
    issuer: str | None
    key_directory: str | None
    examined: bool | None
    groups: bool | None
    remarks: list[Remark]
    keys: list[Key]
    certificates: list[Certificate]

    @property
    def words(self) -> list[str]:
        """Which of the :data:`WORDS` apply."""
        return list(dict.fromkeys(remark.word for remark in self.remarks))


def read(results: t.Mapping[str, t.Any]) -> list[Tenant]:
    """The tenants in the order of their names. All text is safe to print: no control characters, and not too long.

    :param results: by host; None for a host that has none.
    """
    return [_read(host, results[host]) for host in sorted(results)]


def count(tenants: t.Iterable[Tenant]) -> dict[str, int]:
    """How many tenants each word applies to, and how many are healthy."""
    found = collections.Counter(word for tenant in tenants for word in tenant.words or [HEALTHY])
    return {word: found[word] for word in (*WORDS, HEALTHY)}


def moment(text: str) -> datetime.datetime:
    """The time that a result gives as text, such as ``2027-01-31T12:00:00Z``."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def _read(host: str, result: t.Any) -> Tenant:
    name = _text(host)
    if problem := _problem(result):
        return Tenant(name, None, None, None, None, None, [problem], [], [])
    remarks = [Remark(one["kind"], _text(one["text"]), one["ends"]) for one in result["findings"]]
    remarks += [Remark("pending", _text(step["text"])) for step in result["pending"]]
    remarks.sort(key=lambda remark: [*WORDS].index(remark.word))
    undeclared = [provider for provider in result["providers"] if provider["prefix"] is None]
    keys = [*map(_declared, result["key_pairs"]), *map(_undeclared, undeclared)]
    found = [Certificate(one["not_after"], _text(one["key_id"]) or "", "file") for one in result["key_pairs"]]
    # Those of other issuers are none of our business.
    found += [
        Certificate(one["certificate_not_after"], _text(one["key_id"]) or "", "tenant")
        for one in result["providers"]
        if one["issuer"] == result["issuer"]
    ]
    return Tenant(
        name,
        *(_text(result[fact]) for fact in ("tenant", "issuer", "key_directory")),
        result["examined"],
        result["groups"],
        remarks,
        keys,
        sorted(one for one in found if one.ends),
    )


def _problem(result: t.Any) -> Remark | None:
    """Why a result says nothing about its tenant; None if it does."""
    if result is None:
        return Remark("failed", "It has no result: it was not reached.")
    if not isinstance(result, t.Mapping):
        return Remark("failed", "Its result is not the result of a task.")
    if result.get("unreachable") or result.get("failed"):
        return Remark("failed", _text(result.get("msg")) or "It failed without a message.")
    if result.get("skipped"):
        because = result.get("false_condition") or result.get("skip_reason") or "no reason is known"
        return Remark("unchecked", f"It was skipped: {_text(because)}.")
    if not {"findings", "pending", "key_pairs", "providers"} <= set(result):
        # With failed_when, as in the playbook, the flag is false although the module failed.
        message = _text(result.get("msg")) or "Its result is not one of the module qscloud_tenant_jwt_info."
        return Remark("failed", message)
    return None


def _declared(pair: t.Mapping[str, t.Any]) -> Key:
    provider = pair["provider"] or {}
    return Key(
        prefix=_text(pair["prefix"]),
        state=pair["state"],
        key_id=_text(pair["key_id"]),
        size=pair["key_size"],
        certificate_path=_text(pair["certificate_path"]),
        file_not_after=pair["not_after"],
        provider_id=_text(provider.get("id")),
        provider_issuer=None,
        provider_description=None,
        provider_active=provider.get("active"),
        provider_ours=provider.get("ours"),
        provider_not_after=provider.get("certificate_not_after"),
        same_certificate=provider.get("same_certificate"),
    )


def _undeclared(provider: t.Mapping[str, t.Any]) -> Key:
    return Key(
        prefix=None,
        state=UNDECLARED,
        key_id=_text(provider["key_id"]),
        size=None,
        certificate_path=None,
        file_not_after=None,
        provider_id=_text(provider["id"]),
        provider_issuer=_text(provider["issuer"]),
        provider_description=_text(provider["description"]),
        provider_active=provider["active"],
        provider_ours=provider["ours"],
        provider_not_after=provider["certificate_not_after"],
        same_certificate=None,
    )


def _text(value: t.Any) -> str | None:
    return None if value is None else " ".join(printable(str(value), _LONGEST).split())
