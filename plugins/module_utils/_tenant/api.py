# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client for the REST API of a Qlik Cloud tenant: authorization, paging, retries, errors. The only file that uses HTTP.

Rate limits and error formats follow https://qlik.dev/manage/platform-operations/api-request-limits/ and
https://qlik.dev/apis/rest/. A request without a response is only repeated if that is safe.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import random
import re
import socket
import ssl
import time
import typing as t
import urllib.error
import urllib.parse
import zlib

from .. import _json
from .._errors import NoAnswerError, TenantError, printable
from . import refusals
from .credentials import Connection

USER_AGENT = "ansible-tenantops.qlik"

PAGE_SIZE = 100
"""Entries per page of a list; the maximum that Qlik Cloud allows."""

RETRIES = 3
"""How often a repeatable request is repeated if there is no response."""

LOOKUP_DELAYS = (1, 4)
"""Seconds to wait before each check whether an object was created although there was no response."""

RATE_LIMIT_BUDGET = 300
"""Total seconds to wait because of the rate limit, which Qlik Cloud applies over windows of five minutes."""

_REDIRECTS = (301, 302, 303, 307, 308)
_GATEWAY_ERRORS = (502, 503, 504)  # from a proxy in front of the tenant; the tenant may have processed the request
_MAXIMUM_BODY_SIZE = 16 * 1024 * 1024  # bytes; a page of identity providers is smaller than 1 MiB
_MAXIMUM_PAGES = 1000
_REFUSED_BY_PROXY = re.compile("Tunnel connection failed: 4")  # a client error; others may be temporary
_TOKEN = re.compile(r"[\x21-\x7e]+")  # characters that a header can contain unchanged


class Answer(t.NamedTuple):
    """A response. ``is_json`` is whether its body is empty or a JSON object; otherwise ``body`` is empty, too."""

    status: int
    headers: t.Mapping[str, str]
    body: dict[str, t.Any]
    is_json: bool


