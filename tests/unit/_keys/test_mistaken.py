# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is not the wanted thing is named for what it is, and the command in the message, run by a shell, gets it."""

from __future__ import annotations

import base64
import pathlib
import re
import subprocess
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given, mistaken
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import private_keys as _private_keys

Material = dict[str, bytes]

KINDS = {
    "PKCS#12": ("a PKCS#12 file", {"PRIVATE KEY", "CERTIFICATE"}),
    "PKCS#7": ("a PKCS#7 file", {"CERTIFICATE"}),
    "PKCS#7, DER": ("a PKCS#7 file", {"CERTIFICATE"}),
    "trusted certificate": ("a trusted certificate in OpenSSL's own format", {"CERTIFICATE"}),
    "request": ("a certificate request (CSR)", {"PUBLIC KEY"}),
    "request, DER": ("a certificate request (CSR)", {"PUBLIC KEY"}),
    "revocation list": ("a certificate revocation list", set()),
    "certificate": ("a certificate", {"PUBLIC KEY"}),
    "certificate, DER": ("a certificate", {"PUBLIC KEY"}),
    "public key": ("a public key", set()),
    "public key, DER": ("a public key", set()),
    "RSA public key": ("an RSA public key", set()),
    "private key": ("a private key", {"PUBLIC KEY"}),
    "private key, DER": ("an RSA private key|a private key", {"PUBLIC KEY"}),
}
"""By kind: what it is called, and what can be made of it."""

FITS = {
    "PRIVATE KEY": ("private key",),
    "PUBLIC KEY": ("public key", "RSA public key"),
    "CERTIFICATE": ("certificate",),
}
"""The kinds, in PEM or DER, that are wanted."""

CASES = [(wanted, kind) for wanted, fitting in FITS.items() for kind in KINDS if kind.partition(",")[0] not in fitting]


@pytest.fixture(scope="module")
def material(openssl: t.Callable[..., bytes], rsa_pem: bytes, tmp_path_factory: pytest.TempPathFactory) -> Material:
    """One of each kind, for the key of ``rsa_pem``."""
    folder = tmp_path_factory.mktemp("material")
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    (folder / "key.pem").write_bytes(rsa_pem)
    made = {"certificate": openssl("req", "-x509", "-key", key, "-subj", "/CN=qs-jwt"), "private key": rsa_pem}
    (folder / "certificate.pem").write_bytes(made["certificate"])
    (folder / "index").write_text("")
    (folder / "ca.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=1\n")
    subprocess.run(
        ["openssl", "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", key, "-cert", certificate, "-out", "crl.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    made["revocation list"] = (folder / "crl.pem").read_bytes()
    made["PKCS#12"] = openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout", "pass:import")
    made["PKCS#7"] = openssl("crl2pkcs7", "-nocrl", "-certfile", certificate)
    made["PKCS#7, DER"] = openssl("crl2pkcs7", "-nocrl", "-certfile", certificate, "-outform", "DER")
    made["trusted certificate"] = openssl("x509", "-in", certificate, "-trustout", "-addtrust", "serverAuth")
    made["request"] = openssl("req", "-new", "-key", key, "-subj", "/CN=qs-jwt")
    made["request, DER"] = openssl("req", "-new", "-key", key, "-subj", "/CN=qs-jwt", "-outform", "DER")
    made["certificate, DER"] = openssl("x509", "-in", certificate, "-outform", "DER")
    made["public key"] = openssl("pkey", "-in", key, "-pubout")
    made["public key, DER"] = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    made["RSA public key"] = openssl("rsa", "-in", key, "-RSAPublicKey_out")
    made["private key, DER"] = openssl("pkey", "-in", key, "-outform", "DER")
    return made


def read(data: bytes, wanted: str, passphrase: str | None = None) -> rsa.RSAPublicKey:
    """The public key in what the library reads."""
    if wanted == "PRIVATE KEY":
        return _private_keys.load(data, passphrase, "THE_FILE", "the_passphrase").key.public_key()
    return given.parse(data, wanted, "THE_FILE").key


@pytest.mark.parametrize(("wanted", "kind"), CASES)
def test_it_is_named_and_the_command_works(
    material: Material, rsa_key: rsa.RSAPrivateKey, tmp_path: pathlib.Path, wanted: str, kind: str
) -> None:
    name, convertible = KINDS[kind]
    with pytest.raises(QlikError) as caught:
        read(material[kind], wanted)
    message = str(caught.value)
    said = re.fullmatch(
        r"THE_FILE contains (.+?)(?:, not a ([a-z ]+))?: (?:extract it with '(.+?)'(?:, and add -legacy .+)?|specify .+)\.",
        message,
    )
    assert said and said[1] in name.split("|"), message
    assert bool(said[3]) == (wanted in convertible), message
    if said[3]:
        (tmp_path / "FILE").write_bytes(material[kind])
        passwords = " -passin pass:import -passout pass:export" if "-nocerts" in said[3] else ""
        passwords = " -passin pass:import" if "-nokeys" in said[3] else passwords
        subprocess.run(said[3] + passwords, shell=True, cwd=tmp_path, check=True, capture_output=True)
        key = read((tmp_path / "NEW").read_bytes(), wanted, "export" if "-nocerts" in said[3] else None)
        assert key.public_numbers() == rsa_key.public_key().public_numbers()


@pytest.mark.parametrize(("wanted", "fitting"), FITS.items())
def test_what_fits_is_taken_in_both_formats(
    material: Material, rsa_key: rsa.RSAPrivateKey, wanted: str, fitting: tuple[str, ...]
) -> None:
    for kind in (*fitting, f"{fitting[0]}, DER"):
        assert read(material[kind], wanted).public_numbers() == rsa_key.public_key().public_numbers()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n", "is a PuTTY key: "),
        ("PuTTY-User-Key-File-2: ssh-rsa\r\n", "is a PuTTY key: "),
        ('{"kty": "RSA", "n": "AQAB"}', "is a JSON Web Key (JWK): "),
        ('{\n  "use": "sig",\n  "kty": "RSA"}', "is a JSON Web Key (JWK): "),
        ("<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>", "is a key in the XML format of .NET: "),
        ("<!DOCTYPE html><html>", "is an HTML page: "),
        ("banana", "is not a private key in PEM format: the line '-----BEGIN "),
    ],
)
def test_other_formats_are_named(text: str, said: str) -> None:
    with pytest.raises(QlikError, match=f"^THE_FILE {re.escape(said)}"):
        read(text.encode(), "PRIVATE KEY")


