# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures that run real playbooks with the installed collection, the way a user does."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import typing as t

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

HERE = pathlib.Path(__file__).parent
ANSIBLE_PLAYBOOK = pathlib.Path(sys.executable).with_name("ansible-playbook")

# How to make a task run in one way or the other. Any environment makes it an ordinary module.
MODES = {"in-process": {}, "ordinary": {"environment": {"TENANTOPS_TEST": "ordinary"}}}

# Root may read and write everything. Without its capabilities it is a user like any other, who still owns the folders
# of the tests and can enter the one with the checkout, which another user might not.
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


@dataclasses.dataclass
class Run:
    """What a playbook left behind."""

    returncode: int
    output: str
    saved: pathlib.Path

    @property
    def recap(self) -> dict[str, int]:
        """The counters of the (only) host."""
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", self.output.rsplit("PLAY RECAP", 1)[1])}

    def registered(self, name: str) -> t.Any:
        """A value that a task ``save`` has written."""
        return json.loads((self.saved / name).read_text())


def new_home() -> t.Iterator[pathlib.Path]:
    """A home directory with a short path: ansible-core puts sockets in it, whose paths have at most 107 bytes."""
    with tempfile.TemporaryDirectory() as name:
        (pathlib.Path(name) / "tmp").mkdir()
        yield pathlib.Path(name)


@pytest.fixture
def home() -> t.Iterator[pathlib.Path]:
    """A home directory and a temporary folder that belong to one test, to look for what is left there."""
    yield from new_home()


@pytest.fixture(scope="module")
def module_home() -> t.Iterator[pathlib.Path]:
    """The same for all tests of a file."""
    yield from new_home()


@pytest.fixture
def run_playbook(tmp_path: pathlib.Path, home: pathlib.Path) -> t.Callable[..., Run]:
    """Run plays, or a playbook by name, in an empty folder of the test's own."""
    return playbook_runner(tmp_path, home)


def playbook_runner(tmp_path: pathlib.Path, home: pathlib.Path) -> t.Callable[..., Run]:
    """What the fixture ``run_playbook`` gives, for fixtures that live longer than one test."""
    project = tmp_path / "project"
    project.mkdir()
    shutil.copytree(HERE / "action_plugins", project / "action_plugins", ignore=shutil.ignore_patterns("__pycache__"))
    saved = tmp_path / "saved"
    saved.mkdir()

    def run(
        playbook: str | list[dict[str, t.Any]],
        *options: str,
        env: dict[str, str] | None = None,
        user: int | None = None,
        umask: int = -1,
        check: bool = True,
        unprivileged: bool = False,
    ) -> Run:
        if not isinstance(playbook, str):
            (project / "playbook.yml").write_text(yaml.safe_dump(playbook, sort_keys=False))
            playbook = "playbook.yml"
        if user is not None:
            for folder in (tmp_path, project, saved, home, home / "tmp"):
                os.chown(folder, user, user)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            **(env or {}),
        }
        prefix = WITHOUT_PRIVILEGES if unprivileged else ()
        finished = subprocess.run(
            [*prefix, ANSIBLE_PLAYBOOK, playbook, "-e", f"saved={saved}", *options],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            umask=umask,
            check=False,
        )
        if check:
            assert finished.returncode == 0, finished.stdout
        return Run(finished.returncode, finished.stdout, saved)

    return run


@pytest.fixture(params=MODES, scope="session")
def mode(request: pytest.FixtureRequest) -> str:
    """Both ways in which a module runs."""
    return request.param


@pytest.fixture
def run_module(run_playbook: t.Callable[..., Run], mode: str) -> t.Callable[..., dict[str, t.Any]]:
    """Run one task of the collection, in both ways, and return what ``register`` gave; a failure is a result too."""

    def run(module: str, options: dict[str, t.Any], *arguments: str, **keywords: t.Any) -> dict[str, t.Any]:
        task = {
            f"tenantops.qlik.{module}": options,
            "register": "result",
            "ignore_errors": True,
            **MODES[mode],
        }
        finished = run_playbook([play(task, save("result"))], "-v", *arguments, **keywords)
        assert ("runs as an ordinary module" in finished.output) == (mode == "ordinary"), finished.output
        return {**finished.registered("result"), "_output": finished.output}

    return run


def play(*tasks: dict[str, t.Any], **keywords: t.Any) -> dict[str, t.Any]:
    """A play of these tasks on this machine."""
    return {"hosts": "localhost", "connection": "local", "gather_facts": False, **keywords, "tasks": list(tasks)}


def save(name: str) -> dict[str, t.Any]:
    """A task that saves a variable for :meth:`Run.registered`."""
    return {"save": {"path": f"{{{{ saved }}}}/{name}", "value": f"{{{{ {name} }}}}"}}


