# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that speak to a tenant, with simulated ones, in both ways to run."""

from __future__ import annotations

import own_tenants
import pytest
from own_tenants import lasting_token, pem_of
from shared_run import task
from tenant_client import ISSUER, KEY_ID, provider_body

SUBJECTS = (
    *("identity provider", "thumbprint", "info", "group settings", "session", "redirected session", "check mode"),
    *("cookies", "credentials", "rate limit"),
)
CREDENTIALS_OF = ("qscloud_identity_provider_info", "qscloud_group_settings")


@pytest.fixture(scope="module")
def running_tenants():
    with own_tenants.running(SUBJECTS) as started:
        yield started


@pytest.fixture(scope="module")
def region(running_tenants):
    """What they have in common."""
    return running_tenants["info"].region


@pytest.fixture(scope="module")
def tenants(running_tenants, region, mode):
    """The tenants by subject, as if they were new."""
    region.reset()
    return running_tenants


def jwt_providers(looked):
    """The JWT identity providers that a task has seen."""
    return [provider for provider in looked["json"]["providers"] if provider["protocol"] == "jwtAuth"]


# ---- What is run: for each subject, what its tenant has to be like, and its tasks


def identity_provider(tenant, pair):
    options = {**tenant.connection, "issuer": ISSUER, "key_id": KEY_ID, "certificate_content": pem_of(pair.certificate)}
    described = {**options, "description": "Portal"}
    absent = {**tenant.connection, "issuer": ISSUER, "key_id": KEY_ID, "state": "absent"}
    module = "qscloud_identity_provider"
    to_come = {**tenant.connection, "issuer": ISSUER, "key_id": None}
    return [
        task("provider of a missing file", module, {**to_come, "certificate_path": "keys/no.cer"}, check_mode=True),
        task("provider of a null", module, {**to_come, "certificate_content": None}, check_mode=True, diff=True),
        task("provider foreseen", module, options, check_mode=True, diff=True),
        tenant.look("providers after check mode"),
        task("provider created", module, options, diff=True),
        tenant.look("providers after creation"),
        tenant.log_in("login after creation", lasting_token(pair)),
        task("provider again", module, options),
        task("provider described", module, described, diff=True),
        task("provider gone", module, absent),
    ]


def thumbprint(tenant, pair):
    options = {**tenant.connection, "issuer": ISSUER, "public_key_content": pem_of(pair.public_key)}
    return [task("thumbprint", "qscloud_identity_provider", options)]


def info(tenant, pair):
    tenant.region.add_providers(3, tenant.url)
    tenant.client.create(provider_body(pair))
    module, one = "qscloud_identity_provider_info", {"issuer": ISSUER, "key_id": KEY_ID}
    return [
        task("info of all", module, tenant.connection),
        task("info of one", module, {**tenant.connection, **one}, check_mode=True),
        task("info of none", module, {**tenant.connection, "key_id": "x"}),
    ]


def group_settings(tenant):
    wanted = {**tenant.connection, "auto_create_groups": True}
    return [
        task("groups foreseen", "qscloud_group_settings", wanted, check_mode=True, diff=True),
        tenant.look("groups after check mode"),
        task("groups changed", "qscloud_group_settings", wanted, diff=True),
        tenant.look("groups after change"),
        task("groups again", "qscloud_group_settings", wanted),
        task("groups read", "qscloud_group_settings", tenant.connection),
    ]


def session(tenant, pair, subject, redirect):
    tenant.client.create(provider_body(pair))
    tenant.region.switches(tenant.url, auto_create_groups=True, redirect_users_me=redirect)
    change = [{"op": "replace", "path": "/autoCreateGroups", "value": True}]
    tenant.client.request("PATCH", "/api/v1/groups/settings", json=change)
    return [task(subject, "qscloud_session", {**tenant.public, "token": lasting_token(pair)})]


def cookies(tenant, pair, signed):
    tenant.client.create(provider_body(pair))
    return [task("cookies", "qscloud_session", {**tenant.public, "return_cookies": True, "token": signed})]


def credentials(tenant):
    oauth = {"client_id": tenant.region.client_id, "client_secret": tenant.region.client_secret}
    return [task(f"credentials of {module}", module, {**tenant.public, **oauth}) for module in CREDENTIALS_OF]


def rate_limit(tenant):
    tenant.region.faults({"kind": "status", "value": 429, "retry_after": 1}, url=tenant.url)
    return [task("rate limit", "qscloud_group_settings", tenant.connection)]


@pytest.fixture(scope="module")
def cookie_token(pair):
    return lasting_token(pair)


@pytest.fixture(scope="module")
def together(run_together, tenants, pair, cookie_token):
    """All of that, in one run, and with all that Ansible can print."""
    in_check_mode = {**tenants["check mode"].public, "token": lasting_token(pair)}
    tasks = [
        *identity_provider(tenants["identity provider"], pair),
        *thumbprint(tenants["thumbprint"], pair),
        *info(tenants["info"], pair),
        *group_settings(tenants["group settings"]),
        *session(tenants["session"], pair, "session", redirect=False),
        *session(tenants["redirected session"], pair, "redirected session", redirect=True),
        task("session in check mode", "qscloud_session", in_check_mode, check_mode=True),
        *cookies(tenants["cookies"], pair, cookie_token),
        *credentials(tenants["credentials"]),
        *rate_limit(tenants["rate limit"]),
    ]
    return run_together(tasks, "-vvvvv")


@pytest.fixture(scope="module")
def answers(together):
    return together.results


# ---- What came of it


