# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of a JWT identity provider, as a tenant reads it."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import re
import textwrap

import errors
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_PEM = re.compile(r"(-----BEGIN (CERTIFICATE|PUBLIC KEY)-----)([A-Za-z0-9+/=\s]+)(-----END \2-----)\s*")


@dataclasses.dataclass(frozen=True)
class Key:
    """A public key, and when its certificate is valid.

    :param public_pem: as SubjectPublicKeyInfo.
    :param not_before: seconds since 1970; a bare key is always valid.
    """

    public_pem: str
    not_before: float = float("-inf")
    not_after: float = float("inf")


def read(text: str, line_breaks: bool, public_key: bool) -> Key:
    """Read the PEM of a certificate or public key.

    :param line_breaks: whether they are allowed; otherwise there must be no white space at all.
    :param public_key: whether a public key is allowed.
    :raises errors.Refusal: if it is something else.
    """
    parts = _PEM.fullmatch(text)
    if not parts:
        raise errors.simulated(400, "PEM", "The pem must be that of one certificate.")
    label, data = parts[2], parts[3]
    if not line_breaks and (re.search(r"\s", data) or text != text.strip()):
        raise errors.simulated(400, "PEM-LINES", "The pem must be on a single line without any line breaks.")
    if label == "PUBLIC KEY" and not public_key:
        raise errors.simulated(400, "PUBLIC-KEY", "The pem must be a certificate, not a public key.")
    try:
        der = base64.b64decode("".join(data.split()), validate=True)
        certificate = x509.load_der_x509_certificate(der) if label == "CERTIFICATE" else None
        key = certificate.public_key() if certificate else serialization.load_der_public_key(der)
    except (binascii.Error, ValueError) as error:
        raise errors.simulated(400, "PEM", f"The pem cannot be read: {error}") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise errors.simulated(400, "KEY-TYPE", "The pem must hold an RSA key.")
    public_pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    if certificate is None:
        return Key(public_pem)
    return Key(public_pem, _timestamp(certificate, "not_valid_before"), _timestamp(certificate, "not_valid_after"))


def _timestamp(certificate: x509.Certificate, attribute: str) -> float:
    """Seconds since the epoch. Before release 42, cryptography has times without a zone, in UTC."""
    aware = getattr(certificate, f"{attribute}_utc", None)
    return (aware or getattr(certificate, attribute).replace(tzinfo=datetime.timezone.utc)).timestamp()


def with_line_breaks(text: str) -> str:
    """The same PEM in lines of 64 characters, as RFC 7468 wants it."""
    begin, dummy, data, end = _PEM.fullmatch(text).groups()
    return "\n".join([begin, *textwrap.wrap("".join(data.split()), 64), end, ""])
