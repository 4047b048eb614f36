# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a request that is refused, by what is known of the answer. It sends no request.

Qlik documents few codes of errors, and not all causes of a status: https://qlik.dev/apis/rest/. Where an answer can
have several causes, the advice names them all. Qlik's errors are JSON objects; other answers may be a proxy's.
"""

from __future__ import annotations

import datetime
import email.utils
import typing as t

from .._errors import TenantError
from .._http import RUN_LATER
from .._tokens.claims import broken_header_rules, broken_rules, time_problems
from .._tokens.durations import spoken

if t.TYPE_CHECKING:
    from .._tokens.compact import Token

CLOCK_TOLERANCE = 5
"""Seconds by which clocks may differ: the clockToleranceSec of identity providers in Qlik's examples."""

BY_CODE = {
    "AUTH-5": (
        "The user is not a member of this tenant: O(tenant_url), or the issuer or subject of the token, may be wrong,"
        " or a tenant admin may have to add the user."
    ),
    "LOGIN-2": "There is no tenant with this name: check O(tenant_url).",
    "LOGIN-12": (
        "Several active users of the tenant have this e-mail address: a tenant admin has to leave only one of them"
        " active, or change the addresses of the others."
    ),
    "USER_INVITE_EXPIRED": "The user's invitation has expired: a tenant admin has to invite the user again.",
}
"""What to do, by Qlik's code for an error."""

BY_STATUS = {
    400: "Check the options that this task sends.",
    401: (
        "The API key must belong to this tenant and still be valid, and its user needs a role with the permission"
        " Manage API keys, which Qlik Cloud requires since February 2026."
    ),
    403: (
        "The credentials may lack the tenant admin role, or the tenant ids of an identity provider may not be those of this"
        " tenant."
    ),
    404: "The object no longer exists, or O(tenant_url) is not the URL of a tenant: run again, or check O(tenant_url).",
    412: "The object was changed by someone else at the same time: run again.",
    429: RUN_LATER,
    500: "Try again later; Qlik's support asks for the traceId.",
}
"""What to do, by HTTP status, if the code is not in :data:`BY_CODE`. 500 is used for all other statuses."""

OAUTH_CLIENT = (
    "O(client_id) and O(client_secret) must be the id and secret of an OAuth client that may be used for this tenant. If"
    " private_key_jwt alone is in its allowedAuthMethods, set O(client_private_key_path) instead of the secret."
)
"""What to do about status 401 if the credentials are those of an OAuth client."""

OAUTH_CLIENT_WITH_KEY = "O(client_id) must be the id of an OAuth client that may be used for this tenant."
"""The same if the client has proven itself with a key."""

SCOPES = "Each item of O(scope) must be in the allowedScopes of the client."
"""Added if an access token is for certain scopes."""

REDIRECTED = (
    "Check O(tenant_url): it must be the tenant's own address, not an alias. A proxy may also redirect to a page of its"
    " own."
)

FOREIGN = (
    "The answer is not a JSON object, as the errors of Qlik Cloud are: a proxy or firewall may have answered instead of"
    " Qlik Cloud. Check O(tenant_url), https_proxy and no_proxy, or ask the administrators of the network."
)
"""What to do about an answer that is not known to be from the tenant."""

IP_POLICY = "An IP policy of the tenant may also refuse the address of this machine."
"""Added for status 403 unless the code gives the reason: Qlik does not document what an IP policy answers."""

INVALID_TOKEN_CODE = "INTERNAL-TOKEN-1"
INVALID_TOKEN = "The answer says what Qlik Cloud requires of the token: sign one that meets it."

VALID_CLAIMS = (
    "The claims of the token are valid. It may have been used before, because each token is valid for one login: sign a"
    " new one. Or the tenant has no active identity provider with the issuer, key id and public key of this token, or"
    " created it only a moment ago."
)
"""What to do about a token that is refused although its claims are valid, if the answer gives no reason."""

_TOKEN_STATUSES = (400, 401, 403)  # for a token that is not accepted


def advice(status: int, code: str | None, is_json: bool, of_client: str | None) -> str:
    """What to do about the answer to a request.

    :param is_json: whether its body is empty or a JSON object.
    :param of_client: what to do about status 401 if the credentials are those of an OAuth client; else None.
    """
    if 300 <= status < 400:
        return REDIRECTED
    if is_json and code in BY_CODE:
        return BY_CODE[code]
    if not is_json:
        sentence = FOREIGN
    elif status == 401 and of_client:
        sentence = of_client
    else:
        sentence = BY_STATUS.get(status, BY_STATUS[500])
    return _with_ip_policy(status, sentence)


def gives_reason(error: TenantError) -> bool:
    """Whether an error names a reason that does not go away by itself."""
    return error.code in BY_CODE


