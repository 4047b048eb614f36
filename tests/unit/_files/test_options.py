# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are about files: paths, modes, owners and groups."""

from __future__ import annotations

import grp
import pwd
import typing as t

import pytest
import yaml
from manglings import ENCODING, ESCAPING, without_armor

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._files import options

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize("path", ["a", "/a/b", "a b", "~", "eyJ", "-----"])
def test_a_path(path: str) -> None:
    options.check_path(path, "directory")


@pytest.mark.parametrize("path", [None, "", "a\0b", "-----BEGIN X-----\nabc", TOKEN, f" {TOKEN}\n"])
def test_what_is_no_path_is_refused_and_not_repeated(path: str | None) -> None:
    with pytest.raises(OptionError, match="^directory ") as caught:
        options.check_path(path, "directory")
    assert caught.value.option == "directory"
    assert not path or path.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "mode"),
    [("0600", 0o600), ("600", 0o600), (0o600, 0o600), (384, 0o600), ("0o640", 0o640), ("0400", 0o400)],
)
def test_a_mode(value: t.Any, mode: int) -> None:
    assert options.parse_mode(value, "mode", forbidden=0o007) == mode


@pytest.mark.parametrize(
    "value",
    ["", "banana", "0800", "u=rw", None, [], "0601", "0200", "0000", 600, "10600", "-600", float("inf")],
    ids=repr,
)
def test_what_is_no_mode_is_refused(value: t.Any) -> None:
    with pytest.raises(OptionError, match="^mode is .*'0600'") as caught:
        options.parse_mode(value, "mode", forbidden=0o007)
    assert caught.value.option == "mode"


@pytest.mark.parametrize("value", ["0644", "1130"])
def test_a_mode_with_forbidden_bits_is_shown(value: str) -> None:
    with pytest.raises(OptionError) as caught:
        options.parse_mode(value, "mode", forbidden=0o007)
    assert str(caught.value) == (
        f"mode is {value}: it must let the owner read, and must not include any bit of 0007. Write it in quotes, as in"
        " '0600'."
    )


@pytest.mark.parametrize(
    ("value", "forbidden", "meant"),
    [
        (600, 0o007, "1130"),
        (640, 0o007, "1200"),
        (644, 0o022, "1204"),
        (444, 0o022, "0674"),
        # Modes that nobody means, though they have no forbidden bit.
        (400, 0o007, "0620"),
        (440, 0o007, "0670"),
    ],
)
def test_a_mode_is_shown_as_the_user_wrote_it(value: int, forbidden: int, meant: str) -> None:
    with pytest.raises(OptionError) as caught:
        options.parse_mode(value, "mode", forbidden=forbidden)
    assert str(caught.value) == (
        f"mode is {value} without quotes, which means {meant}: write it in quotes, as in '0{value}'."
    )


@pytest.mark.parametrize("written", ["0600", "0400", "0440", "0640", "0660", "0700", "0750"])
def test_a_mode_that_yaml_reads_as_octal_is_taken(written: str) -> None:
    assert options.parse_mode(yaml.safe_load(written), "mode", forbidden=0o007) == int(written, 8)


@pytest.mark.parametrize("written", ["0644", "0444", "0640", "0600", "0755", "0400"])
def test_a_public_mode_that_yaml_reads_as_octal_is_taken(written: str) -> None:
    assert options.parse_mode(yaml.safe_load(written), "public_mode", forbidden=0o022) == int(written, 8)


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty_content_may_be_a_variable_that_is_not_set(text: str) -> None:
    options.check_content("x", "private_key_content", "a private key")
    with pytest.raises(OptionError) as caught:
        options.check_content(text, "private_key_content", "a private key")
    assert str(caught.value) == (
        "private_key_content is empty (an environment variable or a CI secret may not be set): specify a private key in"
        " PEM format."
    )


def test_accounts() -> None:
    assert options.user_id("root", "owner") == pwd.getpwnam("root").pw_uid
    assert options.group_id("root", "group") == grp.getgrnam("root").gr_gid
    assert options.user_id("12345", "owner") == options.group_id("12345", "group") == 12345
    assert options.user_id(None, "owner") is None


@pytest.mark.parametrize("name", ["", "nobody knows", "-1", "4294967295", "99999999999", "a\0b"])
def test_an_account_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="^owner is '"):
        options.user_id(name, "owner")
    with pytest.raises(OptionError, match="^group is '"):
        options.group_id(name, "group")


@pytest.mark.parametrize("encoding", [*ENCODING, *ESCAPING, "no label", "cut off", "no-break spaces"])
def test_a_key_is_never_taken_for_a_path(rsa_pem: bytes, encoding: str) -> None:
    changes = {
        **ENCODING,
        **ESCAPING,
        "no label": without_armor,
        "cut off": lambda text: text[100:],
        "no-break spaces": lambda text: text.replace(" ", "\N{NO-BREAK SPACE}"),
    }
    text = changes[encoding](rsa_pem.decode())
    with pytest.raises(OptionError) as caught:
        options.check_path(text, "private_key_path")
    assert str(caught.value).startswith("private_key_path contains a PEM or a token instead of a path")


@pytest.mark.parametrize(
    "path", ["keys/acme/privatekey.pem", "/" + "a-folder_1/" * 300 + "k.pem", "C:/Keys/my key.pem"]
)
def test_a_path_is_not_taken_for_a_key(path: str) -> None:
    options.check_path(path, "private_key_path")


def test_a_path_with_a_line_break_at_its_end() -> None:
    with pytest.raises(OptionError, match=r"^private_key_path ends with a line break: remove it, for example with"):
        options.check_path("keys/acme/privatekey.pem\n", "private_key_path")