def snapshot(folder: pathlib.Path) -> dict[str, t.Any]:
    """All that is in a folder, with what can be changed about it, to see that nothing was."""
    return {
        str(path.relative_to(folder)): (
            (status := path.lstat()).st_mode,
            status.st_uid,
            status.st_gid,
            status.st_nlink,
            status.st_mtime_ns,
            path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None,
        )
        for path in sorted(folder.rglob("*"))
    }


# What bad input gets: many tasks in one playbook, since starting ansible-playbook takes longer than all of them.

PASSPHRASES = {"passphrase": "correct horse battery staple", "wrong": "incorrect horse battery", "short": "eleven char"}
"""Variables that the options of a case may use."""


class Case(t.NamedTuple):
    """A bad input and what the user is told.

    ``{folder}`` is the folder of the case, in message and options; ``...`` in a message is text that does not matter.
    """

    message: str
    options: dict[str, t.Any] = {}
    files: dict[str, str] = {}
    """What lies in the folder: by file name, the name that it has in the fixture ``material``."""
    prepare: t.Callable[[pathlib.Path], t.Any] = lambda folder: None
    """What else has to be done in the folder; it may skip the case."""


@dataclasses.dataclass
class Answer:
    """What a task answered, and what it left behind."""

    case: Case
    folder: pathlib.Path
    result: dict[str, t.Any]
    output: str
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    secrets: set[str]
    skipped: str = ""

    def assert_refused(self) -> None:
        """One clear sentence, and nothing else has happened."""
        self.assert_silent()
        message = self.result["msg"]
        assert self.result["failed"] is True
        assert self.result["changed"] is False
        pattern = re.escape(self.case.message.replace("{folder}", str(self.folder))).replace(r"\.\.\.", ".+")
        assert re.fullmatch(pattern, message, re.DOTALL), f"{message}\n  instead of\n{self.case.message}"
        # Only what Ansible itself says about the variables of a role has more than one line.
        assert ("\n" in message) == ("\n" in self.case.message)
        assert len(re.findall(r"[.!?](?=\s|$)", message)) <= 2, message
        assert self.after == self.before

    def assert_silent(self) -> None:
        """Neither a traceback nor a secret, whatever the result."""
        if self.skipped:
            pytest.skip(self.skipped)
        text = self.output + json.dumps({**self.result, "token": None})
        assert "Traceback" not in text
        assert not [secret for secret in self.secrets if secret in text]


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Keys and certificates in good and in bad order, made by openssl; bytes that are no ASCII are Latin-1."""
    folder = tmp_path_factory.mktemp("material")

    def openssl(command: str) -> str:
        command = ["openssl", *shlex.split(command)]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode("latin-1")

    made = {
        name: openssl(f"genpkey -algorithm {algorithm}")
        for name, algorithm in {
            "rsa": "RSA -pkeyopt rsa_keygen_bits:2048",
            "another": "RSA -pkeyopt rsa_keygen_bits:2048",
            "1024 bits": "RSA -pkeyopt rsa_keygen_bits:1024",
            "ec": "EC -pkeyopt ec_paramgen_curve:P-256",
            "ed25519": "ED25519",
        }.items()
    }
    openssl("dsaparam -genkey -noout -out dsa.pem 1024")
    made["dsa"] = openssl("pkey -in dsa.pem")
    for name, text in made.items():
        (folder / f"{name}.pem").write_text(text)
    made["public"] = openssl("pkey -in rsa.pem -pubout")
    made["pkcs1"] = openssl("pkey -in rsa.pem -traditional")
    made["ec sec1"] = openssl("pkey -in ec.pem -traditional")
    made["der"] = openssl("pkey -in rsa.pem -traditional -outform DER")
    encrypt = f"-aes-256-cbc -passout 'pass:{PASSPHRASES['passphrase']}'"
    made["encrypted"] = openssl(f"pkey -in rsa.pem {encrypt}")
    made["encrypted pkcs1"] = openssl(f"pkey -in rsa.pem -traditional {encrypt}")
    made["encrypted with little"] = openssl(f"pkey -in rsa.pem -aes-256-cbc -passout 'pass:{PASSPHRASES['short']}'")
    made["encrypted with a token"] = openssl("pkey -in rsa.pem -aes-256-cbc -passout pass:eyJhbGciOi")
    made["crlf"] = made["rsa"].replace("\n", "\r\n")
    made["openssh"] = _openssh(made["rsa"])
    made["certificate"] = openssl("req -x509 -key rsa.pem -subj /CN=qs-jwt -days 365")
    openssl("req -x509 -key another.pem -subj '/CN=CA of a company' -out ca.pem")
    openssl("req -new -key rsa.pem -subj /CN=qs-jwt -out request.pem")
    made["certificate of a CA"] = openssl("x509 -req -in request.pem -CA ca.pem -CAkey another.pem -set_serial 1")

    made["empty"] = ""
    made["blank"] = " \r\n"
    made["text"] = "no key at all\n"
    made["two keys"] = made["rsa"] + made["another"]
    made["cut off"] = made["rsa"][: len(made["rsa"]) // 2]
    lines = made["rsa"].splitlines(keepends=True)
    made["line missing"] = "".join(lines[:9] + lines[10:])
    # The fourth number of RFC 8017's RSAPrivateKey is the private exponent: the lowest bit of the byte in its middle.
    (folder / "pkcs1.pem").write_text(made["pkcs1"])
    parts = openssl("asn1parse -in pkcs1.pem")
    numbers = re.findall(r"^ *(\d+):d=1 +hl=(\d) l= *(\d+) prim: INTEGER", parts, re.M)
    start, header, length = map(int, numbers[3])
    der = bytearray(made["der"].encode("latin-1"))
    der[start + header + length // 2] ^= 1
    made["one bit flipped"] = _pem("RSA PRIVATE KEY", bytes(der))
    return made


def _openssh(private_key: str) -> str:
    # openssl does not write this form.
    key = serialization.load_pem_private_key(private_key.encode(), None)
    no_encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, no_encryption).decode()


def _pem(label: str, der: bytes) -> str:
    text = base64.b64encode(der).decode()
    return "\n".join([f"-----BEGIN {label}-----", *re.findall(".{1,64}", text), f"-----END {label}-----", ""])


@pytest.fixture(scope="module")
def ask(
    tmp_path_factory: pytest.TempPathFactory, module_home: pathlib.Path, mode: str, material: dict[str, str]
) -> t.Iterator[t.Callable[..., dict[str, Answer]]]:
    """Run one task for each case, all in one playbook, as a user without privileges; return the answers by name."""
    base = tmp_path_factory.mktemp("cases")
    run = playbook_runner(base, module_home)
    variables = PASSPHRASES | {re.sub(r"\W", "_", f"the_{name}"): text for name, text in material.items()}
    (base / "project" / "variables.json").write_text(json.dumps(variables))
    secrets = set(PASSPHRASES.values()).union(
        *(re.findall("^.{40,64}$", text, re.M) for text in material.values() if "PRIVATE KEY" in text)
    )

    def ask_all(
        module: str, defaults: dict[str, t.Any], cases: dict[str, Case], env: dict[str, str] | None = None
    ) -> dict[str, Answer]:
        answers = {}
        tasks = []
        for name, case in cases.items():
            # In a folder of its own, to see what happens beside it too.
            folder = base / "project" / "cases" / name.replace(" ", "-") / "folder"
            folder.mkdir(parents=True, mode=0o700)
            for file, kind in case.files.items():
                (folder / file).write_bytes(material[kind].encode("latin-1"))
                (folder / file).chmod(0o600)
            answers[name] = answer = Answer(case, folder, {}, "", {}, {}, secrets)
            try:
                case.prepare(folder)
            except pytest.skip.Exception as skipped:
                answer.skipped = str(skipped)
                continue
            options = json.loads(json.dumps({**defaults, **case.options}).replace("{folder}", str(folder)))
            task = {f"tenantops.qlik.{module}": options, "register": f"case_{len(tasks)}", "ignore_errors": True}
            tasks.append({"name": f"Case {name}", **task})
            answer.result = f"{{{{ case_{len(tasks) - 1} }}}}"
            answer.before = _snapshot_of_case(folder)
        results = {name: answer.result for name, answer in answers.items() if not answer.skipped}
        tasks.append({"name": "Save", "save": {"path": "{{ saved }}/results", "value": results}})
        plays = [play(*tasks, **MODES[mode])]
        finished = run(plays, "-vvv", "-e", "@variables.json", env=env, unprivileged=True)
        assert ("runs as an ordinary module" in finished.output) == (mode == "ordinary"), finished.output
        outputs = dict(re.findall(r"^TASK \[Case (.*?)\] \*+\n(.*?)(?=^TASK )", finished.output, re.M | re.S))
        for name, result in finished.registered("results").items():
            answers[name].result = result
            answers[name].output = outputs[name]
            answers[name].after = _snapshot_of_case(answers[name].folder)
        return answers

    yield ask_all
    for path in list(base.rglob("*")):
        if path.is_mount():
            subprocess.run(["umount", path], check=True)


def _snapshot_of_case(folder: pathlib.Path) -> dict[str, t.Any]:
    everything = snapshot(folder.parent)
    if folder.is_mount():
        # That this disk is full shows only when a file is written, and taken back: the time of the folder changes.
        del everything[folder.name]
    return everything


def fill_disk(folder: pathlib.Path) -> None:
    """Make this folder a small disk that is full, with the files that are in it."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk to fill it")
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    with contextlib.suppress(OSError), open(folder / "filling", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
