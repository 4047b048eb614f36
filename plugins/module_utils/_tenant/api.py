# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST API of a Qlik Cloud tenant: authorization, paging, patience, errors. The only place that speaks HTTP.

Limits and forms of errors are those of https://qlik.dev/manage/platform-operations/api-request-limits/ and
https://qlik.dev/apis/rest/. A request that was not answered is only repeated if repeating it cannot do harm.
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

from ansible.module_utils.urls import Request

from .. import _json
from .._errors import NoAnswerError, TenantError, shown
from .credentials import Connection

USER_AGENT = "ansible-tenantops.qlik"

PAGE_SIZE = 100
"""Entries on a page of a list; the most that Qlik Cloud gives."""

RETRIES = 3
"""How often a request that may be repeated is repeated, if no answer comes."""

LOOKS = (1, 4)
"""Seconds before each look whether something was created although no answer came."""

PATIENCE = 300
"""Seconds to wait in all because of the rate limit: it counts in windows of five minutes."""

UNKNOWN_HOST_CODE = "LOGIN-2"
NO_SUCH_TENANT = "There is no tenant of this name: check O(tenant_url)."

ADVICE = {
    400: "Check the options that this task sends.",
    401: "Check the API key, or the OAuth client: it must be of this tenant and still valid.",
    403: "The credentials need the role of a tenant admin, and O(tenant_ids), if given, must be this tenant's.",
    404: "It does not exist (any more), or O(tenant_url) is not the address of a tenant: run again, or check it.",
    412: "Somebody else has changed it at the same time: run again.",
    429: "Run again later, or with fewer forks.",
    500: "Try again later; Qlik's support asks for the traceId.",
}
"""What to do, by HTTP status; 500 stands for all others."""

_REDIRECTS = (301, 302, 303, 307, 308)
_NO_ANSWER = (502, 503, 504)  # from something before the tenant, which does not know what the tenant has done
_LONGEST_BODY = 16 * 1024 * 1024  # bytes; a page of identity providers has less than one of these
_MOST_PAGES = 1000
_TOKEN = re.compile(r"[\x21-\x7e]+")  # what a header can carry as it is


class Answer(t.NamedTuple):
    """What the tenant said; ``body`` is empty if there was none, or if it was an error that is no JSON."""

    status: int
    headers: t.Mapping[str, str]
    body: dict[str, t.Any]


