# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client for the REST API of a Qlik Cloud tenant: authorization, paging, creation, errors.

Rate limits and error formats follow https://qlik.dev/manage/platform-operations/api-request-limits/ and
https://qlik.dev/apis/rest/.
"""

from __future__ import annotations

import time
import typing as t
import urllib.parse

from .. import _http
from .._errors import NoAnswerError, TenantError
from . import access_tokens, refusals
from .credentials import Connection

PAGE_SIZE = 100
"""Entries per page of a list; the maximum that Qlik Cloud allows."""

LOOKUP_DELAYS = (1, 4)
"""Seconds to wait before each check whether an object was created although there was no response."""

_MAXIMUM_PAGES = 1000


class Tenant(_http.Client):
    """A connection to a tenant, used for one task."""

    ERROR = TenantError
    NO_ANSWER = NoAnswerError

    def __init__(self, connection: Connection, sleep: t.Callable[[float], None] = time.sleep) -> None:
        server = _http.Server(
            url=connection.url,
            validate_certs=connection.validate_certs,
            ca_path=connection.ca_path,
            timeout=connection.timeout,
            name="the tenant",
            operator="Qlik Cloud",
            url_option="O(tenant_url)",
            ca_option="O(ca_path)",
            when_slow="Try again, perhaps with a longer O(timeout).",
        )
        super().__init__(server, connection.credentials.secrets if connection.credentials else (), sleep)
        self._connection = connection
        self._authorization: dict[str, str] = {}

    @property
    def has_client_key(self) -> bool:
        """Whether the credentials are an OAuth client with a private key."""
        return bool(self._connection.credentials and self._connection.credentials.client_key)

    def for_login(self) -> Tenant:
        """A new connection to this tenant, for a login, whose only credential is its token."""
        return Tenant(self._connection._replace(credentials=None), self._sleep)

    def get(self, path: str) -> dict[str, t.Any]:
        """Get an object.

        :raises TenantError: if the request fails.
        """
        return self._get(path, self._authorize()).body

    def pages(self, path: str, identifier: str = "id") -> t.Iterator[dict[str, t.Any]]:
        """All entries of a list, from all of its pages, each once.

        :param identifier: the member that identifies an entry.
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
            new = [entry for entry in entries if str(entry.get(identifier)) not in seen]
            if following and not new:
                raise TenantError(f"The pages of GET {path} of {self.url} repeat endlessly.", "Report that to Qlik.")
            seen.update(str(entry.get(identifier)) for entry in new)
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
        self.patch(path, [{"op": "replace", "path": pointer, "value": value}])

    def patch(self, path: str, operations: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        """Change an object with a JSON Patch (RFC 6902), and return the answer, which is usually empty.

        :param operations: none of them may matter if it is done twice.
        :raises TenantError: if the request fails.
        """
        return self._request("PATCH", path, self._authorize(), operations, repeatable=True).body

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

    def get_user(self, access_token: str | None = None) -> dict[str, t.Any]:
        """Get the user whose access token this is, or whose session :meth:`log_in` has opened.

        :raises TenantError: if the request fails.
        """
        headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        return self._get("/api/v1/users/me", headers).body

    def request_access_token(
        self, user: access_tokens.User | None = None, scope: str | None = None
    ) -> access_tokens.AccessToken:
        """Request an access token for the OAuth client itself, or for a user.

        :param scope: scopes, separated by spaces; the default of the tenant if None.
        :raises TenantError: if that fails.
        """

        def post(body: t.Any) -> dict[str, t.Any]:
            return self._request("POST", access_tokens.PATH, {}, body, repeatable=True).body

        endpoint = access_tokens.Endpoint(self.url, self._secrets, post)
        return access_tokens.request(endpoint, self._connection.credentials, user, scope)

    def _authorize(self) -> dict[str, str]:
        """The Authorization header. An OAuth client requests its access token once per task."""
        if not self._authorization:
            api_key = self._connection.credentials.api_key
            if api_key is None:
                api_key = self.request_access_token().text
            self._authorization = {"Authorization": f"Bearer {api_key}"}
        return self._authorization

    def _get(self, path: str, headers: dict[str, str]) -> _http.Answer:
        answer = self._request("GET", path, headers, repeatable=True, may_redirect=True)
        if answer.status in _http.REDIRECTS:
            # Follow a single redirect ourselves, so that the credentials are never sent to another host.
            address = answer.headers.get("Location", "")
            answer = self._request("GET", address, headers, repeatable=True, may_redirect=True)
        if answer.status in _http.REDIRECTS:
            raise TenantError(f"{self.url} keeps redirecting GET {self._clean(path)}.", refusals.REDIRECTED)
        return answer

    def _request(
        self, method: str, path: str, headers: dict[str, str], body: t.Any = None, **keywords: bool
    ) -> _http.Answer:
        """Send a request to a path of the tenant: see :meth:`_http.Client._exchange`."""
        url = self._resolve(method, path)
        what = f"{method} {self._clean(urllib.parse.urlsplit(url).path)}"
        return self._exchange(method, url, what, headers, body, **keywords)

    def _refusal(self, what: str, answer: _http.Answer, kind: type[TenantError]) -> TenantError:
        """The error for an answer. If something other than the tenant sent it, it says nothing about the tenant."""
        if not answer.is_json:
            return kind(self._describe(what, answer), self._advice(answer))
        date = refusals.date(answer.headers)
        return kind(self._describe(what, answer), self._advice(answer), answer.status, _code(answer), date)

    def _advice(self, answer: _http.Answer) -> str:
        credentials = self._connection.credentials
        of_client = None
        if credentials and credentials.client_id:
            of_client = refusals.OAUTH_CLIENT_WITH_KEY if self.has_client_key else refusals.OAUTH_CLIENT
        return refusals.advice(answer.status, _code(answer), answer.is_json, of_client)

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

    def _describe(self, what: str, answer: _http.Answer) -> str:
        """Describe an error response of Qlik Cloud. Its format is documented at https://qlik.dev/apis/rest/."""
        error = _error(answer)
        words = [self._clean(error[name]) for name in ("code", "title", "detail") if _is_text(error.get(name))]
        trace = f" (traceId {self._clean(answer.body['traceId'])})" if _is_text(answer.body.get("traceId")) else ""
        return f"{self.url} answered {what} with {', '.join([f'HTTP {answer.status}', *words])}{trace}."


def _error(answer: _http.Answer) -> dict[str, t.Any]:
    """The first error in a response. Qlik Cloud is not known to return more than one.

    About a token, it may also answer as RFC 6749, section 5.2, says.
    """
    errors = answer.body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0]
    return {"code": answer.body.get("error"), "detail": answer.body.get("error_description")}


def _code(answer: _http.Answer) -> str | None:
    """Qlik Cloud's code for the error in a response, if it has one."""
    code = _error(answer).get("code")
    return code if _is_text(code) else None


def _next_page(body: dict[str, t.Any]) -> str | None:
    links = body.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    href = link.get("href") if isinstance(link, dict) else None
    return href if isinstance(href, str) else None


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str) and bool(value)
