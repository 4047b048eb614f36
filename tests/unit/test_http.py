# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all clients of servers have alike. How they deal with faults is in _tenant/test_api.py."""

from __future__ import annotations

import socket
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

    def ask(self, path: str, **keywords: bool) -> _http.Answer:
        """Send a GET."""
        return self._exchange("GET", self.url + path, f"GET {self._clean(path)}", {}, **keywords)


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
