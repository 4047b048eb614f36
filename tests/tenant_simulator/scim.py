# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of SCIM filters (RFC 7644, section 3.4.2.2) that tests use: comparisons that are joined by ``and``."""

from __future__ import annotations

import json
import re
import typing as t

import errors

OF_TENANTS = {
    "regionCode": ("eq", "ne"),
    "status": ("eq", "ne"),
    "subscriptionId": ("eq",),
    "name": ("eq",),
    "hostnames": ("eq",),
    "id": ("eq",),
}
"""The operators that Qlik documents for each attribute of a tenant."""

OF_CLIENTS = dict.fromkeys(("clientId", "clientName", "appType", "tenantId", "createdByType"), ("eq",))
"""Those for the attributes of an OAuth client: only this one is in an example."""

_COMPARISON = re.compile(r'\s*(\w+) (\w+) ("(?:[^"\\]|\\.)*")\s*(and\b|$)')


def parse(
    text: str, operators: dict[str, tuple[str, ...]], required: str | None = None
) -> t.Callable[[dict[str, t.Any]], bool]:
    """The function that tells whether a document matches a filter.

    :param operators: those of each attribute.
    :param required: an attribute that the filter must have.
    :raises errors.Refusal: if it is no such filter.
    """
    comparisons, at = [], 0
    while at < len(text) or not comparisons:
        found = _COMPARISON.match(text, at)
        if found is None or (found[4] and found.end() == len(text)):
            raise errors.simulated(400, "FILTER", "The filter must be comparisons that are joined by and.")
        attribute, operator, value, dummy = found.groups()
        if operator not in operators.get(attribute, ()):
            raise errors.simulated(400, "FILTER-OPERATOR", f"The filter cannot have {attribute} with {operator}.")
        comparisons.append((attribute, operator == "eq", json.loads(value)))
        at = found.end()
    if required is not None and required not in [attribute for attribute, *dummy in comparisons]:
        raise errors.simulated(400, "FILTER-REQUIRED", f"The filter must have {required}.")
    return lambda document: all(
        (
            value in document[attribute]
            if isinstance(document.get(attribute), list)
            else value == document.get(attribute)
        )
        is wanted
        for attribute, wanted, value in comparisons
    )
