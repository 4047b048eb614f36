# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated tenant for each subject of a file, so that all subjects can share a run."""

from __future__ import annotations

import contextlib
import time
import typing as t

import simulator
from simulator import Simulator
from tenant_client import LOGIN, Client, Pair, token


class Tenant:
    """One of the tenants, and what tasks need to reach it."""

    def __init__(self, region: Simulator, url: str) -> None:
        self.region = region
        self.url = url
        self.public = {"tenant_url": self.url, "ca_path": region.ca_path}
        self.connection = {**self.public, "api_key": region.api_key}
        self.client = Client(self.url, region.ca_path, region.api_key)

    def state(self) -> dict[str, t.Any]:
        """All that it knows."""
        return self.region.state(self.url)

    def look(self, name: str) -> dict[str, t.Any]:
        """A task that asks the tenant, not the collection, for its state."""
        return {"name": name, "request": {"url": f"{self.url}/simulator", "ca_path": self.region.ca_path}}

    def log_in(self, name: str, signed: str) -> dict[str, t.Any]:
        """A task that logs in without the collection."""
        request = {"url": self.url + LOGIN, "method": "POST", "headers": {"Authorization": f"Bearer {signed}"}}
        return {"name": name, "request": {**request, "ca_path": self.region.ca_path}}


@contextlib.contextmanager
def running(subjects: t.Sequence[str]) -> t.Iterator[dict[str, Tenant]]:
    """One region of them, by subject, for as long as the body of the ``with`` statement runs."""
    region = simulator.start(f"--tenants={len(subjects)}")
    try:
        yield {subject: Tenant(region, url) for subject, url in zip(subjects, region.urls)}
    finally:
        region.stop()


def lasting_token(pair: Pair, **changes: t.Any) -> str:
    """A token that outlives the run, however busy the machine is."""
    # One moment for all three, so that each token is valid for equally long.
    now = int(time.time())
    return token(pair, **{"iat": now, "nbf": now, "exp": now + 3000, **changes})


def pem_of(line: str) -> str:
    """A PEM with its line breaks."""
    _before, begin, text, end, _after = line.split("-----")
    return (
        f"-----{begin}-----\n"
        + "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
        + f"\n-----{end}-----\n"
    )
