# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the variables of a role, which are the options of its module with a prefix, into the two files that list them.

``make role`` runs this. The source is the module: its documentation and, for what is secret, its argument specification.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pathlib
import re
import textwrap
import types
import typing as t

import yaml

from ansible_collections.tenantops.qlik.plugins.modules import qscloud_tenant_jwt, qscloud_tenant_oauth

ROLES = pathlib.Path(__file__).parents[2] / "roles"
FRAGMENTS = "ansible_collections.tenantops.qlik.plugins.doc_fragments"
COPIED = ("type", "elements", "choices", "required", "default")

Options = dict[str, dict[str, t.Any]]


class Dumper(yaml.SafeDumper):
    """Indents lists, as yamllint and ansible-lint demand."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent what follows."""
        super().increase_indent(flow, False)


@dataclasses.dataclass(frozen=True)
class Role:
    """A role, whose variables begin with its name."""

    name: str
    module: types.ModuleType

    @property
    def prefix(self) -> str:
        """That of its variables."""
        return f"{self.name}_"

    @property
    def files(self) -> dict[pathlib.Path, t.Callable[[str], str]]:
        """The files, and what writes them."""
        folder = ROLES / self.name
        return {folder / "meta" / "argument_specs.yml": self.argument_specs, folder / "README.md": self.readme}

    @functools.cached_property
    def documented(self) -> Options:
        """The options of the module that are variables of the role, in the order of its argument specification."""
        documentation = yaml.safe_load(self.module.DOCUMENTATION)
        options = dict(documentation["options"])
        for fragment in documentation["extends_documentation_fragment"]:
            file, _dot, part = fragment.removeprefix("tenantops.qlik.").partition(".")
            text = getattr(
                importlib.import_module(f"{FRAGMENTS}.{file}").ModuleDocFragment, (part or "documentation").upper()
            )
            options |= yaml.safe_load(text).get("options", {})
        return {name: options[name] for name in self.module.ARGUMENT_SPEC if name != "variables"}

    def specify(self, options: Options, spec: t.Mapping[str, t.Any], prefix: str = "") -> Options:
        """The options of an entry point of the role.

        :param options: those of the module, as in its documentation.
        :param spec: those in its argument specification.
        """
        found = {}
        for name, option in options.items():
            # One text, since Ansible copies the specification, lists included, for each host. ansible-lint does not accept
            # aliases in it.
            text = " ".join(paragraphs(option)) + aliases(option, "C({})")
            suboptions = option.get("suboptions")
            found[f"{prefix}{name}"] = {
                "description": re.sub(r"\bO\((?=\w+\))", f"O({self.prefix}", text),
                **{key: option[key] for key in COPIED if key in option},
                **({"no_log": True} if spec[name].get("no_log") else {}),
                **({"options": self.specify(suboptions, spec[name]["options"])} if suboptions else {}),
            }
        return found

    def argument_specs(self, text: str) -> str:
        """The role's ``meta/argument_specs.yml`` with the current options of the entry point ``main``."""
        options = self.specify(self.documented, self.module.ARGUMENT_SPEC, self.prefix)
        module = self.module.__name__.rpartition(".")[2]
        if users := options.get(f"{self.prefix}users"):
            users["type"] = "raw"
            del users["elements"]
        dumped = f"# Written by `make role` from the documentation of the module {module}.\n"
        dumped += yaml.dump(options, Dumper=Dumper, sort_keys=False, width=110)
        if users:
            reason = (
                "  # Ansible would split a text, as surveys give it, at its commas. The module validates the list.\n"
            )
            dumped = replaced(rf"^{self.prefix}users:\n(?:  .*\n)*?(?=  type:)", "", dumped, reason)
        return replaced(
            r"^  main:\n(?:    .*\n|\n)*?    options:\n", r"(?:      .*\n)*", text, textwrap.indent(dumped, " " * 6)
        )

    def readme(self, text: str) -> str:
        """The role's README with the current table of variables."""
        rows = "".join(["| variable | default | |\n", "|---|---|---|\n", *self.table(self.documented, self.prefix)])
        return replaced(r"^<!-- Written by `make role`.*-->\n\n", r"(?:\|.*\n)*", text, rows)

    def table(self, options: Options, prefix: str) -> t.Iterator[str]:
        """The rows for options, and below each those for its own: name, default, first sentence with choices."""
        for name, option in options.items():
            texts = self.sentences(option)
            first = texts[0]
            if "choices" in option:
                *others, last = [f"`{choice}`" for choice in option["choices"]]
                first = f"{first[:-1]}: {', '.join(others)} or {last}."
            yield f"| `{prefix}{name}` | {default(option, texts)} | {first}{aliases(option, '`{}`')} |\n"
            yield from self.table(option.get("suboptions", {}), f"{prefix}{name}[].")

    def sentences(self, option: t.Mapping[str, t.Any]) -> list[str]:
        """The sentences of the description of an option, in Markdown."""
        text = re.sub(r"\bO\((\w+)\)", rf"`{self.prefix}\1`", " ".join(paragraphs(option)))
        text = re.sub(r"\b[CEV]\((.*?)\)", r"`\1`", text)
        return re.split(r"(?<=\.) (?=[`A-Z])", text)


def default(option: t.Mapping[str, t.Any], texts: t.Iterable[str]) -> str:
    """The default of an option: the documented value, or what its description says.

    :param texts: its sentences.
    """
    if "default" in option:
        value = yaml.safe_dump(option["default"], default_flow_style=True).strip()
        return f"`{value.removesuffix('...').strip()}`"
    return next((found[1] for text in texts if (found := re.fullmatch(r"The default is (.*)\.", text))), "–")


def aliases(option: t.Mapping[str, t.Any], markup: str) -> str:
    """A sentence that names the aliases of an option, if it has any."""
    names = ", ".join(markup.format(alias) for alias in option.get("aliases", ()))
    return f" Alias: {names}." if names else ""


def paragraphs(option: t.Mapping[str, t.Any]) -> list[str]:
    """The paragraphs of the description of an option."""
    return [option["description"]] if isinstance(option["description"], str) else [*option["description"]]


def replaced(head: str, part: str, text: str, by: str) -> str:
    """A text, of which a part is replaced: what comes before this part and the part itself are regular expressions."""
    found = re.search(f"({head}){part}", text, re.MULTILINE)
    return f"{text[: found.end(1)]}{by}{text[found.end() :]}"


JWT = Role("tenant_jwt", qscloud_tenant_jwt)
OAUTH = Role("tenant_oauth", qscloud_tenant_oauth)
ALL = (JWT, OAUTH)


def main() -> None:
    """Write the files."""
    for role in ALL:
        for path, write in role.files.items():
            path.write_text(write(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
