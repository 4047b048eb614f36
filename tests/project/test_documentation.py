# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows runs as it stands."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import subprocess
import sys
import uuid
import xml.etree.ElementTree

import documented
import openbao as bao
import plays
import pytest
import softhsm as hsm
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from cryptography.hazmat.primitives import serialization
from documented import PAGES, ROOT
from joserfc import jwk
from plays import play
from tenant_client import Pair, public_jwk

BIN = pathlib.Path(sys.executable).parent
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
PLAYBOOKS = "".join((ROOT / "playbooks" / name).read_text() for name in ("provision.yml", "status.yml"))
OF_THE_PLAYBOOKS = set(re.findall(r"\b(?:provision|status)_\w+", PLAYBOOKS))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
SPECIFICATIONS = {
    role: yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    for role in ROLES
}
OPTIONS = {name: option for its in SPECIFICATIONS.values() for name, option in its["main"]["options"].items()}

TROUBLESHOOTING = "docs/docsite/rst/guide_troubleshooting.rst"
MISSPELT = {"tenant_jwt_certifcate_days"}
"""What the example of a warning about misspelt variables names."""

# Commands of others, by how many words of theirs come before the options; those of the shell and of other projects.
SUBCOMMANDS = {
    "ansible-builder": 1,
    "ansible-doc": 0,
    "ansible-galaxy": 2,
    "ansible-inventory": 0,
    "ansible-runner": 1,
    "ansible-vault": 1,
}
NOT_OURS = {"aws", "pkcs11-tool", "python3", "set", "ssh"}
CLIENT_ID = "0f8fad5bd9cb469fa16570867728950e"
"""What stands for the id of an OAuth client with a key."""
RUN = {"bao": bao.program(), "openssl": "openssl", "shred": "shred"}
"""Commands of others that are run."""


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
        "QSCLOUD_ORGANIZATION_CLIENT_ID": simulator.organization["client_id"],
        "QSCLOUD_ORGANIZATION_CLIENT_SECRET": simulator.organization["client_secret"],
        "SSL_CERT_FILE": simulator.ca_path,
    }


@pytest.fixture
def key_stores(openbao, softhsm, kms):
    """The environment for key stores with nothing in them: a namespace of OpenBao, tokens of SoftHSM, and a simulated KMS."""
    namespace = f"page-{uuid.uuid4()}"
    openbao.ask("POST", f"sys/namespaces/{namespace}")
    openbao.ask("POST", f"{namespace}/sys/mounts/transit", type="transit")
    variables = {"VAULT_ADDR": openbao.url, "VAULT_TOKEN": openbao.token, "VAULT_CACERT": openbao.ca_path}
    return {**variables, "VAULT_NAMESPACE": namespace, **softhsm.environment, **kms.environment}