def test_the_command_for_an_ssh_public_key_works(
    material: Material, rsa_key: rsa.RSAPrivateKey, tmp_path: pathlib.Path
) -> None:
    public = serialization.load_pem_public_key(material["public key"])
    ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (tmp_path / "FILE").write_bytes(ssh + b" anna@host\n")
    with pytest.raises(QlikError) as caught:
        read(ssh, "PUBLIC KEY")
    command = re.fullmatch("THE_FILE is an SSH public key: convert it with '(.+)'.", str(caught.value))[1]
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    key = read((tmp_path / "NEW").read_bytes(), "PUBLIC KEY")
    assert key.public_numbers() == rsa_key.public_key().public_numbers()


@pytest.mark.parametrize("wanted", ["PRIVATE KEY", "CERTIFICATE"])
def test_an_ssh_public_key_cannot_be_converted_to_anything_else(rsa_key: rsa.RSAPrivateKey, wanted: str) -> None:
    encoding, form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    with pytest.raises(QlikError, match=f"^THE_FILE is an SSH public key: specify the {wanted.lower()}.$"):
        read(rsa_key.public_key().public_bytes(encoding, form), wanted)


def test_no_command_is_given_for_a_file_that_openssl_cannot_read(material: Material) -> None:
    for encoded in (base64.b64encode(material["PKCS#7"]), material["PKCS#7"].decode().encode("utf-16")):
        with pytest.raises(QlikError, match="^THE_FILE contains a PKCS#7 file, not a certificate: specify the certif"):
            read(encoded, "CERTIFICATE")


def test_a_label_that_hides_something_else(material: Material) -> None:
    wrong = material["certificate"].replace(b"CERTIFICATE", b"PRIVATE KEY")
    with pytest.raises(QlikError, match="^THE_FILE contains a certificate labeled as 'PRIVATE KEY', not a private key"):
        read(wrong, "PRIVATE KEY")


def test_every_label_has_an_article() -> None:
    for label in ("CERTIFICATE", "PUBLIC KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK"):
        assert re.match("an? ", mistaken.noun(label))
