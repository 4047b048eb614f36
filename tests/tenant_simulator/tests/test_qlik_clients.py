# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Qlik's own clients against the simulated tenant: what they can do with Qlik Cloud, they can do with it.

So can an application that signs a client assertion with the library of Qlik's tutorial.
"""

from __future__ import annotations

import json
import time
import uuid

import jwt
import node_clients
import pytest
from node_clients import CLIENTS, ROOT, finished, needs_node
from tenant_client import IMPERSONATION, KEY_ID, assertion, client_body, provider_body, public_jwk

from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import assertion as client_assertion

SDK = ROOT / ".build" / "qlik-sdk" / "bin" / "python"


@pytest.fixture(params=[False, True], ids=["direct", "redirected"])
def order(request, pair, other_pair, simulator):
    """What a client is asked to do; there are more pages than one."""
    simulator.switches(redirect_users_me=request.param)
    simulator.add_providers(3)
    simulator.add_clients(*({"clientName": name} for name in "abc"))
    return {
        "host": simulator.url,
        "api_key": simulator.api_key,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "private_key": pair.private_pem.decode(),
        "body": provider_body(pair, tenantIds=[simulator.state()["tenant_id"]]),
        "client": client_body(pair, allowedAuthMethods=["client_secret", "private_key_jwt"]),
        "public_keys": [public_jwk(pair), public_jwk(other_pair, "key-2")],
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


def check_clients(seen, order):
    """What a client of Qlik's saw of the life of an OAuth client."""
    created = seen["created"]
    assert {name: created[name] for name in order["client"]} == order["client"]
    (found,) = seen["filtered"]["data"]
    assert found["clientId"] == created["clientId"] and found["publicKeys"] == order["public_keys"]
    assert created["clientSecret"] and "clientSecret" not in found


def test_python_sdk(order, simulator):
    assert SDK.exists(), "make .build/qlik-sdk/stamp"
    environment = {"REQUESTS_CA_BUNDLE": simulator.ca_path}
    seen = finished([SDK, CLIENTS / "sdk.py"], environment, input=json.dumps(order))
    check(seen["key"], order, simulator, "auth0|administrator")
    check(seen["client"], order, simulator, "oauth-client")
    check_clients(seen["clients"], order)
    assert seen["clients"]["user"] == f"qlikbot-{seen['clients']['created']['clientId']}"
    assert seen["clients"]["statuses"] == [204, 204]
    assert seen["token_type"] == "bearer"
    assert seen["cookies"] == ["_csrfToken", "_csrfToken.sig", "eas.sid", "eas.sid.sig"]
    assert {one["user_agent"] for one in simulator.recorded()} == {"qlik-sdk-python/0.17.0 (Linux)"}


@needs_node
def test_typed_client(order, simulator):
    seen = node_clients.run("api.mjs", order, simulator.ca_path)
    for credential, user in {"key": "auth0|administrator", "client": "oauth-client"}.items():
        check(seen[credential], order, simulator, user)
        assert seen[credential]["statuses"] == [201, 204, 200, 204]
        assert seen[credential]["back"] == seen[credential]["listed"][2:4]
        assert seen[credential]["error"]["errors"][0]["status"] == "404"
    seen = seen["clients"]
    check_clients(seen, order)
    assert seen["read"] == seen["filtered"]["data"][0] and seen["read"]["description"] == "patched"
    assert seen["read"]["connectionConfig"] == {"consentMethod": "trusted"} and seen["read"]["publishedAt"]
    assert seen["filtered"]["totalResults"] == 1
    assert seen["listed"] == ["c", "b", "a", order["client"]["clientName"]]
    assert seen["subjects"] == [f"qlikbot-{seen['created']['clientId']}", "auth0|ordinary"]
    assert seen["statuses"] == [201, 204, 204, 201, 204, 404]


def by_the_collection(pair, client_id, url):
    """A client assertion of the collection's."""
    return client_assertion.sign(client_id, f"{url}/oauth/token", pair.private_key, KEY_ID, int(time.time())).text


@needs_node
@pytest.mark.parametrize("sign", [assertion, by_the_collection], ids=["joserfc", "collection"])
def test_jose(client, pair, sign):
    """An assertion of this library, and what it says of one of another's."""
    document = client.request("POST", "/api/v1/oauth-clients", json=client_body(pair)).json()
    client_id = document["clientId"]
    order = {
        "private_key": pair.private_pem.decode(),
        "public_key": public_jwk(pair),
        "client_id": client_id,
        "audience": f"{client.url}/oauth/token",
        "assertion": sign(pair, client_id, client.url),
    }
    seen = node_clients.run("assertion.mjs", order)
    assert seen["header"] == {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    assert (seen["claims"]["iss"], seen["claims"]["sub"], seen["claims"]["aud"]) == (
        client_id,
        client_id,
        order["audience"],
    )
    assert seen["claims"]["exp"] - seen["claims"]["iat"] <= 300 and uuid.UUID(seen["claims"]["jti"])
    key = pair.private_key.public_key()
    required = {"require": list(seen["claims"])}
    judged = jwt.decode(order["assertion"], key, algorithms=["RS256"], audience=order["audience"], options=required)
    assert judged == seen["claims"]
    assert client.access_token_by_key(pair, client_id, signed=order["assertion"]).status_code == 200
    lookup = json.dumps({"field": "subject", "value": "auth0|ordinary"})
    answer = client.access_token_by_key(
        pair, client_id, signed=seen["signed"], grant_type=IMPERSONATION, user_lookup=lookup
    )
    assert answer.status_code == 200, answer.text
