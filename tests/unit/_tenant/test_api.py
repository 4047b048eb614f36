# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the library speaks HTTP, with a simulated tenant that has faults."""

from __future__ import annotations

import socketserver
import subprocess
import sys
import threading

import pytest
from joserfc.jwk import RSAKey
from tenant_client import PROVIDERS, provider_body, token

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import api, refusals
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

SETTINGS = "/api/v1/groups/settings"
NO_ANSWER = (
    {"kind": "reset"},
    {"kind": "reset_in_body"},
    {"kind": "wrong_content_length"},
    {"kind": "status", "value": 502},
    {"kind": "status", "value": 503},
    {"kind": "status", "value": 504},
)
no_answer = pytest.mark.parametrize("fault", NO_ANSWER, ids=lambda fault: f"{fault['kind']}-{fault.get('value', '')}")


def requests_of(simulator, method, path):
    return [one for one in simulator.recorded() if (one["method"], one["path"]) == (method, path)]


def test_ansibles_code_for_http_is_only_imported_to_connect():
    """Otherwise qscloud_tenant_jwt as an ordinary module would take longer, also if it does not connect."""
    code = f"import sys, {api.__name__}; sys.exit('ansible.module_utils.urls' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- Reading


def test_250_providers_are_three_pages(simulator, connect):
    ids = simulator.add_providers(250)
    simulator.forget_requests()
    assert ids == [one["id"] for one in connect().pages(PROVIDERS) if one["protocol"] == "jwtAuth"]
    assert len(requests_of(simulator, "GET", PROVIDERS)) == 3


@pytest.mark.parametrize("value", [None, "endless"])
def test_pages_that_lead_in_a_circle(simulator, connect, value):
    simulator.add_providers(150)
    simulator.faults({"kind": "paging_loop", "value": value, "times": 20})
    with pytest.raises(_errors.TenantError, match="repeat endlessly"):
        list(connect().pages(PROVIDERS))


def test_an_entry_that_moves_to_the_last_page_meanwhile(simulator, connect):
    first = {"data": [{"id": "1"}, {"id": "2"}], "links": {"next": {"href": f"{PROVIDERS}?next=2"}}}
    simulator.faults(*({"kind": "status", "value": 200, "body": body} for body in (first, {"data": [{"id": "2"}]})))
    assert [one["id"] for one in connect().pages(PROVIDERS)] == ["1", "2"]


def test_a_page_is_only_followed_within_the_tenant(simulator, connect):
    elsewhere = simulator.urls[1]
    page = {"data": [{"id": "1"}], "links": {"next": {"href": f"{elsewhere}{PROVIDERS}"}}}
    simulator.faults({"kind": "status", "value": 200, "body": page})
    with pytest.raises(_errors.TenantError, match="refers GET to another address .* not followed"):
        list(connect().pages(PROVIDERS))
    assert simulator.recorded(elsewhere) == []


@pytest.mark.parametrize("address", ["https://{other}", "http://{host}", "//{other}", "ftp://{host}"])
def test_a_redirect_is_only_followed_within_the_tenant(simulator, connect, address):
    host, other = (url.removeprefix("https://") for url in simulator.urls[:2])
    simulator.faults({"kind": "redirect", "value": address.format(host=host, other=other) + SETTINGS})
    with pytest.raises(_errors.TenantError, match="refers GET to another address"):
        connect().get(SETTINGS)
    assert simulator.recorded(simulator.urls[1]) == []


def test_a_redirect_is_followed_once(simulator, connect):
    simulator.faults({"kind": "redirect", "value": SETTINGS})
    assert connect().get(SETTINGS)
    simulator.faults({"kind": "redirect", "value": SETTINGS, "times": 2})
    with pytest.raises(_errors.TenantError, match="keeps redirecting"):
        connect().get(SETTINGS)


def test_a_change_is_not_redirected(simulator, connect):
    simulator.faults({"kind": "redirect", "value": f"{simulator.urls[1]}{SETTINGS}"})
    with pytest.raises(_errors.TenantError, match="HTTP 302"):
        connect().replace(SETTINGS, "/autoCreateGroups", True)
    assert simulator.recorded(simulator.urls[1]) == []


@no_answer
def test_reading_is_repeated(simulator, connect, pauses, fault):
    simulator.faults({**fault, "times": 3})
    assert "autoCreateGroups" in connect().get(SETTINGS)
    assert len(pauses) == 3
    # Twice as long each time, with jitter.
    assert all(2**number / 2 <= pause <= 2**number for number, pause in enumerate(pauses))


