# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a simulated AWS KMS: see kms_server.py."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.util
import itertools
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import requests
from cryptography.hazmat.primitives import serialization

if t.TYPE_CHECKING:
    from botocore.client import BaseClient

PROGRAM = pathlib.Path(__file__).with_name("kms_server.py")
REGION = "eu-central-1"
ACCOUNT = "123456789012"
SECRETS = {"AWS_SECRET_ACCESS_KEY": "correct-horse-battery", "AWS_SESSION_TOKEN": "staple-of-a-session"}
_NUMBERS = itertools.count()


def is_installed() -> bool:
    """Whether moto and boto3 are installed, which only `make test-all` needs."""
    return all(importlib.util.find_spec(name) for name in ("moto", "boto3"))


@dataclasses.dataclass
class Kms:
    """A running server. ``url`` is its own, and ``host`` the part of it that a URI has."""

    process: subprocess.Popen[str]
    host: str
    ca_path: str
    options: t.ClassVar[dict[str, str]] = {}
    """Those of a task that uses it: there are none, because boto3 uses the environment."""

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.verify = self.ca_path
        self._http.trust_env = False
        self._described: dict[str, dict[str, t.Any]] = {}  # what does not change

    @property
    def url(self) -> str:
        """Its URL."""
        return f"https://{self.host}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which boto3 uses it instead of AWS, and no file of the user's."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIASIMULATED",
            **SECRETS,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_CA_BUNDLE": self.ca_path,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @functools.cached_property
    def client(self) -> BaseClient:
        """boto3's client of it, as an administrator."""
        import boto3

        names = {"aws_access_key_id": "administrator", "aws_secret_access_key": "of moto", "region_name": REGION}
        return boto3.session.Session(**names).client("kms", endpoint_url=self.url, verify=self.ca_path)

    def create(self, kind: str = "RSA_2048", usage: str = "SIGN_VERIFY", alias: str | None = None) -> tuple[str, str]:
        """Create a key with an alias, and return its ARN and the alias."""
        alias = alias or new_alias()
        arn = self.client.create_key(KeySpec=kind, KeyUsage=usage)["KeyMetadata"]["Arn"]
        self.client.create_alias(AliasName=alias, TargetKeyId=arn)
        return arn, alias

    def uri(self, name: str) -> str:
        """The URI of the key for an alias."""
        return f"awskms://{self.host}/alias/{name}"

    source = uri

    def keys_of(self, alias: str) -> list[dict[str, t.Any]]:
        """The keys that the collection has created for an alias, without those that were deleted."""
        names = self.key_names()
        for name in set(names) - set(self._described):
            self._described[name] = self.client.describe_key(KeyId=name)["KeyMetadata"]
        keys = [self._described[name] for name in names]
        return [key for key in keys if key["Enabled"] and key["Description"].startswith(f"{alias},")]

    def key_names(self) -> list[str]:
        """The ids of all keys."""
        return [key["KeyId"] for key in self.client.list_keys(Limit=1000)["Keys"]]

    def public_keys(self, name: str) -> list[str]:
        """The public keys of all keys that the collection has created for an alias, in PEM."""
        keys = [self.public_key(key["KeyId"]) for key in self.keys_of(f"alias/{name}")]
        pem = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return [serialization.load_der_public_key(key).public_bytes(*pem).decode() for key in keys]

    def public_key(self, key: str) -> bytes:
        """A public key, in DER."""
        return self.client.get_public_key(KeyId=key)["PublicKey"]

    def sign(self, name: str, data: bytes) -> bytes:
        """Sign as RS256 does, with the key for an alias."""
        how = {"MessageType": "RAW", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
        return self.client.sign(KeyId=f"alias/{name}", Message=data, **how)["Signature"]

    def delete(self, name: str) -> None:
        """Delete the key for an alias, and the alias. KMS keeps it for some days, but it does nothing."""
        key = self.client.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"]
        self.client.schedule_key_deletion(KeyId=key)
        self.client.delete_alias(AliasName=f"alias/{name}")
        self._described.pop(key, None)

    @contextlib.contextmanager
    def away(self) -> t.Iterator[None]:
        """Have it refuse all credentials for as long as the body of the ``with`` statement runs."""
        self.answers(refusal("*", "ExpiredTokenException", "The security token is expired", times=1000))
        try:
            yield
        finally:
            self.answers()

    def answers(self, *answers: dict[str, t.Any]) -> None:
        """Have these answers given first, each once or as often as its ``times`` says."""
        given = [{"times": 1, "status": 400, **answer} for answer in answers]
        self._http.post(f"{self.url}/answers", json=given, timeout=30).raise_for_status()

    def requests(self) -> list[dict[str, t.Any]]:
        """The requests since this was asked the last time."""
        return self._http.get(f"{self.url}/requests", timeout=30).json()

    def stop(self) -> None:
        """End the process, and wait for it."""
        self._http.close()
        self.process.terminate()
        self.process.wait(timeout=10)


def new_alias() -> str:
    """An alias that no key has yet."""
    return f"alias/{os.getpid()}/key-{next(_NUMBERS)}"


def refusal(operation: str, code: str, message: str, **more: t.Any) -> dict[str, t.Any]:
    """An error as KMS answers it."""
    return {"operation": operation, "body": json.dumps({"__type": code, "message": message}), **more}


def start(folder: pathlib.Path) -> Kms:
    """Start the server.

    :param folder: where its files are made.
    """
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[1] / "tenant_simulator")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, PROGRAM, folder], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    port, _space, ca_path = process.stdout.readline().strip().partition(" ")
    if not ca_path:
        raise RuntimeError(f"the simulated KMS did not start: {(folder / 'log').read_text()}")
    return Kms(process, f"127.0.0.1:{port}", ca_path)
