# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: not for use from outside, and free to change in any release.

"""From the options of qscloud_jwt to a signed token, fresh or kept in a file."""

from __future__ import annotations

import os
import typing as t

from .._errors import FileError, OptionError
from .._files import folder as _files
from .._keys import private_keys as _keys
from . import claims as _claims
from . import compact as _token

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

SIGNING_OPTIONS: dict[str, dict[str, t.Any]] = {
    "private_key_path": {"type": "path", "aliases": ["cert_privatekey_file"]},
    "private_key_content": {"type": "str", "no_log": True, "aliases": ["cert_privatekey"]},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "issuer": {"type": "str", "required": True},
    "key_id": {"type": "str", "aliases": ["keyid"]},
    "subject": {"type": "str"},
    "name": {"type": "str", "aliases": ["username"]},
    "email": {"type": "str", "aliases": ["useremail"]},
    "email_verified": {"type": "bool", "aliases": ["useremail_verified"]},
    "groups": {"type": "raw"},
    "audience": {"type": "str", "default": _claims.AUDIENCE},
    "jti": {"type": "str"},
    "claims": {"type": "dict"},
    "not_before": {"type": "str", "default": "-10s"},
    "expires_in": {"type": "str", "default": "30m", "aliases": ["expires"]},
    "strict": {"type": "bool", "default": False},
}
"""What there is to say about a token: the options of the documentation fragment ``signing``."""

KEY_OPTIONS = ("private_key_path", "private_key_content")
"""The options that give the private key: exactly one of them."""

TOKEN_ACCESS = _files.Access(0o600)

NOT_OVERWRITTEN = ", and is not overwritten: name another file, or remove it."

FACTS = (
    "token",
    "header",
    "claims",
    "subject",
    "key_id",
    "public_key",
    "issued_at",
    "not_before",
    "expires_at",
    "lifetime",
)
"""What is returned about a token."""


class Outcome(t.NamedTuple):
    """What the task has to say. ``before`` and ``after`` are what diff mode shows."""

    changed: bool
    reused: bool
    facts: dict[str, t.Any]
    warnings: list[str]
    before: dict[str, t.Any]
    after: dict[str, t.Any]


def issue(
    options: t.Mapping[str, t.Any], now: int, check_mode: bool, accept: t.Callable[[dict[str, t.Any]], None]
) -> Outcome:
    """Sign a token, or keep the one in the file that ``path`` names.

    :param options: those of the module qscloud_jwt, by their names.
    :param now: seconds since 1970.
    :param accept: called with the facts before anything is written; it raises to refuse them.
    :raises QlikError: if that is not possible; then nothing has changed.
    """
    _check_paths(options)
    valid = _claims.window(options["not_before"], options["expires_in"], now)
    renew_before = _claims.renewal(options["renew_before"], valid.left_when_signed)
    claims = _claims.build(options, valid, now)
    warnings = _claims.broken_rules(claims)
    if warnings and options["strict"]:
        raise OptionError(f"strict is true: {warnings[0]}")

    if check_mode and options["private_key_path"] and not os.path.lexists(options["private_key_path"]):
        warnings.append(f"{options['private_key_path']} does not exist yet, so that no token could be signed.")
        return Outcome(options["path"] is not None, False, dict.fromkeys(FACTS), warnings, {}, {})
    key = _private_key(options)
    key_id = options["key_id"] or _keys.thumbprint(key.public_key())

    if options["path"] is None:
        facts = _facts(_token.sign(claims, key, key_id), key)
        accept(facts)
        return Outcome(False, False, facts, warnings, {}, {})

    name = os.path.basename(options["path"])
    if not name:
        raise FileError(f"path: {options['path']} is a directory: give a file.")
    with _files.locked_folder(os.path.dirname(options["path"]) or ".") as folder:
        found = folder.read(name)
        kept = found and _token.parse(found.content, folder.path_of(name), NOT_OVERWRITTEN)
        good = (
            kept
            and not options["force"]
            and kept.header == _token.header(key_id)
            and _claims.still_fits(kept.claims, claims, options["jti"] is not None, renew_before, now)
            and _token.is_signed_by(kept, key.public_key())
        )
        token = kept if good else _token.sign(claims, key, key_id)
        facts = _facts(token, key)
        accept(facts)
        right_mode = found and found.access.mode == TOKEN_ACCESS.mode
        leftovers = folder.leftovers([name])
        if not check_mode:
            # Before anything is written: they may be what fills the disk.
            for leftover in leftovers:
                folder.remove(leftover)
            if not good:
                folder.write({name: (token.text.encode(), TOKEN_ACCESS)})
            elif not right_mode:
                folder.set_access(name, TOKEN_ACCESS)
    return Outcome(
        changed=bool(not good or not right_mode or leftovers),
        reused=bool(good),
        facts=facts,
        warnings=warnings,
        before=_summary(kept, found and found.access),
        after=_summary(token, TOKEN_ACCESS),
    )


def _check_paths(options: t.Mapping[str, t.Any]) -> None:
    if options["private_key_content"] is None:
        _files.check_path(options["private_key_path"], "private_key_path")
    if options["path"] is not None:
        _files.check_path(options["path"], "path")


def _private_key(options: t.Mapping[str, t.Any]) -> rsa.RSAPrivateKey:
    if options["private_key_path"] is not None:
        source = f"private_key_path: {options['private_key_path']}"
        content = _files.read(options["private_key_path"], "private_key_path")
    else:
        source = "private_key_content"
        content = options["private_key_content"].encode(errors="replace")
    key = _keys.load_private(content, options["private_key_passphrase"], source, "private_key_passphrase")
    _keys.check_size(key, source)
    return key


def _facts(token: _token.Token, key: rsa.RSAPrivateKey) -> dict[str, t.Any]:
    claims = token.claims
    return {
        "token": token.text,
        "header": token.header,
        "claims": claims,
        "subject": claims["sub"],
        "key_id": token.header["kid"],
        "public_key": _keys.public_pem(key.public_key()).decode(),
        "issued_at": _claims.iso8601(claims["iat"]),
        "not_before": _claims.iso8601(claims["nbf"]),
        "expires_at": _claims.iso8601(claims["exp"]),
        "lifetime": claims["exp"] - claims["nbf"],
    }


def _summary(token: _token.Token | None, access: _files.Access | None) -> dict[str, t.Any]:
    """What diff mode shows: all that the token says, but not its signature."""
    if not token or not access:
        return {}
    return {"mode": f"{access.mode:04o}", "header": token.header, "claims": token.claims}