@no_answer
def test_reading_is_not_repeated_for_ever(simulator, connect, fault):
    simulator.faults({**fault, "times": None})
    with pytest.raises(_errors.NoAnswerError):
        connect().get(SETTINGS)
    assert len(requests_of(simulator, "GET", SETTINGS)) == 4


def test_other_errors_are_not_repeated(simulator, connect, pauses):
    simulator.faults({"kind": "status", "value": 500})
    with pytest.raises(_errors.TenantError, match="HTTP 500"):
        connect().get(SETTINGS)
    assert pauses == []


def test_a_slow_answer(simulator, connect):
    simulator.faults({"kind": "slow", "value": 3, "times": 4})
    with pytest.raises(_errors.NoAnswerError, match="did not answer GET .* within 1 seconds"):
        connect(timeout=1).get(SETTINGS)


@pytest.mark.parametrize("kind", ["truncated_json", "html"])
def test_an_answer_that_is_no_json(simulator, connect, kind):
    simulator.faults({"kind": kind})
    with pytest.raises(_errors.TenantError, match="other than a JSON object.*proxy"):
        connect().get(SETTINGS)


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_an_answer_that_is_other_json(simulator, connect, body):
    simulator.faults({"kind": "status", "value": 200, "body": body if body is not None else [None]})
    with pytest.raises(_errors.TenantError, match="a JSON object"):
        connect().get(SETTINGS)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": [1]}])
def test_a_list_that_is_none(simulator, connect, body):
    simulator.faults({"kind": "status", "value": 200, "body": body})
    with pytest.raises(_errors.TenantError, match="something other than a list"):
        list(connect().pages(PROVIDERS))


# ---- The rate limit


def test_the_rate_limit_is_waited_for(simulator, connect, pauses):
    simulator.faults({"kind": "status", "value": 429, "retry_after": 7, "times": 2})
    tenant = connect()
    tenant.replace(SETTINGS, "/autoCreateGroups", True)
    assert len(pauses) == 2 and all(7 <= pause <= 7.8 for pause in pauses)
    assert tenant.waited == sum(pauses)
    assert simulator.state()["group_settings"]["autoCreateGroups"] is True


def test_the_rate_limit_is_not_waited_for_for_ever(simulator, connect, pauses):
    simulator.faults({"kind": "status", "value": 429, "retry_after": 100, "times": None})
    with pytest.raises(_errors.TenantError, match=r"HTTP-429, API rate limit reached.*More than 300 seconds"):
        connect().get(SETTINGS)
    assert sum(pauses) <= 300


def test_a_real_rate_limit(simulator, connect, monkeypatch):
    simulator.switches(rate_limits=True, rate_window_s=1)
    tenant = connect()
    monkeypatch.setattr(tenant, "_sleep", api.time.sleep)
    for dummy in range(40):
        tenant.get(SETTINGS)
    assert tenant.waited > 0
    assert 429 in {one["status"] for one in simulator.recorded()}


# ---- Creating


def create(tenant, body):
    return tenant.create(
        PROVIDERS, body, lambda: next((one for one in tenant.pages(PROVIDERS) if one["protocol"] == "jwtAuth"), None)
    )


@pytest.mark.parametrize("kind", ["lost_answer", "reset_in_body", "wrong_content_length"])
def test_created_once_though_the_answer_was_lost(simulator, connect, pair, kind, pauses):
    simulator.faults({"kind": kind, "method": "POST"})
    created = create(connect(), provider_body(pair))
    assert [one["id"] for one in simulator.jwt_providers()] == [created["id"]]
    assert len(requests_of(simulator, "POST", PROVIDERS)) == 1
    assert pauses == [1]


def test_it_is_looked_for_twice(simulator, connect, pair, pauses):
    simulator.switches(list_delay_s=0.5)
    tenant = connect()
    tenant._sleep = lambda seconds: (pauses.append(seconds), api.time.sleep(seconds / 5))
    simulator.faults({"kind": "lost_answer", "method": "POST"})
    assert create(tenant, provider_body(pair))["id"]
    assert pauses == [1, 4]


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "value": 503}])
def test_what_was_not_created_is_not_asked_for_again(simulator, connect, pair, fault):
    simulator.faults({**fault, "method": "POST"})
    with pytest.raises(_errors.NoAnswerError):
        create(connect(), provider_body(pair))
    assert simulator.jwt_providers() == []
    assert len(requests_of(simulator, "POST", PROVIDERS)) == 1


