# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a simulated tenant, run oauth.yml with one list of keys after the other, and say what the tenant has seen."""

from __future__ import annotations

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "helpers"))

import run  # noqa: E402
import simulator  # noqa: E402

FIRST = [{"prefix": "first_", "state": "current"}]
BOTH = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "retiring"}]
SECOND = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "absent"}]


def demonstrate(tenant: simulator.Simulator, folder: pathlib.Path) -> str | int:
    """Run the playbook with each list of keys, and return 0, or else what is wrong."""
    runs = (
        ("With the API key of a tenant admin, for the only time:", tenant.api_key, FIRST),
        ("Without the API key, and with a second key:", "", BOTH),
        ("With the second key only:", "", SECOND),
        ("Once more, which changes nothing:", "", SECOND),
    )
    for text, api_key, keys in runs:
        print(text, flush=True)
        failed = run.play("oauth.yml", tenant, folder, {"QSCLOUD_API_KEY": api_key}, {"tenant_oauth_keys": keys})
        if failed:
            return failed
    return conclude(tenant)


def conclude(tenant: simulator.Simulator) -> str | int:
    """Print how the client has proven itself, and return 0, or else what is wrong."""
    issued = [one for one in tenant.recorded() if one["path"] == "/oauth/token" and one["status"] == 200]
    ways = sorted({one["client_authentication"] for one in issued})
    clients = tenant.oauth_clients()
    keys = [len(one["publicKeys"]) for one in clients]
    if ways != ["client_assertion"] or keys != [1] or "clientSecrets" in clients[0]:
        return f"Access tokens were issued for {' and '.join(ways)}, and these are the clients: {clients}."
    print(f"The tenant has issued {len(issued)} access tokens, each for a signed assertion. The client has no secret.")
    return 0


def main() -> str | int:
    """Do all this, and return 0, or else what is wrong."""
    tenant = simulator.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return demonstrate(tenant, pathlib.Path(folder))
    finally:
        tenant.stop()


if __name__ == "__main__":
    sys.exit(main())
