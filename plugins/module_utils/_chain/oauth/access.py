# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach the tenant as an administrator: as the OAuth client itself, or else with the credential of first contact.

The client proves itself with a key of its own. After a killed run, or while keys are rotated, this need not be the current
one: each key that exists here has its turn, until the tenant accepts one.
"""

from __future__ import annotations

import typing as t

from ..._errors import TenantError
from ..._keys import public_keys
from ..._tenant import client_keys, credentials, oauth_clients
from ..._tenant.api import Tenant
from .. import keys
from .. import options as chain_options
from . import options

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from ..options import Wanted
    from ..report import Report

REFUSED = (400, 401, 403, 404)
"""The answers to a client whose key is not, or no longer, one of its keys in the tenant, or which lacks a scope."""


class Side(t.NamedTuple):
    """The tenant's side: a connection, and the client as it was before the run; None if it does not exist."""

    tenant: Tenant
    client: dict[str, t.Any] | None


def connect(
    wanted: Wanted,
    environment: t.Mapping[str, str],
    client_id: str | None,
    report: Report,
    sleep: t.Callable[[float], None],
) -> Side | None:
    """Connect, and find the client by its id, or else by its name. None if nothing can be, or need be, found.

    :param client_id: that of the client as the last run left it; None if there is none.
    :param sleep: waits for the given number of seconds.
    :raises QlikError: if the tenant cannot be reached, or there is no credential that it accepts.
    """
    refused = None
    if client_id is not None and options.has_own_access(wanted):
        for private_key in keys.private_keys_found(wanted):
            tenant = as_client(wanted, client_id, private_key, sleep)
            try:
                return Side(tenant, oauth_clients.read(tenant, client_id))
            except TenantError as error:
                if error.status not in REFUSED:
                    raise
                refused = refused or error  # that of the current key
    given = chain_options.connection(wanted.options)
    if not credentials.are_given(given, environment):
        if not wanted.present:
            _report_left(wanted, client_id, report)
            return None
        if refused:
            raise TenantError(refused.answer, _advice(wanted, client_id, refused), refused.status, refused.code)
    first = credentials.from_options(given, environment)
    report.warn(first.warnings)
    if refused:
        report.warn(
            [
                f"{refused.answer} None of the keys in {wanted.options['key_directory']} proved the OAuth client {client_id},"
                f" so {_name(first.credentials)} was used instead."
            ]
        )
    tenant = Tenant(first, sleep)
    return Side(tenant, oauth_clients.find(tenant, wanted.options["client_name"], client_id))


def as_client(
    wanted: Wanted, client_id: str, private_key: rsa.RSAPrivateKey, sleep: t.Callable[[float], None]
) -> Tenant:
    """A connection as the client, which proves itself with this key."""
    key = client_keys.ClientKey(private_key, public_keys.thumbprint(private_key.public_key()))
    without = credentials.from_options(chain_options.connection(wanted.options), {}, needs_credentials=False)
    return Tenant(without._replace(credentials=credentials.Credentials(None, client_id, client_key=key)), sleep)


def _name(first: credentials.Credentials) -> str:
    """What the user calls the credential of first contact."""
    return "O(api_key)" if first.api_key else "O(client_id)"


def _report_left(wanted: Wanted, client_id: str | None, report: Report) -> None:
    """Report a client that cannot be deleted without a credential. A run that was killed may have deleted it."""
    if client_id is not None:
        report.find(
            "manual",
            f"No key in {wanted.options['key_directory']} proves the OAuth client {client_id}, and no other credential is set:"
            f" delete it in {wanted.options['url']} if it still exists there.",
        )


def _advice(wanted: Wanted, client_id: str, refused: TenantError) -> str:
    if "clock" in refused.advice:  # which is wrong for each of the keys
        return refused.advice
    return (
        f"No key in {wanted.options['key_directory']} proves the OAuth client {client_id}: check that it exists in the tenant,"
        " has private_key_jwt in its allowedAuthMethods, and may administer OAuth clients. To register the current key again,"
        " set O(api_key) or another credential of a tenant admin for this run."
    )
