# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status as a page: what is in its source. What a browser does with it is in tests/integration/status."""

from __future__ import annotations

import base64
import html.parser
import re
import subprocess
import typing as t

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, page

VOID = {"meta", "link", "input"}


class Page(html.parser.HTMLParser):
    """The elements of a page, with their attributes and texts; and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def attributes(self, name: str) -> list[str | None]:
        """The values of an attribute."""
        return [its[name] for _tag, its in self.elements if name in its]


def page_of(results: dict[str, t.Any]) -> Page:
    """The page about these results."""
    return Page(page.text(data.read(results), fleet_status.NOW))


FLEET = page_of(fleet_status.situations())


def test_it_needs_nothing_from_outside() -> None:
    assert FLEET.attributes("href") == ["data:,", "#tenants-heading", "#ends-heading", "#words-heading"]
    assert not FLEET.attributes("src")
    (style,) = FLEET.texts["style"]
    assert "url(" not in style and "@import" not in style


def test_its_policy_permits_its_own_script_and_style_alone() -> None:
    (policy,) = [its["content"] for _tag, its in FLEET.elements if its.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        (content,) = FLEET.texts[tag]
        digest = subprocess.run(
            ["openssl", "dgst", "-sha256", "-binary"], input=content.encode(), capture_output=True, check=True
        ).stdout
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}';" in policy
    assert not [name for _tag, its in FLEET.elements for name in its if name == "style" or name.startswith("on")]


def test_what_a_tenant_says_is_text() -> None:
    assert [tag for tag, _its in FLEET.elements].count("script") == 1
    assert any("<script>alert(1)</script>" in text for text in FLEET.texts["li"])
    hostile = "\"'><img src=x onerror=alert(1)>&amp;"
    provider = fleet_status.provider(id=hostile, key_id=hostile, issuer=hostile, description=hostile, prefix=None)
    pair = fleet_status.key_pair(None, prefix=hostile, key_id=hostile, certificate_path=hostile)
    finding = fleet_status.finding("stray", hostile)
    result = fleet_status.result(hostile, providers=[provider], key_pairs=[pair], findings=[finding], issuer=hostile)
    result["key_directory"] = hostile
    found = page_of({f"host {hostile}": result})
    assert not [tag for tag, _its in found.elements if tag == "img"]
    assert sum(text.count(hostile) for texts in found.texts.values() for text in texts) == 14


def test_its_table_can_be_read_aloud() -> None:
    heads = [its for tag, its in FLEET.elements if tag == "th"]
    assert [its["scope"] for its in heads] == ["col"] * 4 + ["row"] * 12
    # Narrow screens show rows as blocks, which would not be a table any more.
    roles = {
        tag: {its.get("role") for name, its in FLEET.elements if name == tag} for tag in ("table", "tr", "td", "th")
    }
    assert roles == {"table": {"table"}, "tr": {"row"}, "td": {"cell"}, "th": {"columnheader", "rowheader"}}
    assert FLEET.attributes("aria-sort") == ["ascending"]
    assert [tag for tag, _its in FLEET.elements if re.fullmatch("h[1-6]", tag)] == ["h1", "h2", "h2", "h2"]


def test_what_needs_attention_comes_first() -> None:
    statuses = [words.split()[0] for words in FLEET.attributes("data-words")]
    assert statuses == sorted(statuses, key=[*data.WORDS, data.HEALTHY].index) and statuses[0] == "failed"


RELATIVE = {
    "2026-11-26T06:30:00Z": "(today)",
    "2026-11-27T06:29:59Z": "(today)",
    "2026-11-27T06:30:00Z": "(in 1 day)",
    "2026-12-26T06:30:00Z": "(in 30 days)",
    "2036-11-26T06:30:00Z": "(in 3,653 days)",
    "2026-11-26T06:29:59Z": "(ended today)",
    "2026-11-25T06:29:59Z": "(ended 1 day ago)",
    "2026-11-16T06:29:59Z": "(ended 10 days ago)",
}
PERIODS = {
    "2026-11-26T06:30:00Z": "Ended",
    "2026-11-26T06:30:01Z": "2026-11",
    "2027-10-31T23:59:59Z": "2027-10",
    "2027-11-01T00:00:00Z": "Later 2027",
    "2028-01-01T00:00:00Z": "2028",
    "9999-12-31T23:59:59Z": "9999",
}


def ending(ends: str) -> dict[str, t.Any]:
    """The result of a tenant whose certificate ends then, here and there."""
    provider = fleet_status.provider(certificate_not_after=ends)
    return fleet_status.result("t", providers=[provider], key_pairs=[fleet_status.key_pair(provider, not_after=ends)])


@pytest.mark.parametrize("ends", RELATIVE)
def test_how_long_it_is_until_the_end(ends: str) -> None:
    assert set(page_of({"t": ending(ends)}).texts["span"]) >= {RELATIVE[ends]}


@pytest.mark.parametrize("ends", PERIODS)
def test_the_timeline_says_when(ends: str) -> None:
    found = re.findall(
        r'class="period">(.*?)<.*?class="number">(\d+)<', page.text(data.read({"t": ending(ends)}), fleet_status.NOW)
    )
    # A certificate that is here and in the tenant is one.
    assert {period for period, number in found if number != "0"} == {PERIODS[ends]}
    assert sum(int(number) for _period, number in found) == 1
    assert len([period for period, _number in found if re.fullmatch(r"\d+-\d+", period)]) == 12


def test_one_tenant_and_none_with_a_certificate() -> None:
    found = page_of({"t": None})
    assert found.texts["h1"] == ["Status of 1 tenant"] and "No certificate is known." in found.texts["p"]
