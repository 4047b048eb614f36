# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides render completely with plain docutils, too: code hosts show them without Sphinx."""

from __future__ import annotations

import pathlib
import re
import textwrap

import docutils.core
import pytest
from docutils import nodes
from docutils.utils import Reporter

DOCSITE = pathlib.Path(__file__).parents[2] / "docs" / "docsite"
PAGES = [DOCSITE / "index.rst", *sorted((DOCSITE / "rst").glob("*.rst"))]

# A directive with its argument and its indented content.
DIRECTIVE = r"^( *)\.\. {}::(.*)\n((?:\1 +.*\n|\n)*)"

pytestmark = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def source(page: pathlib.Path) -> str:
    """Read a page. Only Sphinx understands the table of contents in the index, and code hosts skip it, as this does."""
    text = page.read_text(encoding="utf-8")
    return re.sub(DIRECTIVE.format("toctree"), "", text, flags=re.MULTILINE) if page.stem == "index" else text


def render(page: pathlib.Path) -> nodes.document:
    """Render a page with plain docutils.

    :raises docutils.utils.SystemMessage: if docutils reports a warning or anything worse.
    """
    settings = {"halt_level": Reporter.WARNING_LEVEL, "syntax_highlight": "none"}
    return docutils.core.publish_doctree(source(page), source_path=str(page), settings_overrides=settings)


def test_every_block_is_shown(page: pathlib.Path) -> None:
    written = re.findall(DIRECTIVE.format("code-block"), source(page), re.MULTILINE)
    assert len(written) == source(page).count("code-block::")
    shown = [node for node in render(page).findall(nodes.literal_block) if "code" in node["classes"]]
    assert [(node["classes"][1], node.astext()) for node in shown] == [
        (language.strip(), textwrap.dedent(text).strip("\n")) for _indent, language, text in written
    ]


def test_nothing_but_the_copyright_is_hidden(page: pathlib.Path) -> None:
    """A mistyped directive, such as one with a single colon, is a comment, which viewers do not show."""
    assert [node.astext()[:9] for node in render(page).findall(nodes.comment)] == ["Copyright"]


def test_no_markup_is_left(page: pathlib.Path) -> None:
    assert not re.findall(r":[\w-]+:`|^\.\. |`_", render(page).astext(), re.MULTILINE)


def test_relative_links_lead_to_files(page: pathlib.Path) -> None:
    document = render(page)
    links = [node["refuri"] for node in document.findall(nodes.reference) if "refuri" in node]
    links += [node["uri"] for node in document.findall(nodes.image)]
    relative = [link for link in links if not re.match(r"\w+:", link)]
    assert [link for link in relative if not (page.parent / link).is_file()] == []
