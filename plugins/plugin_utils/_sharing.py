# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reject tenants that share a key: no claim of a token names the tenant, so a token for one would be valid in the other.

Warn about tenants that get the same API key, which is that of one of them at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._errors import OptionError
from ..module_utils._files import places
from ..module_utils._files.options import check_path
from ..module_utils._text import host_name, is_host_name
from ._variables import OMITTED

if t.TYPE_CHECKING:
    from ._variables import Names

OPTIONS = (
    "tenant",
    "issuer",
    "keys",
    "key_directory",
    "private_key_path",
    "private_key_uri",
    "vault_address",
    "vault_namespace",
    "key_id",
    "allow_shared_key",
)
"""The options of the modules qscloud_tenant_jwt and qscloud_tenant_oauth that matter here."""

SECRET = "private_key_content"
"""Another one. It is often looked up in a store of secrets, so it is only read if it matters."""


def refuse(
    options: t.Mapping[str, t.Any],
    names: Names,
    task_vars: t.Mapping[str, t.Any],
    playbook_folder: str,
    machine: str,
    kind: str = "",
) -> None:
    """Reject a tenant that shares a key with another one of the same run.

    :param options: of the module qscloud_tenant_jwt or qscloud_tenant_oauth. ``tenant`` and ``key_directory`` are set.
    :param machine: the name of the machine that has the keys; empty for this one.
    :param kind: see :func:`default_folder`.
    :raises AnsibleActionFail: if it does.
    """
    if not is_host_name(str(options["tenant"])):
        return  # the module says so
    hosts = [*task_vars["ansible_play_hosts_all"]]
    own = claims(options, machine, playbook_folder)
    if names.prefix and len(hosts) > 1:
        # Before any of these tenants is changed, and once for all of them.
        arguments = hosts, task_vars["hostvars"], names.prefix, playbook_folder, not machine, kind
        what = json.dumps([hosts, names.prefix])
        found = places.once(C.DEFAULT_LOCAL_TMP, what, lambda: json.dumps(refusals(*arguments)))
        for identity, sentence in json.loads(found).get(task_vars["inventory_hostname"], {}).items():
            if identity in own:
                raise AnsibleActionFail(sentence)
    # What is set elsewhere than in the variables of hosts is only known when each tenant has its turn.
    tenant = _tenant(options)
    for identity, what in own.items():
        other = places.claim(C.DEFAULT_LOCAL_TMP, identity, tenant)
        if other != tenant:
            raise AnsibleActionFail(refusal(tenant, other, what, names["allow_shared_key"]))


def shared_api_key(options: t.Mapping[str, t.Any], names: Names) -> str | None:
    """The warning about a tenant that gets the same API key as another one of the same run, for the first two that do.

    An OAuth client can be meant for all tenants of a region.

    :param options: of a task that sends the API key, if it has one. ``tenant`` is set.
    """
    key = options.get("api_key")
    if not key or not is_host_name(str(options["tenant"])):
        return None
    folder, tenant = C.DEFAULT_LOCAL_TMP, _tenant(options)
    # The folder has another name in each run, so no hash of a key is ever the same again.
    identity = _hash([folder, "api_key", str(key)])
    other = places.claim(folder, identity, tenant)
    if other == tenant or places.claim(folder, f"warning {identity}", tenant) != tenant:
        return None
    return (
        f"{other} and {tenant} get the same API key: set {names['api_key']} for each tenant, so that none receives the key"
        " of another."
    )


def default_folder(
    options: t.Mapping[str, t.Any],
    variables: t.Mapping[str, t.Any],
    playbook_folder: str,
    is_local: bool,
    kind: str = "",
) -> str:
    """The default folder for the keys of a tenant: see :func:`places.default_keys`.

    :param options: ``tenant`` is set.
    :param variables: those of the host.
    :param kind: a folder inside ``keys`` for all keys of this kind, which therefore are apart from those of another.
    """
    sources = variables.get("ansible_inventory_sources", ())
    inventory_folder = places.next_to_inventory(variables.get("inventory_dir"), sources)
    return places.default_keys(os.path.join(kind, _tenant(options)), inventory_folder, playbook_folder, is_local)


