# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the variables of the role, which are the options of its module with a prefix, into the two files that list them.

``make role`` runs this. The source is the module: its documentation and, for what is secret, its argument specification.
"""

from __future__ import annotations

import pathlib
import re
import textwrap
import typing as t

import yaml

from ansible_collections.tenantops.qlik.plugins.doc_fragments.chain import ModuleDocFragment
from ansible_collections.tenantops.qlik.plugins.modules import qscloud_tenant_jwt

ROLE = pathlib.Path(__file__).parents[2] / "roles" / "tenant_jwt"
PREFIX = "tenant_jwt_"
COPIED = ("type", "elements", "choices", "required", "default")

Options = dict[str, dict[str, t.Any]]


class Dumper(yaml.SafeDumper):
    """Indents lists, as yamllint and ansible-lint demand."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent what follows."""
        super().increase_indent(flow, False)


def documented() -> Options:
    """The options of the module that are variables of the role."""
    texts = (ModuleDocFragment.DOCUMENTATION, qscloud_tenant_jwt.DOCUMENTATION)
    options = {name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()}
    return {name: option for name, option in options.items() if name != "variables"}


def specify(options: Options, spec: t.Mapping[str, t.Any], prefix: str = "") -> Options:
    """The options of an entry point of the role.

    :param options: those of the module, as in its documentation.
    :param spec: those in its argument specification.
    """
    found = {}
    for name, option in options.items():
        # One text, since Ansible copies the specification, lists included, for each host. ansible-lint does not accept
        # aliases in it.
        text = " ".join(paragraphs(option)) + aliases(option, "C({})")
        found[f"{prefix}{name}"] = {
            "description": re.sub(r"\bO\((?=\w+\))", f"O({PREFIX}", text),
            **{key: option[key] for key in COPIED if key in option},
            **({"no_log": True} if spec[name].get("no_log") else {}),
            **({"options": specify(option["suboptions"], spec[name]["options"])} if "suboptions" in option else {}),
        }
    return found


def argument_specs(text: str) -> str:
    """The role's ``meta/argument_specs.yml`` with the current options of the entry point ``main``."""
    options = specify(documented(), qscloud_tenant_jwt.ARGUMENT_SPEC, PREFIX)
    users = options[f"{PREFIX}users"]
    users["type"] = "raw"
    del users["elements"]
    dumped = "# Written by `make role` from the documentation of the module qscloud_tenant_jwt.\n"
    dumped += yaml.dump(options, Dumper=Dumper, sort_keys=False, width=110)
    reason = "  # Ansible would split a text, as surveys give it, at its commas. The module validates the list.\n"
    dumped = replaced(rf"^{PREFIX}users:\n(?:  .*\n)*?(?=  type:)", "", dumped, reason)
    return replaced(
        r"^  main:\n(?:    .*\n|\n)*?    options:\n", r"(?:      .*\n)*", text, textwrap.indent(dumped, " " * 6)
    )


def readme(text: str) -> str:
    """The role's README with the current table of variables."""
    rows = "".join(["| variable | default | |\n", "|---|---|---|\n", *table(documented(), PREFIX)])
    return replaced(r"^<!-- Written by `make role`.*-->\n\n", r"(?:\|.*\n)*", text, rows)


def table(options: Options, prefix: str) -> t.Iterator[str]:
    """The rows for options, and below each those for its own: name, default, first sentence with choices."""
    for name, option in options.items():
        first = sentences(option)[0]
        if "choices" in option:
            *others, last = [f"`{choice}`" for choice in option["choices"]]
            first = f"{first[:-1]}: {', '.join(others)} or {last}."
        yield f"| `{prefix}{name}` | {default(option)} | {first}{aliases(option, '`{}`')} |\n"
        yield from table(option.get("suboptions", {}), f"{prefix}{name}[].")


def default(option: t.Mapping[str, t.Any]) -> str:
    """The default of an option: the documented value, or what its description says."""
    if "default" in option:
        value = yaml.safe_dump(option["default"], default_flow_style=True).strip()
        return f"`{value.removesuffix('...').strip()}`"
    return next(
        (found[1] for text in sentences(option) if (found := re.fullmatch(r"The default is (.*)\.", text))), "–"
    )


def aliases(option: t.Mapping[str, t.Any], markup: str) -> str:
    """A sentence that names the aliases of an option, if it has any."""
    names = ", ".join(markup.format(alias) for alias in option.get("aliases", ()))
    return f" Alias: {names}." if names else ""


def paragraphs(option: t.Mapping[str, t.Any]) -> list[str]:
    """The paragraphs of the description of an option."""
    return [option["description"]] if isinstance(option["description"], str) else [*option["description"]]


def sentences(option: t.Mapping[str, t.Any]) -> list[str]:
    """The sentences of the description of an option, in Markdown."""
    text = re.sub(r"\bO\((\w+)\)", rf"`{PREFIX}\1`", " ".join(paragraphs(option)))
    text = re.sub(r"\b[CEV]\((.*?)\)", r"`\1`", text)
    return re.split(r"(?<=\.) (?=[`A-Z])", text)


def replaced(head: str, part: str, text: str, by: str) -> str:
    """A text, of which a part is replaced: what comes before this part and the part itself are regular expressions."""
    found = re.search(f"({head}){part}", text, re.MULTILINE)
    return f"{text[: found.end(1)]}{by}{text[found.end() :]}"


FILES = {ROLE / "meta" / "argument_specs.yml": argument_specs, ROLE / "README.md": readme}
"""The files, and what writes them."""


def main() -> None:
    """Write the files."""
    for path, write in FILES.items():
        path.write_text(write(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
