# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the identity providers of a simulated tenant, whatever Qlik does where it does not say so."""

from __future__ import annotations

import re

import pytest
from tenant_client import ISSUER, KEY_ID, PROVIDERS, provider_body, token

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given as _given
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, credentials, identity_providers

# What Qlik does not say, in each way.
UNKNOWN = (
    {},
    {"pem_read_back": "with_line_breaks"},
    {"pem_line_breaks": "allow"},
    {"duplicate": "allow"},
    {"shared_issuer": "refuse"},
    {"public_key": "refuse"},
    {"kid_characters": "url_safe"},
    {"expired_certificate": "refuse"},
    {"redirect_users_me": True},
    {"delete_ends_sessions": True},
    {"refusal_status": "400"},
    {"refusal_status": "403"},
    {"existing_email": "reassign"},
    {"existing_email": "refuse"},
)
either_way = pytest.mark.parametrize("switches", UNKNOWN, ids=str)


@pytest.fixture
def tenant(simulator):
    options = {
        **dict.fromkeys(credentials.CREDENTIAL_VARIABLES),
        "tenant_url": simulator.url,
        "api_key": simulator.api_key,
        "validate_certs": True,
        "ca_path": simulator.ca_path,
        "timeout": 10,
    }
    return api.Tenant(credentials.from_options(options, {}), sleep=lambda seconds: None)


def multi_line(line):
    label = line.split("-----")[1].removeprefix("BEGIN ")
    text = line.split("-----")[2]
    body = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def wanted(pem, **changes):
    label = "CERTIFICATE" if "CERTIFICATE" in pem else "PUBLIC KEY"
    values = {
        "issuer": ISSUER,
        "key_id": KEY_ID,
        "key": _given.parse(multi_line(pem).encode(), label, "test"),
        "description": None,
        "clock_tolerance": None,
        "tenant_ids": None,
        "compare": "public_key",
        "allow_gap": False,
    }
    return identity_providers.Wanted(**{**values, **changes})


def ensure(tenant, what, check_mode=False):
    return identity_providers.ensure_present(tenant, what, check_mode)


CREATE = f"would create an identity provider for key id {KEY_ID}"
"""What check mode says of one that does not exist yet."""


def texts(outcome):
    """What was done, as sentences."""
    return [step.text for step in outcome.steps]


def ids(simulator):
    return [one["id"] for one in simulator.jwt_providers()]


def changes_of(simulator):
    return [one["method"] for one in simulator.recorded() if one["method"] not in ("GET", "HEAD")]


@either_way
def test_created_once_and_used(simulator, tenant, client, pair, switches):
    simulator.switches(**switches)
    created = ensure(tenant, wanted(pair.certificate))
    assert (
        texts(created) == [f"created identity provider {created.provider['id']} for key id {KEY_ID}"]
        and created.before == {}
    )
    assert ids(simulator) == [created.provider["id"]]
    assert client.login(token(pair)).status_code == 200
    again = ensure(tenant, wanted(pair.certificate))
    assert texts(again) == [] and again.provider == created.provider
    # For diff mode, without the PEM: its thumbprint and fingerprint are there.
    shown = {name: value for name, value in again.provider.items() if name != "pem"}
    assert again.before == again.after == created.after == shown
    assert changes_of(simulator) == ["POST", "POST"]


def test_an_unchanged_provider_takes_one_call(simulator, tenant, pair):
    ensure(tenant, wanted(pair.certificate))
    simulator.forget_requests()
    ensure(tenant, wanted(pair.certificate))
    assert [(one["method"], one["path"]) for one in simulator.recorded()] == [("GET", PROVIDERS)]


def test_the_right_one_of_250(simulator, tenant, pair):
    simulator.add_providers(249)
    ensure(tenant, wanted(pair.certificate))
    simulator.forget_requests()
    assert texts(ensure(tenant, wanted(pair.certificate))) == []
    assert [one["method"] for one in simulator.recorded()] == ["GET"] * 3


