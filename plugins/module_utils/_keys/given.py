# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a public key from an option or a tenant: a key or a certificate, as a file or as content."""

from __future__ import annotations

import typing as t

from .._errors import CertificateError, PemError
from .._files import read
from .._files.options import check_path
from . import certificates, pem, public_keys

if t.TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

OPTIONS = {
    "certificate_path": "CERTIFICATE",
    "certificate_content": "CERTIFICATE",
    "public_key_path": "PUBLIC KEY",
    "public_key_content": "PUBLIC KEY",
}
"""The options for a public key, and the PEM label that each expects."""


class PublicKey(t.NamedTuple):
    """A public key, possibly from a certificate.

    ``line`` is the PEM of the key or certificate on a single line. ``thumbprint`` identifies the key (RFC 7638).
    ``fingerprint`` and ``not_after`` describe the certificate, or are None. ``repairs`` is a warning about what is wrong
    with the text, or None.
    """

    key: rsa.RSAPublicKey
    line: str
    thumbprint: str
    fingerprint: str | None
    not_after: str | None
    repairs: str | None


def from_options(options: t.Mapping[str, t.Any], may_be_missing: bool = False) -> PublicKey | None:
    """The public key that the options specify; None if they do not specify one.

    :param may_be_missing: whether None is also for a file that does not exist, as in check mode.
    :raises QlikError: if it cannot be read.
    """
    for option, label in OPTIONS.items():
        value = options[option]
        if value is None:
            continue
        if not option.endswith("_path"):
            return parse(value.encode(errors="replace"), label, f"O({option})")
        check_path(value, option)
        if may_be_missing and not read.exists(value):
            return None
        return parse(read.content(value, option), label, f"O({option}): {value}")
    return None


def parse_either(data: bytes, source: str) -> PublicKey:
    """Parse a public key, or else a certificate, whichever it is.

    :param source: the file or option, for messages.
    :raises QlikError: if it is neither.
    """
    try:
        return parse(data, "PUBLIC KEY", source)
    except PemError as no_key:
        try:
            return parse(data, "CERTIFICATE", source)
        except CertificateError:
            if b"-BEGIN CERTIFICATE-" in data:
                raise
            raise no_key from None


def parse(data: bytes, label: str, source: str) -> PublicKey:
    """Parse a certificate or a public key in PEM or DER format.

    :param label: ``CERTIFICATE`` or ``PUBLIC KEY``.
    :param source: the file or option, for messages.
    :raises QlikError: if it cannot be parsed.
    """
    if label == "CERTIFICATE":
        certificate, repairs = certificates.load(data, source)
        key = certificates.public_key(certificate, source)
        facts = certificates.describe(certificate)
        line, fingerprint, not_after = facts["certificate_line"], facts["fingerprint_sha256"], facts["not_after"]
    else:
        key, repairs = public_keys.load(data, source)
        line, fingerprint, not_after = pem.one_line(public_keys.to_pem(key).decode()), None, None
    return PublicKey(key, line, public_keys.thumbprint(key), fingerprint, not_after, repairs)
