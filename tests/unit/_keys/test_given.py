# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A public key that an option gives: by itself or in a certificate, as a file or as text."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest
from joserfc.jwk import RSAKey

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import (
    CertificateError,
    FileError,
    OptionError,
    PemError,
)
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given

Openssl = t.Callable[..., bytes]


@pytest.fixture(scope="module")
def pems(openssl: Openssl, self_signed: t.Callable[..., bytes], rsa_pem: bytes) -> dict[str, bytes]:
    """One key in both forms, by the beginning of the option's name."""
    return {
        "certificate": self_signed(rsa_pem, "-subj", "/CN=qs-jwt", "-days", "10"),
        "public_key": openssl("pkey", "-pubout", data=rsa_pem),
    }


def read(**options: str) -> given.PublicKey | None:
    """What these options give."""
    return given.from_options({**dict.fromkeys(given.OPTIONS), **options})


@pytest.mark.parametrize("option", given.OPTIONS)
def test_each_option_gives_the_same_key(
    pems: dict[str, bytes], openssl: Openssl, rsa_pem: bytes, tmp_path: pathlib.Path, option: str
) -> None:
    pem = pems[option.rpartition("_")[0]]
    path = tmp_path / "file"
    path.write_bytes(pem)
    key = read(**{option: str(path) if option.endswith("_path") else pem.decode()})
    assert key.line == pem.decode().replace("\n", "")
    assert key.thumbprint == RSAKey.import_key(rsa_pem).thumbprint()
    if "certificate" in option:
        der = openssl("x509", "-outform", "DER", data=pem)
        assert key.fingerprint.replace(":", "").lower() == hashlib.sha256(der).hexdigest()
        assert key.not_after.endswith("Z")
    else:
        assert (key.fingerprint, key.not_after) == (None, None)


@pytest.mark.parametrize("form", ["certificate", "public_key"])
@pytest.mark.parametrize("encoding", ["PEM", "DER"])
def test_either_is_recognized(
    pems: dict[str, bytes], openssl: Openssl, rsa_pem: bytes, form: str, encoding: str
) -> None:
    command = {"certificate": ["x509"], "public_key": ["pkey", "-pubin"]}[form]
    data = openssl(*command, "-outform", encoding, data=pems[form])
    key = given.parse_either(data, "THE_FILE")
    assert key.thumbprint == RSAKey.import_key(rsa_pem).thumbprint()
    assert key.line == pems[form].decode().replace("\n", "")


def test_neither_is_refused(pems: dict[str, bytes], rsa_pem: bytes) -> None:
    def refusal(data: bytes) -> str:
        with pytest.raises((PemError, CertificateError)) as caught:
            given.parse_either(data, "THE_FILE")
        return str(caught.value)

    assert refusal(rsa_pem).startswith("THE_FILE contains a private key, not a public key: extract it with ")
    assert refusal(pems["certificate"][:300]).startswith("THE_FILE is cut off: the line '-----END CERTIFICATE-----' is")
    assert refusal(pems["public_key"][:200]).startswith("THE_FILE is cut off: the line '-----END PUBLIC KEY-----' is")
    assert refusal(b"").startswith("THE_FILE is empty: specify a public key")


def test_no_option_gives_nothing() -> None:
    assert read() is None


def test_a_file_may_be_missing_only_where_that_is_said(tmp_path: pathlib.Path) -> None:
    options = {**dict.fromkeys(given.OPTIONS), "certificate_path": str(tmp_path / "missing")}
    assert given.from_options(options, may_be_missing=True) is None
    with pytest.raises(FileError, match="certificate_path: cannot read .*missing"):
        given.from_options(options)
    with pytest.raises(OptionError, match="^certificate_path is empty"):
        given.from_options({**options, "certificate_path": ""}, may_be_missing=True)


def test_the_option_is_named(pems: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    with pytest.raises(CertificateError, match="^certificate_content contains a public key, not a certificate"):
        read(certificate_content=pems["public_key"].decode())
    with pytest.raises(PemError, match="^public_key_content contains a certificate"):
        read(public_key_content=pems["certificate"].decode())
    with pytest.raises(FileError, match=f"^certificate_path: .*{tmp_path}/missing"):
        read(certificate_path=str(tmp_path / "missing"))
    with pytest.raises(OptionError, match="^public_key_path ") as caught:
        read(public_key_path=pems["public_key"].decode())
    assert caught.value.option == "public_key_path"


def test_der_files_are_read(pems: dict[str, bytes], openssl: Openssl, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    for name, command in (("certificate", ["x509"]), ("public_key", ["pkey", "-pubin"])):
        path.write_bytes(openssl(*command, "-outform", "DER", data=pems[name]))
        found = read(**{f"{name}_path": str(path)}), read(**{f"{name}_content": pems[name].decode()})
        # Old releases of cryptography do not compare keys, but the thumbprint identifies them.
        assert found[0]._replace(key=None) == found[1]._replace(key=None)


def test_repairs_are_returned(pems: dict[str, bytes]) -> None:
    assert read(certificate_content=pems["certificate"].decode()).repairs is None
    old_label = pems["certificate"].decode().replace(" CERTIFICATE", " X509 CERTIFICATE")
    assert "has the label 'X509 CERTIFICATE' instead of 'CERTIFICATE'" in read(certificate_content=old_label).repairs
