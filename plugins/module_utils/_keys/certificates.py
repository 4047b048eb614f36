# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The self-signed certificate: issue it, read it, see whether it still fits. The only place that uses x509."""

from __future__ import annotations

import contextlib
import datetime
import typing as t

from .._errors import CertificateError, OptionError, PemError
from . import pem, public_keys

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
except ImportError:
    pass  # Modules report it: see _module.run.

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
MAXIMUM_COMMON_NAME_LENGTH = 64
"""Characters: ub-common-name of RFC 5280, appendix A.1."""

MAXIMUM_SERIAL_BITS = 160
"""20 octets: RFC 5280, section 4.1.2.2."""

_CLOCKS = datetime.timedelta(minutes=5)
"""How far the clock of another machine may be ahead, or of a run that this one has waited for."""


class Terms(t.NamedTuple):
    """What a certificate is issued for; days are of 24 hours."""

    common_name: str
    valid_days: int
    renew_before_days: int


def terms(common_name: str | None, valid_days: int, renew_before_days: int | None) -> Terms:
    """Check the terms and fill in the renewal window: 30 days, or a third of the lifetime if that is not shorter.

    :raises OptionError: if the terms contradict each other or cannot be written in a certificate.
    """
    try:
        length = len(common_name.encode()) if common_name and common_name.strip() else 0
    except UnicodeEncodeError:  # bytes that are no text
        length = 0
    if not 1 <= length <= MAXIMUM_COMMON_NAME_LENGTH:
        raise OptionError(
            f"O(common_name) must have 1 to {MAXIMUM_COMMON_NAME_LENGTH} characters, of which those beyond ASCII count"
            " more than once: give another one."
        )
    if not 1 <= valid_days <= 36500:
        raise OptionError(f"O(valid_days) is {valid_days}: give a number of days from 1 to 36500.")
    if renew_before_days is None:
        renew_before_days = 30 if valid_days > 30 else valid_days // 3
    if not 0 <= renew_before_days < valid_days:
        raise OptionError(
            f"O(renew_before_days) is {renew_before_days}, but the certificate is valid for {valid_days} days: with such"
            " a window every run would renew it. Give fewer days, at least 0."
        )
    return Terms(common_name, valid_days, renew_before_days)


def issue(key: rsa.RSAPrivateKey, wanted: Terms, now: datetime.datetime) -> x509.Certificate:
    """Issue a self-signed certificate: X.509 v3, SHA-256, random serial number, for signatures alone (RFC 5280)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.common_name)])
    start = now.astimezone(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    uses = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=wanted.valid_days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def load(data: bytes, source: str) -> x509.Certificate:
    """Read a PEM certificate.

    :raises CertificateError: if it is not one.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem.find(data, "CERTIFICATE", source).text.encode())
        # What is read from it later is parsed only when it is asked for.
        _parsed = certificate.subject, certificate.issuer, not_before(certificate), not_after(certificate)  # noqa: F841
        if certificate.serial_number.bit_length() > MAXIMUM_SERIAL_BITS:
            raise ValueError("a serial number that nobody could write down")
    except (PemError, x509.InvalidVersion, ValueError, TypeError, KeyError) as error:
        raise CertificateError(f"{source} cannot be read as a certificate in PEM form.") from error
    return certificate


def to_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def public_key(certificate: x509.Certificate, source: str) -> rsa.RSAPublicKey:
    """The key that it is for.

    :param source: the file or option that it comes from, for messages.
    :raises CertificateError: if that is no RSA key.
    """
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        key = None
    if not public_keys.is_rsa(key):
        raise CertificateError(f"{source} is a certificate for a key that is no RSA key, but Qlik Cloud needs one.")
    return key


