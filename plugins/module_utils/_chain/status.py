# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Examine one tenant: what is there, what does not fit, and what the chain would do."""

from __future__ import annotations

import datetime
import typing as t

from .._tenant import groups, identity_providers
from . import findings, keys, registration, run
from .report import Finding, Report


class Status(t.NamedTuple):
    """The return values of the module qscloud_tenant_jwt_info."""

    tenant: str
    issuer: str
    key_directory: str
    examined: bool
    key_pairs: list[dict[str, t.Any]]
    providers: list[dict[str, t.Any]]
    groups: bool | None
    findings: list[Finding]
    pending: list[dict[str, t.Any]]


def examine(given: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> tuple[Status, Report]:
    """Examine a tenant without changing anything, and return also the report of the chain in check mode.

    :param given: the options of the module qscloud_tenant_jwt_info by name.
    :param environment: the environment variables, which may contain credentials.
    :raises QlikError: if the chain would fail.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    report = Report(check_mode=True)
    outcome = run.run({**given, "sign_tokens": False}, environment, lambda facts: None, report, needs_credentials=False)
    wanted, side = outcome.wanted, outcome.side
    options = wanted.options
    pairs = _pairs(outcome, now)
    for pair in pairs:
        ends = pair["not_after"]
        if ends and findings.is_soon(ends, wanted, now):
            report.find("expiring", f"The certificate {pair['certificate_path']} ends at {ends}.", ends)
    if not side:
        report.find(
            "unchecked",
            f"{options['url']} was not examined, because there are no credentials for it: set O(api_key), or O(client_id) with"
            " O(client_secret) or O(client_private_key_path).",
        )
    creates_groups = outcome.creates_groups
    if side and creates_groups is None:
        creates_groups = groups.read(side.tenant)
    owners = {pair["key_id"]: pair["prefix"] for pair in pairs}
    status = Status(
        tenant=options["tenant"],
        issuer=outcome.issuer,
        key_directory=options["key_directory"],
        examined=side is not None,
        key_pairs=pairs,
        providers=[_provider(one, owners) for one in side.providers] if side else [],
        groups=creates_groups,
        findings=report.findings,
        pending=[step._asdict() for step in report.steps if step.changed],
    )
    return status, report


def _pairs(outcome: run.Outcome, now: datetime.datetime) -> list[dict[str, t.Any]]:
    """The declared key pairs that exist, as they are."""
    wanted, found = outcome.wanted, []
    uris = {key.prefix: {"private_key_uri": key.private_key_uri} for key in outcome.keys if key.private_key_uri}
    for key in [] if wanted.has_existing_key else wanted.keys:
        facts = keys.look(wanted, key, now, asks_store=key.state != "absent")
        if facts["exists"]:
            key_id = wanted.options["key_id"] or facts["key_id"]
            found.append(
                {
                    "prefix": key.prefix,
                    "state": key.state,
                    "key_id": key_id,
                    "key_size": facts["key_size"],
                    **keys.paths(wanted, key),
                    **uris.get(key.prefix, {}),
                    "not_after": facts["not_after"],
                    "provider": _registered(outcome.side, key_id, facts["fingerprint_sha256"]),
                }
            )
    return found


def _registered(side: registration.Side | None, key_id: str, fingerprint: str | None) -> dict[str, t.Any] | None:
    """The identity provider of a key, as it is."""
    found = [one for one in side.providers if key_id in identity_providers.key_ids(one)] if side else []
    return registration.registered(identity_providers.describe(found[0]), fingerprint)._asdict() if found else None


def _provider(provider: dict[str, t.Any], owners: t.Mapping[str, str]) -> dict[str, t.Any]:
    described = identity_providers.describe(provider)
    names = ("id", "key_id", "issuer", "description", "active")
    return {
        **{name: described[name] for name in names},
        "ours": identity_providers.is_ours(provider),
        "certificate_not_after": described["not_after"],
        "prefix": owners.get(described["key_id"]),
    }
