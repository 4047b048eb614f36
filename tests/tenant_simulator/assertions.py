# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client assertions (RFC 7523): https://qlik.dev/authenticate/oauth/oauth-private-key-jwt-reference/."""

from __future__ import annotations

import json
import time
import typing as t
import uuid

import errors
import jwks
from aiohttp import web
from joserfc import jws
from joserfc.errors import JoseError
from tenant import OAuthClient, Tenant

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAXIMUM_LIFETIME = 300
"""Seconds between iat and exp."""

_REQUIRED = ("iss", "sub", "aud", "jti", "iat", "exp")


def client(request: web.Request, body: dict[str, t.Any]) -> OAuthClient:
    """The client that an assertion proves, which is then used.

    :raises errors.Refusal: if it proves none.
    """
    tenant: Tenant = request["tenant"]
    if body.get("client_assertion_type") != TYPE:
        raise errors.simulated(400, "ASSERTION-TYPE", f"The client_assertion_type must be {TYPE}.")
    if "client_id" not in body and tenant.switches.assertion_client_id == "required":
        raise errors.simulated(400, "CLIENT-ID", "The client_id is missing.")
    tenant.assertions.append(str(body["client_assertion"]))
    found, claims = _verified(request, body["client_assertion"])
    if body.get("client_id", found.id) != found.id:
        raise refusal(tenant, "CLIENT-ID", "The client_id is not that of the assertion.")
    _check_claims(tenant, claims, found, f"https://{request.host}/oauth/token")
    tenant.spent_assertion_ids.add(claims["jti"])
    return found


def refusal(tenant: Tenant, rule: str, detail: str) -> errors.Refusal:
    """A refusal of an access token whose status no source tells."""
    return errors.simulated(int(tenant.switches.token_refusal_status), rule, detail)


def _verified(request: web.Request, assertion: t.Any) -> tuple[OAuthClient, dict[str, t.Any]]:
    tenant: Tenant = request["tenant"]
    try:
        parts = jws.extract_compact(assertion.encode())
        claims = json.loads(parts.payload)
    except (AttributeError, JoseError, ValueError) as error:
        raise refusal(tenant, "ASSERTION", "The client_assertion is no JWT.") from error
    header = parts.headers()
    if not isinstance(claims, dict):
        raise refusal(tenant, "ASSERTION", "The client_assertion is no JWT.")
    request["record"]["key_id"] = header.get("kid")
    found = tenant.client_by_id(claims.get("iss"))
    if found is None:
        raise refusal(tenant, "CLIENT", "There is no client whose id is the iss of the assertion.")
    if "private_key_jwt" not in found.document.get("allowedAuthMethods", []):
        raise refusal(tenant, "AUTH-METHOD", "The allowedAuthMethods of the client are without private_key_jwt.")
    key = found.public_key(header.get("kid"))
    if key is None:
        raise refusal(tenant, "KID", "The client has no public key of the kid of the assertion.")
    document, born = key
    if time.monotonic() < born + tenant.switches.client_key_delay_s:
        raise refusal(tenant, "NOT-READY", "The public key is not ready yet.")
    if header.get("alg") != document["alg"]:
        raise refusal(tenant, "ALG", "The alg of the assertion is not that of the public key.")
    try:
        jws.deserialize_compact(assertion, jwks.read(document), algorithms=[document["alg"]])
    except JoseError as error:
        raise refusal(tenant, "SIGNATURE", "The assertion is not signed by the key of its kid.") from error
    return found, claims


def _check_claims(tenant: Tenant, claims: dict[str, t.Any], found: OAuthClient, audience: str) -> None:
    for name in _REQUIRED:
        if name not in claims:
            raise refusal(tenant, "CLAIM", f"The assertion has no claim {name}.")
    for name, value in {"sub": found.id, "aud": audience}.items():
        if claims[name] != value:
            raise refusal(tenant, name.upper(), f"The claim {name} must be {value}.")
    if not _is_uuid(claims["jti"]):
        raise refusal(tenant, "JTI", "The claim jti must be a UUID.")
    for name in ("iat", "exp"):
        if not isinstance(claims[name], (int, float)) or isinstance(claims[name], bool):
            raise refusal(tenant, "TIME", f"The claim {name} must be a number.")
    if not 0 < claims["exp"] - claims["iat"] <= MAXIMUM_LIFETIME:
        raise refusal(tenant, "LIFETIME", f"There must be at most {MAXIMUM_LIFETIME} seconds from iat to exp.")
    if tenant.now() < claims["iat"]:
        raise refusal(tenant, "IAT", "The assertion was issued in the future.")
    if tenant.now() >= claims["exp"]:
        raise refusal(tenant, "EXP", "The assertion has expired.")
    if claims["jti"] in tenant.spent_assertion_ids:
        raise refusal(tenant, "REUSED", "The assertion has been used: its jti is known.")


def _is_uuid(value: t.Any) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except (AttributeError, TypeError, ValueError):
        return False
