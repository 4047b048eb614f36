# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for access tokens: their forms, what is sent again, and what is said about a refusal. joserfc reads assertions."""

from __future__ import annotations

import json
import time
import typing as t
import urllib.parse

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import NoAnswerError, OptionError, TenantError
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import access_tokens, client_keys, refusals
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant.credentials import Credentials

URL = "https://acme.eu.qlikcloud.com"
GRANTED = {"access_token": "the-access-token", "expires_in": 21600, "token_type": "bearer"}
ANNA = access_tokens.User("subject", "ännä")
WITH_SECRET = Credentials(None, "the-client", "the-secret")
IMPERSONATION = (
    "To impersonate a user, the client must have urn:qlik:oauth:user-impersonation in its allowedGrantTypes, and the tenant"
    " must have the user in O({})."
)


class Server:
    """Answers requests one after the other: with an object, or with an error of a status. It reads the bodies."""

    def __init__(self, *answers: t.Any) -> None:
        self.answers = [*answers]
        self.forms: list[str] = []
        self.bodies: list[dict[str, t.Any]] = []
        self.secrets: set[str] = set()

    def post(self, body: t.Any) -> dict[str, t.Any]:
        body = body() if callable(body) else body
        self.forms.append("form" if isinstance(body, str) else "json")
        self.bodies.append(dict(urllib.parse.parse_qsl(body)) if isinstance(body, str) else body)
        answer = self.answers.pop(0)
        if isinstance(answer, dict):
            return answer
        raise answer if isinstance(answer, TenantError) else refused(answer)

    def request(self, credentials: Credentials, *arguments: t.Any) -> access_tokens.AccessToken:
        return access_tokens.request(access_tokens.Endpoint(URL, self.secrets, self.post), credentials, *arguments)


def refused(status: int, words: str = "", date: int | None = None) -> TenantError:
    """An answer of the tenant."""
    return TenantError(f"answered {status}{words}.", "Advice.", status, None, date)


@pytest.fixture
def with_key(rsa_key: rsa.RSAPrivateKey) -> Credentials:
    """A client that proves itself with a key."""
    return Credentials(None, "the-client", client_key=client_keys.ClientKey(rsa_key, "the-key-id"))


def test_a_secret_is_sent_as_json() -> None:
    server = Server(GRANTED)
    assert server.request(WITH_SECRET) == ("the-access-token", 21600, None)
    assert server.forms == ["json"]
    assert server.bodies == [
        {"grant_type": "client_credentials", "client_id": "the-client", "client_secret": "the-secret"}
    ]
    assert "the-access-token" in server.secrets


def test_a_secret_for_a_user() -> None:
    server = Server(GRANTED)
    server.request(WITH_SECRET, ANNA, "user_default")
    assert server.bodies == [
        {
            "grant_type": "urn:qlik:oauth:user-impersonation",
            "client_id": "the-client",
            "client_secret": "the-secret",
            "user_lookup": {"field": "subject", "value": "ännä"},
            "scope": "user_default",
        }
    ]


