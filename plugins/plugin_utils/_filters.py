# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters share: read the public key or certificate that is their input."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.basic import missing_required_lib
from ansible.utils.display import Display

from ..module_utils import _module
from ..module_utils._errors import QlikError
from ..module_utils._keys import given, private_keys


def public_key(text: t.Any, name: str) -> given.PublicKey:
    """The public key in the input of a filter, by itself or in a certificate.

    :param name: the filter, for messages.
    :raises AnsibleFilterError: if it is not an RSA key of at least 2048 bits.
    """
    source = f"The input of {name}"
    if "cryptography" in _module.MISSING:
        raise AnsibleFilterError(f"{missing_required_lib('cryptography')} {_module.MISSING['cryptography']}")
    if not isinstance(text, str):
        raise AnsibleFilterError(f"{source} is not a text: give it a public key or certificate in PEM format.")
    try:
        found = given.parse_either(text.encode(errors="replace"), source)
        private_keys.check_size(found.key, source)
    except QlikError as error:
        # Ansible would append the message of the cause.
        raise AnsibleFilterError(str(error)) from None
    if found.repairs:
        Display().warning(found.repairs)
    return found