def reasons_to_issue_anew(
    certificate: x509.Certificate, key: rsa.RSAPublicKey, wanted: Terms, now: datetime.datetime
) -> list[str]:
    """Why the certificate does not fit (any more), in words; empty if it does."""
    if not _is_for(certificate, key):
        return ["it is for another key"]
    reasons = signature_faults(certificate, key)
    names = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [wanted.common_name]:
        reasons.append("it is for another common name")
    if not_after(certificate) - not_before(certificate) != datetime.timedelta(days=wanted.valid_days):
        reasons.append("it is for another number of days")
    if not_before(certificate) - now > _CLOCKS:
        reasons.append(f"it is valid only from {not_before(certificate).date().isoformat()} on")
    if not_after(certificate) - now <= datetime.timedelta(days=wanted.renew_before_days):
        reasons.append(f"it expires on {not_after(certificate).date().isoformat()}")
    return reasons


def signature_faults(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> list[str]:
    """What is wrong with the signature of a self-signed certificate, in words."""
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        return ["it is not signed with SHA-256"]
    return [] if _is_signed_by(certificate, key) else ["its signature does not fit its key"]


def faults_of_time(certificate: x509.Certificate, renew_before_days: int, now: datetime.datetime) -> list[str]:
    """Whether it cannot be used now, or not for long, in words."""
    if now < not_before(certificate):
        return [f"it is valid only from {not_before(certificate).date().isoformat()} on"]
    if now > not_after(certificate):
        return [f"it expired on {not_after(certificate).date().isoformat()}"]
    if not_after(certificate) - now <= datetime.timedelta(days=renew_before_days):
        return [f"it expires on {not_after(certificate).date().isoformat()}"]
    return []


def is_issued_by_another(data: bytes) -> bool:
    """Whether a file holds a certificate that somebody else, such as a company's CA, has issued.

    Such a file is not ours to replace, so its form does not matter: PEM, a chain of several, or DER.
    """
    found = [_BEGIN + part[: part.find(_END)] + _END for part in data.split(_BEGIN)[1:] if _END in part]
    loaders = [(x509.load_pem_x509_certificate, text) for text in found] or [(x509.load_der_x509_certificate, data)]
    for load_one, text in loaders:
        with contextlib.suppress(x509.InvalidVersion, ValueError, TypeError, KeyError):
            certificate = load_one(text)
            if certificate.issuer != certificate.subject:
                return True
    return False


def describe(certificate: x509.Certificate) -> dict[str, t.Any]:
    """The facts about it that modules return: PEM, fingerprint, serial number, validity."""
    text = to_pem(certificate).decode()
    return {
        "certificate": text,
        "certificate_line": pem.one_line(text),
        "fingerprint_sha256": certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        "serial_number": certificate.serial_number,
        "not_before": _iso8601(not_before(certificate)),
        "not_after": _iso8601(not_after(certificate)),
    }


def not_before(certificate: x509.Certificate) -> datetime.datetime:
    """The start of its validity, in UTC."""
    return _utc(certificate, "not_valid_before")


def not_after(certificate: x509.Certificate) -> datetime.datetime:
    """The end of its validity, in UTC."""
    return _utc(certificate, "not_valid_after")


def _utc(certificate: x509.Certificate, attribute: str) -> datetime.datetime:
    # cryptography 42 added the attributes that know their time zone and deprecated the others.
    aware = getattr(certificate, f"{attribute}_utc", None)
    return aware or getattr(certificate, attribute).replace(tzinfo=datetime.timezone.utc)


def _iso8601(when: datetime.datetime) -> str:
    # Unlike strftime, it writes four digits for each year.
    return f"{when.replace(tzinfo=None).isoformat()}Z"


def _is_signed_by(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> bool:
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    # As a BIT STRING, it could say that some bits of its last byte do not count (X.690, section 8.6.2).
    return certificate.public_bytes(serialization.Encoding.DER).endswith(b"\0" + certificate.signature)


def _is_for(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> bool:
    with contextlib.suppress(CertificateError):
        return public_key(certificate, "").public_numbers() == key.public_numbers()
    return False
