# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determine the tenant and its credentials from the options and the environment. It sends the tenant no request."""

from __future__ import annotations

import typing as t

from .. import _http
from .._errors import MAYBE_UNSET, OptionError
from .._files.options import check_ca_path
from . import client_keys

URL_VARIABLE = "QSCLOUD_TENANT_URL"
CREDENTIAL_VARIABLES = {
    "api_key": "QSCLOUD_API_KEY",
    "client_id": "QSCLOUD_CLIENT_ID",
    "client_secret": "QSCLOUD_CLIENT_SECRET",
    **{option: f"QSCLOUD_{option.upper()}" for option in client_keys.OPTIONS},
}
"""Environment variables by option. If any of these options is set, all of the variables are ignored."""

_EXAMPLE = "write it as https://acme.eu.qlikcloud.com"

_SECRETS = ("api_key", "client_secret", "client_private_key_content", client_keys.PASSPHRASE)
_NO_BLANKS = ("api_key", "client_id", "client_secret")
_PROOFS = ("client_secret", *client_keys.SOURCES)


class Credentials(t.NamedTuple):
    """An API key, or the ID of a machine-to-machine OAuth client with its secret or private key."""

    api_key: str | None
    client_id: str | None = None
    client_secret: str | None = None
    client_key: client_keys.ClientKey | None = None

    @property
    def secrets(self) -> list[str]:
        """What no message may contain."""
        return [text for text in (self.api_key, self.client_secret) if text]

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

    @property
    def warnings(self) -> t.Sequence[str]:
        """About the private key of an OAuth client."""
        key = self.credentials and self.credentials.client_key
        return key.warnings if key else ()


def from_options(
    options: t.Mapping[str, t.Any], environment: t.Mapping[str, str], needs_credentials: bool = True
) -> Connection:
    """Read the connection from the options, with defaults from the environment.

    Credentials from the environment are only sent to the tenant from the environment, so that a mistake in a playbook
    cannot send them elsewhere.

    :param options: the options of the documentation fragment ``tenant``.
    :raises QlikError: if options are missing, invalid or contradictory, or the private key of a client cannot be used.
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


def have_key(options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> bool:
    """Whether the credentials may have the private key of an OAuth client, which needs libraries."""
    return any(options[name] is not None or environment.get(CREDENTIAL_VARIABLES[name]) for name in client_keys.SOURCES)


def tenant_url(text: str, source: str) -> str:
    """Validate the URL of a tenant: see :func:`_http.server_url`."""
    return _http.server_url(text, source, "tenant", _EXAMPLE, "O(api_key) or an OAuth client")


def secrets(options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> set[str]:
    """All secrets to mask in the output, whether used or not, including a password in the URL."""
    found = {options[name] for name in _SECRETS} | {environment.get(CREDENTIAL_VARIABLES[name]) for name in _SECRETS}
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
            "Credentials for the tenant are missing: set O(api_key), or O(client_id) with O(client_secret) or"
            " O(client_private_key_path). Or set QSCLOUD_API_KEY, or QSCLOUD_CLIENT_ID with QSCLOUD_CLIENT_SECRET or"
            f" QSCLOUD_CLIENT_PRIVATE_KEY_PATH, together with {URL_VARIABLE} in the environment."
        )
    for name, text in given.items():
        if not text:
            raise OptionError(f"{names[name]} is empty ({MAYBE_UNSET}): specify it, or leave the option out.")
        if name not in _NO_BLANKS:
            continue
        if text.lower().startswith("bearer "):
            raise OptionError(
                f"{names[name]} begins with the word Bearer, which is not part of it: leave the word out."
            )
        if not _http.TOKEN.fullmatch(text):
            raise OptionError(f"{names[name]} contains spaces, line breaks or non-ASCII characters: copy it again.")
    if "api_key" in given and len(given) > 1:
        others = ", ".join(names[name] for name in given if name != "api_key")
        raise OptionError(f"{names['api_key']} and an OAuth client ({others}) are both set: leave one out.")
    if "api_key" in given:
        return Credentials(given["api_key"])
    proofs = [name for name in _PROOFS if name in given]
    if len(proofs) > 1:
        raise OptionError(
            f"{' and '.join(names[name] for name in proofs)} are set together: an OAuth client proves itself with its secret or"
            " with one private key, so leave all but one out."
        )
    if proofs in ([], ["client_secret"]) and (of_key := [name for name in client_keys.OPTIONS if name in given]):
        raise OptionError(
            f"{names[of_key[0]]} is set without the private key that it is about: set {names['client_private_key_path']},"
            " for example, or leave it out."
        )
    if not proofs:
        raise OptionError(
            f"{names['client_secret']} is missing: an OAuth client needs its id, and its secret or private key."
        )
    if "client_id" not in given:
        raise OptionError(
            f"{names['client_id']} is missing: an OAuth client needs its id, and its secret or private key."
        )
    if proofs == ["client_secret"]:
        return Credentials(None, given["client_id"], given["client_secret"])
    return Credentials(None, given["client_id"], client_key=client_keys.load(given, names, options))


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
