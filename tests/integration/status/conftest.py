# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who reads the reports: Prometheus's own tool, and a real browser.

The address of the page is what the fixture ``address`` of a file of tests gives.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[3]


@pytest.fixture(scope="module")
def promtool():
    """A function that runs promtool, which `make test-all` unpacks where it can."""
    path = shutil.which("promtool", path=f"{ROOT}/.build/debian/usr/bin{os.pathsep}{os.environ['PATH']}")
    if path is None:
        pytest.skip("there is no promtool here")

    def run(*arguments, **keywords):
        return subprocess.run([path, *arguments], capture_output=True, text=True, check=False, **keywords)

    return run


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium, which `make test-all` installs where it can."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium here")
    # Only `make test-all` installs what drives it.
    playwright = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # Chromium has no sandbox of its own for root.
        running = driver.chromium.launch(executable_path=path, chromium_sandbox=False)
        yield running
        running.close()


@pytest.fixture
def visit(browser, address):
    """Open the page, and see in the end that it has asked for nothing else and that nothing was wrong with it."""
    contexts, requests, complaints = [], [], []

    def visit_with(width=1280, scheme="light", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        context.on("request", lambda request: requests.append(request.url))
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: complaints.append(dialog.message))
        opened = context.new_page()
        opened.goto(address)
        return opened

    yield visit_with
    for context in contexts:
        context.close()
    assert set(requests) <= {address, "data:,"} and complaints == []
