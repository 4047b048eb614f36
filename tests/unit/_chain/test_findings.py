# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run does not change: certificates in the tenant, and what has to be done by hand."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.tenantops.qlik.plugins.module_utils._chain.run import key_facts

if t.TYPE_CHECKING:
    from chains import Chain
    from simulator import Simulator


def test_a_certificate_that_was_renewed_here_alone(chain: Chain, simulator: Simulator) -> None:
    simulator.switches(duplicate="allow")
    chain.run(**chain.registered, certificate_days=40)
    (old,) = simulator.jwt_providers()
    # The certificate is renewed, and the old one of 40 days is in the tenant.
    outcome, report = chain.run(**chain.registered, certificate_days=400, renew_before_days=20)
    (finding,) = [one for one in report.findings if "certificate" in one.text]
    assert finding.kind == "drift" and finding.ends is None
    assert finding.text == (
        f"The certificate in the identity provider {old['id']} of {simulator.url} differs from the one here, for the same key:"
        f" set O(compare) to certificate to replace it with {chain.folder}/publickey.cer."
    )
    _outcome, report = chain.run(**chain.registered, certificate_days=400, renew_before_days=50)
    (finding,) = [one for one in report.findings if "certificate" in one.text]
    assert finding.kind == "expiring" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", finding.ends)
    assert f"ends at {finding.ends}: set O(compare) to certificate" in finding.text
    assert key_facts(outcome, outcome.keys[0])["provider"] == {
        "id": old["id"],
        "active": True,
        "ours": True,
        "certificate_not_after": finding.ends,
        "same_certificate": False,
    }

    outcome, report = chain.run(**chain.registered, certificate_days=400, renew_before_days=50, compare="certificate")
    (new,) = simulator.jwt_providers()
    assert new["id"] != old["id"] and not [one for one in report.findings if "certificate" in one.text]
    assert outcome.side.of_keys[outcome.keys[0].key_id].same_certificate
    assert not chain.run(**chain.registered, certificate_days=400, compare="certificate")[1].changed


def test_the_certificate_is_replaced_without_a_gap(chain: Chain, simulator: Simulator) -> None:
    simulator.switches(duplicate="allow")
    chain.run(**chain.registered, certificate_days=40)
    simulator.forget_requests()
    chain.run(**chain.registered, certificate_days=400, compare="certificate")
    changes = [one["method"] for one in simulator.recorded() if one["path"].startswith("/api/v1/identity-providers")]
    assert changes == ["GET", "POST", "DELETE", "PATCH"]


def test_what_has_to_be_entered_by_hand(local: Chain) -> None:
    for check_mode in (True, False):
        (finding,) = local.run(check_mode)[1].findings
        assert finding.kind == "manual"
        assert re.match(
            rf"The certificate {local.folder}/publickey.cer is new: enter it in https://acme.eu.qlikcloud.com, in an identity"
            r" provider with the issuer acme.eu.qlikcloud.com and the key id",
            finding.text,
        )
    assert local.run()[1].findings == []
    (finding,) = local.run(state="absent")[1].findings
    assert finding.text == (
        "O(register_idp) is false: delete the identity providers with the issuer acme.eu.qlikcloud.com in"
        " https://acme.eu.qlikcloud.com."
    )
