# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS KMS and boto3 say when a request fails, as sentences. Pure Python: botocore's exceptions are known by name.

The errors of KMS: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html and the pages of its actions.
Texts about credentials are not repeated, because they can contain parts of them.
"""

from __future__ import annotations

import typing as t

from ..._errors import KeyMismatchError, KeyStoreError, PrivateKeyError, QlikError, printable
from ..._http import RUN_LATER
from .uri import OPTION

_THROTTLED = ("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException")
_CREDENTIALS = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
)
_EXPIRED = ("ExpiredTokenException", "ExpiredToken")
_TOO_OLD = ("RequestExpired", "RequestTimeTooSkewed")
_DENIED = ("AccessDeniedException", "AccessDenied")
_NO_KEY_PAIR = ("UnsupportedOperationException", "InvalidKeyUsageException")

_ON_NO_KEY = ("CreateKey", "ListAliases", "ListKeys")
"""The actions that no key policy can allow."""

_LOST = ("ReadTimeoutError", "ConnectionClosedError", "HTTPClientError")
"""The exceptions if a request was sent, but there is no response."""

_BEFORE = {
    "NoCredentialsError": (
        "boto3 finds no AWS credentials.",
        "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the environment, or give the machine"
        " where the task runs an IAM role.",
    ),
    "PartialCredentialsError": (
        "boto3 finds only a part of the AWS credentials.",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    "CredentialRetrievalError": (
        "boto3 cannot get AWS credentials from where its configuration says.",
        "Run 'aws sts get-caller-identity' with the same environment to see why.",
    ),
    "ProfileNotFound": (
        "The AWS profile in AWS_PROFILE does not exist.",
        "Correct it, or add the profile to ~/.aws/config of the user that runs the task.",
    ),
    # Its text is a line of the file.
    "ConfigParseError": (
        "boto3 cannot parse its configuration.",
        "Correct ~/.aws/config and ~/.aws/credentials, or the files in AWS_CONFIG_FILE and"
        " AWS_SHARED_CREDENTIALS_FILE.",
    ),
    "NoRegionError": (
        f"boto3 does not know in which region the key in O({OPTION}) is.",
        "Set AWS_DEFAULT_REGION in the environment, or name the key by its ARN.",
    ),
    "EndpointConnectionError": (
        "{url} cannot be reached.",
        f"Check O({OPTION}), the AWS region and the DNS, and whether a proxy is needed.",
    ),
    "ConnectTimeoutError": (
        "{url} cannot be reached.",
        f"Check O({OPTION}) and the AWS region, and whether a proxy is needed.",
    ),
    "ProxyConnectionError": ("The proxy does not connect to {url}.", "Check the proxy in HTTPS_PROXY."),
    "SSLError": (
        "boto3 cannot open a TLS connection to {url} ({text}).",
        f"Check O({OPTION}). If a private CA issued the server's certificate, set AWS_CA_BUNDLE to the file of the CA"
        " certificate.",
    ),
    **dict.fromkeys(_LOST, ("{url} did not answer {action}.", "Try again.")),
    "BotoCoreError": ("boto3 cannot ask {url}: {text}.", "Check the AWS settings in the environment."),
}
"""What to say about an exception of boto3 itself, and what to do, by class; the more general ones last."""


class Request(t.NamedTuple):
    """A request that failed: the ``operation`` of boto3's client, for which key and to which server, for messages.

    ``command`` returns a command of the AWS CLI about the key, by name.
    """

    operation: str
    source: str
    url: str
    command: t.Callable[[str], str]

    @property
    def action(self) -> str:
        """What KMS and its policies call it."""
        return self.operation.title().replace("_", "")


def code(error: Exception) -> str:
    """The code of an error of AWS, or the first known class of an exception of boto3."""
    if response := _response(error):
        return str(response.get("Error", {}).get("Code"))
    return next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in _BEFORE), "BotoCoreError")


def is_throttled(error: Exception) -> bool:
    """Whether there were too many requests."""
    return code(error) in _THROTTLED


def is_temporary(error: Exception) -> bool:
    """Whether there is no answer, or only one that says that the server has a problem."""
    return code(error) in _LOST or _status(error) >= 500


def explain(error: Exception, request: Request) -> QlikError:
    """The error to raise for an exception of boto3."""
    if _response(error):
        return _about_key(code(error), _text(error), request) or _refusal(error, request)
    answer, advice = _BEFORE[code(error)]
    return KeyStoreError(answer.format(url=request.url, action=request.action, text=_text(error)), advice)


def _response(error: Exception) -> dict[str, t.Any]:
    # Some exceptions about a connection have the attribute, too, as None.
    return getattr(error, "response", None) or {}


def _status(error: Exception) -> int:
    return _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _text(error: Exception) -> str:
    if response := _response(error):
        return printable(str(response.get("Error", {}).get("Message") or "")).rstrip(". ")
    # The whole text of some of them repeats the URL, which can contain a password.
    return printable(str(getattr(error, "kwargs", {}).get("error", error))).rstrip(". ")


def _about_key(name: str, text: str, request: Request) -> QlikError | None:
    source, command = request.source, request.command
    enable = command("enable-key")
    if name in _NO_KEY_PAIR:
        return KeyMismatchError(
            f"{source} is not a key pair, but Qlik Cloud requires an RSA key that signs: use one of the kind RSA_4096"
            " for SIGN_VERIFY."
        )
    if name == "DisabledException":
        return PrivateKeyError(f"{source} is disabled: run {enable}, or use another key.")
    if name != "KMSInvalidStateException":
        return None
    if "pending deletion" in text:
        return PrivateKeyError(
            f"{source} is scheduled for deletion: run {command('cancel-key-deletion')} and {enable}, or use another"
            " key."
        )
    return PrivateKeyError(
        f"{source} cannot sign in its state ({text}): {command('describe-key')} shows it; change it, or use another"
        " key."
    )


def _refusal(error: Exception, request: Request) -> KeyStoreError:
    name, text, url, status = code(error), _text(error), request.url, _status(error)
    if name in _TOO_OLD or (
        name in _CREDENTIALS and text.startswith(("Signature expired", "Signature not yet current"))
    ):
        return KeyStoreError(
            f"{url} says that the time of the request is wrong.",
            "Set the clock of the machine where the task runs.",
            status,
        )
    if name in _EXPIRED:
        return KeyStoreError("The AWS credentials have expired.", "Get new ones, such as with 'aws sso login'.", status)
    if name in _CREDENTIALS:
        return KeyStoreError(
            f"{url} does not accept the AWS credentials ({name}).",
            "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile, in the environment.",
            status,
        )
    answer = f"{url} answered {error.operation_name} for {request.source} with {name}{f', {text}' if text else ''}."
    if name in _DENIED:
        return KeyStoreError(answer, _permission(error.operation_name, request), status)
    if name in _THROTTLED:
        return KeyStoreError(answer, RUN_LATER, status)
    if status >= 500:
        return KeyStoreError(answer, "Try again.", status)
    return KeyStoreError(answer, f"Check O({OPTION}), and the AWS settings in the environment.", status)


def _permission(action: str, request: Request) -> str:
    if action != request.action:  # of the server that gives credentials for a role
        return f"Allow sts:{action} in the trust policy of the role, and in an IAM policy of who takes it."
    where = "in" if action in _ON_NO_KEY else "on the key in its key policy, or in"
    return f"Allow kms:{action} {where} an IAM policy of the user or role."
