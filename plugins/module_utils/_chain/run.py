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
from . import keys, options, registration, tokens

if t.TYPE_CHECKING:
    from .report import Report


class Outcome(t.NamedTuple):
    """What exists now: the keys, the current one first, and the tokens by the user's id. With ``state: absent``, nothing."""

    issuer: str
    keys: list[keys.Key]
    tokens: dict[str, str | None]


def run(
    given: t.Mapping[str, t.Any],
    environment: t.Mapping[str, str],
    accept: keys.Accept,
    report: Report,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Outcome:
    """Bring one tenant into the desired state. All options are checked before anything changes.

    :param given: the options of the module qscloud_tenant_jwt by name.
    :param environment: the environment variables, which may contain credentials.
    :param accept: see :data:`keys.Accept`.
    :param report: receives what is done, also if a later step fails.
    :param sleep: waits for the given number of seconds.
    :raises QlikError: if a step fails.
    """
    now = datetime.datetime.now(datetime.timezone.utc)
    wanted = options.read(given)
    report.warn([options.spelling_warning(given)])
    tenant = _connect(wanted, environment)
    drafts = tokens.draft_all(wanted, report)
    retired = keys.retired(wanted, now)

    found = keys.provide(wanted, now, accept, report)
    signed = tokens.sign_all(drafts, found, report) if wanted.options["sign_tokens"] else {}
    if tenant and found:
        is_new = registration.register(tenant, wanted, found, report)
        registration.ensure_groups(tenant, wanted, report)
        if registration.must_prove(wanted, is_new or bool(retired)):
            registration.prove(tenant, wanted, found[0], is_new, report, sleep)
    # The key ids of identity providers are read from the files, so the files go last.
    if tenant:
        registration.delete(tenant, wanted, retired, report)
    keys.remove(wanted, retired, report)
    return Outcome(wanted.options["issuer"], found, signed)


def _connect(wanted: options.Wanted, environment: t.Mapping[str, str]) -> Tenant | None:
    if not wanted.options["register_idp"]:
        return None
    return Tenant(credentials.from_options(options.connection(wanted.options), environment))
