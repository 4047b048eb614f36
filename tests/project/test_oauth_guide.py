# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for OAuth clients: what it names is all there is, and what it advises helps."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

import documented
import simulator as tenants
import yaml
from docutils import nodes
from plays import Run

from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import client_keys, credentials

PAGE = "docs/docsite/rst/guide_oauth.rst"


def test_the_options_and_variables_of_a_key_are_complete() -> None:
    page = documented.document(PAGE)
    shown = [node.astext() for node in page.findall(nodes.literal)]
    assert [name for name in shown if name in client_keys.OPTIONS][:5] == list(client_keys.OPTIONS)
    variables = [term.astext() for term in page.findall(nodes.term) if term.astext().startswith("QSCLOUD_")]
    assert variables == [credentials.CREDENTIAL_VARIABLES[name] for name in client_keys.OPTIONS]


def test_the_credential_type_sets_what_is_known() -> None:
    blocks = [yaml.safe_load(block.text) for block in documented.blocks(PAGE) if block.language == "yaml"]
    shown = [block for block in blocks if isinstance(block, dict)]
    (fields,) = [[field["id"] for field in one["fields"]] for one in shown if "fields" in one]
    (injector,) = [one for one in shown if "file" in one]
    known = {credentials.URL_VARIABLE, *credentials.CREDENTIAL_VARIABLES.values()}
    assert set(injector["env"]) <= known
    used = " ".join(value for values in injector.values() for value in values.values())
    assert all(f"{{{{ {field} }}}}" in used for field in fields)


def test_a_lost_key_is_replaced(
    tmp_path: pathlib.Path, run_playbook: t.Callable[..., Run], simulator: tenants.Simulator
) -> None:
    blocks = {block.name: block.text for block in reversed(documented.blocks(PAGE)) if block.name}
    project = tmp_path / "project"
    for name in ("inventory.yml", "oauth.yml"):
        (project / name).write_text(blocks[name])
    here = f"tenant_oauth_url={simulator.url} tenant_oauth_ca_path={simulator.ca_path} tenant_oauth_key_size=2048"
    api_key = f"tenant_oauth_api_key={simulator.api_key}"

    def run(*variables: str, check: bool = True) -> Run:
        return run_playbook("oauth.yml", "-i", "inventory.yml", "-e", " ".join((here, *variables)), check=check)

    def keys() -> list[list[str]]:
        return [[key["kid"] for key in client["publicKeys"]] for client in simulator.oauth_clients()]

    run(api_key)
    ((lost,),) = keys()
    shutil.rmtree(project / "keys")
    assert "set tenant_oauth_allow_new_key to true" in run(api_key, check=False).output
    run(api_key, "tenant_oauth_allow_new_key=true")
    (both,) = keys()
    assert len(both) == 2 and lost in both
    run("tenant_oauth_purge=true")
    assert keys() == [[key for key in both if key != lost]]
    assert run().recap["changed"] == 0
