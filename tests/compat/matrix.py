# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of matrix.yml, and which tests each of them runs."""

from __future__ import annotations

import dataclasses
import pathlib

import yaml

# Both ways to run a module, and what is seen from a playbook.
_DEPENDS_ON_CORE = (
    "tests/integration/fleet",
    "tests/integration/in_process",
    "tests/integration/oauth/test_role.py",
    "tests/integration/role/test_key_store.py",
    "tests/integration/role/test_role.py",
    "tests/integration/role/test_rotation.py",
    "tests/integration/secrets/test_hunt.py",
    "tests/integration/test_inventory.py",
    "tests/integration/test_jobs.py",
    "tests/integration/test_key_store.py",
    "tests/integration/test_kms.py",
    "tests/integration/test_modules.py",
    "tests/integration/test_seed.py",
    "tests/integration/test_targets.py",
    "tests/integration/test_token_keys.py",
    "tests/integration/test_vault.py",
    "tests/integration/token/test_lookup.py",
    "tests/robustness/test_killed_playbooks.py",
)

# What depends on the libraries and needs no Ansible: `make test-all` has only the newest.
_DEPENDS_ON_LIBRARIES = ("tests/unit", "tests/robustness", "tests/fuzzing")

# The tests that have TARGET_PYTHON run a module, by their names: see MODES in tests/helpers/plays.py. It does not have
# python-pkcs11.
_USES_TARGET = "(ordinary or both_ways) and not token_keys"
_USES_TARGET_BUT_BAD_INPUT = f"{_USES_TARGET} and not bad_input"

# Answers to bad input are compared word by word, and some are ansible-core's own: those of this release, that of
# `make test`.
_WORD_BY_WORD = "2.19"


@dataclasses.dataclass(frozen=True)
class Controller:
    """Ansible with a Python and libraries of its own."""

    core: str
    python: str
    libraries: str
    short: bool = False

    @property
    def name(self) -> str:
        """What is tested, in words."""
        return f"Ansible, {self.libraries} libraries"

    @property
    def tests(self) -> tuple[str, ...]:
        """Which tests: arguments of pytest."""
        if self.libraries == "newest":
            return _DEPENDS_ON_CORE
        return _DEPENDS_ON_LIBRARIES + (("tests/integration",) if self.core == _WORD_BY_WORD else _DEPENDS_ON_CORE)


@dataclasses.dataclass(frozen=True)
class Target:
    """A Python with libraries that runs the modules, and the ansible-core that sends them there."""

    core: str
    python: str
    libraries: str
    short: bool = False

    @property
    def name(self) -> str:
        """What is tested, in words."""
        return f"modules, {self.libraries} libraries"

    @property
    def tests(self) -> tuple[str, ...]:
        """Which tests: arguments of pytest."""
        return ("tests/integration", "-k", _USES_TARGET if self.core == _WORD_BY_WORD else _USES_TARGET_BUT_BAD_INPUT)


@dataclasses.dataclass(frozen=True)
class System(Target):
    """A distribution's own Python, with the libraries that are its packages."""

    interpreter: str = ""
    packages: tuple[str, ...] = ()
    cryptography: str = ""
    pyjwt: str = ""


def read() -> list[Controller | Target]:
    """All rows."""
    content = yaml.safe_load(pathlib.Path(__file__).with_name("matrix.yml").read_text(encoding="utf-8"))
    rows = {"controllers": Controller, "targets": Target, "systems": System}
    return [kind(**row) for group, kind in rows.items() for row in content[group]]
