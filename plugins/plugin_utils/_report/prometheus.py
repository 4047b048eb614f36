# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of tenants in the text format of Prometheus, for the textfile collector of its node exporter.

The format is https://prometheus.io/docs/instrumenting/exposition_formats/, and the names are those that
https://prometheus.io/docs/practices/naming/ advises.
"""

from __future__ import annotations

import datetime
import typing as t

from .data import WORDS, Tenant, moment

Sample = tuple[dict[str, str], float]
"""The labels and the value."""

_FINDINGS = [word for word in WORDS if word not in ("failed", "pending")]


def text(tenants: t.Sequence[Tenant], now: datetime.datetime) -> str:
    """All metrics. A tenant that failed has only the metric that says so.

    :param now: when the tenants were looked at.
    """
    looked_at = [tenant for tenant in tenants if tenant.name is not None]
    return "".join(
        [
            _metric(
                "status_timestamp_seconds",
                "When the tenants were looked at, in seconds since 1970.",
                [({}, _seconds(now))],
            ),
            _metric(
                "tenant_failed",
                "Whether the tenant could not be looked at: 1 if so, otherwise 0.",
                [({"tenant": tenant.host}, int("failed" in tenant.words)) for tenant in tenants],
            ),
            _metric(
                "tenant_pending_steps",
                "How many steps the playbook provision would take.",
                [({"tenant": tenant.host}, _number(tenant, "pending")) for tenant in looked_at],
            ),
            _metric(
                "tenant_findings",
                "How many things of this kind somebody should know about the tenant.",
                [
                    ({"tenant": tenant.host, "kind": word}, _number(tenant, word))
                    for tenant in tenants
                    for word in _FINDINGS
                    if tenant in looked_at or word in tenant.words
                ],
            ),
            _metric(
                "certificate_not_after_timestamp_seconds",
                "When the certificate ends, in seconds since 1970: the file here, or what the tenant has.",
                _certificates(looked_at),
            ),
        ]
    )


def _number(tenant: Tenant, word: str) -> int:
    return sum(remark.word == word for remark in tenant.remarks)


def _certificates(tenants: t.Iterable[Tenant]) -> list[Sample]:
    samples: dict[tuple[str, ...], float] = {}
    for tenant in tenants:
        for certificate in tenant.certificates:
            # If several providers have one key id, the certificate that ends first counts.
            labels = (tenant.host, certificate.key_id, certificate.place)
            samples.setdefault(labels, _seconds(moment(certificate.ends)))
    return [(dict(zip(("tenant", "key_id", "place"), labels)), value) for labels, value in samples.items()]


def _metric(name: str, help_text: str, samples: t.Iterable[Sample]) -> str:
    name = f"qscloud_{name}"
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        pairs = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{pairs}}} {value:.0f}" if pairs else f"{name} {value:.0f}")
    return "".join(f"{line}\n" for line in lines)


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _seconds(time: datetime.datetime) -> float:
    return time.timestamp()
