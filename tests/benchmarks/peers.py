# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection is compared with, each in an environment of its own, which the Makefile makes."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

BUILD = pathlib.Path(__file__).parents[2] / ".build"
PYTHON = BUILD / "peers" / "bin" / "python"
ANSIBLE_PLAYBOOK = PYTHON.with_name("ansible-playbook")
SDK_PYTHON = BUILD / "qlik-sdk" / "bin" / "python"
NODE_FOLDER = BUILD / "npm-bench"


def has_node() -> bool:
    """Whether there are rows with Node; the Makefile installs the library only where npm is."""
    return bool(shutil.which("node") and shutil.which("npm"))


def community_crypto(size: int) -> list[dict[str, t.Any]]:
    """The tasks that give a tenant a key pair and a certificate with community.crypto, in the variable ``folder``.

    They do less than the role: they sign no token.
    """
    private_key = "{{ folder }}/privatekey.pem"
    return [
        {"ansible.builtin.file": {"path": "{{ folder }}", "state": "directory", "mode": "0700"}},
        {"community.crypto.openssl_privatekey": {"path": private_key, "size": size}},
        {
            "community.crypto.openssl_publickey": {
                "path": "{{ folder }}/publickey.pem",
                "privatekey_path": private_key,
            }
        },
        {
            "community.crypto.x509_certificate": {
                "path": "{{ folder }}/publickey.cer",
                "privatekey_path": private_key,
                "provider": "selfsigned",
            }
        },
    ]
