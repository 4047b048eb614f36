# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start simulated tenants, and tell them what to do: see tests/tenant_simulator."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import sys
import typing as t

import requests

PROGRAM = pathlib.Path(__file__).parents[1] / "tenant_simulator"


@dataclasses.dataclass
class Simulator:
    """Simulated tenants. What a test tells them goes to the first one, or to the one whose URL it gives.

    Their organization has a URL, a client id and a client secret of its own.
    """

    process: subprocess.Popen[str]
    url: str
    urls: list[str]
    ca_path: str
    api_key: str
    user_api_key: str
    client_id: str
    client_secret: str
    organization: dict[str, str]

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.verify = self.ca_path
        self._http.trust_env = False

    def state(self, url: str | None = None) -> dict[str, t.Any]:
        """All that a tenant knows."""
        return self._control("GET", "", url).json()

    def secrets(self, url: str | None = None) -> list[str]:
        """All secrets that a tenant has handed out since it was new, and the client assertions that it has received."""
        return self._control("GET", "/secrets", url).json()

    def jwt_providers(self, url: str | None = None) -> list[dict[str, t.Any]]:
        """The JWT identity providers of a tenant, which has others, too."""
        return [provider for provider in self.state(url)["providers"] if provider["protocol"] == "jwtAuth"]

    def switches(self, url: str | None = None, **values: t.Any) -> None:
        """Turn switches of a tenant."""
        self._control("PATCH", "/switches", url, json=values)

    def faults(self, *faults: dict[str, t.Any], url: str | None = None) -> None:
        """Have these faults in a tenant, in place of those there were."""
        self._control("PUT", "/faults", url, json=faults)

    def add_providers(self, count: int, url: str | None = None, **properties: t.Any) -> list[str]:
        """Add JWT providers of somebody else's to a tenant, with these properties, and return their ids."""
        keywords = {"json": properties} if properties else {}
        return self._control("POST", f"/providers?count={count}", url, **keywords).json()["ids"]

    def add_clients(self, *changes: dict[str, t.Any], url: str | None = None) -> list[dict[str, t.Any]]:
        """Add OAuth clients to a tenant, by what differs from one that has a secret and may do everything.

        They are returned as when they are created, with the property ``clientSecret``.
        """
        return self._control("POST", "/clients", url, json=changes).json()

    def oauth_clients(self, url: str | None = None) -> list[dict[str, t.Any]]:
        """The OAuth clients of a tenant, without secrets."""
        return self.state(url)["clients"]

    def set_tenants(self, *changes: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        """Have these tenants in the organization, by what differs from an ordinary one, and return all about them."""
        return self._control("PUT", "/tenants", self.organization["url"], json=changes).json()

    def recorded(self, url: str | None = None) -> list[dict[str, t.Any]]:
        """The requests that a tenant has had, except for those of this class."""
        return self.state(url)["requests"]

    def forget_requests(self, url: str | None = None) -> None:
        """Let a tenant forget them."""
        self._control("DELETE", "/requests", url)

    def reset(self) -> None:
        """Make all tenants as they were at the start."""
        for url in (*self.urls, self.organization["url"]):
            self._control("POST", "/reset", url)

    def stop(self) -> None:
        """End the process, and wait for it."""
        self._http.close()
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdin.close()
        self.process.stdout.close()

    def _control(self, method: str, path: str, url: str | None, **keywords: t.Any) -> requests.Response:
        response = self._http.request(method, f"{url or self.url}/simulator{path}", timeout=10, **keywords)
        assert response.ok, response.text
        return response


def start(*options: str) -> Simulator:
    """Start the simulator, with options of its command line, and wait until it listens."""
    command = [sys.executable, str(PROGRAM), "--until-stdin-closes", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return Simulator(process, **json.loads(process.stdout.readline()))
