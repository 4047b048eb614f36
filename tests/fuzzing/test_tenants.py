# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers of a tenant, attacked: a result or the project's error, and the credentials go nowhere else."""

from __future__ import annotations

import contextlib
import gzip
import json
import socketserver
import ssl
import threading
import typing as t

import pytest
from ansible.module_utils import urls
from fuzz import DEPTHS, JSON_TEXTS, JSON_VALUES, attack, mutated, nested
from hypothesis import strategies as st

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given, public_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, groups, identity_providers
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import credentials as _credentials
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import session as _session
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

API_KEY = "the-api-key\\with'odd\"letters"
CLIENT_SECRET = "the-client-secret"
ISSUER, KEY_ID = "acme", "the-key"
PROVIDERS = identity_providers.PATH


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = []
        while (line := self.rfile.readline()).strip():
            head.append(line)
        lengths = [int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:")]
        request = b"".join(head) + b"\r\n" + self.rfile.read(sum(lengths))
        self.server.requests.append(request)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        # Who has read enough hangs up.
        with contextlib.suppress(OSError):
            self.wfile.write(answer(request) if callable(answer) else answer)


class Server(socketserver.TCPServer):
    """Answers each request with the next of ``answers``, and goes on with the last: bytes, or what makes them."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[bytes] = []
        self.answers: list[bytes | t.Callable[[bytes], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def expect(self, *answers: bytes | t.Callable[[bytes], bytes]) -> None:
        """Forget what was, and answer so from now on."""
        self.requests.clear()
        self.answers[:] = answers

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """What the other side does to a connection is not ours to report."""


def answer(body: t.Any = None, status: str = "200 OK", headers: t.Sequence[bytes] = ()) -> bytes:
    """An answer with this body: bytes, or what is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}".encode(), *headers, b"Connection: close"]
    if not any(line.lower().startswith((b"content-length", b"transfer-encoding")) for line in headers):
        lines.append(b"Content-Length: %d" % len(content))
    return b"\r\n".join([*lines, b"", content])


@pytest.fixture(scope="module", autouse=True)
def _sooner() -> t.Iterator[None]:
    """Over http no certificate matters, but loading those of the system for each request takes longer than all else.

    And an end of pages without an end can be reached sooner.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(api, "_MAXIMUM_PAGES", 20)
        monkeypatch.setattr(urls, "make_context", lambda *_arguments, **_options: context)
        yield


@pytest.fixture(scope="module")
def server() -> t.Iterator[Server]:
    with Server() as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def elsewhere() -> t.Iterator[Server]:
    """Another host, which must never be asked anything."""
    with Server() as running:
        running.expect(answer({}))
        yield running
        assert running.requests == []
        running.shutdown()


@pytest.fixture(scope="module")
def wanted(rsa_key: t.Any) -> identity_providers.Wanted:
    key = given.parse(public_keys.to_pem(rsa_key.public_key()), "PUBLIC KEY", "the key")
    return identity_providers.Wanted(ISSUER, KEY_ID, key, None, None, None, "public_key", True)


@pytest.fixture(scope="module")
def token(rsa_key: t.Any) -> str:
    return compact.sign({"sub": "anna"}, rsa_key, KEY_ID).text


def attempt(server: Server, task: t.Callable[[api.Tenant], t.Any], *secrets: str, **credentials: str) -> t.Any:
    """What a task comes to: its result, or the message of the project's error. No secret is in a message."""
    options = {**dict.fromkeys(_credentials.CREDENTIAL_VARIABLES), **(credentials or {"api_key": API_KEY})}
    options |= {"tenant_url": server.url, "validate_certs": True, "ca_path": None, "timeout": 5}
    pauses: list[float] = []
    tenant = api.Tenant(_credentials.from_options(options, {}), sleep=pauses.append)
    try:
        result = task(tenant)
    except QlikError as error:
        message = str(error)
        assert message.isprintable() and len(message) < 2500, message
        for secret in (API_KEY, CLIENT_SECRET, *secrets):
            assert secret not in message and repr(secret)[1:-1] not in message
        result = error
    assert len(server.requests) <= 500
    assert 0 <= sum(pauses) < 400
    assert all(isinstance(one, (int, float)) and one >= 0 for one in pauses)
    return result


