# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the documentation: see the target ``docs`` of the Makefile. It needs no network."""

from __future__ import annotations

import pathlib
import re
import typing as t
import zlib

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "tenantops.qlik"
copyright = "2026, tenantops"
html_title = "tenantops.qlik: JWT authentication for Qlik Cloud"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
default_role = "any"
nitpicky = True
pygments_style = "ansible"
pygments_dark_style = "monokai"
highlight_language = "YAML+Jinja"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["docsite.css"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
# Only dashes are made nicer: messages with quotes in them can be searched for, and copied, as they are.
smartquotes_action = "D"
# The stylesheet gives antsibull's elements the colours of the theme, which has a light and a dark page.
antsibull_ext_color_scheme = "none"

# What the pages refer to in Ansible's own documentation: label, page, title; and variables. Sphinx would fetch the inventory of all
# its labels; this one has those that are used, so that links lead there, and one that is wrong is still found.
ANSIBLE = {
    "action_plugins": ("plugins/action.html", "Action plugins"),
    "ansible_collections.ansible.builtin.debug_module": (
        "collections/ansible/builtin/debug_module.html",
        "ansible.builtin.debug module",
    ),
    "ansible_configuration_settings": ("reference_appendices/config.html", "Ansible Configuration Settings"),
    "common_return_values": ("reference_appendices/common_return_values.html", "Return Values"),
}
ANSIBLE_VARIABLES = (
    "ANSIBLE_CACHE_PLUGIN",
    "ANSIBLE_CACHE_PLUGIN_CONNECTION",
    "ANSIBLE_CACHE_PLUGIN_PREFIX",
    "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
    "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED",
)


def inventory() -> str:
    """Write the inventory in Sphinx's format, and return its path."""
    lines = [f"{label} std:label -1 {page} {title}\n" for label, (page, title) in ANSIBLE.items()]
    config = ANSIBLE["ansible_configuration_settings"][0]
    lines += [f"{name} std:envvar -1 {config}#envvar-{name} -\n" for name in ANSIBLE_VARIABLES]
    head = ["Sphinx inventory version 2", "Project: Ansible", "Version:", "The remainder is compressed using zlib."]
    path = pathlib.Path(__file__).parents[2] / ".build" / "docs" / "ansible.inv"
    path.write_bytes("".join(f"# {line}\n" for line in head).encode() + zlib.compress("".join(lines).encode()))
    return str(path)


intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest", inventory())}


def shorten_index(_app: Sphinx, page: str, source: list[str]) -> None:
    """Leave out of the collection's index what the front page lists already, and the long titles of the rest."""
    if page != "collection/index":
        return
    source[0] = re.sub(r"^Tenantops\.Qlik\n=+$", "Modules and plugins\n===================", source[0], flags=re.MULTILINE)
    source[0] = re.sub(r"^Guides\n-+\n.*?(?=^\.\. _plugin_index)", "", source[0], flags=re.DOTALL | re.MULTILINE)
    source[0] = re.sub(r"^    tenant_(jwt|oauth)_role\n", "", source[0], flags=re.MULTILINE)
    source[0] = re.sub(r"^    (\w+)_module$", r"    \1 <\1_module>", source[0], flags=re.MULTILINE)
    source[0] = re.sub(r"^    (\w+)_(lookup|inventory|filter)$", r"    \1 (\2) <\1_\2>", source[0], flags=re.MULTILINE)


# In their sources, the guides link to files of the repository, so that the links work on a code host, too. Most of these
# files have a page here.
PAGES = {
    r"(?:rst/)?(guide_\w+)\.rst": r"/collection/docsite/\1",
    r"(?:\.\./)+plugins/modules/(\w+)\.py": r"/collection/\1_module",
    r"(?:\.\./)+plugins/inventory/(\w+)\.py": r"/collection/\1_inventory",
    r"(?:\.\./)+plugins/lookup/(\w+)\.py": r"/collection/\1_lookup",
    r"(?:\.\./)+plugins/filter/(\w+)\.py": r"/collection/\1_filter",
    r"(?:\.\./)+roles/(\w+)/README\.md": r"/collection/\1_role",
}
REPOSITORY = "https://github.com/tenantops/tenantops.qlik/blob/main/"


def link_pages(_app: Sphinx, page: str, source: list[str]) -> None:
    """Turn links to files into links to pages, which Sphinx then checks, or into links to the repository."""

    def link(found: re.Match[str]) -> str:
        text, file = found.groups()
        # The address of another site, or a section of the same page.
        if re.match(r"\w+:", file) or file.endswith("_"):
            return found[0]
        for pattern, target in PAGES.items():
            if match := re.fullmatch(pattern, file):
                return f":doc:`{text} <{match.expand(target)}>`"
        if not file.startswith("../"):
            raise ValueError(f"{page} links to {file}, which has no page")
        return f"`{text} <{REPOSITORY}{file.replace('../', '')}>`__"

    if page == "index" or page.startswith("collection/docsite/"):
        source[0] = re.sub(r"`([^`<]+?)\s*<([^`>]+)>`__", link, source[0])


def declare_variables(_app: Sphinx, page: str, source: list[str]) -> None:
    """Define environment variables with Sphinx's own directive, because the pages of the modules link to them."""
    if page.startswith("collection/docsite/"):
        source[0] = re.sub(r"^``(QSCLOUD_\w+)``\n(?=  )", r"\n.. envvar:: \1\n\n", source[0], flags=re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("source-read", shorten_index)
    app.connect("source-read", link_pages)
    app.connect("source-read", declare_variables)
