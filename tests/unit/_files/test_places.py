# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where folders are, and what the processes of one run know of each other."""

from __future__ import annotations

import multiprocessing
import pathlib
import time

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._files import places


def test_links_lead_to_the_same_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = {places.real(path, str(tmp_path)) for path in (str(tmp_path / "link"), "~/keys", "link", "./keys")}
    assert found == {str(tmp_path / "keys")}


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("keys", True),
        ("./keys", True),
        ("/keys", False),
        ("~/keys", False),
        ("$HOME/keys", False),
        ("", False),
        (1, True),
        (["/keys"], True),
    ],
)
def test_relative(path: object, relative: bool) -> None:
    assert places.is_relative(path) == relative


def test_default_keys_are_never_inside_of_a_collection(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert places.default_keys("acme", None, "/project", True) == "/project/keys/acme"
    inside = "/usr/lib/ansible_collections/tenantops/qlik/playbooks"
    assert places.default_keys("acme", None, inside, True) == f"{tmp_path}/keys/acme"
    assert not places.is_in_collection("/home/my_ansible_collections_of_things")


def test_next_to_an_inventory_that_is_a_file_or_a_folder(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "inventories" / "prod"
    folder.mkdir(parents=True)
    file = folder / "hosts.yml"
    assert places.next_to_inventory(str(folder), [str(file)]) == str(folder)
    assert places.next_to_inventory(str(folder), [str(file), str(folder)]) == str(folder.parent)
    assert places.next_to_inventory(str(folder / "more"), [str(folder)]) == str(folder.parent)
    sources = [str(folder / "more"), str(folder)]
    assert places.next_to_inventory(str(folder / "more"), sources) == str(folder.parent), "inside of none"
    assert places.next_to_inventory(str(folder), [f"{folder}x"]) == str(folder)


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        (None, "acme.eu.qlikcloud.com,"),
        ("None", "acme.eu.qlikcloud.com,"),
        ("/dev", "/dev/stdin"),
        ("/proc/self/fd", "/proc/self/fd/0"),
        ("/usr/lib/ansible_collections/acme/tenants/inventory", "/usr/lib/ansible_collections/acme/tenants/inventory"),
    ],
)
def test_no_keys_next_to_an_inventory_that_is_no_file_or_is_replaced(folder: str | None, source: str) -> None:
    assert places.next_to_inventory(folder, [source]) is None


def test_default_keys_are_next_to_the_inventory(tmp_path: pathlib.Path) -> None:
    inventory, project = str(tmp_path / "inventory"), str(tmp_path / "project")
    beside_inventory, beside_playbook = f"{inventory}/keys/acme", f"{project}/keys/acme"
    assert places.default_keys("acme", inventory, project, True) == beside_inventory
    # An earlier release put them there.
    pathlib.Path(beside_playbook).mkdir(parents=True)
    assert places.default_keys("acme", inventory, project, True) == beside_playbook
    assert places.default_keys("acme", inventory, project, False) == beside_inventory
    pathlib.Path(beside_inventory).mkdir(parents=True)
    assert places.default_keys("acme", inventory, project, True) == beside_inventory


def test_the_first_one_has_it(tmp_path: pathlib.Path) -> None:
    assert [places.claim(str(tmp_path), what, owner) for what, owner in (("a", "x"), ("a", "y"), ("b", "y"))] == [
        "x",
        "x",
        "y",
    ]
    assert all(path.name.startswith("claim-") for path in tmp_path.iterdir())


def _ask(folder: str, number: int) -> str:
    def compute() -> str:
        time.sleep(0.05)
        return f"of {number}"

    return places.once(folder, "what", compute)


def test_one_process_computes_and_the_others_wait(tmp_path: pathlib.Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.starmap(_ask, [(str(tmp_path), number) for number in range(8)])
    assert len(set(found)) == 1 and len(list(tmp_path.iterdir())) == 1


def test_one_that_fails_leaves_it_to_the_next(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ZeroDivisionError):
        places.once(str(tmp_path), "what", lambda: str(1 / 0))
    assert places.once(str(tmp_path), "what", lambda: "found") == "found"
