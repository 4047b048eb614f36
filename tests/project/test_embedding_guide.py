# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for web applications: its code for Node gets an access token for a user."""

from __future__ import annotations

import pathlib

import documented
import node_clients
import simulator as tenants
from tenant_client import IMPERSONATION, KEY_ID, Client, Pair, client_body

PAGE = "docs/docsite/rst/guide_embedding.rst"
(CODE,) = [block.text for block in documented.blocks(PAGE) if block.language == "javascript"]


@node_clients.needs_node
def test_an_application_impersonates_a_user(
    tmp_path: pathlib.Path, simulator: tenants.Simulator, client: Client, pair: Pair
) -> None:
    """The client is that of the guide: it can do nothing else."""
    body = client_body(pair, allowedGrantTypes=[IMPERSONATION], allowedScopes=["user_default"])
    (portal,) = simulator.add_clients(body)
    key = tmp_path / "privatekey.pem"
    key.write_bytes(pair.private_pem)
    environment = {
        "CLIENT_ID": portal["clientId"],
        "KEY_ID": KEY_ID,
        "PRIVATE_KEY_PATH": str(key),
        "NODE_EXTRA_CA_CERTS": simulator.ca_path,
    }
    script = CODE.replace("https://acme.eu.qlikcloud.com", simulator.url)
    script += """
    const tokens = [await accessToken("auth0|ordinary"), await accessToken("nobody").catch(String)];
    console.log(JSON.stringify(tokens));
    """
    token, refused = node_clients.run_script(script, environment)
    assert client.request("GET", "/api/v1/users/me", bearer=token).json()["subject"] == "auth0|ordinary"
    assert refused.startswith("Error: The tenant refused an access token: 401 ")
