# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tenants of a simulated organization as an inventory. Each run reads the inventories of many cases."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
import yaml
from plays import ANSIBLE_PLAYBOOK, environment, play

from ansible_collections.tenantops.qlik.plugins.inventory import qscloud

BIN = pathlib.Path(sys.executable).parent
PLUGIN = "tenantops.qlik.qscloud"
GUIDE = "docs/docsite/rst/guide_inventories.rst"
PATH = "/api/core/tenants"
MALICIOUS = "{{ lookup('ansible.builtin.file', '/etc/hostname') }}"
TENANTS = [
    {"name": "Acme", "hostnames": ["ACME.eu.qlikcloud.com", "grus.eu.qlikcloud.com"], "regionCode": "eu-west-1"},
    {"name": "Test 1", "hostnames": ["test.us.qlikcloud.com"], "subscriptionId": "1111222233334444"},
    {"name": MALICIOUS, "hostnames": ["evil.eu.qlikcloud.com"], "regionCode": "eu-west-1"},
    *({"hostnames": [f"{status}.us.qlikcloud.com"], "status": status} for status in ("disabled", "deactivated", "new")),
    # It has left its name to an active tenant.
    {"hostnames": ["acme.eu.qlikcloud.com"], "status": "deleted"},
    {"name": "Nameless", "hostnames": [MALICIOUS]},
]
ACTIVE = ["acme.eu.qlikcloud.com", "evil.eu.qlikcloud.com", "test.us.qlikcloud.com"]
INACTIVE = ["deactivated.us.qlikcloud.com", "disabled.us.qlikcloud.com", "new.us.qlikcloud.com"]


