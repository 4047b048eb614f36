# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of qscloud_status, which no module checks against their documentation."""

from __future__ import annotations

import re

import yaml

from ansible_collections.tenantops.qlik.plugins.action import qscloud_status
from ansible_collections.tenantops.qlik.plugins.modules import qscloud_status as documented
from ansible_collections.tenantops.qlik.plugins.plugin_utils._report.data import WORDS

OPTIONS = yaml.safe_load(documented.DOCUMENTATION)["options"]


def test_the_options_are_those_of_the_documentation() -> None:
    facts = ("type", "elements", "default")
    shown = {name: {fact: its[fact] for fact in facts if fact in its} for name, its in OPTIONS.items()}
    assert shown == qscloud_status.ARGUMENT_SPEC


def test_every_word_is_explained() -> None:
    explained = re.findall(r"V\((\w+)\) means that", " ".join(OPTIONS["fail_on"]["description"]))
    assert sorted(explained) == sorted(WORDS)
