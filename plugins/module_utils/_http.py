# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send requests to a server that speaks JSON: TLS, proxies, retries, rate limits. The only file that uses HTTP.

A request without a response is only repeated if that is safe. Redirects are never followed here, because they could
send credentials to another host.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import ipaddress
import json
import random
import re
import select
import socket
import ssl
import typing as t
import urllib.parse
import urllib.request

from . import _json
from ._errors import OptionError, ServerError, printable
from ._text import host_name

USER_AGENT = "ansible-tenantops.qlik"

RETRIES = 3
"""How often a repeatable request is repeated if there is no response."""

RATE_LIMIT_BUDGET = 300
"""Total seconds to wait because of a rate limit. That of Qlik Cloud applies over windows of five minutes."""

RUN_LATER = "Run again later, or with fewer forks."
"""What to do if the rate limit would be waited for too long."""

REDIRECTS = (301, 302, 303, 307, 308)

TOKEN = re.compile(r"[\x21-\x7e]+")
"""Characters that a header and JSON can contain unchanged. A newline at the end of a file is none of them."""

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_GATEWAY_ERRORS = (502, 503, 504)  # from a proxy in front of the server, which may have processed the request
_MAXIMUM_BODY_SIZE = 16 * 1024 * 1024  # bytes; a page of identity providers is smaller than 1 MiB
_REFUSED_BY_PROXY = re.compile("Tunnel connection failed: 4")  # a client error; others may be temporary


