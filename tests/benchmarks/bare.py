# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, certificates and tokens against the bare cryptography, without Ansible."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import statistics
import time
import typing as t

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from rows import Row
from timing import ROUNDS, alternate, seconds

from ansible_collections.tenantops.qlik.plugins.module_utils._files.folder import Access
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import certificates, private_keys
from ansible_collections.tenantops.qlik.plugins.module_utils._keys import pair as _pair
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import claims as _claims
from ansible_collections.tenantops.qlik.plugins.module_utils._tokens import compact, durations

PAIRS = 2 * ROUNDS


def folders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Where :func:`key_pair` puts the key pairs that it makes; the other rows use them, too."""
    return [folder / f"pair{number}" for number in range(PAIRS)]


def key_pair(folder: pathlib.Path) -> Row:
    """How long a key pair takes takes luck: so the generation is timed within, for the very same keys."""
    ratios, totals, bare_generate = [], [], private_keys.generate
    for pair in folders(folder):
        generating = 0.0

        def generate(size: int) -> t.Any:
            nonlocal generating
            begin = time.perf_counter()
            key = bare_generate(size)
            generating += time.perf_counter() - begin
            return key

        with replaced(private_keys, "generate", generate):
            total = seconds(lambda pair=pair: ensure(pair))
        ratios.append(total / generating)
        totals.append(total)
    measured = f"{1000 * statistics.median(totals):.0f} ms a pair, {len(totals)} pairs"
    return Row(
        "key pair and certificate, 4096 bits / bare key generation", measured, statistics.median(ratios), 1.3, "x"
    )


def unchanged(folder: pathlib.Path) -> Row:
    """A second run that changes nothing."""
    times = [1000 * seconds(lambda: ensure(folder)) for _round in range(20 * ROUNDS)]
    return Row("unchanged key pair recognised", f"{len(times)} times", statistics.median(times), 5, "ms")


def signing(folder: pathlib.Path) -> Row:
    """A token, which is verified too, against one bare signature and one verification."""
    key = private_keys.load((folder / "privatekey.pem").read_bytes(), None, "the key", "passphrase").key
    options = dict.fromkeys(("subject", "groups", "jti", "claims", "key_id")) | {
        "issuer": "acme.eu.qlikcloud.com",
        "audience": _claims.AUDIENCE,
        "name": "Anna Anderson",
        "email": "anna@grusgrus.com",
        "email_verified": True,
    }
    data = b"x" * 500

    def token() -> None:
        now = int(time.time())
        compact.sign(_claims.build(options, durations.window("-10s", "30m", now), now), key, "key-id")

    def bare() -> None:
        signature = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        key.public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())

    ours, theirs = alternate(token, bare, 40 * ROUNDS)
    measured = f"{1000 * ours:.2f} ms / {1000 * theirs:.2f} ms"
    return Row("token with a loaded key / bare signature and verification", measured, ours / theirs, 1.3, "x")


def ensure(folder: pathlib.Path) -> None:
    """What the module qscloud_keypair does, with its defaults."""
    wanted = _pair.Wanted(
        directory=str(folder),
        names=_pair.names(""),
        size=4096,
        passphrase=None,
        old_passphrase=None,
        terms=certificates.terms("qs-jwt", 365, None),
        regenerate="fail",
        instead="",
        backup=True,
        private_access=Access(0o600),
        public_access=Access(0o644),
    )
    _pair.ensure_present(wanted, datetime.datetime.now(datetime.timezone.utc), False, lambda facts: None)


@contextlib.contextmanager
def replaced(owner: t.Any, name: str, value: t.Any) -> t.Iterator[None]:
    """Replace an attribute for a while."""
    saved = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, saved)
