# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said about an error of AWS or of boto3: one sentence each, and no part of a credential."""

from __future__ import annotations

import typing as t

import openbao as bao
import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import awskms_errors

# boto3 is only there for `make test-all`, and not with the oldest libraries.
pytestmark = [pytest.mark.thorough, bao.needs_cryptography]

SOURCE, URL = "awskms:///alias/acme", "https://kms.eu-central-1.amazonaws.com"
DENIED = "User: arn:aws:iam::123456789012:user/acme is not authorized to perform this"
CHECK = "Check private_key_uri, and the AWS settings in the environment."


def explain(error: Exception, operation: str = "get_public_key") -> str:
    """The sentence for an error of a request."""
    request = awskms_errors.Request(operation, SOURCE, URL, lambda name: f"'aws kms {name} --key-id alias/acme'")
    return str(awskms_errors.explain(error, request))


def refused(code: str, text: str = "", action: str = "GetPublicKey", status: int = 400) -> Exception:
    """The exception of boto3 for an error of AWS."""
    from botocore.exceptions import ClientError

    said = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, action)


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (
            "DisabledException",
            "arn:aws:kms:eu-central-1:123456789012:key/1 is disabled.",
            f"{SOURCE} is disabled: run 'aws kms enable-key --key-id alias/acme', or use another key.",
        ),
        (
            "KMSInvalidStateException",
            "arn:aws:kms:eu-central-1:123456789012:key/1 is pending deletion.",
            f"{SOURCE} is scheduled for deletion: run 'aws kms cancel-key-deletion --key-id alias/acme' and 'aws kms"
            " enable-key --key-id alias/acme', or use another key.",
        ),
        (
            "KMSInvalidStateException",
            "key/1 is pending import.",
            f"{SOURCE} cannot sign in its state (key/1 is pending import): 'aws kms describe-key --key-id alias/acme'"
            " shows it; change it, or use another key.",
        ),
        (
            "UnsupportedOperationException",
            "",
            f"{SOURCE} is not a key pair, but Qlik Cloud requires an RSA key that signs: use one of the kind RSA_4096"
            " for SIGN_VERIFY.",
        ),
        (
            "InvalidKeyUsageException",
            "",
            f"{SOURCE} is not a key pair, but Qlik Cloud requires an RSA key that signs: use one of the kind RSA_4096"
            " for SIGN_VERIFY.",
        ),
        (
            "ExpiredTokenException",
            "hunter2",
            "The AWS credentials have expired. Get new ones, such as with 'aws sso login'.",
        ),
        (
            "UnrecognizedClientException",
            "The security token hunter2 is invalid.",
            f"{URL} does not accept the AWS credentials (UnrecognizedClientException). Check AWS_ACCESS_KEY_ID,"
            " AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile, in the environment.",
        ),
        (
            "IncompleteSignature",
            "Authorization=AWS4-HMAC-SHA256 Credential=hunter2",
            f"{URL} does not accept the AWS credentials (IncompleteSignature). Check AWS_ACCESS_KEY_ID,"
            " AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile, in the environment.",
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20261126T101500Z is now earlier than 20261126T102000Z (20261126T102500Z - 5 min.)",
            f"{URL} says that the time of the request is wrong. Set the clock of the machine where the task runs.",
        ),
        (
            "RequestExpired",
            "Request has expired.",
            f"{URL} says that the time of the request is wrong. Set the clock of the machine where the task runs.",
        ),
        (
            "AccessDeniedException",
            f"{DENIED}.",
            f"{URL} answered GetPublicKey for {SOURCE} with AccessDeniedException, {DENIED}. Allow kms:GetPublicKey on"
            " the key in its key policy, or in an IAM policy of the user or role.",
        ),
        (
            "ThrottlingException",
            "Rate exceeded",
            f"{URL} answered GetPublicKey for {SOURCE} with ThrottlingException, Rate exceeded. Run again later, or"
            " with fewer forks.",
        ),
        ("InvalidArnException", "", f"{URL} answered GetPublicKey for {SOURCE} with InvalidArnException. {CHECK}"),
        ("404", "<html>\n", f"{URL} answered GetPublicKey for {SOURCE} with 404, <html>. {CHECK}"),
    ],
)
def test_an_error_of_aws(code: str, text: str, said: str) -> None:
    assert explain(refused(code, text)) == said


