# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys in a simulated AWS KMS, and what it refuses."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import openbao as bao
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import RSAKey
from kms import ACCOUNT, REGION, SECRETS, Kms, new_alias, refusal

from ansible_collections.tenantops.qlik.plugins.module_utils import _errors
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import awskms, uri
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-east-2:111122223333:key/{ID}"


def key(text: str, pauses: list[float] | None = None) -> awskms.Key:
    """The library's key for a URI, or for what stands in one after the host."""
    parsed = uri.parse(text if "://" in text else f"awskms:///{text}")
    return awskms.Key(parsed, {}, os.environ, (pauses if pauses is not None else []).append)


def sign(found: awskms.Stored, data: bytes = b"data") -> bytes:
    """Have data signed."""
    return found.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


# ---- URIs; no server is asked, and boto3 is not needed


@pytest.mark.parametrize(
    "rest",
    [
        "/alias/acme",
        "/alias/qlik/eu-1/acme_2",
        f"/{ID}",
        "/mrk-1234abcd12ab34cd56ef1234567890ab",
        f"/{ARN}",
        "/arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/acme",
        "kms.example.com/alias/acme",
        "127.0.0.1:4566/alias/acme",
        "[::1]:4566/alias/acme",
    ],
)
def test_a_key(rest: str) -> None:
    assert key(f"awskms://{rest}").source == f"awskms://{rest}"


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "/",
        "alias/acme",
        "/acme",
        "/alias/",
        "/alias",
        "//alias/acme",
        "/key/1234",
        f"/{ID}/",
        f"/{ID.upper()}x",
        "/arn:aws:kms:us-east-2:111122223333:acme",
        "/arn:aws:s3:us-east-2:111122223333:alias/acme",
        "/arn:aws:kms::111122223333:alias/acme",
        "user:hunter2@host/alias/acme",
        "host:port/alias/acme",
        "https://host/alias/acme",
        "-host/alias/acme",
        "host#/alias/acme",
    ],
)
def test_a_wrong_uri(rest: str) -> None:
    with pytest.raises(_errors.OptionError) as caught:
        key(f"awskms://{rest}")
    assert str(caught.value) == (
        "private_key_uri has no valid host or name of a key: write it as"
        " awskms://[HOST[:PORT]]/(alias/NAME|KEY-ID|ARN)."
    )


@pytest.mark.parametrize("alias", ["alias/acme.eu.qlikcloud.com", "alias/aws/acme", "alias/a%2Fb", "alias/a:b"])
def test_an_alias_that_kms_does_not_allow(alias: str) -> None:
    with pytest.raises(_errors.OptionError) as caught:
        key(alias)
    assert str(caught.value) == (
        "private_key_uri has an alias that KMS does not allow: use only letters, digits, '/', '_' and '-', and do not"
        " begin with alias/aws/."
    )


def test_an_option() -> None:
    with pytest.raises(
        _errors.OptionError, match="private_key_uri has the option 'version', which is unknown: write it"
    ):
        key("alias/acme?version=1")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (
            "alias/acme",
            "'aws kms schedule-key-deletion --key-id $(aws kms describe-key --key-id alias/acme --query"
            " KeyMetadata.KeyId --output text)' and 'aws kms delete-alias --alias-name alias/acme'",
        ),
        (ID, f"'aws kms schedule-key-deletion --key-id {ID}'"),
        (ARN, f"'aws kms schedule-key-deletion --region us-east-2 --key-id {ARN}'"),
    ],
)
def test_how_to_delete_it(text: str, command: str) -> None:
    assert key(text).how_to_delete == command


def test_boto3_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(_errors.PrivateKeyError) as caught:
        key("alias/acme").find()
    assert str(caught.value) == (
        "private_key_uri requires the Python library boto3, which is not installed: run"
        f" '{sys.executable} -m pip install boto3'."
    )


# ---- A server


@pytest.fixture(scope="module")
def made(kms: Kms) -> tuple[str, str]:
    """The ARN and the alias of a key that no test changes."""
    return kms.create()


