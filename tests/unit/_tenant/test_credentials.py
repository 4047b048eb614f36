# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenant, and with which credentials."""

from __future__ import annotations

import pytest
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils import _module, _tenant_module
from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._tenant import credentials as _credentials

URL = "https://acme.eu.qlikcloud.com"
NOTHING = {
    **dict.fromkeys(("tenant_url", *_credentials.CREDENTIAL_VARIABLES)),
    "validate_certs": True,
    "ca_path": None,
    "timeout": 30,
}
CLIENT = {"client_id": "the-id", "client_secret": "the-secret"}
ENVIRONMENT = {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_API_KEY": "key-of-the-environment"}


def read(options, environment=None):
    return _credentials.from_options({**NOTHING, **options}, environment or {})


@pytest.mark.parametrize(
    "given, url",
    {
        URL: URL,
        f"{URL}/": URL,
        f" {URL}\n": URL,
        "https://ACME.eu.QlikCloud.com:443": URL,
        "https://Acme.EU.qlikcloud.com.": URL,
        "https://acme.eu.qlikcloud.com.:8443/": f"{URL}:8443",
        "https://acme.eu.qlikcloud.com:8443": f"{URL}:8443",
        "https://127.0.0.1:8443": "https://127.0.0.1:8443",
        "http://localhost:80": "http://localhost",
        "http://127.8.9.1:8080": "http://127.8.9.1:8080",
        "http://[::1]:8080": "http://[::1]:8080",
    }.items(),
)
def test_address(given, url):
    assert read({"tenant_url": given, "api_key": "key"}).url == url


@pytest.mark.parametrize(
    "given, words",
    {
        "acme.eu.qlikcloud.com": "not a URL with a scheme",
        "": "not a URL with a scheme",
        "ftp://acme.eu.qlikcloud.com": "not a URL with a scheme",
        "https://": "not a URL with a scheme",
        "https://acme.eu.qlikcloud.com/api/v1": "leave out the path",
        "https://acme.eu.qlikcloud.com?x=1": "leave out the path",
        "https://acme.eu.qlikcloud.com/#x": "leave out the path",
        "https://anna:hunter22@acme.eu.qlikcloud.com": "contains credentials",
        "http://acme.eu.qlikcloud.com": "uses http",
        "http://127.0.0.1.example.com": "uses http",
        "https://acme.eu.qlikcloud.com:port": "is not the URL",
        "https://[::1": "is not the URL",
        "https://a b.example.com": "an invalid host name",
        "https://a\x00b.example.com": "an invalid host name",
        "https://-a.example.com": "an invalid host name",
        "https://acme.eu.qlikcloud.com..": "an invalid host name",
        "https://./": "not a URL with a scheme",
    }.items(),
)
def test_no_address(given, words):
    with pytest.raises(QlikError, match=words) as error:
        read({"tenant_url": given, "api_key": "key"})
    assert str(error.value).startswith("tenant_url ")
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    "options, environment, credentials",
    [
        ({"tenant_url": URL, "api_key": "key"}, {}, ("key", None, None)),
        ({"tenant_url": URL, **CLIENT}, {}, (None, "the-id", "the-secret")),
        ({}, ENVIRONMENT, ("key-of-the-environment", None, None)),
        ({"tenant_url": f"{URL}:443/"}, ENVIRONMENT, ("key-of-the-environment", None, None)),
        ({"tenant_url": "https://Acme.EU.qlikcloud.com."}, ENVIRONMENT, ("key-of-the-environment", None, None)),
        # Options beat the environment together: nothing of an OAuth client is mixed with an API key.
        ({"tenant_url": URL, **CLIENT}, ENVIRONMENT, (None, "the-id", "the-secret")),
        ({"api_key": "key"}, ENVIRONMENT, ("key", None, None)),
        (
            {},
            {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_CLIENT_ID": "an-id", "QSCLOUD_CLIENT_SECRET": "a-secret"},
            (None, "an-id", "a-secret"),
        ),
        # An empty variable is none.
        (
            {"tenant_url": URL, **CLIENT},
            {"QSCLOUD_TENANT_URL": "", "QSCLOUD_API_KEY": ""},
            (None, "the-id", "the-secret"),
        ),
    ],
)
def test_credentials(options, environment, credentials):
    connection = read(options, environment)
    assert connection.credentials == (*credentials, None)
    assert connection.url == URL
    assert not any(secret and secret in repr(connection) for secret in credentials)


@pytest.mark.parametrize(
    "options, environment, words",
    [
        ({}, {}, "tenant_url is missing"),
        ({"tenant_url": URL}, {}, "Credentials for the tenant are missing"),
        ({"tenant_url": URL, "api_key": "key", **CLIENT}, {}, "both set"),
        ({"tenant_url": URL, "api_key": "key", "client_id": "x"}, {}, "both set"),
        ({"tenant_url": URL, "client_id": "x"}, {}, "client_secret is missing"),
        ({"tenant_url": URL, "client_secret": "x"}, {}, "client_id is missing"),
        (
            {"tenant_url": URL, "client_private_key_path": "x"},
            {},
            "^client_id is missing: an OAuth client needs its id",
        ),
        (
            {"tenant_url": URL, **CLIENT, "client_private_key_path": "x"},
            {},
            "^client_secret and client_private_key_path are set together: an OAuth client proves itself with its secret or with",
        ),
        (
            {"tenant_url": URL, "client_id": "x", "client_private_key_path": "x", "client_private_key_uri": "x"},
            {},
            "^client_private_key_path and client_private_key_uri are set together: .* leave all but one out.$",
        ),
        (
            {"tenant_url": URL, "client_id": "x", "client_key_id": "x"},
            {},
            "^client_key_id is set without the private key that it is about: set client_private_key_path, for example,",
        ),
        (
            {"tenant_url": URL, **CLIENT, "client_private_key_passphrase": "x"},
            {},
            "^client_private_key_passphrase is set without the private key",
        ),
        (
            {"tenant_url": URL, "api_key": "key", "client_private_key_path": "x"},
            {},
            r"^api_key and an OAuth client \(client_private_key_path\) are both set: leave one out.$",
        ),
        ({"tenant_url": URL, "client_id": "a b", "client_private_key_path": "x"}, {}, "^client_id contains spaces"),
        (
            {"tenant_url": URL, "client_id": "x", "client_private_key_content": ""},
            {},
            "^client_private_key_content is empty",
        ),
        (
            {},
            {
                "QSCLOUD_TENANT_URL": URL,
                "QSCLOUD_CLIENT_ID": "x",
                "QSCLOUD_CLIENT_SECRET": "x",
                "QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT": "x",
            },
            "^QSCLOUD_CLIENT_SECRET and QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT are set together",
        ),
        # A private key is a credential like the others: options and environment are not mixed.
        (
            {"tenant_url": URL, "client_id": "x"},
            {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_CLIENT_PRIVATE_KEY_PATH": "x"},
            "^client_secret is missing",
        ),
        (
            {"tenant_url": "https://evil.example.com"},
            {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_CLIENT_ID": "x", "QSCLOUD_CLIENT_PRIVATE_KEY_PATH": "x"},
            "which differs from tenant_url",
        ),
        # Half of a client among the options is not completed by the environment.
        (
            {"tenant_url": URL, "client_id": "x"},
            {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_CLIENT_SECRET": "y"},
            "client_secret is missing",
        ),
        ({}, {"QSCLOUD_TENANT_URL": URL, "QSCLOUD_CLIENT_ID": "y"}, "QSCLOUD_CLIENT_SECRET is missing"),
        (
            {},
            {**ENVIRONMENT, "QSCLOUD_CLIENT_ID": "x", "QSCLOUD_CLIENT_SECRET": "y"},
            "QSCLOUD_API_KEY and an OAuth client",
        ),
        # A credential of the environment goes nowhere else.
        ({"tenant_url": "https://evil.example.com"}, ENVIRONMENT, "which differs from tenant_url"),
        ({"tenant_url": f"{URL}:8443"}, ENVIRONMENT, "which differs from tenant_url"),
        ({"tenant_url": URL}, {"QSCLOUD_API_KEY": "key"}, "QSCLOUD_TENANT_URL is not"),
        (
            {"tenant_url": URL, "api_key": ""},
            {},
            r"^api_key is empty \(an environment variable or a CI secret may not be set\): specify it, or leave",
        ),
        ({"tenant_url": URL, "client_id": "x", "client_secret": ""}, {}, r"^client_secret is empty \(an environment"),
        ({"tenant_url": URL, "api_key": "two\nlines"}, {}, "line breaks"),
        ({"tenant_url": URL, "api_key": "schlüssel"}, {}, "non-ASCII"),
        ({}, {"QSCLOUD_TENANT_URL": "acme", "QSCLOUD_API_KEY": "key"}, "QSCLOUD_TENANT_URL is not a URL"),
        ({"tenant_url": URL, "api_key": "key", "timeout": 0}, {}, "timeout is 0"),
        ({"tenant_url": URL, "api_key": "key", "ca_path": "nowhere.pem"}, {}, "ca_path: cannot read nowhere.pem"),
        ({"tenant_url": URL, "api_key": "key", "ca_path": ""}, {}, "ca_path is empty"),
    ],
)
def test_no_credentials(options, environment, words):
    with pytest.raises(QlikError, match=words):
        read(options, environment)


@pytest.mark.parametrize("source", ["options", "environment"])
@pytest.mark.parametrize("form", ["path", "content"])
def test_the_private_key_of_a_client(private_keys, passphrase, rsa_key, tmp_path, source, form):
    path = tmp_path / "key.pem"
    path.write_bytes(private_keys["encrypted PKCS#8"])
    path.chmod(0o600)
    given = {
        "client_id": "the-id",
        f"client_private_key_{form}": {"path": str(path), "content": path.read_text()}[form],
        "client_private_key_passphrase": passphrase,
    }
    if source == "options":
        found = read({"tenant_url": URL, **given}).credentials
    else:
        found = read({}, {"QSCLOUD_TENANT_URL": URL, **{f"QSCLOUD_{name.upper()}": its for name, its in given.items()}})
        found = found.credentials
    assert found[:3] == (None, "the-id", None)
    assert found.client_key.private_key.private_numbers() == rsa_key.private_numbers()
    assert found.client_key.key_id == RSAKey.import_key(private_keys["public"]).thumbprint()
    assert repr(found) == "Credentials(...)"


@pytest.mark.parametrize("form", _credentials.client_keys.SOURCES)
def test_whether_there_may_be_a_private_key(form):
    assert not _credentials.have_key({**NOTHING, **CLIENT}, ENVIRONMENT)
    assert _credentials.have_key({**NOTHING, form: "x"}, {})
    assert _credentials.have_key(NOTHING, {f"QSCLOUD_{form.upper()}": "x"})


@pytest.mark.parametrize("library", ["cryptography", "PyJWT"])
def test_a_private_key_needs_libraries(monkeypatch, library):
    class Module:
        params = {**NOTHING, "tenant_url": URL, "client_id": "c", "client_private_key_path": "none.pem"}
        no_log_values = set()

        def fail_json(self, **result):
            raise SystemExit(result["msg"])

    monkeypatch.setitem(_module.MISSING, library, "a traceback")
    with pytest.raises(SystemExit, match=rf"Failed to import the required Python library \({library}\)"):
        _tenant_module.tenant(Module())
    without = Module()
    without.params = {**NOTHING, "tenant_url": URL, "api_key": "key"}
    assert _tenant_module.tenant(without).url == URL


def test_ca_that_is_none(tmp_path):
    (tmp_path / "ca").write_text("no certificate")
    with pytest.raises(QlikError, match="contains no certificate"):
        read({"tenant_url": URL, "api_key": "key", "ca_path": str(tmp_path / "ca")})


def test_without_credentials_the_environment_gives_none():
    options = {**NOTHING, "tenant_url": "https://other.example.com"}
    assert _credentials.from_options(options, ENVIRONMENT, needs_credentials=False).credentials is None


def test_all_secrets_are_known():
    options = {**NOTHING, **CLIENT, "api_key": "key", "tenant_url": "https://anna:hunter22@acme.eu.qlikcloud.com"}
    environment = {"QSCLOUD_API_KEY": "k2", "QSCLOUD_CLIENT_SECRET": "s2", "QSCLOUD_TENANT_URL": "https://b:pw@x"}
    options |= {"client_private_key_content": "pem", "client_private_key_passphrase": "phrase"}
    environment |= {"QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT": "pem2", "QSCLOUD_CLIENT_PRIVATE_KEY_PASSPHRASE": "phrase2"}
    found = _credentials.secrets(options, environment)
    assert found == {"key", "the-secret", "hunter22", "k2", "s2", "pw", "pem", "phrase", "pem2", "phrase2"}
    assert _credentials.secrets(NOTHING, {}) == set()


@pytest.mark.parametrize("prefix", ["Bearer ", "bearer "])
def test_a_key_with_the_word_bearer_is_told_so(prefix):
    with pytest.raises(QlikError) as caught:
        read({"tenant_url": URL, "api_key": f"{prefix}the-key"})
    assert str(caught.value) == "api_key begins with the word Bearer, which is not part of it: leave the word out."
