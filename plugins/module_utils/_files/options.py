# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validate options for files: paths, modes, owners and groups."""

from __future__ import annotations

import grp
import pwd
import re
import stat
import typing as t

from .. import _text
from .._errors import MAYBE_UNSET, OptionError
from . import read

_CONTENT = re.compile(r"""eyJ[\w-]+\.[\w-]+\.[\w-]+|[A-Za-z0-9+/=\s\\"']{500,}""")
"""A JWT, or text that is so long and so plain that it is base64, not a path."""

_NO_ID = 2**32 - 1
"""The ID that chown(2) reserves for "unchanged"."""


def check_path(path: str | None, option: str) -> None:
    """Reject a value that cannot be a path.

    :raises OptionError: if it is empty, contains a null byte or ends with a line break, or is a key or token, which the
        message does not repeat.
    """
    if not path:
        raise OptionError(f"O({option}) is empty: specify a path.")
    if is_content(path):
        raise OptionError(
            f"O({option}) contains a PEM or a token instead of a path: specify a path, or use another option."
        )
    if "\0" in path:
        raise OptionError(f"O({option}) contains a null byte: remove it.")
    if path.endswith(("\n", "\r")):
        raise OptionError(f"O({option}) {_text.invisible_end(path)}")


def check_ca_path(path: str, option: str) -> None:
    """Reject a value that cannot be the path of a file with CA certificates.

    :raises QlikError: if it cannot be a path, or the file cannot be read or contains no PEM.
    """
    check_path(path, option)
    if b"-----BEGIN " not in read.stored(path, option):
        raise OptionError(
            f"O({option}): {path} contains no certificate in PEM format: specify the file of the CA certificate."
        )


def check_content(text: str, option: str, wanted: str) -> None:
    """Reject an empty text in place of the content of a file.

    :param wanted: what the text should be, for the message.
    :raises OptionError: if it is empty.
    """
    if not text.strip():
        raise OptionError(f"O({option}) is empty ({MAYBE_UNSET}): specify {wanted} in PEM format.")


def is_content(text: str) -> bool:
    """Whether a text is a PEM, in any encoding, or a JWT, which a user may have set in an option for a path."""
    return "-----BEGIN" in text or "-----END" in text or _CONTENT.fullmatch(text.strip()) is not None


def parse_mode(value: t.Any, option: str, *, forbidden: int) -> int:
    """Parse permission bits: an octal string such as ``0600``, or a YAML number as Ansible interprets it.

    :param forbidden: bits that must not be set.
    :raises OptionError: if it is not such a number, has forbidden bits, or does not let the owner read the file; or if
        it is a number whose digits are a mode too, so that the quotes may be missing.
    """
    try:
        mode = int(value, 8) if isinstance(value, str) else int(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise OptionError(f"O({option}) is not an octal number: write it in quotes, as in '0600'.") from error
    if _is_ambiguous(value, forbidden):
        raise OptionError(
            f"O({option}) is {value} without quotes, which means {mode:04o}: write it in quotes, as in '0{value}'."
        )
    if not _is_permitted(mode, forbidden):
        raise OptionError(
            f"O({option}) is {mode:04o}: it must let the owner read, and must not include any bit of {forbidden:04o}."
            " Write it in quotes, as in '0600'."
        )
    return mode


def _is_ambiguous(value: t.Any, forbidden: int) -> bool:
    # YAML reads 400 without quotes as the decimal number, which is the mode 0620. Nobody means that.
    return (
        not isinstance(value, str)
        and re.fullmatch("[0-7]+", str(value)) is not None
        and _is_permitted(int(str(value), 8), forbidden)
    )


def _is_permitted(mode: int, forbidden: int) -> bool:
    return not mode & ~0o777 and not mode & forbidden and bool(mode & stat.S_IRUSR)


def user_id(name: str | None, option: str) -> int | None:
    """The numeric ID of a user given by name or ID; None stays None.

    :raises OptionError: if the user does not exist.
    """
    return _account_id(name, option, lambda known: pwd.getpwnam(known).pw_uid)


def group_id(name: str | None, option: str) -> int | None:
    """The numeric ID of a group given by name or ID; None stays None.

    :raises OptionError: if the group does not exist.
    """
    return _account_id(name, option, lambda known: grp.getgrnam(known).gr_gid)


def _account_id(name: str | None, option: str, look_up: t.Callable[[str], int]) -> int | None:
    if name is None:
        return None
    if re.fullmatch("[0-9]{1,10}", name) and int(name) < _NO_ID:
        return int(name)
    try:
        return look_up(name)
    except (KeyError, ValueError) as error:
        raise OptionError(
            f"O({option}) is '{name}', which does not exist on this machine: specify another one."
        ) from error
