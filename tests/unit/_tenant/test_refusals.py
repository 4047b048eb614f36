# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about an answer that refuses a request, by its status, code and form, and by the clocks."""

from __future__ import annotations

import pytest
from tenant_client import claims

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import TenantError
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import refusals
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

NOW = 1_800_000_000
MEMBER = "The user is not a member of this tenant: O(tenant_url), or the issuer or subject"
SEVERAL = "Several active users of the tenant have this e-mail address: a tenant admin has to"
INVITED = "The user's invitation has expired: a tenant admin has to invite the user again."
NO_TENANT = "There is no tenant with this name: check O(tenant_url)."
ROLE = "The credentials may lack the tenant admin role, or the tenant ids"
IP_POLICY = " An IP policy of the tenant may also refuse the address of this machine."
API_KEY = "The API key must belong to this tenant and still be valid, and its user needs a role with the permission"
CLIENT = "O(client_id) and O(client_secret) must be the id and secret of an OAuth client"
FOREIGN = "The answer is not a JSON object, as the errors of Qlik Cloud are: a proxy or firewall may have answered"
REDIRECTED = "Check O(tenant_url): it must be the tenant's own address, not an alias. A proxy may also"
LATER = "Try again later; Qlik's support asks for the traceId."
VALID = "The claims of the token are valid. It may have been used before"


@pytest.mark.parametrize(
    ("status", "code", "is_json", "is_client", "begin", "end"),
    [
        (403, "AUTH-5", True, False, MEMBER, "a tenant admin may have to add the user."),
        (400, "LOGIN-12", True, False, SEVERAL, "change the addresses of the others."),
        (403, "USER_INVITE_EXPIRED", True, False, INVITED, ""),
        (401, "LOGIN-2", True, True, NO_TENANT, ""),
        (401, None, True, False, API_KEY, "since February 2026."),
        (401, "X-1", True, True, CLIENT, "set O(client_private_key_path) instead of the secret."),
        (403, None, True, False, ROLE, IP_POLICY),
        (403, "X-1", True, True, ROLE, IP_POLICY),
        (400, "X-1", True, False, "Check the options that this task sends.", ""),
        (412, None, True, False, "The object was changed by someone else", "run again."),
        (418, None, True, False, LATER, ""),
        (500, None, True, False, LATER, ""),
        *[(status, None, False, False, FOREIGN, "network.") for status in (400, 401, 404, 407, 429, 500, 502, 503)],
        (401, None, False, True, FOREIGN, "administrators of the network."),
        (403, None, False, False, FOREIGN, IP_POLICY),
        (302, None, True, False, REDIRECTED, "a page of its own."),
        (308, None, False, False, REDIRECTED, "a page of its own."),
    ],
)
def test_advice(status, code, is_json, is_client, begin, end):
    said = refusals.advice(status, code, is_json, refusals.OAUTH_CLIENT if is_client else None)
    assert said.startswith(begin) and said.endswith(end)
    # A 403 has one cause only if its code says so; nothing else is put down to an IP policy.
    assert (IP_POLICY in said) == (status == 403 and code not in refusals.BY_CODE)


def token(**changes):
    """A token without a signature, which is not looked at; ``alg`` changes its header."""
    header = {"alg": changes.pop("alg", "RS256"), "typ": "JWT", "kid": "key-1"}
    return compact.Token("", header, claims(**{"iat": NOW, "nbf": NOW - 10, "exp": NOW + 50, **changes}))


def clocks(seconds, relation, state):
    return (
        f"This machine's clock is {seconds} seconds {relation} the tenant's, by which the token {state}: set this"
        " machine's clock (for example with chrony; for WSL, run 'wsl --shutdown' in Windows), and sign a new token."
    )


AHEAD, BEHIND = ("ahead of", "is not valid yet"), ("behind", "has already expired")
EXPIRED = "The token expired {} seconds ago: sign a new one."
EARLY = "The token becomes valid only in {} seconds: wait, or sign one with an earlier not_before."


# The tenant's clock, less this machine's; the claims that differ; and what is said.
@pytest.mark.parametrize(
    ("offset", "changes", "said"),
    [
        # A difference that explains the refusal.
        (-16, {}, clocks(16, *AHEAD)),
        (-90, {}, clocks(90, *AHEAD)),
        (-28800, {}, clocks(28800, *AHEAD)),
        (55, {}, clocks(55, *BEHIND)),
        (28800, {}, clocks(28800, *BEHIND)),
        # One that does not: the token is valid by both clocks, or would be within the tolerance.
        (-15, {}, VALID),
        (54, {}, VALID),
        (-600, {"nbf": NOW - 3000}, VALID),
        (600, {"exp": NOW + 3000}, VALID),
        # No difference, or none that is known.
        *[(offset, {}, VALID) for offset in (-5, -1, 0, 1, 5, None)],
        *[(offset, {"exp": NOW - 3}, EXPIRED.format(3)) for offset in (-5, 0, 5, None)],
        *[(offset, {"nbf": NOW + 3}, EARLY.format(3)) for offset in (-5, 0, 5, None)],
        # Wrong by both clocks, even if in different ways: the tenant's counts.
        (100, {"exp": NOW - 3}, EXPIRED.format(103)),
        (-100, {"nbf": NOW + 3}, EARLY.format(103)),
        (100, {"nbf": NOW + 3}, EXPIRED.format(50)),
        # Wrong by this machine's clock only, which is not why the tenant refuses it.
        (-100, {"nbf": NOW - 3000, "exp": NOW - 3}, VALID),
    ],
)
def test_clocks(offset, changes, said):
    error = TenantError("", "", 401, "X-1", None if offset is None else NOW + offset)
    advice = refusals.login_advice(error, token(**changes), NOW)
    assert advice.startswith(said) if said == VALID else advice == said


@pytest.mark.parametrize(
    ("status", "code", "changes", "begin"),
    [
        # What the answer says counts, whatever is in the token.
        *[(403, "AUTH-5", changes, "THE ADVICE") for changes in ({}, {"exp": NOW - 9}, {"nbf": ...})],
        *[(status, None, {}, "THE ADVICE") for status in (None, 404, 407, 500)],
        (400, "INTERNAL-TOKEN-1", {}, "The answer says what Qlik Cloud requires of the token: sign one that meets it."),
        (400, "INTERNAL-TOKEN-1", {"nbf": ...}, "The token lacks nbf, which Qlik Cloud requires"),
        (401, "X-1", {"aud": "another"}, "The audience is not qlik.api/login/jwt-session"),
        (401, "X-1", {"alg": "RS512"}, "The algorithm (alg) is not RS256"),
        (401, None, {}, VALID),
        (400, None, {}, VALID),
        (403, None, {}, VALID),
    ],
)
def test_a_token_that_is_refused(status, code, changes, begin):
    error = TenantError("", "THE ADVICE", status, code, NOW)
    advice = refusals.login_advice(error, token(**changes), NOW)
    assert advice.startswith(begin)
    assert (IP_POLICY in advice) == (status == 403 and code is None)


# The moment is the example of RFC 9110, section 5.6.7, in the three forms that it has.
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("Sun, 06 Nov 1994 08:49:37 -0000", 784111777),
        (None, None),
        *[(text, None) for text in ("", " ", "0", "now", "1994-11-06T08:49:37Z", "Sun, 99 Foo 99999 99:99:99 GMT")],
        ("1 Jan 99999999999999999999 00:00:00 -9999", None),
    ],
)
def test_date(text, seconds):
    assert refusals.date({} if text is None else {"Date": text}) == seconds