def refusals(
    hosts: t.Iterable[str],
    hostvars: t.Mapping[str, t.Mapping[str, t.Any]],
    prefix: str,
    playbook_folder: str,
    is_local: bool,
    kind: str = "",
) -> dict[str, dict[str, str]]:
    """What to say about each host of a play that shares a key with another one, as far as the hosts' variables tell.

    A sentence is only true if the task of that host gets nothing else from the play, so it comes with what is shared: the
    hash that :func:`claims` gives for it.

    :param prefix: of the variables with the options.
    :param is_local: whether the keys of all hosts are on this machine.
    :param kind: see :func:`default_folder`.
    """
    tenants: dict[str, dict[str, t.Any]] = {}
    for host in hosts:
        with contextlib.suppress(Exception):  # whatever an expression raises; its own task says so
            variables = hostvars[host]  # which takes long
            its = _options(variables, prefix, OPTIONS, {"tenant": host})
            folder = default_folder(its, variables, playbook_folder, is_local, kind)
            secret = {SECRET: host} if f"{prefix}{SECRET}" in variables else {}
            tenants[host] = {"key_directory": folder, **its, **secret}
    of_issuer: dict[str, set[str]] = {}
    for its in tenants.values():
        of_issuer.setdefault(_issuer(its), set()).add(_tenant(its))

    first: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    for host, its in tenants.items():
        if SECRET in its and len(of_issuer[_issuer(its)]) > 1:
            with contextlib.suppress(Exception):
                its |= _options(hostvars[host], prefix, [SECRET], {})
        for identity, what in claims(its, "" if is_local else host, playbook_folder).items():
            other = first.setdefault(identity, host)
            if _tenant(tenants[other]) != _tenant(its):
                sentence = refusal(_tenant(its), _tenant(tenants[other]), what, f"{prefix}allow_shared_key")
                for one in (host, other):
                    found.setdefault(one, {}).setdefault(identity, sentence)
    return found


def claims(options: t.Mapping[str, t.Any], machine: str, playbook_folder: str) -> dict[str, str]:
    """What only one tenant may have: what to call it in a message, by a hash that identifies it.

    :param options: those that are set. ``tenant`` and ``key_directory`` always are.
    :param machine: the name of the machine that has the keys; empty for this one.
    """
    folder = str(options["key_directory"])
    try:
        check_path(folder, "key_directory")
    except OptionError:
        return {}  # the module says so, and the folder may be a secret in the wrong variable
    if boolean(options.get("allow_shared_key"), strict=False):
        return {}
    issuer = _issuer(options)
    existing = [str(options[name]) for name in ("private_key_path", SECRET) if options.get(name)]
    found = []
    if existing:
        found.append((["key", issuer, *existing], "issuer and private key"))
    else:
        folder = folder if machine else places.real(folder, playbook_folder)
        found.append((["folder", machine, folder], f"the key folder {folder}"))
        # Like those in a folder, they are created for one tenant, so another issuer is no excuse.
        found += [(["store", *identity], "a private key in a key store") for identity in _stored_keys(options)]
    if options.get("key_id"):
        found.append((["id", issuer, str(options["key_id"])], "issuer and key id"))
    return {_hash(identity): what for identity, what in found}


def _stored_keys(options: t.Mapping[str, t.Any]) -> t.Iterator[list[str]]:
    """What identifies the keys in key stores that are not to be removed. The module rejects what is no list of keys."""
    server = [str(options.get(name, "")).rstrip("/") for name in ("vault_address", "vault_namespace")]
    template = str(options.get("private_key_uri") or "")
    keys = options.get("keys", [{}])
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, dict) and key.get("state") != "absent":
            uri = str(key.get("uri") or template.replace("{prefix}", str(key.get("prefix", ""))))
            if uri:
                # All versions of a key in Vault are one, and its mount has a default.
                yield [*server, uri.partition("?version=")[0].replace("hashivault://transit/", "hashivault://")]


def _hash(identity: list[str]) -> str:
    # It may contain a private key, and is written to the temporary folder of the run.
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def refusal(tenant: str, other: str, what: str, allowing: str) -> str:
    """What to say about two tenants that share something.

    :param allowing: what the user calls the option that allows it.
    """
    return f"{other} and {tenant} share {what}. Use a different one for each, or set {allowing} to true."


def _tenant(options: t.Mapping[str, t.Any]) -> str:
    return host_name(str(options["tenant"]))


def _issuer(options: t.Mapping[str, t.Any]) -> str:
    return str(options.get("issuer") or _tenant(options))


def _options(
    variables: t.Mapping[str, t.Any], prefix: str, names: t.Iterable[str], defaults: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    found = dict(defaults)
    for name in names:
        if f"{prefix}{name}" in variables:
            with contextlib.suppress(OMITTED):
                value = variables[f"{prefix}{name}"]
                if value not in (None, variables.get("omit")):
                    found[name] = value
    return found
