# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an OAuth client's chain: what they are if nobody sets them, and which do not go together."""

from __future__ import annotations

import re

import pytest
from oauth_chains import IMPERSONATION, options

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.oauth.options import has_own_access, read


def test_defaults_that_depend_on_the_tenant() -> None:
    wanted = read(options(tenant="Acme.EU.QlikCloud.com."))
    found = [wanted.options[name] for name in ("url", "key_directory")]
    assert found == ["https://acme.eu.qlikcloud.com", "keys/oauth/acme.eu.qlikcloud.com"]
    given = {"url": "https://other.example", "key_directory": "/k"}
    assert {name: read(options(**given)).options[name] for name in given} == given


@pytest.mark.parametrize(
    ("grants", "own"), [(None, True), (["client_credentials", IMPERSONATION], True), ([IMPERSONATION], False)]
)
def test_whether_the_client_can_authenticate_itself(grants: list[str] | None, own: bool) -> None:
    assert has_own_access(read(options(grant_types=grants, user_subject="anna"))) is own


REFUSED = {
    "tenant": ({"tenant": "https://acme"}, "^O.tenant. must be a host name"),
    "no key": ({"keys": []}, "^O.keys. must contain exactly one"),
    "same prefix": ({"keys": [{"prefix": "", "state": "current"}, {"prefix": "", "state": "absent"}]}, "same prefix"),
    "URI": ({"private_key_uri": "acme"}, "^O.private_key_uri. is not a URI"),
    "folder": ({"key_directory": ""}, "^O.key_directory. is empty"),
    "name": ({"client_name": " "}, "^O.client_name. is empty: specify the name"),
    "user": ({"user_subject": ""}, "^O.user_subject. is empty"),
    "scope of the token": ({"scope": ["a b"]}, "^An item of O.scope. is not a scope"),
    "grants of a user": (
        {"user_id": "a", "grant_types": ["client_credentials"]},
        "^O.grant_types. lacks urn:qlik:oauth:user-impersonation, which an access token for a user needs: add it",
    ),
    "grants": (
        {"grant_types": [IMPERSONATION]},
        "^O.grant_types. lacks client_credentials, .* add it, or set O.user_subject. to",
    ),
    "methods": ({"auth_methods": ["client_secret"]}, "^O.auth_methods. lacks private_key_jwt, .*: add it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_together(name: str) -> None:
    changes, message = REFUSED[name]
    with pytest.raises(_errors.OptionError) as raised:
        read(options(**changes))
    assert re.search(message, raised.value.message)