class Inventories:
    """A folder of inventories, and the commands that read them."""

    def __init__(self, folder: pathlib.Path, home: pathlib.Path, simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.console = simulator.organization["url"]
        self.client = {
            f"QSCLOUD_ORGANIZATION_{name.upper()}": simulator.organization[name]
            for name in ("client_id", "client_secret")
        }
        self.environment = environment(home)

    def write(self, name: str, **changes: t.Any) -> pathlib.Path:
        """Write an inventory; a change to ``...`` leaves an option out."""
        options = {"plugin": PLUGIN, "ca_path": self.simulator.ca_path, **self.simulator.organization, **changes}
        text = yaml.safe_dump({key: one for key, one in options.items() if one is not ...})
        return self.write_text(f"{name.replace(' ', '-')}.qscloud.yml", text)

    def write_text(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def run(self, command: pathlib.Path, *arguments: str | pathlib.Path, **variables: str) -> t.Any:
        return subprocess.run(
            [command, *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )

    def list(self, *paths: pathlib.Path, options: t.Sequence[str] = (), **variables: str) -> t.Any:
        sources = [word for path in paths for word in ("-i", path)]
        return self.run(BIN / "ansible-inventory", "--list", "--export", *sources, *options, **variables)


@pytest.fixture(scope="module")
def inventories(tmp_path_factory, module_home, running_simulator):
    running_simulator.reset()
    return Inventories(tmp_path_factory.mktemp("inventories"), module_home, running_simulator)


@pytest.fixture
def new_inventories(tmp_path, home, simulator):
    return Inventories(tmp_path, home, simulator)


def plain(value: t.Any) -> t.Any:
    """A value without the marks that Ansible puts at text that is no template."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe", {key: plain(one) for key, one in value.items()})
    return [plain(one) for one in value] if isinstance(value, list) else value


def squeezed(text: str) -> str:
    """Text without white space: releases of ansible-core wrap lines differently."""
    return "".join(text.split())


# ---- Inventories that are in order

CASES: dict[str, dict[str, t.Any]] = {
    "default": {},
    "region": {"filters": {"region": "eu-*"}},
    "filters": {"filters": {"region": ["us-east-1"], "status": ["active", "disabled"]}},
    "subscription": {"filters": {"subscription": "1111222233334444"}},
    "alias": {"hostnames": ["qscloud_tenant.aliases[0]"]},
    "expressions": {"hostnames": ["qscloud_tenant.missing", "qscloud_tenant.name", "qscloud_tenant.name | lower"]},
    "constructed": {
        "compose": {"display": "qscloud_tenant.name", "tenant_jwt_certificate_days": "90"},
        "groups": {"tests": "display.startswith('Test')", "tenants": "true"},
        "keyed_groups": [{"key": "qscloud_tenant.region_code", "prefix": "region", "parent_group": "regions"}],
    },
}


@pytest.fixture(scope="module")
def listed(inventories):
    """The inventories of all cases in one run, and what Ansible said."""
    inventories.simulator.set_tenants(*TENANTS)
    paths = []
    for name, options in CASES.items():
        # A prefix tells the hosts of the cases from each other.
        expressions = options.get("hostnames", ["qscloud_tenant.hostnames[0]"])
        prefixed = [f"'{name}-' ~ ({expression})" for expression in expressions]
        paths.append(inventories.write(name, **{**options, "hostnames": prefixed}))
    return inventories.list(*paths)


def hosts(listed, name, group):
    inventory = json.loads(listed.stdout)
    prefix = f"{name}-"
    return [host.removeprefix(prefix) for host in inventory.get(group, {}).get("hosts", []) if host.startswith(prefix)]


def test_active_tenants_are_in_the_group_that_provision_uses(listed):
    assert hosts(listed, "default", "tenants") == ACTIVE
    assert hosts(listed, "default", "tenants_inactive") == INACTIVE


def test_a_tenant_that_cannot_be_a_host_is_named(listed):
    for sentence in (
        "has no valid host name, and is left out.",
        "would both be named default-acme.eu.qlikcloud.com: the second one is left out, unless hostnames names it otherwise.",
    ):
        assert squeezed(sentence) in squeezed(listed.stderr)


def test_a_host_has_what_the_api_says(listed):
    variables = plain(json.loads(listed.stdout)["_meta"]["hostvars"]["default-acme.eu.qlikcloud.com"])
    assert set(variables) == {"qscloud_tenant"}
    tenant = variables["qscloud_tenant"]
    expected = {
        "name": "Acme",
        "status": "active",
        "hostnames": ["acme.eu.qlikcloud.com", "grus.eu.qlikcloud.com"],
        "aliases": ["grus.eu.qlikcloud.com"],
        "region_code": "eu-west-1",
        "country_code": "US",
        "subscription_id": "9876543210987654",
        "license_number": "1234567890123456",
    }
    assert expected.items() <= tenant.items()
    assert set(tenant) - set(expected) == {"id", "created_at", "updated_at"}


@pytest.mark.parametrize(
    ("name", "active", "inactive"),
    [
        ("region", ["acme.eu.qlikcloud.com", "evil.eu.qlikcloud.com"], []),
        ("filters", ["test.us.qlikcloud.com"], ["disabled.us.qlikcloud.com"]),
        ("subscription", ["test.us.qlikcloud.com"], []),
    ],
)
def test_filters(listed, name, active, inactive):
    assert (hosts(listed, name, "tenants"), hosts(listed, name, "tenants_inactive")) == (active, inactive)


def test_hosts_are_named_by_the_first_expression_that_gives_a_host_name(listed):
    assert hosts(listed, "alias", "tenants") == ["grus.eu.qlikcloud.com"]
    assert hosts(listed, "expressions", "tenants") == ["acme"]
    # The others are named by their first host name, because "Test 1" and a template are no host names.
    assert {"evil.eu.qlikcloud.com", "test.us.qlikcloud.com"} <= set(json.loads(listed.stdout)["tenants"]["hosts"])


def test_groups_and_variables_of_expressions(listed):
    assert hosts(listed, "constructed", "tests") == ["test.us.qlikcloud.com"]
    assert hosts(listed, "constructed", "region_eu_west_1") == ["acme.eu.qlikcloud.com", "evil.eu.qlikcloud.com"]
    assert set(json.loads(listed.stdout)["regions"]["children"]) == {"region_eu_west_1", "region_us_east_1"}
    # This is how inactive tenants join the others.
    assert set(hosts(listed, "constructed", "tenants")) == {*ACTIVE, *INACTIVE}
    variables = plain(json.loads(listed.stdout)["_meta"]["hostvars"]["constructed-test.us.qlikcloud.com"])
    # Before ansible-core 2.19, the results of expressions are texts.
    assert (variables["display"], str(variables["tenant_jwt_certificate_days"])) == ("Test 1", "90")


def test_what_the_api_says_is_no_template(listed):
    variables = json.loads(listed.stdout)["_meta"]["hostvars"]["constructed-evil.eu.qlikcloud.com"]
    assert variables["display"] == variables["qscloud_tenant"]["name"] == {"__ansible_unsafe": MALICIOUS}


@pytest.mark.thorough
def test_provision_takes_the_active_tenants(new_inventories):
    new_inventories.simulator.set_tenants(*TENANTS)
    new_inventories.write("my", client_id=..., client_secret=..., compose={"shown": "qscloud_tenant.name"})
    show = play({"ansible.builtin.debug": {"msg": "{{ inventory_hostname }} is {{ shown }}"}}, hosts="tenants")
    plays = [show, {"ansible.builtin.import_playbook": "tenantops.qlik.provision"}]
    new_inventories.write_text("show.yml", yaml.safe_dump(plays))
    options = ("-i", "my.qscloud.yml", "-e", "tenant_jwt_key_size=2048", "-e", "tenant_jwt_show_idp=never")
    run = new_inventories.run(ANSIBLE_PLAYBOOK, "show.yml", *options, **new_inventories.client)
    assert f"evil.eu.qlikcloud.com is {MALICIOUS}" in run.stdout
    assert "3 tenants: 0 unchanged, 3 changed, 0 failed." in run.stdout + run.stderr
    graph = new_inventories.run(BIN / "ansible-inventory", *options[:2], "--graph", **new_inventories.client)
    assert [line.strip("| -") for line in graph.stdout.splitlines()] == [
        "@all:",
        "@ungrouped:",
        "@tenants:",
        *ACTIVE,
        "@tenants_inactive:",
        *INACTIVE,
    ]


@pytest.mark.thorough
def test_the_examples_of_the_documentation(new_inventories):
    new_inventories.simulator.set_tenants(*TENANTS)
    secret = new_inventories.folder / "secret"
    secret.write_text(new_inventories.simulator.organization["client_secret"])
    paths = []
    for number, example in enumerate(qscloud.EXAMPLES.split("---\n")[1:]):
        options = {"url": new_inventories.console, "ca_path": new_inventories.simulator.ca_path}
        client_id = new_inventories.simulator.organization["client_id"]
        text = example.replace("/run/secrets/organization", str(secret)).replace("0123456789abcdef" * 2, client_id)
        paths.append(new_inventories.write_text(f"example-{number}.yml", text + yaml.safe_dump(options)))
    run = new_inventories.list(*paths, **new_inventories.client)
    assert "Failed" not in run.stderr
    inventory = plain(json.loads(run.stdout))
    assert inventory["region_eu_west_1"]["hosts"] == ["acme.eu.qlikcloud.com", "evil.eu.qlikcloud.com"]
    assert inventory["tests"]["hosts"] == ["test.us.qlikcloud.com"]
    variables = inventory["_meta"]["hostvars"]
    assert str(variables["test.us.qlikcloud.com"]["tenant_jwt_certificate_days"]) == "90"
    assert variables["grus.eu.qlikcloud.com"]["tenant_jwt_tenant"] == "acme.eu.qlikcloud.com"
    shown = new_inventories.run(BIN / "ansible-doc", "--json", "-t", "inventory", PLUGIN)
    assert shown.stderr == ""
    assert json.loads(shown.stdout)[PLUGIN]["doc"]["options"]["client_secret"]["env"]


@pytest.mark.thorough
def test_the_cache_spares_requests_and_has_no_secret(new_inventories):
    new_inventories.simulator.set_tenants(*TENANTS)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(new_inventories.folder)}
    path = new_inventories.write("cached", **cache)
    first = new_inventories.list(path)
    new_inventories.simulator.set_tenants({"name": "Another", "hostnames": ["another.us.qlikcloud.com"]})
    new_inventories.simulator.forget_requests(new_inventories.console)
    again = new_inventories.list(new_inventories.write("cached", **cache, filters={"status": "active"}))
    assert new_inventories.simulator.recorded(new_inventories.console) == []
    assert json.loads(again.stdout)["tenants"] == json.loads(first.stdout)["tenants"]
    assert "tenants_inactive" not in json.loads(again.stdout)
    new_inventories.write_text("play.yml", yaml.safe_dump([play(hosts="tenants")]))
    flushed = new_inventories.run(ANSIBLE_PLAYBOOK, "play.yml", "--list-hosts", "--flush-cache", "-i", path)
    assert flushed.stdout.split()[-1] == "another.us.qlikcloud.com"
    # Another organization has a list of its own; this one's client is unknown.
    other = new_inventories.list(new_inventories.write("cached", **cache, client_id="another"))
    assert "HTTP401" in squeezed(other.stderr) and "another.us.qlikcloud.com" not in other.stdout

    kept = "".join(file.read_text() for file in new_inventories.folder.glob("ansible_inventory_*"))
    assert "another.us.qlikcloud.com" in kept
    secrets = new_inventories.simulator.secrets(new_inventories.console)
    organization = new_inventories.simulator.organization
    assert not any(one in kept for one in (*secrets, organization["client_secret"], organization["client_id"]))


@pytest.mark.thorough
def test_a_secret_from_the_vault(new_inventories):
    password = new_inventories.folder / "password"
    password.write_text("vault-password")
    secret = new_inventories.simulator.organization["client_secret"]
    encrypted = new_inventories.run(
        BIN / "ansible-vault", "encrypt_string", "--vault-password-file", password, "--name", "client_secret", secret
    )
    path = new_inventories.write("vault", client_secret=...)
    path.write_text(path.read_text() + encrypted.stdout)
    run = new_inventories.list(path, options=["--vault-password-file", str(password)])
    assert json.loads(run.stdout)["tenants"]["hosts"] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


@pytest.mark.thorough
def test_a_key_in_the_file_replaces_the_secret_in_the_environment(new_inventories, rsa_pem):
    path = new_inventories.write("key", client_secret=..., client_private_key_content=rsa_pem.decode())
    refused = new_inventories.list(path, **new_inventories.client)
    # The organization is asked, and knows no key of this client.
    assert "POST/oauth/tokenwithHTTP401" in squeezed(refused.stderr) and "settogether" not in squeezed(refused.stderr)
    (request,) = new_inventories.simulator.recorded(new_inventories.console)
    assert request["client_authentication"] == "client_assertion"
    # The id may be in the environment alone.
    path = new_inventories.write("id", client_id=...)
    variable = "QSCLOUD_ORGANIZATION_CLIENT_ID"
    listed = new_inventories.list(path, **{variable: new_inventories.client[variable]})
    assert json.loads(listed.stdout)["tenants"]["hosts"]


# ---- Bad input

CLIENT = (
    "client_id and client_secret must be the ID and the current secret of an OAuth client of the organization, which"
    " the service account owner creates at https://console.qlikcloud.com/admin/oauth. Qlik's government clouds have no"
    " such list."
)
NO_URL = "Leave url out: the tenants of all organizations are listed at https://console.qlikcloud.com."
SECRET = "a-secret-that-nobody-must-see"

# By name: what is wrong in the file, and the sentences about it, or in a list, the parts of them.
BAD_INPUT: dict[str, tuple[dict[str, t.Any], str | tuple[str, ...]]] = {
    "no client": (
        {"client_id": ..., "client_secret": ...},
        "client_id and client_secret are missing: set them to the ID and secret of an OAuth client of the organization,"
        " or set QSCLOUD_ORGANIZATION_CLIENT_ID and QSCLOUD_ORGANIZATION_CLIENT_SECRET in the environment.",
    ),
    "no client id": (
        {"client_id": ..., "client_secret": SECRET},
        "client_id is missing: an OAuth client needs its id, and its secret or private key.",
    ),
    "an empty secret": (
        {"client_secret": ""},
        "client_secret is empty (an environment variable or a CI secret may not be set): specify it, or leave the"
        " option out.",
    ),
    "another secret": (
        {"client_secret": SECRET},
        ("answered POST /oauth/token with HTTP 401, SIMULATED-CLIENT, ", CLIENT),
    ),
    "a secret that is a number": ({"client_secret": "{{ 12345678 }}"}, CLIENT),
    "a key beside the secret": (
        {"client_private_key_content": SECRET},
        "client_secret and client_private_key_content are set together: an OAuth client proves itself with its secret or with"
        " one private key, so leave all but one out.",
    ),
    "a key that is none": (
        {"client_secret": ..., "client_private_key_content": SECRET},
        ("client_private_key_content is not a private key in PEM format: ",),
    ),
    "a key that is refused": (
        {"client_secret": ..., "client_private_key_path": "<key>"},
        (
            "answered POST /oauth/token with HTTP 401, SIMULATED-CLIENT, ",
            "must have private_key_jwt in its allowedAuthMethods, and in its publicKeys this key with the key id",
            "The client must be one of the organization, which the service account owner creates at"
            " https://console.qlikcloud.com/admin/oauth. If it cannot have a key there, set client_secret instead of the key.",
        ),
    ),
    "the URL of a tenant": ({"url": "<tenant>"}, ("<tenant> answered POST /oauth/token with HTTP 401, ", CLIENT)),
    "no URL": ({"url": "console.qlikcloud.com"}, f"url is not https:// and a host name. {NO_URL}"),
    "a host that does not exist": (
        {"url": "https://console.invalid"},
        "The host of https://console.invalid cannot be resolved. Check url and the DNS.",
    ),
    "no CA": ({"ca_path": "/nowhere/ca.pem"}, ("ca_path: cannot read /nowhere/ca.pem",)),
    "an unknown option": (
        {"filter": {"region": "eu-*"}},
        "This inventory has no option filter: perhaps filters is meant.",
    ),
    "another unknown option": (
        {"xyz": 1},
        "This inventory has no option xyz: see 'ansible-doc -t inventory tenantops.qlik.qscloud'.",
    ),
    "an unknown filter": (
        {"filters": {"regions": "eu-*"}},
        "filters contains 'regions', which is not a filter: use region, subscription, status or name.",
    ),
    "an unknown status": (
        {"filters": {"status": "actve"}},
        "filters contains the status 'actve': use active, disabled, deleted or deactivated.",
    ),
    "a host name that cannot be evaluated": (
        {"strict": True, "hostnames": ["qscloud_tenant.missing"]},
        ("Cannot evaluate 'qscloud_tenant.missing' in hostnames: ", "has no attribute"),
    ),
    "filters that nothing matches": (
        {"filters": {"region": "ap-*"}},
        "None of 3 tenants matches the filters, so this inventory is empty.",
    ),
}

# By name: a fault of the list, and the sentences about it.
FAULTS: dict[str, tuple[dict[str, t.Any], str | tuple[str, ...]]] = {
    "no permission": (
        {"kind": "status", "value": 403},
        ("HTTP 403, ", CLIENT, "Or the list of tenants may not be enabled for the organization."),
    ),
    "no such list": ({"kind": "status", "value": 404}, ("HTTP 404, ", NO_URL)),
    "a rate limit for ever": (
        {"kind": "status", "value": 429, "retry_after": 400},
        ("HTTP 429, ", "The list would take more than five minutes of waiting: run again later, or set cache."),
    ),
    "an error": (
        {"kind": "status", "value": 500},
        ("HTTP 500, ", "Try again later; Qlik's support asks for the traceId."),
    ),
    "a web page": (
        {"kind": "html"},
        ("answered GET /api/core/tenants with something other than a JSON object.", "no proxy answers instead of Qlik"),
    ),
    "a page that refuses": (
        {"kind": "html", "value": 403},
        (
            "HTTP 403. The answer is not a JSON object,",
            "may have answered instead of Qlik Cloud. Check url, https_proxy",
        ),
    ),
    "no list": ({"kind": "status", "value": 200, "body": {"data": 1}}, ("something other than a list. Check url.",)),
    "a link to another host": (
        {
            "kind": "status",
            "value": 200,
            "body": {"data": [{"id": "1"}], "links": {"next": {"href": "https://api.example.com/core/tenants?next=1"}}},
        },
        ("refers GET to another address (https://api.example.com/core/tenants?next=1), which is not followed.", NO_URL),
    ),
    "an organization without tenants": (
        {"kind": "status", "value": 200, "body": {"data": []}},
        "The organization of this OAuth client has no tenants, so this inventory is empty.",
    ),
}


@pytest.fixture(scope="module")
def refused(inventories, rsa_pem):
    """What Ansible says about all of them, with the most details."""
    inventories.simulator.reset()
    tenant = inventories.simulator.url
    key = inventories.folder / "key.pem"
    key.touch(0o600)
    key.write_bytes(rsa_pem)
    there = {"<tenant>": tenant, "<key>": str(key)}
    paths = []
    for name, (options, _message) in BAD_INPUT.items():
        filled = {
            option: there.get(value, value) if isinstance(value, str) else value for option, value in options.items()
        }
        paths.append(inventories.write(name, **filled))
    for name in FAULTS:
        paths.append(inventories.write(name))
    # Each fault befalls one request, in this order; the last two inventories before them get their lists.
    faults = [{**fault, "path": PATH, "skip": 2} for fault, _said in FAULTS.values()]
    inventories.simulator.faults(*faults, url=inventories.console)
    return inventories.list(*paths, options=["-vvvvv"])


@pytest.mark.thorough
@pytest.mark.parametrize("name", [*BAD_INPUT, *FAULTS])
def test_bad_input(refused, inventories, name):
    said = {**BAD_INPUT, **FAULTS}[name][1]
    for sentence in [said] if isinstance(said, str) else said:
        assert squeezed(sentence.replace("<tenant>", inventories.simulator.url)) in squeezed(
            refused.stderr
        ), refused.stderr


@pytest.mark.thorough
def test_bad_input_tells_no_secret(refused, inventories):
    secrets = inventories.simulator.secrets(inventories.console)
    assert secrets
    output = squeezed(refused.stdout + refused.stderr)
    assert not any(one in output for one in (*secrets, SECRET, inventories.simulator.organization["client_secret"]))


@pytest.mark.thorough
def test_bad_input_adds_no_host(refused):
    assert json.loads(refused.stdout[refused.stdout.index("\n{") :])["_meta"]["hostvars"] == {}
    assert not re.search("(Attribute|Key|Type|Value)Error", refused.stdout + refused.stderr)


def _blocks():
    """The blocks of the guide."""
    # It needs docutils, which is not there where only the tests of `make test` run.
    import documented

    return documented.blocks(GUIDE)


@pytest.mark.thorough
def test_it_can_be_made_an_error(new_inventories):
    (variable,) = re.findall(r"^\$ export (ANSIBLE_\w+)=true$", "".join(block.text for block in _blocks()), re.MULTILINE)
    assert f"E({variable})" in qscloud.DOCUMENTATION
    path = new_inventories.write("no client", client_id=..., client_secret=...)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        new_inventories.list(path, **{variable: "true"})
    assert f"Completelyfailedtoparseinventorysource{path}" in squeezed(caught.value.stderr)


# ---- A table


@pytest.mark.thorough
def test_a_table_as_a_spreadsheet_exports_it(new_inventories):
    (playbook,) = [block.text for block in _blocks() if block.name == "tenants_from_csv.yml"]
    (table,) = [block.text.split("\n", 1)[1] for block in _blocks() if block.text.startswith("$ cat ")]
    # With a byte order mark and the line ends of Windows.
    (new_inventories.folder / "tenants.csv").write_bytes(b"\xef\xbb\xbf" + table.replace("\n", "\r\n").encode())
    new_inventories.write_text("playbook.yml", playbook)
    variables = new_inventories.folder / "group_vars" / "tenants.yml"
    variables.parent.mkdir()
    variables.write_text("tenant_jwt_key_size: 2048\ntenant_jwt_show_idp: never\n")
    (common,) = [block.text for block in _blocks() if block.name == "common.yml"]
    new_inventories.write_text("common.yml", common)
    run = new_inventories.run(ANSIBLE_PLAYBOOK, "playbook.yml", "-i", "common.yml")
    assert "2 tenants: 0 unchanged, 2 changed, 0 failed." in run.stdout + run.stderr
    for tenant, days in {"acme.eu.qlikcloud.com": 365, "other.us.qlikcloud.com": 90}.items():
        (path,) = new_inventories.folder.rglob(f"{tenant}/publickey.cer")
        command = ["openssl", "x509", "-in", path, "-noout", "-text", "-checkend"]
        at_the_end = days * 24 * 3600
        still = subprocess.run([*command, str(at_the_end - 3600)], capture_output=True, text=True, check=False)
        ended = subprocess.run([*command, str(at_the_end + 3600)], capture_output=True, text=True, check=False)
        assert (still.returncode, ended.returncode) == (0, 1)
        assert "Public-Key: (2048 bit)" in still.stdout