def is_about_credentials(error: TenantError) -> bool:
    """Whether the advice of an error may be replaced by one about what has been sent as a proof."""
    return error.status in _TOKEN_STATUSES and error.code not in BY_CODE


def login_advice(error: TenantError, token: Token, now: int) -> str:
    """What to do about a token that the tenant does not accept.

    :param now: this machine's clock when the answer arrived, in seconds since 1970.
    """
    if not is_about_credentials(error):
        return error.advice
    problems = [
        *broken_header_rules(token.header),
        *broken_rules(token.claims),
        *_time_problems(token.claims, now, error.date),
    ]
    if problems:
        return " ".join(problems)
    if error.code == INVALID_TOKEN_CODE:
        return INVALID_TOKEN
    return _with_ip_policy(error.status, VALID_CLAIMS)


def secret_advice(error: TenantError, request: t.Mapping[str, t.Any]) -> str:
    """What to do about a secret that the tenant does not trade for an access token.

    :param request: the body of the request, with or without what proves the client.
    """
    if not is_about_credentials(error):
        return error.advice
    return _with_ip_policy(error.status, " ".join([OAUTH_CLIENT, *_advice_on_request(request)]))


def assertion_advice(
    error: TenantError, claims: t.Mapping[str, t.Any], key_id: str, now: int, request: t.Mapping[str, t.Any]
) -> str:
    """What to do about a client assertion that the tenant does not trade for an access token.

    :param claims: those of the assertion.
    :param now: this machine's clock when the answer arrived, in seconds since 1970.
    :param request: as in :func:`secret_advice`.
    """
    if not is_about_credentials(error):
        return error.advice
    # Whoever checks iat takes it for the time from which the assertion is valid.
    valid = {"nbf": claims.get("iat"), "exp": claims.get("exp")}
    if problem := _clock_problem(valid, now, error.date, "client assertion", "run again"):
        return problem
    of_key = (
        "The OAuth client in O(client_id) must have private_key_jwt in its allowedAuthMethods, and in its publicKeys this key"
        f" with the key id {key_id}: add what is missing, or set O(client_key_id) to the key id that this key has there."
    )
    return _with_ip_policy(error.status, " ".join([of_key, OAUTH_CLIENT_WITH_KEY, *_advice_on_request(request)]))


def _advice_on_request(request: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What else may be the reason why there is no access token, by what is requested."""
    if "user_lookup" in request:
        option = "user_subject" if request["user_lookup"]["field"] == "subject" else "user_id"
        yield (
            "To impersonate a user, the client must have urn:qlik:oauth:user-impersonation in its allowedGrantTypes, and"
            f" the tenant must have the user in O({option})."
        )
    if "scope" in request:
        yield SCOPES


def date(headers: t.Mapping[str, str]) -> int | None:
    """The clock of the sender of an answer (RFC 9110, section 6.6.1), in seconds since 1970; None if it does not say.

    :param headers: the headers of the answer.
    """
    try:
        sent = email.utils.parsedate_to_datetime(headers.get("Date", ""))
        # Times in HTTP are in UTC, whatever their form (RFC 9110, section 5.6.7).
        return int(sent.replace(tzinfo=datetime.timezone.utc).timestamp())
    # Releases of Python differ in what they raise for a text that is not a date.
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _with_ip_policy(status: int, sentence: str) -> str:
    return f"{sentence} {IP_POLICY}" if status == 403 else sentence


def _time_problems(claims: t.Mapping[str, t.Any], now: int, tenants_now: int | None) -> list[str]:
    """The reasons why a token is not valid now by the tenant's clock, as far as that is known to differ from ours."""
    if tenants_now is None or abs(now - tenants_now) <= CLOCK_TOLERANCE:
        return time_problems(claims, now)
    problem = _clock_problem(claims, now, tenants_now, "token", "sign a new token")
    if problem and time_problems(claims, now):
        return time_problems(claims, tenants_now)
    return [problem] if problem else []


def _clock_problem(
    claims: t.Mapping[str, t.Any], now: int, tenants_now: int | None, what: str, then: str
) -> str | None:
    """A sentence if a token is not valid now by the tenant's clock, and that differs from ours."""
    if tenants_now is None or abs(now - tenants_now) <= CLOCK_TOLERANCE:
        return None
    is_late = time_problems({"exp": claims.get("exp")}, tenants_now - CLOCK_TOLERANCE)
    is_early = time_problems({"nbf": claims.get("nbf")}, tenants_now + CLOCK_TOLERANCE)
    if not is_late and not is_early:
        return None
    how = f"{spoken(abs(now - tenants_now))} {'ahead of' if now > tenants_now else 'behind'}"
    state = "has already expired" if is_late else "is not valid yet"
    return (
        f"This machine's clock is {how} the tenant's, by which the {what} {state}: set this machine's clock (for example"
        f" with chrony; for WSL, run 'wsl --shutdown' in Windows), and {then}."
    )
