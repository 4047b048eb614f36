# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module gives the same, key by key, inside Ansible's process and as an ordinary module."""

from __future__ import annotations

import json
import re
import shutil

import forked
import own_tenants
import pytest
from own_tenants import lasting_token
from plays import HERE, MODES, play
from shared_run import PIPELINING, runner, sections
from tenant_client import ISSUER, KEY_ID, provider_body

pytestmark = pytest.mark.thorough

MODULES = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "modules").glob("qscloud_*.py"))
ACTIONS_ALONE = {"qscloud_idp_instructions", "qscloud_recap"}
"""These have no module behind them."""

USER = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
KEYPAIR = {"directory": "{keys}", "size": 2048}
JWT = {"private_key_path": "{keys}/privatekey.pem", "issuer": ISSUER, **USER}
TENANT_JWT = {"tenant": "acme.eu.qlikcloud.com", "issuer": ISSUER, **KEYPAIR, "users": [USER]}
REGISTERED = {"issuer": ISSUER, "key_id": KEY_ID}

# {keys} is a folder with a key pair, which each module has for itself.
CASES = {
    "qscloud_keypair": [KEYPAIR, {**KEYPAIR, "valid_days": 20}, {**KEYPAIR, "state": "absent"}, {"directory": ""}],
    "qscloud_keypair_info": [{"directory": "{keys}"}, {"directory": "missing"}, {}],
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
        {**REGISTERED, "public_key_path": "{keys}/publickey.pem"},
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


def tasks_of(module, tenant):
    """A task for each case of a module, with a name that is also that of the variable with its result."""
    connection = tenant.public if module == "qscloud_session" else tenant.connection
    tasks = []
    for number, options in enumerate(CASES[module]):
        options = json.loads(json.dumps(options).replace("{keys}", f"{module}/keys"))
        if module in TENANTS_SIDE:
            options = {**connection, **options}
        if "registration" in options:
            options = {**options, "registration": {**connection, **options["registration"]}}
        name = f"{module}_{number}"
        tasks.append({"name": name, f"tenantops.qlik.{module}": options, "register": name, "ignore_errors": True})
    return tasks


@pytest.fixture(scope="module")
def tenants():
    with own_tenants.running(list(CASES)) as started:
        yield started


@pytest.fixture(scope="module", params=[False, True], ids=["real", "check"])
def results(request, tmp_path_factory, module_home, tenants, pair):
    """What the cases gave: by mode, and then by module. There is one run for each mode."""
    base = tmp_path_factory.mktemp("equivalence")
    run = runner(base, module_home)
    found = {}
    for mode, keywords in MODES.items():
        tenants["qscloud_session"].region.reset()
        assert tenants["qscloud_session"].client.create(provider_body(pair)).status_code == 201
        plays = []
        names = []
        for module, tenant in tenants.items():
            folder = base / "project" / module
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            forked.put(folder / "keys", forked.ready_pair())
            tasks = tasks_of(module, tenant)
            names += [one["name"] for one in tasks]
            variables = {**keywords.get("vars", {}), "token": lasting_token(pair)}
            plays.append(play(*tasks, name=module, **{**keywords, "vars": variables}))
        everything = {name: f"{{{{ {name} }}}}" for name in names}
        plays.append(play({"name": "Save", "save": {"path": "{{ saved }}/results", "value": everything}}, name="save"))
        arguments = ["-v", "--diff", *(["--check"] if request.param else [])]
        finished = run(plays, *arguments, env=PIPELINING)
        outputs = sections(finished.output, "PLAY")
        for module in CASES:
            assert ("runs as an ordinary module" in outputs[module]) == (mode == "ordinary"), outputs[module]
        saved = finished.registered("results")
        found[mode] = {
            module: [without_random(saved[f"{module}_{number}"]) for number in range(len(cases))]
            for module, cases in CASES.items()
        }
    return found


@pytest.mark.parametrize("module", CASES)
def test_both_ways_give_the_same(results, module):
    in_process, ordinary = (results[mode][module] for mode in ("in-process", "ordinary"))
    assert in_process == ordinary
    # Not all of them may be the same for a wrong reason.
    assert len({bool(one.get("failed")) for one in ordinary}) == 2 or module in (
        "qscloud_identity_provider_info",
        "qscloud_group_settings",
        "qscloud_session",
        "qscloud_jwt_info",
    )
