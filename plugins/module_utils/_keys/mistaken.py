# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what something is that is not the expected key or certificate, and how to get the expected one from it.

The commands are those of OpenSSL and OpenSSH. FILE is the file at hand, NEW the one to create.
"""

from __future__ import annotations

import re

from . import der

_NOUNS = {
    "CERTIFICATE REQUEST": "a certificate request (CSR)",
    "NEW CERTIFICATE REQUEST": "a certificate request (CSR)",
    "DSA PRIVATE KEY": "a DSA private key",
    "EC PARAMETERS": "parameters of an EC key",
    "EC PRIVATE KEY": "an EC private key",
    "ENCRYPTED PRIVATE KEY": "an encrypted private key",
    "OPENSSH PRIVATE KEY": "an OpenSSH private key",
    "PKCS7": "a PKCS#7 file",
    der.PKCS12: "a PKCS#12 file",
    "RSA PRIVATE KEY": "an RSA private key",
    "RSA PUBLIC KEY": "an RSA public key",
    "SSH2 PUBLIC KEY": "an SSH public key",
    "TRUSTED CERTIFICATE": "a trusted certificate in OpenSSL's own format",
    "X509 CRL": "a certificate revocation list",
}
"""By PEM label. Other labels are their own noun."""

_COMMANDS = {
    ("PRIVATE KEY", der.PKCS12): "openssl pkcs12 -in FILE -nocerts -out NEW",
    ("CERTIFICATE", der.PKCS12): "openssl pkcs12 -in FILE -clcerts -nokeys -out NEW",
    ("CERTIFICATE", "PKCS7"): "openssl pkcs7{form} -in FILE -print_certs -out NEW",
    ("CERTIFICATE", "TRUSTED CERTIFICATE"): "openssl x509{form} -in FILE -out NEW",
    ("PUBLIC KEY", "CERTIFICATE"): "openssl x509{form} -in FILE -pubkey -noout > NEW",
    ("PUBLIC KEY", "CERTIFICATE REQUEST"): "openssl req{form} -in FILE -pubkey -noout > NEW",
    ("PUBLIC KEY", "ENCRYPTED PRIVATE KEY"): "openssl pkey{form} -in FILE -pubout -out NEW",
    ("PUBLIC KEY", "PRIVATE KEY"): "openssl pkey{form} -in FILE -pubout -out NEW",
    ("PUBLIC KEY", "RSA PRIVATE KEY"): "openssl pkey{form} -in FILE -pubout -out NEW",
}
"""The command that gets what is wanted, by its label and by the label of what there is."""

_OTHER_FORMATS = (
    (r"PuTTY-User-Key-File-", "a PuTTY key", "load it in PuTTYgen, and select 'Conversions', 'Export OpenSSH key'"),
    (r"ssh-[a-z0-9-]+ AAAA", "an SSH public key", None),
    (r'\{[^{}]{0,9999}"kty"', "a JSON Web Key (JWK)", "convert it to PEM"),
    (r"<RSAKeyValue>", "a key in the XML format of .NET", "export it as PEM"),
    (r"(?i)<(!doctype )?html", "an HTML page", "download the file itself"),
)
"""How texts that are not PEM begin, what they are, and what to do. None is to specify what is wanted."""

_SSH_COMMAND = "convert it with 'ssh-keygen -e -m PKCS8 -f FILE > NEW'"


def noun(label: str) -> str:
    """What a label stands for, with its article."""
    return _NOUNS.get(label) or f"a {label.lower()}"


def what_to_do(label: str, wanted: str, encoding: str | None) -> str:
    """An imperative for somebody who has something else than the wanted key or certificate.

    :param label: the PEM label of what there is.
    :param wanted: the label of what is wanted.
    :param encoding: ``PEM``, ``DER``, or None if OpenSSL may be unable to read it.
    """
    command = _COMMANDS.get((wanted, label))
    if not command or not encoding:
        return f"specify the {wanted.lower()}"
    advice = f"extract it with '{command.format(form=' -inform DER' if encoding == 'DER' else '')}'"
    return f"{advice}, and add -legacy if OpenSSL 3 needs it" if label == der.PKCS12 else advice


def other_format(data: bytes, text: str, wanted: str) -> str:
    """The end of a sentence about data that is neither PEM nor DER.

    :param text: the data as text.
    :param wanted: the label of what is wanted.
    """
    text = text.lstrip()
    if wanted == "PUBLIC KEY" and text.startswith("ssh-rsa "):
        return f"is an SSH public key: {_SSH_COMMAND}."
    for pattern, description, advice in _OTHER_FORMATS:
        if re.match(pattern, text):
            return f"is {description}: {advice or f'specify the {wanted.lower()}'}."
    if der.is_incomplete(data) and data[:1] == b"\x30" and data[1:2] >= b"\x80":
        return "is in DER format (binary), but incomplete: copy the whole file."
    return (
        f"is not a {wanted.lower()} in PEM format: the line '-----BEGIN {wanted}-----' is missing. Copy the whole text."
    )
