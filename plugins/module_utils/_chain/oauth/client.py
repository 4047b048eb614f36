# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenant's side of the chain: the OAuth client, its public keys, and the proof that the current one works."""

from __future__ import annotations

import typing as t

from ..._errors import OptionError, TenantError, printable
from ..._keys import public_keys
from ..._tenant import access_tokens, grants, oauth_clients, refusals
from .. import keys
from ..registration import LOGIN_RETRY_DELAYS
from ..report import Difference
from . import access, options

if t.TYPE_CHECKING:
    import datetime

    from ..options import Wanted
    from ..report import Report
    from .access import Side

DEFAULT_SCOPES = ["admin_classic", "user_default"]
"""Those of a new client: all that an administrator may do (https://qlik.dev/manage/access-control/scopes/)."""


def key_ids(side: Side | None) -> set[str]:
    """The key ids of the client's public keys before the run."""
    return set(oauth_clients.key_ids(side.client)) if side and side.client else set()


def check_not_lost(side: Side, wanted: Wanted, now: datetime.datetime) -> None:
    """Reject a client that must have had a key on this side, if there is none.

    :raises OptionError: if there is none.
    """
    if not side.client or not oauth_clients.is_ours(side.client) or wanted.options["allow_new_key"]:
        return
    if problem := keys.problem_if_missing(wanted, key_ids(side), now):
        raise OptionError(
            f"{side.tenant.url} has the OAuth client {side.client['clientId']}, which this collection created, but {problem}."
        )


def register(side: Side, wanted: Wanted, found: list[keys.Key], report: Report) -> tuple[dict[str, t.Any], bool]:
    """Create or change the client, so that it has these keys, and return it and whether it has changed.

    Nothing that it has is taken away yet: neither a key, nor a way to authenticate.

    :raises QlikError: if that fails.
    """
    methods = [*_auth_methods(side.client), *(wanted.options["auth_methods"] or [options.KEY_METHOD])]
    settings = _settings(wanted, side.client, [*dict.fromkeys(methods)], found, [])
    outcome = oauth_clients.ensure_present(side.tenant, settings, report.check_mode, side.client)
    its_id = outcome.client.get("clientId")
    kept = report.words.step("keep", oauth_clients.KIND, f"OAuth client {its_id}", name=its_id, changed=False)
    report.add(outcome.steps or [kept], _difference(side, outcome))
    return outcome.client, bool(outcome.steps)


def request_token(
    wanted: Wanted,
    client_id: str | None,
    key: keys.Key,
    changed: bool,
    removes: bool,
    report: Report,
    sleep: t.Callable[[float], None],
) -> str | None:
    """Request an access token with the current key, which proves it; None in check mode.

    :param changed: whether the client has changed: then it may take a while until the key can be used.
    :param removes: whether something is about to be taken from the client.
    :raises TenantError: if the tenant does not return one.
    """
    request, when = grants.wanted(wanted.options), wanted.options["verify"]
    what = f"an access token for {request.user.value if request.user else 'the OAuth client itself'}"
    if report.check_mode:
        report.add([report.words.step("request", "access_token", what, changed=False)])
        return None
    tenant = access.as_client(wanted, client_id, key.private, sleep)
    verify = when == "always" or when == "changed" and (changed or removes)
    for pause in (*(LOGIN_RETRY_DELAYS if changed else ()), None):
        try:
            its = grants.issue(tenant, request, verify)
        except TenantError as error:
            if pause is None or refusals.gives_reason(error):
                error.message = error.message.replace("O(verify) to false", "O(verify) to never")
                raise
            sleep(pause)
        else:
            break
    whose = f"it is that of {printable(str(its['user']['name']))}" if verify else None
    report.add([report.words.step("request", "access_token", what, whose, client_id, changed=False)])
    return its["access_token"]


def to_remove(
    wanted: Wanted, client: dict[str, t.Any], found: list[keys.Key], retired: t.Collection[str | None]
) -> set[str]:
    """The key ids of the public keys to take from the client: those of retired keys, and with ``purge`` all others."""
    owned = {key.key_id for key in found}
    its = set(oauth_clients.key_ids(client))
    return its - owned if wanted.options["purge"] else its & set(retired) - owned


def retire(
    side: Side, wanted: Wanted, client: dict[str, t.Any], found: list[keys.Key], removed: set[str], report: Report
) -> None:
    """Take from the client what it should no longer have: keys, and ways to authenticate.

    :param client: as it is now.
    :param removed: the key ids of these keys.
    :raises QlikError: if that fails.
    """
    methods = wanted.options["auth_methods"] or _auth_methods(client)
    if removed or set(methods) != set(_auth_methods(client)):
        outcome = oauth_clients.ensure_present(
            side.tenant, _settings(wanted, client, methods, found, removed), report.check_mode, client
        )
        report.add(outcome.steps, _difference(side, outcome))


def delete(side: Side, report: Report) -> None:
    """Delete the client.

    :raises TenantError: if that fails.
    """
    if side.client:
        outcome = oauth_clients.remove(side.tenant, side.client, report.check_mode)
        report.add(outcome.steps, _difference(side, outcome))


def report_strays(
    side: Side, client: dict[str, t.Any], found: list[keys.Key], removed: set[str], report: Report
) -> None:
    """Report the public keys of the client that no key owns, and that were not removed."""
    for key_id in oauth_clients.key_ids(client):
        if key_id not in {*removed, *(key.key_id for key in found)}:
            report.find(
                "stray",
                f"The OAuth client {client.get('clientId')} in {side.tenant.url} has a public key that is none of O(keys) (key"
                f" id: {printable(str(key_id))}): add it to O(keys), or set O(purge) to true to remove it.",
            )


def _auth_methods(client: dict[str, t.Any] | None) -> list[str]:
    return oauth_clients.auth_methods(client) if client else []


def _settings(
    wanted: Wanted,
    client: dict[str, t.Any] | None,
    methods: list[str],
    found: list[keys.Key],
    removed: t.Iterable[str],
) -> oauth_clients.Wanted:
    given, user = wanted.options, grants.wanted(wanted.options).user
    of_new = {
        "scopes": DEFAULT_SCOPES,
        "grant_types": [access_tokens.MACHINE, *([access_tokens.IMPERSONATION] if user else [])],
        "consent_method": "trusted" if user else None,
    }
    defaults = {} if client else of_new
    names = ("scopes", "grant_types", "allowed_origins", "redirect_uris", "consent_method")
    its_keys = [oauth_clients.Key(key.key_id, _jwk(key), "current") for key in found]
    return oauth_clients.Wanted(
        name=given["client_name"],
        app_type=given["app_type"],
        auth_methods=methods,
        keys=[*its_keys, *(oauth_clients.Key(key_id, None, "absent") for key_id in removed)],
        purge=False,  # what to remove is listed, so that it is the same as what was predicted
        **{name: defaults.get(name) if given[name] is None else given[name] for name in names},
    )


def _jwk(key: keys.Key) -> dict[str, str] | None:
    its = key.to_register()
    return public_keys.jwk(its.key, key.key_id) if its else None


def _difference(side: Side, outcome: oauth_clients.Outcome) -> Difference:
    return Difference(f"OAuth client in {side.tenant.url}", outcome.before, outcome.after)
