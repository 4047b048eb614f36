# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all clients of servers have alike. How they deal with faults is in _tenant/test_api.py."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import pathlib
import select
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import typing as t

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors, _http

SECRET = "a-secret-of-the-client"


class Silence(_errors.ServerError):
    """No answer."""


class Client(_http.Client):
    """A client of a server that is no tenant."""

    ERROR = _errors.ServerError
    NO_ANSWER = Silence

    def __init__(self, url: str, ca_path: str | None, timeout: int = 5) -> None:
        server = _http.Server(url, True, ca_path, timeout, "the library", "its desk", "O(desk)", "O(desk_ca)", "Wait.")
        self.pauses: list[float] = []
        super().__init__(server, [SECRET], self.pauses.append)

    def _describe(self, what: str, answer: _http.Answer) -> str:
        return f"{what}: {answer.status}."

    def _advice(self, answer: _http.Answer) -> str:
        return "Ask the desk."

    def ask(self, path: str, method: str = "GET", **keywords: bool) -> _http.Answer:
        """Send a request."""
        return self._exchange(method, self.url + path, f"{method} {self._clean(path)}", {}, **keywords)


@pytest.fixture
def client(simulator) -> Client:
    """A client of a simulated tenant, which does not know that it is one."""
    return Client(simulator.url, simulator.ca_path)


def closed_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "trusts", "said"),
    [
        ("https://127.0.0.1:{closed}", True, "refuses connections. Check O(desk), and whether a proxy is needed."),
        ("{url}", False, "If a private CA issued the certificate, set O(desk_ca) to the file of the CA certificate."),
        ("https://no-such-host.invalid", True, "cannot be resolved. Check O(desk) and the DNS."),
    ],
)
def test_an_error_names_what_the_user_of_this_server_has_set(simulator, url: str, trusts: bool, said: str) -> None:
    client = Client(url.format(url=simulator.url, closed=closed_port()), simulator.ca_path if trusts else None)
    with pytest.raises(_errors.ServerError) as caught:
        client.ask("/", repeatable=True)
    assert caught.value.message.endswith(said) and not isinstance(caught.value, Silence) and client.pauses == []


@pytest.mark.parametrize(
    "damaged", ["CERTIFICATE-----\nAAAA\n-----END CERTIFICATE", "PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY"]
)
def test_a_ca_that_is_none(simulator, tmp_path: pathlib.Path, damaged: str) -> None:
    (tmp_path / "ca.pem").write_text(f"-----BEGIN {damaged}-----\n")
    client = Client(simulator.url, str(tmp_path / "ca.pem"))
    with pytest.raises(_errors.ServerError) as caught:
        client.ask("/", repeatable=True)
    assert client.pauses == [] and str(caught.value) == (
        f"desk_ca: {tmp_path}/ca.pem contains no valid certificate in PEM format. Specify the file of the CA"
        " certificate."
    )


@pytest.mark.parametrize(
    ("keywords", "pauses"), [({}, []), ({"repeatable": True}, [(0.5, 1), (1, 2), (2, 4)])], ids=["once", "repeatable"]
)
def test_silence_is_an_error_of_its_own(
    simulator, client: Client, keywords: dict[str, t.Any], pauses: list[tuple[float, float]]
) -> None:
    simulator.faults({"kind": "reset", "times": None})
    with pytest.raises(Silence, match=r"did not answer GET /\*\*\* in full \(.*\)\. Wait\.$"):
        client.ask(f"/{SECRET}", **keywords)
    assert len(client.pauses) == len(pauses)
    assert all(least <= pause <= most for pause, (least, most) in zip(client.pauses, pauses))


def test_a_redirect_is_an_error_unless_the_caller_can_deal_with_it(simulator, client: Client) -> None:
    simulator.faults({"kind": "redirect", "value": f"{simulator.urls[1]}/x", "times": None})
    with pytest.raises(_errors.ServerError, match=r"GET /x: 30\d\. Ask the desk\."):
        client.ask("/x")
    assert client.ask("/x", may_redirect=True).status in _http.REDIRECTS
    assert simulator.recorded(simulator.urls[1]) == []


