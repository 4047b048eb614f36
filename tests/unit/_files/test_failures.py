# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the operating system as sentences."""

from __future__ import annotations

import errno
import os

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import FileError
from ansible_collections.tenantops.qlik.plugins.module_utils._files.failures import as_file_error, failure


@pytest.mark.parametrize("name", ["EACCES", "ENOSPC", "EROFS", "ENOENT", "ENOTDIR", "EIO", "EMFILE"])
def test_a_sentence_says_what_failed_why_and_what_to_do(name: str) -> None:
    number = getattr(errno, name)
    message = str(failure("Cannot write x", OSError(number, os.strerror(number))))
    what, _separator, advice = message.partition(f": {os.strerror(number)}. ")
    assert what == "Cannot write x" and advice.endswith(".") and "Errno" not in message


def test_only_errors_of_the_operating_system_are_turned() -> None:
    with pytest.raises(FileError, match="^Cannot write x: No space left on device"), as_file_error("Cannot write x"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(KeyError), as_file_error("Cannot write x"):
        raise KeyError