class Tenant:
    """A connection to a tenant, used for one task."""

    def __init__(self, connection: Connection, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self.url = connection.url
        self.waited = 0.0  # seconds waited because of the rate limit
        self.cookies = http.cookiejar.CookieJar()
        self._connection = connection
        self._sleep = sleep
        self._authorization: dict[str, str] = {}
        self._secrets = {secret for secret in connection.credentials or () if secret}
        # Its import takes long as an ordinary module, and qscloud_tenant_jwt often connects to no tenant.
        from ansible.module_utils.urls import Request

        self._http = Request(
            use_netrc=False,  # an entry in .netrc would replace the Authorization header
            follow_redirects="no",
            validate_certs=connection.validate_certs,
            ca_path=connection.ca_path,
            timeout=connection.timeout,
            http_agent=USER_AGENT,
            cookies=self.cookies,
        )

    def for_login(self) -> Tenant:
        """A new connection to this tenant, for a login, whose only credential is its token."""
        return Tenant(self._connection._replace(credentials=None), self._sleep)

    def get(self, path: str) -> dict[str, t.Any]:
        """Get an object.

        :raises TenantError: if the request fails.
        """
        return self._get(path, self._authorize()).body

    def pages(self, path: str) -> t.Iterator[dict[str, t.Any]]:
        """All entries of a list, from all of its pages, each once.

        :raises TenantError: if a page cannot be read, or the pages repeat or do not end.
        """
        following = f"{path}?limit={PAGE_SIZE}"
        seen: set[str] = set()
        for _number in range(_MAXIMUM_PAGES):
            body = self.get(following)
            entries = body.get("data")
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise TenantError(
                    f"{self.url} answered GET {path} with something other than a list.", "Check O(tenant_url)."
                )
            following = _next_page(body) if entries else None
            # If the list changes while it is read, an entry can move to a page that follows.
            new = [entry for entry in entries if str(entry.get("id")) not in seen]
            if following and not new:
                raise TenantError(f"The pages of GET {path} of {self.url} repeat endlessly.", "Report that to Qlik.")
            seen.update(str(entry.get("id")) for entry in new)
            yield from new
            if not following:
                return
        raise TenantError(f"GET {path} of {self.url} has more than {_MAXIMUM_PAGES} pages.", "Report that to Qlik.")

    def create(
        self, path: str, body: dict[str, t.Any], find_created: t.Callable[[], dict[str, t.Any] | None]
    ) -> dict[str, t.Any]:
        """Create an object once. If there is no response, check whether it exists instead of repeating the request.

        :param find_created: returns the object if it was created.
        :raises TenantError: if the tenant rejects the request.
        :raises NoAnswerError: if there was no response, and the object does not exist afterwards.
        """
        try:
            return self._request("POST", path, self._authorize(), body).body
        except NoAnswerError:
            for pause in LOOKUP_DELAYS:
                self._sleep(pause)
                if found := find_created():
                    return found
            raise

    def replace(self, path: str, pointer: str, value: t.Any) -> None:
        """Replace one value of an object with a JSON Patch (RFC 6902).

        :param pointer: the JSON Pointer of the value (RFC 6901).
        :raises TenantError: if the request fails.
        """
        patch = [{"op": "replace", "path": pointer, "value": value}]
        self._request("PATCH", path, self._authorize(), patch, repeatable=True)

    def delete(self, path: str) -> None:
        """Delete an object. It is not an error if it no longer exists.

        :raises TenantError: if the request fails.
        """
        try:
            self._request("DELETE", path, self._authorize(), repeatable=True)
        except TenantError as error:
            if error.status != 404:
                raise

    def log_in(self, token: str) -> None:
        """Exchange a token for a session, and store its cookies in :attr:`cookies`.

        :raises TenantError: if the tenant rejects the token.
        :raises NoAnswerError: if there was no response. In that case, the token may be used up.
        """
        self._secrets.add(token)
        self._request("POST", "/login/jwt-session", {"Authorization": f"Bearer {token}"})

    def get_user(self) -> dict[str, t.Any]:
        """Get the user whose session :meth:`log_in` has opened.

        :raises TenantError: if the request fails.
        """
        return self._get("/api/v1/users/me", {}).body

    def _authorize(self) -> dict[str, str]:
        """The Authorization header. An OAuth client requests its access token once per task."""
        if not self._authorization:
            api_key, client_id, client_secret = self._connection.credentials
            if api_key is None:
                request = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
                api_key = self._request("POST", "/oauth/token", {}, request, repeatable=True).body.get("access_token")
                if not isinstance(api_key, str) or not _TOKEN.fullmatch(api_key):
                    raise TenantError(
                        f"{self.url} did not return an access token for the OAuth client.", "Check O(tenant_url)."
                    )
            self._secrets.add(api_key)
            self._authorization = {"Authorization": f"Bearer {api_key}"}
        return self._authorization

    def _get(self, path: str, headers: dict[str, str]) -> Answer:
        answer = self._request("GET", path, headers, repeatable=True)
        if answer.status in _REDIRECTS:
            # Follow a single redirect ourselves, so that the credentials are never sent to another host.
            answer = self._request("GET", answer.headers.get("Location", ""), headers, repeatable=True)
        if answer.status in _REDIRECTS:
            raise TenantError(f"{self.url} keeps redirecting GET {self._clean(path)}.", refusals.REDIRECTED)
        return answer

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: t.Any = None, repeatable: bool = False
    ) -> Answer:
        """Send a request, with retries and waits for the rate limit.

        :param repeatable: whether it is safe to send the request twice.
        """
        url = self._resolve(method, path)
        what = f"{method} {self._clean(urllib.parse.urlsplit(url).path)}"
        repeats = RETRIES if repeatable else 0
        while True:
            try:
                answer = self._send(method, url, what, headers, body)
                if answer.status in _GATEWAY_ERRORS:
                    raise self._refusal(what, answer, NoAnswerError)
            except NoAnswerError:
                if not repeats:
                    raise
                # Exponential backoff, with jitter so that the hosts of a play do not retry simultaneously.
                self._sleep(2 ** (RETRIES - repeats) * random.uniform(0.5, 1))
                repeats -= 1
                continue
            if answer.status != 429:
                break
            self._wait_for_rate_limit(what, answer)
        if answer.status >= 400 or (answer.status in _REDIRECTS and method != "GET"):
            raise self._refusal(what, answer)
        return answer

    def _refusal(self, what: str, answer: Answer, kind: type[TenantError] = TenantError) -> TenantError:
        """The error for an answer. If something other than the tenant sent it, it says nothing about the tenant."""
        code = _error(answer).get("code")
        code = code if _is_text(code) else None
        credentials = self._connection.credentials
        is_client = bool(credentials and credentials.client_id)
        advice = refusals.advice(answer.status, code, answer.is_json, is_client)
        if not answer.is_json:
            return kind(self._describe(what, answer), advice)
        return kind(self._describe(what, answer), advice, answer.status, code, refusals.date(answer.headers))

    def _resolve(self, method: str, path: str) -> str:
        """The URL of a path or of a link from the tenant. Credentials must not be sent to another host."""
        try:
            url = urllib.parse.urljoin(f"{self.url}/", path)
            same = urllib.parse.urlsplit(url)[:2] == urllib.parse.urlsplit(self.url)[:2]
        except ValueError:
            same = False
        if not same or not url.isascii() or not url.isprintable() or " " in url:
            raise TenantError(
                f"{self.url} refers {method} to another address ({self._clean(path)}), which is not followed.",
                refusals.REDIRECTED,
            )
        return url

    def _send(self, method: str, url: str, what: str, headers: dict[str, str], body: t.Any) -> Answer:
        data = None
        if body is not None:
            data, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
        elif method == "POST":
            data = b""  # so that the Content-Length header is sent
        try:
            try:
                response = self._http.open(method, url, data=data, headers={**headers, "Accept": "application/json"})
            except urllib.error.HTTPError as error:
                response = error
            with response:
                content = response.read(_MAXIMUM_BODY_SIZE)
                # With a size argument, read() does not raise an exception if the response is shorter than announced.
                missing = getattr(response, "length", None)
            if missing and len(content) < _MAXIMUM_BODY_SIZE:
                raise http.client.IncompleteRead(content, missing)
        # EOFError and zlib.error: truncated or damaged compression. ValueError: an invalid URL or text in a header.
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            raise self._connection_error(what, error) from error
        if len(content) == _MAXIMUM_BODY_SIZE:
            raise TenantError(
                f"{self.url} returned more than 16 MiB for {what}.", "Check O(tenant_url).", response.status
            )
        try:
            parsed = _json.parse_object(content) if content.strip() else {}
        except ValueError:
            if response.status < 300:
                raise TenantError(
                    f"{self.url} answered {what} with something other than a JSON object.",
                    "Check O(tenant_url), and that no proxy answers instead of Qlik Cloud.",
                    response.status,
                ) from None
            return Answer(response.status, response.headers, {}, is_json=False)
        return Answer(response.status, response.headers, parsed, is_json=True)

    def _connection_error(self, what: str, error: Exception) -> TenantError:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            return TenantError(
                f"The TLS certificate of {self.url} is not trusted ({self._clean(reason.verify_message)}).",
                "Check O(tenant_url). If a private CA issued the certificate, set O(ca_path) to the file of the CA"
                " certificate.",
            )
        if isinstance(reason, ssl.SSLError) and not isinstance(reason, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return TenantError(
                f"The TLS connection to {self.url} failed.", "Check the scheme and port of O(tenant_url)."
            )
        if isinstance(reason, socket.gaierror):
            return TenantError(f"The host of {self.url} cannot be resolved.", "Check O(tenant_url) and the DNS.")
        if isinstance(reason, ConnectionRefusedError):
            return TenantError(
                f"{self.url} refuses connections.", "Check O(tenant_url), and whether a proxy is needed."
            )
        # http.client has no other sign that a proxy does not connect to the tenant: nothing has been sent there.
        if _REFUSED_BY_PROXY.match(str(reason)):
            return TenantError(
                f"The proxy did not connect to {self.url} ({self._clean(str(reason))}).",
                "Check the proxy in https_proxy, with its user and password if it needs them, or list the tenant in"
                " no_proxy if this machine can reach it without a proxy.",
            )
        words = (
            f"within {self._connection.timeout} seconds"
            if isinstance(reason, TimeoutError)
            else f"in full ({self._clean(str(reason) or type(reason).__name__)})"
        )
        return NoAnswerError(
            f"{self.url} did not answer {what} {words}.", "Try again, perhaps with a longer O(timeout)."
        )

    def _wait_for_rate_limit(self, what: str, answer: Answer) -> None:
        # Without the header, assume the limit of the slower tier: 100 requests a minute.
        text = answer.headers.get("Retry-After", "").strip()
        # Nine digits suffice: a longer number exceeds the budget anyway, and Python may refuse to parse it.
        pause = int(text[:9]) if text.isdecimal() else 1
        # Wait slightly longer, with jitter so that the hosts of a play do not continue simultaneously.
        pause = pause * random.uniform(1, 1.1) + 0.1
        if self.waited + pause > RATE_LIMIT_BUDGET:
            raise TenantError(
                self._describe(what, answer),
                f"More than {RATE_LIMIT_BUDGET} seconds of waiting would be needed. {refusals.BY_STATUS[429]}",
                answer.status,
            )
        self._sleep(pause)
        self.waited += pause

    def _describe(self, what: str, answer: Answer) -> str:
        """Describe an error response of Qlik Cloud. Its format is documented at https://qlik.dev/apis/rest/."""
        error = _error(answer)
        words = [self._clean(error[name]) for name in ("code", "title", "detail") if _is_text(error.get(name))]
        trace = f" (traceId {self._clean(answer.body['traceId'])})" if _is_text(answer.body.get("traceId")) else ""
        return f"{self.url} answered {what} with {', '.join([f'HTTP {answer.status}', *words])}{trace}."

    def _clean(self, text: str) -> str:
        """Make external text safe for a message: no secrets, no control characters, and not too long."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return printable(text).rstrip(". ")


def _error(answer: Answer) -> dict[str, t.Any]:
    """The first error in a response. Qlik Cloud is not known to return more than one."""
    errors = answer.body.get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _next_page(body: dict[str, t.Any]) -> str | None:
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    return href if isinstance(href, str) else None


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str) and bool(value)