@pytest.mark.parametrize(
    ("operation", "action", "advice"),
    [
        ("sign", "Sign", "Allow kms:Sign on the key in its key policy, or in an IAM policy of the user or role."),
        (
            "create_alias",
            "CreateAlias",
            "Allow kms:CreateAlias on the key in its key policy, or in an IAM policy of the",
        ),
        ("create_key", "CreateKey", "Allow kms:CreateKey in an IAM policy of the user or role."),
        ("list_keys", "ListKeys", "Allow kms:ListKeys in an IAM policy of the user or role."),
        ("list_aliases", "ListAliases", "Allow kms:ListAliases in an IAM policy of the user or role."),
        (
            "sign",
            "AssumeRole",
            "Allow sts:AssumeRole in the trust policy of the role, and in an IAM policy of who takes it.",
        ),
    ],
)
def test_a_right_that_is_missing(operation: str, action: str, advice: str) -> None:
    assert advice in explain(refused("AccessDeniedException", DENIED, action), operation)


def test_a_problem_of_the_server() -> None:
    error = refused("KMSInternalException", status=500)
    assert explain(error) == f"{URL} answered GetPublicKey for {SOURCE} with KMSInternalException. Try again."
    assert awskms_errors.is_temporary(error) and not awskms_errors.is_throttled(error)
    assert not awskms_errors.is_temporary(refused("AccessDeniedException"))
    assert awskms_errors.is_throttled(refused("ThrottlingException"))


@pytest.mark.parametrize(
    ("name", "details", "said"),
    [
        (
            "NoCredentialsError",
            {},
            "boto3 finds no AWS credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the"
            " environment, or give the machine where the task runs an IAM role.",
        ),
        (
            "PartialCredentialsError",
            {"provider": "env", "cred_var": "AWS_SECRET_ACCESS_KEY"},
            "boto3 finds only a part of the AWS credentials. Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ),
        (
            "CredentialRetrievalError",
            {"provider": "custom-process", "error_msg": "hunter2"},
            "boto3 cannot get AWS credentials from where its configuration says. Run 'aws sts get-caller-identity'"
            " with the same environment to see why.",
        ),
        (
            "ProfileNotFound",
            {"profile": "acme"},
            "The AWS profile in AWS_PROFILE does not exist. Correct it, or add the profile to ~/.aws/config of the"
            " user that runs the task.",
        ),
        (
            "ConfigParseError",
            {"path": "credentials", "error": "line 1: hunter2"},
            "boto3 cannot parse its configuration. Correct ~/.aws/config and ~/.aws/credentials, or the files in"
            " AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.",
        ),
        (
            "NoRegionError",
            {},
            "boto3 does not know in which region the key in private_key_uri is. Set AWS_DEFAULT_REGION in the"
            " environment, or name the key by its ARN.",
        ),
        (
            "EndpointConnectionError",
            {"endpoint_url": "https://hunter2@kms"},
            f"{URL} cannot be reached. Check private_key_uri, the AWS region and the DNS, and whether a proxy is"
            " needed.",
        ),
        (
            "ConnectTimeoutError",
            {"endpoint_url": "https://hunter2@kms"},
            f"{URL} cannot be reached. Check private_key_uri and the AWS region, and whether a proxy is needed.",
        ),
        (
            "ProxyConnectionError",
            {"proxy_url": "http://user:hunter2@proxy"},
            f"The proxy does not connect to {URL}. Check the proxy in HTTPS_PROXY.",
        ),
        (
            "SSLError",
            {"endpoint_url": "https://hunter2@kms", "error": "certificate verify failed"},
            f"boto3 cannot open a TLS connection to {URL} (certificate verify failed). Check private_key_uri. If a"
            " private CA issued the server's certificate, set AWS_CA_BUNDLE to the file of the CA certificate.",
        ),
        ("ReadTimeoutError", {"endpoint_url": "https://hunter2@kms"}, f"{URL} did not answer GetPublicKey. Try again."),
        (
            "ConnectionClosedError",
            {"endpoint_url": "https://hunter2@kms"},
            f"{URL} did not answer GetPublicKey. Try again.",
        ),
        (
            "InvalidRegionError",
            {"region_name": "eu west"},
            f"boto3 cannot ask {URL}: Provided region_name 'eu west' doesn't match a supported format. Check the AWS"
            " settings in the environment.",
        ),
    ],
)
def test_an_exception_of_boto3(name: str, details: dict[str, t.Any], said: str) -> None:
    from botocore import exceptions

    error = getattr(exceptions, name)(**details)
    assert explain(error) == said
    assert awskms_errors.is_temporary(error) == said.endswith("Try again.")
