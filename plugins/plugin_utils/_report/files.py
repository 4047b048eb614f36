# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the status is written to: check what the user wants before the run, and write it after it."""

from __future__ import annotations

import datetime
import difflib
import typing as t

from ...module_utils._errors import OptionError, printable
from ...module_utils._files import outputs, places
from ...module_utils._files.options import check_path
from . import page, prometheus, spreadsheet
from .data import WORDS, Tenant

_FORMATS: dict[str, t.Callable[[t.Sequence[Tenant], datetime.datetime], str]] = {
    "html": page.text,
    "csv": lambda tenants, now: spreadsheet.text(tenants),
    "prometheus": prometheus.text,
}
"""What makes the content of a file, by the option that names it."""


def check_words(words: t.Iterable[str]) -> None:
    """Reject a word that says nothing of a tenant.

    :raises OptionError: if one of them is unknown.
    """
    for word in words:
        if word not in WORDS:
            nearest = difflib.get_close_matches(word, WORDS, 1)
            hint = f"{nearest[0]} is perhaps meant" if nearest else "correct it"
            raise OptionError(
                f"O(fail_on) contains '{printable(word)}', which is not one of {', '.join(sorted(WORDS))}: {hint}."
            )


def paths(options: t.Mapping[str, t.Any], playbook_folder: str) -> dict[str, str]:
    """The absolute paths of the files that the user wants, by option.

    :raises OptionError: if one is not a path, or two are the same.
    :raises FileError: if one cannot be written.
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for option in _FORMATS:
        if options[option] is None:
            continue
        check_path(options[option], option)
        path = outputs.absolute(options[option], playbook_folder)
        other = first.setdefault(places.real(path, "/"), option)
        if other != option:
            raise OptionError(f"O({other}) and O({option}) are both {path}: specify a different file for each.")
        outputs.check(path, option)
        found[option] = path
    return found


def write(wanted: t.Mapping[str, str], tenants: t.Sequence[Tenant], now: datetime.datetime) -> None:
    """Write the files.

    :param wanted: their absolute paths, by option.
    :param now: when the tenants were looked at.
    :raises FileError: if one cannot be written.
    """
    for option, path in wanted.items():
        outputs.write(path, _FORMATS[option](tenants, now).encode(), option)
