# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the status in a real browser: wide and narrow, light and dark, with its script and without."""

from __future__ import annotations

import pathlib

import fleet_status
import pytest

from ansible_collections.tenantops.qlik.plugins.plugin_utils._report import data, page

pytestmark = pytest.mark.thorough

WIDE, NARROW = 1280, 400
"""Pixels."""

LOOKS = [(width, scheme) for width in (WIDE, NARROW) for scheme in ("light", "dark")]
SCREENSHOTS = pathlib.Path(__file__).parents[3] / ".build" / "screenshots"
"""To look at after the tests."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page about twelve tenants."""
    path = tmp_path_factory.mktemp("page") / "status.html"
    path.write_text(page.text(data.read(fleet_status.situations()), fleet_status.NOW))
    return path.as_uri()


def hosts(opened):
    """The tenants that are shown, in their order."""
    return [row.text_content().split()[0] for row in opened.locator("tbody th:visible").all()]


def wanted(*words):
    """The tenants that one of these words applies to."""
    return {host.split()[0] for host, its in fleet_status.WORDS.items() if set(its or ["healthy"]) & set(words)}


def word(opened, name):
    """The button that shows the tenants with this word."""
    return opened.get_by_role("button", name=name)


def test_it_filters_by_words(visit):
    opened = visit()
    assert len(hosts(opened)) == 12
    for name in (*data.WORDS, data.HEALTHY):
        word(opened, name).click()
        assert word(opened, name).get_attribute("aria-pressed") == "true"
        assert set(hosts(opened)) == wanted(name)
        assert opened.get_by_role("status").text_content() == f"{len(wanted(name))} of 12 shown"
        word(opened, name).click()
    word(opened, "drift").click()
    word(opened, "healthy").click()
    assert set(hosts(opened)) == wanted("drift", "healthy")


def test_it_filters_by_text(visit):
    opened = visit()
    box = opened.get_by_label("Filter")
    for text, found in (
        ("HEALTHY-", {"healthy-1.eu", "healthy-2.eu"}),
        (" 77aa ", {"stray.eu"}),
        (fleet_status.OTHER_ID, {"stray.eu"}),
        ("<script>", {"hostile.eu", "stray.eu"}),
        ("no such text", set()),
        ("", {host.split()[0] for host in fleet_status.WORDS}),
    ):
        box.fill(text)
        assert set(hosts(opened)) == found
    box.fill("eu")
    word(opened, "unchecked").click()
    assert set(hosts(opened)) == {"manual.eu", "skipped.eu"}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_sorts(visit, width):
    opened = visit(width)
    by_name = sorted(host.split()[0] for host in fleet_status.WORDS)
    by_status = hosts(opened)
    heads = {name: opened.get_by_role("columnheader", name=name) for name in ("Tenant", "Status", "Next end")}
    for name, order in (("Tenant", by_name), ("Status", by_status)):
        heads[name].get_by_role("button").click()
        # Only a browser's own language decides where a sign comes.
        assert [host for host in hosts(opened) if host[0].isalpha()] == [host for host in order if host[0].isalpha()]
        assert heads[name].get_attribute("aria-sort") == "ascending"
    heads["Tenant"].get_by_role("button").click()
    heads["Tenant"].get_by_role("button").click()
    assert [host for host in hosts(opened) if host[0].isalpha()] == by_name[:0:-1]
    heads["Next end"].get_by_role("button").click()
    assert hosts(opened)[:2] == ["ended.eu", "ending.eu"] and hosts(opened)[-1] == "unreachable.eu"
    heads["Next end"].get_by_role("button").click()
    assert hosts(opened)[-2:] == ["ending.eu", "ended.eu"]
    sorts = [heads[name].get_attribute("aria-sort") for name in heads]
    assert sorts == [None, None, "descending"]


def test_a_keyboard_is_enough(visit):
    opened = visit()
    focused = "document.activeElement.textContent.trim() || document.activeElement.id"
    reached = []
    for dummy in range(16):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate(focused))
        if reached[-1] == "Tenant":
            break
    assert reached[:2] == ["4 failed", "2 expiring"] and reached[-2:] == ["filter", "Tenant"]
    assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    opened.keyboard.press("Enter")
    assert opened.get_by_role("columnheader", name="Tenant").get_attribute("aria-sort") == "ascending"


def test_details_and_the_timeline_open(visit):
    opened = visit()
    row = opened.get_by_role("row", name="stray.eu")
    assert not row.get_by_text("In the tenant:").first.is_visible()
    row.get_by_text("2 keys").click()
    assert row.get_by_text(fleet_status.OTHER_ID).is_visible()
    assert row.get_by_text("<script>alert(1)</script>").is_visible()
    opened.get_by_text("Later 2027").click()
    assert opened.get_by_text("healthy-2.eu, here and in the tenant").is_visible()
    ended = opened.locator(".ended rect").bounding_box()["width"]
    assert 0 < ended < opened.locator("rect").last.bounding_box()["width"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_without_its_script_it_is_a_plain_table(visit, width):
    opened = visit(width, java_script_enabled=False)
    assert len(hosts(opened)) == 12 and opened.get_by_role("button").count() == 0
    assert not opened.get_by_label("Filter").is_visible()
    assert opened.get_by_text("4 failed").is_visible()
    opened.get_by_role("row", name="stray.eu").get_by_text("2 keys").click()
    assert opened.get_by_role("row", name="stray.eu").get_by_text(fleet_status.OTHER_ID).is_visible()


# The ratio of WCAG 2.2 for what a text and the first background behind it have, whose colours are all opaque.
CONTRASTS = """() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const background = (element) => {
    const found = element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)";
    return found === "rgba(0, 0, 0, 0)" ? background(element.parentElement) : found;
  };
  return [...document.querySelectorAll("body *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((element) => element.checkVisibility() && element.tagName !== "SCRIPT")
    .map((element) => [light(getComputedStyle(element).color), light(background(element))])
    .map(([a, b]) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}"""


RIGHTMOST = "Math.max(...[...document.querySelectorAll('body *')].map((one) => one.getBoundingClientRect().right))"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_can_be_read(visit, width, scheme):
    opened = visit(width, scheme)
    for summary in opened.locator("summary").all():
        summary.click()
    word(opened, "failed").click()
    word(opened, "stray").click()
    # Nothing is wider than the screen.
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    assert opened.evaluate(RIGHTMOST) <= width
    # WCAG 2.2, 1.4.3: contrast of text.
    ratios = opened.evaluate(CONTRASTS)
    assert len(ratios) > 50 and min(ratios) >= 4.5
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(251, 251, 250)") == (scheme == "light")
    # The table is one for those who cannot see it, too.
    assert opened.get_by_role("table").get_by_role("rowheader").count() == len(wanted("failed", "stray"))
    word(opened, "failed").click()
    word(opened, "stray").click()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=SCREENSHOTS / f"status-{width}-{scheme}.png", full_page=True)
