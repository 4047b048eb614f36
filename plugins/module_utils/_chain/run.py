# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of steps for one tenant: keys, tokens, identity providers, a login, and what is no longer needed.

A failure at any step breaks nothing that worked before, and the next run continues there: the new identity providers are
created and proven before the old ones, and then their keys, are removed.
"""

from __future__ import annotations

import datetime
import time
import typing as t

from .._tenant import credentials
from .._tenant.api import Tenant
from . import findings, keys, options, registration, strays, tokens

if t.TYPE_CHECKING:
    from .report import Report


class Outcome(t.NamedTuple):
    """What exists now: the keys, the current one first, and the tokens by the user's id. With ``state: absent``, nothing.

    ``side`` is None if the tenant was not examined. ``creates_groups`` is its setting before the run; None if it was not read.
    """

    wanted: options.Wanted
    keys: list[keys.Key]
    tokens: dict[str, str | None]
    side: registration.Side | None
    creates_groups: bool | None

    @property
    def issuer(self) -> str:
        """The issuer of the tokens."""
        return self.wanted.options["issuer"]


def key_facts(outcome: Outcome, key: keys.Key) -> dict[str, t.Any]:
    """The return values for a key pair, with its identity provider."""
    registered = outcome.side and outcome.side.of_keys.get(key.key_id)
    return {**key.facts(), "provider": registered and registered._asdict()}


def run(
    given: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    accept: keys.Accept,
    report: Report,
    sleep: t.Callable[[float], None] = time.sleep,
    needs_credentials: bool = True,
) -> Outcome:
    """Bring one tenant into the desired state. All options are checked before anything changes.

    :param given: the options of the module qscloud_tenant_jwt by name.
    :param environment: the environment variables, which may contain credentials.
    :param accept: see :data:`keys.Accept`.
    :param report: receives what is done, also if a later step fails.
    :param sleep: waits for the given number of seconds.
    :param needs_credentials: if False, the tenant is examined whenever there are credentials for it, and only then.
    :raises QlikError: if a step fails.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    wanted = options.read(given)
    report.warn([options.spelling_warning(given)])
    tenant = _connect(wanted, environment, needs_credentials, report)
    drafts = tokens.draft_all(wanted, report)
    side = registration.look(tenant, wanted, lambda ids: keys.problem_if_missing(wanted, ids, now)) if tenant else None
    managed = side if wanted.options["register_idp"] else None

    found = keys.provide(wanted, now, accept, report)
    signed = tokens.sign_all(drafts, found, report) if wanted.options["sign_tokens"] else {}
    # Those to remove come after those to keep, which tell whether a store must be asked about the others.
    retired = keys.retired(wanted, strays.key_ids(side, found) if wanted.present else (), now)
    stray = strays.find(side, [*found, *retired], keys.undeclared(wanted, now))
    purged = strays.to_purge(stray, wanted)
    creates_groups = None
    if managed and found:
        is_new = registration.register(managed, wanted, found, report)
        creates_groups = registration.ensure_groups(tenant, wanted, report)
        findings.certificates_in_tenant(managed, wanted, found, now, report)
        if any(purged) or registration.must_prove(wanted, is_new or bool(retired)):
            registration.prove(tenant, wanted, found[0], is_new, report, sleep)
    # The key ids of identity providers are read from the files, so the files go last.
    if managed:
        ours = purged.providers if wanted.present else managed.providers
        remaining = registration.delete_ours(managed, ours, report)
        registration.delete(remaining, wanted, [key.key_id for key in retired], report)
    keys.remove(wanted, [*retired, *purged.pairs], report)
    strays.report_remaining(stray, purged, side, wanted, report)
    findings.by_hand(wanted, found, report)
    return Outcome(wanted, found, signed, side, creates_groups)


def _connect(
    wanted: options.Wanted, environment: t.Mapping[str, str], needs_credentials: bool, report: Report
) -> Tenant | None:
    given = options.connection(wanted.options)
    connects = wanted.options["register_idp"] if needs_credentials else credentials.are_given(given, environment)
    if not connects:
        return None
    connection = credentials.from_options(given, environment)
    report.warn(connection.warnings)
    return Tenant(connection)
