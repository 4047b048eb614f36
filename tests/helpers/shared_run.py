# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tasks in one run of ansible-playbook, because starting it takes longer than all of them."""

from __future__ import annotations

import pathlib
import re
import shutil
import typing as t

from plays import HERE, MODES, Run, play, playbook_runner

PIPELINING = {"ANSIBLE_PIPELINING": "true"}
"""Sends ordinary modules to their Python directly, which saves four processes each."""


class Together(t.NamedTuple):
    """A run of many tasks."""

    run: Run
    results: dict[str, dict[str, t.Any]]
    """By the name of the task: what ``register`` gave, and as ``_output`` what Ansible printed."""


def task(name: str, module: str, options: dict[str, t.Any], **keywords: t.Any) -> dict[str, t.Any]:
    """A task of the collection."""
    return {"name": name, f"tenantops.qlik.{module}": options, **keywords}


def runner(base: pathlib.Path, home: pathlib.Path) -> t.Callable[..., Run]:
    """Like :func:`plays.playbook_runner`, but a warning is printed for each task that gives it, not only for the first."""
    run = playbook_runner(base, home)
    plugins = base / "project" / "callback_plugins"
    plugins.mkdir()
    shutil.copy(HERE / "callback_plugins" / "repeat_warnings.py", plugins)
    return run


def run_together(
    run: t.Callable[..., Run],
    mode: str,
    tasks: t.Sequence[dict[str, t.Any]],
    *arguments: str,
    env: dict[str, str] | None = None,
    **keywords: t.Any,
) -> Together:
    """Run tasks, each with a name of its own, in one playbook; a failure is a result too.

    Those of the collection must have run in the way that ``mode`` says.
    """
    registered = [{"register": f"result_{number}", "ignore_errors": True, **one} for number, one in enumerate(tasks)]
    results = {one["name"]: f"{{{{ {one['register']} }}}}" for one in registered}
    assert len(results) == len(tasks), "two tasks have the same name"
    save = {"name": "Save", "save": {"path": "{{ saved }}/results", "value": results}}
    finished = run([play(*registered, save, **MODES[mode])], "-v", *arguments, env=PIPELINING | (env or {}), **keywords)
    outputs = sections(finished.output, "TASK")
    for one in tasks:
        if any(name.startswith("tenantops.qlik.") for name in one):
            output = outputs[one["name"]]
            assert ("runs as an ordinary module" in output) == (mode == "ordinary"), output
    saved = finished.registered("results")
    return Together(finished, {name: {**saved[name], "_output": outputs[name]} for name in results})


def sections(output: str, heading: str) -> dict[str, str]:
    """What Ansible printed for each task (``TASK``) or play (``PLAY``), by name."""
    end = {"TASK": "TASK|PLAY", "PLAY": "PLAY"}[heading]
    return dict(re.findall(rf"^{heading} \[(.*?)\] \*+\n(.*?)(?=^(?:{end}) )", output, re.M | re.S))
