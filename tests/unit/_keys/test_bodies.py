# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text between BEGIN and END: what is undone, what is said of it, and what is refused."""

from __future__ import annotations

import base64
import re
import string
import typing as t

import pytest
from manglings import LINE_ENDS, PLUS, QUOTING, WRAPPING

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import PemError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import bodies

REPAIRS = {
    "+ becomes a blank": "spaces instead of plus signs",
    "quoted": "quotation marks (>)",
    "quoted twice": "quotation marks (>)",
    "line numbers": "line numbers",
    "line numbers like an editor's": "line numbers",
    "no-break spaces": "invisible characters",
    "zero width spaces": "invisible characters",
    "byte order marks": "invisible characters",
}
"""What is warned about, by what has happened; whatever is not here, such as line ends, is no reason for a warning."""


def between(pem: str) -> str:
    """What is between the lines BEGIN and END."""
    return re.search("-----BEGIN [^-]+-----(.*)-----END", pem, re.DOTALL)[1]


BODY_QUOTING = {name: mangle for name, mangle in QUOTING.items() if "BEGIN and END" not in name}


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "encrypted PKCS#8"])
@pytest.mark.parametrize("name", [*WRAPPING, *PLUS, *BODY_QUOTING, *LINE_ENDS])
def test_one_change_is_undone(private_keys: dict[str, bytes], form: str, name: str) -> None:
    pem = private_keys[form].decode()
    mangle: t.Callable[[str], str] = {**WRAPPING, **PLUS, **QUOTING, **LINE_ENDS}[name]
    body = bodies.read(between(mangle(pem)), "THE_SOURCE", restore_plus=True)
    assert body.content == base64.b64decode(between(pem))
    assert body.repairs == ((REPAIRS[name],) if name in REPAIRS else ())


@pytest.mark.parametrize("name", [*BODY_QUOTING, *LINE_ENDS])
def test_headers_are_found_whatever_happens_to_their_lines(private_keys: dict[str, bytes], name: str) -> None:
    pem = private_keys["encrypted PKCS#1"].decode()
    body = bodies.read(between({**QUOTING, **LINE_ENDS}[name](pem)), "THE_SOURCE", restore_plus=True)
    assert f"DEK-Info: {body.cipher},{body.vector}\n" in pem
    assert body.content == base64.b64decode(pem.split("\n\n")[1].split("-----")[0])


def test_a_space_in_a_public_key_may_have_been_anything(private_keys: dict[str, bytes]) -> None:
    public = between(private_keys["public"].decode())
    for spoiled in (public.replace("+", " "), public[:100] + " " + public[101:]):
        if spoiled != public:
            with pytest.raises(PemError, match=r"spaces, which may have been plus signs \(\+\)"):
                bodies.read(spoiled, "THE_SOURCE", restore_plus=False)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda text: text[:-20], "it is incomplete"),
        (lambda text: text[:100] + text[101:], "it is incomplete"),
        (lambda text: text.replace("A", "*", 1), "it contains the character '*', which does not occur in base64"),
        (lambda text: text.replace("A", "\x07", 1), "it contains a control character"),
        (lambda text: text[:30] + " " + text[33:], "it contains spaces, which may have been plus signs (+)"),
    ],
)
def test_what_cannot_be_undone_is_named(
    private_keys: dict[str, bytes], spoil: t.Callable[[str], str], problem: str
) -> None:
    with pytest.raises(PemError) as caught:
        bodies.read(spoil(between(private_keys["PKCS#8"].decode())), "THE_SOURCE", restore_plus=True)
    message = f"THE_SOURCE cannot be read: {problem}. Copy the whole text again, or restore it from a backup."
    assert str(caught.value) == message


def two_structures_in_one() -> str:
    """Letters that are a whole structure without their spaces, and another one with plus signs in their place.

    They begin with a tag and a length, 30 81. The first space is where the length follows: 204 without it, 254 with a
    plus sign. The content, which then begins six bits later, is two numbers in the first case, and in the second one a
    structure of eight bytes and a bit string.
    """
    bits = list("001100".ljust(6 + 204 * 8, "0"))
    for place, byte in {
        **{6: 0x02, 14: 30, 6 + 32 * 8: 0x02, 6 + 33 * 8: 0x81, 6 + 34 * 8: 169},
        **{10 * 8: 0x03, 11 * 8: 0x81, 12 * 8: 241},
    }.items():
        bits[place : place + 8] = f"{byte:08b}"
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    content = "".join(alphabet[int("".join(bits[place : place + 6]), 2)] for place in range(0, len(bits), 6))
    return f"MIH {content[:200]}{' ' * 66}{content[200:]}"


def test_two_possible_readings_are_refused() -> None:
    text = two_structures_in_one()
    readings = [bodies.read(text.replace(" ", one), "THE_SOURCE", restore_plus=True).label for one in ("", "+")]
    assert readings == ["RSA PUBLIC KEY", "PUBLIC KEY"]
    with pytest.raises(PemError, match=r"spaces, which may have been plus signs \(\+\)"):
        bodies.read(text, "THE_SOURCE", restore_plus=True)


def test_spaces_in_encrypted_data_are_refused() -> None:
    headers = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0011223344556677\n\n"
    # Both without the spaces and with plus signs instead, this is a whole number of cipher blocks.
    body = "A" * 10 + " " * 16 + "A" * 15 + " " * 16 + "A" * 7 + "\n"
    for one in (body.replace(" ", ""), body.replace(" ", "+")):
        assert bodies.read(headers + one, "THE_SOURCE", restore_plus=True).content
    with pytest.raises(PemError, match=r"spaces, which may have been plus signs \(\+\)"):
        bodies.read(headers + body, "THE_SOURCE", restore_plus=True)


def test_numbers_that_do_not_count_up_are_no_line_numbers() -> None:
    with pytest.raises(PemError):
        bodies.read("\n2 MIIB\n7 AAAA\n", "THE_SOURCE", restore_plus=True)
