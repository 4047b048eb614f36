# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fresh token inside an expression."""

from __future__ import annotations

import subprocess

import pytest
from joserfc import jwk, jwt
from plays import play, save

PASSPHRASE = "correct horse battery"
ANNA = {
    "issuer": "acme",
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1", "group 2"],
}
RANDOM = ("iat", "nbf", "exp", "jti")


@pytest.fixture
def private_key(tmp_path):
    path = tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "genrsa", "-aes256", "-passout", f"pass:{PASSPHRASE}", "-out", path, "2048"],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture
def look_up(run_playbook):
    """Evaluate the lookup with these options, once or several times."""

    def run(options, times=1, **keywords):
        expression = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"
        task = {"ansible.builtin.set_fact": {"tokens": [expression] * times}}
        return run_playbook([play(task, save("tokens"), vars={"options": options})], **keywords)

    return run


def test_it_signs_what_the_module_signs(look_up, run_playbook, private_key):
    options = {"private_key_path": str(private_key), "private_key_passphrase": PASSPHRASE, **ANNA}
    (token,) = look_up(options).registered("tokens")
    task = {"tenantops.qlik.qscloud_jwt": options, "register": "result"}
    module = run_playbook([play(task, save("result"))]).registered("result")
    public_key = subprocess.run(
        ["openssl", "pkey", "-in", private_key, "-passin", f"pass:{PASSPHRASE}", "-pubout"],
        check=True,
        capture_output=True,
    ).stdout
    decoded = jwt.decode(token, jwk.RSAKey.import_key(public_key), algorithms=["RS256"])
    assert decoded.header == module["header"]
    assert set(decoded.claims) == set(module["claims"])
    for name, value in module["claims"].items():
        assert name in RANDOM or decoded.claims[name] == value
    assert decoded.claims["exp"] - decoded.claims["nbf"] == 1800


def test_each_evaluation_signs_anew(look_up, private_key):
    options = {"private_key_path": str(private_key), "private_key_passphrase": PASSPHRASE, **ANNA}
    assert len(set(look_up(options, times=3).registered("tokens"))) == 3


def test_a_relative_path_starts_from_the_playbook(look_up, private_key, tmp_path):
    private_key.rename(tmp_path / "project" / "key.pem")
    assert look_up({"private_key_path": "key.pem", "private_key_passphrase": PASSPHRASE, **ANNA}).registered("tokens")


def test_the_options_of_qs_jwt(look_up, private_key):
    options = {
        "cert_privatekey": private_key.read_text(),
        "private_key_passphrase": PASSPHRASE,
        "issuer": "acme",
        "username": "Anna Anderson",
        "useremail": "anna@grusgrus.com",
        "useremail_verified": "yes",
        "keyid": "mine",
        "expires": "365d",
    }
    run = look_up(options)
    assert "Qlik Cloud accepts at most 3600 (one hour)" in " ".join(run.output.split())
    assert run.registered("tokens")[0].count(".") == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expires_at": "5m"}, "expires_at. Supported parameters include"),
        ({"path": "token.jwt"}, "path. Supported parameters include"),
        ({"issuer": None}, "missing required arguments: issuer"),
        ({"private_key_path": None}, "one of the following is required: private_key_path, private_key_content"),
        ({"private_key_content": "x"}, "parameters are mutually exclusive: private_key_path|private_key_content"),
        ({"expires_in": "soon"}, "expires_in is 'soon', which is not a duration"),
        ({"groups": ["a", 1]}, "groups must be a list of names"),
        ({"private_key_passphrase": "another passphrase"}, "private_key_passphrase is not its passphrase"),
        ({"private_key_path": "missing.pem"}, "cannot read"),
        ({"expires_in": "2h", "strict": True}, "strict is true: The token is valid for 7200 seconds"),
    ],
)
def test_wrong_options(look_up, private_key, change, message):
    options = {"private_key_path": str(private_key), "private_key_passphrase": PASSPHRASE, **ANNA, **change}
    run = look_up({name: value for name, value in options.items() if value is not None}, check=False)
    assert run.returncode != 0
    assert message in " ".join(run.output.split())
    assert PASSPHRASE not in run.output


def test_terms_are_refused(run_playbook):
    task = {"ansible.builtin.debug": {"msg": "{{ lookup('tenantops.qlik.qscloud_jwt', 'acme') }}"}}
    run = run_playbook([play(task)], check=False)
    assert run.returncode != 0 and "There are options with names alone" in " ".join(run.output.split())
