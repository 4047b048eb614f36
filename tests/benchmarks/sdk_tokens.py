# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign tokens with Qlik's Python SDK: claims on standard input, how long each call took on standard output, in JSON.

Run with the SDK's own environment, the file of a private key and the number of calls.
"""

from __future__ import annotations

import json
import pathlib
import sys
import time
import typing as t

from qlik_sdk import generate_signed_token


def main(path: str, count: int, claims: dict[str, t.Any]) -> None:
    """Sign, and tell."""
    private_key = pathlib.Path(path).read_text(encoding="ascii")
    seconds = []
    for _call in range(count):
        begin = time.perf_counter()
        token = generate_signed_token(
            private_key,
            sub=claims["sub"],
            sub_type=claims["subType"],
            name=claims["name"],
            email=claims["email"],
            email_verified=claims["email_verified"],
            groups=claims["groups"],
            expires_in=claims["exp"],
            not_before=claims["nbf"],
            issuer=claims["iss"],
            keyid="key-id",
        )
        seconds.append(time.perf_counter() - begin)
    json.dump({"seconds": seconds, "token": token}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.load(sys.stdin))
