# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants of one inventory, each in a situation of its own: simulated ones, and two hosts that lead to none."""

from __future__ import annotations

import json
import pathlib
import shutil
import typing as t

from cryptography.hazmat.primitives import serialization
from fleet import USER, Fleet
from own_tenants import Tenant
from tenant_client import PROVIDERS, Pair, certificate, provider_body

MARK = "Managed by Ansible (tenantops.qlik)"
"""The description of the identity providers that the collection creates."""

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e" + "x" * 10240
FORMULA = '=cmd|" /C calc"!A0'

ENDS, DIFFERS = 1, 300
"""Days after which certificates in tenants end."""

WORDS: dict[str, list[str]] = {
    "healthy-1": [],
    "healthy-2": [],
    "refused": ["failed"],
    "html": ["failed"],
    "limited": ["failed"],
    "truncated": ["failed"],
    "lost": ["failed"],
    "removed": ["pending"],
    "groups": ["pending"],
    "manual": ["manual", "pending", "unchecked"],
    "ends": ["expiring"],
    "differs": ["drift"],
    "stray": ["stray"],
    "rotated": ["stray"],
    "strangers": ["stray"],
    "unreachable": ["failed"],
    FORMULA: ["failed"],
}
"""What the status has to say of each host."""

SIMULATED = [name for name in WORDS if name not in ("unreachable", FORMULA)]
EXAMINED = [name for name in SIMULATED if WORDS[name] != ["failed"] and name != "manual"]
"""Those whose tenants can be looked at."""

FAULTS: dict[str, dict[str, t.Any]] = {
    "html": {"kind": "html"},
    "limited": {"kind": "status", "value": 429, "retry_after": 3600},
    "truncated": {"kind": "truncated_json", "path": PROVIDERS},
}
"""Those that last."""


class Situations:
    """The hosts and their tenants, after they were set up and before anything is found about them."""

    def __init__(self, folder: pathlib.Path, home: pathlib.Path, tenants: dict[str, Tenant]) -> None:
        """:param tenants: by the names in :data:`SIMULATED`."""
        self.tenants = tenants
        variables = {name: _variables(tenant) for name, tenant in tenants.items()}
        del variables["manual"]["tenant_jwt_client_id"], variables["manual"]["tenant_jwt_client_secret"]
        variables["manual"]["tenant_jwt_register_idp"] = False
        before = Fleet(folder, home, variables)
        # One key is as good as many, since each tenant has its own issuer.
        before.run("--limit", SIMULATED[0])
        for name in SIMULATED[1:]:
            shutil.copytree(before.keys(SIMULATED[0]), before.keys(name))
        run = before.run()
        assert run.returncode == 0, run.output
        self._keys = before.keys
        for name in ("removed", "groups", "manual", "ends", "differs", "stray", "strangers"):
            getattr(self, f"_set_up_{name}")()
        keys = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]
        run = before.run("--limit", "rotated", "-e", json.dumps({"tenant_jwt_keys": keys}))
        assert run.returncode == 0, run.output
        shutil.rmtree(before.keys("lost"))
        for name, fault in FAULTS.items():
            tenants[name].region.faults({**fault, "times": None}, url=tenants[name].url)
        variables["refused"]["tenant_jwt_client_secret"] = "wrong"
        variables["unreachable"] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        variables[FORMULA] = {}
        self.fleet = Fleet(folder, home, variables)

    def providers(self, name: str) -> list[dict[str, t.Any]]:
        """The JWT identity providers of a tenant with its issuer, as it has them."""
        found = self.tenants[name].region.jwt_providers(self.tenants[name].url)
        return [one for one in found if one["options"]["issuer"] == name]

    def states(self) -> dict[str, dict[str, t.Any]]:
        """All that the tenants know, by name."""
        return {name: tenant.state() for name, tenant in self.tenants.items()}

    def changes(self, name: str) -> list[tuple[str, str]]:
        """The requests that have changed a tenant: their methods, and the objects."""
        requests = self.tenants[name].state()["requests"]
        api = [one for one in requests if one["path"].startswith("/api/")]
        return [(one["method"], one["path"].split("/")[3]) for one in api if one["method"] != "GET"]

    def _set_up_removed(self) -> None:
        (provider,) = self.providers("removed")
        assert self.tenants["removed"].client.request("DELETE", f"{PROVIDERS}/{provider['id']}").status_code == 204

    def _set_up_groups(self) -> None:
        patch = [{"op": "replace", "path": "/autoCreateGroups", "value": False}]
        answer = self.tenants["groups"].client.request("PATCH", "/api/v1/groups/settings", json=patch)
        assert answer.status_code == 204, answer.text

    def _set_up_manual(self) -> None:
        (self._keys("manual") / "publickey.cer").unlink()

    def _set_up_ends(self) -> None:
        self._replace_certificate("ends", ENDS)

    def _set_up_differs(self) -> None:
        self._replace_certificate("differs", DIFFERS)

    def _set_up_stray(self) -> None:
        (provider,) = self.providers("stray")
        pem = provider["options"]["staticKeys"][0]["pem"]
        self._create("stray", "forgotten", pem)

    def _set_up_strangers(self) -> None:
        tenant = self.tenants["strangers"]
        for key_id, properties in (("hostile", {"description": HOSTILE}), ("broken", {"active": False})):
            static_key = {"kid": key_id, "pem": "no PEM" if key_id == "broken" else certificate(self._key(), DIFFERS)}
            options = {"jwtLoginEnabled": True, "issuer": "strangers", "staticKeys": [static_key]}
            tenant.region.add_providers(1, tenant.url, **properties, options=options)
        # Another issuer's are none of our business.
        tenant.region.add_providers(1, tenant.url, description=HOSTILE)

    def _replace_certificate(self, name: str, days: int) -> None:
        """Let the tenant have another certificate of the same key, as if the one here had been renewed."""
        (provider,) = self.providers(name)
        assert self.tenants[name].client.request("DELETE", f"{PROVIDERS}/{provider['id']}").status_code == 204
        self._create(name, provider["options"]["staticKeys"][0]["kid"], certificate(self._key(), days))

    def _create(self, name: str, key_id: str, pem: str) -> None:
        static_key = {"kid": key_id, "pem": pem}
        body = provider_body(Pair.of(self._key()), {"issuer": name}, static_key=static_key, description=MARK)
        answer = self.tenants[name].client.create(body)
        assert answer.status_code == 201, answer.text

    def _key(self) -> t.Any:
        content = (self._keys(SIMULATED[0]) / "privatekey.pem").read_bytes()
        return serialization.load_pem_private_key(content, None)


def _variables(tenant: Tenant) -> dict[str, t.Any]:
    return {
        "tenant_jwt_url": tenant.url,
        "tenant_jwt_ca_path": tenant.region.ca_path,
        "tenant_jwt_client_id": tenant.region.client_id,
        "tenant_jwt_client_secret": tenant.region.client_secret,
        "tenant_jwt_register_idp": True,
        "tenant_jwt_auto_create_groups": True,
        "tenant_jwt_users": [USER],
    }
