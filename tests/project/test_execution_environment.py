# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder finds all that an execution environment needs. No image is built: that would take a container engine."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import sysconfig

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
BIN = pathlib.Path(sys.executable).parent
EXAMPLE = ROOT / "docs" / "execution-environment" / "execution-environment.yml"
GUIDE = "docs/docsite/rst/guide_awx.rst"


def builder(*arguments, **keywords):
    command = [BIN / "ansible-builder", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, **keywords).stdout


def create(definition, context):
    """Create the build context, and return the Containerfile."""
    name = context / "Containerfile"
    builder("create", "--file", definition, "--context", context, "--output-filename", name.name)
    return name.read_text()


def python_requirements(collections):
    """What ansible-builder installs for our collection, as it finds it below this folder, and for the system."""
    found = yaml.safe_load(builder("introspect", collections))
    lines = [line.split("  # from collection ") for line in found.get("python", [])]
    assert not any("tenantops" in line for line in found.get("system", []))
    return {requirement.strip() for requirement, origin in lines if origin == "tenantops.qlik"}


def test_the_installed_collection_says_what_it_needs():
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert {re.match(r"\w+", line)[0] for line in wanted} == {"cryptography", "PyJWT"}
    assert python_requirements(sysconfig.get_path("purelib")) == set(wanted)


def test_its_metadata_names_files_that_are_released():
    installed = pathlib.Path(sysconfig.get_path("purelib")) / "ansible_collections" / "tenantops" / "qlik"
    metadata = yaml.safe_load((installed / "meta" / "execution-environment.yml").read_text())
    assert metadata["version"] == 1 and metadata["dependencies"]
    for name in metadata["dependencies"].values():
        assert (installed / name).read_text().strip()


def test_the_example_is_accepted(tmp_path):
    containerfile = create(EXAMPLE, tmp_path)
    collections = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text())["collections"]
    assert [collection["name"] for collection in collections] == ["tenantops.qlik"]
    assert "ansible-galaxy collection install" in containerfile
    assert "introspect.py introspect" in containerfile and (tmp_path / "_build/scripts/introspect.py").is_file()
    assert re.search(r'^ARG ANSIBLE_INSTALL_REFS="ansible-core\S* ansible-runner\S*"$', containerfile, re.MULTILINE)
    # Images come without Python these days.
    assert re.search(r'^ARG PYPKG="python3"$', containerfile, re.MULTILINE)


def test_the_libraries_of_key_stores_are_an_option(tmp_path):
    import documented

    definition = yaml.safe_load(EXAMPLE.read_text())
    commented = re.sub("^  # (python:|  - )", r"  \1", EXAMPLE.read_text(), flags=re.MULTILINE)
    option = yaml.safe_load(commented)["dependencies"]["python"]
    shown = [yaml.safe_load(block.text) for block in documented.blocks(GUIDE) if block.language == "yaml"]
    assert {"dependencies": {"python": option}} in shown
    definition["dependencies"]["python"] = option
    path = tmp_path / "execution-environment.yml"
    path.write_text(yaml.safe_dump(definition))
    create(path, tmp_path / "context")
    wanted = (tmp_path / "context" / "_build" / "requirements.txt").read_text().split()
    assert wanted == option == ["boto3", "python-pkcs11>=0.9"]


@pytest.fixture
def tarball(tmp_path):
    """A release beside the definition, as the guide takes it for granted."""
    folder = tmp_path / "definition"
    galaxy = BIN / "ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", "--output-path", folder, ROOT], check=True, capture_output=True)
    (path,) = folder.iterdir()
    return path


def test_the_guide_shows_how_to_take_a_tarball(tarball, tmp_path):
    # It needs docutils, which is not there where only the tests of `make test` run.
    import documented

    shown = [yaml.safe_load(block.text) for block in documented.blocks(GUIDE) if block.language == "yaml"]
    (changes,) = [found for found in shown if "additional_build_files" in found]
    assert changes["additional_build_files"][0]["src"] == tarball.name
    definition = yaml.safe_load(EXAMPLE.read_text())
    definition["dependencies"]["galaxy"] = changes["dependencies"]["galaxy"]
    definition["additional_build_files"] = changes["additional_build_files"]
    path = tarball.with_name("execution-environment.yml")
    path.write_text(yaml.safe_dump(definition))

    context = tmp_path / "context"
    containerfile = create(path, context)
    # The steps of the build that need no engine, in the folder that becomes /build.
    assert re.search(r"^COPY _build /build\nWORKDIR /build$", containerfile, re.MULTILINE)
    collections = tmp_path / "collections"
    install = [BIN / "ansible-galaxy", "collection", "install", "--offline", "--force", "-r", "requirements.yml"]
    subprocess.run([*install, "-p", collections], cwd=context / "_build", check=True, capture_output=True)
    assert python_requirements(collections) == python_requirements(sysconfig.get_path("purelib"))
