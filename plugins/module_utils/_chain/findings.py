# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run leaves as it is, although somebody should know."""

from __future__ import annotations

import datetime
import typing as t

from .._keys import certificates

if t.TYPE_CHECKING:
    from .keys import Key
    from .options import Wanted
    from .registration import Side
    from .report import Report


def certificates_in_tenant(
    side: Side, wanted: Wanted, keys: t.Iterable[Key], now: datetime.datetime, report: Report
) -> None:
    """Report certificates in the tenant that end soon, or differ from those on this side.

    Where files are lost after each run, such as in the container of a job, the certificate of a key in a store is a new one
    each time. That of the tenant is as good as long as it is valid.
    """
    for key in keys:
        registered = side.of_keys.get(key.key_id)
        if not registered or registered.same_certificate is not False:
            continue  # The certificate on this side has just been renewed if it would end soon.
        its = f"the certificate in the identity provider {registered.id} of {side.tenant.url}"
        advice = f"set O(compare) to certificate to replace it with {key.certificate_path}"
        ends = registered.certificate_not_after
        if is_soon(ends, wanted, now):
            report.find("expiring", f"{its[0].upper()}{its[1:]} ends at {ends}: {advice}.", ends)
        elif not key.private_key_uri or key.certificate_path not in _written(report):
            report.find("drift", f"{its[0].upper()}{its[1:]} differs from the one here, for the same key: {advice}.")


def is_soon(ends: str, wanted: Wanted, now: datetime.datetime) -> bool:
    """Whether a certificate with this end, in ISO 8601, would be renewed."""
    options = wanted.options
    terms = certificates.terms(options["common_name"], options["certificate_days"], options["renew_before_days"])
    end = datetime.datetime.fromisoformat(ends.replace("Z", "+00:00"))
    return end - now <= datetime.timedelta(days=terms.renew_before_days)


def by_hand(wanted: Wanted, keys: t.Iterable[Key], report: Report) -> None:
    """Report what has to be done in the tenant, if this is not the work of the chain."""
    if wanted.options["register_idp"]:
        return
    issuer = wanted.options["issuer"]
    for key in keys:
        if key.certificate_path in _written(report):
            report.find(
                "manual",
                f"The certificate {key.certificate_path} is new: enter it in {wanted.options['url']}, in an identity provider"
                f" with the issuer {issuer} and the key id {key.key_id or 'of the new key'}.",
            )
    if not wanted.present and report.changed:
        report.find(
            "manual",
            f"O(register_idp) is false: delete the identity providers with the issuer {issuer} in {wanted.options['url']}.",
        )


def _written(report: Report) -> set[str | None]:
    """The paths of the files that this run has written."""
    return {step.id for step in report.steps if step.action == "write"}
