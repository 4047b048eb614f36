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

MODULES = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "modules").glob("*.py"))
ACTIONS_ALONE = {"qscloud_idp_instructions", "qscloud_recap", "qscloud_status"}
"""These have no module behind them."""

USER = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
KEYPAIR = {"directory": "{keys}", "size": 2048}
JWT = {"private_key_path": "{keys}/privatekey.pem", "issuer": ISSUER, **USER}
VIRTUAL_PROXY = {"private_key_path": "{keys}/privatekey.pem", "user_id": "anna", "user_directory": "GRUSGRUS"}
TENANT_JWT = {"tenant": ISSUER, "key_directory": "{keys}", "key_size": 2048, "users": [USER]}
REGISTERED_BY_IT = {**TENANT_JWT, "register_idp": True, "url": "{url}", "ca_path": "{ca_path}", "api_key": "{api_key}"}
REGISTERED = {"issuer": ISSUER, "key_id": KEY_ID}
OAUTH = {"tenant": ISSUER, "key_directory": "{keys}", "key_size": 2048, "url": "{url}", "ca_path": "{ca_path}"}

# {keys} is a folder with two key pairs, which each module has for itself; {url} and so on are those of its tenant.
CASES = {
    "qscloud_keypair": [KEYPAIR, {**KEYPAIR, "valid_days": 20}, {**KEYPAIR, "state": "absent"}, {"directory": ""}],
    "qscloud_keypair_info": [{"directory": "{keys}"}, {"directory": "missing"}, {}],
    "qscloud_jwt": [JWT, {**JWT, "expires_in": "2h"}, {**JWT, "groups": [1]}],
    "qseow_jwt": [
        VIRTUAL_PROXY,
        {**VIRTUAL_PROXY, "algorithm": "RS512", "groups": ["a"], "path": "{keys}/anna.jwt"},
        {**VIRTUAL_PROXY, "user_id": ""},
    ],
    "qscloud_jwt_info": [{"token": "a.b.c"}, {"token": "{{ token }}"}, {"token": "{{ token }}", "issuer": "another"}],
    "qscloud_tenant_jwt": [
        TENANT_JWT,
        {**TENANT_JWT, "users": [{**USER, "expires_in": "2h"}, {"id": "b", "name": "B"}]},
        {**TENANT_JWT, "tenant": "https://acme"},
        {**TENANT_JWT, "strict": True, "expires_in": "2h"},
        {**TENANT_JWT, "key_size": 1024},
        {"variables": "chain_"},
        {"variables": "chain_", "users": [{**USER, "expires_in": "soon"}]},
        {"variables": "wrong_"},
        {**REGISTERED_BY_IT, "api_key": "wrong"},
        {**REGISTERED_BY_IT, "auto_create_groups": True, "verify_login": "always"},
        # In this order, so that no key is new, and thereby another one in each way.
        {**REGISTERED_BY_IT, "keys": [{"prefix": "b_"}, {"state": "retiring"}], "verify_login": "changed"},
        {**REGISTERED_BY_IT, "keys": [{"prefix": "b_"}, {"state": "absent"}], "verify_login": "changed"},
        {**REGISTERED_BY_IT, "keys": [{"prefix": "b_"}], "state": "absent"},
    ],
    "qscloud_tenant_jwt_info": [
        TENANT_JWT,
        REGISTERED_BY_IT,
        {**REGISTERED_BY_IT, "keys": [{"prefix": "b_"}], "certificate_days": 20},
        {**REGISTERED_BY_IT, "api_key": "wrong"},
        {**TENANT_JWT, "tenant": "https://acme"},
        {"variables": "chain_"},
        {"variables": "wrong_"},
    ],
    "qscloud_tenant_oauth": [
        OAUTH,
        {**OAUTH, "api_key": "wrong"},
        {**OAUTH, "api_key": "{api_key}", "key_size": 1024},
        {**OAUTH, "api_key": "{api_key}"},
        {**OAUTH, "verify": "always"},
        {**OAUTH, "keys": [{"prefix": "b_"}, {"state": "retiring"}]},
        {**OAUTH, "keys": [{"prefix": "b_"}, {"state": "absent"}], "scopes": ["user_default", "admin_classic", "apps"]},
        {**OAUTH, "keys": [{"prefix": "b_"}], "user_subject": "nobody"},
        {**OAUTH, "keys": [{"prefix": "b_"}], "state": "absent"},
        {"variables": "chain_"},
        {"variables": "wrong_"},
    ],
    "qscloud_identity_provider": [
        {**REGISTERED, "public_key_path": "{keys}/publickey.pem"},
        {**REGISTERED, "state": "absent"},
        {**REGISTERED, "public_key_content": "garbage"},
    ],
    "qscloud_identity_provider_info": [{}, {"issuer": ISSUER}],
    "qscloud_group_settings": [{}, {"auto_create_groups": True}],
    "qscloud_oauth_client": [
        {"name": "Portal", "keys": [{"public_key_path": "{keys}/publickey.pem"}]},
        {"name": "Portal", "scopes": ["user_default"], "keys": [{"public_key_path": "{keys}/b_publickey.pem"}]},
        {"name": "Portal", "auth_methods": ["client_secret"], "return_secret": True},
        {"name": "Portal", "state": "absent"},
        {"name": "Portal", "keys": [{"public_key_content": "garbage"}]},
    ],
    "qscloud_oauth_client_info": [{}, {"id": "no-such-id"}, {"name": ""}],
    "qscloud_session": [{"token": "{{ token }}"}],
    "qscloud_access_token": [
        {"verify": True},
        {"user_id": "605a", "scope": ["a"]},
        {"scope": ["a b"]},
        {"client_id": ""},
    ],
}
TENANTS_SIDE = (
    "qscloud_identity_provider",
    "qscloud_identity_provider_info",
    "qscloud_group_settings",
    "qscloud_oauth_client",
    "qscloud_oauth_client_info",
    "qscloud_session",
    "qscloud_access_token",
)

