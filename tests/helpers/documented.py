# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of the documentation show: blocks of YAML and of commands, and the sentences that they explain."""

from __future__ import annotations

import pathlib
import re
import shlex
import typing as t

import docutils.core
import docutils.utils
from docutils import nodes
from docutils.parsers.rst import Directive, directives

ROOT = pathlib.Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
PAGES = (
    "README.md",
    "roles/tenant_jwt/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in GUIDES.glob("*.rst")),
)


class Block(t.NamedTuple):
    """A block of code: its language, the name of the file that it is, if the page names one, and its text."""

    language: str
    name: str | None
    text: str

    def commands(self) -> list[list[str]]:
        """The commands of a block of them, without their output: the lines that begin with a dollar sign."""
        lines = re.findall(r"^\$ (.*)$", self.text.replace("\\\n", " "), re.MULTILINE)
        # Of commands that feed each other, each is one.
        return [shlex.split(part) for line in lines for part in line.split(" | ")]


class _CodeBlock(Directive):
    """Sphinx's directive, of which docutils knows only the language."""

    has_content = True
    optional_arguments = 1
    option_spec: t.ClassVar = {"caption": directives.unchanged, "emphasize-lines": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content) + "\n"
        return [nodes.literal_block(text, text, language=self.arguments[0], caption=self.options.get("caption"))]


directives.register_directive("code-block", _CodeBlock)


def document(page: str) -> nodes.document:
    """A guide, as docutils understands it. Roles and references of Sphinx stay as they are."""
    return docutils.core.publish_doctree(
        (ROOT / page).read_text(encoding="utf-8"),
        settings_overrides={"report_level": docutils.utils.Reporter.SEVERE_LEVEL + 1},
    )


def blocks(page: str) -> list[Block]:
    """All blocks of a page, in their order."""
    if page.endswith(".md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        found = re.finditer(r"^```(\w+)\n((?:.*\n)*?)```$", text, re.MULTILINE)
        return [Block(one[1], None, one[2]) for one in found]
    return [
        Block(node["language"], node["caption"], node.astext())
        for node in document(page).findall(nodes.literal_block)
        if "language" in node
    ]


def explained_sentences(page: str, title: str) -> list[str]:
    """The terms that a section of a guide explains."""
    (section,) = [found for found in document(page).findall(nodes.section) if found[0].astext() == title]
    return [term.astext() for term in section.findall(nodes.term)]
