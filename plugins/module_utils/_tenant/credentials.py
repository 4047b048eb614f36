# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determine the tenant and its credentials from the options and the environment. It sends no request."""

from __future__ import annotations

import typing as t

from .. import _http
from .._errors import MAYBE_UNSET, OptionError
from .._files.options import check_ca_path

URL_VARIABLE = "QSCLOUD_TENANT_URL"
CREDENTIAL_VARIABLES = {
    "api_key": "QSCLOUD_API_KEY",
    "client_id": "QSCLOUD_CLIENT_ID",
    "client_secret": "QSCLOUD_CLIENT_SECRET",
}
"""Environment variables by option. If any of these options is set, all of the variables are ignored."""

_EXAMPLE = "write it as https://acme.eu.qlikcloud.com"


class Credentials(t.NamedTuple):
    """An API key, or the ID and secret of a machine-to-machine OAuth client."""

    api_key: str | None
    client_id: str | None
    client_secret: str | None

    def __repr__(self) -> str:
        # Keep secrets out of tracebacks and logs.
        return "Credentials(...)"


class Connection(t.NamedTuple):
    """How to connect to the tenant. ``url`` has no trailing slash, and ``timeout`` is in seconds."""

    url: str
    credentials: Credentials | None
    validate_certs: bool
    ca_path: str | None
    timeout: int


def from_options(
    options: t.Mapping[str, t.Any], environment: t.Mapping[str, str], needs_credentials: bool = True
) -> Connection:
    """Read the connection from the options, with defaults from the environment.

    Credentials from the environment are only sent to the tenant from the environment, so that a mistake in a playbook
    cannot send them elsewhere.

    :param options: the options of the documentation fragment ``tenant``.
    :raises OptionError: if options are missing, invalid or contradictory.
    """
    url_of_environment = environment.get(URL_VARIABLE)
    if options["tenant_url"] is not None:
        url = tenant_url(options["tenant_url"], "O(tenant_url)")
    elif url_of_environment:
        url = tenant_url(url_of_environment, URL_VARIABLE)
    else:
        raise OptionError(f"O(tenant_url) is missing: {_EXAMPLE}, or set {URL_VARIABLE} in the environment.")
    if options["timeout"] < 1:
        raise OptionError(f"O(timeout) is {options['timeout']}: it must be at least 1 second.")
    if options["ca_path"] is not None:
        check_ca_path(options["ca_path"], "ca_path")
    return Connection(
        url=url,
        credentials=_credentials(options, environment, url) if needs_credentials else None,
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
        timeout=options["timeout"],
    )


def are_given(options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> bool:
    """Whether there are credentials for the tenant, right or wrong.

    :param options: those of the documentation fragment ``tenant``.
    :raises OptionError: if the URL of the tenant is invalid.
    """
    if any(options[name] is not None for name in CREDENTIAL_VARIABLES):
        return True
    owner = environment.get(URL_VARIABLE)
    url = tenant_url(options["tenant_url"], "O(tenant_url)")
    has_variable = any(environment.get(variable) for variable in CREDENTIAL_VARIABLES.values())
    return bool(owner and has_variable) and tenant_url(owner, URL_VARIABLE) == url


def tenant_url(text: str, source: str) -> str:
    """Validate the URL of a tenant: see :func:`_http.server_url`."""
    return _http.server_url(text, source, "tenant", _EXAMPLE, "O(api_key) or an OAuth client")


def secrets(options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> set[str]:
    """All secrets to mask in the output, whether used or not, including a password in the URL."""
    found = {options["api_key"], options["client_secret"]}
    found |= {environment.get(CREDENTIAL_VARIABLES[name]) for name in ("api_key", "client_secret")}
    for url in (options["tenant_url"], environment.get(URL_VARIABLE)):
        user, separator, _host = (url or "").rpartition("@")
        found.add(user.rpartition(":")[2] if separator else None)
    return {secret for secret in found if secret}


def _credentials(options: t.Mapping[str, t.Any], environment: t.Mapping[str, str], url: str) -> Credentials:
    names = {name: f"O({name})" for name in CREDENTIAL_VARIABLES}
    given = {name: options[name] for name in names if options[name] is not None}
    if not given:
        names = CREDENTIAL_VARIABLES
        given = {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
        if given:
            _check_environment_tenant(url, environment)
    if not given:
        raise OptionError(
            "Credentials for the tenant are missing: set O(api_key), or O(client_id) and O(client_secret). Or set"
            f" QSCLOUD_API_KEY, or both QSCLOUD_CLIENT_ID and QSCLOUD_CLIENT_SECRET, together with {URL_VARIABLE} in"
            " the environment."
        )
    for name, text in given.items():
        if not text:
            raise OptionError(f"{names[name]} is empty ({MAYBE_UNSET}): specify it, or leave the option out.")
        if text.lower().startswith("bearer "):
            raise OptionError(
                f"{names[name]} begins with the word Bearer, which is not part of it: leave the word out."
            )
        if not _http.TOKEN.fullmatch(text):
            raise OptionError(f"{names[name]} contains spaces, line breaks or non-ASCII characters: copy it again.")
    if "api_key" in given and len(given) > 1:
        raise OptionError(
            f"{names['api_key']} and an OAuth client ({names['client_id']}, {names['client_secret']}) are both set:"
            " leave one out."
        )
    if len(given) == 1 and "api_key" not in given:
        missing = "client_secret" if "client_id" in given else "client_id"
        raise OptionError(f"{names[missing]} is missing: an OAuth client needs both its id and its secret.")
    return Credentials(given.get("api_key"), given.get("client_id"), given.get("client_secret"))


def _check_environment_tenant(url: str, environment: t.Mapping[str, str]) -> None:
    owner = environment.get(URL_VARIABLE)
    if not owner:
        raise OptionError(
            f"The credentials are in the environment, but {URL_VARIABLE} is not: set it to their tenant, or set the"
            " credentials as options."
        )
    if tenant_url(owner, URL_VARIABLE) != url:
        raise OptionError(
            f"The credentials in the environment are for the tenant in {URL_VARIABLE}, which differs from"
            " O(tenant_url): set the credentials of this tenant as options."
        )
