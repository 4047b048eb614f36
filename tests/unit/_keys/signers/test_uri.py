# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URIs of private keys: what is accepted, and one sentence for everything else."""

from __future__ import annotations

import pytest

from ansible_collections.tenantops.qlik.plugins.module_utils._errors import OptionError
from ansible_collections.tenantops.qlik.plugins.module_utils._keys.signers import uri

FORMS = {"one": "one://NAME", "two": "two:a=NAME"}
WRITE = "write it as one://NAME or two:a=NAME"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one://acme", ("one", "acme", {})),
        ("one://team/eu/acme?version=3", ("one", "team/eu/acme", {"version": "3"})),
        ("two:a=b;c=d?e=f", ("two", "a=b;c=d", {"e": "f"})),
        ("two://b?e=%2F", ("two", "//b", {"e": "%2F"})),
        ("one://a?b-c=d=e&f=g", ("one", "a", {"b-c": "d=e", "f": "g"})),
        # What stands in it is for the store to judge.
        ("one://", ("one", "", {})),
    ],
)
def test_a_uri(text: str, parts: tuple[str, str, dict[str, str]]) -> None:
    assert uri.parse(text, FORMS) == (*parts, FORMS[parts[0]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            "is empty (an environment variable or a CI secret may not be set): " + WRITE + ", or leave the option out.",
        ),
        (" one://acme", "contains blanks, line breaks or non-ASCII characters: " + WRITE + "."),
        ("one://acme\n", "contains blanks, line breaks or non-ASCII characters: " + WRITE + "."),
        ("one://ac me", "contains blanks, line breaks or non-ASCII characters: " + WRITE + "."),
        ("one://\u0430cme", "contains blanks, line breaks or non-ASCII characters: " + WRITE + "."),
        ("eyJh.eyJp.c2ln", "contains a PEM or a token instead of a URI: " + WRITE + "."),
        ("keys/acme/privatekey.pem", "is not a URI: " + WRITE + ", or set private_key_path if the key is in a file."),
        ("a/b:c", "is not a URI: " + WRITE + ", or set private_key_path if the key is in a file."),
        ("one:acme", "has no // after the scheme: write it as one://NAME."),
        ("One://acme", "has an unknown scheme: " + WRITE + "."),
        ("gcpkms://hunter2", "has an unknown scheme: " + WRITE + "."),
        ("://acme", "is not a URI: " + WRITE + ", or set private_key_path if the key is in a file."),
        ("one://acme?", "has an option without a name or a value: write it as one://NAME."),
        ("one://acme?version", "has an option without a name or a value: write it as one://NAME."),
        ("one://acme?version=", "has an option without a name or a value: write it as one://NAME."),
        ("one://acme?=hunter2", "has an option without a name or a value: write it as one://NAME."),
        ("one://acme?v=1&", "has an option without a name or a value: write it as one://NAME."),
        ("one://acme?v=1&v=2", "has the option 'v' twice: remove one of them."),
        ("one://acme?v=1&w=2&v=1", "has the option 'v' twice: remove one of them."),
    ],
)
def test_what_is_no_uri(text: str, said: str) -> None:
    with pytest.raises(OptionError) as caught:
        uri.parse(text, FORMS)
    assert str(caught.value) == f"private_key_uri {said}"
    assert "hunter2" not in str(caught.value)


def test_a_private_key_is_no_uri(rsa_pem: bytes) -> None:
    with pytest.raises(OptionError) as caught:
        uri.parse(rsa_pem.decode(), FORMS)
    assert str(caught.value) == f"private_key_uri contains a PEM or a token instead of a URI: {WRITE}."
