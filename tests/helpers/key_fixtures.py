# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of a known origin, and the commands that judge what the library makes."""

from __future__ import annotations

import datetime
import pathlib
import subprocess
import typing as t

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def _run(*command: str, data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


@pytest.fixture(scope="session")
def openssl() -> t.Callable[..., bytes]:
    """Run an openssl command, with ``data`` as its input; it must succeed."""
    return lambda *arguments, data=b"": _run("openssl", *arguments, data=data)


@pytest.fixture(scope="session")
def passphrase() -> str:
    """The passphrase of the keys that have one."""
    return "correct horse battery"


@pytest.fixture(scope="session")
def rsa_pem(openssl: t.Callable[..., bytes]) -> bytes:
    """An RSA key of 2048 bits, as PKCS#8."""
    return openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


@pytest.fixture(scope="session")
def other_rsa_pem(openssl: t.Callable[..., bytes]) -> bytes:
    """Another one."""
    return openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


@pytest.fixture(scope="session")
def rsa_key(rsa_pem: bytes) -> rsa.RSAPrivateKey:
    """The key of ``rsa_pem``, loaded by cryptography with all of its own checks."""
    return serialization.load_pem_private_key(rsa_pem, None)


@pytest.fixture(scope="session")
def other_rsa_key(other_rsa_pem: bytes) -> rsa.RSAPrivateKey:
    """The key of ``other_rsa_pem``."""
    return serialization.load_pem_private_key(other_rsa_pem, None)


@pytest.fixture(scope="session")
def private_keys(
    openssl: t.Callable[..., bytes], rsa_pem: bytes, passphrase: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """Private keys by their form or kind. The RSA keys of 2048 bits are all the one of ``rsa_pem``."""

    def generated(algorithm: str, *options: str) -> bytes:
        return openssl(
            "genpkey", "-algorithm", algorithm, *(part for option in options for part in ("-pkeyopt", option))
        )

    def converted(pem: bytes, *arguments: str) -> bytes:
        return openssl(*arguments, "-passout", f"pass:{passphrase}", data=pem)

    ec = generated("EC", "ec_paramgen_curve:P-256")
    dsa_parameters = tmp_path_factory.mktemp("dsa") / "parameters"
    dsa_parameters.write_bytes(openssl("dsaparam", "1024"))
    dsa = openssl("genpkey", "-paramfile", str(dsa_parameters))
    return {
        "PKCS#8": rsa_pem,
        "PKCS#1": openssl("rsa", "-traditional", data=rsa_pem),
        "encrypted PKCS#8": converted(rsa_pem, "pkcs8", "-topk8", "-v2", "aes-256-cbc"),
        "encrypted PKCS#1": converted(rsa_pem, "rsa", "-aes256", "-traditional"),
        "OpenSSH": _openssh(tmp_path_factory.mktemp("openssh") / "key"),
        "DER": openssl("pkey", "-outform", "DER", data=rsa_pem),
        "public": openssl("pkey", "-pubout", data=rsa_pem),
        "1024 bits": generated("RSA", "rsa_keygen_bits:1024"),
        "3072 bits": generated("RSA", "rsa_keygen_bits:3072"),
        "EC": ec,
        "EC, traditional": openssl("ec", data=ec),
        "EC with parameters": openssl("ecparam", "-name", "prime256v1", "-genkey"),
        "EC, encrypted": converted(ec, "pkcs8", "-topk8"),
        "DSA": dsa,
        "DSA, traditional": openssl("pkey", "-traditional", data=dsa),
        "Ed25519": generated("ED25519"),
    }


def _openssh(path: pathlib.Path) -> bytes:
    _run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(path))
    return path.read_bytes()


@pytest.fixture(scope="session")
def now() -> datetime.datetime:
    """The time at which everything happens: fixed, in UTC, and not on a full second."""
    return datetime.datetime(2026, 5, 31, 22, 30, 15, 678901, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="session")
def self_signed(
    openssl: t.Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory
) -> t.Callable[[bytes, str], bytes]:
    """Make a self-signed certificate with ``openssl req -x509``: for this key, with these options."""

    def issue(key: bytes, *options: str) -> bytes:
        path = tmp_path_factory.mktemp("self-signed") / "key"
        path.write_bytes(key)
        return openssl("req", "-x509", "-key", str(path), *options)

    return issue


@pytest.fixture(scope="session")
def ca_signed(
    openssl: t.Callable[..., bytes],
    self_signed: t.Callable[[bytes, str], bytes],
    other_rsa_pem: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> t.Callable[[bytes], tuple[bytes, bytes]]:
    """Have a certificate for a key issued by a CA, whose key is ``other_rsa_pem``: that, and the CA's own."""

    def issue(key: bytes) -> tuple[bytes, bytes]:
        folder = tmp_path_factory.mktemp("ca")
        ca = self_signed(other_rsa_pem, "-subj", "/CN=Company CA")
        for name, content in {"key": key, "ca": ca, "ca-key": other_rsa_pem}.items():
            (folder / name).write_bytes(content)
        request = openssl("req", "-new", "-key", str(folder / "key"), "-subj", "/CN=qs-jwt")
        signer = ("-CA", str(folder / "ca"), "-CAkey", str(folder / "ca-key"), "-set_serial", "1")
        return openssl("x509", "-req", "-days", "365", *signer, data=request), ca

    return issue
