# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that look at key pairs and tokens, in both ways to run; what they look for is in the unit tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import time

import pytest
from plays import snapshot
from shared_run import task
from tenant_client import ISSUER, token

GARBAGE = ["garbage", "a.b.c.d", "", "..", "eyJh.eyJh.eyJh"]
WRAPPED = {"prefix": "Bearer {}", "quotes": '"{}"', "both": "'bearer {}'\n"}
SOURCES = {"public_key": "publickey.pem", "certificate": "publickey.cer"}


@pytest.fixture(scope="module")
def files(tmp_path_factory, pair):
    """A key and its public key and certificate, made by openssl, and a token."""
    folder = tmp_path_factory.mktemp("info") / "files"
    folder.mkdir(mode=0o700)
    (folder / "privatekey.pem").write_bytes(pair.private_pem)
    (folder / "privatekey.pem").chmod(0o600)
    for arguments in (
        ["pkey", "-in", "privatekey.pem", "-pubout", "-out", "publickey.pem"],
        ["req", "-x509", "-key", "privatekey.pem", "-subj", "/CN=qs-jwt", "-days", "200", "-out", "publickey.cer"],
    ):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    # It has to outlive the run, however busy the machine is.
    (folder / "token").write_text(token(pair, exp=int(time.time()) + 3000) + "\n")
    (folder / "token").chmod(0o600)
    return folder


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forgeries(files, pair):
    """Tokens that naive libraries take: no signature, the public key as a secret, a key that comes along."""
    header, payload, _signature = token(pair, exp=int(time.time()) + 3000).split(".")
    public = (files / "publickey.pem").read_bytes()
    none = f"{base64url(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{payload}."
    unsigned = f"{base64url(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{payload}"
    confused = f"{unsigned}.{base64url(hmac.digest(public, unsigned.encode(), hashlib.sha256))}"
    return {"no algorithm": none, "public key as secret": confused, "no signature": f"{header}.{payload}."}


@pytest.fixture(scope="module")
def answers(run_together, files, pair, other_pair):
    """What each task answered, and whether the files are as they were."""
    before = snapshot(files)

    def look(name, options):
        return task(name, "qscloud_keypair_info", options)

    def judge(name, **options):
        return task(name, "qscloud_jwt_info", options)

    tasks = [
        look("folder", {"directory": str(files)}),
        look("certificate alone", {"certificate_path": str(files / "publickey.cer")}),
        look("private key alone", {"private_key_content": (files / "privatekey.pem").read_text()}),
        look("refused", {"directory": str(files), "renew_before_days": -1}),
        look("no folder", {"directory": str(files / "nothing")}),
    ]
    for source, file in SOURCES.items():
        key = {f"{source}_content": (files / file).read_text()}
        foreign = token(other_pair, exp=int(time.time()) + 3000)
        tasks += [
            judge(f"as text, {source}", **key, token=(files / "token").read_text().strip()),
            judge(f"as file, {source}", **{"token_path": str(files / "token"), f"{source}_path": str(files / file)}),
            judge(f"foreign, {source}", **key, token=foreign),
            judge(f"foreign and strict, {source}", **key, token=foreign, fail_on_invalid=True),
        ]
    good = (files / "token").read_text().strip()
    tasks.append(judge("without a key", token=good))
    for name, around in WRAPPED.items():
        tasks.append(judge(name, token=around.format(good), certificate_path=str(files / "publickey.cer")))
    (files.parent / "quoted").write_text(f'"{good}"\n')
    tasks.append(judge("quoted file", token_path=str(files.parent / "quoted")))
    tasks.append(judge("issuer with a line break", token=good, issuer=f"{ISSUER}\n"))
    now = int(time.time())
    tasks.append(
        judge("breaks rules", token=token(pair, nbf=now - 9000, exp=now - 1000, email_verified="yes", jti=...))
    )
    for name, forged in forgeries(files, pair).items():
        tasks.append(judge(name, public_key_path=str(files / "publickey.pem"), token=forged))
    for text in GARBAGE:
        tasks.append(judge(f"garbage '{text}'", token=text))
        tasks.append(judge(f"garbage '{text}', strict", token=text, fail_on_invalid=True))
    results = run_together(tasks).results
    return {**results, "unchanged": snapshot(files) == before}


def test_keypair_info(answers, files):
    info = answers["folder"]
    assert info["exists"] and not info["changed"] and info["days_left"] in (199, 200)
    told = subprocess.run(
        ["openssl", "x509", "-in", files / "publickey.cer", "-noout", "-fingerprint", "-sha256"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.strip().endswith(info["fingerprint_sha256"])
    assert info["public_key"] == (files / "publickey.pem").read_text()
    alone = answers["certificate alone"]
    assert alone["fingerprint_sha256"] == info["fingerprint_sha256"] and alone["key_id"] == info["key_id"]
    assert answers["private key alone"]["key_id"] == info["key_id"]
    assert answers["refused"]["failed"]
    assert answers["refused"]["msg"] == "renew_before_days is -1: it must be 0 or more days."
    assert answers["unchanged"]
    assert answers["no folder"]["exists"] is False and not (files / "nothing").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_jwt_info(answers, files, source):
    signature = (files / "token").read_text().strip().rpartition(".")[2]
    for kind in ("text", "file"):
        info = answers[f"as {kind}, {source}"]
        assert info["valid"] and info["signature_verified"] and not info["expired"] and info["problems"] == []
        assert info["claims"]["iss"] == ISSUER and info["header"]["alg"] == "RS256"
        assert signature not in info["_output"]
    foreign = answers[f"foreign, {source}"]
    assert foreign["signature_verified"] is False and foreign["valid"] is False and not foreign["failed"]
    assert answers[f"foreign and strict, {source}"]["failed"]


def test_a_signature_that_was_not_checked(answers):
    info = answers["without a key"]
    assert info["valid"] is None and info["signature_verified"] is None and info["problems"] == []


@pytest.mark.parametrize("name", WRAPPED)
def test_what_stands_around_a_token(answers, name):
    assert answers[name]["valid"] is True and answers[name]["claims"] == answers["as text, certificate"]["claims"]


def test_quotes_in_the_file_of_a_token(answers):
    assert answers["quoted file"]["claims"] == answers["as text, certificate"]["claims"]


def test_an_expected_issuer_with_a_line_break(answers):
    info = answers["issuer with a line break"]
    assert info["failed"] and info["msg"] == "issuer ends with a line break: remove it, for example with '| trim'."


def test_a_token_that_breaks_rules(answers):
    info = answers["breaks rules"]
    assert info["expired"] and not info["valid"] and info["signature_verified"] is None
    problems = " ".join(info["problems"])
    for word in ("3600", "email_verified", "jti", "expired"):
        assert word in problems, problems


def test_nobody_is_fooled(answers, files, pair):
    for name in forgeries(files, pair):
        assert answers[name].get("signature_verified") is not True and answers[name].get("valid") is not True


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage(answers, text):
    info, strict = answers[f"garbage '{text}'"], answers[f"garbage '{text}', strict"]
    assert info["valid"] is False and len(info["problems"]) == 1 and "Traceback" not in info["_output"]
    assert strict["failed"] and strict["msg"] == info["problems"][0]
