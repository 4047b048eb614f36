# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For the attacks on what a tenant answers: a server that answers with any bytes, and remembers what it was sent."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
import typing as t


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