def server_url(text: str, source: str, kind: str, example: str, instead: str) -> str:
    """Validate the URL of a server, write its host in lower case, and remove a trailing slash or dot.

    :param source: the option (as ``O(name)``) or variable, for messages, which omit the URL: it may contain a password.
    :param kind: what the server is, for messages.
    :param example: how to write the URL, for messages.
    :param instead: where credentials belong, for messages.
    :raises OptionError: if it is not ``https://host`` or ``https://host:port``. http is only allowed for this machine.
    """
    try:
        parts = urllib.parse.urlsplit(text.strip())
        host, port = host_name(parts.hostname or ""), parts.port
    except ValueError as error:
        raise OptionError(f"{source} is not the URL of a {kind}: {example}.") from error
    if "@" in parts.netloc:
        raise OptionError(f"{source} contains credentials: remove them, and use {instead}.")
    if parts.scheme not in ("https", "http") or not host:
        raise OptionError(f"{source} is not a URL with a scheme: {example}.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise OptionError(f"{source} contains more than the {kind}'s host: leave out the path, and {example}.")
    if not _HOST_NAME.fullmatch(host) and not _is_loopback(host):
        raise OptionError(f"{source} contains an invalid host name: {example}.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise OptionError(f"{source} uses http, so anyone on the network could read the secrets: use https.")
    default = {"https": 443, "http": 80}[parts.scheme]
    named_port = f":{port}" if port not in (None, default) else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{named_port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server(t.NamedTuple):
    """A server. ``url`` has no trailing slash, and ``timeout`` is in seconds.

    The others are for messages: ``name`` and ``operator`` are what to call the server and whoever answers there,
    ``url_option`` and ``ca_option`` where the user has set its URL and its CA, and ``when_slow`` is advice.
    """

    url: str
    validate_certs: bool
    ca_path: str | None
    timeout: int
    name: str
    operator: str
    url_option: str
    ca_option: str
    when_slow: str


class Answer(t.NamedTuple):
    """A response. ``is_json`` is whether its body is empty or a JSON object; otherwise ``body`` is empty, too."""

    status: int
    headers: t.Mapping[str, str]
    body: dict[str, t.Any]
    is_json: bool


def _is_readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


class _KeptConnection:
    """Keeps the connection to a server for the next request, because a TLS handshake takes longer than most of them.

    urllib, which knows about proxies and cookies, opens a connection for each request.
    """

    def __init__(self, server: Server, cookies: http.cookiejar.CookieJar) -> None:
        self._server = server
        self._cookies = cookies
        self._connection: http.client.HTTPConnection | None = None

    def send(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Send a request. Its response must be read, or else the connection closed, before the next one."""
        self._connection = self._connection or self._new()
        if self._connection.sock and _is_readable(self._connection.sock):
            self.close()  # The server has closed it, or sent something that would be taken for the next response.
        self._cookies.add_cookie_header(request)
        headers = dict(request.header_items())
        self._connection.request(request.get_method(), request.selector, request.data, headers)
        response = self._connection.getresponse()
        self._cookies.extract_cookies(response, request)
        return response

    def close(self) -> None:
        """Close the connection. The next request opens another one."""
        if self._connection:
            self._connection.close()

    def _new(self) -> http.client.HTTPConnection:
        """A connection that the first request will open."""
        url = urllib.parse.urlsplit(self._server.url)
        if url.scheme == "http":  # only on this machine, where no proxy could reach it
            return http.client.HTTPConnection(url.netloc, timeout=self._server.timeout)
        # Its import takes long as an ordinary module, and qscloud_tenant_jwt often connects to no server.
        from ansible.module_utils.urls import make_context

        context = make_context(cafile=self._server.ca_path, validate_certs=self._server.validate_certs)
        request = urllib.request.Request(self._server.url)
        if proxy := urllib.request.getproxies().get("https"):
            # It replaces the host by that of the proxy unless no_proxy has it, and adds the header with the password.
            urllib.request.ProxyHandler({"https": proxy}).https_open(request)
        connection = http.client.HTTPSConnection(request.host, timeout=self._server.timeout, context=context)
        if request.host != url.netloc:
            connection.set_tunnel(url.netloc, headers=dict(request.header_items()))
        return connection


class Client:
    """A connection to a server, used for one task. Subclasses say what an error response means."""

    ERROR: type[ServerError]
    NO_ANSWER: type[ServerError]
    """Raised if a request was sent, but no response says whether the server processed it. A subclass of ``ERROR``."""

    def __init__(self, server: Server, secrets: t.Iterable[str], sleep: t.Callable[[float], None]) -> None:
        """:param secrets: what no message may contain."""
        self.url = server.url
        self.waited = 0.0  # seconds waited because of the rate limit
        self.cookies = http.cookiejar.CookieJar()
        self._server = server
        self._secrets = set(secrets)
        self._sleep = sleep
        self._kept = _KeptConnection(server, self.cookies)

    def _describe(self, what: str, answer: Answer) -> str:
        """A sentence about an error response to a request, such as ``GET /path``."""
        raise NotImplementedError

    def _advice(self, answer: Answer) -> str:
        """A sentence about what to do about it."""
        raise NotImplementedError

    def _is_temporary(self, answer: Answer) -> bool:
        """Whether an error response may be about something that is over soon."""
        return answer.status in _GATEWAY_ERRORS

    def _refusal(self, what: str, answer: Answer, kind: type[ServerError]) -> ServerError:
        """The error for an error response."""
        return kind(self._describe(what, answer), self._advice(answer), answer.status)

    def _exchange(
        self,
        method: str,
        url: str,
        what: str,
        headers: dict[str, str],
        body: t.Any = None,
        *,
        repeatable: bool = False,
        may_redirect: bool = False,
    ) -> Answer:
        """Send a request, with retries and waits for the rate limit.

        :param what: the request in messages.
        :param body: an object to send as JSON, a text to send as a form, or a function that returns one for each attempt.
        :param repeatable: whether it is safe to send the request twice.
        :param may_redirect: whether the answer may be a redirect, which the caller has to deal with.
        """
        repeats = RETRIES if repeatable else 0
        while True:
            if not repeatable:
                # If the server closed the kept one at this moment, nobody could tell whether it got the request.
                self._kept.close()
            try:
                answer = self._send(method, url, what, headers, body)
                if self._is_temporary(answer):
                    raise self._refusal(what, answer, self.NO_ANSWER)
            except self.NO_ANSWER:
                if not repeats:
                    raise
                # Exponential backoff, with jitter so that the hosts of a play do not retry simultaneously.
                self._sleep(2 ** (RETRIES - repeats) * random.uniform(0.5, 1))
                repeats -= 1
                continue
            if answer.status != 429:
                break
            self._wait_for_rate_limit(what, answer)
        if answer.status >= 400 or (answer.status in REDIRECTS and not may_redirect):
            raise self._refusal(what, answer, self.ERROR)
        return answer

    def _send(self, method: str, url: str, what: str, headers: dict[str, str], body: t.Any) -> Answer:
        headers = {**headers, "Accept": "application/json", "User-Agent": USER_AGENT}
        data = None
        body = body() if callable(body) else body
        if isinstance(body, str):
            data, headers["Content-Type"] = body.encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            response = self._kept.send(urllib.request.Request(url, data, headers, method=method))
            content = response.read(_MAXIMUM_BODY_SIZE)
            # With a size argument, read() does not raise an exception if the response is shorter than announced.
            if response.length and len(content) < _MAXIMUM_BODY_SIZE:
                raise http.client.IncompleteRead(content, response.length)
        # ValueError: an invalid URL or text in a header.
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._kept.close()
            raise self._connection_error(what, error) from error
        if len(content) == _MAXIMUM_BODY_SIZE:
            self._kept.close()
            raise self.ERROR(
                f"{self.url} returned more than 16 MiB for {what}.",
                f"Check {self._server.url_option}.",
                response.status,
            )
        try:
            parsed = _json.parse_object(content) if content.strip() else {}
        except ValueError:
            if response.status < 300:
                raise self.ERROR(
                    f"{self.url} answered {what} with something other than a JSON object.",
                    f"Check {self._server.url_option}, and that no proxy answers instead of {self._server.operator}.",
                    response.status,
                ) from None
            return Answer(response.status, response.headers, {}, is_json=False)
        return Answer(response.status, response.headers, parsed, is_json=True)

    def _connection_error(self, what: str, reason: Exception) -> ServerError:
        option = self._server.url_option
        if isinstance(reason, ssl.SSLCertVerificationError):
            return self.ERROR(
                f"The TLS certificate of {self.url} is not trusted ({self._clean(reason.verify_message)}).",
                f"Check {option}. If a private CA issued the certificate, set {self._server.ca_option} to the file of"
                " the CA certificate.",
            )
        if isinstance(reason, ssl.SSLError) and reason.library == "X509":  # before there is a connection
            return self.ERROR(
                f"{self._server.ca_option}: {self._server.ca_path} contains no valid certificate in PEM format.",
                "Specify the file of the CA certificate.",
            )
        if isinstance(reason, ssl.SSLError) and not isinstance(reason, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return self.ERROR(f"The TLS connection to {self.url} failed.", f"Check the scheme and port of {option}.")
        if isinstance(reason, socket.gaierror):
            return self.ERROR(f"The host of {self.url} cannot be resolved.", f"Check {option} and the DNS.")
        if isinstance(reason, ConnectionRefusedError):
            return self.ERROR(f"{self.url} refuses connections.", f"Check {option}, and whether a proxy is needed.")
        # http.client has no other sign that a proxy does not connect to the server: nothing has been sent there.
        if _REFUSED_BY_PROXY.match(str(reason)):
            return self.ERROR(
                f"The proxy did not connect to {self.url} ({self._clean(str(reason))}).",
                "Check the proxy in https_proxy, with its user and password if it needs them, or list"
                f" {self._server.name} in no_proxy if this machine can reach it without a proxy.",
            )
        words = (
            f"within {self._server.timeout} seconds"
            if isinstance(reason, TimeoutError)
            else f"in full ({self._clean(str(reason) or type(reason).__name__)})"
        )
        return self.NO_ANSWER(f"{self.url} did not answer {what} {words}.", self._server.when_slow)

    def _wait_for_rate_limit(self, what: str, answer: Answer) -> None:
        # Without the header, assume the limit of Qlik Cloud's slower tier: 100 requests a minute.
        text = answer.headers.get("Retry-After", "").strip()
        # Nine digits suffice: a longer number exceeds the budget anyway, and Python may refuse to parse it.
        pause = int(text[:9]) if text.isdecimal() else 1
        # Wait slightly longer, with jitter so that the hosts of a play do not continue simultaneously.
        pause = pause * random.uniform(1, 1.1) + 0.1
        if self.waited + pause > RATE_LIMIT_BUDGET:
            raise self.ERROR(
                self._describe(what, answer),
                f"More than {RATE_LIMIT_BUDGET} seconds of waiting would be needed. {RUN_LATER}",
                answer.status,
            )
        self._kept.close()  # The server may not keep it for so long.
        self._sleep(pause)
        self.waited += pause

    def _clean(self, text: str) -> str:
        """Make external text safe for a message: no secrets, no control characters, and not too long."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return printable(text).rstrip(". ")
