# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages of the documentation show: blocks of YAML and of commands, and the sentences that they explain."""

from __future__ import annotations

import ast
import functools
import pathlib
import re
import shlex
import typing as t

import docutils.core
from docutils import nodes

from ansible_collections.tenantops.qlik.plugins.module_utils._chain import options
from ansible_collections.tenantops.qlik.plugins.modules.qscloud_tenant_jwt import ARGUMENT_SPEC

ROOT = pathlib.Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
PAGES = (
    "README.md",
    "roles/tenant_jwt/README.md",
    "roles/tenant_oauth/README.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in GUIDES.glob("*.rst")),
)

VARIABLES = {**options.names(ARGUMENT_SPEC, "tenant_jwt_"), "fail_on": "status_fail_on"}
"""The variables of the role, and of the playbook `status`, by the options that messages name."""


class Block(t.NamedTuple):
    """A block of code: its language, the name of its file, if the first line is a comment with that, and the other lines."""

    language: str
    name: str | None
    text: str

    def commands(self) -> list[list[str]]:
        """The commands of a block of them, without their output: the lines that begin with a dollar sign."""
        lines = re.findall(r"^\$ (.*)$", self.text.replace("\\\n", " "), re.MULTILINE)
        # Of commands that feed each other, each is one.
        return [shlex.split(part) for line in lines for part in line.split(" | ")]


def read_block(language: str, text: str) -> Block:
    """Read the name of the file from a comment in the first line, which all viewers show, unlike a caption."""
    comment = re.match(r"# ([\w./-]+\.\w+)\n", text)
    return Block(language, comment and comment[1], text[comment.end() :] if comment else text)


def document(page: str) -> nodes.document:
    """A guide, parsed by docutils without Sphinx."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return docutils.core.publish_doctree(text, settings_overrides={"syntax_highlight": "none"})


def blocks(page: str) -> list[Block]:
    """All blocks of a page, in their order."""
    if page.endswith(".md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        found = re.finditer(r"^```(\w+)\n((?:.*\n)*?)```$", text, re.MULTILINE)
        return [read_block(one[1], one[2]) for one in found]
    return [
        read_block(node["classes"][1], node.astext() + "\n")
        for node in document(page).findall(nodes.literal_block)
        if "code" in node["classes"]
    ]


def explained_sentences(page: str, title: str) -> list[str]:
    """The terms that a section of a guide explains."""
    (section,) = [found for found in document(page).findall(nodes.section) if found[0].astext() == title]
    return [term.astext() for term in section.findall(nodes.term)]


def _option_or_variable(found: re.Match[str]) -> str:
    return f"(?:{found[1]}|{VARIABLES.get(found[1], found[1])})"


@functools.cache
def what_the_collection_can_say() -> tuple[str, ...]:
    """Regular expressions of all texts in its code but the shortest; whatever is filled in may be anything."""
    said = []
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            if len("".join(text for text in texts if isinstance(text, str))) > 20:
                # Messages mark up options as O(name), which users see as the option or variable that they set.
                text = re.escape("".join(text or "\0" for text in texts))
                text = re.sub(r"O\\\(([\w\0]+)\\\)", _option_or_variable, text)
                said.append(text.replace("\0", ".+"))
    return tuple(said)


@functools.cache
def patterns_of(sentence: str) -> list[str]:
    """Those that a sentence of a guide is an example of."""
    return [said for said in what_the_collection_can_say() if re.fullmatch(said, sentence)]
