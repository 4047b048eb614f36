# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fresh token inside an expression."""

from __future__ import annotations

import subprocess

import pytest
import shared_run
from joserfc import jwk, jwt

PASSPHRASE = "correct horse battery"
ANNA = {
    "issuer": "acme",
    "name": "Anna Anderson",
    "email": "anna@grusgrus.com",
    "email_verified": True,
    "groups": ["group1", "group 2"],
}
RANDOM = ("iat", "nbf", "exp", "jti")

WRONG_OPTIONS = [
    ({"expires_at": "5m"}, "expires_at. Supported parameters include"),
    ({"path": "token.jwt"}, "path. Supported parameters include"),
    ({"issuer": None}, "missing required arguments: issuer"),
    (
        {"private_key_path": None},
        "one of the following is required: private_key_path, private_key_content, private_key_uri",
    ),
    (
        {"private_key_content": "x"},
        "parameters are mutually exclusive: private_key_path|private_key_content|private_key_uri",
    ),
    ({"expires_in": "soon"}, "expires_in is 'soon', which is not a duration"),
    ({"groups": ["a", 1]}, "groups must be a list of names"),
    ({"groups": "a, b"}, 'groups is one text, \'a, b\', instead of a list of names: write it as ["a", "b"].'),
    ({"issuer": "acme\n"}, "issuer ends with a line break: remove it, for example with '| trim'."),
    ({"private_key_passphrase": "another passphrase"}, "private_key_passphrase is not its passphrase"),
    ({"private_key_path": "missing.pem"}, "cannot read"),
    ({"expires_in": "2h", "strict": True}, "strict is true: The token is valid for 7200 seconds"),
]


def look_up(name, options, times=1):
    """A task that evaluates the lookup with these options, once or several times."""
    expression = "{{ lookup('tenantops.qlik.qscloud_jwt', **options) }}"
    options = {option: value for option, value in options.items() if value is not None}
    return {"name": name, "ansible.builtin.set_fact": {"tokens": [expression] * times}, "vars": {"options": options}}


@pytest.fixture(scope="module")
def private_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(
        ["openssl", "genrsa", "-aes256", "-passout", f"pass:{PASSPHRASE}", "-out", path, "2048"],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture(scope="module")
def together(tmp_path_factory, module_home, private_key):
    """All lookups, in one run; set_fact returns the tokens that it got."""
    base = tmp_path_factory.mktemp("lookup")
    run = shared_run.runner(base, module_home)
    (base / "project" / "key.pem").write_bytes(private_key.read_bytes())
    options = {"private_key_path": str(private_key), "private_key_passphrase": PASSPHRASE, **ANNA}
    of_qs_jwt = {
        "cert_privatekey": private_key.read_text(),
        "private_key_passphrase": PASSPHRASE,
        "issuer": "acme",
        "username": "Anna Anderson",
        "useremail": "anna@grusgrus.com",
        "useremail_verified": "yes",
        "keyid": "mine",
        "expires": "365d",
    }
    tasks = [
        look_up("once", options),
        shared_run.task("module", "qscloud_jwt", options),
        look_up("three times", options, times=3),
        look_up("relative path", {**options, "private_key_path": "key.pem"}),
        look_up("options of qs-jwt", of_qs_jwt),
        *(look_up(message, {**options, **change}) for change, message in WRONG_OPTIONS),
        {"name": "terms", "ansible.builtin.debug": {"msg": "{{ lookup('tenantops.qlik.qscloud_jwt', 'acme') }}"}},
    ]
    return shared_run.run_together(run, "in-process", tasks)


def tokens(together, name):
    return together.results[name]["ansible_facts"]["tokens"]


def test_it_signs_what_the_module_signs(together, private_key):
    (token,) = tokens(together, "once")
    module = together.results["module"]
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


def test_each_evaluation_signs_anew(together):
    assert len(set(tokens(together, "three times"))) == 3


def test_a_relative_path_starts_from_the_playbook(together):
    assert tokens(together, "relative path")


def test_the_options_of_qs_jwt(together):
    result = together.results["options of qs-jwt"]
    assert "Qlik Cloud accepts at most 3600 (one hour)" in " ".join(result["_output"].split())
    assert tokens(together, "options of qs-jwt")[0].count(".") == 2


@pytest.mark.parametrize("message", [message for _change, message in WRONG_OPTIONS])
def test_wrong_options(together, message):
    result = together.results[message]
    assert result["failed"]
    # ansible-core before 2.19 prints a failure as JSON, in which quotation marks are escaped.
    assert message in " ".join(result["_output"].replace('\\"', '"').split())
    assert PASSPHRASE not in together.run.output


def test_terms_are_refused(together):
    result = together.results["terms"]
    assert result["failed"] and "This lookup takes no positional terms" in " ".join(result["_output"].split())