def test_what_was_deleted_without_an_answer(simulator, client, connect, pair):
    path = f"{PROVIDERS}/{client.create(provider_body(pair)).json()['id']}"
    simulator.faults({"kind": "lost_answer", "method": "DELETE"})
    connect().delete(path)
    connect().delete(path)
    assert simulator.jwt_providers() == []


# ---- Credentials


def test_an_oauth_client_gets_one_access_token(simulator, connect):
    tenant = connect(client_id=simulator.client_id, client_secret=simulator.client_secret)
    for dummy in range(3):
        tenant.get(SETTINGS)
    assert len(requests_of(simulator, "POST", "/oauth/token")) == 1


def test_a_wrong_oauth_client(simulator, connect):
    tenant = connect(client_id=simulator.client_id, client_secret="not-the-secret")
    with pytest.raises(_errors.TenantError, match="POST /oauth/token with HTTP 401.*client_id and client_secret must"):
        tenant.get(SETTINGS)


def test_an_error_in_the_form_of_oauth(simulator, connect):
    body = {"error": "invalid_client", "error_description": "Unknown client."}  # RFC 6749, section 5.2
    simulator.faults({"kind": "status", "value": 401, "path": "/oauth/token", "body": body})
    with pytest.raises(_errors.TenantError, match="HTTP 401, invalid_client, Unknown client. client_id and") as caught:
        connect(client_id="a", client_secret="b").get(SETTINGS)
    assert caught.value.code == "invalid_client"


def test_a_key_gets_one_access_token(simulator, connect, rsa_pem):
    (added,) = simulator.add_clients({"allowedAuthMethods": ["private_key_jwt"], "publicKeys": [_public_jwk(rsa_pem)]})
    tenant = connect(client_id=added["clientId"], client_private_key_content=rsa_pem.decode())
    for dummy in range(3):
        tenant.get(SETTINGS)
    assert tenant.has_client_key and not tenant.for_login().has_client_key
    (request,) = requests_of(simulator, "POST", "/oauth/token")
    assert request["client_authentication"] == "client_assertion"


def _public_jwk(pem):
    key = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})
    return {**key.as_dict(private=False), "kid": key.thumbprint()}


def test_an_assertion_is_sent_nowhere_else(simulator, connect, rsa_pem):
    elsewhere = simulator.urls[1]
    simulator.faults({"kind": "redirect", "value": f"{elsewhere}/oauth/token", "path": "/oauth/token"})
    with pytest.raises(_errors.TenantError, match="POST /oauth/token with HTTP 302"):
        connect(client_id="a", client_private_key_content=rsa_pem.decode()).get(SETTINGS)
    assert simulator.recorded(elsewhere) == []


def test_an_error_repeats_no_assertion(simulator, connect, rsa_pem, monkeypatch):
    sign, signed = compact.sign, []
    monkeypatch.setattr(compact, "sign", lambda *arguments: signed.append(sign(*arguments)) or signed[-1])
    tenant = connect(client_id="a", client_private_key_content=rsa_pem.decode())
    exchange = tenant._send

    def repeat(method, url, what, headers, body):
        answer = exchange(method, url, what, headers, body)
        return answer._replace(body={"error": "invalid_client", "error_description": f"Is {signed[-1].text} one?"})

    monkeypatch.setattr(tenant, "_send", repeat)
    with pytest.raises(_errors.TenantError, match=r"invalid_client, Is \*\*\* one\?"):
        tenant.get(SETTINGS)


@pytest.mark.parametrize("body", [{}, {"access_token": 1}, {"access_token": "a\nb"}])
def test_an_oauth_client_without_an_access_token(simulator, connect, body):
    simulator.faults({"kind": "status", "value": 200, "path": "/oauth/token", "body": body})
    with pytest.raises(_errors.TenantError, match="did not return an access token for the OAuth client"):
        connect(client_id=simulator.client_id, client_secret=simulator.client_secret).get(SETTINGS)


