# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign a new token from the options of a module."""

from __future__ import annotations

import typing as t

from .._errors import OptionError, PrivateKeyError
from .._files import read
from .._files.options import check_content, check_path
from .._keys import private_keys, public_keys
from .._keys.signers import stores
from . import compact
from .claims import ALGORITHM, QLIK_CLOUD, Profile, build, iso8601
from .durations import window

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from .._keys.signers.signer import StoredKey


class Outcome(t.NamedTuple):
    """The result of the task. ``before`` and ``after`` are for diff mode; warnings mark up options as ``O(name)``."""

    changed: bool
    reused: bool
    facts: dict[str, t.Any]
    warnings: list[str]
    before: dict[str, t.Any]
    after: dict[str, t.Any]


class Draft(t.NamedTuple):
    """The content of a token to be signed.

    ``left_when_signed`` is the remaining validity in seconds. ``warnings`` lists the rules of the product that it
    violates.
    """

    claims: dict[str, t.Any]
    left_when_signed: int
    warnings: list[str]
    profile: Profile


def issue(
    options: t.Mapping[str, t.Any],
    wanted: Draft,
    check_mode: bool = False,
    accept: t.Callable[[dict[str, t.Any]], None] = lambda facts: None,
) -> Outcome:
    """Sign a new token, without changing anything on the host.

    :param options: those for the product by name, without those for a file.
    :param wanted: what :func:`draft` returns for these options.
    :param accept: called with the facts; raises an exception to reject them.
    :raises QlikError: if that fails.
    """
    if check_mode and is_key_missing(options):
        return without_key(options, wanted, changed=False)
    key, warnings = private_key(options)
    facts = describe(compact.sign(wanted.claims, key, *header(options, wanted, key)), key, wanted.profile)
    accept(facts)
    return Outcome(False, False, facts, [*wanted.warnings, *warnings], {}, {})


def draft(options: t.Mapping[str, t.Any], now: int, profile: Profile = QLIK_CLOUD) -> Draft:
    """Validate all options except the key, and build the claims.

    :param options: those for the product by name.
    :param now: seconds since 1970.
    :raises OptionError: if options are invalid or contradict each other.
    """
    valid = window(options.get("not_before"), options["expires_in"], now)
    claims = build(options, valid, now, profile)
    warnings = profile.rules(claims)
    if warnings and options["strict"]:
        raise OptionError(f"O(strict) is true: {warnings[0]}")
    return Draft(claims, valid.left_when_signed, warnings, profile)


def check_key(options: t.Mapping[str, t.Any]) -> None:
    """Reject a value that cannot be the path, the content or the URI of a private key.

    :raises QlikError: if it is empty, for example.
    """
    if options.get("private_key_uri") is not None:
        _named_key(options)
    elif options["private_key_content"] is None:
        check_path(options["private_key_path"], "private_key_path")
    else:
        check_content(options["private_key_content"], "private_key_content", "a private key")


def private_key(options: t.Mapping[str, t.Any]) -> tuple[rsa.RSAPrivateKey, list[str]]:
    """Load the private key that the options specify, and return it with warnings about its text and how it is kept.

    :raises QlikError: if it cannot be used.
    """
    if options.get("private_key_uri") is not None:
        return _stored_key(options)
    if options["private_key_path"] is not None:
        path, source = options["private_key_path"], f"O(private_key_path): {options['private_key_path']}"
        content = read.content(path, "private_key_path")
        # A group may share a key, if somebody has given it access.
        exposure = private_keys.exposure(path, "private_key_path", forbidden=0o007)
    else:
        source = "O(private_key_content)"
        content = options["private_key_content"].encode(errors="replace")
        exposure = None
    key, repairs = private_keys.load(content, options["private_key_passphrase"], source, "private_key_passphrase")
    private_keys.check_size(key, source)
    return key, [sentence for sentence in (repairs, exposure) if sentence]


def _stored_key(options: t.Mapping[str, t.Any]) -> tuple[rsa.RSAPrivateKey, list[str]]:
    named = _named_key(options)
    found = named.find()
    if not found:
        raise PrivateKeyError(
            f"O(private_key_uri): {named.source} does not exist: create it with qscloud_keypair, or correct its name."
        )
    return found.key, [found.warning] if found.warning else []


def _named_key(options: t.Mapping[str, t.Any]) -> StoredKey:
    return stores.key(options, "private_key_passphrase")


def key_id(options: t.Mapping[str, t.Any], key: rsa.RSAPrivateKey) -> str:
    """The key id from the options, or else the thumbprint of the key."""
    return options["key_id"] or public_keys.thumbprint(key.public_key())


def header(options: t.Mapping[str, t.Any], wanted: Draft, key: rsa.RSAPrivateKey) -> tuple[str | None, str]:
    """The key id and the algorithm of a token, as :func:`compact.sign` and :func:`compact.header` take them."""
    return key_id(options, key) if wanted.profile.has_key_id else None, options.get("algorithm", ALGORITHM)


def is_key_missing(options: t.Mapping[str, t.Any]) -> bool:
    """Whether the private key does not exist yet, which is not an error in check mode.

    :raises QlikError: if its path cannot be accessed, or its store cannot be asked.
    """
    if options.get("private_key_uri") is not None:
        return _named_key(options).find() is None
    return options["private_key_path"] is not None and not read.exists(options["private_key_path"])


def without_key(options: t.Mapping[str, t.Any], wanted: Draft, changed: bool) -> Outcome:
    """The result in check mode if the private key does not exist yet."""
    name = options.get("private_key_uri") or options["private_key_path"]
    warning = f"{name} does not exist yet, so no token was signed."
    return Outcome(changed, False, dict.fromkeys(wanted.profile.facts), [*wanted.warnings, warning], {}, {})


def describe(token: compact.Token, key: rsa.RSAPrivateKey, profile: Profile = QLIK_CLOUD) -> dict[str, t.Any]:
    """The return values for a token: those of the profile."""
    claims = token.claims
    start = claims[profile.times[-2]]
    facts = {
        "token": token.text,
        "header": token.header,
        "claims": claims,
        "subject": claims.get("sub"),
        "key_id": token.header.get("kid"),
        "public_key": public_keys.to_pem(key.public_key()).decode(),
        "issued_at": iso8601(claims["iat"]),
        "not_before": iso8601(start),
        "expires_at": iso8601(claims["exp"]),
        "lifetime": claims["exp"] - start,
    }
    return {name: facts[name] for name in profile.facts}
