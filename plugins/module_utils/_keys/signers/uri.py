# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URI of a private key that lives in a key store. Pure Python.

What stands in it beyond the scheme and the options is each store's own form. No message repeats a URI that is invalid,
because somebody may have written a secret into it.
"""

from __future__ import annotations

import re
import typing as t

from ..._errors import MAYBE_UNSET, OptionError
from ..._files.options import is_content

OPTION = "private_key_uri"

FORMS = {"hashivault": "hashivault://[MOUNT/]NAME[?version=NUMBER]"}
"""How the URIs of each store are written, by scheme, for messages."""

_OPTION_NAME = re.compile("[a-z][a-z-]*")


class KeyUri(t.NamedTuple):
    """A URI in parts: ``scheme://path?name=value&name=value``. ``form`` is how such URIs are written."""

    scheme: str
    path: str
    options: dict[str, str]
    form: str


def parse(text: str, forms: t.Mapping[str, str] = FORMS) -> KeyUri:
    """Split the URI of a private key.

    :raises OptionError: if it is not such a URI.
    """
    known = " or ".join(forms.values())
    if not text:
        raise OptionError(f"O({OPTION}) is empty ({MAYBE_UNSET}): write it as {known}, or leave the option out.")
    if is_content(text):
        raise OptionError(f"O({OPTION}) contains a PEM or a token instead of a URI: write it as {known}.")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise OptionError(f"O({OPTION}) contains blanks, line breaks or non-ASCII characters: write it as {known}.")
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise OptionError(
            f"O({OPTION}) is not a URI: write it as {known}, or set O(private_key_path) if the key is in a file."
        )
    if scheme not in forms:
        raise OptionError(f"O({OPTION}) has an unknown scheme: write it as {known}.")
    path, mark, query = rest.partition("?")
    form = forms[scheme]
    return KeyUri(scheme, path, _options(query, has_mark=bool(mark), form=form), form)


def _options(query: str, has_mark: bool, form: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if has_mark else ():
        name, _equals, value = part.partition("=")
        if not _OPTION_NAME.fullmatch(name) or not value:
            raise OptionError(f"O({OPTION}) has an option without a name or a value: write it as {form}.")
        if name in options:
            raise OptionError(f"O({OPTION}) has the option '{name}' twice: remove one of them.")
        options[name] = value
    return options
