# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claims of a token: build, check and compare them. Pure Python.

What differs between Qlik Cloud and client-managed Qlik Sense is in two tables, :data:`QLIK_CLOUD` and
:data:`CLIENT_MANAGED`. The rules of Qlik Cloud are from
https://qlik.dev/authenticate/jwt/create-signed-tokens-for-jwt-authorization/. The claim names are defined by RFC 7519,
section 4.1, and by Qlik.
"""

from __future__ import annotations

import datetime
import json
import typing as t
import unicodedata
import uuid

from .. import _json, _text
from .._errors import OptionError, printable
from .durations import LATEST, Window, spoken

ALGORITHM = "RS256"
"""The algorithm that Qlik Cloud requires."""

ALGORITHMS = ("RS256", "RS384", "RS512")
"""The algorithms of RFC 7518, section 3.3, all of which client-managed Qlik Sense takes."""

AUDIENCE = "qlik.api/login/jwt-session"
SUBJECT_TYPE = "user"
MAXIMUM_LIFETIME = 3600
"""Maximum seconds between nbf and exp, enforced by Qlik Cloud since July 2022."""

REQUIRED = ("iss", "aud", "sub", "subType", "name", "email", "email_verified", "jti", "iat", "nbf", "exp")
"""Claims that Qlik Cloud requires. The only optional claim that it reads is groups."""

MANAGED = (*REQUIRED, "groups")
"""Claims of Qlik Cloud that have a separate option or a fixed value."""

SUBJECT_NAMESPACE = uuid.UUID("da98542e-27b3-5e8b-979f-d5f06e281591")
"""The UUIDv5 of ``tenantops.qlik`` in the namespace for DNS names. It must never change."""

_CONCURRENT_RUN_TOLERANCE = 60  # seconds; another run may have signed a token while this one waited for the lock

# Whether Qlik Cloud rejects a token is only known for a missing nbf and for a lifetime of more than an hour.
_MAY_REJECT = "Qlik Cloud may reject the login."


def subject(issuer: str, email: str | None) -> str:
    """The default subject of a user, which is always the same for the same user.

    It is the UUIDv5 (RFC 9562, section 5.5), in the namespace :data:`SUBJECT_NAMESPACE`, of the JSON array
    ``["<issuer>","<e-mail>"]`` in UTF-8 without spaces, with the address trimmed, in Unicode normalization form C, and
    in lower case.

    :raises OptionError: if there is no e-mail address. A name is not necessarily unique.
    """
    if email is None:
        raise OptionError("O(subject) is missing, and cannot be derived without O(email): set O(subject) or O(email).")
    normal = unicodedata.normalize("NFC", email.strip()).lower()
    text = json.dumps([issuer, normal], ensure_ascii=False, separators=(",", ":"))
    return str(uuid.uuid5(SUBJECT_NAMESPACE, text))


def broken_rules(claims: t.Mapping[str, t.Any], audience: str = AUDIENCE) -> list[str]:
    """The rules of Qlik Cloud that these claims violate, as sentences.

    A list with the expected audience is accepted, as in RFC 7519, section 4.1.3: no source says that Qlik Cloud
    rejects it.

    :param audience: the expected audience, if the token is not for Qlik Cloud.
    """
    sentences = []
    missing = [name for name in REQUIRED if name not in claims]
    if missing:
        verb = "will" if "nbf" in missing else "may"
        sentences.append(
            f"The token lacks {', '.join(missing)}, which Qlik Cloud requires: it {verb} reject the login."
        )
    if "aud" in claims and audience not in (claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]):
        sentences.append(f"The audience is not {audience}: {_MAY_REJECT}")
    if _is_time(claims.get("nbf")) and _is_time(claims.get("exp")) and claims["exp"] - claims["nbf"] > MAXIMUM_LIFETIME:
        sentences.append(
            f"The token is valid for {spoken(claims['exp'] - claims['nbf'])}, but Qlik Cloud accepts at most"
            f" {MAXIMUM_LIFETIME} (one hour) between nbf and exp: it will reject the login. Sign a short-lived token"
            " for each login."
        )
    return [*sentences, *_broken_types(claims)]


def broken_header_rules(header: t.Mapping[str, t.Any]) -> list[str]:
    """The rules of Qlik Cloud that this header violates, as sentences.

    The type (typ) is optional in RFC 7519, section 5.1, and no source says that Qlik Cloud rejects a token without it.
    """
    sentences = []
    if header.get("alg") != ALGORITHM:
        sentences.append(f"The algorithm (alg) is not {ALGORITHM}: {_MAY_REJECT}")
    if header.get("typ", "JWT") != "JWT":
        sentences.append(f"The type (typ) in the header is not JWT: {_MAY_REJECT}")
    if not _is_name(header.get("kid")):
        sentences.append("The header lacks the key id (kid), which must be the one of the identity provider.")
    return [*sentences, *_invisible_ends("The key id (kid)", header.get("kid"))]


def time_problems(claims: t.Mapping[str, t.Any], now: int) -> list[str]:
    """The reasons why a token is not valid now, as sentences.

    :param now: seconds since 1970.
    """
    sentences = []
    if _is_time(claims.get("exp")) and claims["exp"] <= now:
        sentences.append(f"The token expired {spoken(now - claims['exp'])} ago: sign a new one.")
    if _is_time(claims.get("nbf")) and claims["nbf"] > now:
        sentences.append(
            f"The token becomes valid only in {spoken(claims['nbf'] - now)}: wait, or sign one with an earlier"
            " not_before."
        )
    return sentences


class Profile(t.NamedTuple):
    """What a token is for one product, as data.

    ``claims`` has the claim for each option. In braces, it is the value of another option. ``defaults`` has what to do
    without an option, and ``fixed`` the claims without one. ``times`` are the claims for when it was issued, begins and
    ends, as far as there are any. ``texts`` are the options that are compared as text, ``rules`` returns the rules that
    claims violate, and ``facts`` are the return values.
    """

    claims: t.Mapping[str, str]
    defaults: t.Mapping[str, t.Callable[[t.Mapping[str, t.Any]], str]]
    fixed: t.Mapping[str, str]
    times: tuple[str, ...]
    texts: tuple[str, ...]
    has_key_id: bool
    rules: t.Callable[[t.Mapping[str, t.Any]], list[str]]
    facts: tuple[str, ...]

    def names(self, options: t.Mapping[str, t.Any]) -> dict[str, str]:
        """The claim for each option, by these options."""
        return {option: claim.format_map(options) for option, claim in self.claims.items()}


QLIK_CLOUD = Profile(
    claims={
        "issuer": "iss",
        "audience": "aud",
        "subject": "sub",
        "name": "name",
        "email": "email",
        "email_verified": "email_verified",
        "groups": "groups",
        "jti": "jti",
    },
    defaults={
        "subject": lambda options: subject(options["issuer"], options["email"]),
        "jti": lambda options: str(uuid.uuid4()),
    },
    fixed={"subType": SUBJECT_TYPE},
    times=("iat", "nbf", "exp"),
    texts=("issuer", "audience", "subject", "name", "email", "jti", "key_id"),
    has_key_id=True,
    rules=broken_rules,
    facts=(
        *("token", "header", "claims", "subject", "key_id", "public_key"),
        *("issued_at", "not_before", "expires_at", "lifetime"),
    ),
)
"""A token for Qlik Cloud."""

CLIENT_MANAGED = Profile(
    claims={
        "user_id": "userId",
        "user_directory": "userDirectory",
        "name": "name",
        "email": "email",
        "groups": "{groups_claim}",
        "audience": "aud",
    },
    defaults={},
    fixed={},
    times=("iat", "exp"),
    texts=("user_id", "user_directory", "name", "email", "groups_claim", "audience"),
    has_key_id=False,
    rules=lambda claims: [],
    facts=("token", "header", "claims", "public_key", "issued_at", "expires_at", "lifetime"),
)
"""A token for a virtual proxy of client-managed Qlik Sense, with the claims of ``qs-jwt create-qseow``.

