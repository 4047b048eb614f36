# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The removal of a key pair: what it says, and what it leaves. What becomes of each file is in test_pair.py."""

from __future__ import annotations

import datetime
import pathlib

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import Access
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates, pair, removal

NAMES = ("publickey.cer", "publickey.pem", "privatekey.pem")
KINDS = ("certificate", "public_key", "private_key")


@pytest.fixture
def wanted(tmp_path: pathlib.Path) -> pair.Wanted:
    """A key pair that exists."""
    settings = pair.Wanted(
        directory=str(tmp_path),
        names=pair.names(""),
        size=2048,
        passphrase=None,
        old_passphrase=None,
        terms=certificates.terms("qs-jwt", 365, None),
        regenerate="fail",
        instead="",
        backup=True,
        private_access=Access(0o600),
        public_access=Access(0o644),
    )
    pair.ensure_present(settings, datetime.datetime.now(datetime.timezone.utc), False, lambda facts: None)
    return settings


def test_the_private_key_goes_last_and_each_backup_is_named(wanted: pair.Wanted, tmp_path: pathlib.Path) -> None:
    outcome = removal.ensure_absent(wanted, check_mode=False)
    backups = [pathlib.Path(path).name for path in outcome.backup_files]
    assert [step.text for step in outcome.steps] == [
        f"removed {name}, backup {backup}" for name, backup in zip(NAMES, backups, strict=True)
    ]
    assert [(step.object, step.id) for step in outcome.steps] == [
        (kind, str(tmp_path / name)) for kind, name in zip(KINDS, NAMES, strict=True)
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(backups)


def test_without_a_backup_none_is_named(wanted: pair.Wanted, tmp_path: pathlib.Path) -> None:
    outcome = removal.ensure_absent(wanted._replace(backup=False), check_mode=False)
    assert [step.text for step in outcome.steps] == [f"removed {name}" for name in NAMES]
    assert outcome.backup_files == [] and not list(tmp_path.iterdir())


def test_check_mode_removes_nothing(wanted: pair.Wanted, tmp_path: pathlib.Path) -> None:
    outcome = removal.ensure_absent(wanted, check_mode=True)
    assert [step.text for step in outcome.steps] == [f"would remove {name}" for name in NAMES]
    assert len(list(tmp_path.iterdir())) == 3


def test_what_a_killed_run_left_is_of_a_kind_of_its_own(wanted: pair.Wanted, tmp_path: pathlib.Path) -> None:
    (tmp_path / f".privatekey.pem.{'0' * 16}.tmp").touch()
    assert removal.ensure_absent(wanted, check_mode=False).steps[-1].object == "temporary_file"
