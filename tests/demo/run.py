# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a simulated tenant, and run tenant.yml against it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import typing as t

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "helpers"))

import simulator  # noqa: E402


def play(
    playbook: str,
    tenant: simulator.Simulator,
    folder: pathlib.Path,
    env: t.Mapping[str, str] | None = None,
    variables: t.Mapping[str, t.Any] | None = None,
) -> int:
    """Run a playbook of this folder, and return what ansible-playbook does.

    :param folder: for its keys.
    :param env: more variables of the environment.
    :param variables: more variables of Ansible.
    """
    command = [
        str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
        *("-i", "localhost,", str(HERE / playbook)),
        *("-e", "tenant_jwt_tenant=acme.eu.qlikcloud.com"),
        *("-e", f"folder={folder}", "-e", f"tenant_jwt_url={tenant.url}"),
        *("-e", f"tenant_jwt_ca_path={tenant.ca_path}", "-e", json.dumps(variables or {})),
    ]
    environment = {**os.environ, "QSCLOUD_TENANT_URL": tenant.url, "QSCLOUD_API_KEY": tenant.api_key, **(env or {})}
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    """Run it, and return what ansible-playbook does."""
    tenant = simulator.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return play("tenant.yml", tenant, pathlib.Path(folder))
    finally:
        tenant.stop()


if __name__ == "__main__":
    sys.exit(main())
