# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to no declared key: it is reported, purged if it is ours, and otherwise left alone."""

from __future__ import annotations

import re
import typing as t

import pytest
from tenant_client import Pair, provider_body

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors

if t.TYPE_CHECKING:
    from chains import Chain
    from simulator import Simulator
    from tenant_client import Client

OTHER = [{"prefix": "2027_", "state": "current"}]


def _strays(report: t.Any) -> list[str]:
    return [one.text for one in report.findings if one.kind == "stray"]


def test_a_list_that_leaves_out_a_key_is_told_so(chain: Chain, simulator: Simulator) -> None:
    first, _report = chain.run(**chain.registered)
    _outcome, report = chain.run(**chain.registered, keys=OTHER)
    provider, pair = _strays(report)
    old = next(one["id"] for one in simulator.jwt_providers() if first.keys[0].key_id in str(one))
    assert re.fullmatch(
        rf"https://.* has the identity provider {old} with the issuer acme.eu.qlikcloud.com, whose key is none of O\(keys\)"
        rf" \(key id: {first.keys[0].key_id}; description: Managed by Ansible \(tenantops.qlik\)\): add its key to O\(keys\),"
        r" or set O\(purge\) to true to delete it\.",
        provider,
    )
    assert pair == (
        f"{chain.folder} has the key pair with the prefix '', which is not in O(keys): add it, or set O(purge) to true to"
        " remove it."
    )
    assert len(simulator.jwt_providers()) == 2 and "privatekey.pem" in chain.files()
    # Each run says so.
    assert _strays(chain.run(**chain.registered, keys=OTHER)[1]) == [provider, pair]


def test_purge_deletes_them_after_a_login(
    chain: Chain, simulator: Simulator, texts: t.Callable[..., list[str]]
) -> None:
    chain.run(**chain.registered)
    chain.run(**chain.registered, keys=OTHER)
    given = {**chain.registered, "verify_login": "never", "keys": OTHER, "purge": True}
    before = chain.files(), simulator.jwt_providers()
    _outcome, predicted = chain.run(True, **given)
    assert (chain.files(), simulator.jwt_providers()) == before
    outcome, report = chain.run(**given)
    actions = [(step.action, step.object) for step in report.steps if step.action not in ("keep", "sign")]
    assert actions == [
        ("log in", "session"),
        ("delete", "identity_provider"),
        *(("remove", kind) for kind in ("certificate", "public_key", "private_key")),
    ]
    assert [(step.action, step.object) for step in predicted.steps if step.action not in ("keep", "sign")] == actions
    (left,) = simulator.jwt_providers()
    assert outcome.keys[0].key_id in str(left) and report.findings[1:] == [] and "privatekey.pem" not in chain.files()
    assert not chain.run(**given)[1].changed and simulator.state()["sessions"] == 3


def test_purge_deletes_nothing_if_nobody_can_log_in(chain: Chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    chain.run(**chain.registered, keys=OTHER)
    simulator.faults({"kind": "status", "value": 401, "path": "/login/jwt-session", "times": None})
    with pytest.raises(_errors.TenantError):
        chain.run(**chain.registered, keys=OTHER, purge=True)
    assert len(simulator.jwt_providers()) == 2 and "privatekey.pem" in chain.files()


@pytest.mark.parametrize("changes", [{"register_idp": False}, {"users": []}], ids=str)
def test_purge_needs_a_login(chain: Chain, changes: dict[str, t.Any]) -> None:
    given = {**chain.registered, "verify_login": "never", "purge": True, **changes}
    with pytest.raises(_errors.OptionError, match="^purge needs register_idp and at least one of users"):
        chain.run(**given)


def test_what_this_collection_did_not_create_stays(
    chain: Chain, simulator: Simulator, client: Client, pair: Pair, other_pair: Pair
) -> None:
    issuer = "acme.eu.qlikcloud.com"
    for its_pair, its_issuer, kid in ((pair, issuer, "mine"), (other_pair, "https://other", "theirs")):
        body = provider_body(its_pair, {"issuer": its_issuer}, {"kid": kid}, description="Portal <b>")
        assert client.create(body).status_code == 201
    for given in ({"purge": True}, {"state": "absent"}):
        _outcome, report = chain.run(**chain.registered, **given)
        assert {"mine", "theirs"} <= {one["options"]["staticKeys"][0]["kid"] for one in simulator.jwt_providers()}
        (stray,) = _strays(report)
        assert "key id: mine; description: Portal <b>): this collection did not create it, so delete it" in stray


def test_absent_deletes_what_was_ever_declared(chain: Chain, simulator: Simulator) -> None:
    for given in ({}, {"keys": OTHER}, {"keys": [{"prefix": "x", "state": "current"}]}):
        chain.run(**chain.registered, **given)
    assert len(simulator.jwt_providers()) == 3
    _outcome, report = chain.run(**chain.registered, state="absent", keys=[])
    assert simulator.jwt_providers() == [] and report.findings == []
    assert all(name.endswith("~") for name in chain.files())
    assert not chain.run(**chain.registered, state="absent")[1].changed


def test_a_folder_of_several_tenants_keeps_the_keys_of_the_others(chain: Chain) -> None:
    for prefix in ("acme_", "other_"):
        chain.run(keys=[{"prefix": prefix, "state": "current"}], allow_shared_key=True)
    given = {"keys": [{"prefix": "acme_", "state": "current"}], "allow_shared_key": True}
    assert chain.run(**given)[1].findings == []
    chain.run(**given, state="absent")
    assert {name for name in chain.files() if not name.endswith("~")} == {
        "other_privatekey.pem", "other_publickey.pem", "other_publickey.cer",
    }  # fmt: skip


def test_a_lost_key_is_no_reason_for_a_new_one(chain: Chain, simulator: Simulator) -> None:
    chain.run(**chain.registered)
    (provider,) = simulator.jwt_providers()
    keys, chain.folder = chain.folder, chain.folder.with_name("elsewhere")
    for check_mode in (True, False):
        with pytest.raises(_errors.OptionError) as raised:
            chain.run(check_mode, **chain.registered)
        assert f"({provider['id']}), but there is no key in {chain.folder}: set O(key_directory)" in raised.value.message
    assert not chain.folder.exists() and simulator.jwt_providers() == [provider]
    _outcome, report = chain.run(**chain.registered, allow_new_key=True)
    assert len(simulator.jwt_providers()) == 2 and len(_strays(report)) == 1
    # That others have a key in the folder says nothing.
    with pytest.raises(_errors.OptionError, match="there is no key in"):
        chain.run(**chain.registered, keys=[{"prefix": "acme_", "state": "current"}], allow_shared_key=True)
    # A key of one's own, and a folder with another key, are not lost.
    chain.folder = keys
    assert not chain.run(**chain.registered)[1].changed
