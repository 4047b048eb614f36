# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants to run the role tenant_oauth for, all in one playbook."""

from __future__ import annotations

import json
import pathlib
import typing as t

from plays import MODES, Run, play, playbook_runner
from simulator import Simulator

ROLE = {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_oauth"}}
FACTS = ("access_token", "client", "key_pairs", "changed")


class Fleet:
    """Tenants with an inventory, in a folder of their own."""

    def __init__(self, base: pathlib.Path, home: pathlib.Path, region: Simulator) -> None:
        self._run = playbook_runner(base, home)
        self.project = base / "project"
        self.region = region
        self.urls = {f"t{number:02d}.eu.qlikcloud.com": url for number, url in enumerate(region.urls)}
        self.variables: dict[str, t.Any] = {
            "tenant_oauth_ca_path": region.ca_path,
            "tenant_oauth_key_size": 2048,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        """Those of all hosts."""
        self.of_hosts: dict[str, dict[str, t.Any]] = {
            name: {"tenant_oauth_url": url} for name, url in self.urls.items()
        }

    def run(
        self,
        variables: dict[str, t.Any],
        *options: str,
        tasks: t.Sequence[dict[str, t.Any]] = (ROLE,),
        **keywords: t.Any,
    ) -> Run:
        """Run the role for all tenants with these variables, and save its facts."""
        inventory = {"all": {"hosts": self.of_hosts, "vars": {**self.variables, **variables}}}
        (self.project / "inventory.json").write_text(json.dumps(inventory))
        facts = {
            host: {name: f"{{{{ hostvars['{host}'].tenant_oauth_{name} | default(none) }}}}" for name in FACTS}
            for host in self.of_hosts
        }
        save = {"save": {"path": "{{ saved }}/facts", "value": facts}, "run_once": True}
        mode = keywords.pop("mode", "in-process")
        return self._run(
            [play(*tasks, save, hosts="all", **MODES[mode])], "-i", "inventory.json", "--forks=10", *options, **keywords
        )

    def keys(self, host: str) -> pathlib.Path:
        """The folder of a tenant's keys."""
        return self.project / "keys" / "oauth" / host
