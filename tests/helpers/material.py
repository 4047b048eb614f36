# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and certificates in good and in bad order."""

from __future__ import annotations

import base64
import pathlib
import re
import shlex
import subprocess

from cryptography.hazmat.primitives import serialization

PASSPHRASES = {"passphrase": "correct horse battery staple", "wrong": "incorrect horse battery", "short": "eleven char"}
"""Variables that the options of a case may use."""


def make(folder: pathlib.Path) -> dict[str, str]:
    """Make them with openssl in an empty folder, and return their text; bytes that are no ASCII are Latin-1."""

    def openssl(command: str) -> str:
        command = ["openssl", *shlex.split(command)]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode("latin-1")

    made = {
        name: openssl(f"genpkey -algorithm {algorithm}")
        for name, algorithm in {
            "rsa": "RSA -pkeyopt rsa_keygen_bits:2048",
            "another": "RSA -pkeyopt rsa_keygen_bits:2048",
            "1024 bits": "RSA -pkeyopt rsa_keygen_bits:1024",
            "ec": "EC -pkeyopt ec_paramgen_curve:P-256",
            "ed25519": "ED25519",
        }.items()
    }
    openssl("dsaparam -genkey -noout -out dsa.pem 1024")
    made["dsa"] = openssl("pkey -in dsa.pem")
    for name, text in made.items():
        (folder / f"{name}.pem").write_text(text)
    made["public"] = openssl("pkey -in rsa.pem -pubout")
    made["pkcs1"] = openssl("pkey -in rsa.pem -traditional")
    made["ec sec1"] = openssl("pkey -in ec.pem -traditional")
    made["der"] = openssl("pkey -in rsa.pem -traditional -outform DER")
    encrypt = f"-aes-256-cbc -passout 'pass:{PASSPHRASES['passphrase']}'"
    made["encrypted"] = openssl(f"pkey -in rsa.pem {encrypt}")
    made["encrypted pkcs1"] = openssl(f"pkey -in rsa.pem -traditional {encrypt}")
    made["encrypted with little"] = openssl(f"pkey -in rsa.pem -aes-256-cbc -passout 'pass:{PASSPHRASES['short']}'")
    made["encrypted with a token"] = openssl("pkey -in rsa.pem -aes-256-cbc -passout pass:.eyJ")
    made["crlf"] = made["rsa"].replace("\n", "\r\n")
    made["openssh"] = _openssh(made["rsa"])
    made["certificate"] = openssl("req -x509 -key rsa.pem -subj /CN=qs-jwt -days 365")
    (folder / "certificate.pem").write_text(made["certificate"])
    made["pkcs12"] = openssl("pkcs12 -export -inkey rsa.pem -in certificate.pem -passout pass:")
    openssl("req -x509 -key another.pem -subj '/CN=CA of a company' -out ca.pem")
    openssl("req -new -key rsa.pem -subj /CN=qs-jwt -out request.pem")
    made["certificate of a CA"] = openssl("x509 -req -in request.pem -CA ca.pem -CAkey another.pem -set_serial 1")

    made["empty"] = ""
    made["blank"] = " \r\n"
    made["text"] = "no key at all\n"
    made["two keys"] = made["rsa"] + made["another"]
    made["cut off"] = made["rsa"][: len(made["rsa"]) // 2]
    lines = made["rsa"].splitlines(keepends=True)
    made["line missing"] = "".join(lines[:9] + lines[10:])
    # The fourth number of RFC 8017's RSAPrivateKey is the private exponent: the lowest bit of the byte in its middle.
    (folder / "pkcs1.pem").write_text(made["pkcs1"])
    parts = openssl("asn1parse -in pkcs1.pem")
    numbers = re.findall(r"^ *(\d+):d=1 +hl=(\d) l= *(\d+) prim: INTEGER", parts, re.M)
    start, header, length = map(int, numbers[3])
    der = bytearray(made["der"].encode("latin-1"))
    der[start + header + length // 2] ^= 1
    made["one bit flipped"] = _pem("RSA PRIVATE KEY", bytes(der))
    return made


def _openssh(private_key: str) -> str:
    # openssl does not write this form.
    key = serialization.load_pem_private_key(private_key.encode(), None)
    no_encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, no_encryption).decode()


def _pem(label: str, der: bytes) -> str:
    text = base64.b64encode(der).decode()
    return "\n".join([f"-----BEGIN {label}-----", *re.findall(".{1,64}", text), f"-----END {label}-----", ""])
