# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand between the collection and a real OpenBao: see each request, and have the server fail from one of them on."""

from __future__ import annotations

import http.server
import pathlib
import ssl
import threading
import typing as t

import requests

if t.TYPE_CHECKING:
    from openbao import OpenBao

FAULTS = ("away", "sealed", "refused")
"""It does not answer, it is sealed, or it does not know the token."""


class Proxy:
    """A server with the certificate of the real one, which it passes requests on to."""

    def __init__(self, server: OpenBao) -> None:
        self.requests: list[str] = []
        self._server = server
        self._fault: tuple[str, int] | None = None
        self._lock = threading.Lock()

        class Handler(_Handler):
            proxy = self

        self._listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.ca_path, pathlib.Path(server.ca_path).with_name("key.pem"))
        self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    @property
    def options(self) -> dict[str, str]:
        """The options of a task that uses it."""
        return {**self._server.options, "vault_address": self.url}

    def fail(self, fault: str, number: int) -> None:
        """Forget all requests, and fail from the next one with this number on. The first one is 1."""
        self.requests.clear()
        self._fault = fault, number

    def recover(self) -> None:
        """Work again, and forget all requests."""
        self.requests.clear()
        self._fault = None

    def stop(self) -> None:
        """Answer no more requests."""
        self._listener.shutdown()
        self._listener.server_close()

    def pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response | None:
        """The answer to a request; None if there is none."""
        with self._lock:
            self.requests.append(f"{method} {path.removeprefix('/v1/')}")
            fault, number = self._fault or ("", 0)
            if not fault or len(self.requests) < number:
                return self._send(method, path, headers, body)
            if fault == "away":
                return None
            if fault == "refused":
                return self._send(method, path, {**headers, "X-Vault-Token": "s.expired"}, body)
            with self._server.sealed():
                return self._send(method, path, headers, body)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            url = self._server.url + path
            return session.request(method, url, headers=headers, data=body, verify=self._server.ca_path, timeout=30)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = self.proxy.pass_on(self.command, self.path, headers, body)
        if answer is None:
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = _pass_on

    def log_message(self, *arguments: t.Any) -> None:
        """Print nothing."""
