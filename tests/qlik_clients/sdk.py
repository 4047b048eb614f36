# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manage a tenant with Qlik's Python SDK: an order on standard input, what was seen on standard output, both in JSON.

Run with the SDK's own environment; REQUESTS_CA_BUNDLE is the certificate of the tenant's CA.
"""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t

import requests
from qlik_sdk import Auth, AuthType, Config, Qlik, generate_signed_token


def _managed(tenant: Qlik, body: dict[str, t.Any]) -> dict[str, t.Any]:
    """Do all that there is to do with identity providers and groups."""
    providers = tenant.identity_providers
    patch = [{"op": "replace", "path": "/description", "value": "patched"}]
    created = providers.create(body)
    identifier = created["id"]
    providers.patch(identifier, patch, QLIK_IDP_POPTS_MATCH=created["QLIK-IDP-POPTS"])
    read = providers.get(identifier)
    listed = [provider.id for provider in providers.get_identity_providers(limit=2).pagination]
    active = [provider.id for provider in providers.get_identity_providers(active=True, limit=100)]
    providers.delete(identifier)
    try:
        providers.get(identifier)
        gone = None
    except requests.HTTPError as error:
        gone = error.response.status_code
    tenant.groups.patch_settings([{"op": "replace", "path": "/autoCreateGroups", "value": True}])
    return {
        "created": created,
        "read": read,
        "listed": listed,
        "active": active,
        "gone": gone,
        "autoCreateGroups": tenant.groups.get_settings().autoCreateGroups,
        "tenant": tenant.tenants.get_me().id,
        "user": tenant.users.get_me().subject,
    }


def _with_clients(tenant: Qlik, order: dict[str, t.Any]) -> dict[str, t.Any]:
    """Create, list, change and delete an OAuth client, and be it.

    The SDK has no functions for OAuth clients, so that these are its bare requests.
    """
    path = "/oauth-clients"
    created = tenant.auth.rest(path=path, method="POST", data=order["client"]).json()
    own = f"{path}/{created['clientId']}"
    keys = [{"op": "replace", "path": "/publicKeys", "value": order["public_keys"]}]
    patched = tenant.auth.rest(path=own, method="PATCH", data=keys)
    params = {"filter": f'clientName eq "{order["client"]["clientName"]}"'}
    filtered = tenant.auth.rest(path=path, params=params).json()
    credential = {"client_id": created["clientId"], "client_secret": created["clientSecret"]}
    machine = Qlik(Config(order["host"], AuthType.OAuth2, **credential))
    machine.auth.authorize()
    user = machine.users.get_me().subject
    deleted = tenant.auth.rest(path=own, method="DELETE")
    return {
        "created": created,
        "filtered": filtered,
        "user": user,
        "statuses": [patched.status_code, deleted.status_code],
    }


def _logged_in(tenant: Qlik, order: dict[str, t.Any]) -> list[str]:
    """Sign a token with the SDK, trade it for a session, and name the cookies."""
    tenant.identity_providers.create(order["body"])
    now = int(time.time())
    token = generate_signed_token(
        order["private_key"],
        sub="harry",
        sub_type="user",
        name="Harry",
        email="harry@example.com",
        expires_in=now + 1800,
        not_before=now,
        issuer=order["body"]["options"]["issuer"],
        keyid=order["body"]["options"]["staticKeys"][0]["kid"],
    )
    session = Auth(Config(order["host"], AuthType.APIKey, api_key=token))
    return sorted(cookie.name for cookie in session.rest(path="/login/jwt-session", method="POST").cookies)


def _seen(order: dict[str, t.Any]) -> dict[str, t.Any]:
    with_key = Qlik(Config(order["host"], AuthType.APIKey, api_key=order["api_key"]))
    client = {"client_id": order["client_id"], "client_secret": order["client_secret"]}
    with_client = Qlik(Config(order["host"], AuthType.OAuth2, **client))
    granted = with_client.auth.authorize()
    return {
        "key": _managed(with_key, order["body"]),
        "client": _managed(with_client, order["body"]),
        "clients": _with_clients(with_key, order),
        "token_type": granted["token_type"],
        "cookies": _logged_in(with_key, order),
    }


if __name__ == "__main__":
    # The SDK sends its requests in a way in which requests does not look at the environment.
    requests.adapters.DEFAULT_CA_BUNDLE_PATH = os.environ["REQUESTS_CA_BUNDLE"]
    json.dump(_seen(json.load(sys.stdin)), sys.stdout)
