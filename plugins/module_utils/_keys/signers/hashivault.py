# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in the transit secrets engine of HashiCorp Vault and OpenBao.

Its API: https://openbao.org/api-docs/secret/transit/. The library hvac is not needed: three requests suffice, and
``_http`` has proxies, CA files and retries, too. By default, hvac even follows redirects, and sends the token there.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
import time
import typing as t

from ... import _http
from ..._errors import (
    MAYBE_UNSET,
    KeyMismatchError,
    KeyStoreError,
    OptionError,
    PrivateKeyError,
    QlikError,
    SilentKeyStoreError,
    replace_options,
)
from ..._files.options import check_ca_path
from .. import private_keys, public_keys
from .signer import Signer, Stored, StoredKey
from .uri import OPTION, KeyUri

VARIABLES = {
    "vault_address": "VAULT_ADDR",
    "vault_token": "VAULT_TOKEN",
    "vault_namespace": "VAULT_NAMESPACE",
    "vault_ca_path": "VAULT_CACERT",
}
"""The environment variables of Vault's and OpenBao's own command, by the option that they replace."""

TIMEOUT = 30
"""Seconds to wait for each response: as long as for a tenant by default."""

_DEFAULT_MOUNT = "transit"
_EXAMPLE = "write it as https://vault.example.com:8200"
# What the engine allows in the name of a key. What it allows in that of a mount is not documented.
_NAME = re.compile(r"\w(?:[\w.-]*\w)?", re.ASCII)
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
# Problems that should soon be over: 412 means that a node is behind, 500 may mean an election of the active node, and
# 503 an overload. See https://developer.hashicorp.com/vault/api-docs#http-status-codes
_TEMPORARY = (412, 500, 502, 503, 504)
_SIGNATURE = re.compile(r"vault:v([0-9]+):([A-Za-z0-9+/]+={0,2})")


class _MissingError(KeyStoreError):
    """The engine has no such key."""


