# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a tenant: which are made, kept, found and removed, and what becomes of a private key of one's own."""

from __future__ import annotations

import datetime
import json
import pathlib

import pytest
from chains import Chain, options

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._chain import keys
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.options import read
from ansible_collections.tenantops.qlik.plugins.module_utils._chain.report import Report

NOW = datetime.datetime.now(datetime.timezone.utc)
TWO = [{"prefix": "new_", "state": "current"}, {"prefix": "old_", "state": "retiring"}]


def provide(folder: pathlib.Path, report: Report | None = None, **changes: object) -> list[keys.Key]:
    """The keys after the step."""
    wanted = read(options(key_directory=str(folder), **changes))
    return keys.provide(wanted, NOW, lambda facts: None, report or Report(False))


def test_a_retiring_key_is_maintained_but_never_made(tmp_path: pathlib.Path) -> None:
    assert [key.prefix for key in provide(tmp_path, keys=TWO)] == ["new_"]
    provide(tmp_path, keys=[{"prefix": "old_", "state": "current"}])
    (tmp_path / "old_publickey.cer").unlink()
    report = Report(False)
    assert [(key.prefix, key.state) for key in provide(tmp_path, report, keys=TWO)] == [
        ("new_", "current"),
        ("old_", "retiring"),
    ]
    assert [step.text for step in report.steps if step.changed] == ["wrote old_publickey.cer: it was missing"]


def test_facts_can_be_written_as_json(tmp_path: pathlib.Path) -> None:
    (key,) = provide(tmp_path)
    assert json.loads(json.dumps(key.facts())) == {
        "prefix": "",
        "state": "current",
        "key_id": key.key_id,
        "private_key_path": str(tmp_path / "privatekey.pem"),
        "certificate_path": str(tmp_path / "publickey.cer"),
        "not_after": key.not_after,
    }
    # One of a certificate, the other without one.
    assert key.to_register().fingerprint and not key._replace(certificate=None).to_register().fingerprint


@pytest.mark.parametrize("way", ["path", "content"])
def test_a_private_key_of_ones_own(tmp_path: pathlib.Path, rsa_pem: bytes, way: str) -> None:
    path = tmp_path / "own.pem"
    path.write_bytes(rsa_pem)
    path.chmod(0o644)
    report = Report(False)
    value = str(path) if way == "path" else rsa_pem.decode()
    (key,) = provide(tmp_path / "keys", report, **{f"private_key_{way}": value}, key_id="mine")
    assert (key.key_id, key.certificate, key.prefix) == ("mine", None, None)
    assert key.to_register().thumbprint and not (tmp_path / "keys").exists()
    assert bool(report.warnings) == (way == "path")  # others can read the file


def test_a_private_key_of_ones_own_that_check_mode_does_not_find(tmp_path: pathlib.Path) -> None:
    report = Report(True)
    (key,) = provide(tmp_path, report, private_key_path=str(tmp_path / "not there"))
    assert key.private is None and key.to_register() is None
    assert report.warnings == [f"{tmp_path}/not there does not exist yet, so no token was signed."]
    with pytest.raises(_errors.FileError):
        provide(tmp_path, private_key_path=str(tmp_path / "not there"))


def test_what_is_retired(tmp_path: pathlib.Path, local: Chain) -> None:
    outcome, _report = local.run(keys=[{"prefix": "old_", "state": "current"}])
    old = outcome.keys[0].key_id

    def retired(**changes: object) -> list[keys.Retired]:
        return keys.retired(read(options(key_directory=str(local.folder), **changes)), (), NOW)

    gone = [{"prefix": "new_", "state": "current"}, {"prefix": "old_", "state": "absent"}]
    assert retired(keys=gone) == [keys.Retired("old_", old)]
    assert retired(keys=TWO) == [] and retired() == []
    assert retired(keys=TWO, state="absent") == [keys.Retired("old_", old)]
    assert retired(private_key_path="own.pem", key_id="mine") == []
    assert retired(private_key_path="own.pem", key_id="mine", state="absent") == [keys.Retired(None, "mine")]


def test_another_size_is_for_a_new_key(tmp_path: pathlib.Path) -> None:
    provide(tmp_path)
    with pytest.raises(_errors.KeyMismatchError) as raised:
        provide(tmp_path, key_size=3072)
    assert raised.value.message.endswith(
        "set O(size) to 2048 to keep it, or introduce a new key with another prefix in O(keys)."
    )


def test_a_retiring_key_that_is_lost_is_not_created_again(chain, simulator) -> None:
    chain.run(**chain.registered)
    (chain.folder / "privatekey.pem").unlink()
    keys = [{"prefix": "new_", "state": "current"}, {"prefix": "", "state": "retiring"}]
    outcome, report = chain.run(**chain.registered, keys=keys, allow_new_key=True)
    assert [key.prefix for key in outcome.keys] == ["new_"] and "privatekey.pem" not in chain.files()
    assert [one.kind for one in report.findings].count("stray") == 1 and len(simulator.jwt_providers()) == 2
    keys[1]["state"] = "absent"
    chain.run(**chain.registered, keys=keys)
    assert len(simulator.jwt_providers()) == 1
