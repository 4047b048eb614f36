# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to no declared key: identity providers with our issuer, and key pairs in the folder."""

from __future__ import annotations

import typing as t

from .._errors import printable
from .._tenant import identity_providers
from . import keys, registration

if t.TYPE_CHECKING:
    from .options import Wanted
    from .registration import Side
    from .report import Report


_LONGEST_DESCRIPTION = 60
"""Characters that tell whose a provider is. All of a long one would hide what to do about it."""


class Strays(t.NamedTuple):
    """Identity providers as the tenant returns them, and key pairs."""

    providers: list[dict[str, t.Any]]
    pairs: list[keys.Retired]


def find(side: Side | None, owners: t.Iterable[keys.Key | keys.Retired], pairs: list[keys.Retired]) -> Strays:
    """What no key owns.

    :param owners: the declared keys that exist.
    :param pairs: the key pairs that are not declared.
    """
    owned = {key.key_id for key in owners} - {None}  # in check mode, the id of a new key is not known
    providers = side.providers if side else []
    return Strays([one for one in providers if owned.isdisjoint(identity_providers.key_ids(one))], pairs)


def key_ids(side: Side | None, owners: t.Iterable[keys.Key]) -> set[str | None]:
    """The key ids of the identity providers that none of these keys owns."""
    return registration.all_key_ids(find(side, owners, []).providers)


def to_purge(strays: Strays, wanted: Wanted) -> Strays:
    """Those to delete: what this collection created, and no key of an identity provider that stays."""
    if not wanted.options["purge"] or not wanted.present:
        return Strays([], [])
    providers = [one for one in strays.providers if identity_providers.is_ours(one)]
    kept = registration.all_key_ids(one for one in strays.providers if one not in providers)
    return Strays(providers, [pair for pair in strays.pairs if pair.key_id not in kept])


def report_remaining(strays: Strays, purged: Strays, side: Side | None, wanted: Wanted, report: Report) -> None:
    """Report what was not deleted."""
    for one in strays.providers:
        if one in purged.providers or not wanted.present and identity_providers.is_ours(one):
            continue
        advice = (
            "add its key to O(keys), or set O(purge) to true to delete it"
            if identity_providers.is_ours(one)
            else "this collection did not create it, so delete it in the tenant if nobody needs it"
        )
        its = ", ".join(printable(str(key_id)) for key_id in identity_providers.key_ids(one)) or "none"
        description = printable(one.get("description") or "", _LONGEST_DESCRIPTION)
        report.find(
            "stray",
            f"{side.tenant.url} has the identity provider {one['id']} with the issuer {wanted.options['issuer']}, whose key is"
            f" none of O(keys) (key id: {its}; description: {description or 'none'}): {advice}.",
        )
    report_pairs((pair for pair in strays.pairs if pair not in purged.pairs), wanted, report)


def report_pairs(pairs: t.Iterable[keys.Retired], wanted: Wanted, report: Report) -> None:
    """Report key pairs that are not declared."""
    for pair in pairs:
        report.find(
            "stray",
            f"{wanted.options['key_directory']} has the key pair with the prefix '{printable(pair.prefix)}', which is not in"
            " O(keys): add it, or set O(purge) to true to remove it.",
        )
