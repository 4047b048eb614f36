# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let OpenSSL set up its algorithms once, in the process that later forks a worker for each host.

In each worker, the first key to be loaded and the first signature to be verified would otherwise take milliseconds. The key
used here is public knowledge: its primes are Mersenne primes. No random numbers are drawn, and nothing is generated.
"""

from __future__ import annotations

import contextlib

from . import private_keys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    pass  # Modules report it: see _module.run.

_P, _Q, _E = 2**521 - 1, 2**607 - 1, 65537


def warm_up() -> None:
    """Load a private and a public key, and verify a signature, which is wrong."""
    d = pow(_E, -1, (_P - 1) * (_Q - 1))
    public = rsa.RSAPublicNumbers(_E, _P * _Q)
    key = rsa.RSAPrivateNumbers(_P, _Q, d, d % (_P - 1), d % (_Q - 1), pow(_Q, -1, _P), public).private_key()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = private_keys.load(pem, None, "the warm-up", "passphrase").key
    signature = b"\0" * (key.key_size // 8)
    with contextlib.suppress(InvalidSignature):
        key.public_key().verify(signature, b"", padding.PKCS1v15(), hashes.SHA256())
