# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release: what is in the tarball, what must never be, and that it installs."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
GALAXY = pathlib.Path(sys.executable).with_name("ansible-galaxy")

NEEDED_FILES = {"MANIFEST.json", "FILES.json", "CHANGELOG.rst", "COPYING", "README.md", "requirements.txt"}
NEEDED_FOLDERS = {"changelogs", "meta", "playbooks", "plugins", "roles"}
OPTIONAL = {"SECURITY.md", "docs"}

LEFTOVERS = (
    ".ansible/collections/x",
    ".build/check/x",
    ".coverage.host.1",
    ".env",
    ".pytest_cache/v/x",
    ".venv-newest/x",
    ".venv/bin/x",
    "changelogs/.plugin-cache.yaml",
    "demo/token.jwt",
    "keys/a_privatekey.pem",
    "playbooks/a_privatekey.pem",
    "playbooks/demo.retry",
    "playbooks/keys/a_privatekey.pem",
    "plugins/modules/__pycache__/x.cpython-311.pyc",
    "roles/tenant_jwt/.ansible/x",
    "tenantops-qlik-0.0.1.tar.gz",
    "tests/output/x",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the work tree, without what git ignores in it."""
    tree = tmp_path_factory.mktemp("release") / "tree"
    ignored = (".git", ".venv*", ".build", ".ansible", ".pytest_cache", "__pycache__", "demo", "keys", "output")
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*ignored))
    return tree


def released_files(tree):
    return {
        path.relative_to(tree).as_posix()
        for folder in NEEDED_FOLDERS | OPTIONAL
        for path in (tree / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def tarball(tree, tmp_path_factory):
    """A release from a tree that has been worked in."""
    expected = released_files(tree)
    for name in LEFTOVERS:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret", encoding="utf-8")

    output = tmp_path_factory.mktemp("tarball")
    subprocess.run([GALAXY, "collection", "build", "--output-path", output, tree], check=True)
    (path,) = output.iterdir()
    return path, expected


def names(path):
    with tarfile.open(path) as tar:
        return {member.name for member in tar.getmembers()}


def test_it_holds_everything_that_users_need(tarball):
    path, expected = tarball
    assert NEEDED_FILES | expected <= names(path)


def test_it_holds_nothing_else(tarball):
    path = tarball[0]
    assert {name.split("/")[0] for name in names(path)} <= NEEDED_FILES | NEEDED_FOLDERS | OPTIONAL


def test_it_holds_no_leftovers(tarball):
    found = names(tarball[0])
    assert not found & set(LEFTOVERS)
    assert not [name for name in found if "__pycache__" in name]


def test_it_installs_without_a_server(tarball, tmp_path):
    path, expected = tarball
    # Without --force, it would be content with the copy in this virtual environment.
    subprocess.run([GALAXY, "collection", "install", "--offline", "--force", "-p", tmp_path, path], check=True)
    installed = tmp_path / "ansible_collections" / "tenantops" / "qlik"
    assert not [name for name in expected if not (installed / name).is_file()]


@pytest.fixture(scope="module")
def files():
    """The files that belong to the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a clone: what belongs to the project is not known")
    return [ROOT / name for name in listed.stdout.split("\0")[:-1] if (ROOT / name).is_file()]


def test_the_version_is_that_of_galaxy_yml_everywhere(files):
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    named = {
        (str(path.relative_to(ROOT)), found)
        for path in files
        if path.suffix in (".md", ".rst", ".yml")
        for found in re.findall(r"tenantops-qlik-([0-9.]+)\.tar\.gz", path.read_text())
    }
    assert named
    assert {found for _path, found in named} == {version}
