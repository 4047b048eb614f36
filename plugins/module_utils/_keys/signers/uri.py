# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URI of a private key that lives in a key store. Pure Python.

Each store defines its own form for the part between the scheme and the options, and whether that is percent-encoded. No
message repeats an invalid URI, because somebody may have written a secret into it.
"""

from __future__ import annotations

import re
import types
import typing as t

from ..._errors import MAYBE_UNSET, OptionError
from ..._files.options import is_content

OPTION = "private_key_uri"

FORMS: t.Mapping[str, str] = types.MappingProxyType(
    {
        "awskms": "awskms://[HOST[:PORT]]/(alias/NAME|KEY-ID|ARN)",
        "hashivault": "hashivault://[MOUNT/]NAME[?version=NUMBER]",
        "pkcs11": "pkcs11:token=LABEL;object=LABEL[;id=ID][;serial=NUMBER][?module-path=PATH&pin-source=PATH]",
    }
)
"""How the URIs of each store are written, by scheme, for messages."""

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)")  # RFC 3986, section 3.1
_OPTION_NAME = re.compile("[a-z][a-z-]*")


class KeyUri(t.NamedTuple):
    """A URI in parts: ``scheme:path?name=value&name=value``. ``form`` is how such URIs are written.

    Where that form has ``//``, the path is what follows it.
    """

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
    found = _URI.fullmatch(text)
    if not found:
        raise OptionError(
            f"O({OPTION}) is not a URI: write it as {known}, or set O(private_key_path) if the key is in a file."
        )
    scheme, rest = found.groups()
    if scheme not in forms:
        raise OptionError(f"O({OPTION}) has an unknown scheme: write it as {known}.")
    form = forms[scheme]
    if form.startswith(f"{scheme}://"):
        if not rest.startswith("//"):
            raise OptionError(f"O({OPTION}) has no // after the scheme: write it as {form}.")
        rest = rest[2:]
    path, mark, query = rest.partition("?")
    return KeyUri(scheme, path, options(query, "&", form) if mark else {}, form)


def options(text: str, separator: str, form: str) -> dict[str, str]:
    """Split ``name=value`` pairs. Each value may be in another encoding, so that none is decoded.

    :param form: how such a URI is written, for messages.
    :raises OptionError: if one has no name or value, or two have the same name.
    """
    options: dict[str, str] = {}
    for part in text.split(separator):
        name, _equals, value = part.partition("=")
        if not _OPTION_NAME.fullmatch(name) or not value:
            raise OptionError(f"O({OPTION}) has an option without a name or a value: write it as {form}.")
        if name in options:
            raise OptionError(f"O({OPTION}) has the option '{name}' twice: remove one of them.")
        options[name] = value
    return options
