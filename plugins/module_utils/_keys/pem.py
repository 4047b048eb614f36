# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a key or certificate in a file or option, and write it as a well-formed PEM (RFC 7468). No cryptography.

What something is depends on its content. A missing or wrong label is corrected.
"""

from __future__ import annotations

import base64
import contextlib
import re
import typing as t

from .._errors import PemError
from . import bodies, der, texts
from .mistaken import noun, other_format, what_to_do

_BEGIN = re.compile(r"-----BEGIN\s([A-Z0-9#\s]{1,80})-----")
_QUOTES = "\"'\\ \r\n"
_END = re.compile(r"-----END\s([A-Z0-9#\s]{1,80})-----")


class PemBlock(t.NamedTuple):
    """A PEM block: its label, such as ``RSA PRIVATE KEY``, and its well-formed text.

    ``repairs`` names what was undone, except line breaks and encodings. ``cipher`` is set if the block is in OpenSSL's
    traditional encrypted format, for example to ``AES-256-CBC``.
    """

    label: str
    text: str
    content: bytes
    cipher: str
    repairs: tuple[str, ...]


def find(data: bytes, label_ends: str, source: str) -> PemBlock:
    """Find the only block with the given end of the label.

    :param data: a PEM, in which other blocks and text around the block are ignored, or DER.
    :param label_ends: the end of the label, for example ``PRIVATE KEY``.
    :param source: the file or option, for messages.
    :raises PemError: if there is no such block, more than one, or one that cannot be read.
    """
    found = find_all(data, label_ends, source)
    if len(found) > 1:
        raise PemError(f"{source} contains {len(found)} {label_ends.lower()}s: keep only the one to use.")
    return found[0]


def find_all(data: bytes, label_ends: str, source: str) -> list[PemBlock]:
    """Like :func:`find`, but return all such blocks, at least one."""
    for whole in (data, data.rstrip(b"\r\n")):
        if label := der.label(whole):
            return [_of_type(bodies.Body(whole, "", "", ()), label, label_ends, source, "DER")]
    text = texts.decode(data)
    begins = list(_BEGIN.finditer(text))
    if not begins:
        return [_without_label(data, text, label_ends, source)]
    wanted = [match for match in begins if _label(match).endswith(label_ends)]
    if wanted:
        return [_block(text, match, label_ends, source) for match in wanted]
    mislabeled = []
    for match in begins:
        with contextlib.suppress(PemError):
            mislabeled.append(_block(text, match, label_ends, source))
    if len(mislabeled) == 1:
        return mislabeled
    found = sorted({_label(match) for match in begins})
    encoding = "PEM" if b"-----BEGIN " in data else None
    raise PemError(
        f"{source} contains {' and '.join(map(noun, found))}, not a {label_ends.lower()}:"
        f" {what_to_do(found[0], label_ends, encoding)}."
    )


def holds_private_key(text: str) -> bool:
    """Whether a text is a private key or contains one, even if it cannot be read."""
    decoded = texts.decode(text.encode(errors="replace"))
    if "PRIVATE" in decoded:
        return True
    with contextlib.suppress(PemError):
        if label := der.label(bodies.read(decoded.strip(_QUOTES), "", restore_plus=True).content):
            return label.endswith("PRIVATE KEY")
    # It may be a part of one.
    return not _BEGIN.search(decoded)


def one_line(pem: str) -> str:
    """The PEM without line breaks, as the tenant's API requires it.

    https://qlik.dev/manage/automate/identity-provider-create: "the pem must be on a single line".
    """
    return "".join(pem.split("\n"))


def warning(block: PemBlock, source: str) -> str | None:
    """A sentence about the repairs of a block; None if there were none.

    :param source: the file or option.
    """
    if not block.repairs:
        return None
    return (
        f"{source} is not well-formed: it has {' and '.join(block.repairs)}. It was accepted, because it can be read in"
        " only one way, but other programs may reject it: copy the original text again."
    )


def _label(match: re.Match[str]) -> str:
    return " ".join(match[1].split())


def _block(text: str, begin: re.Match[str], label_ends: str, source: str) -> PemBlock:
    label = _label(begin)
    end = next((match for match in _END.finditer(text, begin.end()) if _label(match) == label), None)
    if not end:
        raise PemError(f"{source} is cut off: the line '-----END {label}-----' is missing. Copy the whole text.")
    body_text = text[begin.end() : end.start()]
    return _of_type(bodies.read(body_text, source, label_ends == "PRIVATE KEY"), label, label_ends, source)


def _of_type(body: bodies.Body, label: str, label_ends: str, source: str, encoding: str | None = None) -> PemBlock:
    """The block, labeled by its content.

    :param encoding: ``DER``, or None for a text that OpenSSL may be unable to read.
    :raises PemError: if it is something else than wanted, or if only the label is wrong, but the right one is unknown.
    """
    if body.cipher and label in ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"):
        raise PemError(
            f"{source} is labeled '{label}', but has the headers of OpenSSL's traditional format: correct the label,"
            " which is usually 'RSA PRIVATE KEY'."
        )
    actual = label if body.cipher else der.label(body.content) or label
    if not actual.endswith(label_ends):
        labeled = "" if actual == label else f" labeled as '{label}'"
        raise PemError(
            f"{source} contains {noun(actual)}{labeled}, not a {label_ends.lower()}:"
            f" {what_to_do(actual, label_ends, encoding)}."
        )
    repairs = body.repairs if actual == label else (*body.repairs, f"the label '{label}' instead of '{actual}'")
    return PemBlock(actual, _armored(body, actual), body.content, body.cipher, repairs)


def _without_label(data: bytes, text: str, label_ends: str, source: str) -> PemBlock:
    """The block in a text without the line BEGIN."""
    if not text.strip():
        raise PemError(f"{source} is empty: specify a {label_ends.lower()} in PEM format.")
    try:
        body = bodies.read(text.strip(_QUOTES), source, label_ends == "PRIVATE KEY")
    except PemError:
        body = None
    label = body and der.label(body.content)
    if not label:
        raise PemError(f"{source} {other_format(data, text, label_ends)}")
    block = _of_type(body, label, label_ends, source)
    return block._replace(repairs=(*block.repairs, "no lines BEGIN and END"))


def _armored(body: bodies.Body, label: str) -> str:
    lines = [f"-----BEGIN {label}-----"]
    if body.cipher:
        lines += ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {body.cipher},{body.vector}", ""]
    lines += re.findall(".{1,64}", base64.b64encode(body.content).decode())
    return "\n".join([*lines, f"-----END {label}-----", ""])
