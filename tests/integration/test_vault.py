# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that `ansible-vault encrypt` has encrypted: read where Ansible has the password, and never replaced."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import forked
import own_tenants
import pytest
from joserfc import jwk, jwt
from plays import ANSIBLE_PLAYBOOK, snapshot
from shared_run import run_together, runner, task
from tenant_client import Pair

pytestmark = pytest.mark.thorough

USER = {"issuer": "acme", "name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True}
PASSPHRASE = "correct horse battery"

# In which folder each task works. All three files are encrypted there, unless it has no certificate.
FOLDERS = ("keep", "look", "complete", "change", "regenerate", "remove", "discard", "sign", "chain")

ORDINARY = "is encrypted with Ansible Vault, which an ordinary module cannot decrypt (-v says why it is one): "
ON_THE_CONTROLLER = f"{ORDINARY}run the task on the controller, or decrypt the file with 'ansible-vault decrypt'."
REPLACED = (
    "is encrypted with Ansible Vault, but the file that replaces it would not be: run 'ansible-vault decrypt' on it"
    " before this task, and 'ansible-vault encrypt' after it."
)
NO_PASSWORD = (
    "is encrypted with Ansible Vault, and no password that Ansible has fits: specify it with --vault-password-file,"
    " --vault-id or --ask-vault-pass."
)
CONTENT = (
    "private_key_content is still encrypted with Ansible Vault: put the tag !vault before the text in YAML, or read it"
    " from a file with the lookup ansible.builtin.file, so that Ansible decrypts it."
)


def vault(command: str, *paths: pathlib.Path, password: pathlib.Path) -> None:
    """Run ansible-vault on these files."""
    program = ANSIBLE_PLAYBOOK.with_name("ansible-vault")
    subprocess.run([program, command, "--vault-password-file", password, *paths], check=True, capture_output=True)


def lookup(path: pathlib.Path) -> str:
    """The expression that the message of an ordinary module shows."""
    return f"{{{{ lookup('ansible.builtin.file', '{path}') }}}}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> pathlib.Path:
    """A folder of vaulted key pairs for each task, a vaulted token, and two files with passwords."""
    base = tmp_path_factory.mktemp("vault")
    for name in ("password", "wrong"):
        (base / name).write_text(f"the {name} of the vault\n")
    (base / "keys").mkdir()
    first = forked.put(base / "keys" / FOLDERS[0], forked.ready_pair())
    (base / "token").write_text(own_tenants.lasting_token(pair))
    vault("encrypt", *first.iterdir(), base / "token", password=base / "password")
    for name, mode in forked.MODES.items():
        (first / name).chmod(mode)  # which ansible-vault has changed
    for folder in FOLDERS[1:]:
        shutil.copytree(first, base / "keys" / folder)
    (base / "keys" / "complete" / "publickey.cer").unlink()
    return base


@pytest.fixture(scope="module")
def together(base, module_home, mode):
    """What each task answered, with the password, and what became of the folders, which each mode has for itself."""
    keys = base / mode
    shutil.copytree(base / "keys", keys)
    keypair = {"size": 2048, "valid_days": 365}
    private_key = keys / "sign" / "privatekey.pem"
    lookup_plugin = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"
    before = {folder: snapshot(keys / folder) for folder in FOLDERS}
    tasks = [
        task("sign", "qscloud_jwt", {**USER, "private_key_path": str(private_key)}),
        task("advice", "qscloud_jwt", {**USER, "private_key_content": lookup(private_key)}),
        task("content", "qscloud_jwt", {**USER, "private_key_content": private_key.read_text()}),
        {
            "name": "lookup",
            "ansible.builtin.set_fact": {"signed": lookup_plugin},
            "vars": {"options": {**USER, "private_key_path": str(private_key)}},
        },
        {
            "name": "lookup of content",
            "ansible.builtin.set_fact": {"signed": lookup_plugin},
            "vars": {"options": {**USER, "private_key_content": private_key.read_text()}},
        },
        task("token", "qscloud_jwt_info", {"token_path": str(base / "token")}),
        task("keep", "qscloud_keypair", {**keypair, "directory": str(keys / "keep")}),
        task("look", "qscloud_keypair_info", {"directory": str(keys / "look")}),
        task("complete", "qscloud_keypair", {**keypair, "directory": str(keys / "complete")}),
        task(
            "change",
            "qscloud_keypair",
            {**keypair, "directory": str(keys / "change"), "passphrase": PASSPHRASE, "old_passphrase": ""},
        ),
        task(
            "regenerate", "qscloud_keypair", {**keypair, "directory": str(keys / "regenerate"), "regenerate": "always"}
        ),
        task(
            "chain",
            "qscloud_tenant_jwt",
            {
                "tenant": "acme",
                "issuer": "acme",
                "key_directory": str(keys / "chain"),
                "key_size": 2048,
                "users": [{name: value for name, value in USER.items() if name != "issuer"}],
            },
        ),
        task("remove", "qscloud_keypair", {"directory": str(keys / "remove"), "state": "absent"}),
        task("discard", "qscloud_keypair", {"directory": str(keys / "discard"), "state": "absent", "backup": False}),
    ]
    folder = base / f"run-{mode}"
    folder.mkdir()
    together = run_together(
        runner(folder, module_home), mode, tasks, "-vvvvv", "--vault-password-file", str(base / "password")
    )
    after = {name: snapshot(keys / name) for name in FOLDERS}
    return together, keys, before, after


def check_token(token):
    """It is Anna's, and signed by the key that was encrypted."""
    public_key = jwk.RSAKey.import_key(forked.ready_pair()["publickey.pem"])
    assert jwt.decode(token, public_key, algorithms=["RS256"]).claims["name"] == "Anna Anderson"


def said(together, name):
    """The message of a task, and its problems."""
    result = together.results[name]
    return "\n".join([result.get("msg", ""), *result.get("problems", [])])


def test_a_vaulted_private_key_signs(together, mode):
    run, keys, _before, _after = together
    path = keys / "sign" / "privatekey.pem"
    if mode == "ordinary":
        assert said(run, "sign") == (
            f'private_key_path: {path} {ORDINARY}set private_key_content to "{lookup(path)}" instead.'
        )
    else:
        check_token(run.results["sign"]["token"])


@pytest.mark.parametrize("name", ["advice", "lookup"])
def test_it_signs_in_an_expression_however_the_module_runs(together, name):
    result = together[0].results[name]
    token = result["token"] if name == "advice" else result["ansible_facts"]["signed"]
    check_token(token)


def test_a_vaulted_token_is_read(together, base, mode):
    if mode == "ordinary":
        path = base / "token"
        assert said(together[0], "token") == f'token_path: {path} {ORDINARY}set token to "{lookup(path)}" instead.'
    else:
        assert together[0].results["token"]["claims"]["sub"]


def test_vaulted_text_in_an_option_is_named(together):
    run = together[0]
    assert said(run, "content") == CONTENT
    assert CONTENT in " ".join(run.results["lookup of content"]["_output"].split())


def test_a_vaulted_folder_is_as_declared(together, mode):
    run, keys, before, after = together
    if mode == "ordinary":
        for name in ("keep", "chain"):
            assert said(run, name) == f"{keys}/{name}/privatekey.pem {ON_THE_CONTROLLER}"
        assert said(run, "look").count(ON_THE_CONTROLLER) == 3
    else:
        assert run.results["keep"]["changed"] is False
        # Looking at it finds what looking at the plain files finds.
        assert run.results["look"]["problems"] == []
        assert run.results["look"]["key_id"] == run.results["keep"]["key_id"]
        check_token(run.results["chain"]["token"])
        assert run.results["chain"]["changed"] is False
    assert after["keep"] == before["keep"] and after["look"] == before["look"]


def test_what_is_missing_beside_a_vaulted_key_is_created(together, mode):
    run, keys, before, after = together
    if mode == "ordinary":
        assert after["complete"] == before["complete"]
        return
    assert run.results["complete"]["actions"] == ["wrote publickey.cer: it was missing"]
    assert after["complete"]["privatekey.pem"] == before["complete"]["privatekey.pem"]
    certificate = forked.openssl("x509", "-in", keys / "complete" / "publickey.cer", "-noout", "-pubkey")
    assert certificate.strip() == forked.ready_pair()["publickey.pem"].decode().strip()


@pytest.mark.parametrize("name", ["change", "regenerate"])
def test_no_plain_key_takes_the_place_of_a_vaulted_one(together, mode, name):
    run, keys, before, after = together
    message = ON_THE_CONTROLLER if mode == "ordinary" else REPLACED
    assert said(run, name) == f"{keys}/{name}/privatekey.pem {message}"
    assert after[name] == before[name]


def test_what_is_removed_stays_as_a_vaulted_backup(together, base):
    run, keys, before, _after = together
    assert run.results["remove"]["changed"] is True
    (backup,) = (keys / "remove").glob("privatekey.pem.*~")
    assert backup.read_bytes() == before["remove"]["privatekey.pem"][-1]
    vault("decrypt", backup, password=base / "password")
    assert forked.public_key_of(backup.read_bytes()) == forked.public_key_of(forked.ready_pair()["privatekey.pem"])


def test_a_key_that_cannot_be_read_is_not_discarded(together, mode):
    run, keys, before, after = together
    if mode == "ordinary":
        assert said(run, "discard") == f"{keys}/discard/privatekey.pem {ON_THE_CONTROLLER}"
        assert after["discard"] == before["discard"]
    else:
        assert after["discard"] == {}


def test_nothing_decrypted_is_printed_or_written(together, module_home, base, mode):
    secrets = forked.ready_pair()["privatekey.pem"].decode().splitlines()[1:-1]
    places = [module_home, base / f"run-{mode}"]
    texts = [path.read_text(errors="replace") for place in places for path in place.rglob("*") if path.is_file()]
    # What was asked for is in the results of its task.
    assert not [line for line in secrets if any(line in text for text in [together[0].run.output, *texts])]


@pytest.mark.parametrize("password", [None, "wrong"])
def test_without_the_right_password_a_sentence_says_what_is_missing(base, run_playbook, home, tmp_path, password):
    keys = tmp_path / "keys"
    shutil.copytree(base / "keys" / "keep", keys)
    before = snapshot(keys)
    path = keys / "privatekey.pem"
    options = {**USER, "private_key_path": str(path)}
    tasks = [
        task("sign", "qscloud_jwt", options),
        task("keep", "qscloud_keypair", {"directory": str(keys)}),
        {
            "name": "lookup",
            "ansible.builtin.set_fact": {"signed": "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"},
            "vars": {"options": options},
        },
    ]
    arguments = ["--vault-password-file", str(base / password)] if password else []
    run = run_together(run_playbook, "in-process", tasks, *arguments)
    assert said(run, "sign") == f"private_key_path: {path} {NO_PASSWORD}"
    assert said(run, "keep") == f"{path} {NO_PASSWORD}"
    assert f"private_key_path: {path} {NO_PASSWORD}" in " ".join(run.results["lookup"]["_output"].split())
    assert "Traceback" not in run.run.output and snapshot(keys) == before
