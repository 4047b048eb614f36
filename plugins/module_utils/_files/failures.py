# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn errors of the operating system into messages that say what to do."""

from __future__ import annotations

import contextlib
import errno
import typing as t

from .._errors import FileError

_ADVICE = {
    errno.EACCES: "Run as a user who has access, or change the permissions.",
    errno.EDQUOT: "Free some space.",
    errno.ENAMETOOLONG: "Use a shorter name.",
    errno.ENOENT: "Specify an existing path.",
    errno.ENOSPC: "Free some space.",
    errno.ENOTDIR: "A part of the path is a file, not a folder: use another path.",
    errno.EPERM: "Run as a user who is allowed to do this.",
    errno.EROFS: "Use a writable path.",
}


@contextlib.contextmanager
def as_file_error(what_failed: str) -> t.Iterator[None]:
    """Turn an OSError into a FileError.

    :param what_failed: the beginning of the message.
    :raises FileError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        raise failure(what_failed, error) from error


def failure(what_failed: str, error: OSError) -> FileError:
    """The FileError to raise, which says what failed, why, and what to do."""
    advice = _ADVICE.get(error.errno, "Check what the file system allows.")
    return FileError(f"{what_failed}: {error.strerror}. {advice}")
