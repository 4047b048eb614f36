# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that come from variables: which are read, what they are called in messages, and which names are wrong."""

from __future__ import annotations

import re
import types
import typing as t

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19, everything is a template

    def trust_as_template(text: str) -> str:
        """The same text."""
        return text


from ansible_collections.tenantops.qlik.plugins.plugin_utils import _variables

MODULE = types.SimpleNamespace(
    ARGUMENT_SPEC={
        "key_id": {"type": "str"},
        "key_size": {"type": "int", "choices": [2048, 4096]},
        "users": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}}},
        "api_key": {"type": "str", "no_log": True},
        "other": {"type": "str"},
        "variables": {"type": "str"},
    },
    MUTUALLY_EXCLUSIVE=[("api_key", "other")],
)


def names(prefix: str | None = "my_", **written: t.Any) -> _variables.Names:
    """The names of a task with these options."""
    return _variables.Names({**written, "variables": prefix}, prefix, MODULE)


def read(variables: dict[str, t.Any], **written: t.Any) -> dict[str, t.Any]:
    """What is read from these variables."""
    omit = "__omit_place_holder__x"
    variables = {"omit": omit, **variables}
    templar = Templar(DataLoader(), variables=variables)
    return _variables.read(templar, variables, names(**written))


def test_variables_are_templated_where_they_are_templates() -> None:
    variables = {
        "my_key_id": trust_as_template("{{ base }}-1"),
        "base": "key",
        "my_users": [{"name": trust_as_template("{{ base | upper }}")}],
        "my_key_size": 2048,
        "my_api_key": "as it is",
        "unrelated": trust_as_template("{{ not_there }}"),
    }
    assert read(variables) == {
        "key_id": "key-1",
        "users": [{"name": "KEY"}],
        "key_size": 2048,
        "api_key": "as it is",
    }


def test_what_is_omitted_is_left_out_also_inside() -> None:
    omitted = trust_as_template("{{ omit }}")
    users = [{"name": "A", "id": omitted}, {"name": None}]
    assert read({"my_key_id": omitted, "my_users": users}) == {"users": [{"name": "A"}, {"name": None}]}


def test_what_the_task_says_is_not_read() -> None:
    assert read({"my_key_id": trust_as_template("{{ not_there }}"), "my_other": "x"}, key_id="mine") == {"other": "x"}


def test_nothing_is_read_without_a_prefix() -> None:
    assert _variables.read(None, {"key_id": "x"}, names(None)) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            trust_as_template("{{ not_there }}"),
            "The value of my_api_key cannot be determined: 'not_there' is undefined",
        ),
        (None, "my_api_key is null: give it a value, or do not set it."),
        (trust_as_template("{{ {}.secret }}"), "The value of my_api_key cannot be determined: "),
    ],
)
def test_a_value_that_is_nothing_is_named(value: t.Any, message: str) -> None:
    with pytest.raises(AnsibleActionFail) as raised:
        read({"my_api_key": value})
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key_size": "banana"}, "argument 'my_key_size' is of type .* unable to convert to int"),
        ({"key_size": 1024}, "value of my_key_size must be one of: 2048, 4096, got: 1024"),
        ({"users": [{"nmae": "A"}]}, "Unsupported options: my_users.nmae. Supported parameters include: name."),
        ({"api_key": "k", "other": "x"}, r"parameters are mutually exclusive: my_api_key\|my_other"),
    ],
)
def test_what_ansible_refuses_is_said_with_the_names_of_variables(options: dict[str, t.Any], message: str) -> None:
    assert re.search(message, names().in_message("key_size is wrong", options))


def test_what_the_task_says_has_its_own_name() -> None:
    written = names(key_id="x")
    assert (
        written.in_message("my_key_id and my_key_size are wrong.", {"key_id": "x"})
        == "key_id and my_key_size are wrong."
    )
    assert "of type" in written.in_message("", {"key_size": "banana"})
    assert names(None).in_message("key_id is wrong.", {"key_size": "banana"}) == "key_id is wrong."


def test_a_misspelt_name_is_told_with_the_nearest_right_one() -> None:
    variables = ["my_kye_id", "my_key_id", "my_tokens", "my_changed", "mine", "my_entirely_different"]
    assert _variables.misspelt(variables, names()) == [
        "The variable my_entirely_different has no effect, because there is no option of this name.",
        "The variable my_kye_id has no effect, because there is no option of this name: perhaps my_key_id is meant.",
    ]
    assert _variables.misspelt(variables, names(None)) == []


@pytest.mark.parametrize("text", ['[{"name": "A"}]', "[{name: A}]", "- name: A"])
def test_users_as_text(text: str) -> None:
    assert _variables.user_list(text, "my_users") == [{"name": "A"}]


@pytest.mark.parametrize("value", ["Anna", "", "{name: A}", "[A]", "[{", {"name": "A"}, [1], True])
def test_no_list_of_users(value: t.Any) -> None:
    with pytest.raises(AnsibleActionFail, match="^my_users must be a list of users"):
        _variables.user_list(value, "my_users")
