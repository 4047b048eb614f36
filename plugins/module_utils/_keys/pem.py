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
_END = re.compile(r"-----END\s([A-Z0-9#\s]{1,80})-----")
_QUOTES = "\"'\\ \r\n"


class PemBlock(t.NamedTuple):
    """A PEM block: its label, such as ``RSA PRIVATE KEY``, and its well-formed text.

    ``body.repairs`` names what was undone, except line breaks and encodings.
    """

    label: str
    text: str
    body: bodies.Body


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
            return [_of_type(bodies.Body(whole, label), label, label_ends, source, "DER")]
    text = texts.decode(data)
    # OpenSSL reads PEM, but not what is encoded once more.
    encoding = "PEM" if b"-----BEGIN " in data else None
    begins = list(_BEGIN.finditer(text))
    if not begins:
        return [_without_label(data, text, label_ends, source)]
    wanted = [match for match in begins if _label(match).endswith(label_ends)]
    if wanted:
        return [_block(text, match, label_ends, source, encoding) for match in wanted]
    mislabeled = []
    for match in begins:
        with contextlib.suppress(PemError):
            mislabeled.append(_block(text, match, label_ends, source, encoding))
    if len(mislabeled) == 1:
        return mislabeled
    found = sorted({_label(match) for match in begins})
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
        if label := bodies.read(decoded.strip(_QUOTES), "", restore_plus=True).label:
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
    if not block.body.repairs:
        return None
    return (
        f"{source} is not well-formed: it has {' and '.join(block.body.repairs)}. It was accepted, because it can be read in"
        " only one way, but other programs may reject it: copy the original text again."
    )


def _label(match: re.Match[str]) -> str:
    return " ".join(match[1].split())


def _block(text: str, begin: re.Match[str], label_ends: str, source: str, encoding: str | None) -> PemBlock:
    label = _label(begin)
    end = next((match for match in _END.finditer(text, begin.end()) if _label(match) == label), None)
    if not end:
        raise PemError(f"{source} is cut off: the line '-----END {label}-----' is missing. Copy the whole text.")
    body = bodies.read(text[begin.end() : end.start()], source, label_ends == "PRIVATE KEY")
    return _of_type(body, label, label_ends, source, encoding)


def _of_type(body: bodies.Body, label: str, label_ends: str, source: str, encoding: str | None) -> PemBlock:
    """The block, labeled by its content.

    :param encoding: ``PEM``, ``DER``, or None if OpenSSL may be unable to read it.
    :raises PemError: if it is something else than wanted, or if only the label is wrong, but the right one is unknown.
    """
    if body.cipher and label in ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"):
        raise PemError(
            f"{source} is labeled '{label}', but has the headers of OpenSSL's traditional format: correct the label,"
            " which is usually 'RSA PRIVATE KEY'."
        )
    actual = body.label or label
    is_mislabeled = actual != label
    if not actual.endswith(label_ends) or actual == "TRUSTED CERTIFICATE":
        labeled_as = f" labeled as '{label}'" if is_mislabeled else ""
        raise PemError(
            f"{source} contains {noun(actual)}{labeled_as}, not a {label_ends.lower()}:"
            f" {what_to_do(actual, label_ends, None if is_mislabeled else encoding)}."
        )
    if is_mislabeled:
        body = body._replace(repairs=(*body.repairs, f"the label '{label}' instead of '{actual}'"))
    return PemBlock(actual, _armored(body, actual), body)


def _without_label(data: bytes, text: str, label_ends: str, source: str) -> PemBlock:
    """The block in a text without the line BEGIN."""
    if not text.strip():
        raise PemError(f"{source} is empty: specify a {label_ends.lower()} in PEM format.")
    body = None
    with contextlib.suppress(PemError):
        body = bodies.read(text.strip(_QUOTES), source, label_ends == "PRIVATE KEY")
    if not body or not body.label:
        raise PemError(f"{source} {other_format(data, text, label_ends)}")
    body = body._replace(repairs=(*body.repairs, "no lines BEGIN and END"))
    return _of_type(body, body.label, label_ends, source, None)


def _armored(body: bodies.Body, label: str) -> str:
    lines = [f"-----BEGIN {label}-----"]
    if body.cipher:
        lines += ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {body.cipher},{body.vector}", ""]
    lines += re.findall(".{1,64}", base64.b64encode(body.content).decode())
    return "\n".join([*lines, f"-----END {label}-----", ""])
