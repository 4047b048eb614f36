# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a PEM on its way through forms, editors, e-mails, shells and secret stores."""

from __future__ import annotations

import base64
import json
import re
import textwrap
import typing as t
import urllib.parse

Mangling = t.Callable[[str], str]


def _numbered(style: str) -> Mangling:
    return lambda text: "".join(
        style.format(number) + line for number, line in enumerate(text.splitlines(keepends=True), 1)
    )


def _in_body(pattern: str, replacement: str) -> Mangling:
    """Replace a pattern between the lines BEGIN and END only."""

    def mangle(text: str) -> str:
        begin, body, end = re.fullmatch(r"(.*?-----BEGIN [^-]+-----)(.*)(-----END.*)", text, re.DOTALL).groups()
        return begin + re.sub(pattern, replacement, body) + end

    return mangle


def _wrapped(width: int) -> Mangling:
    def mangle(text: str) -> str:
        begin, body, end = re.fullmatch(
            r"(-----BEGIN [^-]+-----\n)(.*?)(-----END[^-]+-----\n)", text, re.DOTALL
        ).groups()
        headers, separator, body = body.rpartition("\n\n")
        return begin + headers + separator + textwrap.fill(body.replace("\n", ""), width) + "\n" + end

    return mangle


WRAPPING: dict[str, Mangling] = {f"lines of {width}": _wrapped(width) for width in (40, 76, 10_000)}
PLUS: dict[str, Mangling] = {"+ becomes a blank": _in_body(r"\+", " ")}
QUOTING: dict[str, Mangling] = {
    "quoted": lambda text: textwrap.indent(text, "> ", lambda line: True),
    "quoted twice": lambda text: textwrap.indent(text, "> > ", lambda line: True),
    "line numbers": _numbered("{} "),
    "line numbers like an editor's": _numbered("{:>4}: "),
    "indented": lambda text: textwrap.indent(text, "    "),
    "no-break spaces": lambda text: text.replace("\n", "\N{NO-BREAK SPACE}\n"),
    "no-break spaces in the lines BEGIN and END": lambda text: text.replace(" ", "\N{NO-BREAK SPACE}"),
    "zero width spaces": _in_body(r"(\n.{20})", "\\1\N{ZERO WIDTH SPACE}"),
    "byte order marks": lambda text: text.replace("\n", "\n\N{ZERO WIDTH NO-BREAK SPACE}"),
}
LINE_ENDS: dict[str, Mangling] = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "spaces for line breaks": lambda text: text.replace("\n", " "),
    "no line breaks": lambda text: text.replace("\n", ""),
    "no last line break": str.rstrip,
}
ESCAPING: dict[str, Mangling] = {
    r"\n": lambda text: text.replace("\n", "\\n"),
    r"\\n": lambda text: text.replace("\n", "\\\\n"),
    r"\\\\n": lambda text: text.replace("\n", "\\\\\\\\n"),
    "JSON": json.dumps,
    "JSON of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
}
ENCODING: dict[str, Mangling] = {
    "percent-encoded": urllib.parse.quote,
    "of a form": urllib.parse.quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of UTF-16": lambda text: base64.b64encode(text.encode("utf-16")).decode(),
    "base64 of base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
}
UNICODE: dict[str, t.Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    **{name: (lambda text, name=name: text.encode(name)) for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")},
}
LABELS = {"RSA PRIVATE KEY": "PRIVATE KEY", "PRIVATE KEY": "RSA PRIVATE KEY", "CERTIFICATE": "X509 CERTIFICATE"}


def mislabeled(text: str) -> str:
    """The same text with another label that is wrong, but of the same kind."""
    label = re.search("-----BEGIN ([A-Z ]+)-----", text)[1]
    return text.replace(f" {label}-----", f" {LABELS[label]}-----") if label in LABELS else text


def without_armor(text: str) -> str:
    """The base64 text alone."""
    return re.sub("-----(BEGIN|END) [A-Z ]+-----\n", "", text)


BEFORE_ENCODING = (
    {"mislabeled": mislabeled, "without BEGIN and END": without_armor},
    WRAPPING,
    PLUS,
    QUOTING,
    LINE_ENDS,
    ESCAPING,
)
"""In the order in which they happen to a text."""