RANDOM = {
    *("token", "tokens", "iat", "nbf", "exp", "jti", "issued_at", "not_before", "not_after", "expires_at"),
    *("serial_number", "fingerprint_sha256", "certificate", "certificate_line", "backup_files"),
    *("id", "created", "lastUpdated", "createdAt", "access_token", "client_secret"),
}


def without_random(value):
    """A result without what differs from one run to the next."""
    if isinstance(value, dict):
        return {name: without_random(inner) for name, inner in value.items() if name not in RANDOM}
    if isinstance(value, str):
        # Ids of providers and requests, and the ends of the names of backups.
        return re.sub(r"[0-9a-f]{24,32}|\b\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d\+*~", "ID", value)
    return [without_random(inner) for inner in value] if isinstance(value, list) else value


def test_every_module_is_compared():
    assert set(MODULES) == set(CASES) | ACTIONS_ALONE


def tasks_of(module, tenant):
    """A task for each case of a module, with a name that is also that of the variable with its result."""
    connection = tenant.public if module in ("qscloud_session", "qscloud_access_token") else tenant.connection
    if module == "qscloud_access_token":
        connection = {**connection, "client_id": tenant.region.client_id, "client_secret": tenant.region.client_secret}
    tasks = []
    for number, options in enumerate(CASES[module]):
        options = json.dumps(options).replace("{keys}", f"{module}/keys")
        for option in ("url", "ca_path", "api_key"):
            options = options.replace(f"{{{option}}}", tenant.connection[{"url": "tenant_url"}.get(option, option)])
        options = json.loads(options)
        if module in TENANTS_SIDE:
            options = {**connection, **options}
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
    assert forked.keypair(base / "second").result["changed"]
    pairs = forked.ready_pair() | {f"b_{name}": text for name, text in forked.contents(base / "second").items()}
    modes = {name: forked.MODES[name.removeprefix("b_")] for name in pairs}
    for mode, keywords in MODES.items():
        tenants["qscloud_session"].region.reset()
        assert tenants["qscloud_session"].client.create(provider_body(pair)).status_code == 201
        plays = []
        names = []
        for module, tenant in tenants.items():
            folder = base / "project" / module
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            forked.put(folder / "keys", pairs, modes)
            tasks = tasks_of(module, tenant)
            names += [one["name"] for one in tasks]
            chain = {f"chain_{option}": value for option, value in TENANT_JWT.items()}
            chain |= {
                "chain_key_directory": f"{module}/keys",
                "wrong_tenant": "{{ chain_tenant }}",
                "wrong_key_size": "x",
            }
            variables = {**keywords.get("vars", {}), "token": lasting_token(pair), **chain}
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
