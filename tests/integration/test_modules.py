# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module once: create, change, check mode, nothing to do, and one refusal."""

from __future__ import annotations

import json
import subprocess

import own_tenants
import pytest
from joserfc import jwk, jwt
from own_tenants import lasting_token, pem_of
from plays import HERE, playbook_runner
from shared_run import run_together, runner, task
from tenant_client import ISSUER, KEY_ID, provider_body

MODULES = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "modules").glob("*.py"))

ANNA = {"issuer": ISSUER, "name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
USER = {name: value for name, value in ANNA.items() if name != "issuer"}
KEYS = {"directory": "keys", "size": 2048}
VIRTUAL_PROXY = {
    "user_id": "anna",
    "user_directory": "GRUSGRUS",
    "private_key_path": "keys/privatekey.pem",
    "path": "keys/proxy.jwt",
}
JWT = {**ANNA, "private_key_path": "keys/privatekey.pem", "path": "keys/anna.jwt"}
TENANT_JWT = {"tenant": ISSUER, "key_directory": "tenant", "key_size": 2048, "users": [USER]}
OAUTH = {"tenant": ISSUER, "key_directory": "oauth", "key_size": 2048}
IDP = {"issuer": ISSUER, "key_id": KEY_ID, "public_key_content": "{{ public_key }}"}
OAUTH_CLIENT = {"name": "Portal", "keys": [{"public_key_content": "{{ public_key }}"}]}
CHECK = {"check_mode": True}

# For each module its tasks, in this order: what it does, its options, whether that changes something or what the
# refusal says, and whether it is in check mode.
STEPS = {
    "qscloud_keypair": [
        ("foresee", KEYS, True, CHECK),
        ("create", KEYS, True, {}),
        ("keep", KEYS, False, {}),
        ("foresee a change", {**KEYS, "common_name": "Portal"}, True, CHECK),
        ("change", {**KEYS, "common_name": "Portal"}, True, {}),
        ("refuse", {**KEYS, "size": 3072}, "has 2048 bits, but size is 3072", {}),
    ],
    "qscloud_keypair_info": [
        ("read", {"directory": "keys"}, False, {}),
        ("read in check mode", {"directory": "keys"}, False, CHECK),
        ("refuse", {"directory": "keys", "renew_before_days": -1}, "renew_before_days is -1", {}),
    ],
    "qscloud_jwt": [
        ("foresee", JWT, True, CHECK),
        ("create", JWT, True, {}),
        ("keep", JWT, False, {}),
        ("foresee a change", {**JWT, "groups": ["sales"]}, True, CHECK),
        ("change", {**JWT, "groups": ["sales"]}, True, {}),
        ("refuse", {**JWT, "expires_in": "soon"}, "expires_in is 'soon', which is not a duration", {}),
    ],
    "qseow_jwt": [
        ("foresee", VIRTUAL_PROXY, True, CHECK),
        ("create", VIRTUAL_PROXY, True, {}),
        ("keep", VIRTUAL_PROXY, False, {}),
        ("foresee a change", {**VIRTUAL_PROXY, "groups": ["sales"]}, True, CHECK),
        ("change", {**VIRTUAL_PROXY, "groups": ["sales"]}, True, {}),
        ("refuse", {**VIRTUAL_PROXY, "groups_claim": "aud"}, "groups_claim is 'aud', which is another claim", {}),
    ],
    "qscloud_jwt_info": [
        ("read", {"token_path": "keys/anna.jwt", "public_key_path": "keys/publickey.pem"}, False, {}),
        ("read in check mode", {"token_path": "keys/anna.jwt"}, False, CHECK),
        ("refuse", {"token": "garbage", "fail_on_invalid": True}, "token", {}),
    ],
    "qscloud_tenant_jwt": [
        ("foresee", TENANT_JWT, True, CHECK),
        ("create", TENANT_JWT, True, {"register": "created"}),
        ("keep", TENANT_JWT, False, {}),
        ("foresee a change", {**TENANT_JWT, "common_name": "Portal"}, True, CHECK),
        ("change", {**TENANT_JWT, "common_name": "Portal"}, True, {}),
        ("refuse", {**TENANT_JWT, "key_size": 3072}, "has 2048 bits, but key_size is 3072", {"register": "refused"}),
    ],
    "qscloud_tenant_jwt_info": [
        ("read", TENANT_JWT, False, {}),
        ("read in check mode", TENANT_JWT, False, CHECK),
        ("refuse", {**TENANT_JWT, "key_size": 3072}, "has 2048 bits, but key_size is 3072", {}),
    ],
    "qscloud_tenant_oauth": [
        ("foresee", OAUTH, True, CHECK),
        ("create", OAUTH, True, {}),
        ("keep", {**OAUTH, "api_key": "{{ omit }}"}, False, {}),
        ("foresee a change", {**OAUTH, "client_name": "Portal"}, True, CHECK),
        ("change", {**OAUTH, "client_name": "Portal"}, True, {}),
        ("refuse", {**OAUTH, "keys": []}, "keys must contain exactly one key with the state current", {}),
    ],
    "qscloud_identity_provider": [
        ("foresee", IDP, True, CHECK),
        ("create", IDP, True, {}),
        ("keep", IDP, False, {}),
        ("foresee a change", {**IDP, "description": "Portal"}, True, CHECK),
        ("change", {**IDP, "description": "Portal"}, True, {}),
        ("refuse", {**IDP, "public_key_content": "garbage"}, "public_key_content", {}),
    ],
    "qscloud_identity_provider_info": [
        ("read", {}, False, {}),
        ("read in check mode", {}, False, CHECK),
        ("refuse", {"api_key": "wrong"}, "HTTP 401", {}),
    ],
    "qscloud_group_settings": [
        ("read", {}, False, {}),
        ("foresee a change", {"auto_create_groups": True}, True, CHECK),
        ("change", {"auto_create_groups": True}, True, {}),
        ("keep", {"auto_create_groups": True}, False, {}),
        ("refuse", {"api_key": "wrong"}, "HTTP 401", {}),
    ],
    "qscloud_oauth_client": [
        ("foresee", OAUTH_CLIENT, True, CHECK),
        ("create", OAUTH_CLIENT, True, {}),
        ("keep", OAUTH_CLIENT, False, {}),
        ("foresee a change", {**OAUTH_CLIENT, "scopes": ["admin_classic"]}, True, CHECK),
        ("change", {**OAUTH_CLIENT, "scopes": ["admin_classic"]}, True, {}),
        ("refuse", {**OAUTH_CLIENT, "app_type": "spa"}, "app_type is spa, but OAuth client", {}),
    ],
    "qscloud_oauth_client_info": [
        ("read", {}, False, {}),
        ("read in check mode", {}, False, CHECK),
        ("refuse", {"api_key": "wrong"}, "HTTP 401", {}),
    ],
    "qscloud_session": [
        ("log in", {"token": "{{ signed }}"}, False, {}),
        ("log in in check mode", {"token": "{{ signed }}"}, False, CHECK),
        ("refuse", {"token": "{{ signed }}"}, "It may have been used before", {}),
    ],
    "qscloud_access_token": [
        ("request", {"verify": True}, False, {}),
        ("request in check mode", {}, False, CHECK),
        ("refuse", {"scope": ["a b"]}, "An item of scope is not a scope", {}),
    ],
    "qscloud_idp_instructions": [
        ("print", {"issuer": ISSUER, "key_id": KEY_ID, "certificate": "{{ certificate }}"}, False, {}),
        ("print in check mode", {"issuer": ISSUER}, False, CHECK),
        ("refuse", {"key_id": KEY_ID}, "missing required arguments: issuer", {}),
    ],
    "qscloud_recap": [
        ("print", {"result": "created"}, False, {}),
        ("print in check mode", {"result": "created"}, False, CHECK),
        ("print a failure", {"result": "refused"}, False, {}),
        ("refuse", {}, "missing required arguments: result", {}),
    ],
    "qscloud_status": [
        ("check", {"html": "status.html", "check_only": True}, False, {}),
        ("print", {"result": "refused", "fail_on": [], "html": "status.html"}, False, {}),
        ("print in check mode", {"result": "refused", "fail_on": [], "csv": "status.csv"}, False, CHECK),
        ("refuse", {"result": "refused"}, "fail_on applies to 1 of 1 tenant (1 failed): see the status above.", {}),
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
    "qscloud_tenant_oauth",
)
CASES = [(module, step) for module, steps in STEPS.items() for step, *_rest in steps]


@pytest.fixture(scope="module")
def tenants():
    """A tenant for each module that speaks to one."""
    with own_tenants.running(TENANTS_SIDE) as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return tmp_path_factory.mktemp("modules")


def connection_of(tenant, module):
    """The options with which a module reaches its tenant."""
    if module == "qscloud_session":
        return tenant.public
    if module == "qscloud_tenant_oauth":
        return {"url": tenant.url, "ca_path": tenant.region.ca_path, "api_key": tenant.region.api_key}
    if module == "qscloud_access_token":
        return {**tenant.public, "client_id": tenant.region.client_id, "client_secret": tenant.region.client_secret}
    return tenant.connection


@pytest.fixture(scope="module")
def together(project, module_home, tenants, pair):
    """All of it, in one run and in process."""
    for module in ("qscloud_session", "qscloud_identity_provider_info"):
        assert tenants[module].client.create(provider_body(pair)).status_code == 201
    variables = {
        "signed": lasting_token(pair),
        "public_key": pem_of(pair.public_key),
        "certificate": pem_of(pair.certificate),
    }
    tasks = []
    for module, steps in STEPS.items():
        connection = {}
        if module in tenants:
            connection = connection_of(tenants[module], module)
        for step, options, _expected, keywords in steps:
            tasks.append(task(f"{module}: {step}", module, {**connection, **options}, vars=variables, **keywords))
    return run_together(runner(project, module_home), "in-process", tasks)


def test_every_module_is_here():
    assert set(MODULES) == set(STEPS)


@pytest.mark.parametrize(("module", "step"), CASES)
def test_module(together, module, step):
    result = together.results[f"{module}: {step}"]
    (expected,) = [expected for name, _options, expected, _keywords in STEPS[module] if name == step]
    if step == "refuse":
        assert result["failed"] and not result["changed"] and expected in result["msg"], result["msg"]
        assert "Traceback" not in json.dumps(result)
    else:
        assert not result["failed"] and result["changed"] is expected, result


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


def check(folder, token, **expected):
    """A pair of keys that belong together, and a token signed with them, as others see them."""
    certificate = folder / "publickey.cer"
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", certificate, certificate)
    public_key = openssl("pkey", "-in", folder / "privatekey.pem", "-pubout")
    assert openssl("x509", "-in", certificate, "-noout", "-pubkey") == public_key
    assert (folder / "publickey.pem").read_text() == public_key
    claims = jwt.decode(token, jwk.RSAKey.import_key(public_key), algorithms=["RS256"]).claims
    assert expected.items() <= claims.items() and claims["exp"] - claims["nbf"] == 1800


def test_what_the_modules_have_made(together, project):
    anna = {"iss": ISSUER, "name": "Anna Anderson", "email": "anna@grusgrus.com"}
    keys, tenant = project / "project" / "keys", project / "project" / "tenant"
    token = (keys / "anna.jwt").read_text()
    assert token == together.results["qscloud_jwt: change"]["token"]
    check(keys, token, **anna, groups=["sales"])
    check(tenant, together.results["qscloud_tenant_jwt: change"]["token"], **anna)


def test_what_the_modules_have_changed_in_the_tenant(together, tenants):
    tenant = tenants["qscloud_identity_provider"]
    (provider,) = tenant.region.jwt_providers(tenant.url)
    assert provider["description"] == "Portal" and provider["options"]["issuer"] == ISSUER
    assert tenants["qscloud_group_settings"].state()["group_settings"]["autoCreateGroups"] is True


def test_what_the_modules_read(together):
    results = together.results
    assert results["qscloud_keypair_info: read"]["key_id"] == results["qscloud_keypair: create"]["key_id"]
    assert results["qscloud_jwt_info: read"]["valid"] and results["qscloud_jwt_info: read"]["signature_verified"]
    (provider,) = results["qscloud_identity_provider_info: read"]["identity_providers"]
    assert provider["key_id"] == KEY_ID
    examined = results["qscloud_tenant_jwt_info: read"]
    assert [one["kind"] for one in examined["findings"]] == ["manual", "unchecked"]
    assert [one["text"] for one in examined["pending"]] == ["would write publickey.cer: it has another common name"]
    assert results["qscloud_session: log in"]["user"]["name"] == "Anna Anderson"
    assert results["qscloud_session: log in in check mode"]["skipped"]
    assert results["qscloud_access_token: request"]["user"]["subject"] == "oauth-client"
    assert f"Key ID: {KEY_ID}" in results["qscloud_idp_instructions: print"]["_output"]
    assert "1 changed, 0 failed" in results["qscloud_recap: print"]["_output"]
    assert "1 tenant: 0 healthy, 1 failed." in results["qscloud_status: print"]["_output"]
    assert results["qscloud_status: print"]["tenants"] == {"failed": ["localhost"]}


def test_ordinary_modules(tmp_path, home):
    """A key and a token where the modules do not run in process, as on another machine."""
    anna = {**ANNA, "private_key_path": "keys/privatekey.pem"}
    tasks = [task("keys", "qscloud_keypair", KEYS), task("token", "qscloud_jwt", anna)]
    results = run_together(playbook_runner(tmp_path, home), "ordinary", tasks).results
    assert results["keys"]["changed"] and not results["token"]["changed"]
    check(tmp_path / "project" / "keys", results["token"]["token"], iss=ISSUER)
