# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters for public keys and certificates, in expressions, judged by joserfc and openssl."""

from __future__ import annotations

import typing as t

import pytest
import shared_run
from joserfc.jwk import RSAKey

BOTH = ("to_jwk", "to_qlik_pem_line")

REFUSED = [
    (17, "is not a text: give it a public key or certificate in PEM format."),
    ("", "is empty: specify a public key in PEM format."),
    ("hello", "is not a public key in PEM format: the line '-----BEGIN PUBLIC KEY-----' is missing."),
    ("private", "contains a private key, not a public key: extract it with 'openssl pkey -in FILE -pubout -out NEW'."),
    ("cut off", "is cut off: the line '-----END CERTIFICATE-----' is missing. Copy the whole text."),
    ("EC", "is not an RSA key, but Qlik Cloud requires RSA: use an RSA key."),
    ("1024 bits", "has 1024 bits, which is not safe: use an RSA key of 2048 bits or more."),
]


@pytest.fixture(scope="module")
def texts(
    openssl: t.Callable[..., bytes], private_keys: dict[str, bytes], rsa_pem: bytes, self_signed: t.Callable[..., bytes]
) -> dict[str, str]:
    """Inputs by what they are."""
    certificate = self_signed(rsa_pem, "-subj", "/CN=qs-jwt")
    found = {
        "public": private_keys["public"],
        "certificate": certificate,
        "printed": openssl("x509", "-text", data=certificate),
        "private": rsa_pem,
        "cut off": certificate[:300],
        "EC": openssl("pkey", "-pubout", data=private_keys["EC"]),
        "1024 bits": openssl("pkey", "-pubout", data=private_keys["1024 bits"]),
        "quoted": b"> " + private_keys["public"].replace(b"\n", b"\n> "),
    }
    return {name: data.decode() for name, data in found.items()}


def task(name: str, value: t.Any, expression: str) -> dict[str, t.Any]:
    """A task that evaluates an expression with a value."""
    return {"name": name, "ansible.builtin.set_fact": {"found": f"{{{{ {expression} }}}}"}, "vars": {"value": value}}


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory, module_home: t.Any, texts: dict[str, str]
) -> shared_run.Together:
    """All expressions, in one run."""
    run = shared_run.runner(tmp_path_factory.mktemp("filters"), module_home)
    tasks = [
        *(
            task(f"{name} of {form}", texts[form], f"value | tenantops.qlik.{name}")
            for form in ("public", "certificate", "printed", "quoted")
            for name in BOTH
        ),
        *(
            task(f"{name}: {refusal}", texts.get(value, value), f"value | tenantops.qlik.{name}")
            for value, refusal in REFUSED
            for name in BOTH
        ),
        task("null", None, "value | tenantops.qlik.to_jwk"),
        task("key id", texts["public"], "value | tenantops.qlik.to_jwk(key_id='2026')"),
        *(
            task(f"key id {key_id}", texts["public"], f"value | tenantops.qlik.to_jwk(key_id={key_id})")
            for key_id in ("''", "17")
        ),
    ]
    return shared_run.run_together(run, "in-process", tasks)


def found(together: shared_run.Together, name: str) -> t.Any:
    """What an expression returned."""
    return together.results[name]["ansible_facts"]["found"]


def printed(together: shared_run.Together, name: str) -> str:
    """What Ansible printed about a failure. Before 2.19, that is JSON, in which quotation marks are escaped."""
    assert together.results[name]["failed"]
    return " ".join(together.results[name]["_output"].replace('\\"', '"').split())


@pytest.mark.parametrize("form", ["public", "certificate", "printed", "quoted"])
def test_the_jwk_is_what_joserfc_makes_of_the_key(
    together: shared_run.Together, texts: dict[str, str], form: str
) -> None:
    theirs = RSAKey.import_key(texts["public"], {"use": "sig", "alg": "RS256"})
    assert found(together, f"to_jwk of {form}") == {**theirs.as_dict(private=False), "kid": theirs.thumbprint()}


def test_the_key_id_can_be_given(together: shared_run.Together) -> None:
    assert found(together, "key id")["kid"] == "2026"


@pytest.mark.parametrize(
    "form, of", {"public": "public", "certificate": "certificate", "printed": "certificate", "quoted": "public"}.items()
)
def test_the_line_is_the_pem_without_line_breaks(
    together: shared_run.Together, texts: dict[str, str], form: str, of: str
) -> None:
    assert found(together, f"to_qlik_pem_line of {form}") == texts[of].replace("\n", "")


def test_what_was_repaired_is_said(together: shared_run.Together) -> None:
    output = " ".join(together.results["to_jwk of quoted"]["_output"].split())
    assert "The input of to_jwk is not well-formed: it has quotation marks (>)." in output


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("refusal", [refusal for _value, refusal in REFUSED])
def test_bad_input_gets_a_sentence(together: shared_run.Together, name: str, refusal: str) -> None:
    output = printed(together, f"{name}: {refusal}")
    assert f"The input of {name} {refusal}" in output
    assert "Traceback" not in output


def test_what_check_mode_does_not_know_is_refused(together: shared_run.Together) -> None:
    assert f"The input of to_jwk {REFUSED[0][1]}" in printed(together, "null")


@pytest.mark.parametrize("key_id", ["''", "17"])
def test_a_key_id_that_is_none_is_refused(together: shared_run.Together, key_id: str) -> None:
    sentence = "The key_id of to_jwk must be a text that is not empty, or be left out."
    assert sentence in printed(together, f"key id {key_id}")


def test_no_private_key_is_printed(together: shared_run.Together, texts: dict[str, str]) -> None:
    body = texts["private"].splitlines()[5]
    assert body not in together.results[f"to_jwk: {REFUSED[3][1]}"]["_output"]