The virtual proxy is told which claims are the user's id and directory, so Qlik has no rules for them.
"""


def build(options: t.Mapping[str, t.Any], valid: Window, now: int, profile: Profile = QLIK_CLOUD) -> dict[str, t.Any]:
    """The claims of a token.

    :param options: the options of the module for the product, by name.
    :param now: seconds since 1970.
    :raises OptionError: if the options are invalid or contradict each other.
    """
    _check(options, profile)
    values = dict(options)
    for option, default in profile.defaults.items():
        if options[option] is None:
            values[option] = default(options)
    start = now + valid.not_before
    times = {"iat": now, "nbf": start, "exp": start + valid.lifetime}
    claims = {
        **{claim: values[option] for option, claim in profile.names(options).items()},
        **profile.fixed,
        **{name: times[name] for name in profile.times},
    }
    return {name: value for name, value in claims.items() if value is not None} | (options["claims"] or {})


def is_reusable(
    kept: t.Mapping[str, t.Any],
    wanted: t.Mapping[str, t.Any],
    same_jti: bool,
    renew_before: int,
    now: int,
    profile: Profile = QLIK_CLOUD,
) -> bool:
    """Whether a token that was signed earlier can be used instead of a new one.

    :param kept: the claims of the earlier token.
    :param wanted: the claims that :func:`build` returns now.
    :param same_jti: whether jti is not random, so that it must be the same.
    :param renew_before: seconds for which the token must remain valid.
    """
    times = profile.times
    if not all(isinstance(kept.get(name), int) for name in times):
        return False
    ignored = times if same_jti else (*times, "jti")

    def without(claims: t.Mapping[str, t.Any]) -> str:
        # As JSON, in which true and 1 differ.
        return json.dumps({name: value for name, value in claims.items() if name not in ignored}, sort_keys=True)

    shift = kept["iat"] - wanted["iat"]
    return (
        without(kept) == without(wanted)
        and ("jti" in kept) == ("jti" in wanted)
        and all(kept[name] - wanted[name] == shift for name in times)
        and kept["iat"] <= now + _CONCURRENT_RUN_TOLERANCE
        and kept["exp"] - now > renew_before
    )


def iso8601(seconds: t.Any) -> str | None:
    """A time claim in UTC; None if it is not a time, or is after the year 9999.

    :param seconds: since 1970.
    """
    if not _is_time(seconds) or not 0 <= seconds <= LATEST:
        return None
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _broken_types(claims: t.Mapping[str, t.Any]) -> list[str]:
    texts = ["iss", "sub", "name", "email", "jti"]
    if _is_number(claims.get("jti")):
        texts.remove("jti")  # A number is in a token that Qlik's support published.
    sentences = [
        f"{name} must be a non-empty string: {_MAY_REJECT}"
        for name in texts
        if name in claims and not _is_name(claims[name])
    ]
    for name in texts:
        sentences += _invisible_ends(name, claims.get(name))
    sentences += [
        f"{name} must be a number of seconds: {_MAY_REJECT}"
        for name in ("iat", "nbf", "exp")
        if name in claims and not _is_time(claims[name])
    ]
    if _is_time(claims.get("nbf")) and _is_time(claims.get("exp")) and claims["exp"] <= claims["nbf"]:
        sentences.append("exp is not after nbf, so the token is never valid.")
    if "subType" in claims and claims["subType"] != SUBJECT_TYPE:
        sentences.append(f"The subject type (subType) is not {SUBJECT_TYPE}: {_MAY_REJECT}")
    if "email_verified" in claims and not isinstance(claims["email_verified"], bool):
        sentences.append(f"email_verified must be true or false, not a string: {_MAY_REJECT}")
    groups = claims.get("groups", [])
    if not (isinstance(groups, list) and all(map(_is_name, groups))):
        sentences.append("groups must be a list of names: Qlik Cloud may reject the login, or drop the groups.")
    else:
        for group in groups:
            sentences += _invisible_ends(f"The group '{printable(group.strip())}'", group)
    if "group" in claims:
        sentences.append("group is only read by client-managed Qlik Sense, not by Qlik Cloud: rename it to groups.")
    if "kid" in claims:
        sentences.append("kid is a claim, but Qlik Cloud only reads the key id in the header.")
    return sentences


def _invisible_ends(name: str, value: t.Any) -> list[str]:
    found = _text.invisible_end(value) if _is_name(value) else None
    return [f"{name} {found}"] if found else []


def _is_name(value: t.Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: t.Any) -> bool:
    # In Python, True is a number too.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_time(value: t.Any) -> bool:
    # NumericDate (RFC 7519, section 2). Values after the year 9999 are excluded: infinity, and integers too large for a
    # floating-point number or for printing, would break the arithmetic.
    return _is_number(value) and abs(value) <= LATEST


def _check(options: t.Mapping[str, t.Any], profile: Profile) -> None:
    _text.check_options(options, profile.texts)
    if "email_verified" in profile.claims and options["email"] is not None and options["email_verified"] is None:
        raise OptionError(
            "O(email) requires O(email_verified): state with true or false whether you vouch for the address. With"
            " true, Qlik Cloud can link the login to an account that has the same address."
        )
    if options["groups"] is not None:
        _check_groups(options["groups"])
    names = profile.names(options)
    managed = {*names.values(), *profile.fixed, *profile.times}
    if len(managed) < len(names) + len(profile.fixed) + len(profile.times):
        raise OptionError(
            f"O(groups_claim) is '{printable(options['groups_claim'])}', which is another claim of the token: specify"
            " the one from which the virtual proxy takes the groups."
        )
    claims = options["claims"] or {}
    overruled = sorted(set(claims) & managed)
    if overruled:
        raise OptionError(
            f"O(claims) must not contain {', '.join(overruled)}: use the option for that claim, or let the module set"
            " it."
        )
    if _json.is_too_deep(claims):
        raise OptionError(f"O(claims) has more than {_json.MAXIMUM_DEPTH} levels of nesting: use fewer.")
    try:
        json.dumps(claims, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise OptionError("O(claims) contains text that is not valid UTF-8: correct its encoding.") from error
    except ValueError as error:
        raise OptionError(
            "O(claims) contains a number that JSON cannot represent (infinity or NaN): leave it out."
        ) from error


def _check_groups(groups: t.Any) -> None:
    if isinstance(groups, str) and groups.strip():
        names = [name for part in printable(groups).split(",") if (name := part.strip(" []\"'"))]
        raise OptionError(
            f"O(groups) is one text, '{printable(groups)}', instead of a list of names: write it as"
            f" {json.dumps(names, ensure_ascii=False)}."
        )
    if not isinstance(groups, list) or not all(_is_name(group) and _text.is_unicode(group) for group in groups):
        raise OptionError("O(groups) must be a list of names, each a non-empty string: write numbers in quotes.")
    for group in groups:
        if found := _text.invisible_end(group):
            raise OptionError(f"O(groups): '{printable(group.strip())}' {found}")
