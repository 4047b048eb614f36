# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an OAuth client's chain: their defaults, and the rules between them."""

from __future__ import annotations

import os
import typing as t

from ..._errors import OptionError
from ..._tenant import grants
from ..._tenant.access_tokens import IMPERSONATION, MACHINE
from .. import options as chain_options
from ..options import Wanted

FOLDER = "oauth"
"""The folder in ``keys`` that has those of OAuth clients, so that they are apart from those of the role tenant_jwt."""

KEY_METHOD = "private_key_jwt"
"""How a client authenticates that proves itself with a key: one of ``allowedAuthMethods``."""

_EXISTING_KEY = dict.fromkeys(("private_key_path", "private_key_content", "key_id"))
"""Options of the chain for logins that OAuth clients do not have: their keys are created here."""


def read(options: t.Mapping[str, t.Any]) -> Wanted:
    """Add the defaults that depend on other options, and check the rules between options.

    :param options: the options of the module qscloud_tenant_oauth by name; None if they are not set.
    :raises OptionError: if they are invalid or contradict each other.
    """
    complete = chain_options.with_defaults({**options, **_EXISTING_KEY}, os.path.join("keys", FOLDER))
    keys = chain_options.declared_keys(complete)
    if problem := next(_problems(complete), None):
        raise problem
    return Wanted(complete, options["state"] == "present", keys, [])


def has_own_access(wanted: Wanted) -> bool:
    """Whether the client may request an access token for itself, as far as the options say."""
    granted = wanted.options["grant_types"]
    return granted is None or MACHINE in granted


def _problems(options: t.Mapping[str, t.Any]) -> t.Iterator[OptionError]:
    user, granted, methods = grants.wanted(options).user, options["grant_types"], options["auth_methods"]
    if not options["client_name"].strip():
        yield OptionError("O(client_name) is empty: specify the name of the OAuth client.")
    if granted is not None and (IMPERSONATION if user else MACHINE) not in granted:
        yield OptionError(
            f"O(grant_types) lacks {IMPERSONATION}, which an access token for a user needs: add it."
            if user
            else f"O(grant_types) lacks {MACHINE}, which an access token for the client itself needs: add it, or set"
            " O(user_subject) to the user whom the token is for."
        )
    if methods is not None and KEY_METHOD not in methods:
        yield OptionError(f"O(auth_methods) lacks {KEY_METHOD}, with which the keys are used: add it.")
