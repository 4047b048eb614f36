# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of the status looks like: CSS for light and dark, wide and narrow screens."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --raised: #ffffff; --ink: #1c1e21; --quiet: #5b6168; --line: #dcdedf; --accent: #1d5fa8;
  --failed: #b3261e; --expiring: #8a5200; --drift: #7a3fa0; --stray: #8c2f63; --manual: #1d5fa8; --pending: #0b6b6b;
  --unchecked: #5b6168; --healthy: #2a6b2f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --raised: #1d2024; --ink: #e6e7e9; --quiet: #a2a8b0; --line: #363b41; --accent: #8ab8f0;
    --failed: #ff9a8f; --expiring: #f2bd6b; --drift: #d3aaf2; --stray: #f2a5ce; --manual: #8ab8f0; --pending: #77d0cf;
    --unchecked: #b3b9c1; --healthy: #92d197;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: .5rem 0 0; font-size: 1.6rem; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
p { margin: .3rem 0; }
header p, small, .none, .relative { color: var(--quiet); }
small { display: block; font-weight: normal; }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin-top: .9rem; }
time { white-space: nowrap; }
ul, ol, dl { margin: 0; padding: 0; list-style: none; }
code { font: .875em ui-monospace, monospace; }
.failed { --word: var(--failed); } .expiring { --word: var(--expiring); } .drift { --word: var(--drift); }
.stray { --word: var(--stray); } .manual { --word: var(--manual); } .pending { --word: var(--pending); }
.unchecked { --word: var(--unchecked); } .healthy { --word: var(--healthy); }

.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .8rem; }
.counts li { border: 1px solid var(--line); border-left: .3rem solid var(--word); border-radius: .4rem;
  background: var(--raised); }
.counts li:not(:has(button)), .counts button { padding: .35rem .7rem; }
.counts b { font-size: 1.15rem; color: var(--word); }
.counts button { border: 0; border-radius: .3rem; background: none; color: inherit; font: inherit; cursor: pointer; }
.counts button[aria-pressed="true"] { background: var(--word); color: var(--paper); }
.counts button[aria-pressed="true"] b { color: inherit; }
.controls:not([hidden]) { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-bottom: .7rem; }
.controls label { display: flex; align-items: center; gap: .5rem; flex: 0 1 24rem; }
.controls input { flex: 1; min-width: 0; padding: .45rem .6rem; border: 1px solid var(--quiet); border-radius: .4rem;
  background: var(--raised); color: inherit; font: inherit; }
#shown { color: var(--quiet); }
:focus-visible { outline: .15rem solid var(--accent); outline-offset: .1rem; }

table { width: 100%; border-collapse: collapse; background: var(--raised); border: 1px solid var(--line); }
th, td { padding: .55rem .8rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--raised); box-shadow: inset 0 -1px var(--line);
  white-space: nowrap; }
thead button { padding: 0; border: 0; background: none; color: inherit; font: inherit; font-weight: bold;
  cursor: pointer; }
thead button::after { content: " \\2195"; color: var(--quiet); }
th[aria-sort="ascending"] button::after { content: " \\2191"; color: inherit; }
th[aria-sort="descending"] button::after { content: " \\2193"; color: inherit; }
tbody th { width: 20%; font-weight: 600; }
tbody td:nth-child(2) { width: 13%; }
tbody td:nth-child(3) { width: 13%; }
td .relative { display: block; }
.badge { display: inline-block; margin: 0 .15rem .2rem 0; padding: 0 .5rem; border: 1px solid var(--word);
  border-radius: 1rem; color: var(--word); font-size: .875rem; white-space: nowrap; }
.remarks li { padding-left: .6rem; border-left: .2rem solid var(--word); }
.remarks li + li { margin-top: .35rem; }
.remarks b { color: var(--word); }
.remarks + details { margin-top: .45rem; }
summary { cursor: pointer; color: var(--accent); }
.keys { margin: .3rem 0 .2rem; font-size: .925rem; }
.keys li { padding: .35rem 0; border-top: 1px dotted var(--line); }
.keys .relative { display: inline; }

.timeline { max-width: 46rem; }
.line { display: grid; grid-template-columns: 5.8rem 1fr 3rem; gap: .7rem; align-items: center; padding: .12rem 0; }
.period, .number { white-space: nowrap; font-variant-numeric: tabular-nums; }
.number { text-align: right; color: var(--ink); }
div.line { color: var(--quiet); }
div.line .number { color: inherit; }
.timeline svg { width: 100%; height: .8rem; background: var(--line); border-radius: .2rem; }
.timeline rect { fill: var(--accent); }
.ended rect { fill: var(--failed); }
.ended .period { color: var(--failed); font-weight: 600; }
.timeline ul { margin: .1rem 0 .5rem 6.5rem; font-size: .925rem; }
dl div { display: flex; gap: .6rem; margin: .3rem 0; }
dt { flex: 0 0 6.4rem; }
dd { margin: 0; }

@media (max-width: 48rem) {
  body { padding: .5rem .8rem 2rem; }
  table, tbody, tbody tr, tbody th, tbody td, thead { display: block; width: auto; }
  table { border: 0; background: none; }
  thead tr { display: flex; flex-wrap: wrap; gap: .4rem; margin-bottom: .6rem; }
  thead th { position: static; padding: 0; border: 1px solid var(--line); border-radius: .4rem; box-shadow: none; }
  thead button { padding: .25rem .6rem; }
  thead th:not([data-sort]), thead th:not(:has(button)) { display: none; }
  tbody tr { margin-bottom: .8rem; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .5rem;
    background: var(--raised); }
  tbody th, tbody td, tbody td:nth-child(2), tbody td:nth-child(3) { width: auto; padding: .15rem 0; border: 0; }
  tbody td:nth-child(3)::before { content: attr(data-label) ": "; color: var(--quiet); }
  td .relative { display: inline; }
  .timeline ul { margin-left: 1rem; }
}
/* The script hides rows with this, also where they are blocks. */
tbody tr[hidden] { display: none; }
"""