# ---- Connections


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> t.Iterator[None]:
    """Have it serve in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class Counter(http.server.BaseHTTPRequestHandler):
    """A server that keeps connections, and answers with the number of the connection, from 1 up, and with the headers.

    A path says what else it does with the connection.
    """

    protocol_version = "HTTP/1.1"
    server: t.Any

    def setup(self) -> None:
        """A new connection."""
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections

    def do_GET(self) -> None:
        """Answer."""
        found = {"connection": self.number, "headers": dict(self.headers.items())}
        body = (" " * (2**24 if self.path == "/long" else 0) + json.dumps(found)).encode()
        self.send_response(429 if self.path == "/busy" and self.number == 1 else 200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/announced":
            self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)
        self.close_connection = self.path in ("/announced", "/unannounced")
        if self.close_connection:
            # Before the next request, or else that could also be read before the end.
            self.connection.shutdown(socket.SHUT_RDWR)

    do_POST = do_GET

    def log_message(self, *_arguments: t.Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def counter() -> t.Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server, serving(server):
        yield server


@pytest.mark.parametrize(
    ("requests", "connections", "pauses"),
    [
        (["GET /", "GET /", "GET /"], [1, 1, 1], 0),
        # If the server closes the connection at this moment, nobody can tell whether it has created the object.
        (["GET /", "POST /", "GET /"], [1, 2, 2], 0),
        (["GET /announced", "GET /"], [1, 2], 0),
        (["GET /unannounced", "GET /"], [1, 2], 0),
        (["GET /unannounced", "POST /"], [1, 2], 0),
        # The rest of an answer would be the next one.
        (["GET /long", "GET /"], [None, 2], 0),
        (["GET /busy", "GET /"], [2, 2], 1),
    ],
)
def test_a_connection_is_kept(counter, requests: list[str], connections: list[int | None], pauses: int) -> None:
    counter.connections = 0
    client, found = Client(f"http://127.0.0.1:{counter.server_address[1]}", None), []
    for request in requests:
        method, path = request.split()
        try:
            answer = client.ask(path, method, repeatable=method == "GET")
            found.append(answer.body["connection"])
            if path == "/unannounced":  # the end may arrive a moment later
                assert select.select([client._kept._connection.sock], [], [], 5)[0]
        except _errors.ServerError as error:
            assert "returned more than 16 MiB for" in error.message
            found.append(None)
    assert found == connections and len(client.pauses) == pauses


class Proxy(socketserver.StreamRequestHandler):
    """A proxy that connects to whatever it is told to, and keeps what it was told."""

    server: t.Any

    def handle(self) -> None:
        """Connect once."""
        lines = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
        self.server.told.append(lines)
        host, port = lines[0].split()[1].split(":")
        with socket.create_connection((host, int(port))) as other:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self._copy, args=(other, self.connection))
            back.start()
            self._copy(self.connection, other)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError), source.makefile("rb", 0) as file, target.makefile("wb", 0) as copy:
            shutil.copyfileobj(file, copy)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[t.Any]:
    """A proxy that the environment names, with a user and a password."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server, serving(server):
        server.told, server.daemon_threads = [], True  # which do not end before the client closes its connections
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://anna:pass%2Fword@127.0.0.1:{server.server_address[1]}")
        yield server


@pytest.fixture
def tls_counter(tmp_path: pathlib.Path) -> t.Iterator[http.server.ThreadingHTTPServer]:
    """The same server over TLS. Its certificate is its own CA."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=counter"
    extensions = "-addext subjectAltName=IP:127.0.0.1 -addext keyUsage=critical,digitalSignature,keyCertSign"
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "ca.pem"]
    subprocess.run([*command.split(), *extensions.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Counter) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.connections = 0
        with serving(server):
            yield server


def test_a_connection_through_a_proxy_is_kept(tls_counter, proxy, tmp_path: pathlib.Path) -> None:
    address = f"127.0.0.1:{tls_counter.server_address[1]}"
    client = Client(f"https://{address}", str(tmp_path / "ca.pem"))
    answers = [client.ask("/one", repeatable=True).body, client.ask("/two", "POST", repeatable=True).body]
    password = base64.b64encode(b"anna:pass/word").decode()
    assert len(proxy.told) == 1 and proxy.told[0][0].startswith(f"CONNECT {address} HTTP/1.")
    assert f"Proxy-Authorization: Basic {password}" in [
        line.replace("-authorization", "-Authorization") for line in proxy.told[0]
    ]
    for answer in answers:
        # The password is none of the server's business.
        assert answer["connection"] == 1 and answer["headers"]["Host"] == address
        assert password not in str(answer) and "Proxy" not in str(answer)
    assert client.ask("/three", "POST").body["connection"] == 2 and len(proxy.told) == 2


def test_a_server_with_http_is_asked_without_a_proxy(counter, proxy) -> None:
    client = Client(f"http://127.0.0.1:{counter.server_address[1]}", None)
    assert client.ask("/").body["headers"]["Accept"] == "application/json" and proxy.told == []


def test_no_proxy(tls_counter, proxy, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    client = Client(f"https://127.0.0.1:{tls_counter.server_address[1]}", str(tmp_path / "ca.pem"))
    answers = [client.ask(path, repeatable=True).body["connection"] for path in ("/one", "/two")]
    assert answers == [1, 1] and proxy.told == []
