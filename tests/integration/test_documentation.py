# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows runs as it stands."""

from __future__ import annotations

import importlib
import pathlib
import re
import subprocess

import pytest
import yaml
from plays import play

ROOT = pathlib.Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("qscloud_*.py"))
PAGES = ("README.md", "roles/tenant_jwt/README.md")


def yaml_blocks():
    for page in PAGES:
        for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)):
            yield pytest.param(block, id=f"{page}-{number}")


@pytest.fixture
def project(tmp_path, run_playbook):
    """A folder with what the documentation takes for granted."""
    folder = tmp_path / "project"
    subprocess.run(["openssl", "genrsa", "-out", folder / "privatekey.pem", "2048"], check=True, capture_output=True)
    (folder / "inventory.yml").write_text(yaml.safe_dump({"tenants": {"hosts": {"acme.eu.qlikcloud.com": None}}}))
    return folder


@pytest.fixture
def environment(project, simulator):
    """The environment that the documentation takes for granted, for a tenant that is simulated."""
    return {
        "QSJWTPRIVKEY": (project / "privatekey.pem").read_text(),
        "QSCLOUD_TENANT_URL": simulator.url,
        "QSCLOUD_API_KEY": simulator.api_key,
        "SSL_CERT_FILE": simulator.ca_path,
    }


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module(run_playbook, project, environment, simulator, module):
    documented = importlib.import_module(f"ansible_collections.tenantops.qlik.plugins.modules.{module}")
    tasks = yaml.safe_load(documented.EXAMPLES.replace("https://acme.eu.qlikcloud.com", simulator.url))
    environment |= {"QSCLOUD_CLIENT_ID": simulator.client_id, "QSCLOUD_CLIENT_SECRET": simulator.client_secret}
    run = run_playbook([play(*tasks)], env=environment)
    # A loop over what the tenant does not have is skipped.
    assert run.recap["ok"] + run.recap["skipped"] == sum(len(task.get("block", [task])) for task in tasks)


@pytest.mark.parametrize("block", list(yaml_blocks()))
def test_playbook_in_a_readme(run_playbook, project, environment, simulator, block):
    plays = yaml.safe_load(block)
    if not isinstance(plays, list) or "hosts" not in plays[0]:
        pytest.skip("not a playbook; what else a page shows is read as YAML at least")
    run = run_playbook(plays, "-i", "inventory.yml", "-e", f"tenant_jwt_url={simulator.url}", env=environment)
    assert "failed=0" in run.output and "ok=0" not in run.output


def test_the_readme_of_the_role_names_every_variable():
    page = (ROOT / "roles/tenant_jwt/README.md").read_text()
    specification = yaml.safe_load((ROOT / "roles/tenant_jwt/meta/argument_specs.yml").read_text())
    options = specification["argument_specs"]["main"]["options"]
    assert set(re.findall(r"^\| `(tenant_jwt_\w+)` \| .*\|$", page.split("## Facts")[0], re.M)) == set(options)
    defaults = yaml.safe_load((ROOT / "roles/tenant_jwt/defaults/main.yml").read_text())
    assert set(defaults) < set(options)
    literal = {name: value for name, value in defaults.items() if "default" in options[name]}
    assert literal == {name: options[name]["default"] for name in literal}
