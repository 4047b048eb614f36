# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide that shows the chain module by module: its playbooks, one after the other, with a simulated tenant."""

from __future__ import annotations

import documented


def test_the_guide_rotates_the_key(run_playbook, tmp_path, simulator):
    blocks = {block.name: block.text for block in documented.blocks("docs/docsite/rst/guide_steps.rst") if block.name}
    project = tmp_path / "project"
    for name, text in blocks.items():
        (project / name).write_text(text)
    env = {"QSCLOUD_TENANT_URL": simulator.url, "QSCLOUD_API_KEY": simulator.api_key, "SSL_CERT_FILE": simulator.ca_path}
    options = ("-i", "inventory.yml", "-e", f"tenant_jwt_url={simulator.url}", "-e", "tenant_jwt_key_size=2048")
    seen = []
    for name in ("chain.yml", "chain.yml", "introduce.yml", "retire.yml", "retire.yml"):
        recap = run_playbook(name, *options, env=env).recap
        key_ids = [one["options"]["staticKeys"][0]["kid"] for one in simulator.jwt_providers(simulator.url)]
        files = {path.name for path in project.glob("keys/acme.eu.qlikcloud.com/*.pem")}
        seen.append((recap["changed"], key_ids, files, simulator.state(simulator.url)["sessions"]))
    old, new = {"privatekey.pem", "publickey.pem"}, {"new_privatekey.pem", "new_publickey.pem"}
    first, second = seen[2][1]
    # Keys and groups and the provider, nothing, the other key and its provider, the old provider and its key, nothing.
    assert [changed for changed, *dummy in seen] == [3, 0, 2, 2, 0]
    assert [key_ids for dummy, key_ids, *dummy in seen] == [[first], [first], [first, second], [second], [second]]
    assert [files for *dummy, files, dummy in seen] == [old, old, old | new, new, new]
    assert [sessions for *dummy, sessions in seen] == [1, 2, 3, 4, 4]
