# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in AWS KMS, by boto3, with its usual credentials, region and environment.

Its API: https://docs.aws.amazon.com/kms/latest/APIReference/.
"""

from __future__ import annotations

import functools
import hashlib
import random
import re
import time
import typing as t

from ..._errors import KeyMismatchError, KeyStoreError, OptionError, PrivateKeyError
from ..._http import RETRIES
from .. import private_keys, public_keys
from . import awskms_errors
from .signer import Signer, Stored, StoredKey, missing
from .uri import OPTION, KeyUri

TIMEOUT = 30
"""Seconds to wait for a connection and for each response: as long as for a tenant by default."""

THROTTLED_RETRIES = 6
"""How often a request is repeated because there are too many: that waits for 63 seconds at most."""

LONGEST_MESSAGE = 4096
"""Bytes that KMS signs at most: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html."""

RETURNS = {
    "create_key": "KeyMetadata",
    "describe_key": "KeyMetadata",
    "get_public_key": "PublicKey",
    "list_aliases": "Aliases",
    "list_keys": "Keys",
    "sign": "Signature",
}
"""What each answer must contain. boto3 accepts any text as an answer, and then returns it without this."""

_ENDPOINT = re.compile(r"(?:(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?)?")
_ALIAS = r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}"  # those that begin with alias/aws/ belong to AWS
_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY = re.compile(
    rf"(?P<alias>{_ALIAS})|{_ID}|arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{{12}}:(?:key/{_ID}|{_ALIAS})"
)


class Key(StoredKey):
    """A key in KMS, and the connection to it."""

    def __init__(
        self,
        uri: KeyUri,
        _options: t.Mapping[str, t.Any],
        _environment: t.Mapping[str, str],
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        """Determine the key, without a request. boto3 reads the environment itself.

        :raises OptionError: if the URI is invalid.
        """
        if uri.options:
            raise OptionError(
                f"O({OPTION}) has the option '{min(uri.options)}', which is unknown: write it as {uri.form}."
            )
        host, _slash, self._id = uri.path.partition("/")
        found = _KEY.fullmatch(self._id)
        if not found and re.match("alias/.", self._id):
            raise OptionError(
                f"O({OPTION}) has an alias that KMS does not allow: use only letters, digits, '/', '_' and '-', and do"
                " not begin with alias/aws/."
            )
        if not found or not _ENDPOINT.fullmatch(host):
            raise OptionError(f"O({OPTION}) has no valid host or name of a key: write it as {uri.form}.")
        self.source = f"awskms://{uri.path}"
        self._host = host
        self._alias, self._region = found["alias"], found["region"]
        self._sleep = sleep
        self._server = "AWS KMS"  # in messages, until boto3 determines its URL
        self._is_new = False  # KMS may take some seconds until all of its servers know a new key

    @property
    def how_to_delete(self) -> str:
        """Commands that delete the key in its store."""
        delete = self._command("schedule-key-deletion")
        return f"{delete} and 'aws kms delete-alias --alias-name {self._alias}'" if self._alias else delete

    def find(self) -> Stored | None:
        """The key; None if the URI has an alias that does not exist.

        :raises QlikError: if it cannot be read, or cannot sign, or does not exist although it is named by id or ARN.
        """
        answer = self._ask("get_public_key", "NotFoundException", KeyId=self._id)
        if answer:
            return self._stored(answer)
        if self._alias:
            return None
        raise PrivateKeyError(
            f"{self.source} does not exist: correct O({OPTION}), or name an alias instead (alias/NAME), for which"
            " qscloud_keypair creates a key."
        )

    def create(self, size: int) -> Stored:
        """Create the key and its alias, or finish what a run did that was killed in between.

        If somebody else creates the alias meanwhile, its key is used.

        :param size: 2048, 3072 or 4096 bits.
        :raises QlikError: if that fails.
        """
        wanted = {
            "Description": f"{self._alias}, created by the Ansible collection tenantops.qlik",
            "KeySpec": f"RSA_{size}",
            "KeyUsage": "SIGN_VERIFY",
        }
        own = self._without_alias(wanted) or self._ask("create_key", **wanted)["KeyMetadata"]
        self._is_new = True
        was_free = self._ask("create_alias", "AlreadyExistsException", AliasName=self._alias, TargetKeyId=own["KeyId"])
        found = self._stored(self._ask("get_public_key", KeyId=own["Arn"] if was_free else self._alias))
        if found.uri in (self._uri(own["Arn"]), self._uri(own["KeyId"])):
            return found
        return found._replace(
            warning=f"Another run created {self.source} at the same time, so {own['Arn']} is not needed: delete it with"
            f" 'aws kms schedule-key-deletion --key-id {own['KeyId']}'."
        )

    def _without_alias(self, wanted: dict[str, str]) -> dict[str, t.Any] | None:
        """A key that a killed run has created, but not given its alias."""
        named = {alias.get("TargetKeyId") for alias in self._all("list_aliases", "Aliases")}
        for key in self._all("list_keys", "Keys"):
            if key["KeyId"] not in named:
                # The key may be somebody else's, which these credentials cannot read.
                answer = self._ask("describe_key", "AccessDeniedException", KeyId=key["KeyId"])
                data = answer["KeyMetadata"] if answer else {}
                if data.items() >= {**wanted, "KeyState": "Enabled"}.items():
                    return data
        return None

    def _all(self, operation: str, what: str) -> t.Iterator[dict[str, t.Any]]:
        """The entries of all pages."""
        answer = self._ask(operation)
        yield from answer[what]
        while answer.get("Truncated"):
            answer = self._ask(operation, Marker=answer["NextMarker"])
            yield from answer[what]

    def _stored(self, answer: dict[str, t.Any]) -> Stored:
        """The key of an answer with its public key."""
        spec, usage = answer.get("KeySpec") or answer.get("CustomerMasterKeySpec"), answer.get("KeyUsage")
        if not str(spec).startswith("RSA_") or usage != "SIGN_VERIFY":
            raise KeyMismatchError(
                f"{self.source} is a key of the kind {spec} for {usage}, but Qlik Cloud requires an RSA key that"
                " signs: use one of the kind RSA_4096 for SIGN_VERIFY."
            )
        uri = self._uri(answer["KeyId"])
        public_key = public_keys.load(answer["PublicKey"], uri).key
        private_keys.check_size(public_key, uri)
        return Stored(Signer(uri, public_key, functools.partial(self._sign, answer["KeyId"])), uri, None)

    def _sign(self, key_id: str, data: bytes, hash_name: str) -> bytes:
        # Most tokens and certificates fit into a request. KMS hashes them itself, as a simulated KMS always does.
        fits = len(data) <= LONGEST_MESSAGE
        return self._ask(
            "sign",
            KeyId=key_id,
            Message=data if fits else hashlib.new(hash_name, data).digest(),
            MessageType="RAW" if fits else "DIGEST",
            SigningAlgorithm=f"RSASSA_PKCS1_V1_5_SHA_{hash_name[3:]}",
        )["Signature"]

    def _uri(self, key_id: str) -> str:
        return f"awskms://{self._host}/{key_id}"

    def _command(self, name: str) -> str:
        """A command for the key. Most of them do not accept an alias."""
        region = f" --region {self._region}" if self._region else ""
        key = self._id
        if "alias/" in key:
            key = f"$(aws kms describe-key{region} --key-id {key} --query KeyMetadata.KeyId --output text)"
        return f"'aws kms {name}{region} --key-id {key}'"

    @functools.cached_property
    def _client(self) -> t.Any:
        boto3, botocore = _libraries()
        # boto3 itself would also repeat the creation of a key if there is no response, and so might create two.
        retries = {"total_max_attempts": 1}
        config = botocore.config.Config(retries=retries, connect_timeout=TIMEOUT, read_timeout=TIMEOUT)
        url = f"https://{self._host}" if self._host else None
        # Not boto3's default session, which is not safe to share.
        client = boto3.session.Session().client("kms", region_name=self._region, endpoint_url=url, config=config)
        self._server = re.sub("//.*@", "//", client.meta.endpoint_url)  # that of the environment can contain a password
        return client

    def _ask(self, operation: str, expected: str = "", **parameters: t.Any) -> dict[str, t.Any] | None:
        """Ask KMS. Wait if it has too many requests, or a problem.

        :param operation: the method of boto3's client.
        :param expected: the code of the error for which the answer is None.
        """
        exceptions = _libraries()[1].exceptions
        repeats = 0
        while True:
            try:
                answer = getattr(self._client, operation)(**parameters)
                if RETURNS.get(operation, "ResponseMetadata") not in answer:
                    raise KeyStoreError(f"{self._server} does not answer like AWS KMS.", f"Check O({OPTION}).")
                return answer
            # The last two are botocore's own problems with an invalid URL or answer.
            except (exceptions.BotoCoreError, exceptions.ClientError, AttributeError, ValueError) as error:
                if awskms_errors.code(error) == expected:
                    return None
                if repeats >= self._repeats(operation, error):
                    request = awskms_errors.Request(operation, self.source, self._server, self._command)
                    raise awskms_errors.explain(error, request) from error
            # Exponential backoff, with jitter so that the hosts of a play do not retry simultaneously.
            self._sleep(2**repeats * random.uniform(0.5, 1))
            repeats += 1

    def _repeats(self, operation: str, error: Exception) -> int:
        """How often to repeat a request after an error."""
        if awskms_errors.is_throttled(error) or (self._is_new and awskms_errors.code(error) == "NotFoundException"):
            return THROTTLED_RETRIES
        # Without an answer, a key may have been created. The next run finds it.
        return RETRIES if awskms_errors.is_temporary(error) and operation != "create_key" else 0


def _libraries() -> tuple[t.Any, t.Any]:
    """boto3 and botocore, which not everybody has."""
    try:
        import boto3
        import botocore.config
        import botocore.exceptions
    except ImportError as error:
        raise missing("boto3") from error
    return boto3, botocore
