# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Qlik's own clients against the simulated tenant: what they can do with Qlik Cloud, they can do with it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from tenant_client import provider_body

ROOT = pathlib.Path(__file__).parents[3]
CLIENTS = ROOT / "tests" / "qlik_clients"
SDK = ROOT / ".build" / "qlik-sdk" / "bin" / "python"
NODE_MODULES = ROOT / ".build" / "npm"


@pytest.fixture(params=[False, True], ids=["direct", "redirected"])
def order(request, pair, simulator):
    """What a client is asked to do; there are more pages than one."""
    simulator.switches(redirect_users_me=request.param)
    simulator.add_providers(3)
    return {
        "host": simulator.url,
        "api_key": simulator.api_key,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "private_key": pair.private_pem.decode(),
        "body": provider_body(pair, tenantIds=[simulator.state()["tenant_id"]]),
    }


def check(seen, order, simulator, user):
    """What a client saw of the life of a provider."""
    state = simulator.state()
    own = seen["created"]["id"]
    others = [provider["id"] for provider in state["providers"]][:5]
    assert {name: seen["created"][name] for name in order["body"]} == order["body"]
    assert seen["read"]["description"] == "patched" and seen["read"]["options"] == order["body"]["options"]
    assert seen["listed"] == seen["active"] == [*others, own]
    assert seen["gone"] == 404
    assert seen["autoCreateGroups"] is state["group_settings"]["autoCreateGroups"] is True
    assert (seen["tenant"], seen["user"]) == (state["tenant_id"], user)


def run(command, environment, **keywords):
    """Run a client, and return what it saw."""
    environment = {"PATH": os.environ["PATH"], **environment}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **keywords)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_python_sdk(order, simulator):
    assert SDK.exists(), "make .build/qlik-sdk/stamp"
    environment = {"REQUESTS_CA_BUNDLE": simulator.ca_path}
    seen = run([SDK, CLIENTS / "sdk.py"], environment, input=json.dumps(order))
    check(seen["key"], order, simulator, "auth0|administrator")
    check(seen["client"], order, simulator, "oauth-client")
    assert seen["token_type"] == "bearer"
    assert seen["cookies"] == ["_csrfToken", "_csrfToken.sig", "eas.sid", "eas.sid.sig"]
    assert {one["user_agent"] for one in simulator.recorded()} == {"qlik-sdk-python/0.17.0 (Linux)"}


@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node and npm are not on this machine")
def test_typed_client(order, simulator):
    assert NODE_MODULES.exists(), "make .build/npm/stamp"
    environment = {"NODE_EXTRA_CA_CERTS": simulator.ca_path, "ORDER": json.dumps(order)}
    # From standard input, so that what it imports is looked for in the working folder.
    script = (CLIENTS / "api.mjs").read_text()
    seen = run(["node", "--input-type=module", "-"], environment, input=script, cwd=NODE_MODULES)
    for credential, user in {"key": "auth0|administrator", "client": "oauth-client"}.items():
        check(seen[credential], order, simulator, user)
        assert seen[credential]["statuses"] == [201, 204, 200, 204]
        assert seen[credential]["back"] == seen[credential]["listed"][2:4]
        assert seen[credential]["error"]["errors"][0]["status"] == "404"
