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
from tenant_client import ISSUER, token


@pytest.fixture
def files(tmp_path, pair):
    """A key and its public key and certificate, made by openssl."""
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    (folder / "privatekey.pem").write_bytes(pair.private_pem)
    (folder / "privatekey.pem").chmod(0o600)
    for arguments in (
        ["pkey", "-in", "privatekey.pem", "-pubout", "-out", "publickey.pem"],
        ["req", "-x509", "-key", "privatekey.pem", "-subj", "/CN=qs-jwt", "-days", "200", "-out", "publickey.cer"],
    ):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_keypair_info(run_module, files):
    before = snapshot(files)
    info = run_module("qscloud_keypair_info", {"directory": str(files)})
    assert info["exists"] and not info["changed"] and info["days_left"] in (199, 200)
    told = subprocess.run(
        ["openssl", "x509", "-in", files / "publickey.cer", "-noout", "-fingerprint", "-sha256"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.strip().endswith(info["fingerprint_sha256"])
    assert info["public_key"] == (files / "publickey.pem").read_text()
    alone = run_module("qscloud_keypair_info", {"certificate_path": str(files / "publickey.cer")})
    assert alone["fingerprint_sha256"] == info["fingerprint_sha256"] and alone["key_id"] == info["key_id"]
    key = run_module("qscloud_keypair_info", {"private_key_content": (files / "privatekey.pem").read_text()})
    assert key["key_id"] == info["key_id"]
    refused = run_module("qscloud_keypair_info", {"directory": str(files), "renew_before_days": -1}, check=False)
    assert refused["msg"] == "renew_before_days is -1: give a number of days from 0 on."
    assert snapshot(files) == before
    nothing = run_module("qscloud_keypair_info", {"directory": str(files / "nothing")})
    assert nothing["exists"] is False and not (files / "nothing").exists()


@pytest.mark.parametrize("source", ["public_key", "certificate"])
def test_jwt_info(run_module, files, pair, other_pair, source):
    name = {"public_key": "publickey.pem", "certificate": "publickey.cer"}[source]
    signed = token(pair)
    (files / "token").write_text(signed + "\n")
    (files / "token").chmod(0o600)
    as_text = {"token": signed, f"{source}_content": (files / name).read_text()}
    as_file = {"token_path": str(files / "token"), f"{source}_path": str(files / name)}
    for options in (as_text, as_file):
        info = run_module("qscloud_jwt_info", options)
        assert info["valid"] and info["signature_verified"] and not info["expired"] and info["problems"] == []
        assert info["claims"]["iss"] == ISSUER and info["header"]["alg"] == "RS256"
        assert signed.rpartition(".")[2] not in info["_output"]
    foreign = run_module("qscloud_jwt_info", {**as_text, "token": token(other_pair)})
    assert foreign["signature_verified"] is False and foreign["valid"] is False and not foreign["failed"]
    assert run_module("qscloud_jwt_info", {**as_text, "token": token(other_pair), "fail_on_invalid": True})["failed"]


def test_a_token_that_breaks_rules(run_module, pair):
    now = int(time.time())
    bad = token(pair, nbf=now - 9000, exp=now - 1000, email_verified="yes", jti=...)
    info = run_module("qscloud_jwt_info", {"token": bad})
    assert info["expired"] and not info["valid"] and info["signature_verified"] is None
    problems = " ".join(info["problems"])
    for word in ("3600", "email_verified", "jti", "expired"):
        assert word in problems, problems


def test_nobody_is_fooled(run_module, files, pair):
    """Tokens that naive libraries take: no signature, the public key as a secret, a key that comes along."""
    header, payload, dummy = token(pair).split(".")
    public = (files / "publickey.pem").read_bytes()
    none = f"{base64url(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{payload}."
    unsigned = f"{base64url(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{payload}"
    confused = f"{unsigned}.{base64url(hmac.digest(public, unsigned.encode(), hashlib.sha256))}"
    options = {"public_key_path": str(files / "publickey.pem")}
    for forged in (none, confused, f"{header}.{payload}."):
        info = run_module("qscloud_jwt_info", {**options, "token": forged})
        assert info.get("signature_verified") is not True and info.get("valid") is not True


@pytest.mark.parametrize("text", ["garbage", "a.b.c.d", "", "..", "eyJh.eyJh.eyJh"])
def test_garbage(run_module, text):
    info = run_module("qscloud_jwt_info", {"token": text})
    assert info["valid"] is False and len(info["problems"]) == 1 and "Traceback" not in info["_output"]
    strict = run_module("qscloud_jwt_info", {"token": text, "fail_on_invalid": True})
    assert strict["failed"] and strict["msg"] == info["problems"][0]
