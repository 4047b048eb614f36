# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the user's own that send the recap somewhere, as the guide shows them."""

from __future__ import annotations

import http.server
import json
import re
import threading

import pytest
from fleet import Fleet, failed_hosts, numbers

pytestmark = pytest.mark.thorough

GUIDE = "docs/docsite/rst/guide_fleets.rst"
GOOD, BAD = "a.eu.qlikcloud.com", "b.eu.qlikcloud.com"
AFTER = ("-e", "provision_after=notify.yml")


@pytest.fixture
def webhook():
    """A server on loopback: its URL, and what has been sent to it."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            """Print nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def fleet(tmp_path, home):
    return Fleet(tmp_path, home, {GOOD: {}, BAD: {"tenant_jwt_expires_in": "soon"}})


def write_tasks(folder, url):
    """The tasks of the guide, for another URL."""
    # It needs docutils, which is not there where only the tests of `make test` run.
    import documented

    (text,) = [block.text for block in documented.blocks(GUIDE) if block.name == "notify.yml"]
    assert "https://hooks.example.com/tenants" in text
    (folder / "notify.yml").write_text(text.replace("https://hooks.example.com/tenants", url))


def test_a_webhook_gets_the_recap(fleet, webhook):
    url, received = webhook
    write_tasks(fleet.folder, url)
    run = fleet.run(*AFTER, env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert failed_hosts(run) == [BAD]
    (sent,) = received
    assert sent["failed"] == [BAD] and list(sent["tenants"]) == [GOOD, BAD]
    assert [(its["status"], len(its["steps"])) for its in sent["tenants"].values()] == [("changed", 3), ("failed", 0)]
    assert "tenant_jwt_expires_in is 'soon'" in sent["tenants"][BAD]["msg"]
    assert re.search(rf'RUN: \{{ +"failed_tenants": \[ +"{BAD}" +\] *\}}', " ".join(run.output.split()))
    # Nothing has failed then.
    assert failed_hosts(fleet.run(*AFTER, "--limit", GOOD)) == [] and len(received) == 1


def test_a_webhook_that_is_down_fails_no_tenant(fleet, webhook):
    write_tasks(fleet.folder, "http://127.0.0.1:9")
    run = fleet.run(*AFTER)
    assert "Connection refused" in run.output
    assert failed_hosts(run) == [BAD] and numbers(run) == (2, 0, 1, 1)


def test_a_file_that_is_missing_is_refused_before_anything_changes(fleet):
    run = fleet.run(*AFTER, "--limit", GOOD)
    sentence = f"must be the path of a file with tasks. There is no file {fleet.folder}/notify.yml."
    assert run.returncode == 2 and sentence in run.output
    assert not (fleet.folder / "keys").exists()