class Key(_http.Client, StoredKey):
    """A key in the engine, and the connection to it."""

    ERROR = KeyStoreError
    NO_ANSWER = SilentKeyStoreError

    def __init__(
        self,
        uri: KeyUri,
        options: t.Mapping[str, t.Any],
        environment: t.Mapping[str, str],
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        """Determine the key, the server and the token, without a request.

        :param options: those in :data:`VARIABLES` by name.
        :raises QlikError: if the URI, an option or a variable is missing or invalid.
        """
        *mount, self._name = uri.path.split("/")
        self._mount = "/".join(mount) or _DEFAULT_MOUNT
        self._version = _version(uri)
        if not all(_NAME.fullmatch(part) for part in (*mount, self._name)):
            raise OptionError(
                f"O({OPTION}) has no valid name of a key, which starts and ends with a letter, a digit or _, and also has"
                f" - and . in between: write it as {uri.form}."
            )
        self.source = f"hashivault://{self._mount}/{self._name}"
        self._settings = settings = _Settings(options, environment)
        server = _http.Server(
            url=settings.url(),
            validate_certs=True,
            ca_path=settings.ca_path(),
            timeout=TIMEOUT,
            name="the server",
            operator="Vault or OpenBao",
            url_option=settings.names["vault_address"],
            ca_option=settings.names["vault_ca_path"],
            when_slow="Try again.",
        )
        token = settings.token(server.url)
        # Without the second header, an agent that is configured to require it refuses requests.
        self._headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
        if settings.namespace():
            self._headers["X-Vault-Namespace"] = settings.namespace()
        self._needed = ""  # what the policies of the token must allow
        super().__init__(server, [token], sleep)

    @property
    def how_to_delete(self) -> str:
        """Commands that delete the key in its store, or its versions up to the one in the URI."""
        path = f"{self._mount}/keys/{self._name}"
        if self._version:
            # Newer versions may be in use.
            rest = self._version + 1
            return (
                f"'bao write {path}/config min_decryption_version={rest} min_encryption_version={rest}' and"
                f" 'bao write {path}/trim min_available_version={rest}'"
            )
        return f"'bao write {path}/config deletion_allowed=true' and 'bao delete {path}'"

    def find(self) -> Stored | None:
        """The key, in the version of the URI or else in the newest one; None if there is no such key.

        :raises QlikError: if it cannot be read, or cannot sign.
        """
        try:
            data = self._ask("GET", "keys", "read")
        except _MissingError:
            return None
        kind = data.get("type")
        if not isinstance(kind, str) or not kind.startswith("rsa-"):
            raise KeyMismatchError(
                f"{self.source} is a key of type {self._clean(str(kind))}, but Qlik Cloud requires RSA: use an RSA key."
            )
        if data.get("soft_deleted"):
            raise PrivateKeyError(
                f"{self.source} is marked as deleted: restore it with"
                f" 'bao write -f {self._mount}/keys/{self._name}/soft-delete-restore', or use another key."
            )
        version = self._version or data.get("latest_version")
        versions = data.get("keys")
        entry = versions.get(str(version)) if isinstance(versions, dict) else None
        if not isinstance(version, int) or not isinstance(entry, dict) or not isinstance(entry.get("public_key"), str):
            raise PrivateKeyError(
                f"{self.source} has no version {self._version or 'that can sign'}: set O({OPTION}) to one that it has."
            )
        minimum = data.get("min_encryption_version")
        if isinstance(minimum, int) and version < minimum:
            raise PrivateKeyError(
                f"{self.source} must not sign with version {version}, because its min_encryption_version is {minimum}:"
                f" set O({OPTION}) to a newer version."
            )
        source = f"{self.source}?version={version}"
        public_key = public_keys.load(entry["public_key"].encode(), source).key
        private_keys.check_size(public_key, source)
        key = Signer(source, public_key, functools.partial(self._sign, version))
        return Stored(key, source, self._exposure(data))

    def create(self, size: int) -> Stored:
        """Create the key. If it exists meanwhile, it stays as it is: the engine does not replace a key.

        :param size: in bits.
        :raises QlikError: if that fails.
        """
        if self._version:
            raise OptionError(
                f"O({OPTION}) has a version, but {self.source} does not exist: leave out the version to create the key."
            )
        body = {"type": f"rsa-{size}", "exportable": False, "allow_plaintext_backup": False}
        self._ask("POST", "keys", "create and update", body)
        created = self.find()
        if not created:
            raise KeyStoreError(f"{self.url} did not keep {self.source}, which it created.", "Run again.")
        return created

    def _sign(self, version: int, data: bytes, hash_name: str) -> bytes:
        # The server only gets a digest, so that it does not learn the claims of a token.
        body = {
            "input": base64.b64encode(hashlib.new(hash_name, data).digest()).decode(),
            "prehashed": True,
            "hash_algorithm": f"sha2-{hash_name[3:]}",
            "signature_algorithm": "pkcs1v15",
            "key_version": version,
        }
        signature = _SIGNATURE.fullmatch(str(self._ask("POST", "sign", "update", body).get("signature")))
        try:
            return base64.b64decode(signature[2], validate=True)
        except (TypeError, binascii.Error):
            raise KeyStoreError(
                f"{self.url} did not return a signature by {self.source}.",
                f"Check {self._settings.names['vault_address']}.",
            ) from None

    def _ask(self, method: str, what: str, right: str, body: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Ask the engine about the key, and return the data of the answer. Each of these requests can be repeated."""
        path = f"{self._mount}/{what}/{self._name}"
        self._needed = f"'{right}' on {path}"
        answer = self._exchange(
            method, f"{self.url}/v1/{path}", f"{method} /v1/{path}", self._headers, body, repeatable=True
        )
        data = answer.body.get("data")
        return data if isinstance(data, dict) else {}

    def _exposure(self, data: t.Mapping[str, t.Any]) -> str | None:
        """A warning about a key that can leave its store. That cannot be undone."""
        allowed = [name for name in ("exportable", "allow_plaintext_backup") if data.get(name)]
        if not allowed:
            return None
        return (
            f"{self.source} can be copied out of its store, because {' and '.join(allowed)} is true: introduce a key"
            " for which it is false."
        )

    def _is_temporary(self, answer: _http.Answer) -> bool:
        return answer.status in _TEMPORARY and not _is_sealed(answer)

    def _refusal(self, what: str, answer: _http.Answer, kind: type[KeyStoreError]) -> KeyStoreError:
        # The engine answers so if it has no such key. If there is no engine, the list is not empty.
        is_missing = answer.status == 404 and answer.body.get("errors") == []
        return super()._refusal(what, answer, _MissingError if is_missing else kind)

    def _describe(self, what: str, answer: _http.Answer) -> str:
        errors = answer.body.get("errors")
        words = [self._clean(error) for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
        return f"{self.url} answered {what} with {', '.join([f'HTTP {answer.status}', *words])}."

    def _advice(self, answer: _http.Answer) -> str:
        names = self._settings.names
        if answer.status in _http.REDIRECTS:
            return (
                f"It may be a standby node: set {names['vault_address']} to the address of the active one, or of the"
                " load balancer."
            )
        if not answer.is_json:
            return (
                f"A proxy or firewall may have answered instead of Vault or OpenBao: check {names['vault_address']},"
                " https_proxy and no_proxy."
            )
        if answer.status == 403:
            return (
                f"Check whether the token in {names['vault_token']} has expired, whether its policies allow"
                f" {self._needed}, and whether O({OPTION}) and {names['vault_namespace']} are right."
            )
        if answer.status == 404:
            return (
                f"There may be no transit engine at {self._mount}/: check O({OPTION}) and {names['vault_namespace']},"
                " or enable the engine."
            )
        if _is_sealed(answer):
            return "Somebody may have to unseal the server: run again when 'bao status' says that it is not sealed."
        if answer.status == 503:
            return f"The server may be overloaded. {_http.RUN_LATER}"
        return "The log of the server may have the reason."


def _is_sealed(answer: _http.Answer) -> bool:
    """Whether the server waits for somebody to unseal it. This is the same status as that of an overload."""
    return answer.status == 503 and "is sealed" in str(answer.body.get("errors"))


class _Settings:
    """The options, with the variables for those that are not set. ``names`` is where each comes from, for messages."""

    def __init__(self, options: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> None:
        self._environment = environment
        self.names = {name: f"O({name})" for name in VARIABLES}
        self._values: dict[str, str | None] = {}
        for name, variable in VARIABLES.items():
            value = options[name]
            if value is None and environment.get(variable):
                value, self.names[name] = environment[variable], variable
            elif value == "":
                raise OptionError(f"O({name}) is empty ({MAYBE_UNSET}): specify it, or leave the option out.")
            self._values[name] = value

    def url(self) -> str:
        """The URL of the server, without a trailing slash."""
        if not self._values["vault_address"]:
            raise OptionError(f"O(vault_address) is missing: {_EXAMPLE}, or set VAULT_ADDR in the environment.")
        return _url(self._values["vault_address"], self.names["vault_address"])

    def token(self, url: str) -> str:
        """The token. One of the environment is only sent to the server of the environment."""
        token, source = self._values["vault_token"], self.names["vault_token"]
        if not token:
            raise OptionError("O(vault_token) is missing: specify it, or set VAULT_TOKEN in the environment.")
        if not _http.TOKEN.fullmatch(token):
            raise OptionError(f"{source} contains spaces, line breaks or non-ASCII characters: copy it again.")
        if source == VARIABLES["vault_token"]:
            owner = self._environment.get("VAULT_ADDR")
            if not owner or _url(owner, "VAULT_ADDR") != url:
                raise OptionError(
                    "VAULT_TOKEN is only sent to the server in VAULT_ADDR, which differs from O(vault_address): set"
                    " O(vault_token)."
                )
        return token

    def namespace(self) -> str | None:
        """The namespace, if there is one."""
        namespace = self._values["vault_namespace"]
        if namespace and not _http.TOKEN.fullmatch(namespace):
            raise OptionError(
                f"{self.names['vault_namespace']} contains spaces, line breaks or non-ASCII characters: correct it."
            )
        return namespace

    def ca_path(self) -> str | None:
        """The file with the CA certificates to trust instead of the system's, if there is one."""
        if self._values["vault_ca_path"]:
            try:
                check_ca_path(self._values["vault_ca_path"], "vault_ca_path")
            except QlikError as error:
                raise type(error)(replace_options(error.message, self.names)) from error
        return self._values["vault_ca_path"]


def _url(text: str, source: str) -> str:
    return _http.server_url(text, source, "Vault or OpenBao server", _EXAMPLE, "O(vault_token)")


def _version(uri: KeyUri) -> int | None:
    if unknown := sorted(set(uri.options) - {"version"}):
        raise OptionError(f"O({OPTION}) has the option '{unknown[0]}', which is unknown: write it as {uri.form}.")
    if "version" not in uri.options:
        return None
    if not _VERSION.fullmatch(uri.options["version"]):
        raise OptionError(f"O({OPTION}) has a version that is not a number: write it as {uri.form}.")
    return int(uri.options["version"])
