# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The id of an OAuth client, which is no secret, in a file beside its keys: what to authenticate as from the second run on.

It is written as soon as the tenant has the client, and removed last.
"""

from __future__ import annotations

import os
import re
import typing as t

from ..._errors import FileError
from ..._files import read
from ..._files.folder import Access, locked_folder
from ..._text import host_name
from ..report import Difference

if t.TYPE_CHECKING:
    from ..options import Wanted
    from ..report import Report

KIND = "client_id"
"""In the data of a step."""

_ACCESS = Access(0o644)

# Only unreserved characters (RFC 3986, section 2.3), so that an ID cannot change the path of a request.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~-]*")


def name(wanted: Wanted) -> str:
    """The name of the file. It has that of the tenant, because tenants may share a folder."""
    return f"{host_name(wanted.options['tenant'])}.{KIND}"


def stored(wanted: Wanted) -> str | None:
    """The client id; None if there is no file.

    :raises FileError: if the file cannot be read, or has something else.
    """
    directory = wanted.options["key_directory"]
    if not read.exists(directory):
        return None
    with locked_folder(directory) as folder:
        found = folder.read(name(wanted))
        path = folder.path_of(name(wanted))
    text = found.content.decode(errors="replace").strip() if found else None
    if text is not None and not _ID.fullmatch(text):
        raise FileError(
            f"{path} must have one line with the id of the OAuth client: restore it, or remove it, and the client is found"
            " by O(client_name)."
        )
    return text


def ensure_present(wanted: Wanted, before: str | None, client_id: str | None, report: Report) -> None:
    """Write the file if it has another id.

    :param before: what it has.
    :param client_id: None in check mode for a client that would be created.
    :raises FileError: if that fails.
    """
    directory, its = wanted.options["key_directory"], name(wanted)
    if before is not None and before == client_id:
        return
    leftovers: list[str] = []
    if not report.check_mode:
        with locked_folder(directory) as folder:
            leftovers = folder.leftovers([its])
            folder.write({its: (f"{client_id}\n".encode(), _ACCESS)})
            for leftover in leftovers:
                folder.remove(leftover)
    reason = f"it {report.words.was} missing" if before is None else f"it {report.words.had} another id"
    step = report.words.step("write", KIND, its, reason, os.path.join(directory, its))
    report.add([step], Difference(its, _in_diff(before), _in_diff(client_id or "(new)")))


def ensure_absent(wanted: Wanted, before: str | None, report: Report) -> None:
    """Remove the file.

    :param before: what it has; None if it does not exist.
    :raises FileError: if that fails.
    """
    if before is None:
        return
    directory, its = wanted.options["key_directory"], name(wanted)
    if not report.check_mode:
        with locked_folder(directory) as folder:
            folder.remove(its)
    step = report.words.step("remove", KIND, its, name=os.path.join(directory, its))
    report.add([step], Difference(its, _in_diff(before), {}))


def _in_diff(client_id: str | None) -> dict[str, t.Any]:
    return {} if client_id is None else {"client_id": client_id}