@either_way
@pytest.mark.parametrize("form", ["certificate", "public_key", "with line breaks"])
def test_a_provider_made_by_hand_is_adopted(simulator, tenant, client, pair, switches, form):
    pem = pair.public_key if form == "public_key" else pair.certificate
    if form == "with line breaks":
        simulator.switches(pem_line_breaks="allow")
        pem = multi_line(pem)
    made = client.create(provider_body(pair, static_key={"pem": pem}, description="By hand")).json()
    simulator.switches(**switches)
    found = ensure(tenant, wanted(pair.certificate))
    assert texts(found) == [] and found.provider["id"] == made["id"]
    assert found.provider["description"] == "By hand"


def test_the_certificate_counts_if_asked_for(simulator, tenant, client, pair):
    simulator.switches(duplicate="allow")
    body = provider_body(pair, static_key={"pem": pair.expired_certificate})
    old = client.create(body).json()["id"]
    assert texts(ensure(tenant, wanted(pair.certificate))) == []
    renewed = ensure(tenant, wanted(pair.certificate, compare="certificate"))
    assert texts(renewed) == [f"replaced identity provider {old} for key id {KEY_ID}: it had another certificate"]
    assert ids(simulator) == [renewed.provider["id"]]


@pytest.mark.parametrize("read_back", ["as_sent", "with_line_breaks"])
@pytest.mark.parametrize(
    ("reason", "made", "asked"),
    [
        ("it was inactive", {"active": False}, {}),
        ("it did not allow logins", {"options": {"jwtLoginEnabled": False}}, {}),
        ("it had another clock tolerance", {"clockToleranceSec": 5}, {"clock_tolerance": 7}),
        ("it had another key", None, {}),
    ],
)
def test_replaced_by_creating_first(simulator, tenant, client, pair, other_pair, reason, made, asked, read_back):
    simulator.switches(duplicate="allow", pem_read_back=read_back)
    changes = {"options": None, **(made or {})}
    body = provider_body(pair if made else other_pair, changes.pop("options"), **changes)
    old = client.create(body).json()["id"]
    simulator.forget_requests()
    which, predicted = f"identity provider {old} for key id {KEY_ID}", reason
    outcome = ensure(tenant, wanted(pair.certificate, **asked), check_mode=True)
    for past, present in {"had": "has", "was": "is", "did": "does"}.items():
        predicted = re.sub(rf"\b{past}\b", present, predicted)
    assert texts(outcome) == [f"would replace {which}: {predicted}"] and outcome.replaced == [old]
    assert changes_of(simulator) == []
    outcome = ensure(tenant, wanted(pair.certificate, **asked))
    assert texts(outcome) == [f"replaced {which}: {reason}"] and outcome.replaced == [old]
    assert changes_of(simulator) == ["POST", "DELETE", "PATCH"]
    assert ids(simulator) == [outcome.provider["id"]] != [old]
    assert outcome.provider["description"] == "Tokens" == simulator.jwt_providers()[0]["description"]
    assert client.login(token(pair)).status_code == 200
    assert texts(ensure(tenant, wanted(pair.certificate, **asked))) == []


def test_a_tenant_that_takes_no_two_at_once(simulator, tenant, client, pair, other_pair):
    simulator.switches(duplicate="refuse")
    old = client.create(provider_body(other_pair)).json()["id"]
    with pytest.raises(_errors.TenantError, match=f"Therefore, {old} was not replaced. If the tenant does not"):
        ensure(tenant, wanted(pair.certificate))
    assert ids(simulator) == [old]
    assert client.login(token(other_pair)).status_code == 200
    outcome = ensure(tenant, wanted(pair.certificate, allow_gap=True))
    assert outcome.replaced == [old] and ids(simulator) == [outcome.provider["id"]]
    assert client.login(token(pair)).status_code == 200


