# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of tenants as one HTML page that needs nothing from outside, and also works without its script."""

from __future__ import annotations

import base64
import collections
import datetime
import hashlib
import html
import typing as t

from .data import HEALTHY, UNDECLARED, WORDS, Key, Tenant, count, moment
from .page_looks import STYLE
from .page_script import SCRIPT

_RANKS = [*WORDS, HEALTHY]

_MONTHS = 12
"""From the current one on, certificates are shown by month; later ones by year."""

_ENDED = "Ended"

_PLACES = {"file": "here", "tenant": "in the tenant"}


def text(tenants: t.Sequence[Tenant], now: datetime.datetime) -> str:
    """The whole page. Tenants that need attention come first.

    :param now: when the tenants were looked at.
    """
    rows = sorted(tenants, key=lambda tenant: (_rank(tenant), tenant.host))
    # The policy lets the page load nothing, and run nothing but its own script, whatever a tenant has put into a text.
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)};"
        " base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Status of {_tenants(len(rows))}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Status of {_tenants(len(rows))}</h1>
<p>Looked at on {_time(now)}.</p>
<ul class="counts" id="words" aria-label="Tenants by status">{_counts(rows)}</ul>
<nav aria-label="On this page"><a href="#tenants-heading">Tenants</a> <a href="#ends-heading">When certificates end</a>
<a href="#words-heading">What the words mean</a></nav>
</header>
<main>
<section aria-labelledby="tenants-heading">
<h2 id="tenants-heading">Tenants</h2>
<p class="controls" id="controls" hidden>
<label>Filter <input id="filter" type="search" placeholder="name, key ID, message" autocomplete="off"></label>
<span id="shown" role="status"></span>
</p>
<table role="table" id="tenants" aria-labelledby="tenants-heading">
<thead role="rowgroup">
<tr role="row">
<th role="columnheader" scope="col" data-sort>Tenant</th>
<th role="columnheader" scope="col" data-sort aria-sort="ascending">Status</th>
<th role="columnheader" scope="col" data-sort>Next end</th>
<th role="columnheader" scope="col">Details</th>
</tr>
</thead>
<tbody role="rowgroup">
{"".join(_row(tenant, now) for tenant in rows)}</tbody>
</table>
</section>
<section aria-labelledby="ends-heading">
<h2 id="ends-heading">When certificates end</h2>
{_timeline(rows, now)}</section>
<section aria-labelledby="words-heading">
<h2 id="words-heading">What the words mean</h2>
<dl>{"".join(f"<div><dt>{_badge(word)}</dt><dd>{meaning}</dd></div>" for word, meaning in _meanings())}</dl>
</section>
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _meanings() -> list[tuple[str, str]]:
    return [*WORDS.items(), (HEALTHY, "nothing of the above")]


def _counts(tenants: t.Sequence[Tenant]) -> str:
    found = count(tenants)
    return "".join(
        f'<li class="{word}" data-word="{word}"><b>{number}</b> {word}</li>' for word, number in found.items() if number
    )


def _row(tenant: Tenant, now: datetime.datetime) -> str:
    words = tenant.words or [HEALTHY]
    badges = " ".join(map(_badge, words))
    first = tenant.certificates[0].ends if tenant.certificates else None
    end = f"{_date(first)} {_relative(first, now)}" if first else '<span class="none">none known</span>'
    name = html.escape(tenant.host)
    if tenant.name not in (None, tenant.host):
        name += f" <small>{html.escape(tenant.name)}</small>"
    return (
        f'<tr role="row" data-words="{" ".join(words)}">'
        f'<th role="rowheader" scope="row">{name}</th>'
        f'<td role="cell" data-label="Status" data-value="{_rank(tenant)}">{badges}</td>'
        f'<td role="cell" data-label="Next end" data-value="{first or "9999"}">{end}</td>'
        f'<td role="cell" data-label="Details">{_remarks(tenant)}{_keys(tenant, now)}</td></tr>\n'
    )


def _rank(tenant: Tenant) -> int:
    return _RANKS.index((tenant.words or [HEALTHY])[0])


def _remarks(tenant: Tenant) -> str:
    items = [f'<li class="{one.word}"><b>{one.word}:</b> {html.escape(one.text)}</li>' for one in tenant.remarks]
    return f'<ul class="remarks">{"".join(items)}</ul>' if items else ""


def _keys(tenant: Tenant, now: datetime.datetime) -> str:
    """What is known of a tenant that was looked at."""
    if tenant.name is None:
        return ""
    summary = "1 key" if len(tenant.keys) == 1 else f"{len(tenant.keys)} keys"
    groups = {True: "on", False: "off", None: "not known"}[tenant.groups]
    facts = (
        f"<div>Issuer: <code>{html.escape(tenant.issuer)}</code></div>"
        f"<div>Keys: <code>{html.escape(tenant.key_directory)}</code></div>"
        f"<div>Automatic creation of groups in the tenant: {groups}</div>"
    )
    items = "".join(f"<li>{_key(key, tenant.examined, now)}</li>" for key in tenant.keys)
    return f'<details><summary>{summary}</summary><ul class="keys"><li>{facts}</li>{items}</ul></details>'


