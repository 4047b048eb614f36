# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The self-signed certificate: issue, parse and check it. The only file that uses x509."""

from __future__ import annotations

import contextlib
import datetime
import typing as t

from .._errors import CertificateError, OptionError, PemError
from . import der, pem, public_keys, texts

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.x509.oid import NameOID, SignatureAlgorithmOID
except ImportError:
    pass  # Modules report it: see _module.run.

MAXIMUM_COMMON_NAME_LENGTH = 64
"""In characters: ub-common-name of RFC 5280, appendix A.1."""

MAXIMUM_SERIAL_BITS = 160
"""20 octets: RFC 5280, section 4.1.2.2."""

FACTS = ("certificate", "certificate_line", "fingerprint_sha256", "serial_number", "not_before", "not_after")
"""The names of what :func:`describe` returns."""

CLOCK_SKEW = datetime.timedelta(minutes=5)
"""Tolerance for the clock of another machine, and for the time spent waiting for another run."""


class Terms(t.NamedTuple):
    """The parameters of a certificate. A day has 24 hours."""

    common_name: str
    valid_days: int
    renew_before_days: int


def terms(common_name: str | None, valid_days: int, renew_before_days: int | None) -> Terms:
    """Validate the terms. The default renewal window is 30 days, or a third of a lifetime of up to 30 days.

    :raises OptionError: if the terms contradict each other or cannot be represented in a certificate.
    """
    try:
        length = len(common_name.encode()) if common_name and common_name.strip() else 0
    except UnicodeEncodeError:  # not valid UTF-8
        length = 0
    if not 1 <= length <= MAXIMUM_COMMON_NAME_LENGTH:
        raise OptionError(
            f"O(common_name) must have 1 to {MAXIMUM_COMMON_NAME_LENGTH} characters, where each non-ASCII character"
            " counts more than once: choose another one."
        )
    if not 1 <= valid_days <= 36500:
        raise OptionError(f"O(valid_days) is {valid_days}: specify a number of days from 1 to 36500.")
    if renew_before_days is None:
        renew_before_days = 30 if valid_days > 30 else valid_days // 3
    if not 0 <= renew_before_days < valid_days:
        raise OptionError(
            f"O(renew_before_days) is {renew_before_days}, but the certificate is valid for {valid_days} days: with"
            " such a window, every run would renew it. Specify fewer days, at least 0."
        )
    return Terms(common_name, valid_days, renew_before_days)


def issue(key: rsa.RSAPrivateKey, wanted: Terms, now: datetime.datetime) -> x509.Certificate:
    """Issue a self-signed certificate: X.509 v3, SHA-256, random serial number, digital signatures only (RFC 5280)."""
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


class Loaded(t.NamedTuple):
    """A certificate. ``repairs`` is a warning about what is wrong with its text, or None."""

    certificate: x509.Certificate
    repairs: str | None


def load(data: bytes, source: str) -> Loaded:
    """Parse a certificate, PEM or DER. Of a chain, it is the first one, whose issuers follow (RFC 8446, section 4.4.2).

    :raises CertificateError: if it cannot be parsed, or if there are several that are not a chain.
    """
    try:
        blocks = pem.find_all(data, "CERTIFICATE", source)
        chain = [_parse(block, source) for block in blocks]
    except PemError as error:
        raise CertificateError(error.message) from error
    # A certificate that is its own issuer ends a chain.
    if any(one.issuer == one.subject or one.issuer != following.subject for one, following in zip(chain, chain[1:])):
        raise CertificateError(
            f"{source} contains {len(chain)} certificates that are not a chain beginning with the one to use: keep only"
            " that one."
        )
    return Loaded(chain[0], pem.warning(blocks[0], source))


def _parse(block: pem.PemBlock, source: str) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(block.text.encode())
        # cryptography parses these fields lazily: access them here, so that errors occur now and not later.
        _parsed = certificate.subject, certificate.issuer, not_before(certificate), not_after(certificate)  # noqa: F841
        if certificate.serial_number.bit_length() > MAXIMUM_SERIAL_BITS:
            raise ValueError("serial number too long")
    except (x509.InvalidVersion, ValueError, TypeError, KeyError) as error:
        raise CertificateError(f"{source} is damaged: it cannot be read as a certificate. Copy it again.") from error
    return certificate