def tasks(wanted: identity_providers.Wanted, token: str) -> dict[str, t.Callable[[api.Tenant], t.Any]]:
    """All that is done with answers. What comes out can be written as a result."""

    def writable(task: t.Callable[[api.Tenant], t.Any]) -> t.Callable[[api.Tenant], t.Any]:
        return lambda tenant: json.loads(json.dumps(task(tenant)))

    described = identity_providers.describe
    return {
        "settings": writable(lambda tenant: groups.ensure_auto_create(tenant, True, False)),
        "list": writable(lambda tenant: [described(one) for one in identity_providers.find(tenant, None, None)]),
        "present": writable(lambda tenant: identity_providers.ensure_present(tenant, wanted, False)),
        "check": writable(lambda tenant: identity_providers.ensure_present(tenant, wanted, True)),
        "absent": writable(lambda tenant: identity_providers.ensure_absent(tenant, wanted, False)),
        "log in": writable(lambda tenant: _session.log_in(tenant, token)),
    }


TASKS = st.sampled_from(["settings", "list", "present", "check", "absent", "log in"])
STATUSES = st.sampled_from(
    ["200 OK", "201 Created", "204 No Content", "302 Found", "304 Not Modified", "400 Bad Request", "401 No", "403 No"]
    + [
        "404 No",
        "409 Conflict",
        "412 No",
        "418 Teapot",
        "429 Slow",
        "500 Oops",
        "503 Later",
        "599",
        "600 What",
        "999 X",
    ]
    + [
        "101 Switching Protocols",
        "199 X",
        "000 X",
        "-1 X",
        "20 X",
        "2000 X",
        "abc",
        "",
        "200 \u00e4\u00f6",
        "200 OK\x00",
    ]
)
TENANT_VALUES = JSON_VALUES | st.just(API_KEY) | st.lists(st.just(API_KEY), max_size=2)


@attack(
    share=5,
    task=TASKS,
    status=STATUSES,
    body=st.binary(max_size=100) | JSON_TEXTS.map(lambda text: text.encode("utf-8", "replace")),
)
def test_any_body(server: Server, wanted: t.Any, token: str, task: str, status: str, body: bytes) -> None:
    server.expect(answer(body, status.encode("latin-1").decode("latin-1")))
    attempt(server, tasks(wanted, token)[task], token)


@attack(share=5, task=TASKS, status=STATUSES, body=TENANT_VALUES)
def test_any_json(server: Server, wanted: t.Any, token: str, task: str, status: str, body: t.Any) -> None:
    server.expect(answer(body, status))
    attempt(server, tasks(wanted, token)[task], token)


PARTS = st.sampled_from(["errors", "code", "title", "detail", "status", "meta", "traceId"])


@attack(share=5, task=TASKS, status=STATUSES, part=PARTS, value=TENANT_VALUES)
def test_any_error(server: Server, wanted: t.Any, token: str, task: str, status: str, part: str, value: t.Any) -> None:
    error = {"code": "X-1", "title": "No", "detail": f"said {API_KEY} and {token}", "status": "400"}
    body = {"errors": [error], "traceId": token}
    if part in body:
        body[part] = value
    else:
        error[part] = value
    server.expect(answer(body, status))
    attempt(server, tasks(wanted, token)[task], token)


def provider(wanted: t.Any, **changes: t.Any) -> dict[str, t.Any]:
    """An identity provider as a tenant describes it."""
    return {
        "id": "id-1",
        "protocol": "jwtAuth",
        "active": True,
        "description": "Managed by Ansible (tenantops.qlik)",
        "tenantIds": ["t-1"],
        "clockToleranceSec": 5,
        "options": {"issuer": ISSUER, "staticKeys": [{"kid": KEY_ID, "pem": wanted.key.line}]},
        **changes,
    }


