# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that live as long as the simulator: for its TLS server, and for providers that nobody logs in with."""

from __future__ import annotations

import datetime
import ipaddress
import pathlib
import ssl
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_LIFETIME = datetime.timedelta(days=30)
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def server_context(addresses: t.Sequence[str], folder: pathlib.Path) -> tuple[ssl.SSLContext, pathlib.Path]:
    """A TLS server for these addresses.

    :param folder: where its files are made.
    :returns: it, and the path of the CA's certificate.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("CA of a tenant simulator")
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = _issue(ca_name, ca_key, ca_name, ca_key, (x509.BasicConstraints(True, 0), True), (ca_id, False), _signs(True))
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses)]
    certificate = _issue(
        _name("Tenant simulator"),
        key,
        ca_name,
        ca_key,
        (x509.BasicConstraints(False, None), True),
        (x509.SubjectAlternativeName(names), False),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), False),
        _signs(False),
    )
    ca_path, chain_path = folder / "ca.pem", folder / "server.pem"
    ca_path.write_text(_pem(ca))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain_path.write_text(private.decode() + _pem(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_path)
    return context, ca_path


def one_line_certificate() -> str:
    """A self-signed certificate for a new RSA key, as identity providers have it: PEM without line breaks."""
    key = rsa.generate_private_key(65537, 2048)
    name = _name("Another provider")
    return _pem(_issue(name, key, name, key)).replace("\n", "")


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _signs(certificates: bool) -> tuple[x509.ExtensionType, bool]:
    return (
        x509.KeyUsage(
            digital_signature=not certificates,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=certificates,
            crl_sign=certificates,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    )


def _issue(
    name: x509.Name, key: _Key, issuer: x509.Name, issuer_key: _Key, *extensions: tuple[x509.ExtensionType, bool]
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())
