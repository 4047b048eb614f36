# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens for a client and for users, from the module in both ways to run and from the lookup."""

from __future__ import annotations

import json
import re
import subprocess

import own_tenants
import pytest
from joserfc import jwk
from shared_run import task
from tenant_client import Client, client_body, public_jwk

pytestmark = pytest.mark.thorough

MODULE = "qscloud_access_token"
SUBJECTS = ("granted", "refused", "clock ahead", "clock behind", "lost answer", "form alone", "JSON alone")
ALL = ["admin_classic", "user_default"]
USER = {"user_subject": "auth0|ordinary", "scope": ["user_default"]}

# By name: the options that are wrong, and what the user is told; ... is text that does not matter.
WRONG = {
    "secret and key": (
        {"client_secret": "defdefdef"},
        "client_secret and client_private_key_path are set together: ...",
    ),
    "API key and client": ({"api_key": "abcabcabc"}, "api_key and an OAuth client (...) are both set: leave one out."),
    "API key": (
        {"api_key": "abcabcabc", "client_id": "{{ omit }}", "client_private_key_path": "{{ omit }}"},
        "The credentials are an API key, but access tokens are for OAuth clients: set client_id with"
        " client_private_key_path or client_secret.",
    ),
    "blank in the client id": (
        {"client_id": "0f8f ad5b"},
        "client_id contains spaces, line breaks or non-ASCII characters: copy it again.",
    ),
    "two users": ({**USER, "user_id": "605a"}, "parameters are mutually exclusive: user_subject|user_id"),
    "line break in a user": ({"user_subject": "anna\n"}, "user_subject ends with a line break: remove it, ..."),
    "scopes in one text": (
        {"scope": "user_default admin_classic"},
        "An item of scope is not a scope, ...: make each scope an item of the list.",
    ),
    "short key": ({"client_private_key_path": "<short>"}, "client_private_key_path...1024 bits..."),
    "no key": (
        {"client_private_key_path": "/nowhere/key.pem"},
        "client_private_key_path: cannot read /nowhere/key.pem: ...",
    ),
}
KEY_ID = (
    "...The OAuth client in client_id must have private_key_jwt in its allowedAuthMethods, and in its publicKeys..."
)
PATHS = ("client_private_key_path", "ca_path")
SCOPE = "Each item of scope must be in the allowedScopes of the client."
# By name: what differs in the client, the options, and what the user is told.
REFUSED = {
    "unknown scope": ({}, {"scope": ["apps"]}, "...HTTP 400, SIMULATED-SCOPE, ..." + SCOPE),
    "unknown user": ({}, {"user_subject": "nobody"}, "...HTTP 401, SIMULATED-USER, ... the user in user_subject."),
    "unknown user id": ({}, {"user_id": "605a"}, "...HTTP 401, SIMULATED-USER, ... the user in user_id."),
    "unknown key id": ({}, {"client_key_id": "another"}, "...SIMULATED-KID, " + KEY_ID + "another..."),
    "secrets alone": ({"allowedAuthMethods": ["client_secret"]}, {}, "...SIMULATED-AUTH-METHOD, " + KEY_ID),
    "no grant for machines": (
        {"allowedGrantTypes": ["urn:qlik:oauth:user-impersonation"]},
        {},
        "...SIMULATED-GRANT-TYPE, ...",
    ),
    "no grant for users": (
        {"allowedGrantTypes": ["client_credentials"]},
        USER,
        "...SIMULATED-GRANT-TYPE, ...the client must have urn:qlik:oauth:user-impersonation in its allowedGrantTypes, ..."
        + SCOPE,
    ),
}


@pytest.fixture(scope="module")
def running_tenants():
    with own_tenants.running(SUBJECTS) as started:
        yield started


@pytest.fixture(scope="module")
def key(pair, tmp_path_factory):
    """The file of the private key."""
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(pair.private_pem)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def short_key(tmp_path_factory):
    """That of a key that is too short."""
    path = tmp_path_factory.mktemp("short") / "short.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "1024"], check=True, capture_output=True)
    return path


@pytest.fixture(scope="module")
def connections(running_tenants, mode, pair, key):
    """How to reach each tenant as a client with this key, as if all were new."""
    running_tenants["granted"].region.reset()
    return {subject: connection(tenant, pair, key) for subject, tenant in running_tenants.items()}


def connection(tenant, pair, key, **changes):
    """How to reach a tenant as a new client, whose key id is the thumbprint."""
    public = public_jwk(pair, jwk.RSAKey.import_key(pair.private_pem).thumbprint())
    (added,) = tenant.region.add_clients({**client_body(pair, publicKeys=[public]), **changes}, url=tenant.url)
    return {**tenant.public, "client_id": added["clientId"], "client_private_key_path": str(key)}