MEMBERS = st.sampled_from(
    ["id", "protocol", "active", "description", "tenantIds", "clockToleranceSec", "options", "issuer"]
)
ODD_IDS = st.sampled_from(
    ["", ".", "..", "../users/u-1", "a/b", "a?b", "a#b", "%2e%2e", "\u00e4", "a b", "a\r\nb", API_KEY]
)


@attack(
    share=10,
    task=st.sampled_from(["list", "present", "check", "absent"]),
    member=MEMBERS | st.sampled_from(["staticKeys", "kid", "pem"]),
    value=TENANT_VALUES | ODD_IDS | ODD_IDS.map(lambda one: f"x (replaces {one})"),
    missing=st.booleans(),
    several=st.integers(1, 3),
    created=st.sampled_from([{}, {"id": "id-9"}, {"id": 9}, {"id": None}, {"description": 5}, {"options": []}]),
    different=st.booleans(),
)
def test_any_identity_provider(
    server: Server,
    wanted: t.Any,
    task: str,
    member: str,
    value: t.Any,
    missing: bool,
    several: int,
    created: t.Any,
    different: bool,
) -> None:
    one = provider(wanted, active=not different)
    entry = one["options"]["staticKeys"][0]
    owner = {"staticKeys": one["options"], "issuer": one["options"], "kid": entry, "pem": entry}.get(member, one)
    if missing:
        del owner[member]
    else:
        owner[member] = value
    everything = [one, *(provider(wanted, id=f"id-{number}") for number in range(2, several + 1))]

    def respond(request: bytes) -> bytes:
        if request.startswith(b"POST"):
            return answer(created, "201 Created")
        return answer({"data": everything} if request.startswith(b"GET") else {})

    server.expect(respond)
    attempt(server, tasks(wanted._replace(tenant_ids=["t-1"]), "")[task])
    for request in server.requests:
        method, path = request.split(b" ")[:2]
        # What changes something names one identity provider, and nothing else of the tenant.
        if method in (b"DELETE", b"PATCH"):
            name = path.removeprefix(PROVIDERS.encode() + b"/")
            assert name != path and name not in (b"", b".", b"..") and not set(b"/?#") & set(name), path


LINKS = (
    st.sampled_from(
        ["{here}{path}", "{path}", "?limit=100&next=2", "", "{there}{path}", "//{host}{path}", "\\\\{host}{path}"]
    )
    | st.sampled_from(
        ["https:{path}", "ftp://{host}/", "http:///{host}", "{here}@{host}/", "http://x@{herehost}/", "/\u00e4"]
    )
    | st.sampled_from(
        ["{here}.{host}/", "http:{host}", "/a b", "/\x00", "/\r\nX: y", "/%0d%0a", "javascript:1", "http://[::1"]
    )
    | st.sampled_from(
        ["{here}\\@{host}/", "/\ud800", "/" + "a" * 70000, "{path}/" + API_KEY, "data:,{}", "HTTP://{herehost}/"]
    )
    | JSON_TEXTS
    | mutated(st.just(b"{there}{path}")).map(lambda one: one.decode("utf-8", "replace"))
)


def filled(link: str, server: Server, elsewhere: Server, path: str) -> str:
    """A link, with the addresses of this run."""
    values = {"here": server.url, "there": elsewhere.url, "path": path}
    values |= {"host": elsewhere.url[7:], "herehost": server.url[7:]}
    for name, value in values.items():
        link = link.replace(f"{{{name}}}", value)
    return link


@attack(share=10, link=LINKS, ids=st.sampled_from(["same", "new", "none", "odd"]), value=st.none() | JSON_VALUES)
def test_pages_without_an_end(server: Server, elsewhere: Server, link: str, ids: str, value: t.Any) -> None:
    link = filled(link, server, elsewhere, PROVIDERS)
    counter = iter(range(10**9))

    def respond(_request: bytes) -> bytes:
        entry = {"same": {"id": "1"}, "new": {"id": str(next(counter))}, "none": {}, "odd": {"id": value}}[ids]
        following = {"href": link} if ids != "odd" else value
        return answer({"data": [entry], "links": {"next": following}})

    server.expect(respond)
    attempt(server, lambda tenant: list(tenant.pages(PROVIDERS)))
    assert elsewhere.requests == []


