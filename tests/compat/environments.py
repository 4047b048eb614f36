# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the Pythons, and give them what the rows of the matrix ask for."""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import subprocess
import sys

import ansible.release
from matrix import Controller, System, Target

ROOT = pathlib.Path(__file__).parents[2]
BUILD = ROOT / ".build" / "compat"
REQUIREMENTS = ROOT / "tests" / "requirements" / "target.txt"


class Unavailable(Exception):
    """Why a row cannot be tested on this machine."""


def find_python(version: str) -> str:
    """The path of a Python.

    :raises Unavailable: if there is none.
    """
    # pyenv refuses to run a version that is not selected; without pyenv, the variable means nothing.
    environment = os.environ | {"PYENV_VERSION": version}
    command = [f"python{version}", "-c", "import sys; print(sys.executable)"]
    try:
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"there is no Python {version} here") from error


def variables(row: Controller) -> dict[str, str]:
    """What to tell make, so that it uses the environment of this row: the one of this program, if it is the same."""
    venv = BUILD / f"core-{row.core}-python-{row.python}-{row.libraries}"
    this = (ansible.release.__version__.rpartition(".")[0], "{}.{}".format(*sys.version_info), "newest")
    if this == (row.core, row.python, row.libraries):
        venv = pathlib.Path(sys.prefix)
    return {"CORE": row.core, "PYTHON": find_python(row.python), "LIBRARIES": row.libraries, "VENV": str(venv)}


def target_python(row: Target) -> str:
    """Make the environment in which the modules of this row run, and return its Python.

    :raises Unavailable: if that cannot be done here.
    """
    if isinstance(row, System):
        return _system_python(row)
    venv = BUILD / f"target-{row.python}-{row.libraries}"
    subprocess.run([find_python(row.python), "-m", "venv", "--clear", venv], check=True)
    install = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    environment = os.environ | {"LIBRARIES": row.libraries}
    subprocess.run([*install, "--requirement", REQUIREMENTS], env=environment, check=True)
    return str(venv / "bin" / "python")


def versions(python: str) -> tuple[str, str, str]:
    """Those of a Python and of its cryptography and PyJWT; of what is not there, an empty text."""
    script = "import platform; print(platform.python_version()); import cryptography; print(cryptography.__version__);"
    script += " import jwt; print(jwt.__version__)"
    printed = subprocess.run([python, "-c", script], check=False, capture_output=True, text=True).stdout.split()
    return (*printed, "", "", "")[:3]


def _system_python(row: System) -> str:
    release = platform.freedesktop_os_release()
    if f"{release['NAME'].split()[0]} {release.get('VERSION_ID')}" != row.libraries:
        raise Unavailable(f"this is not {row.libraries}")
    if "" in versions(row.interpreter):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise Unavailable(f"{' and '.join(row.packages)} have to be installed by root")
        subprocess.run(["apt-get", "update", "--quiet"], check=True)
        subprocess.run(["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *row.packages], check=True)
    return row.interpreter
