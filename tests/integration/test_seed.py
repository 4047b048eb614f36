# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of qs-jwt's documentation, with its option names, through real playbooks.

Tokens are checked with joserfc, certificates with openssl and community.crypto.
"""

from __future__ import annotations

import re
import subprocess
import time
import uuid

import pytest
from joserfc import jwk, jws, jwt
from plays import MODES, play, save, snapshot

ANNA = {
    "username": "Anna Anderson",
    "useremail": "anna@grusgrus.com",
    "useremail_verified": True,
    "issuer": "your-tenant.eu.qlikcloud.com",
    "keyid": "your-key-id",
    "expires": "365d",
}
GROUPS = ["group1", "group 2"]
# Before ansible-core 2.19, warnings are broken into lines.
ONE_HOUR = re.compile(r"31536000\s+seconds,\s+but\s+Qlik\s+Cloud\s+accepts\s+at\s+most\s+3600")


def openssl(*arguments, stdin=None):
    finished = subprocess.run(
        ["openssl", *map(str, arguments)], input=stdin, capture_output=True, text=True, check=True
    )
    return finished.stdout


def check_annas_token(token, public_key_pem, *, groups, key_id="your-key-id"):
    key = jwk.RSAKey.import_key(public_key_pem)
    decoded = jwt.decode(token, key, algorithms=["RS256"])
    assert jws.extract_compact(token.encode()).headers() == {"alg": "RS256", "typ": "JWT", "kid": key_id}
    claims = dict(decoded.claims)
    now = time.time()
    assert now - 60 < claims.pop("iat") <= now
    start, end = claims.pop("nbf"), claims.pop("exp")
    assert now - 70 < start < now
    assert end - start == 365 * 86400
    uuid.UUID(claims.pop("jti"))
    uuid.UUID(claims.pop("sub"))
    assert claims.pop("email_verified") is True
    expected = {
        "iss": "your-tenant.eu.qlikcloud.com",
        "aud": "qlik.api/login/jwt-session",
        "subType": "user",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
    }
    assert claims == expected | ({"groups": GROUPS} if groups else {})


@pytest.fixture(scope="session")
def private_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "privatekey.pem"
    openssl("genrsa", "-out", path, "2048")
    return path


@pytest.mark.parametrize("groups", [True, False])
def test_mode_1_key_file(run_module, private_key, groups):
    options = {**ANNA, "cert_privatekey_file": str(private_key), **({"groups": GROUPS} if groups else {})}
    result = run_module("qscloud_jwt", options)
    assert not result["changed"] and not result["reused"]
    check_annas_token(result["token"], openssl("pkey", "-in", private_key, "-pubout"), groups=groups)
    assert ONE_HOUR.search(result["_output"])


@pytest.mark.parametrize("line_ends", ["\n", "\r\n", r"\n"])
def test_mode_2_key_as_content(run_module, private_key, line_ends):
    content = private_key.read_text().strip().replace("\n", line_ends)
    options = {
        **ANNA,
        "cert_privatekey": "{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY') }}",
        "groups": GROUPS,
    }
    result = run_module("qscloud_jwt", options, env={"QSJWTPRIVKEY": content})
    check_annas_token(result["token"], openssl("pkey", "-in", private_key, "-pubout"), groups=True)
    assert ONE_HOUR.search(result["_output"])


def test_mode_3_new_key_and_certificate(run_playbook, tmp_path, mode):
    folder = tmp_path / "project"
    create = {
        "tenantops.qlik.qscloud_keypair": {
            "directory": str(folder / "keys"),
            "cert_file_prefix": "qsjwt_",
            "cert_create_expires_days": 400,
        },
        "register": "keypair",
    }
    sign = {
        "tenantops.qlik.qscloud_jwt": {
            **ANNA,
            "cert_privatekey_file": "{{ keypair.private_key_path }}",
            "keyid": "{{ keypair.key_id }}",
            "groups": GROUPS,
        },
        "register": "jwt",
    }
    look = {
        "community.crypto.x509_certificate_info": {"path": "{{ keypair.certificate_path }}"},
        "register": "info",
    }
    chain = [play(create | MODES[mode], sign | MODES[mode], look, save("keypair"), save("jwt"), save("info"))]
    run = run_playbook(chain)
    assert run.recap["changed"] == 1

    private, public, certificate = (folder / "keys" / f"qsjwt_{name}" for name in FILES)
    assert {path.name for path in (folder / "keys").iterdir()} == {private.name, public.name, certificate.name}
    assert private.stat().st_mode & 0o7777 == 0o600
    assert (folder / "keys").stat().st_mode & 0o7777 == 0o700

    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", certificate, certificate)
    text = openssl("x509", "-in", certificate, "-noout", "-text")
    assert "Version: 3 (0x2)" in text
    assert "Signature Algorithm: sha256WithRSAEncryption" in text
    assert "Public-Key: (4096 bit)" in text
    assert "CA:FALSE" in text and "Digital Signature" in text and "Subject Key Identifier" in text
    assert "Certificate Sign" not in text
    public_key = openssl("pkey", "-in", private, "-pubout")
    assert public.read_text() == public_key
    assert openssl("x509", "-in", certificate, "-noout", "-pubkey") == public_key

    info = run.registered("info")
    assert info["signature_algorithm"] == "sha256WithRSAEncryption"
    assert info["subject"] == info["issuer"] == {"commonName": "qs-jwt"}
    start, end = (time.strptime(info[name], "%Y%m%d%H%M%SZ") for name in ("not_before", "not_after"))
    assert time.mktime(end) - time.mktime(start) == 400 * 86400

    keypair = run.registered("keypair")
    assert keypair["serial_number"] == info["serial_number"]
    assert keypair["fingerprint_sha256"].lower() == info["fingerprints"]["sha256"]
    assert keypair["fingerprint_sha256"] in openssl("x509", "-in", certificate, "-noout", "-sha256", "-fingerprint")
    assert keypair["certificate"] == certificate.read_text()
    assert keypair["key_id"] == jwk.RSAKey.import_key(public_key).thumbprint()
    check_annas_token(
        run.registered("jwt")["token"],
        openssl("x509", "-noout", "-pubkey", stdin=keypair["certificate"]),
        groups=True,
        key_id=keypair["key_id"],
    )

    before = snapshot(folder / "keys")
    assert run_playbook(chain).recap["changed"] == 0
    assert snapshot(folder / "keys") == before


FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")


@pytest.mark.parametrize(
    ("expires", "lifetime"),
    # Computed with jsonwebtoken 9.0.2 under Node.
    [("60m", 3600), ("48h", 172800), ("365d", 31536000), ("2w", 1209600), ("5y", 157788000), ("30s", 30), ("90", 90)],
)
def test_durations(run_module, private_key, expires, lifetime):
    result = run_module("qscloud_jwt", {**ANNA, "cert_privatekey_file": str(private_key), "expires": expires})
    claims = jwt.decode(result["token"], jwk.RSAKey.import_key(private_key.read_text())).claims
    assert claims["exp"] - claims["nbf"] == lifetime == result["lifetime"]
    assert ("warnings" in result) == (lifetime > 3600)


def test_a_user_keeps_the_subject(run_module, private_key):
    options = {**ANNA, "cert_privatekey_file": str(private_key), "expires": "30m"}
    first = run_module("qscloud_jwt", options)
    again = run_module("qscloud_jwt", {**options, "useremail": " Anna@GrusGrus.com "})
    elsewhere = run_module("qscloud_jwt", {**options, "issuer": "other.eu.qlikcloud.com"})
    assert first["subject"] == again["subject"] != elsewhere["subject"]
    assert first["claims"]["jti"] != again["claims"]["jti"]