def _key(key: Key, examined: bool, now: datetime.datetime) -> str:
    """A key in up to three lines: what it is, what is here, and what the tenant has, if that was examined."""
    name = key.state if key.prefix in (None, "") else f"{key.state} {key.prefix}"
    lines = [f"<b>{html.escape(name)}</b>"]
    if key.key_id:
        lines[0] += f" <code>{html.escape(key.key_id)}</code>"
    if key.size:
        lines[0] += f" {key.size} bits"
    if key.certificate_path:
        ends = f" ends {_date(key.file_not_after)} {_relative(key.file_not_after, now)}" if key.file_not_after else ""
        lines.append(f"Here: <code>{html.escape(key.certificate_path)}</code>{ends}")
    if key.provider_id:
        lines.append(f"In the tenant: <code>{html.escape(key.provider_id)}</code>{_provider(key, now)}")
    elif key.state != UNDECLARED:
        lines.append(f"In the tenant: {'no identity provider' if examined else 'not looked at'}")
    return "".join(f"<div>{line}</div>" for line in lines)


def _provider(key: Key, now: datetime.datetime) -> str:
    facts = [
        {True: "active", False: "inactive"}.get(key.provider_active),
        {True: "made by this collection", False: "made by someone else"}.get(key.provider_ours),
        {True: "same certificate", False: "another certificate"}.get(key.same_certificate),
    ]
    said = "".join(f", {fact}" for fact in facts if fact)
    if key.provider_not_after:
        said += f", ends {_date(key.provider_not_after)} {_relative(key.provider_not_after, now)}"
    if key.provider_issuer:
        said += f", issuer <code>{html.escape(key.provider_issuer)}</code>"
    if key.provider_description:
        said += f", <q>{html.escape(key.provider_description)}</q>"
    return said


def _timeline(tenants: t.Sequence[Tenant], now: datetime.datetime) -> str:
    periods = _periods(now)
    places: dict[tuple[str, ...], list[str]] = collections.defaultdict(list)
    for tenant in tenants:
        for one in tenant.certificates:
            places[one.ends, tenant.host, one.key_id].append(_PLACES[one.place])
    found: dict[str, list[str]] = collections.defaultdict(list)
    for (ends, host, key_id), where in sorted(places.items()):
        found[_period(ends, now, periods)].append(
            f"<li>{_date(ends)} {html.escape(host)}, {' and '.join(where)} <code>{html.escape(key_id)}</code></li>"
        )
    if not found:
        return "<p>No certificate is known.</p>\n"
    most = max(map(len, found.values()))
    years = sorted(set(found) - set(periods), key=lambda name: name[-4:])
    rows = [_span(name, found[name], most) for name in (*periods, *years) if name != _ENDED or found[name]]
    return f'<ol class="timeline">{"".join(rows)}</ol>\n'


def _periods(now: datetime.datetime) -> list[str]:
    """The names of what comes first in the timeline: all that has ended, and the next months."""
    months = [divmod(now.year * 12 + now.month - 1 + ahead, 12) for ahead in range(_MONTHS)]
    return [_ENDED, *(f"{year}-{month + 1:02}" for year, month in months)]


def _period(ends: str, now: datetime.datetime, periods: t.Sequence[str]) -> str:
    if moment(ends) <= now:
        return _ENDED
    if ends[:7] in periods:
        return ends[:7]
    return f"Later {ends[:4]}" if any(period.startswith(ends[:4]) for period in periods) else ends[:4]


def _span(name: str, items: t.Sequence[str], most: int) -> str:
    """A line of the timeline. Its bar is a picture, since the policy of the page forbids styles in attributes."""
    width = 100 * len(items) / most
    kind = ' class="ended"' if name == _ENDED else ""
    line = (
        f'<span class="period">{name}</span><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="1"/></svg><span class="number">{len(items)}</span>'
    )
    if not items:
        return f'<li><div class="line">{line}</div></li>'
    return f'<li{kind}><details><summary class="line">{line}</summary><ul>{"".join(items)}</ul></details></li>'


def _badge(word: str) -> str:
    return f'<span class="badge {word}">{word}</span>'


def _date(ends: str) -> str:
    return f'<time datetime="{moment(ends):%Y-%m-%dT%H:%M:%SZ}">{moment(ends):%Y-%m-%d}</time>'


def _relative(ends: str, now: datetime.datetime) -> str:
    days = (moment(ends) - now).days
    if days < 0:
        said = "ended today" if days == -1 else f"ended {_days(-days - 1)} ago"
    else:
        said = "today" if days == 0 else f"in {_days(days)}"
    return f'<span class="relative">({said})</span>'


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"


def _time(now: datetime.datetime) -> str:
    return f'<time datetime="{now:%Y-%m-%dT%H:%M:%SZ}">{now:%Y-%m-%d at %H:%M} UTC</time>'


def _tenants(number: int) -> str:
    return "1 tenant" if number == 1 else f"{number} tenants"