def test_after_a_gap_that_fails_the_old_one_is_back(simulator, tenant, client, pair, other_pair):
    simulator.switches(duplicate="refuse")
    client.create(provider_body(other_pair))
    # The first refusal is the tenant's own, of two at once; the second is the fault.
    simulator.faults({"kind": "status", "value": 500, "method": "POST", "skip": 1})
    with pytest.raises(_errors.TenantError, match="HTTP 500"):
        ensure(tenant, wanted(pair.certificate, allow_gap=True))
    assert client.login(token(other_pair)).status_code == 200
    assert len(ids(simulator)) == 1


@pytest.mark.parametrize("status", [400, 403, 409])
def test_no_gap_for_a_page_of_a_proxy(simulator, tenant, client, pair, other_pair, status):
    """It is no sign that the tenant refuses two at once, and the proxy might let through only the deletion."""
    client.create(provider_body(other_pair))
    simulator.faults({"kind": "html", "value": status, "method": "POST", "times": None})
    simulator.forget_requests()
    with pytest.raises(_errors.TenantError, match="a proxy or firewall may have answered"):
        ensure(tenant, wanted(pair.certificate, allow_gap=True))
    assert changes_of(simulator) == ["POST"]
    simulator.faults()
    assert client.login(token(other_pair)).status_code == 200


@pytest.mark.parametrize("allow_gap", [False, True])
@pytest.mark.parametrize("duplicate", ["allow", "refuse"])
@pytest.mark.parametrize("skip", range(5))
@pytest.mark.parametrize("kind", ["status", "reset"])
def test_replaced_in_the_end_whatever_fails(
    simulator, tenant, client, pair, other_pair, allow_gap, duplicate, skip, kind
):
    simulator.switches(duplicate=duplicate)
    client.create(provider_body(other_pair))
    # A tenant that is gone from some request on.
    simulator.faults({"kind": kind, "value": 500 if kind == "status" else None, "skip": skip, "times": None})
    try:
        ensure(tenant, wanted(pair.certificate, allow_gap=allow_gap))
    except _errors.QlikError:
        pass
    simulator.faults()
    if duplicate == "refuse" and not allow_gap:
        assert client.login(token(other_pair)).status_code == 200
        return
    if not allow_gap:
        assert 200 in (client.login(token(one)).status_code for one in (pair, other_pair))
    ensure(tenant, wanted(pair.certificate, allow_gap=allow_gap))
    assert len(ids(simulator)) == 1
    assert client.login(token(pair)).status_code == 200
    assert texts(ensure(tenant, wanted(pair.certificate))) == []
    assert "replaces" not in simulator.jwt_providers()[0]["description"]


def test_the_description_is_patched(simulator, tenant, pair):
    created = ensure(tenant, wanted(pair.certificate))
    simulator.forget_requests()
    outcome = ensure(tenant, wanted(pair.certificate, description="Portal"))
    assert texts(outcome) == [f"changed the description of identity provider {outcome.provider['id']}"]
    assert outcome.replaced == []
    assert outcome.provider == {**created.provider, "description": "Portal"}
    assert changes_of(simulator) == ["PATCH"]
    assert simulator.jwt_providers()[0]["description"] == "Portal"
    # Not asked for, it stays.
    assert texts(ensure(tenant, wanted(pair.certificate))) == []


def test_several_matches_are_for_people(simulator, tenant, client, pair):
    simulator.switches(duplicate="allow")
    made = sorted(client.create(provider_body(pair)).json()["id"] for dummy in range(2))
    with pytest.raises(_errors.TenantError, match=f"2 identity providers .* {KEY_ID}: {', '.join(made)}. Delete"):
        ensure(tenant, wanted(pair.certificate))
    with pytest.raises(_errors.TenantError, match="2 identity providers"):
        identity_providers.ensure_absent(tenant, wanted(pair.certificate, key=None), check_mode=False)
    assert sorted(ids(simulator)) == made


