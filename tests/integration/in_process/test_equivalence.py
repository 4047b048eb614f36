# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module gives the same, key by key, inside Ansible's process and as an ordinary module."""

from __future__ import annotations

import re
import shutil

import pytest
from plays import HERE, MODES, play, save
from tenant_client import ISSUER, KEY_ID, provider_body, token

MODULES = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "modules").glob("qscloud_*.py"))
ACTIONS_ALONE = {"qscloud_idp_instructions", "qscloud_recap"}
"""These have no module behind them."""

USER = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
KEYPAIR = {"directory": "keys", "size": 2048}
JWT = {"private_key_path": "keys/privatekey.pem", "issuer": ISSUER, **USER}
TENANT_JWT = {"tenant": "acme.eu.qlikcloud.com", "issuer": ISSUER, **KEYPAIR, "users": [USER]}
REGISTERED = {"issuer": ISSUER, "key_id": KEY_ID}

CASES = {
    "qscloud_keypair": [KEYPAIR, {**KEYPAIR, "valid_days": 20}, {**KEYPAIR, "state": "absent"}, {"directory": ""}],
    "qscloud_keypair_info": [{"directory": "keys"}, {"directory": "missing"}, {}],
    "qscloud_jwt": [JWT, {**JWT, "expires_in": "2h"}, {**JWT, "groups": [1]}],
    "qscloud_jwt_info": [{"token": "a.b.c"}, {"token": "{{ token }}"}, {"token": "{{ token }}", "issuer": "another"}],
    "qscloud_tenant_jwt": [
        TENANT_JWT,
        {**TENANT_JWT, "users": [{**USER, "expires_in": "2h"}, {"id": "b", "name": "B"}]},
        {**TENANT_JWT, "registration": {"auto_create_groups": True, "verify_login": "always"}},
        {**TENANT_JWT, "keys": [{}, {"prefix": "b_", "state": "absent"}], "registration": {"verify_login": "changed"}},
        {**TENANT_JWT, "state": "absent"},
        {**TENANT_JWT, "tenant": "https://acme"},
    ],
    "qscloud_identity_provider": [
        {**REGISTERED, "public_key_path": "keys/publickey.pem"},
        {**REGISTERED, "state": "absent"},
        {**REGISTERED, "public_key_content": "garbage"},
    ],
    "qscloud_identity_provider_info": [{}, {"issuer": ISSUER}],
    "qscloud_group_settings": [{}, {"auto_create_groups": True}],
    "qscloud_session": [{"token": "{{ token }}"}],
}
TENANTS_SIDE = (
    "qscloud_identity_provider",
    "qscloud_identity_provider_info",
    "qscloud_group_settings",
    "qscloud_session",
)

RANDOM = {
    *("token", "tokens", "iat", "nbf", "exp", "jti", "issued_at", "not_before", "not_after", "expires_at"),
    *("serial_number", "fingerprint_sha256", "certificate", "certificate_line", "backup_files"),
    *("id", "created", "lastUpdated", "createdAt"),
}


def without_random(value):
    """A result without what differs from one run to the next."""
    if isinstance(value, dict):
        return {name: without_random(inner) for name, inner in value.items() if name not in RANDOM}
    if isinstance(value, str):
        # Ids of providers and requests.
        return re.sub("[0-9a-f]{24,32}", "ID", value)
    return [without_random(inner) for inner in value] if isinstance(value, list) else value


def test_every_module_is_compared():
    assert set(MODULES) == set(CASES) | ACTIONS_ALONE


@pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("module", CASES)
def test_both_ways_give_the_same(run_playbook, simulator, client, pair, tmp_path, module, check_mode):
    keys = tmp_path / "project" / "keys"
    make = {"tenantops.qlik.qscloud_keypair": KEYPAIR}
    run_playbook([play(make)])
    shutil.copytree(keys, tmp_path / "before")
    connection = {"tenant_url": simulator.url, "api_key": simulator.api_key, "ca_path": simulator.ca_path}
    if module == "qscloud_session":
        connection = {"tenant_url": simulator.url, "ca_path": simulator.ca_path}
    results = {}
    for mode, keywords in MODES.items():
        simulator.reset()
        if module == "qscloud_session":
            assert client.create(provider_body(pair)).status_code == 201
        shutil.rmtree(keys)
        shutil.copytree(tmp_path / "before", keys)
        tasks = []
        for number, options in enumerate(CASES[module]):
            if module in TENANTS_SIDE:
                options = {**connection, **options}
            if "registration" in options:
                options = {**options, "registration": {**connection, **options["registration"]}}
            name = f"result_{number}"
            task = {f"tenantops.qlik.{module}": options, "register": name, "ignore_errors": True, **keywords}
            tasks += [task, save(name)]
        variables = {"token": token(pair)}
        arguments = ["-v", "--diff", *(["--check"] if check_mode else [])]
        run = run_playbook([play(*tasks, vars=variables)], *arguments)
        assert ("runs as an ordinary module" in run.output) == (mode == "ordinary")
        names = [f"result_{number}" for number in range(len(CASES[module]))]
        results[mode] = [without_random(run.registered(name)) for name in names]
    assert results["in-process"] == results["ordinary"]
    # Not all of them may be the same for a wrong reason.
    assert len({bool(one.get("failed")) for one in results["ordinary"]}) == 2 or module in (
        "qscloud_identity_provider_info",
        "qscloud_group_settings",
        "qscloud_session",
        "qscloud_jwt_info",
    )