def test_identity_provider(answers, tenants):
    for name in ("provider of a missing file", "provider of a null"):
        assert answers[name]["actions"] == ["would create an identity provider for the new key"]
    assert f"the issuer {ISSUER} and a new key in " in answers["provider of a null"]["_output"]
    foreseen, created = answers["provider foreseen"], answers["provider created"]
    assert foreseen["changed"] and foreseen["id"] is None
    assert jwt_providers(answers["providers after check mode"]) == []
    assert created["changed"] and created["actions"] == [f"created identity provider {created['id']} for key id {KEY_ID}"]
    assert foreseen["actions"] == [f"would create an identity provider for key id {KEY_ID}"]
    seen = jwt_providers(answers["providers after creation"])
    assert created["id"] == seen[0]["id"] == created["identity_provider"]["id"]
    assert f'+    "issuer": "{ISSUER}"' in created["_output"]
    url = tenants["identity provider"].url
    header = f"before: identity provider with the issuer {ISSUER} and the key id {KEY_ID} in {url}\n"
    assert header in foreseen["_output"] and header in created["_output"]
    assert answers["login after creation"]["status"] == 200

    again = answers["provider again"]
    assert not again["changed"] and again["identity_provider"] == created["identity_provider"]

    described = answers["provider described"]
    assert described["changed"] and '+    "description": "Portal"' in described["_output"]

    tenant = tenants["identity provider"]
    assert answers["provider gone"]["changed"] and tenant.region.jwt_providers(tenant.url) == []


def test_without_a_key_id_it_is_the_thumbprint(answers):
    created = answers["thumbprint"]["identity_provider"]
    assert created["key_id"] == created["key_thumbprint"]


def test_info(answers):
    everything = answers["info of all"]
    assert len(everything["identity_providers"]) == 4 and not everything["changed"]
    (found,) = answers["info of one"]["identity_providers"]
    assert found["issuer"] == ISSUER and found["key_id"] == KEY_ID and found["active"] is True
    assert answers["info of none"]["identity_providers"] == []


def test_group_settings(answers, tenants):
    def setting(looked):
        return looked["json"]["group_settings"]["autoCreateGroups"]

    foreseen = answers["groups foreseen"]
    assert foreseen["changed"] and foreseen["auto_create_groups"] is True
    assert setting(answers["groups after check mode"]) is False
    changed = answers["groups changed"]
    assert changed["changed"] and setting(answers["groups after change"]) is True
    assert '+    "auto_create_groups": true' in changed["_output"]
    assert f"before: group settings of {tenants['group settings'].url}\n" in changed["_output"]
    assert not answers["groups again"]["changed"]
    read = answers["groups read"]
    assert not read["changed"] and read["auto_create_groups"] is True


@pytest.mark.parametrize("subject", ["session", "redirected session"])
def test_session(answers, tenants, subject):
    result = answers[subject]
    assert not result["changed"] and "cookies" not in result and "csrf_token" not in result
    user = result["user"]
    assert user["name"] == "Anna Anderson" and user["groups"] == ["group1", "group 2"]
    assert user["tenant_id"] == tenants[subject].state()["tenant_id"]


def test_session_in_check_mode_contacts_nobody(answers, tenants):
    assert answers["session in check mode"]["skipped"]
    assert tenants["check mode"].state()["requests"] == []


def test_cookies_work_and_stay_hidden(together, tenants, cookie_token):
    result = together.results["cookies"]
    assert set(result["cookies"]) == {"eas.sid", "eas.sid.sig", "_csrfToken", "_csrfToken.sig"}
    assert result["csrf_token"] == result["cookies"]["_csrfToken"]
    for secret in (*result["cookies"].values(), cookie_token):
        assert secret not in together.run.output
    # They are a session: with them, and the token against forgery, something can be changed.
    client = tenants["cookies"].client
    browser = client.new_session()
    browser.cookies.update(result["cookies"])
    assert client.request("GET", "/api/v1/users/me", session=browser).json()["email"] == "anna@grusgrus.com"


def assert_no_credential(region, run, home):
    texts = [run.output, *(path.read_text(errors="replace") for path in home.rglob("*") if path.is_file())]
    for text in texts:
        assert region.api_key not in text and region.client_secret not in text


@pytest.mark.parametrize("module", CREDENTIALS_OF)
def test_credentials_from_options_stay_secret(together, region, module_home, module):
    result = together.results[f"credentials of {module}"]
    assert not result["failed"] and "HTTP 400, X" not in result["_output"]
    assert_no_credential(region, together.run, module_home)


@pytest.fixture(scope="module")
def from_environment(together, run_together, tenants):
    """A run of those modules with credentials from the environment, and with errors that repeat what they were sent."""
    tenant = tenants["credentials"]
    error = {"code": "X", "title": tenant.region.api_key, "detail": tenant.region.api_key, "status": "400"}
    fault = {"kind": "status", "value": 400, "body": {"errors": [error]}}
    tenant.region.faults(*[fault for _module in CREDENTIALS_OF], url=tenant.url)
    environment = {"QSCLOUD_TENANT_URL": tenant.url, "QSCLOUD_API_KEY": tenant.region.api_key}
    return run_together([task(module, module, tenant.public) for module in CREDENTIALS_OF], "-vvvvv", env=environment)


@pytest.mark.parametrize("module", CREDENTIALS_OF)
def test_credentials_from_the_environment_stay_secret(from_environment, region, module_home, module):
    assert "HTTP 400, X" in from_environment.results[module]["_output"]
    assert_no_credential(region, from_environment.run, module_home)


def test_waiting_for_the_rate_limit_is_said(answers):
    result = answers["rate limit"]
    assert result["rate_limit_wait"] == 1 and not result["failed"]