def look_up(name, options):
    """A task that evaluates the lookup with these options."""
    expression = "{{ lookup('tenantops.qlik.qscloud_access_token', **options) }}"
    return {
        "name": name,
        "ansible.builtin.set_fact": {"token": expression},
        "vars": {"options": options},
        "no_log": True,
    }


def granted(tenant, options, client_id, user):
    secret = {**tenant.public, "client_id": client_id, "client_secret": "{{ the_client_secret }}"}
    without_path = {name: value for name, value in options.items() if name != "client_private_key_path"}
    content = {**without_path, "client_private_key_content": "{{ the_private_key }}"}
    missing = {**options, "client_private_key_path": "/nowhere/key.pem"}
    relative = {name: f"{{{{ '{options[name]}' | relpath(playbook_dir) }}}}" for name in PATHS}
    return [
        task("machine", MODULE, {**options, "verify": True}, diff=True),
        task("machine again", MODULE, options),
        task("secret", MODULE, {**secret, "verify": True}),
        task("content", MODULE, {**content, "verify": True}),
        task("user by subject", MODULE, {**options, **USER, "verify": True}),
        task("user by id", MODULE, {**options, "user_id": user["id"], "verify": True}),
        task("user with secret", MODULE, {**secret, **USER, "verify": True}),
        task("loop", MODULE, options, loop=[1, 2]),
        task("check mode", MODULE, options, check_mode=True),
        task("check mode without a key", MODULE, missing, check_mode=True),
        look_up("lookup", {**options, **USER}),
        look_up("lookup with a secret", secret),
        look_up("lookup with relative paths", {**options, **relative}),
    ]


def refused(tenant, options, pair, key, short_key):
    tasks = []
    for name, (wrong, _said) in WRONG.items():
        wrong = {option: str(short_key) if value == "<short>" else value for option, value in wrong.items()}
        tasks.append(task(f"wrong {name}", MODULE, {**options, **wrong}))
    for name, (changes, wrong, _said) in REFUSED.items():
        tasks.append(task(f"refused {name}", MODULE, {**connection(tenant, pair, key, **changes), **wrong}))
    tasks.append(look_up("wrong lookup", {**options, "verify": True}))
    tasks.append(look_up("wrong lookup of a user", {**options, "user_subject": "anna "}))
    tasks.append(look_up("refused lookup", {**options, "user_subject": "nobody"}))
    return tasks


@pytest.fixture(scope="module")
def together(run_together, running_tenants, connections, pair, key, short_key, tmp_path_factory):
    """All of that, in one run, and with all that Ansible can print."""
    for subject, switches in {
        "clock ahead": {"clock_offset_s": -3600},
        "clock behind": {"clock_offset_s": 3600},
        "form alone": {"token_body": "form"},
        "JSON alone": {"token_body": "json"},
    }.items():
        running_tenants[subject].region.switches(running_tenants[subject].url, **switches)
    lost = {"kind": "lost_answer", "path": "/oauth/token", "times": 2}
    running_tenants["lost answer"].region.faults(lost, url=running_tenants["lost answer"].url)
    # After the reset, which gives them new ids.
    (user,) = [one for one in running_tenants["granted"].state()["users"] if one["subject"] == USER["user_subject"]]
    (added,) = running_tenants["granted"].region.add_clients({})
    # ansible-core prints lines of a playbook beside errors and warnings, so that no secret is in it.
    variables = tmp_path_factory.mktemp("variables") / "variables.json"
    secrets = {"the_client_secret": added["clientSecret"], "the_private_key": pair.private_pem.decode()}
    variables.write_text(json.dumps(secrets))
    tasks = [
        *granted(running_tenants["granted"], connections["granted"], added["clientId"], user),
        *refused(running_tenants["refused"], connections["refused"], pair, key, short_key),
        *(task(subject, MODULE, connections[subject]) for subject in SUBJECTS[2:]),
        *(task(f"{subject}, user", MODULE, {**connections[subject], **USER}) for subject in SUBJECTS[-2:]),
    ]
    return run_together(tasks, "-vvvvv", "-e", f"@{variables}")


@pytest.fixture(scope="module")
def answers(together):
    return together.results


def who(tenant, token):
    """Whose access token this is, as the tenant says."""
    client = Client(tenant.url, tenant.region.ca_path, token)
    return client.request("GET", "/api/v1/users/me").json()


