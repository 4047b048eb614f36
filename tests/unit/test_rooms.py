# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rooms of the library: which may use which, and what only one of them may do."""

from __future__ import annotations

import ast
import pathlib
import typing as t

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
LIBRARY = PLUGINS / "module_utils"
FILES = sorted(path.relative_to(LIBRARY).as_posix() for path in LIBRARY.rglob("*.py"))

FLOORS = [
    "_errors.py",
    "_json.py",
    "_text.py",
    "_steps.py",
    "_http.py",
    "_files",
    "_keys",
    "_tokens",
    "_tenant",
    "_chain",
]
"""From the bottom up. What stands further up may use what stands further down."""

GLUE = {"_module.py", "_chain_module.py", "_tenant_module.py", "_token_module.py", "_argument_specs.py"}
"""Between modules and library: no room may use them."""

LONGEST = 400
"""Lines of a file of the library."""

OS = {"environ", "path"}
"""What others than the room for files may use of the module os: names of files, but never the files themselves."""


def tree(file: str) -> ast.Module:
    """A file of the library, parsed."""
    return ast.parse((LIBRARY / file).read_text(encoding="utf-8"))


def floor(file: str) -> str:
    """Where a file stands."""
    return file.split("/")[0]


def imports(file: str) -> t.Iterator[tuple[str, str]]:
    """The modules and packages that a file imports, and which name of each; those of the library by their files."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            folder = (LIBRARY / file).parents[max(node.level - 1, 0)]
            place = folder.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                if node.level == 0:
                    yield node.module, alias.name
                elif (place / f"{alias.name}.py").is_file():
                    yield (place / f"{alias.name}.py").relative_to(LIBRARY).as_posix(), ""
                else:
                    yield place.with_suffix(".py").relative_to(LIBRARY).as_posix(), alias.name


def used(file: str) -> set[str]:
    """The files of the library that a file imports."""
    return {name for name, _member in imports(file) if name in FILES}


def attributes(file: str, module: str) -> set[str]:
    """Which attributes of a module a file uses, as in ``os.open``."""
    return {
        node.attr
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }


def in_rooms() -> list[str]:
    """The files that belong to a room, or lie under all of them."""
    return [file for file in FILES if file not in GLUE]


def test_every_file_has_its_place() -> None:
    assert {floor(file) for file in FILES} <= {*FLOORS, *GLUE}


@pytest.mark.parametrize("file", in_rooms())
def test_a_file_uses_only_what_stands_further_down(file: str) -> None:
    own = FLOORS.index(floor(file))
    assert all(other not in GLUE and FLOORS.index(floor(other)) <= own for other in used(file))


@pytest.mark.parametrize("file", FILES)
def test_no_file_uses_itself_by_a_detour(file: str) -> None:
    reached, ahead = set(), used(file)
    while ahead:
        reached |= ahead
        ahead = set().union(*map(used, ahead)) - reached
    assert file not in reached


@pytest.mark.parametrize("file", FILES)
def test_imports_of_the_collection_are_relative(file: str) -> None:
    assert not [name for name, _member in imports(file) if name.startswith("ansible_collections")]


@pytest.mark.parametrize("file", FILES)
def test_a_file_begins_with_what_it_is_about(file: str) -> None:
    text = (LIBRARY / file).read_text(encoding="utf-8")
    code = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert code[0].startswith('"""') and len(ast.get_docstring(tree(file)).split("\n")[0]) > 20


@pytest.mark.parametrize("file", FILES)
def test_a_file_can_be_read_in_one_go(file: str) -> None:
    assert len((LIBRARY / file).read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", in_rooms())
def test_the_library_knows_no_ansible_module(file: str) -> None:
    names = {name for name, _member in imports(file) if name.split(".")[0] == "ansible"}
    assert names <= ({"ansible.module_utils.urls"} if file == "_http.py" else set())


@pytest.mark.parametrize(
    ("package", "place"),
    [("cryptography", "_keys/"), ("jwt", "_tokens/compact.py"), ("urllib.request", "_http.py")],
)
def test_a_library_of_others_has_one_place(package: str, place: str) -> None:
    users = {
        file for file in in_rooms() if any(name == package or name.startswith(f"{package}.") for name in _really(file))
    }
    assert users and all(file.startswith(place) for file in users)


def _really(file: str) -> set[str]:
    """What a file imports when it runs, and not only for its type hints."""
    hints = [
        node
        for node in ast.walk(tree(file))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "t.TYPE_CHECKING"
    ]
    only_hints = {
        part.module
        for hint in hints
        for part in ast.walk(hint)
        if isinstance(part, ast.ImportFrom) and part.module and not part.level
    }
    return {name for name, _member in imports(file)} - only_hints


@pytest.mark.parametrize(
    "path",
    sorted(
        path.relative_to(PLUGINS).as_posix()
        for path in PLUGINS.rglob("*.py")
        # The code that runs modules in process changes the working directory, as Ansible does for ordinary ones.
        if path.parent != LIBRARY / "_files" and path.name != "_in_process.py"
    ),
)
def test_nothing_but_the_room_for_files_touches_a_file(path: str) -> None:
    file = f"../{path}"
    code = tree(file)
    calls = {node.func.id for node in ast.walk(code) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert "open" not in calls
    assert attributes(file, "os") <= OS
    of_path = {
        node.attr for node in ast.walk(code) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os.path"
    }
    assert of_path <= {"join", "basename", "dirname"}
    modules = {alias.name for node in ast.walk(code) if isinstance(node, ast.Import) for alias in node.names}
    assert not modules & {"pathlib", "shutil", "tempfile", "fcntl", "io", "glob"}


@pytest.mark.parametrize("file", FILES)
def test_a_file_has_tests_of_its_name(file: str) -> None:
    path = pathlib.PurePosixPath(file)
    tests = ROOT / "tests" / "unit" / path.parent / f"test_{path.name.lstrip('_')}"
    assert tests.is_file() or file in GLUE
