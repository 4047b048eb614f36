# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated AWS KMS: moto's, over TLS on loopback. Started by kms.py.

Where moto is known to differ from AWS, this does what AWS documents:
https://docs.aws.amazon.com/kms/latest/APIReference/. It also gives the answers that moto has no reason for, on demand.
"""

from __future__ import annotations

import base64
import io
import json
import pathlib
import re
import sys
import typing as t

from certificates import server_context
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.exceptions import JsonRESTError
from moto.kms.models import Key
from moto.kms.responses import KmsResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

Start = t.Callable[[str, list[tuple[str, str]]], t.Any]

moto_answers = {"GetPublicKey": KmsResponse.get_public_key, "Sign": KmsResponse.sign}


def usable_key(response: KmsResponse, kinds: tuple[str, ...]) -> Key:
    """The key of a request. moto does not look at its state."""
    response._validate_key_id(response._get_param("KeyId"))
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    if key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
    if key.key_state != "Enabled":
        state = {"PendingDeletion": "pending deletion", "PendingImport": "pending import"}.get(
            key.key_state, "unavailable"
        )
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is {state}.")
    if not key.key_spec.startswith(kinds):
        raise JsonRESTError("UnsupportedOperationException", f"{key.arn} is no asymmetric key.")
    return key


def get_public_key(response: KmsResponse) -> str:
    """Answer with the ARN of the key; moto answers with its id."""
    key = usable_key(response, ("RSA_", "ECC_"))
    return json.dumps(json.loads(moto_answers["GetPublicKey"](response)) | {"KeyId": key.arn})


def sign(response: KmsResponse) -> str:
    """Sign. moto hashes a digest once more."""
    key = usable_key(response, ("RSA_", "ECC_"))
    message = response._get_param("Message")
    message = message.encode() if isinstance(message, str) else message
    if len(message) > 4096:
        raise JsonRESTError("ValidationException", "Member must have length less than or equal to 4096")
    if response._get_param("MessageType") != "DIGEST":
        return moto_answers["Sign"](response)
    bits = re.fullmatch(r"RSASSA_PKCS1_V1_5_SHA_(256|384|512)", response._get_param("SigningAlgorithm"))[1]
    function = Prehashed(getattr(hashes, f"SHA{bits}")())
    signature = key.private_key.private_key.sign(message, padding.PKCS1v15(), function)
    return json.dumps({"KeyId": key.arn, "Signature": base64.b64encode(signature).decode()})


class Front:
    """Stands before moto: remembers the requests, and gives the answers that a test has asked for."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._requests: list[dict[str, t.Any]] = []
        self._answers: list[dict[str, t.Any]] = []

    def __call__(self, environ: dict[str, t.Any], start: Start) -> t.Iterable[bytes]:
        """Answer a request: /answers sets the answers to give, and /requests returns the requests and forgets them."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["PATH_INFO"] == "/answers":
            self._answers = json.loads(body)
            return reply(start, 200, b"")
        if environ["PATH_INFO"] == "/requests":
            known, self._requests = self._requests, []
            return reply(start, 200, json.dumps(known).encode())
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        self._requests.append({"operation": operation, **json.loads(body)})
        for answer in self._answers:
            if answer["operation"] in (operation, "*") and answer["times"]:
                answer["times"] -= 1
                return reply(start, answer["status"], answer["body"].encode())
        return self._moto({**environ, "wsgi.input": io.BytesIO(body)}, start)


def reply(start: Start, status: int, body: bytes) -> list[bytes]:
    """An answer of KMS."""
    start(f"{status} ", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))])
    return [body]


def main(folder: pathlib.Path) -> None:
    """Serve until the process is ended, and print the port and the path of the CA's certificate.

    :param folder: where its files are made.
    """
    KmsResponse.get_public_key, KmsResponse.sign = get_public_key, sign
    context, ca_path = server_context(["127.0.0.1"], folder)
    server = make_server("127.0.0.1", 0, Front(), threaded=True, ssl_context=context)
    print(server.server_port, ca_path, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
