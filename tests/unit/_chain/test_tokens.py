# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of users: what is in them, and how an invalid user is named."""

from __future__ import annotations

import pytest
from chains import ANNA, RELOAD, options, user

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain import tokens
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.options import read


def test_a_user_has_its_own_options_and_those_of_all() -> None:
    wanted = read(options(users=[ANNA, RELOAD, user(name="B", subject="b", claims={"region": "eu"})], audience="other"))
    anna, reload, other = (tokens.draft(wanted, one).claims for one in wanted.users)
    assert (anna["exp"] - anna["nbf"], reload["exp"] - reload["nbf"]) == (1800, 60)
    assert (anna["groups"], anna["aud"], other["region"]) == (["group1"], "other", "eu")
    assert reload["sub"] == "nightly-reload" and "region" not in anna
    login = tokens.draft(wanted, wanted.users[1], expires_in="5m").claims
    assert login["exp"] - login["nbf"] == 300


@pytest.mark.parametrize(
    ("given", "changes", "message"),
    [
        ({"email": "a@b.c"}, {}, "O(users), a@b.c: email requires email_verified"),
        ({"id": "a", "name": "A"}, {}, "O(users), a: subject is missing"),
        ({"id": "a", "subject": "s", "expires_in": "soon"}, {}, "O(users), a: expires_in"),
        # What is set for all users is not the fault of one.
        ({"id": "a", "subject": "s"}, {"expires_in": "soon"}, "O(expires_in) is 'soon'"),
        ({"id": "a", "subject": "s", "claims": {"sub": "x"}}, {}, "O(users), a: claims"),
        ({"id": "a", "subject": "s"}, {"strict": True}, "O(users), a: O(strict) is true"),
    ],
)
def test_an_invalid_user_is_named(given: dict[str, object], changes: dict[str, object], message: str) -> None:
    wanted = read(options(users=[user(**given)], **changes))
    with pytest.raises(_errors.OptionError) as raised:
        tokens.draft(wanted, wanted.users[0])
    assert raised.value.message.startswith(message)


def test_no_key_no_token(local) -> None:
    outcome, report = local.run(True, users=[ANNA, RELOAD])
    assert outcome.tokens == {"anna@grusgrus.com": None, "reload": None}
    assert "token" not in {step.object for step in report.steps}


def test_a_step_for_each_token_without_the_token(local) -> None:
    outcome, report = local.run(users=[ANNA, RELOAD])
    assert [step.text for step in report.steps if step.object == "token"] == [
        "signed a token for anna@grusgrus.com",
        "signed a token for reload",
    ]
    assert not any(token in str(report.steps) for token in outcome.tokens.values())
    outcome, _report = local.run(sign_tokens=False)
    assert outcome.tokens == {}