def test_others_are_left_alone(simulator, tenant, client, pair):
    simulator.add_providers(3)
    client.create(provider_body(pair, static_key={"kid": "another"}))
    client.create(provider_body(pair, {"issuer": "another"}))
    others = simulator.state()["providers"]
    assert {"OIDC", "SAML"} & {one["protocol"] for one in others}
    its_id = ensure(tenant, wanted(pair.certificate)).provider["id"]
    gone = identity_providers.ensure_absent(tenant, wanted(pair.certificate, key=None), check_mode=False)
    assert texts(gone) == [f"deleted identity provider {its_id} for key id {KEY_ID}"]
    assert simulator.state()["providers"] == others
    assert texts(identity_providers.ensure_absent(tenant, wanted(pair.certificate), check_mode=False)) == []


def test_check_mode_creates_and_deletes_nothing(simulator, tenant, pair):
    outcome = ensure(tenant, wanted(pair.certificate), check_mode=True)
    assert texts(outcome) == [CREATE]
    assert outcome.provider["id"] is None
    assert ids(simulator) == []
    ensure(tenant, wanted(pair.certificate))
    outcome = identity_providers.ensure_absent(tenant, wanted(pair.certificate), check_mode=True)
    assert len(texts(outcome)) == 1 and len(ids(simulator)) == 1


def test_check_mode_foretells_what_a_key_to_come_would_get(simulator, tenant, pair):
    # Others of the issuer are none of its business.
    ensure(tenant, wanted(pair.certificate))
    before = ids(simulator)
    outcome = ensure(tenant, wanted(pair.certificate, key=None, key_id=None), check_mode=True)
    assert texts(outcome) == ["would create an identity provider for the new key"]
    assert outcome.before == {} and outcome.after["issuer"] == ISSUER and outcome.after["key_id"] is None
    outcome = ensure(tenant, wanted(pair.certificate, key=None, key_id="new"), check_mode=True)
    assert texts(outcome) == ["would create an identity provider for key id new"]
    outcome = ensure(tenant, wanted(pair.certificate, key=None), check_mode=True)
    assert texts(outcome) == [f"would replace identity provider {before[0]} for key id {KEY_ID}: it has another key"]
    assert ids(simulator) == before


def test_tenant_ids(simulator, tenant, pair):
    own = simulator.state()["tenant_id"]
    with pytest.raises(
        _errors.TenantError, match="HTTP 403.*tenant ids of an identity provider may not be those of this tenant"
    ):
        ensure(tenant, wanted(pair.certificate, tenant_ids=["another"]))
    assert ensure(tenant, wanted(pair.certificate, tenant_ids=[own])).provider["tenant_ids"] == [own]
    assert texts(ensure(tenant, wanted(pair.certificate, tenant_ids=[own]))) == []


def test_a_key_that_cannot_be_read(simulator, tenant, pair):
    listed = {
        "id": "1",
        "protocol": "jwtAuth",
        "active": True,
        "options": {"issuer": ISSUER, "staticKeys": [{"kid": KEY_ID, "pem": "garbage"}]},
    }
    simulator.faults({"kind": "status", "value": 200, "body": {"data": [listed]}, "method": "GET"})
    assert texts(ensure(tenant, wanted(pair.certificate), check_mode=True)) == [
        f"would replace identity provider 1 for key id {KEY_ID}: its key cannot be read"
    ]


@pytest.mark.parametrize(
    "listed",
    [
        {"id": "1", "protocol": "jwtAuth"},
        {"id": "1", "protocol": "jwtAuth", "options": None},
        {"id": "1", "protocol": "jwtAuth", "options": {"issuer": ISSUER, "staticKeys": None}},
        {"id": "1", "protocol": "jwtAuth", "options": {"issuer": ISSUER, "staticKeys": [None]}},
        {"id": "1", "protocol": "jwtAuth", "options": {"issuer": ISSUER, "staticKeys": [{"kid": 1}]}},
        {"id": "1"},
    ],
)
def test_providers_of_a_strange_form_are_others(simulator, tenant, pair, listed):
    simulator.faults({"kind": "status", "value": 200, "body": {"data": [listed]}, "method": "GET"})
    assert texts(ensure(tenant, wanted(pair.certificate), check_mode=True)) == [CREATE]
