# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON that means one thing only."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils import _json


def test_an_object_is_read() -> None:
    assert _json.parse_object('{"a": [1, {"b": "é"}]}'.encode()) == {"a": [1, {"b": "é"}]}


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"1", b"{", b'{"a": 1} x', b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}', b'{"a": NaN}']
    + [b'{"a": Infinity}', b'{"a": "\xff"}', b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", b"[" * 10**5],
)
def test_all_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        _json.parse_object(data)


def test_100_levels_are_not_too_deep() -> None:
    value: object = {}
    for _number in range(_json.MAXIMUM_DEPTH - 1):
        value = [value]
    assert not _json.is_too_deep(value)
    assert _json.is_too_deep([value])
