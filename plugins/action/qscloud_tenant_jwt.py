# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import time
import typing as t

import yaml
from ansible.errors import AnsibleActionFail

from ..plugin_utils._in_process import InProcessBase
from ..plugin_utils._instructions import instructions
from ..plugin_utils._links import LinkFailedError, Links
from ..plugin_utils._registration import Registration
from ..plugin_utils._tenant_chain import Chain
from ..plugin_utils._terminal import say

# Options without a default use the default of the module that they are passed to.
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "tenant": {"type": "str", "required": True},
    "issuer": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "keys": {
        "type": "list",
        "elements": "dict",
        "options": {
            "prefix": {"type": "str", "default": ""},
            "state": {"type": "str", "choices": ["current", "retiring", "absent"], "default": "current"},
        },
        "default": [{"prefix": "", "state": "current"}],
    },
    "size": {"type": "int"},
    "common_name": {"type": "str"},
    "valid_days": {"type": "int"},
    "renew_before_days": {"type": "int"},
    "private_key_path": {"type": "path"},
    "private_key_content": {"type": "str", "no_log": True},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "private_key_old_passphrase": {"type": "str", "no_log": True},
    "key_id": {"type": "str"},
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str"},
            "subject": {"type": "str"},
            "name": {"type": "str"},
            "email": {"type": "str"},
            "email_verified": {"type": "bool"},
            "groups": {"type": "raw"},
            "expires_in": {"type": "str"},
        },
        "default": [],
    },
    "registration": {
        "type": "dict",
        "options": {
            "tenant_url": {"type": "str"},
            "api_key": {"type": "str", "no_log": True},
            "client_id": {"type": "str"},
            "client_secret": {"type": "str", "no_log": True},
            "ca_path": {"type": "path"},
            "auto_create_groups": {"type": "bool"},
            "verify_login": {"type": "str", "choices": ["never", "changed", "always"], "default": "never"},
        },
    },
    "not_before": {"type": "str"},
    "expires_in": {"type": "str"},
    "show_idp": {"type": "bool", "default": False},
}


class ActionModule(InProcessBase):
    """Runs the modules of the chain in one task: an additional task would fork for each host, which takes longer."""

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        self._task.args["users"] = _user_list(self._task.args.get("users", []))
        _result, options = self.validate_argument_spec(
            argument_spec=ARGUMENT_SPEC, mutually_exclusive=[("private_key_path", "private_key_content")]
        )
        task_vars = task_vars or {}
        in_process = self.in_process(task_vars)
        links = Links(lambda module, arguments: self.run_module(module, arguments, task_vars, in_process))
        registration = options["registration"] and Registration(
            links, options["registration"], options["issuer"], self._wait
        )
        chain = Chain(options, links, registration, self._task.check_mode)
        failure = None
        try:
            chain.run()
        except LinkFailedError as error:
            failure = error.result
        if options["show_idp"] and chain.idp:
            say(self._display, instructions(**chain.idp))
        for action in links.actions:
            self._display.v(f"{options['tenant']}: {action}")
        result |= {
            "changed": links.changed,
            **_if_any(diff=links.diffs if self._task.diff else [], warnings=links.warnings),
        }
        if failure:
            return {**failure, **result}
        result |= {
            "actions": links.actions,
            "key_pairs": chain.key_pairs,
            "idp": chain.idp,
            "token": next(iter(chain.tokens.values()), None),
            "tokens": chain.tokens,
        }
        if any(chain.tokens.values()):
            self.hide(result)
        return result

    def _wait(self, seconds: int) -> None:
        self._display.v(f"The new identity provider may not be usable yet: retrying in {seconds} s")
        time.sleep(seconds)


def _user_list(users: t.Any) -> list[dict[str, t.Any]]:
    """The option ``users``, which is text if it comes from a survey of AWX or from ``-e users=...``.

    :raises AnsibleActionFail: if it is not a list of users.
    """
    if isinstance(users, str):
        with contextlib.suppress(yaml.YAMLError):
            users = yaml.safe_load(users)
    if isinstance(users, list) and all(isinstance(user, dict) for user in users):
        return users
    raise AnsibleActionFail(
        "users (tenant_jwt_users in the role) must be a list of users, or the same list as YAML or JSON text: write it"
        " as [{name: Anna Anderson, email: anna@grusgrus.com, email_verified: true}]."
    )


def _if_any(**values: list[t.Any]) -> dict[str, list[t.Any]]:
    return {name: value for name, value in values.items() if value}
