# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of qs-jwt's documentation, with its option names, through real playbooks.

Tokens are checked with joserfc, certificates with openssl and community.crypto.
"""

from __future__ import annotations

import base64
import re
import subprocess
import time
import uuid

import jwt as pyjwt
import pytest
from joserfc import jwk, jws, jwt
from plays import snapshot
from shared_run import task

ANNA = {
    "username": "Anna Anderson",
    "useremail": "anna@grusgrus.com",
    "useremail_verified": True,
    "issuer": "your-tenant.eu.qlikcloud.com",
    "keyid": "your-key-id",
    "expires": "365d",
}
GROUPS = ["group1", "group 2"]
# The examples of create-qseow, for client-managed Qlik Sense.
CLIENT_MANAGED_ANNA = {
    "userdir": "GRUSGRUS",
    "userid": "anna",
    "username": "Anna Anderson",
    "useremail": "anna@grusgrus.com",
    "audience": "hdJh34wkK",
    "groups": GROUPS,
    "expires": "365d",
}
ALGORITHMS = ("RS256", "RS384", "RS512")
LINE_ENDS = {"UNIX": "\n", "WINDOWS": "\r\n", "BACKSLASH": r"\n"}
# Computed with jsonwebtoken 9.0.2 under Node.
LIFETIMES = {"60m": 3600, "48h": 172800, "365d": 31536000, "2w": 1209600, "5y": 157788000, "30s": 30, "90": 90}
FILES = ("privatekey.pem", "publickey.pem", "publickey.cer")
# Before ansible-core 2.19, warnings are broken into lines.
ONE_HOUR = re.compile(r"31536000\s+seconds\s+\(365\s+days\),\s+but\s+Qlik\s+Cloud\s+accepts\s+at\s+most\s+3600")


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


def check_token_for_virtual_proxy(token, public_key_pem, folder, algorithm="RS256"):
    """Two libraries and openssl judge it. Its claims are those that qs-jwt writes for the example."""
    decoded = jwt.decode(token, jwk.RSAKey.import_key(public_key_pem), algorithms=[algorithm])
    by_pyjwt = pyjwt.decode(token, public_key_pem, [algorithm], audience="hdJh34wkK")
    assert by_pyjwt == decoded.claims
    signed, _dot, signature = token.rpartition(".")
    (folder / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    (folder / "public.pem").write_text(public_key_pem)
    verify = ("dgst", f"-sha{algorithm[2:]}", "-verify", folder / "public.pem", "-signature", folder / "signature")
    assert openssl(*verify, stdin=signed) == "Verified OK\n"
    # Neither a key id nor, in the claims, anything that Qlik Cloud alone reads.
    assert decoded.header == {"alg": algorithm, "typ": "JWT"}
    claims = dict(decoded.claims)
    now = time.time()
    start, end = claims.pop("iat"), claims.pop("exp")
    assert now - 60 < start <= now and end - start == 365 * 86400
    assert claims == {
        "userId": "anna",
        "userDirectory": "GRUSGRUS",
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "group": GROUPS,
        "aud": "hdJh34wkK",
    }


@pytest.fixture(scope="session")
def private_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "privatekey.pem"
    openssl("genrsa", "-out", path, "2048")
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory, mode):
    """Where the third mode makes its keys."""
    return tmp_path_factory.mktemp("seed") / "keys"


@pytest.fixture(scope="module")
def chain(keys):
    """The third mode: a new key and its certificate, and a token signed with it."""
    options = {"directory": str(keys), "cert_file_prefix": "qsjwt_", "cert_create_expires_days": 400}
    anna = {
        **ANNA,
        "cert_privatekey_file": "{{ keypair.private_key_path }}",
        "keyid": "{{ keypair.key_id }}",
        "groups": GROUPS,
    }
    return [task("mode 3, keys", "qscloud_keypair", options, register="keypair"), task("mode 3", "qscloud_jwt", anna)]


@pytest.fixture(scope="module")
def together(run_together, private_key, chain):
    """All examples, in one run."""
    anna = {**ANNA, "cert_privatekey_file": str(private_key)}
    from_environment = {**ANNA, "groups": GROUPS}
    short = {**anna, "expires": "30m"}
    tasks = [
        task("mode 1, groups", "qscloud_jwt", {**anna, "groups": GROUPS}),
        task("mode 1, no groups", "qscloud_jwt", anna),
        *chain,
        task("Anna", "qscloud_jwt", short),
        task("Anna again", "qscloud_jwt", {**short, "useremail": "Anna@GrusGrus.com"}),
        task("Anna elsewhere", "qscloud_jwt", {**short, "issuer": "other.eu.qlikcloud.com"}),
    ]
    environment = {}
    for name, line_end in LINE_ENDS.items():
        environment[f"QSJWTPRIVKEY_{name}"] = private_key.read_text().strip().replace("\n", line_end)
        key = f"{{{{ lookup('ansible.builtin.env', 'QSJWTPRIVKEY_{name}') }}}}"
        tasks.append(task(f"mode 2, {name}", "qscloud_jwt", {**from_environment, "cert_privatekey": key}))
        tasks.append(task(f"create-qseow, {name}", "qseow_jwt", {**CLIENT_MANAGED_ANNA, "cert_privatekey": key}))
    proxy = {**CLIENT_MANAGED_ANNA, "cert_privatekey_file": str(private_key)}
    for algorithm in ALGORITHMS:
        kept = {**proxy, "algorithm": algorithm, "path": f"{algorithm}.jwt"}
        tasks += [
            task(f"create-qseow, {algorithm}, foreseen", "qseow_jwt", kept, check_mode=True, diff=True),
            task(f"create-qseow, {algorithm}", "qseow_jwt", kept, diff=True),
            task(f"create-qseow, {algorithm}, again", "qseow_jwt", kept, diff=True),
        ]
    tasks.append(task("create-qseow, roles", "qseow_jwt", {**proxy, "groups_claim": "roles"}))
    new_key = {**CLIENT_MANAGED_ANNA, "cert_privatekey_file": "{{ keypair.private_key_path }}"}
    tasks.append(task("create-qseow, new key", "qseow_jwt", new_key))
    look_up = "{{ lookup('tenantops.qlik.qseow_jwt', **options) }}"
    looked_up = {"ansible.builtin.set_fact": {"looked_up": look_up}, "vars": {"options": proxy}}
    tasks.append({"name": "create-qseow, lookup", **looked_up})
    for expires in LIFETIMES:
        tasks.append(task(f"expires {expires}", "qscloud_jwt", {**anna, "expires": expires}))
    return run_together(tasks, env=environment)


@pytest.mark.parametrize("groups", [True, False])
def test_mode_1_key_file(together, private_key, groups):
    result = together.results["mode 1, groups" if groups else "mode 1, no groups"]
    assert not result["changed"] and not result["reused"]
    check_annas_token(result["token"], openssl("pkey", "-in", private_key, "-pubout"), groups=groups)
    assert ONE_HOUR.search(result["_output"])


@pytest.mark.parametrize("line_ends", LINE_ENDS)
def test_mode_2_key_as_content(together, private_key, line_ends):
    result = together.results[f"mode 2, {line_ends}"]
    check_annas_token(result["token"], openssl("pkey", "-in", private_key, "-pubout"), groups=True)
    assert ONE_HOUR.search(result["_output"])


@pytest.mark.parametrize("example", [*LINE_ENDS, "new key", "lookup"])
def test_create_qseow(together, private_key, keys, tmp_path, example):
    result = together.results[f"create-qseow, {example}"]
    assert not result["changed"] and "warnings" not in result
    token = result["ansible_facts"]["looked_up"] if example == "lookup" else result["token"]
    key = keys / "qsjwt_privatekey.pem" if example == "new key" else private_key
    check_token_for_virtual_proxy(token, openssl("pkey", "-in", key, "-pubout"), tmp_path)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_create_qseow_in_a_file(together, private_key, tmp_path, algorithm):
    of_example = f"create-qseow, {algorithm}"
    foreseen, created, kept = (together.results[f"{of_example}{end}"] for end in (", foreseen", "", ", again"))
    public_key = openssl("pkey", "-in", private_key, "-pubout")
    for result in (foreseen, created):
        check_token_for_virtual_proxy(result["token"], public_key, tmp_path, algorithm)
        assert result["changed"] and not result["reused"]
        # The signature is left out of what is shown.
        assert result["diff"]["before"] == {}
        assert result["diff"]["after"] == {"mode": "0600", "header": result["header"], "claims": result["claims"]}
    assert not kept["changed"] and kept["reused"] and kept["token"] == created["token"]
    assert kept["diff"]["before"] == kept["diff"]["after"]


def test_create_qseow_with_groups_elsewhere(together, private_key):
    token = together.results["create-qseow, roles"]["token"]
    decoded = jwt.decode(token, jwk.RSAKey.import_key(private_key.read_text()), algorithms=["RS256"])
    assert decoded.claims["roles"] == GROUPS and "group" not in decoded.claims


def test_mode_3_new_key_and_certificate(together, keys):
    # Of all examples, this one changes something, and so do those that keep a token, two times with check mode.
    assert together.run.recap["changed"] == 1 + 2 * len(ALGORITHMS)

    private, public, certificate = (keys / f"qsjwt_{name}" for name in FILES)
    assert {path.name for path in keys.iterdir()} == {private.name, public.name, certificate.name}
    assert private.stat().st_mode & 0o7777 == 0o600
    assert keys.stat().st_mode & 0o7777 == 0o700

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

    names = openssl("x509", "-in", certificate, "-noout", "-subject", "-issuer", "-nameopt", "RFC2253")
    assert names.splitlines() == ["subject=CN=qs-jwt", "issuer=CN=qs-jwt"]
    dates = openssl("x509", "-in", certificate, "-noout", "-dates")
    start, end = (time.strptime(line.partition("=")[2], "%b %d %H:%M:%S %Y %Z") for line in dates.splitlines())
    assert time.mktime(end) - time.mktime(start) == 400 * 86400

    keypair = together.results["mode 3, keys"]
    assert keypair["fingerprint_sha256"] in openssl("x509", "-in", certificate, "-noout", "-sha256", "-fingerprint")
    assert keypair["certificate"] == certificate.read_text()
    assert keypair["key_id"] == jwk.RSAKey.import_key(public_key).thumbprint()
    check_annas_token(
        together.results["mode 3"]["token"],
        openssl("x509", "-noout", "-pubkey", stdin=keypair["certificate"]),
        groups=True,
        key_id=keypair["key_id"],
    )


@pytest.mark.thorough
def test_mode_3_as_community_crypto_sees_it(together, run_together, keys):
    keypair = together.results["mode 3, keys"]
    look = {"name": "look", "community.crypto.x509_certificate_info": {"path": str(keys / "qsjwt_publickey.cer")}}
    info = run_together([look]).results["look"]
    assert info["signature_algorithm"] == "sha256WithRSAEncryption"
    assert info["subject"] == info["issuer"] == {"commonName": "qs-jwt"}
    start, end = (time.strptime(info[name], "%Y%m%d%H%M%SZ") for name in ("not_before", "not_after"))
    assert time.mktime(end) - time.mktime(start) == 400 * 86400
    assert keypair["serial_number"] == info["serial_number"]
    assert keypair["fingerprint_sha256"].lower() == info["fingerprints"]["sha256"]


def test_mode_3_again_changes_nothing(together, run_together, keys, chain):
    before = snapshot(keys)
    assert run_together(chain).run.recap["changed"] == 0
    assert snapshot(keys) == before


@pytest.mark.parametrize(("expires", "lifetime"), LIFETIMES.items())
def test_durations(together, private_key, expires, lifetime):
    result = together.results[f"expires {expires}"]
    claims = jwt.decode(result["token"], jwk.RSAKey.import_key(private_key.read_text())).claims
    assert claims["exp"] - claims["nbf"] == lifetime == result["lifetime"]
    assert ("warnings" in result) == (lifetime > 3600)


def test_a_user_keeps_the_subject(together):
    first, again, elsewhere = (together.results[name] for name in ("Anna", "Anna again", "Anna elsewhere"))
    assert first["subject"] == again["subject"] != elsewhere["subject"]
    assert first["claims"]["jti"] != again["claims"]["jti"]
