# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of one tenant's users."""

from __future__ import annotations

import re
import time
import typing as t

from .._errors import OptionError
from .._tokens import compact
from .._tokens import sign as _sign
from .options import User, Wanted

if t.TYPE_CHECKING:
    from .keys import Key
    from .report import Report

_OPTION = re.compile(r"O\((\w+)\)")
_UNSET = dict.fromkeys(("subject", "name", "email", "email_verified", "groups", "claims", "jti"))


def draft_all(wanted: Wanted, report: Report) -> dict[str, _sign.Draft]:
    """The content of all tokens, by the user's id.

    :raises OptionError: if the options of a user are invalid or contradict each other.
    """
    drafts = {user.id: draft(wanted, user) for user in wanted.users if wanted.present}
    report.warn(sentence for one in drafts.values() for sentence in one.warnings)
    return drafts


def draft(wanted: Wanted, user: User, **more: t.Any) -> _sign.Draft:
    """The content of a user's token.

    :param more: options that replace the user's own.
    :raises OptionError: if its options are invalid or contradict each other.
    """
    try:
        return _sign.draft({**wanted.options, **_UNSET, **user.options, **more}, int(time.time()))
    except OptionError as error:
        # The options of a user have no name of their own in a task or play, unlike those that apply to all users.
        own = {*_UNSET, *user.options}
        if error.option not in {*own, "strict"}:
            raise
        message = _OPTION.sub(lambda found: found[1] if found[1] in own else found[0], error.message)
        raise OptionError(f"O(users), {user.id}: {message}") from error


def sign(wanted: _sign.Draft, key: Key) -> str:
    """Sign a token.

    :raises PrivateKeyError: if the signature does not verify.
    """
    return compact.sign(wanted.claims, key.private, key.key_id).text


def sign_all(drafts: t.Mapping[str, _sign.Draft], keys: t.Sequence[Key], report: Report) -> dict[str, str | None]:
    """A token for each user, by the user's id; None in check mode if the key does not exist yet.

    :param keys: the first one signs.
    :raises PrivateKeyError: if a signature does not verify.
    """
    tokens = {}
    for user, wanted in drafts.items():
        tokens[user] = sign(wanted, keys[0]) if keys[0].private else None
        if tokens[user]:
            report.add([report.words.step("sign", "token", f"a token for {user}", name=user, changed=False)])
    return tokens
