# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where it was measured, and with which versions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import typing as t

import ansible.release
import cryptography
import jwt
import peers


def describe() -> dict[str, t.Any]:
    """The machine, and the versions of all that is compared."""
    return {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "versions": {
            "ansible-core": ansible.release.__version__,
            "Python": platform.python_version(),
            "cryptography": cryptography.__version__,
            "PyJWT": jwt.__version__,
            "community.crypto": _community_crypto(),
            "jsonwebtoken": _jsonwebtoken(),
            "qlik-sdk": _asked(peers.SDK_PYTHON, "import importlib.metadata as m; print(m.version('qlik-sdk'))"),
        },
    }


def sentence(machine: dict[str, t.Any]) -> str:
    """The same in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return f"{versions}, {machine['processors']} processors ({machine['architecture']})"


def _community_crypto() -> str:
    folder = _asked(peers.PYTHON, "import sysconfig; print(sysconfig.get_path('purelib'))")
    with open(f"{folder}/ansible_collections/community/crypto/MANIFEST.json", encoding="utf-8") as file:
        return json.load(file)["collection_info"]["version"]


def _jsonwebtoken() -> str | None:
    if not peers.has_node():
        return None
    return json.loads((peers.NODE_FOLDER / "node_modules/jsonwebtoken/package.json").read_text())["version"]


def _asked(python: t.Any, code: str) -> str:
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
