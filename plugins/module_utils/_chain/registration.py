# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side of the chain: identity providers, groups, and the proof that a user can log in."""

from __future__ import annotations

import typing as t

from .._errors import OptionError, TenantError
from .._tenant import groups, identity_providers, refusals, session
from . import tokens
from .report import Difference

if t.TYPE_CHECKING:
    from .._keys import given
    from .._tenant.api import Tenant
    from .keys import Key
    from .options import Wanted
    from .report import Report

LOGIN_RETRY_DELAYS = (1, 2, 4, 8, 15)
"""Seconds to wait before each further login attempt. It is unknown how soon a new identity provider can be used."""

LOGIN_EXPIRES_IN = "5m"
"""Lifetime of the token for the login, which takes seconds."""


class Registered(t.NamedTuple):
    """The identity provider of a key. In check mode, ``id`` is None for one that would be created.

    ``ours`` says whether this collection created it. The other two are about its certificate, and None without one.
    """

    id: str | None
    active: bool | None
    ours: bool
    certificate_not_after: str | None
    same_certificate: bool | None


class Side(t.NamedTuple):
    """The tenant's side: its identity providers with our issuer as they were before the run, and what our keys have now."""

    tenant: Tenant
    providers: list[dict[str, t.Any]]
    of_keys: dict[str | None, Registered]


def look(tenant: Tenant, wanted: Wanted, problem_if_missing: t.Callable[[set[str | None]], str | None]) -> Side:
    """Read the identity providers.

    :param problem_if_missing: what to say if there is no key on this side, for the key ids of the identity providers.
    :raises TenantError: if they cannot be read.
    :raises OptionError: if there must have been a key.
    """
    issuer = wanted.options["issuer"]
    providers = identity_providers.find(tenant, issuer, None)
    ours = [one["id"] for one in providers if identity_providers.is_ours(one)]
    if ours and not wanted.options["allow_new_key"] and (problem := problem_if_missing(all_key_ids(providers))):
        raise OptionError(
            f"{tenant.url} has an identity provider that this collection created for the issuer {issuer} ({', '.join(ours)}),"
            f" but {problem}."
        )
    return Side(tenant, providers, {})


def all_key_ids(providers: t.Iterable[dict[str, t.Any]]) -> set[str | None]:
    """The key ids of identity providers. None is of one without a key."""
    return {key_id for one in providers for key_id in identity_providers.key_ids(one)}


def register(side: Side, wanted: Wanted, keys: t.Iterable[Key], report: Report) -> bool:
    """Ensure that each key has an identity provider, and return whether any of them has changed.

    :raises QlikError: if that fails.
    """
    changed = False
    for key in keys:
        settings = _settings(wanted, key.key_id, key.to_register())
        outcome = identity_providers.ensure_present(side.tenant, settings, report.check_mode, side.providers)
        side.of_keys[key.key_id] = registered(outcome.provider, settings.key and settings.key.fingerprint)
        its_id = outcome.provider["id"]
        kept = report.words.step(
            "keep",
            identity_providers.KIND,
            f"identity provider {its_id} for key id {key.key_id}",
            name=its_id,
            changed=False,
        )
        report.add(outcome.steps or [kept], _difference(side.tenant, settings, outcome))
        changed |= bool(outcome.steps)
    return changed


def registered(provider: dict[str, t.Any], fingerprint: str | None) -> Registered:
    """What a key has in the tenant.

    :param provider: as :func:`identity_providers.describe` returns it.
    :param fingerprint: that of the certificate on this side, if there is one.
    """
    its = provider["fingerprint_sha256"]
    return Registered(
        id=provider["id"],
        active=provider["active"],
        ours=identity_providers.is_ours(provider),
        certificate_not_after=provider["not_after"],
        same_certificate=its == fingerprint if its and fingerprint else None,
    )


def delete(side: Side, wanted: Wanted, key_ids: t.Iterable[str | None], report: Report) -> None:
    """Delete the identity providers with these key ids.

    :raises QlikError: if that fails.
    """
    for key_id in dict.fromkeys(filter(None, key_ids)):
        settings = _settings(wanted, key_id, None)
        outcome = identity_providers.ensure_absent(side.tenant, settings, report.check_mode, side.providers)
        report.add(outcome.steps, _difference(side.tenant, settings, outcome))


def delete_ours(side: Side, providers: list[dict[str, t.Any]], report: Report) -> Side:
    """Delete those of these identity providers that this collection created, and return what remains.

    :raises TenantError: if that fails.
    """
    ours = [one for one in providers if identity_providers.is_ours(one)]
    for one in ours:
        outcome = identity_providers.remove(side.tenant, one, report.check_mode)
        report.add(outcome.steps, Difference(f"identity provider {one['id']} in {side.tenant.url}", outcome.before, {}))
    return side._replace(providers=[one for one in side.providers if one not in ours])


def must_prove(wanted: Wanted, changes: bool) -> bool:
    """Whether to log in.

    :param changes: whether identity providers were changed, or are about to be deleted.
    """
    when = wanted.options["verify_login"]
    return when == "always" or when == "changed" and changes


def ensure_groups(tenant: Tenant, wanted: Wanted, report: Report) -> bool | None:
    """Apply the tenant's setting for groups, or report that the tenant drops the groups in tokens.

    Returns the setting as it was; None if it does not matter.

    :raises TenantError: if that fails.
    """
    setting = wanted.options["auto_create_groups"]
    if setting is None and not any(user.options.get("groups") for user in wanted.users):
        return None
    before, after, warning = groups.ensure_auto_create(tenant, setting, report.check_mode)
    if warning:
        report.find("drift", warning)
    if before == after:
        step = report.words.step("keep", "group_settings", "the setting for groups", changed=False)
    else:
        step = report.words.step("turn on" if after else "turn off", "group_settings", "the creation of groups")
    difference = Difference(
        f"group settings of {tenant.url}", {"auto_create_groups": before}, {"auto_create_groups": after}
    )
    report.add([step], difference)
    return before


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
        compare=wanted.options["compare"],
        allow_gap=False,
    )


def _difference(tenant: Tenant, settings: identity_providers.Wanted, outcome: identity_providers.Outcome) -> Difference:
    return Difference(identity_providers.title(tenant, settings), outcome.before, outcome.after)
