# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request an access token for an OAuth client, which proves itself with a secret or a client assertion. No HTTP.

A secret is sent as JSON, as Qlik documents it. Qlik's tutorial on Private Key JWT sends a form, as RFC 6749, section 4.4.2,
has it, and its reference does not say which form an assertion needs, so both are tried.
"""

from __future__ import annotations

import json
import time
import typing as t
import urllib.parse

from .._errors import OptionError, TenantError
from .._http import TOKEN
from .._tokens import assertion
from . import refusals

if t.TYPE_CHECKING:
    from .credentials import Credentials

PATH = "/oauth/token"
MACHINE = "client_credentials"
IMPERSONATION = "urn:qlik:oauth:user-impersonation"

SUBJECT, USER_ID = "subject", "userId"

_OTHER_FORM = (400, 415)
"""The answers that may be about the form of the request."""


class User(t.NamedTuple):
    """The user to impersonate: the value of ``field``, which is :data:`SUBJECT` or :data:`USER_ID`."""

    field: str
    value: str


class AccessToken(t.NamedTuple):
    """An access token. ``expires_in`` is in seconds; it and ``scopes`` are None if the answer does not say."""

    text: str
    expires_in: int | None
    scopes: list[str] | None

    def __repr__(self) -> str:
        # Keep secrets out of tracebacks and logs.
        return "AccessToken(...)"


class Endpoint(t.NamedTuple):
    """Where to request a token. ``url`` is that of the tenant, and no message contains any of ``secrets``.

    ``post`` sends a body to :data:`PATH`, or what a function returns for each attempt, and returns that of the answer. A text
    is a form.
    """

    url: str
    secrets: set[str]
    post: t.Callable[[t.Any], dict[str, t.Any]]


def request(
    endpoint: Endpoint, credentials: Credentials, user: User | None = None, scope: str | None = None
) -> AccessToken:
    """Request an access token for the client itself, or for a user.

    :param credentials: those of an OAuth client.
    :param scope: scopes, separated by spaces; the tenant's default for the client if None.
    :raises OptionError: if the credentials are an API key.
    :raises TenantError: if the tenant refuses, or answers something else.
    """
    if credentials.client_id is None:
        raise OptionError(
            "The credentials are an API key, but access tokens are for OAuth clients: set O(client_id) with"
            " O(client_private_key_path) or O(client_secret)."
        )
    body: dict[str, t.Any] = {"grant_type": IMPERSONATION if user else MACHINE, "client_id": credentials.client_id}
    if user:
        body["user_lookup"] = user._asdict()
    if scope is not None:
        body["scope"] = scope
    if credentials.client_key:
        answer = _prove_with_key(endpoint, credentials, body)
    else:
        answer = _prove_with_secret(endpoint, credentials, body)
    text, expires_in, scopes = (answer.get(name) for name in ("access_token", "expires_in", "scope"))
    if not isinstance(text, str) or not TOKEN.fullmatch(text):
        raise TenantError(
            f"{endpoint.url} did not return an access token for the OAuth client.", "Check O(tenant_url)."
        )
    endpoint.secrets.add(text)
    return AccessToken(
        text,
        expires_in if isinstance(expires_in, int) else None,
        scopes.split() if isinstance(scopes, str) else None,
    )


def _prove_with_secret(endpoint: Endpoint, credentials: Credentials, body: dict[str, t.Any]) -> dict[str, t.Any]:
    try:
        return endpoint.post({**body, "client_secret": credentials.client_secret})
    except TenantError as error:
        raise _with_advice(error, refusals.secret_advice(error, body)) from error


def _prove_with_key(endpoint: Endpoint, credentials: Credentials, body: dict[str, t.Any]) -> dict[str, t.Any]:
    """Send the request with a client assertion, and in the other form if it may be refused because of its form."""
    # A user is an object, for which a form has no notation that Qlik documents.
    first, second = (dict, _form) if "user_lookup" in body else (_form, dict)
    try:
        return _send_assertion(endpoint, credentials, body, first)
    except TenantError as error:
        if error.status not in _OTHER_FORM:
            raise
        refused = error
    try:
        return _send_assertion(endpoint, credentials, body, second)
    except TenantError as error:
        # If both answers may be about the form, the first one says more, unless it certainly is.
        raise refused if error.status in _OTHER_FORM and refused.status == 400 else error from None


def _send_assertion(
    endpoint: Endpoint, credentials: Credentials, body: dict[str, t.Any], encode: t.Callable[[dict[str, t.Any]], t.Any]
) -> dict[str, t.Any]:
    key = credentials.client_key
    claims: dict[str, t.Any] = {}

    def with_assertion() -> t.Any:
        # An assertion is good for one request, so each attempt has another one.
        token = key.sign(credentials.client_id, f"{endpoint.url}{PATH}", int(time.time()))
        endpoint.secrets.add(token.text)
        claims.update(token.claims)
        return encode({**body, "client_assertion_type": assertion.TYPE, "client_assertion": token.text})

    try:
        return endpoint.post(with_assertion)
    except TenantError as error:
        advice = refusals.assertion_advice(error, claims, key.key_id, int(time.time()), body)
        raise _with_advice(error, advice) from error


def _with_advice(error: TenantError, advice: str) -> TenantError:
    return type(error)(error.answer, advice, error.status, error.code, error.date)


def _form(body: dict[str, t.Any]) -> str:
    return urllib.parse.urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    )
