# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate, judged by openssl."""

from __future__ import annotations

import base64
import datetime
import hashlib
import pathlib
import random
import re
import textwrap
import typing as t

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import CertificateError, OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates

Openssl = t.Callable[..., bytes]
DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
TERMS = certificates.Terms("qs-jwt", 365, 30)


@pytest.fixture(scope="session")
def pem(rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> bytes:
    """A certificate of ours."""
    return certificates.to_pem(certificates.issue(rsa_key, TERMS, now))


def reasons(
    certificate: bytes, key: rsa.RSAPrivateKey, now: datetime.datetime, terms: certificates.Terms = TERMS
) -> list[str]:
    """Why this certificate would be issued anew."""
    loaded = certificates.load(certificate, "THE_FILE").certificate
    return certificates.reasons_to_reissue(loaded, key.public_key(), terms, now)


def extension(text: str, name: str) -> str:
    """What openssl prints about an extension: whether it is critical, and its value."""
    return re.sub(r"\s+", " ", re.search(rf"X509v3 {name}:(.*\n.*)\n", text)[1]).strip()


def test_it_is_what_qlik_wants(openssl: Openssl, pem: bytes) -> None:
    text = openssl("x509", "-noout", "-text", data=pem).decode()
    assert "Version: 3 (0x2)" in text
    assert set(re.findall("Signature Algorithm: (.*)", text)) == {"sha256WithRSAEncryption"}
    assert re.findall("(Issuer|Subject): (.*)", text) == [("Issuer", "CN = qs-jwt"), ("Subject", "CN = qs-jwt")]
    assert "Public-Key: (2048 bit)" in text
    assert extension(text, "Basic Constraints") == "critical CA:FALSE"
    assert extension(text, "Key Usage") == "critical Digital Signature"
    assert text.count("X509v3 ") == len(["extensions", "Basic Constraints", "Key Usage", "Subject Key Identifier"])


def test_the_subject_key_identifier_is_that_of_the_key(openssl: Openssl, pem: bytes, rsa_pem: bytes) -> None:
    # RFC 5280, section 4.2.1.2, method 1
    public_key = openssl("rsa", "-RSAPublicKey_out", "-outform", "DER", data=rsa_pem)
    text = openssl("x509", "-noout", "-text", data=pem).decode()
    printed = extension(text, "Subject Key Identifier").replace(":", "").lower()
    assert printed == hashlib.sha1(public_key).hexdigest()


def test_it_verifies_as_its_own_root(
    openssl: Openssl, pem: bytes, now: datetime.datetime, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "publickey.cer"
    path.write_bytes(pem)
    at = str(int((now + DAY).timestamp()))
    assert b": OK" in openssl("verify", "-x509_strict", "-check_ss_sig", "-attime", at, "-CAfile", str(path), str(path))


def test_it_holds_the_public_key(openssl: Openssl, pem: bytes, private_keys: dict[str, bytes]) -> None:
    assert openssl("x509", "-noout", "-pubkey", data=pem) == private_keys["public"]


@pytest.mark.parametrize(
    ("days", "end"),
    [(1, "2026-06-01"), (365, "2027-05-31"), (400, "2027-07-05"), (36500, "2126-05-07")],
)
@pytest.mark.parametrize("hours_east", [0, 2, -11])
def test_its_days(
    openssl: Openssl, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, days: int, end: str, hours_east: int
) -> None:
    there = now.astimezone(datetime.timezone(datetime.timedelta(hours=hours_east)))
    pem = certificates.to_pem(certificates.issue(rsa_key, certificates.Terms("x", days, 0), there))
    dates = openssl("x509", "-noout", "-startdate", "-enddate", "-dateopt", "iso_8601", data=pem).decode()
    assert dates == f"notBefore=2026-05-31 22:30:15Z\nnotAfter={end} 22:30:15Z\n"


def test_no_two_serial_numbers_are_the_same(
    openssl: Openssl, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime
) -> None:
    issued = [certificates.to_pem(certificates.issue(rsa_key, TERMS, now)) for _number in range(5)]
    numbers = {int(openssl("x509", "-noout", "-serial", data=pem).split(b"=")[1], 16) for pem in issued}
    assert len(numbers) == 5
    # RFC 5280, section 4.1.2.2: positive, at most 20 octets; random enough that they do not meet by chance.
    assert all(2**64 < number < 2**159 for number in numbers)


@pytest.mark.parametrize("common_name", ["x", "acme.eu.qlikcloud.com", "a" * 64, "a,b=c+d/e\\f", "Müller & Söhne"])
def test_common_name(openssl: Openssl, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, common_name: str) -> None:
    pem = certificates.to_pem(certificates.issue(rsa_key, certificates.terms(common_name, 365, None), now))
    subject = openssl("x509", "-noout", "-subject", "-nameopt", "utf8", data=pem).decode()
    assert subject == f"subject=CN={common_name}\n"
    assert not reasons(pem, rsa_key, now, certificates.terms(common_name, 365, None))


@pytest.mark.parametrize("common_name", ["", " ", "a" * 65, "ä" * 65, "a\udcffb"])
def test_a_common_name_that_cannot_be_written_is_refused(common_name: str) -> None:
    with pytest.raises(OptionError, match="^common_name "):
        certificates.terms(common_name, 365, None)


@pytest.mark.parametrize(
    "common_name", ["ä" * 32, "ä" * 33, "ä" * 64, "漢" * 22, "\U0001f511" * 64, "a" * 64 + " "], ids=ascii
)
def test_a_common_name_that_is_longer_than_it_looks_is_written_or_refused(
    rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, common_name: str
) -> None:
    # RFC 5280 counts characters, but cryptography counts bytes.
    try:
        terms = certificates.terms(common_name, 365, None)
    except OptionError as error:
        assert str(error).startswith("common_name ")
    else:
        assert not reasons(certificates.to_pem(certificates.issue(rsa_key, terms, now)), rsa_key, now, terms)


@pytest.mark.parametrize("valid_days", [0, -1, 36501, 10**9])
def test_days_are_limited(valid_days: int) -> None:
    with pytest.raises(OptionError, match=f"^valid_days is {valid_days}: "):
        certificates.terms("x", valid_days, 0)


@pytest.mark.parametrize(
    ("valid_days", "given", "window"),
    [
        (365, None, 30),
        (31, None, 30),
        (30, None, 10),
        (10, None, 3),
        (2, None, 0),
        (1, None, 0),
        (365, 0, 0),
        (365, 364, 364),
        (30, 29, 29),
        (36500, None, 30),
    ],
)
def test_renewal_window(valid_days: int, given: int | None, window: int) -> None:
    assert certificates.terms("x", valid_days, given) == ("x", valid_days, window)


@pytest.mark.parametrize(("valid_days", "renew_before_days"), [(365, 365), (365, 400), (30, 30), (1, 1), (365, -1)])
def test_a_window_that_is_not_shorter_than_the_lifetime_is_refused(valid_days: int, renew_before_days: int) -> None:
    with pytest.raises(OptionError, match=f"^renew_before_days is {renew_before_days}, .* {valid_days} days"):
        certificates.terms("x", valid_days, renew_before_days)


def test_it_fits_what_it_was_issued_for(pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    assert reasons(pem, rsa_key, now) == []


def test_it_fits_with_other_line_ends(pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    assert reasons(pem.replace(b"\n", b"\r\n"), rsa_key, now) == []


@pytest.mark.parametrize(
    ("before_end", "renewed"), [(30 * DAY + SECOND, False), (30 * DAY, True), (DAY, True), (-DAY, True)], ids=str
)
def test_it_is_renewed_before_its_end(
    pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, before_end: datetime.timedelta, renewed: bool
) -> None:
    end = now.replace(microsecond=0) + 365 * DAY
    assert reasons(pem, rsa_key, end - before_end) == (["it expires on 2027-05-31"] if renewed else [])


def test_a_window_of_zero_days_renews_at_the_end(
    pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime
) -> None:
    end = now.replace(microsecond=0) + 365 * DAY
    terms = TERMS._replace(renew_before_days=0)
    assert reasons(pem, rsa_key, end - SECOND, terms) == []
    assert reasons(pem, rsa_key, end, terms) == ["it expires on 2027-05-31"]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (TERMS._replace(common_name="other"), "it has another common name"),
        (TERMS._replace(common_name="QS-JWT"), "it has another common name"),
        (TERMS._replace(valid_days=366), "it has another lifetime"),
        (TERMS._replace(valid_days=364), "it has another lifetime"),
    ],
)
def test_it_does_not_fit_other_terms(
    pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime, terms: certificates.Terms, reason: str
) -> None:
    assert reasons(pem, rsa_key, now, terms) == [reason]


def test_all_reasons_are_named(pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    found = reasons(pem, rsa_key, now + 400 * DAY, certificates.Terms("other", 400, 30))
    assert found == ["it has another common name", "it has another lifetime", "it expires on 2027-05-31"]


def test_it_does_not_fit_another_key(pem: bytes, other_rsa_key: rsa.RSAPrivateKey, now: datetime.datetime) -> None:
    assert reasons(pem, other_rsa_key, now) == ["it is for another key"]


def test_one_that_openssl_made_fits(
    self_signed: t.Callable[..., bytes], rsa_pem: bytes, rsa_key: rsa.RSAPrivateKey
) -> None:
    pem = self_signed(rsa_pem, "-subj", "/CN=qs-jwt", "-days", "365", "-sha256")
    assert reasons(pem, rsa_key, datetime.datetime.now(datetime.timezone.utc)) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        # As qs-jwt makes them.
        (["-subj", "/CN=qs-jwt", "-sha1"], "it is not signed with SHA-256"),
        (["-subj", "/CN=qs-jwt", "-sha512"], "it is not signed with SHA-256"),
        (["-subj", "/CN=qs-jwt", "-sigopt", "rsa_padding_mode:pss"], "it is not signed with SHA-256"),
        (["-subj", "/CN=qs-jwt/CN=second"], "it has another common name"),
        (["-subj", "/O=qs-jwt"], "it has another common name"),
        (["-subj", "/CN=qs-jwt", "-days", "364"], "it has another lifetime"),
    ],
    ids=str,
)
def test_one_that_openssl_made_in_another_way_does_not_fit(
    self_signed: t.Callable[..., bytes], rsa_pem: bytes, rsa_key: rsa.RSAPrivateKey, options: list[str], reason: str
) -> None:
    pem = self_signed(rsa_pem, "-days", "365", *options)
    assert reasons(pem, rsa_key, datetime.datetime.now(datetime.timezone.utc)) == [reason]


@pytest.mark.parametrize("kind", ["EC", "DSA", "Ed25519"])
def test_one_for_a_key_of_another_kind_does_not_fit(
    self_signed: t.Callable[..., bytes], private_keys: dict[str, bytes], rsa_key: rsa.RSAPrivateKey, kind: str
) -> None:
    pem = self_signed(private_keys[kind], "-subj", "/CN=qs-jwt", "-days", "365")
    assert reasons(pem, rsa_key, datetime.datetime.now(datetime.timezone.utc)) == ["it is for another key"]


def test_one_that_somebody_else_has_issued(
    ca_signed: t.Callable[[bytes], tuple[bytes, bytes]],
    rsa_pem: bytes,
    rsa_key: rsa.RSAPrivateKey,
    pem: bytes,
    openssl: Openssl,
    tmp_path: pathlib.Path,
) -> None:
    issued, ca = ca_signed(rsa_pem)
    assert certificates.is_issued_by_another(issued)
    assert not certificates.is_issued_by_another(ca)
    assert not certificates.is_issued_by_another(pem)
    assert reasons(issued, rsa_key, datetime.datetime.now(datetime.timezone.utc))
    # A chain is read by its first certificate, and found in any encoding.
    assert certificates.to_pem(certificates.load(issued + ca, "THE_FILE").certificate) == issued
    assert certificates.is_issued_by_another((ca + issued).decode().encode("utf-16"))
    (tmp_path / "chain.pem").write_bytes(issued + ca)
    for encoding in ("PEM", "DER"):
        bundle = ("crl2pkcs7", "-nocrl", "-certfile", str(tmp_path / "chain.pem"), "-outform", encoding)
        assert certificates.is_issued_by_another(openssl(*bundle))
    with pytest.raises(CertificateError, match="^THE_FILE contains 2 certificates that are not a chain beginning with"):
        certificates.load(ca + issued, "THE_FILE")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"banana", "is not a certificate in PEM format"),
        (b"\x30\x82\x01\x01", r"is in DER format \(binary\), but incomplete"),
        (b"\xff", "is not a certificate in PEM format"),
    ],
)
def test_what_is_no_certificate_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CertificateError, match=f"^THE_FILE {message}"):
        certificates.load(data, "THE_FILE")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda pem: pem[:-3], "is cut off"),
        (
            lambda pem: b"\n".join(line for number, line in enumerate(pem.splitlines()) if number != 5),
            "cannot be read: it is incomplete",
        ),
        (lambda pem: pem[:-3].replace(b"CERTIFICATE", b"PUBLIC KEY"), "contains a public key, not a certificate"),
        (
            lambda pem: pem + pem,
            "contains 2 certificates that are not a chain beginning with the one to use: keep only",
        ),
    ],
)
def test_a_damaged_certificate_is_refused(pem: bytes, change: t.Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(CertificateError, match=f"^THE_FILE {message}"):
        certificates.load(change(pem), "THE_FILE")


def test_a_private_key_is_no_certificate(rsa_pem: bytes) -> None:
    with pytest.raises(CertificateError, match="^THE_FILE contains a private key, not a certificate"):
        certificates.load(rsa_pem, "THE_FILE")


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_certificate_with_any_bit_flipped_does_not_fit(
    pem: bytes, rsa_key: rsa.RSAPrivateKey, now: datetime.datetime
) -> None:
    original = certificates.load(pem, "f").certificate
    encoded = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    # The head of a certificate is where its structure is; so all of its bits, and a sample of the others.
    positions = [*range(50 * 8), *random.Random(5280).sample(range(50 * 8, len(encoded) * 8), 400)]
    fits = []
    for position in positions:
        damaged = bytearray(encoded)
        damaged[position // 8] ^= 1 << position % 8
        text = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(damaged).decode()}-----END CERTIFICATE-----\n"
        # What is done with every file, in good order or not, must not fail in any other way.
        assert certificates.is_issued_by_another(text.encode()) in (True, False)
        try:
            loaded = certificates.load(text.encode(), "f").certificate
        except CertificateError:
            continue
        assert certificates.describe(loaded)["certificate"]
        same = (loaded.tbs_certificate_bytes, loaded.signature) == (original.tbs_certificate_bytes, original.signature)
        if not same and not certificates.reasons_to_reissue(loaded, rsa_key.public_key(), TERMS, now):
            fits.append(position)
    assert not fits


def test_its_facts_are_those_that_openssl_prints(openssl: Openssl, pem: bytes) -> None:
    facts = certificates.describe(certificates.load(pem, "f").certificate)
    printed = openssl("x509", "-noout", "-serial", "-fingerprint", "-sha256", data=pem).decode()
    serial_number, fingerprint = re.fullmatch("serial=(.*)\nsha256 Fingerprint=(.*)\n", printed).groups()
    assert facts["serial_number"] == int(serial_number, 16)
    assert facts["fingerprint_sha256"] == fingerprint
    assert facts["certificate"].encode() == openssl("x509", data=pem)
    assert facts["not_before"] == "2026-05-31T22:30:15Z"
    assert facts["not_after"] == "2027-05-31T22:30:15Z"


def test_the_line_is_the_certificate_on_one_line(openssl: Openssl, pem: bytes) -> None:
    line = certificates.describe(certificates.load(pem, "f").certificate)["certificate_line"]
    assert "\n" not in line
    begin, body, end = re.fullmatch(
        "(-----BEGIN CERTIFICATE-----)([A-Za-z0-9+/=]+)(-----END CERTIFICATE-----)", line
    ).groups()
    assert openssl("x509", data="\n".join([begin, *textwrap.wrap(body, 64), end, ""]).encode()) == pem


def test_the_times_know_their_zone(pem: bytes, now: datetime.datetime) -> None:
    certificate = certificates.load(pem, "f").certificate
    assert certificates.not_before(certificate) == now.replace(microsecond=0)
    assert certificates.not_after(certificate) == now.replace(microsecond=0) + 365 * DAY
