# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What bad input gets: many cases in one playbook, and what each was answered."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import typing as t

import pytest
from material import PASSPHRASES
from plays import MODES, play, playbook_runner, snapshot
from shared_run import PIPELINING, sections


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
        pattern = re.escape(self.case.message.replace("{folder}", str(self.folder))).replace(r"\.\.\.", ".*")
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


@contextlib.contextmanager
def asking(
    base: pathlib.Path, home: pathlib.Path, mode: str, material: dict[str, str]
) -> t.Iterator[t.Callable[..., dict[str, Answer]]]:
    """A function that runs one task for each case, as a user without privileges, and returns the answers by name.

    All are in one playbook, since starting ansible-playbook takes longer than all of them.
    """
    run = playbook_runner(base, home)
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
        finished = run(plays, "-vvv", "-e", "@variables.json", env=PIPELINING | (env or {}), unprivileged=True)
        assert ("runs as an ordinary module" in finished.output) == (mode == "ordinary"), finished.output
        outputs = sections(finished.output, "TASK")
        for name, result in finished.registered("results").items():
            answers[name].result = result
            answers[name].output = outputs[f"Case {name}"]
            answers[name].after = _snapshot_of_case(answers[name].folder)
        return answers

    try:
        yield ask_all
    finally:
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
