# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Store a token in a file, and reuse it as long as it is valid."""

from __future__ import annotations

import os
import typing as t

from .._errors import FileError
from .._files.folder import Access, locked_folder
from .._files.options import check_path
from . import compact, sign
from .claims import QLIK_CLOUD, Profile, is_reusable
from .durations import renewal

ACCESS = Access(0o600)

NOT_OVERWRITTEN = ", and is not overwritten: specify another file, or remove it."


def issue(
    options: t.Mapping[str, t.Any],
    now: int,
    check_mode: bool,
    accept: t.Callable[[dict[str, t.Any]], None],
    profile: Profile = QLIK_CLOUD,
) -> sign.Outcome:
    """Reuse the token in the file ``path`` if it is equivalent to a new one. Otherwise, sign a new token and store it.

    Without ``path``, sign a new token.

    :param options: the options of the module for the product, by name.
    :param now: seconds since 1970.
    :param accept: called with the facts before anything is written; raises an exception to reject them.
    :raises QlikError: if that fails. In that case, nothing has changed.
    """
    sign.check_key(options)
    wanted = sign.draft(options, now, profile)
    # An invalid value is an error even without a file, where it has no effect.
    renew_before = renewal(options["renew_before"], wanted.left_when_signed)
    if options["path"] is None:
        return sign.issue(options, wanted, check_mode, accept)
    check_path(options["path"], "path")
    if check_mode and sign.is_key_missing(options):
        return sign.without_key(options, wanted, changed=True)
    key, warnings = sign.private_key(options)
    key_id, algorithm = sign.header(options, wanted, key)
    same_jti = options.get("jti") is not None or "jti" not in profile.defaults

    name = os.path.basename(options["path"])
    if not name:
        raise FileError(f"O(path): {options['path']} is a directory: specify a file.")
    with locked_folder(os.path.dirname(options["path"]) or ".") as folder:
        found = folder.read(name)
        kept = found and compact.parse(found.content, folder.path_of(name), NOT_OVERWRITTEN)
        reused = (
            kept
            and not options["force"]
            and kept.header == compact.header(key_id, algorithm)
            and is_reusable(kept.claims, wanted.claims, same_jti, renew_before, now, profile)
            and compact.is_signed_by(kept, key.public_key(), [algorithm])
        )
        token = kept if reused else compact.sign(wanted.claims, key, key_id, algorithm)
        facts = sign.describe(token, key, profile)
        accept(facts)
        right_mode = found and found.access.mode == ACCESS.mode
        leftovers = folder.leftovers([name])
        if not check_mode:
            # Remove leftovers before writing anything, in case they fill the disk.
            for leftover in leftovers:
                folder.remove(leftover)
            if not reused:
                folder.write({name: (token.text.encode(), ACCESS)})
            elif not right_mode:
                folder.set_access(name, ACCESS)
    return sign.Outcome(
        changed=bool(not reused or not right_mode or leftovers),
        reused=bool(reused),
        facts=facts,
        warnings=[*wanted.warnings, *warnings],
        before=_summary(kept, found and found.access),
        after=_summary(token, ACCESS),
    )


def _summary(token: compact.Token | None, access: Access | None) -> dict[str, t.Any]:
    """The token as shown in diff mode, without its signature."""
    if not token or not access:
        return {}
    return {"mode": f"{access.mode:04o}", "header": token.header, "claims": token.claims}