@pytest.mark.parametrize(
    ("name", "subject", "scope"),
    [
        ("machine", "qlikbot-", ALL),
        ("secret", "qlikbot-", ALL),
        ("content", "qlikbot-", ALL),
        ("user by subject", "auth0|ordinary", USER["scope"]),
        ("user by id", "auth0|ordinary", ALL),
        ("user with secret", "auth0|ordinary", USER["scope"]),
    ],
)
def test_whose_token_it_is(answers, running_tenants, name, subject, scope):
    result = answers[name]
    assert not result["failed"] and not result["changed"], result
    user = who(running_tenants["granted"], result["access_token"])
    assert user["subject"].startswith(subject)
    assert {option: result["user"][option] for option in ("id", "subject", "name", "email")} == {
        option: user[option] for option in ("id", "subject", "name", "email")
    }
    assert result["expires_in"] == 21600 and result["expires_at"].endswith("Z")
    assert result["scope"] == scope


def test_each_task_gets_its_own_token(answers):
    looped = [one["access_token"] for one in answers["loop"]["results"]]
    tokens = [answers["machine"]["access_token"], answers["machine again"]["access_token"], *looped]
    assert len(set(tokens)) == 4
    assert "user" not in answers["machine again"]


def test_check_mode(answers, running_tenants):
    assert who(running_tenants["granted"], answers["check mode"]["access_token"])["subject"].startswith("qlikbot-")
    result = answers["check mode without a key"]
    assert not result["failed"] and not result["changed"]
    assert [result[name] for name in ("access_token", "expires_in", "expires_at", "scope")] == [None] * 4
    assert "/nowhere/key.pem does not exist yet, so no access token was requested." in result["_output"]


@pytest.mark.parametrize(
    ("name", "subject"),
    [("lookup", "auth0|ordinary"), ("lookup with a secret", "qlikbot-"), ("lookup with relative paths", "qlikbot-")],
)
def test_lookup(answers, running_tenants, name, subject):
    token = answers[name]["ansible_facts"]["token"]
    assert who(running_tenants["granted"], token)["subject"].startswith(subject)


def test_all_is_hidden(together, running_tenants, pair, short_key):
    output = together.run.output
    secrets = [secret for tenant in running_tenants.values() for secret in tenant.region.secrets(tenant.url)]
    assert len([secret for secret in secrets if secret.startswith("ey")]) > 20, "the assertions"
    for text in (pair.private_pem.decode(), short_key.read_text()):
        secrets += re.findall("^.{40,64}$", text, re.M)
    assert not [secret for secret in secrets if secret in output]
    # Nor any other assertion.
    assert not re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{40}", output)
    # What hides the results does not hide failures, nor what runs.
    assert "SIMULATED-USER" in output and "censored" in output and "Traceback" not in output


def assert_refused(result, message):
    assert result["failed"] and not result["changed"], result
    pattern = re.escape(message).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, result["msg"]), f"{result['msg']}\n  instead of\n{message}"
    assert "Traceback" not in json.dumps(result)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options(answers, name):
    assert_refused(answers[f"wrong {name}"], WRONG[name][1])


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(answers, name):
    assert_refused(answers[f"refused {name}"], REFUSED[name][2])


def test_wrong_options_send_nothing(running_tenants):
    tenant = running_tenants["refused"]
    asked = [one for one in tenant.state()["requests"] if one["path"] == "/oauth/token"]
    # Each refusal of the tenant, and that of the lookup; an answer about the scope may be about the form of the request.
    assert len(asked) == len(REFUSED) + 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wrong lookup", "verify. Supported parameters include"),
        ("wrong lookup of a user", "user_subject ends with a blank: remove it"),
        ("refused lookup", "SIMULATED-USER"),
    ],
)
def test_lookup_that_fails(answers, name, said):
    assert answers[name]["failed"] and said in answers[name]["msg"]


@pytest.mark.parametrize(("name", "how"), [("clock ahead", "ahead of"), ("clock behind", "behind")])
def test_a_wrong_clock_is_named(answers, name, how):
    said = rf".* This machine's clock is 36\d\d seconds {how} the tenant's, by which the client assertion .*: set .*\."
    assert re.fullmatch(said, answers[name]["msg"])


def test_a_lost_answer_costs_no_assertion(answers, running_tenants):
    assert answers["lost answer"]["access_token"]
    tenant = running_tenants["lost answer"]
    sent = [secret for secret in tenant.region.secrets(tenant.url) if secret.startswith("ey")]
    assert len(set(sent)) == len(sent) == 3


@pytest.mark.parametrize("subject", ["form alone", "JSON alone"])
def test_both_forms(answers, running_tenants, subject):
    tenant = running_tenants[subject]
    assert who(tenant, answers[subject]["access_token"])["subject"].startswith("qlikbot-")
    assert who(tenant, answers[f"{subject}, user"]["access_token"])["subject"] == "auth0|ordinary"
