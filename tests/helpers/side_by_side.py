# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the role for simulated tenants, many in one playbook.

Starting ansible-playbook takes longer than the role. So test cases that are independent of each other run side by side,
each with a tenant of its own. A case is a generator function: it yields what the role is to be run with, and receives the
result.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import shutil
import typing as t

import simulator as tenant_simulator
from cryptography.hazmat.primitives import serialization
from plays import HERE, play, playbook_runner
from tenant_client import Client, Pair, token

ANNA = {"name": "Anna Anderson", "email": "anna@grusgrus.com", "email_verified": True, "groups": ["group1", "group 2"]}
# As the playbook `provision` does it, with as few tasks for each tenant as can be.
ROLE = {"ansible.builtin.import_role": {"name": "tenantops.qlik.tenant_jwt", "rolespec_validate": False}}
FACTS = ("tenant_jwt_token", "tenant_jwt_idp")
FIRST = [{"prefix": "first_", "state": "current"}]
INTRODUCED = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "retiring"}]
RETIRED = [{"prefix": "second_", "state": "current"}, {"prefix": "first_", "state": "absent"}]


@dataclasses.dataclass(eq=False)
class Tenant:
    """A simulated tenant: its host in the inventory, and where its keys are."""

    name: str
    simulator: tenant_simulator.Simulator
    url: str
    project: pathlib.Path

    def __post_init__(self) -> None:
        self.client = Client(self.url, self.simulator.ca_path, self.simulator.api_key)

    @property
    def keys(self) -> pathlib.Path:
        """The folder of its keys."""
        return self.project / "keys" / self.name

    @property
    def state(self) -> dict[str, t.Any]:
        """All that the tenant knows."""
        return self.simulator.state(self.url)

    @property
    def providers(self) -> list[dict[str, t.Any]]:
        """Its JWT identity providers."""
        return self.simulator.jwt_providers(self.url)

    def owner_of(self, prefix: str) -> Pair:
        """An application that has a copy of this private key."""
        pem = (self.keys / f"{prefix}privatekey.pem").read_bytes()
        return Pair(serialization.load_pem_private_key(pem, None), "", "", "")

    def lets_in(self, pair: Pair, key_id: str) -> bool:
        """Whether a token that was signed with this key can log in."""
        answer = self.client.login(token(pair, {"kid": key_id}, iss=self.name))
        return answer.status_code == 200

    def variables(self, role: Role) -> dict[str, t.Any]:
        """The variables of its host."""
        variables = {
            "tenant_jwt_tenant": self.name,
            "tenant_jwt_url": self.url,
            "tenant_jwt_ca_path": self.simulator.ca_path,
            "tenant_jwt_api_key": self.simulator.api_key,
            "tenant_jwt_register_idp": True,
            "tenant_jwt_auto_create_groups": True,
            "tenant_jwt_verify_login": "changed",
            "tenant_jwt_key_size": 2048,
            "tenant_jwt_users": [ANNA],
            "tenant_jwt_keys": FIRST,
            # Several scenarios delete their tenants at the same time.
            "tenant_jwt_allow_absent": True,
            **role.variables,
            "killed_at_step": role.killed_at,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        return {name: value for name, value in variables.items() if value is not None}


class Role(t.NamedTuple):
    """What to run the role with."""

    variables: dict[str, t.Any] = {}
    """Changes to the variables of a tenant; None leaves one out."""
    options: tuple[str, ...] = ()
    """Those of ansible-playbook."""
    check: bool = True
    """Whether it must succeed."""
    killed_at: int = 0
    """The number of the step of the chain at whose start the run is killed."""

    @property
    def kind(self) -> tuple[tuple[str, ...], bool]:
        """What has to be the same in all that run in one playbook."""
        return self.options, bool(self.killed_at)


@dataclasses.dataclass
class Result:
    """What the role did for one tenant."""

    failed: bool
    changed: bool
    killed: bool
    """Whether the run was killed, and the tenant had reached its step."""
    facts: dict[str, t.Any]
    output: str
    """The output for all tenants of the run."""
    warnings: list[str]
    """Those that name this tenant, or none of the tenants."""


class Runner:
    """Runs the role in a folder of its own."""

    def __init__(self, base: pathlib.Path, home: pathlib.Path) -> None:
        self._run = playbook_runner(base, home)
        self._saved = base / "saved"
        self._reached = base / "reached"
        self.project = base / "project"
        plugins = self.project / "callback_plugins"
        shutil.copytree(HERE / "callback_plugins", plugins, ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, roles: dict[Tenant, Role], *options: str, env: dict[str, str] | None = None) -> dict[Tenant, Result]:
        """Run one playbook for these tenants."""
        hosts = {tenant.name: tenant.variables(role) for tenant, role in roles.items()}
        (self.project / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        for folder in (self._saved, self._reached):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        env = dict(env or {})
        if any(role.killed_at for role in roles.values()):
            env |= {"ANSIBLE_CALLBACKS_ENABLED": "killer", "KILLER_FOLDER": str(self._reached)}
            env |= {"KILLER_TENANTS": str(len(roles))}
        facts = {
            tenant: {name: f"{{{{ hostvars['{tenant}'].{name} | default(none) }}}}" for name in FACTS}
            for tenant in hosts
        }
        save = {"save": {"path": "{{ saved }}/facts", "value": facts}, "run_once": True}
        forks = f"--forks={len(roles)}"
        options = ("-i", "inventory.json", forks, *options)
        finished = self._run([play(ROLE, save, hosts="all")], *options, env=env, check=False)
        is_killed = finished.returncode == -9
        counters = {}
        if not is_killed:
            recap = finished.output.rpartition("PLAY RECAP")[2]
            for name, line in re.findall(r"^(\S+) +: (.*)", recap, re.M):
                counters[name] = {counter: int(count) for counter, count in re.findall(r"(\w+)=(\d+)", line)}
            assert set(counters) == set(hosts), finished.output
            assert (finished.returncode == 0) == (not any(its["failed"] for its in counters.values())), finished.output
        # Nothing is saved if all tenants have failed.
        saved = finished.registered("facts") if (self._saved / "facts").exists() else {}
        return {
            tenant: Result(
                failed=is_killed or counters[tenant.name]["failed"] > 0,
                changed=not is_killed and counters[tenant.name]["changed"] == 1,
                killed=is_killed and (self._reached / tenant.name).exists(),
                facts=saved.get(tenant.name, {}),
                output=finished.output,
                warnings=_warnings(finished.output, tenant, roles),
            )
            for tenant in roles
        }

    def run_one(
        self,
        tenant: Tenant,
        variables: dict[str, t.Any] | None = None,
        *options: str,
        check: bool = True,
        env: dict[str, str] | None = None,
    ) -> Result:
        """Run the role for one tenant."""
        result = self.run({tenant: Role(variables or {})}, *options, env=env)[tenant]
        assert not (check and result.failed), result.output
        return result


def _warnings(output: str, tenant: Tenant, tenants: t.Iterable[Tenant]) -> list[str]:
    urls = [other.url for other in tenants if other is not tenant]
    found = re.findall(r"^\[WARNING\]: .*", output, re.M)
    # All simulated tenants have the same API key, of which the first two are warned.
    pairs = tuple(f"[WARNING]: {other.name} and " for other in tenants)
    return [warning for warning in found if not (warning.startswith(pairs) or any(f"{url} " in warning for url in urls))]


Case = t.Callable[[Tenant], t.Generator[Role, Result, None]]


def run_cases(
    cases: dict[str, Case], runner: Runner, simulator: tenant_simulator.Simulator
) -> dict[str, Exception | None]:
    """Run all cases, and return what each of them has raised.

    A tenant has the name of its case. All cases whose next run has the same options share a playbook.
    """
    raised: dict[str, Exception | None] = dict.fromkeys(cases)
    waiting: dict[Tenant, tuple[t.Generator[Role, Result, None], Role]] = {}

    def go_on(tenant: Tenant, case: t.Generator[Role, Result, None], result: Result | None, check: bool) -> None:
        try:
            if check and result.failed:
                role = case.throw(AssertionError(result.output))
            else:
                role = case.send(result)
        except StopIteration:
            return
        except Exception as error:
            raised[tenant.name] = error
            return
        waiting[tenant] = case, role

    for (name, case), url in zip(cases.items(), simulator.urls, strict=False):
        tenant = Tenant(name, simulator, url, runner.project)
        go_on(tenant, case(tenant), None, check=False)
    while waiting:
        kind = next(role.kind for dummy, role in waiting.values())
        together = {tenant: waiting.pop(tenant) for tenant, (dummy, role) in [*waiting.items()] if role.kind == kind}
        results = runner.run({tenant: role for tenant, (dummy, role) in together.items()}, *kind[0])
        for tenant, (case, role) in together.items():
            go_on(tenant, case, results[tenant], role.check)
    return raised