@attack(
    share=5,
    link=LINKS,
    status=st.sampled_from(["301 X", "302 X", "303 X", "307 X", "308 X", "300 X", "200 X"]),
    then=STATUSES,
    task=TASKS,
)
def test_redirects_to_anywhere(
    server: Server, elsewhere: Server, wanted: t.Any, token: str, link: str, status: str, then: str, task: str
) -> None:
    location = filled(link, server, elsewhere, PROVIDERS).encode("utf-8", "replace")
    redirect = answer({}, status, [b"Location: " + location])
    server.expect(redirect, redirect if then[0:1] == "2" else answer({}, then))
    attempt(server, tasks(wanted, token)[task], token)
    assert elsewhere.requests == []


RETRY_AFTER = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-1",
        "1.5",
        "300",
        "1e9",
        "9" * 400,
        "9" * 5000,
        "Wed, 21 Oct 2026 07:28:00 GMT",
        "\u00b2",
        "1 2",
        "0x1",
    ]
) | st.integers(0, 10**30).map(str)


@attack(share=3, pause=RETRY_AFTER, times=st.integers(1, 400))
def test_any_retry_after(server: Server, pause: str, times: int) -> None:
    limited = answer({}, "429 Too Many Requests", [b"Retry-After: " + pause.encode("latin-1")])
    server.expect(*[limited] * times, answer({"autoCreateGroups": True}))
    attempt(server, lambda tenant: groups.ensure_auto_create(tenant, True, False))


HEADERS = st.sampled_from(
    [
        b"Content-Length: 99999999999999999999",
        b"Content-Length: 1000000000000000",
        b"Content-Length: 5",
        b"Content-Length: -5",
        b"Content-Length: x",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Encoding: br",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Set-Cookie: _csrfToken=\xe4\xf6; path=/",
        b"Set-Cookie: _csrfToken=a\x00b; path=/",
        b"Set-Cookie: _csrfToken=a\r\n b; path=/",
        b"Set-Cookie: _csrfToken; path=/; expires=Fri, 99 Foo 99999 99:99:99 GMT; max-age=x; domain=evil.example.com",
        b"Set-Cookie: =; ;;=;,",
        b"X: " + b"x" * 70_000,
        b"\r\n".join(b"X%d: y" % number for number in range(200)),
        b"Date: Thu, 26 Nov 2026 08:00:00 GMT",
        b"Date: Sun, 99 Foo 99999 99:99:99 GMT",
        b"Date: 1 Jan 99999999999999999999 00:00:00 -9999",
        b"Date: \xe4 -0000",
        b"Date:",
        b"no colon",
        b": no name",
        b"\x00\xff",
    ]
)
BODIES = st.sampled_from(
    [
        b"",
        b"{}",
        b'{"autoCreateGroups": true}',
        b'{"data": []}',
        gzip.compress(b'{"data": []}'),
        gzip.compress(b'{"data": []}')[:-9],
        gzip.compress(b"x" * 1000)[:20] + b"\xff" * 30,
        b"2\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}\r\n",
        b"ffffffffffffffffffff\r\n{}",
        b"7fffffffffff\r\n{}",
        b"-1\r\n{}",
        b"x\r\n{}",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
    ]
)


@attack(
    share=8, task=TASKS, headers=st.lists(HEADERS, max_size=3), body=BODIES, status=st.sampled_from(["200 OK", "400 X"])
)
def test_any_headers(
    server: Server, wanted: t.Any, token: str, task: str, headers: list[bytes], body: bytes, status: str
) -> None:
    server.expect(answer(body, status, headers))
    attempt(server, tasks(wanted, token)[task], token)


@attack(share=5, task=TASKS, bad=mutated(st.just(answer({"data": [], "autoCreateGroups": True}))))
def test_mutated_answers(server: Server, wanted: t.Any, token: str, task: str, bad: bytes) -> None:
    server.expect(bad)
    attempt(server, tasks(wanted, token)[task], token)