def test_netrc_is_left_alone(simulator, connect, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1\nlogin somebody\npassword else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert connect().get(SETTINGS)


def test_the_proxy_of_the_environment_is_used(connect, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(_errors.TenantError, match="refuses connections.*whether a proxy is needed"):
        connect().get(SETTINGS)


def test_an_error_repeats_no_secret(simulator, connect):
    error = {"code": "X-1", "title": f"No {simulator.api_key}", "detail": "a\x1b[31m\nb", "status": "400"}
    simulator.faults({"kind": "status", "value": 400, "body": {"errors": [error], "traceId": simulator.api_key}})
    with pytest.raises(_errors.TenantError) as caught:
        connect().get(SETTINGS)
    assert simulator.api_key not in str(caught.value)
    assert "HTTP 400, X-1, No ***, a [31m b (traceId ***)" in str(caught.value)


def test_a_login_repeats_no_token(simulator, connect, pair):
    signed = token(pair)
    error = {"code": "X-1", "title": "No", "detail": signed}
    simulator.faults({"kind": "status", "value": 401, "body": {"errors": [error]}})
    with pytest.raises(_errors.TenantError) as caught:
        connect().log_in(signed)
    assert signed not in str(caught.value) and "***" in str(caught.value)


@pytest.mark.parametrize("body", [{"errors": "x"}, {"errors": []}, {"errors": [1]}, {"errors": {}}, {}])
def test_an_error_of_another_form(simulator, connect, body):
    simulator.faults({"kind": "status", "value": 400, "body": body})
    with pytest.raises(_errors.TenantError, match=r"with HTTP 400\. Check the options"):
        connect().get(SETTINGS)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 412, 418, 500])
def test_each_error_says_what_to_do(simulator, connect, status):
    simulator.faults({"kind": "status", "value": status})
    with pytest.raises(_errors.TenantError) as caught:
        connect().get(SETTINGS)
    assert caught.value.status == status and caught.value.code == "SIMULATED-FAULT"
    assert caught.value.advice == refusals.advice(status, "SIMULATED-FAULT", True, False)
    assert "(traceId " in caught.value.answer


def test_an_error_has_the_clock_of_the_tenant(simulator, connect):
    simulator.switches(clock_offset_s=-3600)
    with pytest.raises(_errors.TenantError) as caught:
        connect(api_key="another").get(SETTINGS)
    assert abs(caught.value.date - api.time.time() + 3600) < 5


# ---- Answers that are not the tenant's

PAGES = [{"kind": "html", "value": status} for status in (400, 401, 403, 404, 405, 407, 409, 412, 451, 500, 503)]
OTHER_JSON = {"kind": "status", "value": 403, "body": ["x"]}


@pytest.mark.parametrize("fault", [*PAGES, OTHER_JSON], ids=lambda fault: f"{fault['kind']}-{fault['value']}")
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_an_answer_that_is_not_the_tenants(simulator, connect, pair, fault, method):
    simulator.faults({**fault, "method": method, "times": None})
    tasks = {
        "GET": lambda tenant: tenant.get(SETTINGS),
        "POST": lambda tenant: create(tenant, provider_body(pair)),
        "PATCH": lambda tenant: tenant.replace(SETTINGS, "/autoCreateGroups", True),
        # A page is no sign that the object is gone, whatever its status.
        "DELETE": lambda tenant: tenant.delete(f"{PROVIDERS}/1"),
    }
    said = f"HTTP {fault['value']}. The answer is not a JSON object.*proxy"
    with pytest.raises(_errors.TenantError, match=said) as caught:
        tasks[method](connect())
    # Whoever decides by them would take it for the tenant's.
    assert (caught.value.status, caught.value.code, caught.value.date) == (None, None, None)
    assert "denied" not in str(caught.value) and "<" not in str(caught.value)


@pytest.fixture
def proxy(monkeypatch):
    """Have a proxy in the environment that connects nobody: call it with the line of its answer."""
    requests = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            requests.append(self.rfile.readline().decode())
            self.wfile.write(f"HTTP/1.1 {self.server.answer}\r\nContent-Length: 0\r\n\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def answer(line):
            server.answer = line
            monkeypatch.setenv("https_proxy", f"http://user:pass-word-1@127.0.0.1:{server.server_address[1]}")
            return requests

        yield answer
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("line", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxy_that_does_not_connect(connect, proxy, pauses, line):
    requests = proxy(line)
    said = f"Tunnel connection failed: {line}.*with its user and password"
    with pytest.raises(_errors.TenantError, match=said) as caught:
        connect().get(SETTINGS)
    # The answer would be the same again, and the tenant has not been asked.
    assert len(requests) == 1 and requests[0].startswith("CONNECT ") and pauses == []
    assert not isinstance(caught.value, _errors.NoAnswerError) and "pass-word-1" not in str(caught.value)


def test_a_proxy_that_does_not_connect_now(connect, proxy, pauses):
    requests = proxy("503 Service Unavailable")
    with pytest.raises(_errors.NoAnswerError, match="503 Service Unavailable"):
        connect().get(SETTINGS)
    assert len(requests) == 4 and len(pauses) == 3