class Tenant:
    """One tenant, for the length of one task."""

    def __init__(self, connection: Connection, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self.url = connection.url
        self.waited = 0.0  # seconds, because of the rate limit
        self.cookies = http.cookiejar.CookieJar()
        self._connection = connection
        self._sleep = sleep
        self._authorization: dict[str, str] = {}
        self._secrets = {secret for secret in connection.credentials or () if secret}
        self._http = Request(
            use_netrc=False,  # an entry there would replace the Authorization header
            follow_redirects="no",
            validate_certs=connection.validate_certs,
            ca_path=connection.ca_path,
            timeout=connection.timeout,
            http_agent=USER_AGENT,
            cookies=self.cookies,
        )

    def get(self, path: str) -> dict[str, t.Any]:
        """Read something.

        :raises TenantError: if that is not possible.
        """
        return self._get(path, self._authorize()).body

    def pages(self, path: str) -> t.Iterator[dict[str, t.Any]]:
        """All entries of a list, from all of its pages.

        :raises TenantError: if a page cannot be read, or the pages lead in a circle, or nowhere.
        """
        following = f"{path}?limit={PAGE_SIZE}"
        seen: set[str] = set()
        for _number in range(_MOST_PAGES):
            body = self.get(following)
            entries = body.get("data")
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise TenantError(
                    f"{self.url} answered GET {path} with something that is no list.", "Check O(tenant_url)."
                )
            new = {str(entry.get("id")) for entry in entries} - seen
            if entries and not new:
                raise TenantError(f"The pages of GET {path} of {self.url} lead in a circle.", "Report that to Qlik.")
            seen |= new
            yield from entries
            following = _next_page(body) if entries else None
            if not following:
                return
        raise TenantError(f"GET {path} of {self.url} has more than {_MOST_PAGES} pages.", "Report that to Qlik.")

    def create(
        self, path: str, body: dict[str, t.Any], look: t.Callable[[], dict[str, t.Any] | None]
    ) -> dict[str, t.Any]:
        """Create something, once: if no answer comes, look whether it is there instead of asking again.

        :param look: finds what was to be created.
        :raises TenantError: if the tenant refuses.
        :raises NoAnswerError: if no answer came, and it was not there later.
        """
        try:
            return self._request("POST", path, self._authorize(), body).body
        except NoAnswerError:
            for pause in LOOKS:
                self._sleep(pause)
                if found := look():
                    return found
            raise

    def replace(self, path: str, pointer: str, value: t.Any) -> None:
        """Replace one value of something, by a JSON patch (RFC 6902).

        :param pointer: where the value is (RFC 6901).
        :raises TenantError: if that is not possible.
        """
        patch = [{"op": "replace", "path": pointer, "value": value}]
        self._request("PATCH", path, self._authorize(), patch, repeatable=True)

    def delete(self, path: str) -> None:
        """Delete something; it is no error if it is gone already.

        :raises TenantError: if that is not possible.
        """
        try:
            self._request("DELETE", path, self._authorize(), repeatable=True)
        except TenantError as error:
            if error.status != 404:
                raise

    def log_in(self, token: str) -> dict[str, t.Any]:
        """Trade a token for a session, whose cookies are then in :attr:`cookies`, and ask who it is.

        :return: the user.
        :raises TenantError: if the tenant refuses.
        :raises NoAnswerError: if no answer came: then nobody knows whether the token is spent.
        """
        self._secrets.add(token)
        self._request("POST", "/login/jwt-session", {"Authorization": f"Bearer {token}"})
        return self._get("/api/v1/users/me", {}).body

    def _authorize(self) -> dict[str, str]:
        """The header with the credentials; an OAuth client gets its access token once for a task."""
        if not self._authorization:
            api_key, client_id, client_secret = self._connection.credentials
            if api_key is None:
                request = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
                api_key = self._request("POST", "/oauth/token", {}, request, repeatable=True).body.get("access_token")
                if not isinstance(api_key, str) or not _TOKEN.fullmatch(api_key):
                    raise TenantError(f"{self.url} gave the OAuth client no access token.", "Check O(tenant_url).")
            self._secrets.add(api_key)
            self._authorization = {"Authorization": f"Bearer {api_key}"}
        return self._authorization

    def _get(self, path: str, headers: dict[str, str]) -> Answer:
        answer = self._request("GET", path, headers, repeatable=True)
        if answer.status in _REDIRECTS:
            # One hop, by hand: the header with the credentials goes nowhere else.
            answer = self._request("GET", answer.headers.get("Location", ""), headers, repeatable=True)
        if answer.status in _REDIRECTS:
            raise TenantError(f"{self.url} redirects GET {self._clean(path)} on and on.", "Check O(tenant_url).")
        return answer

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: t.Any = None, repeatable: bool = False
    ) -> Answer:
        """One request, with patience.

        :param repeatable: whether it does no harm if the tenant gets it twice.
        """
        url = self._within_the_tenant(method, path)
        what = f"{method} {self._clean(_path(url))}"
        repeats = RETRIES if repeatable else 0
        while True:
            try:
                answer = self._exchange(method, url, what, headers, body)
                if answer.status in _NO_ANSWER:
                    raise NoAnswerError(self._said(what, answer), "Try again later.", answer.status)
            except NoAnswerError:
                if not repeats:
                    raise
                # Twice as long each time, and not at the same instant as all other hosts of the play.
                self._sleep(2 ** (RETRIES - repeats) * random.uniform(0.5, 1))
                repeats -= 1
                continue
            if answer.status != 429:
                break
            self._wait_for_the_rate_limit(what, answer)
        if answer.status >= 400 or (answer.status in _REDIRECTS and method != "GET"):
            code = str(_error(answer).get("code"))
            advice = NO_SUCH_TENANT if code == UNKNOWN_HOST_CODE else ADVICE.get(answer.status, ADVICE[500])
            raise TenantError(self._said(what, answer), advice, answer.status, code)
        return answer

    def _within_the_tenant(self, method: str, path: str) -> str:
        """The address of a path, or of a link that the tenant gave; credentials must not go anywhere else."""
        try:
            url = urllib.parse.urljoin(f"{self.url}/", path)
            same = urllib.parse.urlsplit(url)[:2] == urllib.parse.urlsplit(self.url)[:2]
        except ValueError:
            same = False
        if not same or not url.isascii() or not url.isprintable() or " " in url:
            raise TenantError(
                f"{self.url} refers {method} to another address ({self._clean(path)}), which is not followed.",
                "Check O(tenant_url): it must be the tenant's own address, not an alias.",
            )
        return url

    def _exchange(self, method: str, url: str, what: str, headers: dict[str, str], body: t.Any) -> Answer:
        data = None
        if body is not None:
            data, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
        elif method == "POST":
            data = b""  # so that its length is sent
        try:
            try:
                response = self._http.open(method, url, data=data, headers={**headers, "Accept": "application/json"})
            except urllib.error.HTTPError as error:
                response = error
            with response:
                content = response.read(_LONGEST_BODY)
                # Given a number, Python does not say that less has come than was announced.
                missing = getattr(response, "length", None)
            if missing and len(content) < _LONGEST_BODY:
                raise http.client.IncompleteRead(content, missing)
        # The last three: what is compressed is cut off, or damaged; what stands in a header is no address, or no text.
        except (OSError, http.client.HTTPException, EOFError, zlib.error, ValueError) as error:
            raise self._unanswered(what, error) from error
        if len(content) == _LONGEST_BODY:
            raise TenantError(f"{self.url} answered {what} with far too much.", "Check O(tenant_url).", response.status)
        try:
            parsed = _json.parse_object(content) if content.strip() else {}
        except ValueError:
            if response.status < 300:
                raise TenantError(
                    f"{self.url} answered {what} with something that is no JSON object.",
                    "Check O(tenant_url), and that no proxy answers in place of the tenant.",
                    response.status,
                ) from None
            parsed = {}
        return Answer(response.status, response.headers, parsed)

    def _unanswered(self, what: str, error: Exception) -> TenantError:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            return TenantError(
                f"The TLS certificate of {self.url} is not trusted ({self._clean(reason.verify_message)}).",
                "Check O(tenant_url); if a company's or a test's own CA has signed it, name the file of that CA's"
                " certificate in O(ca_path).",
            )
        if isinstance(reason, ssl.SSLError) and not isinstance(reason, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return TenantError(
                f"{self.url} does not speak TLS as it should.", "Check scheme and port of O(tenant_url)."
            )
        if isinstance(reason, socket.gaierror):
            return TenantError(f"The host of {self.url} is not known.", "Check O(tenant_url), and the network's DNS.")
        if isinstance(reason, ConnectionRefusedError):
            return TenantError(
                f"{self.url} refuses connections.", "Check O(tenant_url), and whether a proxy is needed."
            )
        words = (
            f"within {self._connection.timeout} seconds"
            if isinstance(reason, TimeoutError)
            else f"in full ({self._clean(str(reason) or type(reason).__name__)})"
        )
        return NoAnswerError(
            f"{self.url} did not answer {what} {words}.", "Try again, perhaps with a longer O(timeout)."
        )

    def _wait_for_the_rate_limit(self, what: str, answer: Answer) -> None:
        # Without the header, the limit of the slower tier: 100 requests a minute.
        text = answer.headers.get("Retry-After", "").strip()
        # A number with more digits is too long to wait for, whatever it is; and Python may refuse to read them all.
        pause = int(text[:9]) if text.isdecimal() else 1
        # A little more, and not all hosts of the play at the same instant.
        pause = pause * random.uniform(1, 1.1) + 0.1
        if self.waited + pause > PATIENCE:
            raise TenantError(
                self._said(what, answer),
                f"More than {PATIENCE} seconds of waiting would be needed. {ADVICE[429]}",
                answer.status,
            )
        self._sleep(pause)
        self.waited += pause

    def _said(self, what: str, answer: Answer) -> str:
        """What Qlik Cloud said about an error: https://qlik.dev/apis/rest/ names the members."""
        error = _error(answer)
        words = [self._clean(error[name]) for name in ("code", "title", "detail") if _is_said(error.get(name))]
        trace = f" (traceId {self._clean(answer.body['traceId'])})" if _is_said(answer.body.get("traceId")) else ""
        return f"{self.url} answered {what} with {', '.join([f'HTTP {answer.status}', *words])}{trace}."

    def _clean(self, text: str) -> str:
        """Somebody else's text as part of a sentence: no secret, nothing that a terminal would act on, not too long."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return shown(text).rstrip(". ")


def _error(answer: Answer) -> dict[str, t.Any]:
    """The first of Qlik Cloud's errors; it has never been seen to send more."""
    errors = answer.body.get("errors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _next_page(body: dict[str, t.Any]) -> str | None:
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    return href if isinstance(href, str) else None


def _path(url: str) -> str:
    return urllib.parse.urlsplit(url).path


def _is_said(value: t.Any) -> bool:
    return isinstance(value, str) and bool(value)
