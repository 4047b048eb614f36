# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side of the chain: identity providers, groups, and the proof that a user can log in."""

from __future__ import annotations

import typing as t

from .._errors import TenantError
from .._tenant import groups, identity_providers, refusals, session
from . import tokens
from .report import Difference

if t.TYPE_CHECKING:
    from .._keys import given
    from .._tenant.api import Tenant
    from .keys import Key, Retired
    from .options import Wanted
    from .report import Report

LOGIN_RETRY_DELAYS = (1, 2, 4, 8, 15)
"""Seconds to wait before each further login attempt. It is unknown how soon a new identity provider can be used."""

LOGIN_EXPIRES_IN = "5m"
"""Lifetime of the token for the login, which takes seconds."""


def register(tenant: Tenant, wanted: Wanted, keys: t.Iterable[Key], report: Report) -> bool:
    """Ensure that each key has an identity provider, and return whether any of them has changed.

    :raises QlikError: if that fails.
    """
    changed = False
    for key in keys:
        settings = _settings(wanted, key.key_id, key.to_register())
        outcome = identity_providers.ensure_present(tenant, settings, report.check_mode)
        its_id = outcome.provider["id"]
        kept = report.words.step(
            "keep",
            identity_providers.KIND,
            f"identity provider {its_id} for key id {key.key_id}",
            name=its_id,
            changed=False,
        )
        report.add(outcome.steps or [kept], _difference(tenant, settings, outcome))
        changed |= bool(outcome.steps)
    return changed


def delete(tenant: Tenant, wanted: Wanted, keys: t.Iterable[Retired], report: Report) -> None:
    """Delete the identity providers of keys.

    :raises QlikError: if that fails.
    """
    for key_id in filter(None, (key.key_id for key in keys)):
        settings = _settings(wanted, key_id, None)
        outcome = identity_providers.ensure_absent(tenant, settings, report.check_mode)
        report.add(outcome.steps, _difference(tenant, settings, outcome))


def must_prove(wanted: Wanted, changes: bool) -> bool:
    """Whether to log in.

    :param changes: whether identity providers were changed, or are about to be deleted.
    """
    when = wanted.options["verify_login"]
    return when == "always" or when == "changed" and changes


def ensure_groups(tenant: Tenant, wanted: Wanted, report: Report) -> None:
    """Apply the tenant's setting for groups, or warn if the tenant drops the groups in tokens.

    :raises TenantError: if that fails.
    """
    setting = wanted.options["auto_create_groups"]
    if setting is None and not any(user.options.get("groups") for user in wanted.users):
        return
    before, after, warning = groups.ensure_auto_create(tenant, setting, report.check_mode)
    report.warn([warning])
    if before == after:
        step = report.words.step("keep", "group_settings", "the setting for groups", changed=False)
    else:
        step = report.words.step("turn on" if after else "turn off", "group_settings", "the creation of groups")
    difference = Difference(
        f"group settings of {tenant.url}", {"auto_create_groups": before}, {"auto_create_groups": after}
    )
    report.add([step], difference)


def prove(
    tenant: Tenant, wanted: Wanted, key: Key, is_new: bool, report: Report, sleep: t.Callable[[float], None]
) -> None:
    """Log in as the first user. With a new identity provider, retry until it can be used.

    :param key: signs a new token for each attempt, because a login uses it up.
    :raises TenantError: if the login fails.
    """
    user = wanted.users[0]
    if report.check_mode:
        report.add([report.words.step("log in", "session", f"as {user.id}", changed=False)])
        return
    for pause in (*(LOGIN_RETRY_DELAYS if is_new else ()), None):
        token = tokens.sign(tokens.draft(wanted, user, expires_in=LOGIN_EXPIRES_IN), key)
        try:
            its = session.log_in(tenant.for_login(), token).user
        except TenantError as error:
            if pause is None or refusals.gives_reason(error):
                raise
            sleep(pause)
        else:
            break
    in_groups = f", in {' and '.join(its['groups'])}" if its["groups"] else ""
    what = f"as {its['name'] or user.id}{in_groups}"
    report.add([report.words.step("log in", "session", what, name=its["id"], changed=False)])


def _settings(wanted: Wanted, key_id: str | None, key: given.PublicKey | None) -> identity_providers.Wanted:
    return identity_providers.Wanted(
        issuer=wanted.options["issuer"],
        key_id=key_id,
        key=key,
        description=None,
        clock_tolerance=None,
        tenant_ids=None,
        compare="public_key",
        allow_gap=False,
    )


def _difference(tenant: Tenant, settings: identity_providers.Wanted, outcome: identity_providers.Outcome) -> Difference:
    return Difference(identity_providers.title(tenant, settings), outcome.before, outcome.after)