@attack(
    task=TASKS,
    depth=DEPTHS,
    kind=st.sampled_from(["list", "object"]),
    where=st.sampled_from(["data", "errors", "traceId", "itself"]),
)
def test_deep_nesting(server: Server, wanted: t.Any, token: str, task: str, depth: int, kind: str, where: str) -> None:
    deep = nested(depth, kind)
    body = deep if where == "itself" else b'{"' + where.encode() + b'": ' + deep + b"}"
    server.expect(answer(body, "400 Bad" if where in ("errors", "traceId") else "200 OK"))
    attempt(server, tasks(wanted, token)[task], token)


@attack(share=0.1, task=TASKS, body=st.sampled_from(["text", "list", "bomb", "digits"]))
def test_huge_bodies(server: Server, wanted: t.Any, token: str, task: str, body: str) -> None:
    content = {
        "text": b'{"x": "' + b"x" * 2 * 10**7 + b'"}',
        "list": b'{"data": [' + b"{}," * 10**6 + b"{}]}",
        "bomb": gzip.compress(b'{"x": "' + b" " * 10**8 + b'"}'),
        "digits": b'{"x": ' + b"1" * 10**7 + b"}",
    }[body]
    server.expect(answer(content, headers=[b"Content-Encoding: gzip"] if body == "bomb" else []))
    result = attempt(server, tasks(wanted, token)[task], token)
    # A million entries are no identity providers for JWTs, but a list.
    assert body == "list" or task == "log in" or isinstance(result, QlikError)


def _is_json(value: t.Any) -> bool:
    """Whether JSON has this value. Python writes Infinity and NaN all the same, and the answer is none then."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


@attack(
    access_token=TENANT_VALUES | st.sampled_from(["\u20ac", "\u00e4", "a b", "a\r\nX: y", "", "x" * 70_000]),
    expires=JSON_VALUES,
)
def test_any_access_token(server: Server, access_token: t.Any, expires: t.Any) -> None:
    body = {"access_token": access_token, "expires_in": expires, "token_type": "bearer", "autoCreateGroups": True}
    server.expect(answer(body))
    result = attempt(
        server,
        lambda tenant: groups.ensure_auto_create(tenant, None, False),
        client_id="the-client",
        client_secret=CLIENT_SECRET,
    )
    good = (
        isinstance(access_token, str) and access_token.isascii() and access_token.isprintable() and access_token != ""
    )
    assert (result == (True, True, None)) == (good and " " not in access_token and _is_json(expires))


USER = {"id": "u", "name": "Anna", "assignedGroups": [{"name": "g"}], "tenantId": "t", "status": "active"}


@attack(share=5, member=st.sampled_from(sorted(USER)), value=TENANT_VALUES | st.lists(TENANT_VALUES, max_size=3))
def test_any_user(server: Server, token: str, member: str, value: t.Any) -> None:
    server.expect(answer({}), answer({**USER, member: value}))
    session = attempt(server, lambda tenant: _session.log_in(tenant, token), token)
    if not isinstance(session, QlikError):
        json.dumps(session)
        assert isinstance(session.user["groups"], list)


@pytest.mark.parametrize("status", ["302 Found", "400 Bad Request", "503 Later"])
def test_a_secret_in_a_link_is_not_repeated(server: Server, status: str) -> None:
    link = f"{PROVIDERS}/{API_KEY}".encode()
    server.expect(answer({}, "302 Found", [b"Location: " + link]), answer({}, status, [b"Location: " + link]))
    assert isinstance(attempt(server, lambda tenant: tenant.get(PROVIDERS)), QlikError)
    assert API_KEY.encode() in server.requests[1].splitlines()[0]


@attack(share=3, headers=st.lists(HEADERS, max_size=3), cookie=st.binary(max_size=30))
def test_any_cookies(server: Server, token: str, headers: list[bytes], cookie: bytes) -> None:
    cookie = cookie.replace(b"\n", b"").replace(b"\r", b"")
    server.expect(answer({}, headers=[b"Set-Cookie: " + cookie, *headers]), answer(USER))
    attempt(server, lambda tenant: _session.log_in(tenant, token), token)