@pytest.mark.thorough
@bao.needs_cryptography
class TestServer:
    """With moto."""

    @pytest.fixture(autouse=True)
    def environment(self, kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
        """What boto3 reads, and nothing of what the test before has left."""
        for name in list(os.environ):
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        for name, value in kms.environment.items():
            monkeypatch.setenv(name, value)
        kms.answers()
        kms.requests()

    def test_it_signs(self, kms: Kms, made: tuple[str, str]) -> None:
        arn, alias = made
        kms.requests()
        for name in (alias, arn, arn.rpartition("/")[2], f"arn:aws:kms:{REGION}:{ACCOUNT}:{alias}"):
            found = key(name).find()
            assert (found.uri, found.warning) == (f"awskms:///{arn}", None)
            token = compact.sign({"sub": "anna"}, found.key, "kid-1").text
            first, second = kms.requests()
            assert (first["operation"], second["operation"], second["MessageType"]) == ("GetPublicKey", "Sign", "RAW")
            assert second["KeyId"] == arn
            public = RSAKey.import_key(kms.public_key(arn))
            assert joserfc_jwt.decode(token, public, algorithms=["RS256"]).claims == {"sub": "anna"}
            kms.requests()

    @pytest.mark.parametrize("size", [1, 5000])
    @pytest.mark.parametrize("algorithm", ["RS384", "RS512"])
    def test_it_signs_with_other_algorithms(self, kms: Kms, made: tuple[str, str], algorithm: str, size: int) -> None:
        token = compact.sign({"sub": "a" * size}, key(made[0]).find().key, None, algorithm).text
        public = RSAKey.import_key(kms.public_key(made[0]))
        assert joserfc_jwt.decode(token, public, algorithms=[algorithm]).claims == {"sub": "a" * size}

    @pytest.mark.parametrize(("size", "kind"), [(4096, "RAW"), (4097, "DIGEST"), (100_000, "DIGEST")])
    def test_it_signs_what_is_too_long_for_a_request(
        self,
        kms: Kms,
        made: tuple[str, str],
        size: int,
        kind: str,
        openssl: t.Callable[..., bytes],
        tmp_path: pathlib.Path,
    ) -> None:
        arn, alias = made
        (tmp_path / "public").write_bytes(kms.public_key(arn))
        (tmp_path / "signature").write_bytes(sign(key(alias).find(), b"x" * size))
        given = ("-keyform", "DER", "-verify", tmp_path / "public", "-signature", tmp_path / "signature")
        assert openssl("dgst", "-sha256", *map(str, given), data=b"x" * size) == b"Verified OK\n"
        assert kms.requests()[-1]["MessageType"] == kind

    def test_a_wrong_signature_is_not_used(self, kms: Kms, made: tuple[str, str]) -> None:
        found = key(made[1]).find()
        other = base64.b64encode(sign(key(kms.create()[1]).find())).decode()
        kms.answers({"operation": "Sign", "status": 200, "body": json.dumps({"Signature": other})})
        with pytest.raises(
            _errors.PrivateKeyError, match="returned a signature that does not verify, so it was not used"
        ):
            sign(found)

    def test_an_alias_that_was_moved(self, kms: Kms, made: tuple[str, str]) -> None:
        arn, alias = kms.create()
        other, _alias = made
        kms.client.update_alias(AliasName=alias, TargetKeyId=other)
        assert key(alias).find().uri == f"awskms:///{other}"
        assert key(arn).find().uri == f"awskms:///{arn}"

    @pytest.mark.parametrize(
        ("kind", "usage", "said"),
        [
            (
                "ECC_NIST_P256",
                "SIGN_VERIFY",
                "is a key of the kind ECC_NIST_P256 for SIGN_VERIFY, but Qlik Cloud requires",
            ),
            (
                "RSA_2048",
                "ENCRYPT_DECRYPT",
                "is a key of the kind RSA_2048 for ENCRYPT_DECRYPT, but Qlik Cloud requires",
            ),
            (
                "SYMMETRIC_DEFAULT",
                "ENCRYPT_DECRYPT",
                "is not a key pair, but Qlik Cloud requires an RSA key that signs",
            ),
        ],
    )
    def test_a_key_of_another_kind(self, kms: Kms, kind: str, usage: str, said: str) -> None:
        with pytest.raises(_errors.KeyMismatchError, match=f"^awskms:///alias/.* {said}"):
            key(kms.create(kind, usage)[1]).find()

    def test_a_key_in_another_state(self, kms: Kms) -> None:
        arn, alias = kms.create()
        found = key(alias).find()
        key_id = arn.rpartition("/")[2]  # moto accepts nothing else here
        kms.client.disable_key(KeyId=key_id)
        for attempt in (key(alias).find, lambda: sign(found)):
            with pytest.raises(_errors.PrivateKeyError, match="is disabled: run 'aws kms enable-key"):
                attempt()
        kms.client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
        for attempt in (key(alias).find, lambda: sign(found)):
            with pytest.raises(_errors.PrivateKeyError, match="is scheduled for deletion: run 'aws kms cancel-key-del"):
                attempt()

    def test_no_such_key(self, kms: Kms) -> None:
        alias = new_alias()
        assert key(alias).find() is None
        # A key cannot be created with an id that somebody wants, nor in an account that somebody names.
        for name in (ID, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{ID}", f"arn:aws:kms:{REGION}:{ACCOUNT}:{alias}"):
            with pytest.raises(_errors.PrivateKeyError) as caught:
                key(name).find()
            assert str(caught.value) == (
                f"awskms:///{name} does not exist: correct private_key_uri, or name an alias instead (alias/NAME), for"
                " which qscloud_keypair creates a key."
            )
        assert kms.requests()

    # ---- Creation

    @pytest.mark.parametrize("size", [2048, 3072, 4096])
    def test_it_is_created(self, kms: Kms, size: int) -> None:
        alias = new_alias()
        made = key(alias).create(size)
        (data,) = kms.keys_of(alias)
        assert (data["KeySpec"], data["KeyUsage"], data["Origin"]) == (f"RSA_{size}", "SIGN_VERIFY", "AWS_KMS")
        assert data["Description"] == f"{alias}, created by the Ansible collection tenantops.qlik"
        assert made.uri == key(alias).find().uri == f"awskms:///{data['Arn']}" and made.warning is None
        assert serialization.load_der_public_key(kms.public_key(alias)) == made.key.public_key()
        assert sign(made)

    @pytest.mark.parametrize("cut_off", ["CreateKey", "CreateAlias", "GetPublicKey"])
    def test_the_next_run_finishes_it(self, kms: Kms, cut_off: str) -> None:
        alias = new_alias()
        kms.answers({"operation": cut_off, "status": 500, "body": "", "times": 9})
        with pytest.raises(_errors.KeyStoreError):
            key(alias).create(2048)
        kms.answers()
        before = kms.keys_of(alias)
        made = key(alias).create(2048) if cut_off != "GetPublicKey" else key(alias).find()
        (data,) = kms.keys_of(alias)
        assert len(before) == (cut_off != "CreateKey") and made.uri == f"awskms:///{data['Arn']}"

    def test_the_creation_of_a_key_is_not_repeated(self, kms: Kms) -> None:
        """The server may have created it, although it did not say so."""
        pauses: list[float] = []
        kms.answers({"operation": "CreateKey", "status": 500, "body": ""})
        with pytest.raises(_errors.KeyStoreError, match="Try again"):
            key(new_alias(), pauses).create(2048)
        assert pauses == []

    def test_other_keys_are_not_taken(self, kms: Kms) -> None:
        alias = new_alias()
        wanted = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "Description": f"{alias}, created by the Ansible"}
        named = {**wanted, "Description": f"{alias}, created by the Ansible collection tenantops.qlik"}
        disabled = kms.client.create_key(**named)["KeyMetadata"]["KeyId"]
        kms.client.disable_key(KeyId=disabled)
        aliased = kms.client.create_key(**named)["KeyMetadata"]["KeyId"]
        kms.client.create_alias(AliasName=new_alias(), TargetKeyId=aliased)
        others = [kms.client.create_key(**wanted), kms.client.create_key(**{**named, "KeySpec": "RSA_3072"})]
        ids = {disabled, aliased, *(other["KeyMetadata"]["KeyId"] for other in others)}
        assert key(alias).create(2048).uri.rpartition("/")[2] not in ids

    def test_keys_that_nobody_may_look_at(self, kms: Kms) -> None:
        kms.client.create_key()
        kms.answers(refusal("DescribeKey", "AccessDeniedException", "not authorized", times=1000))
        alias = new_alias()
        assert key(alias).create(2048)
        kms.answers()
        assert len(kms.keys_of(alias)) == 1

    def test_another_run_is_faster(self, kms: Kms) -> None:
        alias = new_alias()
        first, second = key(alias), key(alias)
        assert first.find() is None and second.find() is None
        other = first.create(2048)
        kms.answers({"operation": "ListAliases", "status": 200, "body": '{"Aliases": []}'})
        kms.answers({"operation": "ListKeys", "status": 200, "body": '{"Keys": []}'})
        made = second.create(2048)
        assert made.uri == other.uri and sign(made)
        (spare,) = [data for data in kms.keys_of(alias) if f"awskms:///{data['Arn']}" != other.uri]
        assert made.warning == (
            f"Another run created awskms:///{alias} at the same time, so {spare['Arn']} is not needed: delete it with"
            f" 'aws kms schedule-key-deletion --key-id {spare['KeyId']}'."
        )

    def test_another_run_finishes_it(self, kms: Kms) -> None:
        alias = new_alias()
        kms.answers({"operation": "CreateAlias", "status": 500, "body": "", "times": 9})
        with pytest.raises(_errors.KeyStoreError):
            key(alias).create(2048)
        kms.answers()
        (data,) = kms.keys_of(alias)
        kms.client.create_alias(AliasName=alias, TargetKeyId=data["KeyId"])
        kms.answers({"operation": "ListAliases", "status": 200, "body": '{"Aliases": []}'})
        made = key(alias).create(2048)
        assert made.uri == f"awskms:///{data['Arn']}" and made.warning is None and len(kms.keys_of(alias)) == 1

    def test_a_new_key_is_not_known_everywhere_at_once(self, kms: Kms) -> None:
        pauses: list[float] = []
        kms.answers(*(refusal(name, "NotFoundException", "not found") for name in ("CreateAlias", "GetPublicKey")))
        assert key(new_alias(), pauses).create(2048)
        assert len(pauses) == 2

    def test_all_pages_are_read(self, kms: Kms) -> None:
        alias = new_alias()
        kms.answers({"operation": "CreateAlias", "status": 500, "body": "", "times": 9})
        with pytest.raises(_errors.KeyStoreError):
            key(alias).create(2048)
        page = {"Keys": [], "Truncated": True, "NextMarker": "2"}
        kms.answers({"operation": "ListKeys", "status": 200, "body": json.dumps(page)})
        kms.requests()
        assert key(alias).create(2048) and len(kms.keys_of(alias)) == 1
        assert [request.get("Marker") for request in kms.requests() if request["operation"] == "ListKeys"][:2] == [
            None,
            "2",
        ]

    # ---- Refusals

    def test_too_many_requests(self, kms: Kms, made: tuple[str, str]) -> None:
        _arn, alias = made
        throttled = refusal("GetPublicKey", "ThrottlingException", "Rate exceeded", times=3)
        pauses: list[float] = []
        kms.answers(throttled)
        assert key(alias, pauses).find() and len(pauses) == 3 and pauses == sorted(pauses)
        # Errors of both kinds count together.
        kms.answers({**throttled, "times": 4}, {"operation": "GetPublicKey", "status": 500, "body": "", "times": 9})
        pauses.clear()
        with pytest.raises(_errors.KeyStoreError, match="Try again"):
            key(alias, pauses).find()
        assert len(pauses) == 4
        kms.answers({**throttled, "times": 100})
        pauses.clear()
        with pytest.raises(
            _errors.KeyStoreError, match="ThrottlingException, Rate exceeded. Run again later, or with fewer"
        ):
            key(alias, pauses).find()
        assert len(pauses) == awskms.THROTTLED_RETRIES and 31 < sum(pauses) < 64

    def test_a_problem_of_the_server(self, kms: Kms, made: tuple[str, str]) -> None:
        _arn, alias = made
        pauses: list[float] = []
        kms.answers(
            {"operation": "GetPublicKey", "status": 500, "body": '{"__type": "KMSInternalException"}', "times": 2}
        )
        assert key(alias, pauses).find() and len(pauses) == 2

    @pytest.mark.parametrize(
        ("denied", "advice"),
        [
            (
                "GetPublicKey",
                "Allow kms:GetPublicKey on the key in its key policy, or in an IAM policy of the user or role.",
            ),
            ("Sign", "Allow kms:Sign on the key in its key policy, or in an IAM policy of the user or role."),
            ("CreateKey", "Allow kms:CreateKey in an IAM policy of the user or role."),
        ],
    )
    def test_a_right_that_is_missing(self, kms: Kms, made: tuple[str, str], denied: str, advice: str) -> None:
        _arn, alias = made
        kms.answers(refusal(denied, "AccessDeniedException", "User: arn:aws:iam::1:user/a is not authorized", times=9))
        with pytest.raises(_errors.KeyStoreError) as caught:
            sign(key(alias).find()) if denied != "CreateKey" else key(new_alias()).create(2048)
        assert str(caught.value).startswith(f"{kms.url} answered {denied} for awskms:///alias/")
        assert str(caught.value).endswith(f"User: arn:aws:iam::1:user/a is not authorized. {advice}")

    @pytest.mark.parametrize("body", ["<html>hello</html>", "{}", "[1]", "{", "\u00ff", ""])
    def test_it_is_not_kms(self, kms: Kms, body: str) -> None:
        kms.answers({"operation": "*", "status": 200, "body": body, "times": 9})
        with pytest.raises(
            _errors.KeyStoreError, match=rf"^({kms.url} does not answer like AWS KMS|boto3 cannot ask .*)\. C"
        ):
            key("alias/acme").find()

    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            (
                {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
                "boto3 finds no AWS credentials. Set AWS_PROFILE",
            ),
            ({"AWS_SECRET_ACCESS_KEY": None}, "boto3 finds only a part of the AWS credentials."),
            ({"AWS_PROFILE": "nobody"}, "The AWS profile in AWS_PROFILE does not exist."),
            ({"AWS_CONFIG_FILE": "/etc/passwd"}, "boto3 cannot parse its configuration."),
            ({"AWS_DEFAULT_REGION": None}, "boto3 does not know in which region the key in private_key_uri is."),
            ({"AWS_DEFAULT_REGION": "eu west"}, "boto3 cannot ask AWS KMS: Provided region_name 'eu west'"),
            ({"AWS_CA_BUNDLE": None}, "boto3 cannot open a TLS connection to {url} ([SSL: CERTIFICATE_VERIFY_FAILED]"),
            (
                {"AWS_CA_BUNDLE": "/no/such/file"},
                "boto3 cannot open a TLS connection to {url} ([Errno 2] No such file or",
            ),
            (
                {"AWS_ENDPOINT_URL_KMS": "https://127.0.0.1:1"},
                "https://127.0.0.1:1 cannot be reached. Check private_key_uri",
            ),
            ({"AWS_ENDPOINT_URL_KMS": "https://a:hunter2@127.0.0.1:1"}, "https://127.0.0.1:1 cannot be reached."),
            (
                {"AWS_ENDPOINT_URL_KMS": "https://127.0.0.1:70000"},
                "boto3 cannot ask https://127.0.0.1:70000: Port out of",
            ),
            (
                {"HTTPS_PROXY": "http://a:hunter2@127.0.0.1:1"},
                "The proxy does not connect to {url}. Check the proxy in HTTP",
            ),
        ],
    )
    def test_the_environment(
        self, kms: Kms, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str | None], said: str
    ) -> None:
        for name, value in variables.items():
            monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
        pauses: list[float] = []
        with pytest.raises(_errors.KeyStoreError) as caught:
            key("alias/acme", pauses).find()
        assert str(caught.value).startswith(said.format(url=kms.url)) and pauses == []
        assert not any(secret in str(caught.value) for secret in ("hunter2", "AKIA", "root:", *SECRETS.values()))

    def test_the_host_of_the_uri(self, kms: Kms, made: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "https://127.0.0.1:1")
        arn, alias = made
        found = key(f"awskms://{kms.host}/{alias}").find()
        assert found.uri == f"awskms://{kms.host}/{arn}" and sign(key(found.uri).find())

    def test_the_region_of_an_arn(self, made: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        arn, _alias = made
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        assert sign(key(arn).find())
        with pytest.raises(_errors.PrivateKeyError, match="does not exist"):
            key(arn.rpartition("/")[2]).find()

    def test_a_profile(self, made: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
        (tmp_path / "config").write_text("[profile acme]\naws_access_key_id = a\naws_secret_access_key = b\n")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_PROFILE", "acme")
        assert sign(key(made[1]).find())

    def test_processes_do_not_share_a_connection(self, made: tuple[str, str]) -> None:
        """Ansible forks its workers from a process that may have used a key, such as in a lookup."""
        _arn, alias = made
        code = f"""
import os
from {awskms.__package__} import awskms, uri

def find():
    return awskms.Key(uri.parse("awskms:///{alias}"), {{}}, os.environ).find().uri

own, children = find(), []
for _number in range(4):
    children.append(os.fork())
    if not children[-1]:
        os._exit(find() != own)
assert not any(os.waitpid(child, 0)[1] for child in children)
"""
        subprocess.run([sys.executable, "-c", code], check=True)
