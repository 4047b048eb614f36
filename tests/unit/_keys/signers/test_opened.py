# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task has opened is closed at its end, whatever that is."""

from __future__ import annotations

import typing as t
import unittest.mock

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors, _module
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers.opened import OPENED


@pytest.mark.parametrize("error", [None, _errors.PrivateKeyError("No."), ZeroDivisionError()])
def test_the_end_of_a_task(error: Exception | None) -> None:
    closed: list[str] = []

    def task(_module: t.Any) -> dict[str, t.Any]:
        OPENED.callback(closed.append, "first task")
        assert not closed
        if error:
            raise error
        return {}

    def ends(*_arguments: t.Any, **_keywords: t.Any) -> t.NoReturn:
        assert closed == ["first task"]
        raise SystemExit

    module = unittest.mock.Mock(params={}, argument_spec={}, no_log_values=set(), fail_json=ends, exit_json=ends)
    with pytest.raises(ZeroDivisionError if isinstance(error, ZeroDivisionError) else SystemExit):
        _module.run(module, [], task)
    # It can be used again, as in a loop.
    with OPENED:
        OPENED.callback(closed.append, "second task")
    assert closed == ["first task", "second task"]