def client_with(key, simulator):
    """The id of an OAuth client that has this key."""
    pair = Pair.of(serialization.load_pem_private_key(key.read_bytes(), None))
    public = public_jwk(pair, jwk.RSAKey.import_key(key.read_bytes()).thumbprint())
    (client,) = simulator.add_clients({"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [public]})
    return client["clientId"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module(run_playbook, project, environment, simulator, module):
    documented = importlib.import_module(f"ansible_collections.tenantops.qlik.plugins.modules.{module}")
    text = documented.EXAMPLES.replace("https://acme.eu.qlikcloud.com", simulator.url)
    if CLIENT_ID in text:
        text = text.replace(CLIENT_ID, client_with(project / "privatekey.pem", simulator))
    shown = yaml.safe_load(text.replace("auth0|anna", "auth0|ordinary"))
    environment |= {"QSCLOUD_CLIENT_ID": simulator.client_id, "QSCLOUD_CLIENT_SECRET": simulator.client_secret}
    examples = shown if "hosts" in shown[0] else [play(*shown)]
    # The examples of these modules have the URL that follows from the name of the tenant.
    defaults = {"module_defaults": {f"tenantops.qlik.qscloud_{role}": {"url": simulator.url} for role in ROLES}}
    run = run_playbook([one | defaults for one in examples], "-i", "inventory.yml", env=environment)
    # The hosts of a play that are an expression are those that have failed.
    tasks = [task for one in examples if "{{" not in one["hosts"] for task in one["tasks"]]
    # A loop over what the tenant does not have is skipped.
    assert run.recap["ok"] + run.recap["skipped"] == sum(len(task.get("block", [task])) for task in tasks)


def printed(*command, **keywords):
    return subprocess.run(command, check=True, capture_output=True, text=True, **keywords).stdout


class Reader:
    """Does what a page says, block after block, in one folder and with one simulated tenant."""

    def __init__(self, project, run_playbook, environment, simulator):
        self.project = project
        self.run_playbook = run_playbook
        self.environment = environment
        self.simulator = simulator
        self.of_administrator = {}
        self.tokens = []
        self.softhsm = None

    def use_key_stores(self, environment, softhsm):
        self.environment |= environment
        # Whoever has a token as in the guide is somebody else than the administrator of the key store.
        self.of_administrator = {"VAULT_TOKEN": environment["VAULT_TOKEN"]}
        self.softhsm = softhsm

    def follow(self, number, block):
        if block.language == "yaml":
            self.use(block.name or f"block-{number}.yml", block.text)
        elif block.text.startswith("$ cat "):
            command, text = block.text.split("\n", 1)
            (self.project / command.split()[-1]).write_text(text)
        elif block.language == "console":
            for command in block.commands():
                self.enter(*command)
        else:
            # Node runs its code in test_embedding_guide.py.
            assert block.language in ("text", "javascript"), f"nothing is done with {block.language}"

    def use(self, name, text):
        # What stands for a secret, for a user, and for the tenant.
        text = text.replace("eyJhbGciOi...", self.simulator.api_key)
        text = text.replace("auth0|anna", "auth0|ordinary")
        text = text.replace("https://acme.eu.qlikcloud.com", self.simulator.url)
        text = text.replace("https://vault.example.com:8200", self.environment.get("VAULT_ADDR", ""))
        text = text.replace("/usr/lib/softhsm/libsofthsm2.so", str(hsm.module_path()))
        content = yaml.safe_load(text)
        check_variables(content)
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content and "plugin" in content:
            text += f"url: {self.simulator.organization['url']}\n"
        path.write_text(text)
        if isinstance(content, list):
            is_playbook = any({"hosts", "ansible.builtin.import_playbook"} & set(one) for one in content)
            if is_playbook:
                self.play(name, content)
            else:
                check_modules(content)
        elif any(isinstance(group, dict) and "hosts" in group for group in content.values()):
            shown = json.loads(printed(BIN / "ansible-inventory", "-i", path, "--list"))
            assert set(shown["tenants"]["hosts"]) == set(content["tenants"]["hosts"])

    def play(self, name, plays):
        if all(one.get("connection") == "local" or "ansible.builtin.import_playbook" in one for one in plays):
            self.run(name, "-i", "inventory.yml")
        else:
            self.run_playbook(name, "-i", "inventory.yml", "--syntax-check")
            check_modules([task for one in plays for task in one.get("tasks", [])])

    def enter(self, command, *arguments):
        files = [argument.rpartition("=")[2] for argument in arguments if argument.endswith(".yml")]
        places = (self.project, ROOT / "docs" / "execution-environment")
        assert all(any((place / file).exists() for place in places) for file in files)
        if command == "ansible-playbook":
            # Nobody is there to be asked, and what would be encrypted is not.
            self.run(*(argument for argument in arguments if argument != "--ask-vault-pass"))
        elif command == "ansible":
            env = plays.environment(self.project) | {"TMPDIR": str(self.project)}
            shown = printed(BIN / command, *arguments, cwd=self.project, env=env)
            assert re.search(r'"msg": "eyJ[\w-]+\.[\w-]+\.[\w-]+"', shown)
        elif command == "export":
            shown = (argument.replace("https://acme.eu.qlikcloud.com", self.simulator.url) for argument in arguments)
            values = dict(argument.split("=", 1) for argument in shown)
            if "VAULT_TOKEN" in values:
                values["VAULT_TOKEN"] = self.tokens.pop(0)
            stands_for = ("...", "https://vault.example.com:8200")
            self.environment.update({name: value for name, value in values.items() if value not in stands_for})
        elif command == "unset":
            for name in arguments:
                del self.environment[name]
        elif command == "softhsm2-util":
            # Nobody is there to be asked.
            self.softhsm.util(*arguments, "--so-pin", "12345678", "--pin", hsm.PIN)
        elif command in RUN:
            env = plays.environment(self.project) | self.environment | self.of_administrator
            shown = printed(RUN[command], *arguments, cwd=self.project, env=env)
            self.tokens += re.findall(r"^token +(\S+)$", shown, re.MULTILINE)
        elif command == "make":
            assert re.search(rf"^{arguments[0]}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
        elif command in SUBCOMMANDS:
            words = SUBCOMMANDS[command]
            known = printed(BIN / command, *arguments[:words], "--help")
            options = [argument.split("=")[0] for argument in arguments[words:] if argument.startswith("-")]
            assert all(re.search(rf"(?<![\w-]){option}(?![\w-])", known) for option in options), options
        else:
            assert command in NOT_OURS, f"nothing is done with {command}"

    def run(self, *arguments):
        for variable in re.findall(r"(?:^| )-e (\w+)=", " ".join(arguments)):
            assert variable in OPTIONS or variable in OF_THE_PLAYBOOKS, variable
        # The playbook is what follows no option.
        playbook = next(word for before, word in zip(("", *arguments), arguments) if "-" not in (before[:1], word[:1]))
        others = [argument for argument in arguments if argument != playbook]
        urls = json.dumps({f"{role}_url": self.simulator.url for role in ROLES})
        run = self.run_playbook(playbook, *others, "-e", urls, env=self.environment)
        assert re.search(r"ok=[1-9]", run.output) and "failed=0" in run.output


def check_variables(content):
    """Whether variables of the role, wherever they are set, have values that it takes."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name in OPTIONS and "{{" not in str(value):
                result = ArgumentSpecValidator({name: OPTIONS[name]}).validate({name: value})
                assert not result.error_messages
            check_variables(value)
    elif isinstance(content, list):
        for part in content:
            check_variables(part)


def check_modules(tasks):
    """Whether modules that cannot run here have the options that are given to them."""
    for task in tasks:
        (module,) = [word for word in task if "." in word]
        options = json.loads(printed(BIN / "ansible-doc", "--json", module))[module]["doc"]["options"]
        aliases = {name for option in options.values() for name in option.get("aliases", [])}
        assert set(task[module]) <= set(options) | aliases
        for name, value in task[module].items():
            choices = options[name].get("choices")
            assert not choices or "{{" in str(value) or set(str(value).split(", ")) <= set(map(str, choices))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed(run_playbook, project, environment, simulator, page, request):
    blocks = documented.blocks(page)
    reader = Reader(project, run_playbook, environment, simulator)
    if any("private_key_uri" in block.text for block in blocks):
        reader.use_key_stores(request.getfixturevalue("key_stores"), request.getfixturevalue("softhsm"))
    for number, block in enumerate(blocks):
        reader.follow(number, block)


@pytest.mark.parametrize(("role", "entry"), [(role, entry) for role in ROLES for entry in SPECIFICATIONS[role]])
def test_the_example_of_the_role(run_playbook, project, environment, simulator, role, entry):
    example = SPECIFICATIONS[role][entry]["examples"]
    Reader(project, run_playbook, environment, simulator).use("example.yml", example)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_variables_that_exist(page):
    readmes = [(ROOT / "roles" / role / "README.md").read_text().split("## Facts")[1] for role in ROLES]
    facts = {fact for one in readmes for fact in re.findall(r"^\| `(tenant_\w+)` \|", one, re.MULTILINE)}
    prefixes = "|".join((*ROLES, "provision", "status"))
    named = set(re.findall(rf"\b(?:{prefixes})_\w+", (ROOT / page).read_text()))
    assert named - MISSPELT <= set(OPTIONS) | facts | OF_THE_PLAYBOOKS


@pytest.mark.parametrize("sentence", documented.explained_sentences(TROUBLESHOOTING, "What the collection says"))
def test_an_explained_sentence_is_one_of_ours(sentence):
    assert documented.patterns_of(sentence)


@pytest.mark.parametrize("name", ["chain.svg", "oauth.svg"])
def test_a_picture_can_be_read_aloud(name):
    picture = xml.etree.ElementTree.parse(ROOT / "docs/docsite" / name).getroot()
    texts = {element.get("id"): element.text.strip() for element in picture if element.get("id")}
    assert picture.get("role") == "img" and all(texts[name] for name in picture.get("aria-labelledby").split())
