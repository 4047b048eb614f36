# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tokens of one tenant, against signing each with what else there is."""

from __future__ import annotations

import functools
import json
import pathlib
import statistics
import subprocess
import time
import typing as t
import uuid

import jwt
import peers
from project import Project, seconds_a_tenant
from rows import Row
from timing import in_turn, rounds

TOKENS = 1000
SAMPLES = 10
HERE = pathlib.Path(__file__).parent
ISSUER = "tenant0.eu.qlikcloud.com"


def against_others(folder: pathlib.Path, pair: pathlib.Path) -> list[Row]:
    """A token in a task for many, in a process of Node's, and in a call of Qlik's SDK."""
    project = Project(folder / "tokens", 1, [pair])
    project.add("task", {"tasks": [_task()]})
    others = {"sdk": _sdk, **({"node": _node} if peers.has_node() else {})}
    ours = [(name, functools.partial(project.run, name)) for name in ("empty", "task")]
    theirs = [(name, functools.partial(sample, pair)) for name, sample in others.items()]
    found: dict[str, list[t.Any]] = in_turn([*ours, *theirs])
    ours_each = seconds_a_tenant(project, found["task"], found["empty"]) / TOKENS

    def row(name: str, what: str, limit: float) -> Row:
        what = f"token: {what} / one of {TOKENS} in a task"
        if name not in found:
            return Row(what, "there is no npm on this machine", None, limit, "x", at_least=True)
        other = statistics.median(seconds for samples in found[name] for seconds in samples)
        measured = f"{1000 * other:.0f} ms / {1000 * ours_each:.1f} ms, {rounds(len(found['task']))}"
        return Row(what, measured, other / ours_each, limit, "x", at_least=True)

    return [row("node", "Node process with jsonwebtoken", 40), row("sdk", "call of qlik_sdk.generate_signed_token", 40)]


def _task() -> dict[str, t.Any]:
    """A task that signs a token for each of many users."""
    users = [
        {
            "name": f"User {number}",
            "email": f"user{number}@grusgrus.com",
            "email_verified": True,
            "groups": ["group1", "group 2"],
        }
        for number in range(TOKENS)
    ]
    options = {"tenant": ISSUER, "key_directory": "{{ folder }}", "users": users}
    return {"tenantops.qlik.qscloud_tenant_jwt": options}


def _claims() -> dict[str, t.Any]:
    """The same claims, for a peer."""
    now = int(time.time())
    return {
        "jti": str(uuid.uuid4()),
        "sub": str(uuid.uuid4()),
        "subType": "user",
        "name": "User 1",
        "email": "user1@grusgrus.com",
        "email_verified": True,
        "groups": ["group1", "group 2"],
        "iat": now,
        "nbf": now - 10,
        "exp": now + 1800,
        "iss": ISSUER,
        "aud": "qlik.api/login/jwt-session",
    }


def _sdk(pair: pathlib.Path) -> list[float]:
    """Seconds of some calls in one process, which has imported the SDK and read the key before."""
    command = [peers.SDK_PYTHON, HERE / "sdk_tokens.py", pair / "privatekey.pem", str(SAMPLES)]
    answer = json.loads(_output(command, json.dumps(_claims())))
    _check(answer["token"], pair)
    return answer["seconds"]


def _node(pair: pathlib.Path) -> list[float]:
    """Seconds of some processes, each with its start: a playbook can only sign with Node by starting it."""
    # From standard input, so that what it imports is looked for in the working folder.
    script = (HERE / "tokens.mjs").read_text()
    found = []
    for _sample in range(SAMPLES):
        command = ["node", "--input-type=module", "-", pair / "privatekey.pem", json.dumps(_claims())]
        begin = time.perf_counter()
        token = _output(command, script, cwd=peers.NODE_FOLDER)
        found.append(time.perf_counter() - begin)
        _check(token, pair)
    return found


def _output(command: list[t.Any], text: str, **keywords: t.Any) -> str:
    return subprocess.run(command, input=text, check=True, stdout=subprocess.PIPE, text=True, **keywords).stdout


def _check(token: str, pair: pathlib.Path) -> None:
    """What is measured is a token that could be used."""
    key = (pair / "publickey.pem").read_text()
    found = jwt.decode(token, key, algorithms=["RS256"], audience="qlik.api/login/jwt-session")
    assert set(found) == set(_claims()), found
