# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, attacked: one that openssl reads too, with the same key in it, or the project's error."""

from __future__ import annotations

import datetime
import itertools
import json
import subprocess
import typing as t

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from fuzz import asn1, attack, der_of, integer, mutated, pem
from hypothesis import strategies as st

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import QlikError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates as _certificates
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import given, public_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import inspect as _inspect
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pair as _pair

# The library warns of serial numbers and names that are against the rules, and takes them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TERMS = _certificates.Terms("qs-jwt", 365, 30)
RSA_WITH_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
EMPTY_NAME = asn1(0x30, b"")


def spki(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def name(text: bytes, tag: int = 0x0C) -> bytes:
    """A name with this as its common name: RFC 5280, appendix A.1."""
    return asn1(0x30, asn1(0x31, asn1(0x30, bytes.fromhex("0603550403") + asn1(tag, text))))


def certificate(  # noqa: PLR0913
    key: rsa.RSAPrivateKey,
    version: int | None = 2,
    serial: bytes | int = 1,
    not_before: bytes = b"260101000000Z",
    not_after: bytes = b"270101000000Z",
    issuer: bytes = name(b"qs-jwt"),
    subject: bytes = name(b"qs-jwt"),
    public_key: bytes | None = None,
    extensions: t.Sequence[bytes] = (),
    algorithm: bytes = RSA_WITH_SHA256,
) -> bytes:
    """A self-signed certificate by hand, since no library writes a wrong one: RFC 5280, section 4.1."""
    times = b"".join(asn1(0x17 if len(one) == 13 else 0x18, one) for one in (not_before, not_after))
    tbs = asn1(
        0x30,
        (b"" if version is None else asn1(0xA0, integer(version)))
        + (integer(serial) if isinstance(serial, int) else asn1(2, serial))
        + algorithm
        + issuer
        + asn1(0x30, times)
        + subject
        + (public_key or spki(key))
        + (asn1(0xA3, asn1(0x30, b"".join(extensions))) if extensions else b""),
    )
    signature = key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    return pem("CERTIFICATE", asn1(0x30, tbs + algorithm + asn1(3, b"\x00" + signature)))


def extension(oid: str, value: bytes, critical: bool = False) -> bytes:
    return asn1(0x30, asn1(6, bytes.fromhex(oid)) + (b"\x01\x01\xff" if critical else b"") + asn1(4, value))


EXTENSIONS = st.sampled_from(
    [
        extension("551d13", bytes.fromhex("3000"), True),  # basicConstraints
        extension("551d13", bytes.fromhex("30030101ff")),
        extension("551d0f", bytes.fromhex("03020780"), True),  # keyUsage
        extension("551d0f", b"\xff\xff"),
        extension("551d0e", b"\x04\x02ab"),  # subjectKeyIdentifier
        extension("551d11", bytes.fromhex("3003820161")),  # subjectAltName
        extension("551d11", bytes.fromhex("3003820180")),
        extension("2a0304", b""),
        extension("2a0304", b"\x00" * 1000, True),
    ]
)


def use(data: bytes, key: rsa.RSAPrivateKey, now: datetime.datetime) -> given.PublicKey | None:
    """All that is done with a certificate: it works, or ends with a sentence. What is said of it can be written."""
    _certificates.is_issued_by_another(data)
    state = _inspect.Inspection(now, 30)
    state.public_key = key.public_key()
    state.inspect_certificate(data, "THE_SOURCE")
    json.loads(json.dumps(state.facts()))
    assert all(problem.isprintable() and len(problem) < 2000 for problem in state.problems)
    try:
        found = given.parse(data, "CERTIFICATE", "THE_SOURCE")
        loaded = _certificates.load(data, "THE_SOURCE").certificate
        reasons = _certificates.reasons_to_reissue(loaded, key.public_key(), TERMS, now)
    except QlikError as error:
        assert str(error).startswith("THE_SOURCE") and str(error).isprintable() and len(str(error)) < 2000
        assert state.problems
        return None
    json.loads(json.dumps(_pair.describe(found.key, loaded)))
    same = found.key.public_numbers() == key.public_key().public_numbers()
    assert same or reasons == ["it is for another key"]
    assert same or "THE_SOURCE: it is for another key." in state.problems
    assert found.not_after is None or datetime.datetime.strptime(found.not_after, "%Y-%m-%dT%H:%M:%SZ")
    return found


def openssl_key(data: bytes) -> bytes | None:
    """The public key, in PEM form, of what openssl reads as a certificate."""
    command = ["openssl", "x509", "-noout", "-pubkey"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def test_a_good_one(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    text = certificate(rsa_key)
    assert use(text, rsa_key, now).thumbprint == public_keys.thumbprint(rsa_key.public_key())
    assert openssl_key(text) == public_keys.to_pem(rsa_key.public_key())
    loaded = _certificates.load(text, "THE_SOURCE").certificate
    assert _certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now) == []


@pytest.fixture(scope="session")
def ours(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> bytes:
    return _certificates.to_pem(_certificates.issue(rsa_key, TERMS, now))


@attack(share=10, data=st.data())
def test_mutated_certificates(
    rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, ours: bytes, data: st.DataObject
) -> None:
    text = pem("CERTIFICATE", data.draw(mutated(st.just(der_of(ours)))))
    found = use(text, rsa_key, now)
    if found and data.draw(st.integers(0, 30)) == 0:
        assert openssl_key(text) == public_keys.to_pem(found.key)
    if found and text != ours:
        loaded = _certificates.load(text, "THE_SOURCE").certificate
        # Whatever is changed in a certificate is seen: it is issued anew.
        assert _certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now)


@attack(share=5, place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_bit_that_flips(
    rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, ours: bytes, place: float, bit: int
) -> None:
    der = bytearray(der_of(ours))
    der[int(place * len(der))] ^= 1 << bit
    text = pem("CERTIFICATE", bytes(der))
    if use(text, rsa_key, now):
        loaded = _certificates.load(text, "THE_SOURCE").certificate
        assert _certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now)


def test_bits_of_the_signature_that_do_not_count(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    certificates = (
        der_of(_certificates.to_pem(_certificates.issue(rsa_key, TERMS, now))) for _number in itertools.count()
    )
    der = bytearray(next(der for der in certificates if der[-1] % 2 == 0))
    der[-rsa_key.key_size // 8 - 1] = 1
    loaded = _certificates.load(pem("CERTIFICATE", bytes(der)), "THE_SOURCE").certificate
    reasons = _certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now)
    assert "its signature does not match its key" in reasons


@attack(share=5, data=st.data())
def test_mutated_text(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, ours: bytes, data: st.DataObject) -> None:
    use(data.draw(mutated(st.just(ours))), rsa_key, now)


SERIALS = st.integers(-(2**200), 2**200) | st.sampled_from(
    [b"", b"\x00", b"\x80", b"\x00\x00\x01", b"\xff\xff", b"\x01" * 20, b"\x7f" * 21, b"\x01" * 1800, b"\x7f" * 100_000]
)
TIMES = st.sampled_from(
    [b"500101000000Z", b"491231235959Z", b"19500101000000Z", b"20491231235959Z", b"99991231235959Z", b"00000101000000Z"]
    + [b"00010101000000Z", b"09990101000000Z", b"10000101000000Z", b"260230000000Z", b"261301000000Z", b"260101250000Z"]
    + [b"2601010000Z", b"260101000060Z", b"260101000000+", b"20260101000000", b"20260101000000.5Z", b"", b"x" * 13]
    + [b"18500101000000Z", b"19700101000000Z", b"20380119031408Z", b"260101000000Z", b"270101000000Z"]
)
NAMES = st.sampled_from(
    [
        EMPTY_NAME,
        name(b"qs-jwt"),
        name(b""),
        name(b"\xff\xfe"),
        name(b"\x00"),
        name(b"x" * 70_000),
        name(b"a\nb\x1b[2J"),
    ]
    + [name(b"\xd8\x00", 0x1E), name(b"\x00", 0x1E), name(b"qs-jwt", 0x13), name("ä".encode("latin-1"), 0x14)]
    + [
        name(b"\x00\x11\x00\x00", 0x1C),
        name(b"qs-jwt", 0x02),
        name(b"\x00qs-jwt", 0x03),
        asn1(0x30, asn1(0x31, b"")),
        b"\x05\x00",
    ]
)
KEYS = st.sampled_from(
    [b"", b"\x05\x00", EMPTY_NAME]
    + [
        asn1(
            0x30,
            bytes.fromhex("300d06092a864886f70d0101010500") + asn1(3, b"\x00" + asn1(0x30, integer(n) + integer(e))),
        )
        for n in (0, 15, 2**512 + 1, 2**2048 - 1, 2**20000 + 1)
        for e in (1, 3, 65537, 2**64 + 1)
    ]
)
ALGORITHMS = st.sampled_from(
    [RSA_WITH_SHA256, bytes.fromhex("300d06092a864886f70d0101050500"), bytes.fromhex("300d06092a864886f70d0101040500")]
    + [bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300506032b6570"), asn1(0x30, b"\x06\x03\x2a\x03\x04")]
    + [bytes.fromhex("300b06092a864886f70d01010a"), EMPTY_NAME, bytes.fromhex("300b06092a864886f70d01010b")]
)


@attack(
    share=10,
    version=st.sampled_from([None, 0, 1, 2, 2, 2, 3, -1, 2**70]),
    changes=st.fixed_dictionaries(
        {},
        optional={
            "serial": SERIALS,
            "not_before": TIMES,
            "not_after": TIMES,
            "issuer": NAMES,
            "subject": NAMES,
            "public_key": KEYS.filter(bool),
            "extensions": st.lists(EXTENSIONS, max_size=4),
            "algorithm": ALGORITHMS,
        },
    ),
    check=st.integers(0, 20),
)
def test_any_fields(
    rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, version: t.Any, changes: dict[str, t.Any], check: int
) -> None:
    text = certificate(rsa_key, version, **changes)
    found = use(text, rsa_key, now)
    if found and check == 0:
        assert openssl_key(text) == public_keys.to_pem(found.key)


@attack(share=5, field=st.sampled_from(["serial", "not_before", "not_after", "subject", "extensions"]), data=st.data())
def test_one_field(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, field: str, data: st.DataObject) -> None:
    values = {"serial": SERIALS, "subject": NAMES, "extensions": st.lists(EXTENSIONS, max_size=4)}.get(field, TIMES)
    use(certificate(rsa_key, **{field: data.draw(values)}), rsa_key, now)


@attack(share=0.5, other=st.sampled_from(["other", "EC", "Ed25519", "DSA", "1024 bits"]), days=st.integers(1, 36500))
def test_another_key(
    rsa_key: rsa.RSAPrivateKey,
    now: datetime.datetime,
    private_keys: dict[str, bytes],
    other_rsa_pem: bytes,
    self_signed: t.Any,
    other: str,
    days: int,
) -> None:
    text = self_signed({**private_keys, "other": other_rsa_pem}[other], "-days", str(days), "-subj", "/CN=qs-jwt")
    found = use(text, rsa_key, now)
    assert (found is not None) == (other in ("other", "1024 bits"))
    loaded = _certificates.load(text, "THE_SOURCE").certificate
    assert _certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now) == ["it is for another key"]


@attack(
    share=0.2,
    size=st.sampled_from([10**6, 10**7]),
    what=st.sampled_from(["begins", "body", "blocks", "around", "name"]),
)
def test_ten_megabytes(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, ours: bytes, size: int, what: str) -> None:
    text = {
        "begins": b"-----BEGIN CERTIFICATE-----\n" * (size // 28),
        "body": pem("CERTIFICATE", b"\x30" * size),
        "blocks": ours * (size // len(ours) // 10),
        "around": b"x" * size + ours,
        "name": certificate(rsa_key, subject=name(b"x" * size)),
    }[what]
    found = use(text, rsa_key, now)
    assert found is None or what in ("around", "name")


@attack(share=0.5, depth=st.sampled_from([10, 100, 1000, 20_000]))
def test_deep_asn1(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, depth: int) -> None:
    deep = b"\x05\x00"
    for _level in range(min(depth, 2000)):
        deep = asn1(0x30, deep)
    if depth > 2000:
        deep = b"\x30\x80" * depth + b"\x00\x00" * depth
    assert use(pem("CERTIFICATE", deep), rsa_key, now) is None
    use(certificate(rsa_key, subject=deep), rsa_key, now)