def test_an_assertion_is_sent_as_a_form(with_key: Credentials, rsa_pem: bytes) -> None:
    server = Server(GRANTED)
    server.request(with_key, None, "user_default a")
    (body,) = server.bodies
    assert server.forms == ["form"]
    text = body.pop("client_assertion")
    assert body == {
        "grant_type": "client_credentials",
        "client_id": "the-client",
        "scope": "user_default a",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assertion = jwt.decode(text, RSAKey.import_key(rsa_pem), algorithms=["RS256"])
    assert assertion.header["kid"] == "the-key-id"
    assert assertion.claims["aud"] == f"{URL}/oauth/token" and assertion.claims["sub"] == "the-client"
    assert abs(assertion.claims["iat"] - time.time()) < 5
    assert text in server.secrets


def test_an_assertion_for_a_user_is_sent_as_json(with_key: Credentials) -> None:
    server = Server(GRANTED)
    server.request(with_key, ANNA)
    assert server.forms == ["json"]
    assert server.bodies[0]["user_lookup"] == {"field": "subject", "value": "ännä"}


@pytest.mark.parametrize("user, forms", [(None, ["form", "json"]), (ANNA, ["json", "form"])])
@pytest.mark.parametrize("status", [400, 415])
def test_the_other_form_is_tried_with_another_assertion(
    with_key: Credentials, user: access_tokens.User | None, forms: list[str], status: int
) -> None:
    server = Server(status, GRANTED)
    assert server.request(with_key, user).text == "the-access-token"
    assert server.forms == forms
    first, second = (body["client_assertion"] for body in server.bodies)
    assert first != second and {first, second} <= server.secrets
    if user:
        assert json.loads(server.bodies[1]["user_lookup"]) == user._asdict()


@pytest.mark.parametrize(
    "answers, said",
    [
        # What may be about the form of the second request says less than what the first answer says.
        ([400, 415], 400),
        ([400, refused(400, " again")], 400),
        ([415, 400], 400),
        ([415, 401], 401),
        ([400, 401], 401),
        ([415, 415], 415),
    ],
)
def test_which_of_two_refusals_is_said(with_key: Credentials, answers: list[t.Any], said: int) -> None:
    with pytest.raises(TenantError) as caught:
        Server(*answers).request(with_key)
    assert caught.value.answer == f"answered {said}."


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_other_refusals_are_not_about_the_form(with_key: Credentials, status: int) -> None:
    server = Server(status)
    with pytest.raises(TenantError):
        server.request(with_key)
    assert len(server.forms) == 1


@pytest.mark.parametrize("status", [400, 415])
def test_a_secret_is_not_sent_in_another_form(status: int) -> None:
    server = Server(status)
    with pytest.raises(TenantError):
        server.request(WITH_SECRET)
    assert len(server.forms) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_assertion_says_what_to_change(with_key: Credentials, status: int) -> None:
    with pytest.raises(TenantError) as caught:
        Server(status, status).request(with_key)
    assert caught.value.advice.startswith(
        "The OAuth client in O(client_id) must have private_key_jwt in its allowedAuthMethods, and in its publicKeys this key"
        " with the key id the-key-id: add what is missing, or set O(client_key_id) to the key id that this key has there."
    )
    assert (refusals.IP_POLICY in caught.value.advice) == (status == 403)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_secret_says_what_to_change(status: int) -> None:
    with pytest.raises(TenantError) as caught:
        Server(status).request(WITH_SECRET)
    assert caught.value.advice.startswith(refusals.OAUTH_CLIENT)
    assert (refusals.IP_POLICY in caught.value.advice) == (status == 403)


@pytest.mark.parametrize(
    "user, scope, said",
    [
        (None, None, []),
        (ANNA, None, [IMPERSONATION.format("user_subject")]),
        (access_tokens.User("userId", "605a"), "a", [IMPERSONATION.format("user_id"), refusals.SCOPES]),
        (None, "admin_classic", [refusals.SCOPES]),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_what_was_asked_for_may_be_the_reason(
    with_key: Credentials, user: access_tokens.User | None, scope: str | None, said: list[str], status: int
) -> None:
    for credentials in (with_key, WITH_SECRET):
        with pytest.raises(TenantError) as caught:
            Server(status, status).request(credentials, user, scope)
        assert caught.value.advice.endswith(" ".join(["", *said]))
        for sentence in (IMPERSONATION.partition("{")[0], refusals.SCOPES):
            assert (sentence in caught.value.advice) == any(one.startswith(sentence) for one in said)


@pytest.mark.parametrize("status", [404, 429, 500])
def test_what_is_not_about_the_assertion_keeps_its_advice(with_key: Credentials, status: int) -> None:
    for credentials in (with_key, WITH_SECRET):
        with pytest.raises(TenantError) as caught:
            Server(status).request(credentials)
        assert caught.value.advice == "Advice."


def test_a_silent_tenant_is_still_one(with_key: Credentials) -> None:
    with pytest.raises(NoAnswerError, match="Try again"):
        Server(NoAnswerError("No answer.", "Try again.")).request(with_key)


@pytest.mark.parametrize(
    "offset, sentence",
    [
        (
            -600,
            "This machine's clock is 600 seconds ahead of the tenant's, by which the client assertion is not valid yet:",
        ),
        (
            600,
            "This machine's clock is 600 seconds behind the tenant's, by which the client assertion has already expired:",
        ),
    ],
)
def test_a_wrong_clock_is_named(with_key: Credentials, offset: int, sentence: str) -> None:
    with pytest.raises(TenantError) as caught:
        Server(refused(401, date=int(time.time()) + offset)).request(with_key)
    assert caught.value.advice.startswith(sentence)
    assert caught.value.advice.endswith(
        "(for example with chrony; for WSL, run 'wsl --shutdown' in Windows), and run again."
    )


@pytest.mark.parametrize("offset", [0, 60, -4])
def test_a_clock_that_is_good_enough_is_not_blamed(with_key: Credentials, offset: int) -> None:
    with pytest.raises(TenantError) as caught:
        Server(refused(401, date=int(time.time()) + offset)).request(with_key)
    assert "clock" not in caught.value.advice


@pytest.mark.parametrize("answer", [{}, {"access_token": 1}, {"access_token": "a\nb"}, {"access_token": ""}])
def test_an_answer_without_a_token(with_key: Credentials, answer: dict[str, t.Any]) -> None:
    with pytest.raises(TenantError, match="did not return an access token for the OAuth client"):
        Server(answer).request(with_key)


@pytest.mark.parametrize("lifetime", [None, "3600", {}])
def test_a_lifetime_that_is_none(lifetime: t.Any) -> None:
    assert Server({**GRANTED, "expires_in": lifetime}).request(WITH_SECRET).expires_in is None


def test_no_token_is_in_a_traceback() -> None:
    assert "the-access-token" not in repr(Server(GRANTED).request(WITH_SECRET))


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [("user_default", ["user_default"]), ("a  b", ["a", "b"]), ("", []), (["a"], None), (None, None)],
)
def test_the_scopes_of_the_answer(scope: t.Any, scopes: list[str] | None) -> None:
    assert Server({**GRANTED, "scope": scope}).request(WITH_SECRET).scopes == scopes


def test_an_api_key_gets_no_access_token() -> None:
    server = Server(GRANTED)
    with pytest.raises(OptionError, match="^The credentials are an API key, but access tokens are for OAuth clients"):
        server.request(Credentials("the-api-key"))
    assert server.bodies == []