def to_pem(certificate: x509.Certificate) -> bytes:
    """The certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def public_key(certificate: x509.Certificate, source: str) -> rsa.RSAPublicKey:
    """The public key in a certificate.

    :param source: the file or option that contains the certificate, for messages.
    :raises CertificateError: if it is not an RSA key.
    """
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        key = None
    if not public_keys.is_rsa(key):
        raise CertificateError(
            f"{source} contains a non-RSA key, but Qlik Cloud requires RSA: use a certificate for an RSA key."
        )
    return key


def reasons_to_reissue(
    certificate: x509.Certificate, key: rsa.RSAPublicKey, wanted: Terms, now: datetime.datetime
) -> list[str]:
    """The reasons why the certificate must be reissued, as phrases; empty if it can stay."""
    if not _is_for(certificate, key):
        return ["it is for another key"]
    reasons = signature_faults(certificate, key)
    names = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [wanted.common_name]:
        reasons.append("it has another common name")
    if not_after(certificate) - not_before(certificate) != datetime.timedelta(days=wanted.valid_days):
        reasons.append("it has another lifetime")
    if not_before(certificate) - now > CLOCK_SKEW:
        reasons.append(f"it is not valid before {not_before(certificate).date().isoformat()}")
    if not_after(certificate) - now <= datetime.timedelta(days=wanted.renew_before_days):
        reasons.append(f"it expires on {not_after(certificate).date().isoformat()}")
    return reasons


def terms_to_keep(
    certificate: x509.Certificate, key: rsa.RSAPublicKey, wanted: Terms, now: datetime.datetime
) -> Terms | None:
    """The terms with which the certificate would not be reissued; None if it must be reissued in any case.

    Of a subject with several parts, only the common name matters.
    """
    names = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    days = (not_after(certificate) - not_before(certificate)) // datetime.timedelta(days=1)
    with contextlib.suppress(OptionError):
        kept = terms(names[0] if names else None, days, wanted.renew_before_days)
        return None if reasons_to_reissue(certificate, key, kept, now) else kept
    return None


def signature_faults(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> list[str]:
    """Problems with the signature of a self-signed certificate, as phrases."""
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.RSA_WITH_SHA256:
        return ["it is not signed with SHA-256"]
    return [] if _is_signed_by(certificate, key) else ["its signature does not match its key"]


def validity_faults(certificate: x509.Certificate, renew_before_days: int, now: datetime.datetime) -> list[str]:
    """Problems with the validity of a certificate, now or soon, as phrases."""
    if now < not_before(certificate):
        return [f"it is not valid before {not_before(certificate).date().isoformat()}"]
    if now > not_after(certificate):
        return [f"it expired on {not_after(certificate).date().isoformat()}"]
    if not_after(certificate) - now <= datetime.timedelta(days=renew_before_days):
        return [f"it expires on {not_after(certificate).date().isoformat()}"]
    return []


def is_issued_by_another(data: bytes) -> bool:
    """Whether a file contains a certificate that was issued by a third party, such as a company's CA.

    We must not replace such a file, whatever its format: PEM, a PEM chain, DER, or PKCS#7.
    """
    # Look at each block separately: another one may be unreadable.
    text = texts.decode(data)
    if "-----BEGIN PKCS7-----" in text or der.label(data) == "PKCS7":
        return True  # we only create certificates
    parts = [f"-----BEGIN{part}".encode() for part in text.split("-----BEGIN")[1:]]
    for part in parts or [data]:
        with contextlib.suppress(PemError, x509.InvalidVersion, ValueError, TypeError, KeyError):
            certificate = x509.load_pem_x509_certificate(pem.find(part, "CERTIFICATE", "").text.encode())
            if certificate.issuer != certificate.subject:
                return True
    return False


def describe(certificate: x509.Certificate) -> dict[str, t.Any]:
    """The facts about a certificate that modules return: PEM, fingerprint, serial number and validity."""
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
    """The start of the validity, in UTC."""
    return _utc(certificate, "not_valid_before")


def not_after(certificate: x509.Certificate) -> datetime.datetime:
    """The end of the validity, in UTC."""
    return _utc(certificate, "not_valid_after")


def _utc(certificate: x509.Certificate, attribute: str) -> datetime.datetime:
    # cryptography 42 added timezone-aware attributes and deprecated the others.
    aware = getattr(certificate, f"{attribute}_utc", None)
    return aware or getattr(certificate, attribute).replace(tzinfo=datetime.timezone.utc)


def _iso8601(when: datetime.datetime) -> str:
    # Unlike strftime, isoformat always writes the year with four digits.
    return f"{when.replace(tzinfo=None).isoformat()}Z"


def _is_signed_by(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> bool:
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    # The signature is a BIT STRING, which could declare bits of its last byte as unused (X.690, section 8.6.2).
    return certificate.public_bytes(serialization.Encoding.DER).endswith(b"\0" + certificate.signature)


def _is_for(certificate: x509.Certificate, key: rsa.RSAPublicKey) -> bool:
    with contextlib.suppress(CertificateError):
        return public_key(certificate, "").public_numbers() == key.public_numbers()
    return False
