# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep a token in a file for as long as it is good."""

from __future__ import annotations

import os
import typing as t

from .._errors import FileError
from .._files.folder import Access, locked_folder
from .._files.options import check_path
from . import compact, sign
from .claims import still_fits
from .durations import renewal

ACCESS = Access(0o600)

NOT_OVERWRITTEN = ", and is not overwritten: name another file, or remove it."


def issue(
    options: t.Mapping[str, t.Any], now: int, check_mode: bool, accept: t.Callable[[dict[str, t.Any]], None]
) -> sign.Outcome:
    """Keep the token in the file that ``path`` names if it is as good as a fresh one; else sign one, and write it there.

    :param options: those of the module qscloud_jwt, by their names.
    :param now: seconds since 1970.
    :param accept: called with the facts before anything is written; it raises to refuse them.
    :raises QlikError: if that is not possible; then nothing has changed.
    """
    check_path(options["path"], "path")
    wanted = sign.draft(options, now)
    renew_before = renewal(options["renew_before"], wanted.left_when_signed)
    if check_mode and sign.is_key_missing(options):
        return sign.without_a_key(options, wanted, changed=True)
    key = sign.private_key(options)
    key_id = sign.key_id(options, key)

    name = os.path.basename(options["path"])
    if not name:
        raise FileError(f"O(path): {options['path']} is a directory: give a file.")
    with locked_folder(os.path.dirname(options["path"]) or ".") as folder:
        found = folder.read(name)
        kept = found and compact.parse(found.content, folder.path_of(name), NOT_OVERWRITTEN)
        good = (
            kept
            and not options["force"]
            and kept.header == compact.header(key_id)
            and still_fits(kept.claims, wanted.claims, options["jti"] is not None, renew_before, now)
            and compact.is_signed_by(kept, key.public_key())
        )
        token = kept if good else compact.sign(wanted.claims, key, key_id)
        facts = sign.describe(token, key)
        accept(facts)
        right_mode = found and found.access.mode == ACCESS.mode
        leftovers = folder.leftovers([name])
        if not check_mode:
            # Before anything is written: they may be what fills the disk.
            for leftover in leftovers:
                folder.remove(leftover)
            if not good:
                folder.write({name: (token.text.encode(), ACCESS)})
            elif not right_mode:
                folder.set_access(name, ACCESS)
    return sign.Outcome(
        changed=bool(not good or not right_mode or leftovers),
        reused=bool(good),
        facts=facts,
        warnings=wanted.warnings,
        before=_summary(kept, found and found.access),
        after=_summary(token, ACCESS),
    )


def _summary(token: compact.Token | None, access: Access | None) -> dict[str, t.Any]:
    """What diff mode shows: all that the token says, but not its signature."""
    if not token or not access:
        return {}
    return {"mode": f"{access.mode:04o}", "header": token.header, "claims": token.claims}
